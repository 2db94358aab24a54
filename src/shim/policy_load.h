/* policy_load.h - the policy of this process, from its environment and from policy files.
 *
 * Owns: the policy made from all of them at first use. Immutable from then on, but that an
 * exception in it may end: no lock.
 */
#ifndef STLS_POLICY_LOAD_H
#define STLS_POLICY_LOAD_H

#include "../core/policy_stack.h"

/* What holds for the process. Never NULL. Where a source could not be understood it is the built-in
 * policy, and stls_policy_broken says why. */
const struct stls_policy *stls_policy(void);

/* The same, after a look at the calendar: for the start of a handshake. Tells of exceptions that
 * have ended since. ret_contradiction becomes the name of the word by which what is left
 * contradicts itself, so that nothing may pass; else it is left alone. */
const struct stls_policy *stls_policy_renew(void (*tell)(const char *notice),
                                            const char **ret_contradiction);

/* True if some section is about hosts, so that a connection may have a policy of its own. */
bool stls_policy_has_hosts(void);

/* True if an exception for a host may allow what a context's lists would lose if they were made as
 * the process's policy has them. They are left alone then: each connection's are narrowed. */
bool stls_policy_leaves_contexts(void);

/* Mode off, for every host and for ever: whether an exception has ended is seen at START. Without
 * loading the policy, where nobody needed it yet: programs that never use TLS look up names too.
 * errno stays. */
bool stls_policy_is_off(void);

/* NULL, or "STRICTTLS_MODE=maybe: expected enforce, audit, off": then every context is refused. */
const char *stls_policy_broken(void);

/* What an administrator should know: what the environment weakens, exceptions that have ended. */
void stls_policy_notices(void (*tell)(const char *notice));

/* "[host/old.example] has expired", once for each section; arg is a struct stls_policy_teller. */
struct stls_policy_teller {
    void (*tell)(const char *notice);
};
stls_policy_expired stls_policy_tell_expired;

/* For the policy of a host. */
const struct stls_policy_sources *stls_policy_get_sources(void);
long stls_policy_today(void); /* days since 1970 */

/* The cipher strings of all sources, by number; false behind the last. */
struct stls_policy_place {
    const char *value;
    char text[1200]; /* "/etc/stricttls/policy.cnf:12: CipherString=" */
};
bool stls_policy_cipher_string(size_t number, struct stls_policy_place *ret);

#endif
