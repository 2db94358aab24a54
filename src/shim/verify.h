/* verify.h - gate 2: is this the peer that the program meant?
 *
 * Owns: the verdict on a peer's chain and names, and what the program's own verification has to say
 * beside it. How a chain is verified safely is safe_chain's, how names are compared leaf_names'.
 * Source: RFC 5280, RFC 9525; X509_verify_cert(3), X509_check_host(3).
 */
#ifndef STLS_VERIFY_H
#define STLS_VERIFY_H

#include "openssl.h"
#include "state.h"

/* Verifies the chain in place of libssl's own call: 1 or 0, as a cert-verify callback returns; the
 * program's callbacks ran. On 0 the chain's error says why, and the refusal is reported. */
int stls_verify_enforce(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                        X509_STORE_CTX *chain);

/* Audit: what the program would get without us, and an event if enforcement would refuse. */
int stls_verify_audit(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                      X509_STORE_CTX *chain);

/* Audit, after a resumption that enforcement would not have offered: a full handshake in its place
 * would most likely show the certificate of the session. */
void stls_verify_again(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection);

/* What libssl does without us: the program's cert-verify callback, or X509_verify_cert. */
int stls_verify_as_program(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain);

#endif
