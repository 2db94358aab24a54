/* trust.h - where trust anchors are.
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

/* The program's own, by which libssl would verify the peer. 1.1.1 does not tell if it is one of
 * SSL_set1_verify_cert_store's: there it passes for the context's. */
X509_STORE *stls_trust_program_store(const struct stls_openssl *openssl, const SSL *ssl);

#endif
