/* policy_load.h - the policy of this process, from its environment.
 *
 * Owns: our copy of the STRICTTLS_* variables (made before the program can empty its environment)
 * and the one policy made from them at first use. Both are immutable from then on: no lock.
 * Under AT_SECURE the environment is ignored.
 */
#ifndef STLS_POLICY_LOAD_H
#define STLS_POLICY_LOAD_H

#include "../core/policy.h"

/* Called by the library's constructor. Copies our variables, those that say where OpenSSL's trust
 * anchors are, and the program's name: nginx overwrites them all. */
void stls_policy_start(const char *program, char **environment);

/* The value of a variable that was copied; NULL without one, and under AT_SECURE. */
const char *stls_policy_variable(const char *name);

/* The base name of the program, as it was called. */
const char *stls_policy_program(void);

/* Never NULL. Where a variable could not be understood it is the shipped policy, and
 * stls_policy_broken says why. */
const struct stls_policy *stls_policy(void);

/* Mode off. Without loading the policy, where nobody needed it yet: programs that never use TLS
 * look up names too. */
bool stls_policy_is_off(void);

/* NULL, or "STRICTTLS_MODE=maybe: expected enforce, audit, off": then every context is refused. */
const char *stls_policy_broken(void);

#endif
