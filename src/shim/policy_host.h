/* policy_host.h - the policy for the host that a connection is about to.
 *
 * Owns: one merged policy for each set of sections that was ever met, made at first need and kept.
 */
#ifndef STLS_POLICY_HOST_H
#define STLS_POLICY_HOST_H

#include "openssl.h"

#include "../core/policy.h"

/* At START of a client, when names, server name and socket are known. Never NULL. ret_contradiction
 * becomes the name of the word by which the sections contradict each other, so that nothing may
 * pass; else it is left alone. */
const struct stls_policy *stls_policy_for_host(const struct stls_openssl *openssl, const SSL *ssl,
                                               const char **ret_contradiction);

#endif
