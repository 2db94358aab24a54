/* session.h - which sessions may be resumed.
 *
 * Owns: the mark on an SSL_SESSION that says "the peer was verified under this policy, up to this
 * trust anchor"; under another policy, as another host may have, it counts for nothing. It is
 * counted, and immutable but for a memo, and kept in ex_data: it goes along when OpenSSL copies a
 * session (each TLS 1.3 ticket does), but not when one is written out and read back: see
 * session_copies.
 */
#ifndef STLS_SESSION_H
#define STLS_SESSION_H

#include "openssl.h"
#include "safe_chain.h"
#include "state.h"

/* anchor: the last certificate of the verified chain, NULL if there was none (a raw key). */
void stls_session_mark(const struct stls_openssl *openssl, const SSL *ssl,
                       struct stls_connection *connection, enum stls_anchors anchors, X509 *anchor);

bool stls_session_has_mark(const struct stls_openssl *openssl, const SSL_SESSION *session);

/* True if the session the SSL has, or will offer, carries a mark. */
bool stls_session_is_vetted(const struct stls_openssl *openssl, const SSL *ssl);

/* The mark itself, counted once more for each that asks for it; NULL where there is none. */
struct stls_session_mark;
struct stls_session_mark *stls_session_share_mark(const struct stls_openssl *openssl,
                                                  const SSL_SESSION *session);
struct stls_session_mark *stls_session_retain_mark(struct stls_session_mark *mark);
void stls_session_release_mark(const struct stls_openssl *openssl, struct stls_session_mark *mark);

/* Takes over mark, which may be NULL, in place of the one that is there. */
void stls_session_replace_mark(const struct stls_openssl *openssl, SSL_SESSION *session,
                               struct stls_session_mark *mark);

/* For attach, as ex_data callbacks: argp is the struct stls_openssl. */
int stls_session_copy_mark(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **slot, int index,
                           long argl, void *argp);
void stls_session_free_mark(void *parent, void *slot, CRYPTO_EX_DATA *ad, int index, long argl,
                            void *argp);

/* True if the session that the client has may be resumed: it was verified for this host, and for a
 * program that itself wants the chain verified by one of its own anchors. */
bool stls_session_may_resume(const struct stls_openssl *openssl, const SSL *ssl,
                             const struct stls_connection *connection);

/* START on a client: forgets a session that may not be resumed. */
void stls_session_drop_unvetted(const struct stls_openssl *openssl, SSL *ssl,
                                struct stls_connection *connection);

#endif
