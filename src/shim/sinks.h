/* sinks.h - where a line goes.
 *
 * Owns: writing one finished line to the sink that the policy names, with one system call.
 * Never blocks, never waits, never raises a signal; a line that can't be written is lost.
 */
#ifndef STLS_SINKS_H
#define STLS_SINKS_H

#include <stddef.h>

#include "../core/policy.h"

/* line[0..length) ends with a newline. */
void stls_sinks_write(const struct stls_policy *policy, const char *line, size_t length);

#endif
