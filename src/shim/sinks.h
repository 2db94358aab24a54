/* sinks.h - where an event goes.
 *
 * Owns: writing one event to the sink that the policy names, with one system call that takes all of
 * it. Never blocks, never waits, never raises a signal, and is no point where a thread of OpenSSL's
 * caller can be cancelled. No descriptor stays open between events: in a program that closes all it
 * has, its number could soon be the program's. So could the number of standard error.
 */
#ifndef STLS_SINKS_H
#define STLS_SINKS_H

#include <stdbool.h>

#include "../core/event.h"
#include "../core/policy.h"

/* To be called early, where events may go to standard error; what is there later counts only if it
 * is the same. The first call counts. */
void stls_sinks_remember_stderr(void);

/* False if it is lost. */
bool stls_sinks_write(const struct stls_policy *policy, const struct stls_event *event);

#endif
