/* policy_variables.h - the environment's part of a policy, checked.
 *
 * Owns: which variables are ours, and what may stand in them. Plain C, no look into the
 * environment.
 */
#ifndef STLS_POLICY_VARIABLES_H
#define STLS_POLICY_VARIABLES_H

/* Calls for each "STRICTTLS_X=value" of the list, ended by NULL, that is wrong: one that nobody
 * knows, too. Other variables are passed over; whether STRICTTLS_POLICY names a good file is not
 * asked. */
void stls_policy_check_variables(char *const *entries,
                                 void (*problem)(void *arg, const char *entry,
                                                 const char *expected),
                                 void *arg);

#endif
