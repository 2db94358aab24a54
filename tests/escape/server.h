/* server.h - the common TLS server of the victims that are servers.
 *
 * Must not: verify clients, or set anything that a way could be about.
 */
#ifndef STLS_ESCAPE_SERVER_H
#define STLS_ESCAPE_SERVER_H

#include "way.h"

/* A context with the good certificate. NULL on failure. */
SSL_CTX *stls_server_context(void);

/* Says "ready PORT", serves so many connections, says "served". serve answers one of them; NULL:
 * SSL_accept, a request, an answer. Frees the context. */
int stls_server_run(SSL_CTX *context, unsigned connections, int (*serve)(SSL *ssl));

/* The same over DTLS; with listen, by DTLSv1_listen. */
int stls_server_run_datagram(SSL_CTX *context, bool does_listen);

/* By SSL_stateless, which TLS 1.3 has. */
int stls_server_run_stateless(SSL_CTX *context);

/* After the handshake. */
int stls_server_answer(SSL *ssl);

#endif
