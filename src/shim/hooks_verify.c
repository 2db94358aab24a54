/* hooks_verify.c - the callback slots we occupy, and the verify mode.
 *
 * A program that sets a callback gets it called; one that asks gets back what it set. The slots
 * themselves go on holding our gates. No code of the program runs below any of these.
 */
#include "hooks.h"

#include "slots.h"

#include "../core/banned.h"

STLS_HOOK void SSL_CTX_set_info_callback(SSL_CTX *context, stls_info_callback *callback)
{
    struct stls_found_context found = stls_find_context(context);

    if (found.record != NULL)
        found.record->program_info = callback;
    else
        found.openssl->SSL_CTX_set_info_callback(context, callback);
}

STLS_HOOK stls_info_callback *SSL_CTX_get_info_callback(SSL_CTX *context)
{
    struct stls_found_context found = stls_find_context(context);
    stls_info_callback *real = found.openssl->SSL_CTX_get_info_callback(context);

    if (real != stls_gate_state)
        return real;
    return found.record != NULL ? found.record->program_info : NULL; /* NULL: it is being freed */
}

STLS_HOOK void SSL_set_info_callback(SSL *ssl, stls_info_callback *callback)
{
    struct stls_found_connection found = stls_find_connection(ssl);

    if (found.record != NULL)
        found.record->program_info = callback;
    else
        found.openssl->SSL_set_info_callback(ssl, callback);
}

STLS_HOOK stls_info_callback *SSL_get_info_callback(const SSL *ssl)
{
    struct stls_found_connection found = stls_find_connection(ssl);
    stls_info_callback *real = found.openssl->SSL_get_info_callback(ssl);

    if (real != stls_gate_state && real != NULL)
        return real;
    return found.record != NULL ? found.record->program_info : NULL;
}

STLS_HOOK void SSL_CTX_set_security_callback(SSL_CTX *context, stls_security_callback *callback)
{
    struct stls_found_context found = stls_find_context(context);

    if (found.record != NULL)
        found.record->program_security = callback;
    else
        found.openssl->SSL_CTX_set_security_callback(context, callback);
}

STLS_HOOK stls_security_callback *SSL_CTX_get_security_callback(const SSL_CTX *context)
{
    struct stls_found_context found = stls_find_context(context);
    stls_security_callback *real = found.openssl->SSL_CTX_get_security_callback(context);

    return found.record != NULL && real == stls_gate_algorithms ? found.record->program_security
                                                                : real;
}

STLS_HOOK void SSL_set_security_callback(SSL *ssl, stls_security_callback *callback)
{
    struct stls_found_connection found = stls_find_connection(ssl);

    if (found.record != NULL)
        stls_slots_set_security(found.openssl, ssl, found.record, callback);
    else
        found.openssl->SSL_set_security_callback(ssl, callback);
}

STLS_HOOK stls_security_callback *SSL_get_security_callback(const SSL *ssl)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    stls_security_callback *real = openssl->SSL_get_security_callback(ssl);

    return real == stls_gate_algorithms
               ? stls_slots_security_of(openssl, ssl, NULL, stls_connection_of(openssl, ssl))
               : real;
}

/* Gate 2 calls it and lets it refuse; there is no getter to answer. */
STLS_HOOK void SSL_CTX_set_cert_verify_callback(SSL_CTX *context,
                                                stls_cert_verify_callback *callback, void *arg)
{
    struct stls_found_context found = stls_find_context(context);

    if (found.record == NULL) {
        found.openssl->SSL_CTX_set_cert_verify_callback(context, callback, arg);
        return;
    }
    found.record->program_cert_verify = callback;
    found.record->program_cert_verify_arg = arg;
}

/* Remembered, so that a server that is made to ask for certificates keeps the program's own. */
STLS_HOOK int SSL_CTX_set_session_id_context(SSL_CTX *context, const unsigned char *id,
                                             unsigned length)
{
    struct stls_found_context found = stls_find_context(context);
    int ret = found.openssl->SSL_CTX_set_session_id_context(context, id, length);

    if (ret && found.record != NULL)
        found.record->has_session_id_context = length > 0;
    return ret;
}

STLS_HOOK int SSL_set_session_id_context(SSL *ssl, const unsigned char *id, unsigned length)
{
    struct stls_found_connection found = stls_find_connection(ssl);
    int ret = found.openssl->SSL_set_session_id_context(ssl, id, length);

    if (ret && found.record != NULL)
        found.record->has_session_id_context = length > 0;
    return ret;
}

/* A connection that gate 1 has shut stays shut. */
STLS_HOOK void SSL_set_shutdown(SSL *ssl, int mode)
{
    struct stls_found_connection found = stls_find_connection(ssl);

    if (found.record != NULL && found.record->is_refused)
        mode |= SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN;
    found.openssl->SSL_set_shutdown(ssl, mode);
}

/* From now on it is the program's mode again, even if it is the one that we had set. */
STLS_HOOK void SSL_set_verify(SSL *ssl, int mode, SSL_verify_cb callback)
{
    struct stls_found_connection found = stls_find_connection(ssl);

    if (found.record != NULL)
        found.record->is_verify_raised = false;
    found.openssl->SSL_set_verify(ssl, mode, callback);
}

/* The mode as it will hold at the handshake, where the role is known. libssl itself, when it copies
 * an SSL, is told what is there. */
static int effective_mode(int mode, bool is_client)
{
    if (!is_client || (mode & SSL_VERIFY_PEER) != 0 || !stls_is_enforcing() ||
        stls_policy()->verify_peer != STLS_VERIFY_PEER_REQUIRE)
        return mode;
    return mode | SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

static bool is_libssl(const struct stls_openssl *openssl, const char *caller)
{
    return caller >= openssl->start && caller < openssl->end;
}

STLS_HOOK int SSL_CTX_get_verify_mode(const SSL_CTX *context)
{
    struct stls_found_context found = stls_find_context(context);
    int mode = found.openssl->SSL_CTX_get_verify_mode(context);

    if (found.record == NULL || is_libssl(found.openssl, __builtin_return_address(0)))
        return mode;
    return effective_mode(mode, found.record->is_client);
}

STLS_HOOK int SSL_get_verify_mode(const SSL *ssl)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    int mode = openssl->SSL_get_verify_mode(ssl);
    const struct stls_connection *connection;

    if (stls_context_of_ssl(openssl, ssl) == NULL ||
        is_libssl(openssl, __builtin_return_address(0)))
        return mode;
    connection = stls_connection_of(openssl, ssl);
    if (connection != NULL && connection->is_verify_raised && mode == connection->raised_verify)
        mode = connection->asked_verify;
    return effective_mode(mode, !openssl->SSL_is_server(ssl));
}
