/* sinks.h - where an event goes.
 *
 * Owns: writing one event to the sink that the policy names, with one system call that takes all of
 * it. Never blocks, never waits, never raises a signal. No descriptor stays open between events: in
 * a program that closes all it has, its number could soon be the program's.
 */
#ifndef STLS_SINKS_H
#define STLS_SINKS_H

#include <stdbool.h>

#include "../core/event.h"
#include "../core/policy.h"

/* False if it is lost. */
bool stls_sinks_write(const struct stls_policy *policy, const struct stls_event *event);

#endif
