/* client.h - the common TLS client of the victims: what a way does not care about.
 *
 * Must not: verify, or set anything that a way could be about. Verification is off unless a way
 * turns it on, as in every OpenSSL program that never calls SSL_CTX_set_verify.
 */
#ifndef STLS_ESCAPE_CLIENT_H
#define STLS_ESCAPE_CLIENT_H

#include <stdio.h>

#include "way.h"

#define STLS_REQUEST "GET / HTTP/1.0\r\n\r\n"

/* A connected socket to the index-th port of the target, or -1. */
int stls_client_socket(const struct stls_target *target, unsigned index);

/* A client context; with the CA loaded, and verification on, where asked. NULL on failure. */
SSL_CTX *stls_client_context(void);
SSL_CTX *stls_client_verifying_context(const struct stls_target *target);
void stls_client_verify(SSL_CTX *context, const struct stls_target *target);

/* Verifies, but takes any version and strength of algorithm. */
void stls_client_verify_lax(SSL_CTX *context, const struct stls_target *target);

/* SSL_CONF_cmd on the context, or where that is NULL on the connection. */
void stls_client_conf(SSL_CTX *context, SSL *ssl, const char *name, const char *value);

/* The client certificate of the run. */
void stls_client_identify(SSL_CTX *context);

/* Path of a file in the directory of the run; valid until the next call. */
const char *stls_client_path(const char *name);
const char *stls_client_victim(const char *name); /* likewise, beside the victims */

/* An SSL on a socket to the target, which is named in SNI. NULL on failure. */
SSL *stls_client_new(SSL_CTX *context, const struct stls_target *target, unsigned index);
SSL *stls_client_new_datagram(SSL_CTX *context, const struct stls_target *target);

/* From now on the connection gives one byte at a time, and says "not yet" before each. */
void stls_client_stutter(SSL *ssl);

/* Sends the request and reads until an answer is there. Closes the connection well. */
int stls_client_exchange(SSL *ssl);

/* SSL_connect, then the exchange. */
int stls_client_talk(SSL *ssl);

/* All of it, from the context on; frees ssl's and context's references. */
int stls_client_finish(SSL_CTX *context, SSL *ssl);
/* The same where the request has been sent as early data. */
int stls_client_finish_early(SSL_CTX *context, SSL *ssl);
int stls_client_common(const struct stls_way *way, const struct stls_target *target);

/* Talks once; the newest session, if there was one, is kept. Frees nothing of the context's. */
int stls_client_talk_first(SSL_CTX *context, const struct stls_target *target);
extern SSL_SESSION *stls_client_session;

/* Talks with that session, by the name; then finishes. */
int stls_client_talk_again(SSL_CTX *context, const struct stls_target *target, const char *name);

/* A line of what a row of STLS_EXPECT_SAME compares. */
#define REPORT(...) (printf("report: " __VA_ARGS__), putchar('\n'))

/* Print why, and give the value to return. */
int stls_client_failed(const SSL *ssl, const char *what);
int stls_client_unavailable(const char *why);

#endif
