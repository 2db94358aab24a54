/* hooks_session.c - sessions that the program brings along, and what goes out before the handshake.
 */
#include "hooks.h"

#include "session.h"
#include "session_copies.h"

#include "../core/banned.h"

/* A session that was not verified would be dropped at START. Dropped here, a program that asks
 * whether it can send early data is told that it can't. */
STLS_HOOK int SSL_set_session(SSL *ssl, SSL_SESSION *session)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    bool is_ours = stls_context_of_ssl(openssl, ssl) != NULL;

    if (is_ours && stls_is_enforcing() && session != NULL && !openssl->SSL_is_server(ssl) &&
        stls_policy_verifies_server(stls_policy()) && !stls_session_has_mark(openssl, session))
        session = NULL;
    return openssl->SSL_set_session(ssl, session);
}

/* A session that the program keeps as bytes stays what it was: vetted, or not. */
STLS_HOOK int i2d_SSL_SESSION(const SSL_SESSION *session, unsigned char **at)
{
    struct stls_openssl *openssl = stls_openssl_of_caller(__builtin_return_address(0));
    const unsigned char *bytes = at != NULL ? *at : NULL;
    int length = openssl->i2d_SSL_SESSION(session, at);
    struct stls_guard guard;

    if (at == NULL || length <= 0 || openssl->registration == NULL)
        return length;
    guard = stls_guard_enter(openssl);
    stls_session_copies_written(openssl, session, bytes != NULL ? bytes : *at, (size_t)length);
    stls_guard_leave(guard);
    return length;
}

STLS_HOOK SSL_SESSION *d2i_SSL_SESSION(SSL_SESSION **into, const unsigned char **at, long length)
{
    struct stls_openssl *openssl = stls_openssl_of_caller(__builtin_return_address(0));
    const unsigned char *bytes = at != NULL ? *at : NULL;
    SSL_SESSION *session = openssl->d2i_SSL_SESSION(into, at, length);
    struct stls_guard guard;

    if (session == NULL || openssl->registration == NULL)
        return session;
    guard = stls_guard_enter(openssl);
    stls_session_copies_read(openssl, session, bytes, (size_t)(*at - bytes));
    stls_guard_leave(guard);
    return session;
}

/* A server's early answer goes to a client that has not authenticated yet. */
STLS_HOOK int SSL_write_early_data(SSL *ssl, const void *data, size_t size, size_t *written)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    bool is_ours = stls_context_of_ssl(openssl, ssl) != NULL;

    if (is_ours && stls_is_enforcing() && openssl->SSL_is_server(ssl) &&
        stls_policy()->verify_client == STLS_VERIFY_CLIENT_REQUIRE) {
        stls_openssl_raise(openssl, ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED,
                           "stricttls: VerifyClient=require");
        return 0;
    }
    return openssl->SSL_write_early_data(ssl, data, size, written);
}
