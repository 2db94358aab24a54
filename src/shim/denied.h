/* denied.h - what the policy takes away from a handshake.
 *
 * Owns: the note, in both modes, of what gate 3 was asked about that the policy would not have,
 * and whether a handshake that failed did so for it.
 * Must not: decide anything but what stls_algorithms_judge says.
 */
#ifndef STLS_DENIED_H
#define STLS_DENIED_H

#include "../core/asked.h"

#include "algorithms_judge.h"
#include "openssl.h"
#include "state.h"

enum {
    STLS_BLAME_MAX = 96, /* bytes: all the words */
};

/* A bit of enum stls_asked for the context's function, and the one for the connection's. */
#define STLS_ASKED_OF_BOTH(bit) (uint32_t)((bit) | (bit) << 1)

/* What the program asked for by setters of either. */
uint32_t stls_denied_asked(const struct stls_openssl *openssl, const SSL *ssl,
                           const struct stls_connection *connection);

/* START: nothing is denied yet but what the versions say. */
void stls_denied_start(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection);

/* For what stls_algorithms_judge refuses, and for every certificate: true if that stands, as it
 * does but for what signs a handshake before TLS 1.2. It is noted. The connection is NULL for a
 * question about a context. */
bool stls_denied_note(struct stls_openssl *openssl, struct stls_connection *connection,
                      const struct stls_policy *policy, const struct stls_question *ask);

/* By the number that SSL_get_negotiated_group has for it. */
bool stls_denied_has_group(const struct stls_connection *connection, int nid, bool *ret_by_level);

/* A handshake that ends with this alert, which is ours or the peer's: the words of the policy (in
 * text) without which it might not have, or NULL if it would have anyway. */
const char *stls_denied_blame(struct stls_openssl *openssl, const SSL *ssl,
                              const struct stls_connection *connection, bool is_ours, int alert,
                              char text[STLS_BLAME_MAX]);

#endif
