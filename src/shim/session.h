/* session.h - which sessions may be resumed.
 *
 * Owns: the mark on an SSL_SESSION that says "the peer was verified under this policy". It is a
 * pointer to something constant, kept in ex_data: it goes along when OpenSSL copies a session (each
 * TLS 1.3 ticket does), and is gone when a session was written out and read back.
 */
#ifndef STLS_SESSION_H
#define STLS_SESSION_H

#include "openssl.h"

/* By whose trust anchors the peer was verified. */
enum stls_anchors {
    STLS_ANCHORS_PROGRAM,
    STLS_ANCHORS_SYSTEM, /* though the program had loaded none that would do */
};

void stls_session_mark(const struct stls_openssl *openssl, const SSL *ssl,
                       enum stls_anchors anchors);

/* True if the session the SSL has, or will offer, carries a mark. */
bool stls_session_is_vetted(const struct stls_openssl *openssl, const SSL *ssl);

/* START on a client: forgets a session that may not be resumed. is_verifying: the program itself
 * wants the chain verified, so the system's anchors in place of its own won't do. */
void stls_session_drop_unvetted(const struct stls_openssl *openssl, SSL *ssl, bool is_verifying);

#endif
