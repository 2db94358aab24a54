/* algorithms.c - see algorithms.h */
#include "algorithms.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_load.h"

#include "../core/banned.h"

/* Appends ":name" to a list; false if it does not fit. */
static bool append_name(char list[STLS_LIST_MAX], const char *name)
{
    size_t length = strlen(list);
    int added =
        snprintf(list + length, STLS_LIST_MAX - length, "%s%s", length > 0 ? ":" : "", name);

    if (added >= 0 && (size_t)added < STLS_LIST_MAX - length)
        return true;
    list[length] = '\0';
    return false;
}

/* TLS 1.3 suites stand in the same stack, and are told by having no key exchange of their own. */
static bool is_tls13(const struct stls_openssl *openssl, const SSL_CIPHER *cipher)
{
    return openssl->SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any;
}

static int count_ciphers(const struct stls_openssl *openssl, const STACK_OF(SSL_CIPHER) * ciphers)
{
    return openssl->OPENSSL_sk_num((const OPENSSL_STACK *)ciphers); /* -1 without a stack */
}

static const SSL_CIPHER *cipher_at(const struct stls_openssl *openssl,
                                   const STACK_OF(SSL_CIPHER) * ciphers, int index)
{
    return openssl->OPENSSL_sk_value((const OPENSSL_STACK *)ciphers, index);
}

static bool is_vetted(const struct stls_openssl *openssl, const struct stls_algorithms *vetted,
                      const SSL_CIPHER *cipher)
{
    unsigned number = openssl->SSL_CIPHER_get_protocol_id(cipher);

    return stls_codes_contain(
        is_tls13(openssl, cipher) ? &stls_policy()->ciphersuites : &vetted->ciphers, number);
}

/* A name that OpenSSL skips silently is a typing error here. "-", "+" and "!" only take away or
 * reorder, so they may name what a build lacks. */
static void explain(struct stls_algorithms *made, const char *what, const char *name)
{
    snprintf(made->error, sizeof made->error, "STRICTTLS_CIPHERS=%.512s: %s%.64s",
             stls_policy()->cipher_string, what, name);
}

static bool check_names(const struct stls_openssl *openssl, SSL_CTX *scratch, const char *string,
                        struct stls_algorithms *made)
{
    static const char separators[] = ":, ";
    char name[STLS_TEXT_MAX];

    for (size_t length; *string != '\0'; string += length) {
        string += strspn(string, separators);
        length = strcspn(string, separators);
        if (length == 0 || strchr("-+!", *string) != NULL)
            continue;
        memcpy(name, string, length);
        name[length] = '\0';
        if (openssl->SSL_CTX_set_cipher_list(scratch, name))
            continue;
        explain(made, "OpenSSL knows no ", name);
        return false;
    }
    return true;
}

static void expand_ciphers(const struct stls_openssl *openssl, SSL_CTX *scratch,
                           struct stls_algorithms *made)
{
    const STACK_OF(SSL_CIPHER) * ciphers;

    if (!check_names(openssl, scratch, stls_policy()->cipher_string, made))
        return;
    if (!openssl->SSL_CTX_set_cipher_list(scratch, stls_policy()->cipher_string)) {
        explain(made, "no cipher is left", "");
        return;
    }
    ciphers = openssl->SSL_CTX_get_ciphers(scratch);
    for (int i = 0; i < count_ciphers(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = cipher_at(openssl, ciphers, i);

        if (is_tls13(openssl, cipher))
            continue;
        if (made->ciphers.count == STLS_CODES_MAX ||
            !append_name(made->cipher_list, openssl->SSL_CIPHER_get_name(cipher))) {
            explain(made, "too many ciphers", "");
            return;
        }
        made->ciphers.number[made->ciphers.count++] = openssl->SSL_CIPHER_get_protocol_id(cipher);
    }
}

/* Only where the policy names groups other than the shipped ones: OpenSSL's default list meets
 * those, and since 3.5 it says more (which key shares to send) than a plain list of names can. */
static void expand_groups(const struct stls_openssl *openssl, SSL_CTX *scratch,
                          struct stls_algorithms *made)
{
    const struct stls_codes *groups = &stls_policy()->groups;
    struct stls_policy shipped;

    stls_policy_shipped(&shipped, "intermediate");
    if (memcmp(groups, &shipped.groups, sizeof *groups) == 0)
        return;
    for (size_t i = 0; i < groups->count; i++) {
        const struct stls_code *group =
            stls_registry_find_number(STLS_REGISTRY_GROUP, groups->number[i]);

        if (openssl->SSL_CTX_ctrl(scratch, SSL_CTRL_SET_GROUPS_LIST, 0,
                                  (void *)(uintptr_t)group->name) > 0)
            append_name(made->group_list, group->name);
    }
    if (made->group_list[0] == '\0')
        snprintf(made->error, sizeof made->error,
                 "STRICTTLS_GROUPS: this OpenSSL knows none of them");
}

static void expand_ciphersuites(const struct stls_openssl *openssl, SSL_CTX *scratch,
                                struct stls_algorithms *made)
{
    const struct stls_codes *suites = &stls_policy()->ciphersuites;

    for (size_t i = 0; i < suites->count; i++) {
        const struct stls_code *suite =
            stls_registry_find_number(STLS_REGISTRY_CIPHERSUITE, suites->number[i]);

        if (openssl->SSL_CTX_set_ciphersuites(scratch, suite->name))
            append_name(made->ciphersuite_list, suite->name);
    }
}

static _Thread_local bool is_scratch __attribute__((tls_model("initial-exec")));

bool stls_algorithms_is_scratch(void)
{
    return is_scratch;
}

const struct stls_algorithms *stls_algorithms_of(struct stls_openssl *openssl)
{
    struct stls_algorithms *there =
        atomic_load_explicit(&openssl->algorithms, memory_order_acquire);
    struct stls_algorithms *made;
    struct stls_guard guard;
    SSL_CTX *scratch;

    if (there != NULL)
        return there;
    guard = stls_guard_enter(openssl);
    is_scratch = true;
    made = calloc(1, sizeof *made);
    scratch = made != NULL ? openssl->SSL_CTX_new(openssl->TLS_method()) : NULL;
    if (scratch != NULL) {
        expand_ciphers(openssl, scratch, made);
        expand_ciphersuites(openssl, scratch, made);
        expand_groups(openssl, scratch, made);
        openssl->SSL_CTX_free(scratch);
        if (atomic_compare_exchange_strong(&openssl->algorithms, &there, made)) {
            there = made;
            made = NULL;
        }
    }
    free(made);
    is_scratch = false;
    stls_guard_leave(guard);
    return there;
}

/* What is vetted of a stack, by name and in its order; false if nothing needs to be said to OpenSSL
 * because all of it is. */
static bool intersect(const struct stls_openssl *openssl, const struct stls_algorithms *vetted,
                      const STACK_OF(SSL_CIPHER) * ciphers, char list[STLS_LIST_MAX],
                      char suites[STLS_LIST_MAX])
{
    bool is_changed = false;

    list[0] = suites[0] = '\0';
    for (int i = 0; i < count_ciphers(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = cipher_at(openssl, ciphers, i);

        if (is_vetted(openssl, vetted, cipher))
            append_name(is_tls13(openssl, cipher) ? suites : list,
                        openssl->SSL_CIPHER_get_name(cipher));
        else
            is_changed = true;
    }
    if (list[0] == '\0')
        is_changed = snprintf(list, STLS_LIST_MAX, "%s", vetted->cipher_list) >= 0;
    if (suites[0] == '\0')
        is_changed = snprintf(suites, STLS_LIST_MAX, "%s", vetted->ciphersuite_list) >= 0;
    return is_changed;
}

void stls_algorithms_narrow_context(struct stls_openssl *openssl, SSL_CTX *context)
{
    const struct stls_algorithms *vetted = stls_algorithms_of(openssl);
    char list[STLS_LIST_MAX], suites[STLS_LIST_MAX];

    if (vetted == NULL)
        return;
    if (openssl->SSL_CTX_get_security_level(context) < stls_policy()->security_level)
        openssl->SSL_CTX_set_security_level(context, stls_policy()->security_level);
    if (intersect(openssl, vetted, openssl->SSL_CTX_get_ciphers(context), list, suites)) {
        openssl->SSL_CTX_set_ciphersuites(context, suites);
        openssl->SSL_CTX_set_cipher_list(context, list);
    }
}

void stls_algorithms_narrow_connection(struct stls_openssl *openssl, SSL *ssl)
{
    const struct stls_algorithms *vetted = stls_algorithms_of(openssl);
    char list[STLS_LIST_MAX], suites[STLS_LIST_MAX];

    if (vetted == NULL)
        return;
    if (openssl->SSL_get_security_level(ssl) < stls_policy()->security_level)
        openssl->SSL_set_security_level(ssl, stls_policy()->security_level);
    if (intersect(openssl, vetted, openssl->SSL_get_ciphers(ssl), list, suites)) {
        openssl->SSL_set_ciphersuites(ssl, suites);
        openssl->SSL_set_cipher_list(ssl, list);
    }
}

void stls_algorithms_prepare_context(struct stls_openssl *openssl, SSL_CTX *context)
{
    const struct stls_algorithms *vetted = stls_algorithms_of(openssl);

    stls_algorithms_narrow_context(openssl, context);
    if (vetted != NULL && vetted->group_list[0] != '\0')
        openssl->SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0,
                              (void *)(uintptr_t)vetted->group_list);
}

/* DTLS counts its versions down, and follows the TLS version it was made from. */
static int floor_of(bool is_dtls)
{
    static const int dtls[] = {DTLS1_VERSION, DTLS1_VERSION, DTLS1_2_VERSION, DTLS1_2_VERSION};
    int floor = stls_policy()->min_protocol;

    return is_dtls ? dtls[floor - TLS1_VERSION] : floor;
}

bool stls_algorithms_is_old(int version)
{
    if (version == DTLS1_BAD_VER)
        return true;
    if ((version & 0xff00) == (DTLS1_VERSION & 0xff00))
        return version > floor_of(true);
    return version < floor_of(false);
}

static void raise_versions(struct stls_openssl *openssl, SSL *ssl)
{
    long floor = floor_of(openssl->SSL_is_dtls(ssl) != 0);
    long min = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL);
    long max = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, NULL);

    /* 0 is "whatever is lowest" and "whatever is highest". A program that would go no higher than
     * what is too low goes to the floor. The order matters: OpenSSL refuses min > max. */
    if (max != 0 && stls_algorithms_is_old((int)max))
        openssl->SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, floor, NULL);
    if (min == 0 || stls_algorithms_is_old((int)min))
        openssl->SSL_ctrl(ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, floor, NULL);
}

/* True if the program's list has a vetted cipher of each kind. Those that are not vetted gate 3
 * takes out, one by one, when OpenSSL asks. */
static bool has_vetted(const struct stls_openssl *openssl, const struct stls_algorithms *vetted,
                       const STACK_OF(SSL_CIPHER) * ciphers)
{
    bool has_list = false, has_suites = false;

    for (int i = 0; i < count_ciphers(openssl, ciphers) && !(has_list && has_suites); i++) {
        const SSL_CIPHER *cipher = cipher_at(openssl, ciphers, i);

        if (!is_vetted(openssl, vetted, cipher))
            continue;
        has_suites = has_suites || is_tls13(openssl, cipher);
        has_list = has_list || !is_tls13(openssl, cipher);
    }
    return has_list && has_suites;
}

void stls_algorithms_apply(struct stls_openssl *openssl, SSL *ssl, bool is_prepared)
{
    static const uint64_t wanted = SSL_OP_NO_COMPRESSION;
    static const uint64_t unwanted = SSL_OP_LEGACY_SERVER_CONNECT |
                                     SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                                     SSL_OP_CISCO_ANYCONNECT;
    const struct stls_algorithms *vetted = stls_algorithms_of(openssl);
    uint64_t options = openssl->SSL_get_options(ssl);

    if ((options & wanted) != wanted)
        openssl->SSL_set_options(ssl, wanted);
    if ((options & unwanted) != 0)
        openssl->SSL_clear_options(ssl, unwanted);
    if (openssl->SSL_get_security_level(ssl) < stls_policy()->security_level)
        openssl->SSL_set_security_level(ssl, stls_policy()->security_level);
    raise_versions(openssl, ssl);
    if (vetted == NULL)
        return;
    if (!has_vetted(openssl, vetted, openssl->SSL_get_ciphers(ssl)))
        stls_algorithms_narrow_connection(openssl, ssl);
    if (!is_prepared && vetted->group_list[0] != '\0')
        openssl->SSL_ctrl(ssl, SSL_CTRL_SET_GROUPS_LIST, 0, (void *)(uintptr_t)vetted->group_list);
}

static unsigned wire_number(const void *other)
{
    const unsigned char *bytes = other;

    return (unsigned)bytes[0] << 8 | bytes[1];
}

static enum stls_answer keep_if(bool is_good)
{
    return is_good ? STLS_KEEP : STLS_REFUSE;
}

enum stls_answer stls_algorithms_judge(struct stls_openssl *openssl, int op, int number,
                                       const void *other)
{
    const struct stls_policy *policy = stls_policy();
    const struct stls_algorithms *vetted;

    switch (op) {
    case SSL_SECOP_VERSION:
        return keep_if(!stls_algorithms_is_old(number));
    case SSL_SECOP_CIPHER_SUPPORTED:
    case SSL_SECOP_CIPHER_SHARED:
    case SSL_SECOP_CIPHER_CHECK:
        vetted = stls_algorithms_of(openssl);
        return keep_if(vetted != NULL && other != NULL && is_vetted(openssl, vetted, other));
    case SSL_SECOP_CURVE_SUPPORTED:
    case SSL_SECOP_CURVE_SHARED:
    case SSL_SECOP_CURVE_CHECK:
        return keep_if(other != NULL && stls_codes_contain(&policy->groups, wire_number(other)));
    case SSL_SECOP_SIGALG_SUPPORTED:
    case SSL_SECOP_SIGALG_SHARED:
    case SSL_SECOP_SIGALG_CHECK:
    case SSL_SECOP_SIGALG_MASK:
        return keep_if(other != NULL && stls_codes_contain(&policy->sigalgs, wire_number(other)));
    case SSL_SECOP_COMPRESSION:
        return STLS_REFUSE;
    default: /* keys and tickets: the security level, which is at least the policy's */
        return STLS_KEEP;
    }
}
