/* hooks_protocol.c - cipher, group and signature algorithm lists, and the security level.
 *
 * The program's list is set as it asked, then narrowed to what is vetted, so that the return value
 * is OpenSSL's and get_ciphers shows what will be offered.
 */
#include "hooks.h"

#include "algorithms.h"

#include "../core/asked.h"

#include "../core/banned.h"

/* False where a connection may be allowed more than the process, which START sees to. Also false
 * while libssl itself sets defaults on a half-made context, and for contexts not ours. */
static bool is_narrowed(const struct stls_openssl *openssl, const SSL_CTX *context)
{
    return stls_is_enforcing() && !stls_policy_leaves_contexts() &&
           stls_context_of(openssl, context) != NULL;
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
    stls_algorithms_narrow_connection(openssl, ssl, stls_policy());
    stls_guard_leave(guard);
}

/* What the program has asked for by one kind of call, for the events; NULL where nobody keeps it.
 * The last call counts. */
static uint32_t *asked_of_context(const struct stls_openssl *openssl, const SSL_CTX *context)
{
    struct stls_context *record = stls_context_of(openssl, context);

    return record != NULL ? &record->asked : NULL;
}

static uint32_t *asked_of_connection(const struct stls_openssl *openssl, const SSL *ssl)
{
    struct stls_connection *record =
        asked_of_context(openssl, openssl->SSL_get_SSL_CTX(ssl)) != NULL
            ? stls_connection_of(openssl, ssl)
            : NULL;

    return record != NULL ? &record->asked : NULL;
}

static void note(uint32_t *asked, unsigned bit, bool is_low)
{
    if (asked != NULL)
        *asked = is_low ? *asked | bit : *asked & ~bit;
}

static void note_ciphers(struct stls_openssl *openssl, uint32_t *asked, unsigned bit,
                         const STACK_OF(SSL_CIPHER) * ciphers, bool is_tls13)
{
    struct stls_guard guard;

    if (asked == NULL)
        return;
    guard = stls_guard_enter(openssl);
    note(asked, bit, stls_algorithms_has_unvetted(openssl, ciphers, is_tls13));
    stls_guard_leave(guard);
}

/* "@SECLEVEL=0" in a cipher list. */
static void note_level(uint32_t *asked, unsigned bit, int before, int after)
{
    if (after < before)
        note(asked, bit, after < stls_policy()->security_level);
}

STLS_HOOK int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    struct stls_context *record = stls_context_of(openssl, context);
    int level = openssl->SSL_CTX_get_security_level(context);
    int ret = openssl->SSL_CTX_set_cipher_list(context, list);

    note_level(asked_of_context(openssl, context), STLS_ASKED_SECURITY_LEVEL, level,
               openssl->SSL_CTX_get_security_level(context));
    if (record != NULL && ret) /* OpenSSL's own list does not count any more */
        record->denied &= ~(uint32_t)STLS_DENIED_CIPHER;
    note_ciphers(openssl, asked_of_context(openssl, context), STLS_ASKED_CIPHER_LIST,
                 openssl->SSL_CTX_get_ciphers(context), false);
    narrow_context(openssl, context);
    return ret;
}

STLS_HOOK int SSL_CTX_set_ciphersuites(SSL_CTX *context, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    int ret = openssl->SSL_CTX_set_ciphersuites(context, list);

    note_ciphers(openssl, asked_of_context(openssl, context), STLS_ASKED_CIPHERSUITES,
                 openssl->SSL_CTX_get_ciphers(context), true);
    narrow_context(openssl, context);
    return ret;
}

STLS_HOOK void SSL_CTX_set_security_level(SSL_CTX *context, int level)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    int floor = stls_policy()->security_level;

    note(asked_of_context(openssl, context), STLS_ASKED_SECURITY_LEVEL, level < floor);
    openssl->SSL_CTX_set_security_level(
        context, level < floor && is_narrowed(openssl, context) ? floor : level);
}

STLS_HOOK int SSL_set_cipher_list(SSL *ssl, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    int level = openssl->SSL_get_security_level(ssl);
    int ret = openssl->SSL_set_cipher_list(ssl, list);

    note_level(asked_of_connection(openssl, ssl), STLS_ASKED_SECURITY_LEVEL << 1, level,
               openssl->SSL_get_security_level(ssl));
    note_ciphers(openssl, asked_of_connection(openssl, ssl), STLS_ASKED_CIPHER_LIST << 1,
                 openssl->SSL_get_ciphers(ssl), false);
    narrow_connection(openssl, ssl);
    return ret;
}

STLS_HOOK int SSL_set_ciphersuites(SSL *ssl, const char *list)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    int ret = openssl->SSL_set_ciphersuites(ssl, list);

    note_ciphers(openssl, asked_of_connection(openssl, ssl), STLS_ASKED_CIPHERSUITES << 1,
                 openssl->SSL_get_ciphers(ssl), true);
    narrow_connection(openssl, ssl);
    return ret;
}

STLS_HOOK void SSL_set_security_level(SSL *ssl, int level)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    int floor = stls_policy()->security_level;

    note(asked_of_connection(openssl, ssl), STLS_ASKED_SECURITY_LEVEL << 1, level < floor);
    openssl->SSL_set_security_level(
        ssl, level < floor && is_narrowed(openssl, openssl->SSL_get_SSL_CTX(ssl)) ? floor : level);
}

/* The controls that set groups or signature algorithms. What is not vetted of them gate 3 takes
 * out; where that would be all, the vetted ones take their place once OpenSSL has accepted it. */
static bool is_list(int command)
{
    return stls_algorithms_kind(command) != STLS_LIST_NONE;
}

static bool is_version(int command)
{
    return command == SSL_CTRL_SET_MIN_PROTO_VERSION || command == SSL_CTRL_SET_MAX_PROTO_VERSION;
}

/* A version of 0 is "whatever is lowest", or "whatever is highest". */
static void note_version(uint32_t *asked, int command, long number, unsigned shift)
{
    bool is_old = number != 0 && stls_algorithms_is_old(stls_policy(), (int)number);

    if (command == SSL_CTRL_SET_MIN_PROTO_VERSION)
        note(asked, STLS_ASKED_MIN_PROTOCOL << shift, is_old || number == 0);
    else
        note(asked, STLS_ASKED_MAX_PROTOCOL << shift, is_old);
}

/* After OpenSSL has accepted the list. */
static void hold_list(struct stls_openssl *openssl, struct stls_target target, uint32_t *asked,
                      const struct stls_control *control, unsigned shift)
{
    bool is_groups = stls_algorithms_kind(control->command) == STLS_LIST_GROUPS;
    bool is_low = !stls_algorithms_has_any_vetted(openssl, control);

    note(asked, (unsigned)(is_groups ? STLS_ASKED_GROUPS : STLS_ASKED_SIGALGS) << shift, is_low);
    if (is_low && is_narrowed(openssl, target.ssl != NULL ? openssl->SSL_get_SSL_CTX(target.ssl)
                                                          : target.context))
        stls_algorithms_set_vetted(openssl, target, control->command);
}

STLS_HOOK long SSL_CTX_ctrl(SSL_CTX *context, int command, long number, void *pointer)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    struct stls_control control = {command, number, pointer};
    long ret = openssl->SSL_CTX_ctrl(context, command, number, pointer);

    if (is_version(command))
        note_version(asked_of_context(openssl, context), command, number, 0);
    else if (ret > 0 && is_list(command))
        hold_list(openssl, (struct stls_target){.context = context},
                  asked_of_context(openssl, context), &control, 0);
    return ret;
}

STLS_HOOK long SSL_ctrl(SSL *ssl, int command, long number, void *pointer)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    struct stls_control control = {command, number, pointer};
    long ret = openssl->SSL_ctrl(ssl, command, number, pointer);

    if (is_version(command))
        note_version(asked_of_connection(openssl, ssl), command, number, 1);
    else if (ret > 0 && is_list(command))
        hold_list(openssl, (struct stls_target){.ssl = ssl}, asked_of_connection(openssl, ssl),
                  &control, 1);
    return ret;
}
