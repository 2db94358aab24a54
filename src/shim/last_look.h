/* last_look.h - a handshake that has ended: should it have?
 *
 * Owns: what is left to say when the gates have let everything pass. Enforcing, that is what came
 * by them; in audit mode, where they let everything pass, what enforcement would have made of it.
 * Must not: shut the connection, or change anything of it.
 */
#ifndef STLS_LAST_LOOK_H
#define STLS_LAST_LOOK_H

#include "openssl.h"
#include "state.h"

/* A server says DONE also when it has sent a retry, and before early data: false, more is to come.
 */
bool stls_last_look_is_due(const struct stls_openssl *openssl, const SSL *ssl);

/* False if enforcement says no, which is reported. In audit mode, so is what it would refuse. */
bool stls_last_look(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection);

/* Why version, cipher or renegotiation should not be as they are, or NULL. */
const char *stls_last_look_at_algorithms(struct stls_openssl *openssl, const SSL *ssl,
                                         const SSL_CIPHER *cipher, const char **ret_rule);

/* True if the server has shown that it is the right one: by a certificate, now or when the session
 * was made, or by a key that the policy allows in place of one. */
bool stls_last_look_knows_server(struct stls_openssl *openssl, const SSL *ssl);

#endif
