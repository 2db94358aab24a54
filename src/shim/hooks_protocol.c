/* hooks_protocol.c - cipher, group and signature algorithm lists, and the security level.
 *
 * The program's list is set as it asked, then narrowed to what is vetted, so that the return value
 * is OpenSSL's and get_ciphers shows what will be offered.
 */
#include "hooks.h"

#include "algorithms.h"

#include "../core/banned.h"

/* False while libssl itself sets defaults on a half-made context, and for contexts not ours. */
static bool is_narrowed(const struct stls_openssl *openssl, const SSL_CTX *context)
{
    return stls_is_enforcing() && stls_context_of(openssl, context) != NULL;
}

static void narrow_context(struct stls_openssl *openssl, SSL_CTX *context)
{
    struct stls_guard guard;

    if (!is_narrowed(openssl, context))
        return;
    guard = stls_guard_enter(openssl);
    stls_algorithms_narrow_context(openssl, context);
    stls_guard_leave(guard);
}

static void narrow_connection(struct stls_openssl *openssl, SSL *ssl)
{
    struct stls_guard guard;

    if (!is_narrowed(openssl, openssl->SSL_get_SSL_CTX(ssl)))
        return;
    guard = stls_guard_enter(openssl);
    stls_algorithms_narrow_connection(openssl, ssl);
    stls_guard_leave(guard);
}

STLS_HOOK int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    int ret = openssl->SSL_CTX_set_cipher_list(context, list);

    narrow_context(openssl, context);
    return ret;
}

STLS_HOOK int SSL_CTX_set_ciphersuites(SSL_CTX *context, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    int ret = openssl->SSL_CTX_set_ciphersuites(context, list);

    narrow_context(openssl, context);
    return ret;
}

STLS_HOOK void SSL_CTX_set_security_level(SSL_CTX *context, int level)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);

    if (is_narrowed(openssl, context) && level < stls_policy()->security_level)
        level = stls_policy()->security_level;
    openssl->SSL_CTX_set_security_level(context, level);
}

STLS_HOOK int SSL_set_cipher_list(SSL *ssl, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    int ret = openssl->SSL_set_cipher_list(ssl, list);

    narrow_connection(openssl, ssl);
    return ret;
}

STLS_HOOK int SSL_set_ciphersuites(SSL *ssl, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    int ret = openssl->SSL_set_ciphersuites(ssl, list);

    narrow_connection(openssl, ssl);
    return ret;
}

STLS_HOOK void SSL_set_security_level(SSL *ssl, int level)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);

    if (is_narrowed(openssl, openssl->SSL_get_SSL_CTX(ssl)) &&
        level < stls_policy()->security_level)
        level = stls_policy()->security_level;
    openssl->SSL_set_security_level(ssl, level);
}

/* The controls that set groups or signature algorithms. What is not vetted of them gate 3 takes
 * out; where that would be all, the vetted ones take their place. */
static bool is_list(int command)
{
    return command == SSL_CTRL_SET_GROUPS || command == SSL_CTRL_SET_GROUPS_LIST ||
           command == SSL_CTRL_SET_SIGALGS_LIST;
}

STLS_HOOK long SSL_CTX_ctrl(SSL_CTX *context, int command, long number, void *pointer)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    struct stls_control control = {command, number, pointer};
    char list[STLS_LIST_MAX];

    if (is_list(command) && is_narrowed(openssl, context))
        stls_algorithms_replace_list(openssl, (struct stls_target){.context = context}, &control,
                                     list);
    return openssl->SSL_CTX_ctrl(context, control.command, control.number, control.pointer);
}

STLS_HOOK long SSL_ctrl(SSL *ssl, int command, long number, void *pointer)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    struct stls_control control = {command, number, pointer};
    char list[STLS_LIST_MAX];

    if (is_list(command) && is_narrowed(openssl, openssl->SSL_get_SSL_CTX(ssl)))
        stls_algorithms_replace_list(openssl, (struct stls_target){.ssl = ssl}, &control, list);
    return openssl->SSL_ctrl(ssl, control.command, control.number, control.pointer);
}
