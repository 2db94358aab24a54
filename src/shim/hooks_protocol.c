/* hooks_protocol.c - cipher, group and signature algorithm lists, and the security level.
 *
 * The program's list is set as it asked, then narrowed to what is vetted, so that the return value
 * is OpenSSL's and get_ciphers shows what will be offered.
 */
#include "hooks.h"

#include "algorithms.h"
#include "algorithms_judge.h"

#include "../core/asked.h"

#include "../core/banned.h"

/* Whose setter was called. */
struct setting {
    struct stls_openssl *openssl;
    struct stls_target target;
    uint32_t *asked; /* of its record, for the events; NULL where libssl itself sets defaults on a
                      * half-made context, and for contexts not ours: there nothing is done */
    unsigned shift;  /* of a connection's bits in it */
};

static struct setting of_context(SSL_CTX *context)
{
    struct stls_found_context found = stls_find_context(context);

    return (struct setting){.openssl = found.openssl,
                            .target = {.context = context},
                            .asked = found.record != NULL ? &found.record->asked : NULL};
}

static struct setting of_connection(SSL *ssl)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    struct stls_connection *record =
        stls_context_of_ssl(openssl, ssl) != NULL ? stls_connection_of(openssl, ssl) : NULL;

    return (struct setting){.openssl = openssl,
                            .target = {.ssl = ssl},
                            .asked = record != NULL ? &record->asked : NULL,
                            .shift = 1};
}

/* False where a connection may be allowed more than the process, which START sees to. */
static bool is_narrowed(const struct setting *set)
{
    return set->asked != NULL && stls_is_enforcing() && !stls_policy_leaves_contexts();
}

/* What the program has asked for by one kind of call. The last call counts. */
static void note(const struct setting *set, uint32_t bit, bool is_low)
{
    bit <<= set->shift;
    if (set->asked != NULL)
        *set->asked = is_low ? *set->asked | bit : *set->asked & ~bit;
}

static int level_of(const struct setting *set)
{
    return set->target.ssl != NULL ? set->openssl->SSL_get_security_level(set->target.ssl)
                                   : set->openssl->SSL_CTX_get_security_level(set->target.context);
}

static const STACK_OF(SSL_CIPHER) * ciphers_of(const struct setting *set)
{
    return set->target.ssl != NULL ? set->openssl->SSL_get_ciphers(set->target.ssl)
                                   : set->openssl->SSL_CTX_get_ciphers(set->target.context);
}

/* After OpenSSL has had the list: "@SECLEVEL=0" may have stood in it. */
static void hold_ciphers(const struct setting *set, enum stls_asked bit, int level_before)
{
    struct stls_guard guard;

    if (set->asked == NULL)
        return;
    guard = stls_guard_enter(set->openssl);
    if (level_of(set) < level_before)
        note(set, STLS_ASKED_SECURITY_LEVEL, level_of(set) < stls_policy()->security_level);
    note(set, bit,
         stls_algorithms_has_unvetted(set->openssl, ciphers_of(set),
                                      bit == STLS_ASKED_CIPHERSUITES));
    if (is_narrowed(set) && set->target.ssl != NULL)
        stls_algorithms_narrow_connection(set->openssl, set->target.ssl, stls_policy());
    else if (is_narrowed(set))
        stls_algorithms_narrow_context(set->openssl, set->target.context);
    stls_guard_leave(guard);
}

STLS_HOOK int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list)
{
    struct setting set = of_context(context);
    struct stls_context *record = stls_context_of(set.openssl, context);
    int level = level_of(&set);
    int ret = set.openssl->SSL_CTX_set_cipher_list(context, list);

    if (record != NULL && ret) /* OpenSSL's own list does not count any more */
        record->denied &= ~(uint32_t)STLS_DENIED_CIPHER;
    hold_ciphers(&set, STLS_ASKED_CIPHER_LIST, level);
    return ret;
}

STLS_HOOK int SSL_CTX_set_ciphersuites(SSL_CTX *context, const char *list)
{
    struct setting set = of_context(context);
    int ret = set.openssl->SSL_CTX_set_ciphersuites(context, list);

    hold_ciphers(&set, STLS_ASKED_CIPHERSUITES, 0);
    return ret;
}

STLS_HOOK int SSL_set_cipher_list(SSL *ssl, const char *list)
{
    struct setting set = of_connection(ssl);
    int level = level_of(&set);
    int ret = set.openssl->SSL_set_cipher_list(ssl, list);

    hold_ciphers(&set, STLS_ASKED_CIPHER_LIST, level);
    return ret;
}

STLS_HOOK int SSL_set_ciphersuites(SSL *ssl, const char *list)
{
    struct setting set = of_connection(ssl);
    int ret = set.openssl->SSL_set_ciphersuites(ssl, list);

    hold_ciphers(&set, STLS_ASKED_CIPHERSUITES, 0);
    return ret;
}

/* The level that holds in place of the one that the program sets. */
static int hold_level(const struct setting *set, int level)
{
    int floor = stls_policy()->security_level;

    note(set, STLS_ASKED_SECURITY_LEVEL, level < floor);
    return level < floor && is_narrowed(set) ? floor : level;
}

STLS_HOOK void SSL_CTX_set_security_level(SSL_CTX *context, int level)
{
    struct setting set = of_context(context);

    set.openssl->SSL_CTX_set_security_level(context, hold_level(&set, level));
}

STLS_HOOK void SSL_set_security_level(SSL *ssl, int level)
{
    struct setting set = of_connection(ssl);

    set.openssl->SSL_set_security_level(ssl, hold_level(&set, level));
}

/* A version of 0 is "whatever is lowest", or "whatever is highest". */
static void note_version(const struct setting *set, const struct stls_control *control)
{
    bool is_any = control->number == 0;
    bool is_old = !is_any && stls_algorithms_is_old(stls_policy(), (int)control->number);

    if (control->command == SSL_CTRL_SET_MIN_PROTO_VERSION)
        note(set, STLS_ASKED_MIN_PROTOCOL, is_old || is_any);
    else
        note(set, STLS_ASKED_MAX_PROTOCOL, is_old);
}

/* What is not vetted of groups or signature algorithms gate 3 takes out; where that would be all,
 * the vetted ones take their place. */
static void hold_list(const struct setting *set, const struct stls_control *control,
                      enum stls_list list)
{
    bool is_low = !stls_algorithms_has_any_vetted(set->openssl, control);

    note(set, list == STLS_LIST_GROUPS ? STLS_ASKED_GROUPS : STLS_ASKED_SIGALGS, is_low);
    if (is_low && is_narrowed(set))
        stls_algorithms_set_vetted(set->openssl, set->target, control->command);
}

/* The controls that set versions, groups or signature algorithms; of the others, which programs may
 * call for each record, nothing is looked at. */
static bool is_held(int command)
{
    return command == SSL_CTRL_SET_MIN_PROTO_VERSION || command == SSL_CTRL_SET_MAX_PROTO_VERSION ||
           stls_algorithms_kind(command) != STLS_LIST_NONE;
}

/* After OpenSSL has answered. */
static void hold_control(const struct setting *set, const struct stls_control *control, long answer)
{
    enum stls_list list = stls_algorithms_kind(control->command);

    if (list == STLS_LIST_NONE)
        note_version(set, control);
    else if (answer > 0)
        hold_list(set, control, list);
}

STLS_HOOK long SSL_CTX_ctrl(SSL_CTX *context, int command, long number, void *pointer)
{
    long ret = stls_openssl_of_object(context)->SSL_CTX_ctrl(context, command, number, pointer);
    struct setting set;

    if (!is_held(command))
        return ret;
    set = of_context(context);
    hold_control(&set, &(struct stls_control){command, number, pointer}, ret);
    return ret;
}

STLS_HOOK long SSL_ctrl(SSL *ssl, int command, long number, void *pointer)
{
    long ret = stls_openssl_of_object(ssl)->SSL_ctrl(ssl, command, number, pointer);
    struct setting set;

    if (!is_held(command))
        return ret;
    set = of_connection(ssl);
    hold_control(&set, &(struct stls_control){command, number, pointer}, ret);
    return ret;
}
