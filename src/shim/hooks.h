/* hooks.h - what the hooks share.
 *
 * A hook is a thin shell: it finds the right libssl, does what the program asked, and keeps what we
 * hold. It is never the only lock on anything: the gates are.
 */
#ifndef STLS_HOOKS_H
#define STLS_HOOKS_H

#include "openssl.h"
#include "policy_load.h"
#include "state.h"

#define STLS_HOOK __attribute__((visibility("default")))

static inline bool stls_is_enforcing(void)
{
    return stls_policy()->mode == STLS_MODE_ENFORCE;
}

#endif
