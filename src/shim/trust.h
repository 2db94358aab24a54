/* trust.h - the trust anchors that are not the program's.
 *
 * Owns: for each libcrypto an X509_STORE with the system's anchors, and one for each path that a
 * TrustStore names, made at first need and then kept. It reads files: never on the path of a
 * handshake that verifies.
 */
#ifndef STLS_TRUST_H
#define STLS_TRUST_H

#include "../core/policy.h"

#include "openssl.h"

/* NULL where the anchors can't be loaded; then ret_error is an errno (ENODATA: there are none), and
 * the next connection tries anew. SSL_CERT_FILE and SSL_CERT_DIR count as they were when the
 * program started, not in a privileged process, and not where the system's policy says
 * TrustStore=system. */
X509_STORE *stls_trust_store(struct stls_openssl *openssl, const struct stls_policy *policy,
                             int *ret_error);

#endif
