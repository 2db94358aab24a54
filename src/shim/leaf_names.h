/* leaf_names.h - does the leaf name the host? RFC 9525.
 *
 * Owns: the comparison of a presented with a reference identity, and the clean-up of names that the
 * program itself gave OpenSSL to check.
 */
#ifndef STLS_LEAF_NAMES_H
#define STLS_LEAF_NAMES_H

#include <stdatomic.h>

#include "../core/host.h"
#include "../core/policy.h"

#include "openssl.h"

/* Before verification, on the chain's own copy of the parameters: no CN, no partial wildcards, no
 * name with a leading dot (any subdomain would do); an address given as a name becomes one. */
void stls_leaf_names_make_safe(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param);

enum stls_leaf_names {
    STLS_LEAF_NAMES_MATCH,
    STLS_LEAF_NAMES_MISMATCH,         /* a name */
    STLS_LEAF_NAMES_ADDRESS_MISMATCH, /* an address */
    STLS_LEAF_NAMES_NOT_ALLOWED,      /* HostSources leaves out from where the host is known */
    STLS_LEAF_NAMES_UNKNOWN,          /* nobody knows the host, and UnknownHost = refuse */
};

/* The one host that a leaf was found to name: it need not be read again for a session that is
 * resumed often. NULL at first, set once; to be freed with what it belongs to. */
typedef _Atomic(struct stls_host *) stls_leaf_names_memo;

/* By the program's names in param (that they match is checked again), else by our own sources; as
 * CheckHost, UnknownHost and HostSources say. memo: this leaf's, or NULL. */
enum stls_leaf_names stls_leaf_names_check(const struct stls_openssl *openssl, const SSL *ssl,
                                           const struct stls_policy *policy,
                                           X509_VERIFY_PARAM *param, X509 *leaf,
                                           stls_leaf_names_memo *memo);

#endif
