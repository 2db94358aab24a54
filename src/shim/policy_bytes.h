/* policy_bytes.h - policy files as they are on disk, and where this process comes from.
 *
 * Owns: reading them, once: when the library is loaded into a program that has a libssl, since the
 * program may go behind a chroot before it uses TLS; else at first use.
 */
#ifndef STLS_POLICY_BYTES_H
#define STLS_POLICY_BYTES_H

#include <limits.h>
#include <stddef.h>

enum {
    STLS_POLICY_BYTES_MAX = 1 << 20,
};

struct stls_policy_bytes {
    const char *text; /* NULL: there is no such file, or it has a fault */
    size_t length;
    const char *fault; /* NULL, or what was expected of it */
};

struct stls_policy_surroundings {
    struct stls_policy_bytes system, own;
    char executable[PATH_MAX]; /* "" if unknown */
};

/* Where the system's policy is. */
#define STLS_POLICY_SYSTEM_PATH STLS_SYSCONFDIR "/stricttls/policy.cnf"

/* own: the path in STRICTTLS_POLICY, or NULL. Immutable from then on; NULL when out of memory. */
const struct stls_policy_surroundings *stls_policy_bytes_read(const char *own);

/* The same, if somebody has read it already. */
const struct stls_policy_surroundings *stls_policy_bytes_there(void);

#endif
