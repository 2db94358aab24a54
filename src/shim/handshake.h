/* handshake.h - what gate 1 does: at the start of a handshake, at its steps, at its end, at an
 * alert.
 *
 * Owns: the policy of each handshake, what is set on the SSL for it, and the verdict of the last
 * look. The program's own callbacks are the gates' to call.
 */
#ifndef STLS_HANDSHAKE_H
#define STLS_HANDSHAKE_H

#include "openssl.h"
#include "state.h"

/* What holds for the handshake, and what the program asked for before we change anything. */
void stls_handshake_begin(struct stls_openssl *openssl, SSL *ssl,
                          struct stls_connection *connection);

/* The same, and then what the policy makes of the SSL. */
void stls_handshake_start(struct stls_openssl *openssl, SSL *ssl,
                          struct stls_connection *connection);

/* Some twenty times a handshake: nothing in it fails, so that there is no error to take back. */
void stls_handshake_step(struct stls_openssl *openssl, SSL *ssl,
                         struct stls_connection *connection);

/* Nothing more can be refused by the handshake itself: a connection that slipped through is shut in
 * both directions, before a byte of the program's can move. */
void stls_handshake_done(struct stls_openssl *openssl, SSL *ssl,
                         struct stls_connection *connection);

/* A handshake that fails outside of gate 2 has no callback of its own: its alert tells. */
void stls_handshake_alert(struct stls_openssl *openssl, SSL *ssl,
                          struct stls_connection *connection, bool is_ours, int value);

#endif
