/* policy_load.h - the policy of this process, from its environment.
 *
 * Owns: our copy of the STRICTTLS_* variables (made before the program can empty its environment)
 * and the one policy made from them at first use. Both are immutable from then on: no lock.
 * Under AT_SECURE the environment is ignored.
 */
#ifndef STLS_POLICY_LOAD_H
#define STLS_POLICY_LOAD_H

#include "../core/policy.h"

/* Called by the library's constructor, or by whatever comes first. Copies nothing but our own. */
void stls_policy_copy_environment(void);

/* Never NULL. Where a variable could not be understood it is the shipped policy, and
 * stls_policy_broken says why. */
const struct stls_policy *stls_policy(void);

/* NULL, or "STRICTTLS_MODE=maybe: expected enforce, audit, off": then every context is refused. */
const char *stls_policy_broken(void);

#endif
