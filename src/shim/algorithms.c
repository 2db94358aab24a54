/* algorithms.c - see algorithms.h */
#include "algorithms.h"

#include <stdlib.h>
#include <strings.h>

#include "algorithms_judge.h"
#include "policy_load.h"
#include "state.h"
#include "vetted.h"

#include "../core/list.h"

#include "../core/banned.h"

/* What is vetted of a stack, by name and in its order; too much for the stack of a thread that has
 * little. */
struct narrowed {
    char list[STLS_CIPHER_LIST_MAX], suites[STLS_LIST_MAX];
    bool is_list_changed, are_suites_changed; /* else nothing needs to be said to OpenSSL */
};

/* To be freed. NULL: out of memory, and then gate 3 is what there is. */
static struct narrowed *narrow(const struct stls_openssl *openssl, const struct stls_vetted *vetted,
                               const STACK_OF(SSL_CIPHER) * ciphers)
{
    struct narrowed *ret = malloc(sizeof *ret);
    bool has_suites = false; /* a program that wants none gets none */

    if (ret == NULL)
        return NULL;
    ret->list[0] = ret->suites[0] = '\0';
    ret->is_list_changed = ret->are_suites_changed = false;
    for (int i = 0; i < stls_vetted_count(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);
        bool is_tls13 = stls_vetted_is_tls13(openssl, cipher);

        has_suites = has_suites || is_tls13;
        if (stls_algorithms_is_vetted(openssl, vetted, cipher))
            stls_list_append(is_tls13 ? ret->suites : ret->list,
                             is_tls13 ? sizeof ret->suites : sizeof ret->list, ":",
                             openssl->SSL_CIPHER_get_name(cipher));
        else
            *(is_tls13 ? &ret->are_suites_changed : &ret->is_list_changed) = true;
    }
    if (ret->list[0] == '\0')
        ret->is_list_changed =
            stls_list_append(ret->list, sizeof ret->list, "", vetted->cipher_list);
    if (ret->suites[0] == '\0' && has_suites)
        ret->are_suites_changed =
            stls_list_append(ret->suites, sizeof ret->suites, "", vetted->ciphersuite_list);
    return ret;
}

bool stls_algorithms_has_unvetted(struct stls_openssl *openssl,
                                  const STACK_OF(SSL_CIPHER) * ciphers, bool is_tls13)
{
    const struct stls_vetted *vetted = stls_vetted_of(openssl, stls_policy());

    for (int i = 0; vetted != NULL && i < stls_vetted_count(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);

        if (stls_vetted_is_tls13(openssl, cipher) == is_tls13 &&
            !stls_algorithms_is_vetted(openssl, vetted, cipher))
            return true;
    }
    return false;
}

/* OpenSSL's configuration, or "@SECLEVEL" in a cipher string, may have set it. */
static void raise_level(const struct stls_openssl *openssl, SSL_CTX *context, int floor)
{
    struct stls_context *record = stls_context_of(openssl, context);
    int level = openssl->SSL_CTX_get_security_level(context);

    if (level >= floor)
        return;
    if (record != NULL) {
        record->is_level_raised = true;
        record->had_no_level = record->had_no_level || level == 0;
    }
    openssl->SSL_CTX_set_security_level(context, floor);
}

void stls_algorithms_narrow_context(struct stls_openssl *openssl, SSL_CTX *context)
{
    const struct stls_policy *policy = stls_policy();
    const struct stls_vetted *vetted = stls_vetted_of(openssl, policy);
    struct narrowed *narrowed;

    if (vetted == NULL)
        return;
    raise_level(openssl, context, policy->security_level);
    narrowed = narrow(openssl, vetted, openssl->SSL_CTX_get_ciphers(context));
    if (narrowed != NULL && narrowed->are_suites_changed)
        openssl->SSL_CTX_set_ciphersuites(context, narrowed->suites);
    if (narrowed != NULL && narrowed->is_list_changed)
        openssl->SSL_CTX_set_cipher_list(context, narrowed->list);
    free(narrowed);
}

void stls_algorithms_narrow_connection(struct stls_openssl *openssl, SSL *ssl,
                                       const struct stls_policy *policy)
{
    const struct stls_vetted *vetted = stls_vetted_of(openssl, policy);
    struct narrowed *narrowed;

    if (vetted == NULL)
        return;
    if (openssl->SSL_get_security_level(ssl) < policy->security_level)
        openssl->SSL_set_security_level(ssl, policy->security_level);
    narrowed = narrow(openssl, vetted, openssl->SSL_get_ciphers(ssl));
    if (narrowed != NULL && narrowed->are_suites_changed)
        openssl->SSL_set_ciphersuites(ssl, narrowed->suites);
    if (narrowed != NULL && narrowed->is_list_changed)
        openssl->SSL_set_cipher_list(ssl, narrowed->list);
    free(narrowed);
}

static bool set_list(const struct stls_openssl *openssl, struct stls_target target, int command,
                     const char *list)
{
    void *pointer = (void *)(uintptr_t)list;

    if (target.ssl != NULL)
        return openssl->SSL_ctrl(target.ssl, command, 0, pointer) > 0;
    return openssl->SSL_CTX_ctrl(target.context, command, 0, pointer) > 0;
}

/* Sets the policy's groups or signature algorithms. OpenSSL refuses a list for one name that it
 * doesn't know; such a name is left out. */
static void set_codes(const struct stls_openssl *openssl, const struct stls_policy *policy,
                      struct stls_target target, int command)
{
    bool is_group = command == SSL_CTRL_SET_GROUPS_LIST;
    enum stls_registry registry = is_group ? STLS_REGISTRY_GROUP : STLS_REGISTRY_SIGALG;
    const struct stls_codes *codes = is_group ? &policy->groups : &policy->sigalgs;
    char list[STLS_LIST_MAX];

    stls_vetted_names(registry, codes, list);
    if (set_list(openssl, target, command, list))
        return;
    list[0] = '\0';
    for (size_t i = 0; i < codes->count; i++) {
        const char *name = stls_registry_find_number(registry, codes->number[i])->name;

        if (set_list(openssl, target, command, name))
            stls_list_append(list, STLS_LIST_MAX, ":", name);
    }
    set_list(openssl, target, command, list);
}

bool stls_algorithms_prepare_context(struct stls_openssl *openssl, SSL_CTX *context)
{
    const struct stls_vetted *vetted = stls_vetted_of(openssl, stls_policy());
    bool has_unvetted =
        stls_algorithms_has_unvetted(openssl, openssl->SSL_CTX_get_ciphers(context), false);

    stls_algorithms_narrow_context(openssl, context);
    if (vetted != NULL && !vetted->are_default_groups_vetted)
        set_codes(openssl, stls_policy(), (struct stls_target){.context = context},
                  SSL_CTRL_SET_GROUPS_LIST);
    return has_unvetted;
}

/* OpenSSL's marks around a name: optional, removed, key share, and groups of groups. */
static bool is_any_vetted(enum stls_registry registry, const struct stls_codes *vetted,
                          const char *list)
{
    static const char separators[] = ":/?*- ";

    for (size_t length; *(list += strspn(list, separators)) != '\0'; list += length) {
        const struct stls_code *code;

        /* P-256 has one of the marks inside. */
        length = strcspn(list, ":/ ");
        code = stls_registry_find_name(registry, list, length);
        if (code != NULL && stls_codes_contain(vetted, stls_code_number(code)))
            return true;
        if (length == 7 && strncasecmp(list, "DEFAULT", length) == 0)
            return true;
    }
    return false;
}

enum stls_list stls_algorithms_kind(int command)
{
    switch (command) {
    case SSL_CTRL_SET_TMP_ECDH:
    case SSL_CTRL_SET_GROUPS:
    case SSL_CTRL_SET_GROUPS_LIST:
        return STLS_LIST_GROUPS;
    case SSL_CTRL_SET_SIGALGS:
    case SSL_CTRL_SET_SIGALGS_LIST:
        return STLS_LIST_SIGALGS;
    case SSL_CTRL_SET_CLIENT_SIGALGS:
    case SSL_CTRL_SET_CLIENT_SIGALGS_LIST:
        return STLS_LIST_CLIENT_SIGALGS;
    default:
        return STLS_LIST_NONE;
    }
}

static bool is_any_group_vetted(const struct stls_policy *policy, const int *nids, long count)
{
    for (long i = 0; i < count; i++)
        if (stls_algorithms_is_group_vetted(policy, nids[i]))
            return true;
    return false;
}

/* Pairs of a digest and a kind of key. */
static bool is_any_pair_vetted(const struct stls_policy *policy, const int *nids, long count)
{
    for (long i = 0; i + 1 < count; i += 2)
        if (stls_algorithms_is_signature_vetted(policy, nids[i + 1], nids[i]))
            return true;
    return false;
}

static bool is_curve_vetted(const struct stls_openssl *openssl, const struct stls_policy *policy,
                            const EC_KEY *key)
{
    return openssl->EC_GROUP_get_curve_name == NULL || openssl->EC_KEY_get0_group == NULL ||
           stls_algorithms_is_group_vetted(
               policy, openssl->EC_GROUP_get_curve_name(openssl->EC_KEY_get0_group(key)));
}

bool stls_algorithms_has_any_vetted(const struct stls_openssl *openssl,
                                    const struct stls_control *control)
{
    const struct stls_policy *policy = stls_policy();

    if (control->pointer == NULL)
        return true;
    switch (control->command) {
    case SSL_CTRL_SET_TMP_ECDH:
        return is_curve_vetted(openssl, policy, control->pointer);
    case SSL_CTRL_SET_GROUPS:
        return is_any_group_vetted(policy, control->pointer, control->number);
    case SSL_CTRL_SET_SIGALGS:
    case SSL_CTRL_SET_CLIENT_SIGALGS:
        return is_any_pair_vetted(policy, control->pointer, control->number);
    case SSL_CTRL_SET_GROUPS_LIST:
        return is_any_vetted(STLS_REGISTRY_GROUP, &policy->groups, control->pointer);
    default:
        return is_any_vetted(STLS_REGISTRY_SIGALG, &policy->sigalgs, control->pointer);
    }
}

void stls_algorithms_set_vetted(const struct stls_openssl *openssl, struct stls_target target,
                                int command)
{
    static const int setters[] = {
        [STLS_LIST_GROUPS] = SSL_CTRL_SET_GROUPS_LIST,
        [STLS_LIST_SIGALGS] = SSL_CTRL_SET_SIGALGS_LIST,
        [STLS_LIST_CLIENT_SIGALGS] = SSL_CTRL_SET_CLIENT_SIGALGS_LIST,
    };
    struct stls_guard guard = stls_guard_enter(openssl);

    set_codes(openssl, stls_policy(), target, setters[stls_algorithms_kind(command)]);
    stls_guard_leave(guard);
}

static void hold_versions(struct stls_openssl *openssl, SSL *ssl, const struct stls_policy *policy)
{
    bool is_dtls = openssl->SSL_is_dtls(ssl) != 0;
    long floor = stls_algorithms_version(policy->min_protocol, is_dtls);
    long ceiling = stls_algorithms_version(policy->max_protocol, is_dtls);
    long min = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL);
    long max = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, NULL);

    /* 0 is "whatever is lowest" and "whatever is highest". A program that would go no higher than
     * what is too low goes to the floor. The order matters: OpenSSL refuses min > max. */
    if (max != 0 && stls_algorithms_is_old(policy, (int)max))
        openssl->SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, floor, NULL);
    if (min == 0 || stls_algorithms_is_old(policy, (int)min))
        openssl->SSL_ctrl(ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, floor, NULL);
    if (policy->max_protocol < TLS1_3_VERSION &&
        (max == 0 || stls_algorithms_is_new(policy, (int)max)))
        openssl->SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, ceiling, NULL);
}

/* A version below the ceiling, and not switched off. The level is one of OpenSSL's since 3.0: above
 * 0 there is nothing below TLS 1.2. */
static bool is_allowed(const struct stls_openssl *openssl, SSL *ssl, int version, bool is_level_low)
{
    static const uint64_t off[] = {SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2,
                                   SSL_OP_NO_TLSv1_3};
    bool is_dtls = openssl->SSL_is_dtls(ssl) != 0;
    int real = stls_algorithms_version(version, is_dtls);
    long min, max;

    if (version < TLS1_2_VERSION && !is_level_low && openssl->SSL_get_security_level(ssl) > 0 &&
        openssl->ERR_new != NULL)
        return false;
    min = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL);
    max = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, NULL);
    return (openssl->SSL_get_options(ssl) & off[version - TLS1_VERSION]) == 0 &&
           (min == 0 || (is_dtls ? real <= min : real >= min)) &&
           (max == 0 || (is_dtls ? real >= max : real <= max));
}

/* A connection of one version, by its method or as it is renegotiated, has no others. */
static bool is_flexible(const struct stls_openssl *openssl, const SSL *ssl)
{
    return openssl->SSL_version(ssl) == TLS1_3_VERSION || openssl->SSL_is_dtls(ssl);
}

bool stls_algorithms_allows_old(const struct stls_openssl *openssl, SSL *ssl,
                                const struct stls_policy *policy, bool is_level_low)
{
    if (!is_flexible(openssl, ssl))
        return stls_algorithms_is_old(policy, openssl->SSL_version(ssl));
    for (int version = TLS1_VERSION; version < policy->min_protocol; version++)
        if (is_allowed(openssl, ssl, version, is_level_low))
            return true;
    return false;
}

bool stls_algorithms_allows_new(const struct stls_openssl *openssl, SSL *ssl,
                                const struct stls_policy *policy)
{
    int top = openssl->SSL_is_dtls(ssl) ? TLS1_2_VERSION : TLS1_3_VERSION;

    if (!is_flexible(openssl, ssl))
        return stls_algorithms_is_new(policy, openssl->SSL_version(ssl));
    for (int version = top; version > policy->max_protocol; version--)
        if (is_allowed(openssl, ssl, version, true))
            return true;
    return false;
}

/* True if the program's list has a vetted cipher of each kind. Those that are not vetted gate 3
 * takes out, one by one, when OpenSSL asks. */
static bool has_vetted(const struct stls_openssl *openssl, const struct stls_vetted *vetted,
                       const STACK_OF(SSL_CIPHER) * ciphers)
{
    bool has_list = false, has_suites = false;

    for (int i = 0; i < stls_vetted_count(openssl, ciphers) && !(has_list && has_suites); i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);

        if (!stls_algorithms_is_vetted(openssl, vetted, cipher))
            continue;
        has_suites = has_suites || stls_vetted_is_tls13(openssl, cipher);
        has_list = has_list || !stls_vetted_is_tls13(openssl, cipher);
    }
    return has_list && has_suites;
}

/* QUIC has nothing but TLS 1.3, and none of the options. It holds a lock of its own while it
 * shakes hands, for which SSL_get_options would wait forever. */
static void hold_options(struct stls_openssl *openssl, SSL *ssl, const struct stls_policy *policy)
{
    static const uint64_t wanted = SSL_OP_NO_COMPRESSION;
    static const uint64_t unwanted =
        SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
        SSL_OP_CISCO_ANYCONNECT | SSL_OP_NO_EXTENDED_MASTER_SECRET | SSL_OP_ALLOW_NO_DHE_KEX;
    uint64_t options;

    if (openssl->SSL_version(ssl) == STLS_QUIC_VERSION)
        return;
    options = openssl->SSL_get_options(ssl);
    if ((options & wanted) != wanted)
        openssl->SSL_set_options(ssl, wanted);
    if ((options & unwanted) != 0)
        openssl->SSL_clear_options(ssl, unwanted);
    hold_versions(openssl, ssl, policy);
}

bool stls_algorithms_renegotiation_is_secure(const struct stls_openssl *openssl, const SSL *ssl)
{
    int version = openssl->SSL_version(ssl);

    return version == TLS1_3_VERSION || version == STLS_QUIC_VERSION ||
           openssl->SSL_is_server(ssl) ||
           openssl->SSL_ctrl((SSL *)(uintptr_t)ssl, SSL_CTRL_GET_RI_SUPPORT, 0, NULL) != 0;
}

void stls_algorithms_apply(struct stls_openssl *openssl, SSL *ssl, const struct stls_policy *policy,
                           bool is_prepared)
{
    const struct stls_vetted *vetted = stls_vetted_of(openssl, policy);

    hold_options(openssl, ssl, policy);
    if (openssl->SSL_get_security_level(ssl) < policy->security_level)
        openssl->SSL_set_security_level(ssl, policy->security_level);
    if (vetted == NULL)
        return;
    if (!has_vetted(openssl, vetted, openssl->SSL_get_ciphers(ssl)))
        stls_algorithms_narrow_connection(openssl, ssl, policy);
    if (!is_prepared && !vetted->are_default_groups_vetted)
        set_codes(openssl, policy, (struct stls_target){.ssl = ssl}, SSL_CTRL_SET_GROUPS_LIST);
}
