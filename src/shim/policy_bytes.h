/* policy_bytes.h - policy files as they are on disk, the anchors that they name, and where this
 * process comes from.
 *
 * Owns: reading them, once: when the library is loaded into a program that has a libssl, or when
 * one is loaded, since the program may go behind a chroot before it uses TLS; at first use at the
 * latest.
 */
#ifndef STLS_POLICY_BYTES_H
#define STLS_POLICY_BYTES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    STLS_POLICY_BYTES_MAX = 1 << 20,
    STLS_POLICY_ANCHORS_MAX = 1 << 24,
};

struct stls_policy_bytes {
    const char *text; /* NULL: there is no such file, or it has a fault */
    size_t length;
    unsigned mode, owner;
    const char *fault; /* NULL, or what was expected of it */
};

/* A file that some TrustStore names. */
struct stls_policy_anchors {
    struct stls_policy_anchors *next;
    struct stls_policy_bytes bytes;
    char path[];
};

/* Where this process comes from. */
struct stls_policy_paths {
    char executable[PATH_MAX]; /* "" if unknown */
    char script[PATH_MAX];     /* what an interpreter runs: the first argument that is a file */
};

struct stls_policy_surroundings {
    struct stls_policy_bytes system, own;
    struct stls_policy_anchors *anchors; /* those that could be read */
    struct stls_policy_paths *paths;     /* NULL if there is no policy file that may ask */
};

/* Where the system's policy is. */
#define STLS_POLICY_SYSTEM_PATH STLS_SYSCONFDIR "/stricttls/policy.cnf"

/* The values of STRICTTLS_POLICY and STRICTTLS_TRUST_STORE that are paths, or NULL, and what main
 * gets, or NULL. Immutable from then on; NULL when out of memory. */
const struct stls_policy_surroundings *stls_policy_bytes_read(const char *own, const char *anchors,
                                                              char **arguments);

/* The same, if somebody has read it already. */
const struct stls_policy_surroundings *stls_policy_bytes_there(void);

/* False if there is no policy of the system's, not even one that can't be read. */
bool stls_policy_bytes_has_system(void);

/* A regular file of at most so many bytes, to be freed. 0, or an errno. */
int stls_policy_bytes_load(const char *path, size_t max, struct stls_policy_bytes *ret);

/* NULL if there are none from that path. */
const struct stls_policy_bytes *
stls_policy_bytes_find_anchors(const struct stls_policy_surroundings *around, const char *path);

#endif
