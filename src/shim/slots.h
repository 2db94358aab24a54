/* slots.h - the callback slots of OpenSSL's that our gates are in.
 *
 * Owns: putting them there, and back where something else was stored past our hooks, as a plugin
 * does that the loader binds to its own libssl first (RTLD_DEEPBIND, dlmopen). What is found there
 * is the program's, and is called from then on: a callback that refuses must not be lost.
 */
#ifndef STLS_SLOTS_H
#define STLS_SLOTS_H

#include "openssl.h"
#include "state.h"

/* The gates, as OpenSSL calls them; gates.c is what they do. */
stls_info_callback stls_gate_state;
stls_security_callback stls_gate_algorithms;
stls_cert_verify_callback stls_gate_certificate; /* arg: the struct stls_openssl */

/* attach: takes the three slots of a context that is being made. */
void stls_slots_take(struct stls_openssl *openssl, SSL_CTX *context, struct stls_context *record);

/* Those of the SSL itself and of the context it has now, which may have been swapped. */
void stls_slots_hold(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection);

/* Whether gate 1 is told of this SSL; and whether gate 3 is asked as well. */
bool stls_slots_have_info(const struct stls_openssl *openssl, const SSL *ssl);
bool stls_slots_are_ours(const struct stls_openssl *openssl, const SSL *ssl);

/* The program's security callback for an SSL, or for a context where that is NULL. As OpenSSL has
 * it, an SSL keeps the one that its context had when it was made, until it gets another. */
stls_security_callback *stls_slots_security_of(const struct stls_openssl *openssl, const SSL *ssl,
                                               const SSL_CTX *context,
                                               struct stls_connection *connection);
void stls_slots_set_security(const struct stls_openssl *openssl, const SSL *ssl,
                             struct stls_connection *connection, stls_security_callback *callback);

#endif
