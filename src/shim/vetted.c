/* vetted.c - see vetted.h */
#include "vetted.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_load.h"

#include "../core/banned.h"

bool stls_vetted_append(char list[STLS_LIST_MAX], const char *name)
{
    size_t length = strlen(list);
    int added =
        snprintf(list + length, STLS_LIST_MAX - length, "%s%s", length > 0 ? ":" : "", name);

    if (added >= 0 && (size_t)added < STLS_LIST_MAX - length)
        return true;
    list[length] = '\0';
    return false;
}

bool stls_vetted_is_tls13(const struct stls_openssl *openssl, const SSL_CIPHER *cipher)
{
    return openssl->SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any;
}

int stls_vetted_count(const struct stls_openssl *openssl, const STACK_OF(SSL_CIPHER) * ciphers)
{
    return openssl->OPENSSL_sk_num((const OPENSSL_STACK *)ciphers); /* -1 without a stack */
}

const SSL_CIPHER *stls_vetted_at(const struct stls_openssl *openssl,
                                 const STACK_OF(SSL_CIPHER) * ciphers, int index)
{
    return openssl->OPENSSL_sk_value((const OPENSSL_STACK *)ciphers, index);
}

static void explain(struct stls_vetted *made, const char *what, const char *name)
{
    snprintf(made->error, sizeof made->error, "STRICTTLS_CIPHERS=%.512s: %s%.64s",
             stls_policy()->cipher_string, what, name);
}

/* A name that OpenSSL skips silently is a typing error here. "-", "+" and "!" only take away or
 * reorder, so they may name what a build lacks. */
static bool check_names(const struct stls_openssl *openssl, SSL_CTX *scratch, const char *string,
                        struct stls_vetted *made)
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
                           struct stls_vetted *made)
{
    const STACK_OF(SSL_CIPHER) * ciphers;

    if (!check_names(openssl, scratch, stls_policy()->cipher_string, made))
        return;
    if (!openssl->SSL_CTX_set_cipher_list(scratch, stls_policy()->cipher_string)) {
        explain(made, "no cipher is left", "");
        return;
    }
    ciphers = openssl->SSL_CTX_get_ciphers(scratch);
    for (int i = 0; i < stls_vetted_count(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);

        if (stls_vetted_is_tls13(openssl, cipher))
            continue;
        if (made->ciphers.count == STLS_CODES_MAX ||
            !stls_vetted_append(made->cipher_list, openssl->SSL_CIPHER_get_name(cipher))) {
            explain(made, "too many ciphers", "");
            return;
        }
        made->ciphers.number[made->ciphers.count++] = openssl->SSL_CIPHER_get_protocol_id(cipher);
    }
}

/* The codes whose names this libssl takes in such a control. */
static void expand_codes(const struct stls_openssl *openssl, SSL_CTX *scratch, int command,
                         enum stls_registry registry, const struct stls_codes *codes, char *list)
{
    for (size_t i = 0; i < codes->count; i++) {
        const struct stls_code *code = stls_registry_find_number(registry, codes->number[i]);

        if (openssl->SSL_CTX_ctrl(scratch, command, 0, (void *)(uintptr_t)code->name) > 0)
            stls_vetted_append(list, code->name);
    }
}

/* OpenSSL's default list meets the shipped groups, and since 3.5 it says more (which key shares to
 * send) than a plain list of names can. */
static bool are_shipped(const struct stls_codes *groups)
{
    struct stls_policy shipped;

    stls_policy_shipped(&shipped, "intermediate");
    return memcmp(groups, &shipped.groups, sizeof *groups) == 0;
}

static void expand_lists(const struct stls_openssl *openssl, SSL_CTX *scratch,
                         struct stls_vetted *made)
{
    const struct stls_policy *policy = stls_policy();

    made->are_default_groups_vetted = are_shipped(&policy->groups);
    expand_codes(openssl, scratch, SSL_CTRL_SET_GROUPS_LIST, STLS_REGISTRY_GROUP, &policy->groups,
                 made->group_list);
    expand_codes(openssl, scratch, SSL_CTRL_SET_SIGALGS_LIST, STLS_REGISTRY_SIGALG,
                 &policy->sigalgs, made->sigalg_list);
    if (made->group_list[0] == '\0')
        snprintf(made->error, sizeof made->error, "STRICTTLS_GROUPS: this OpenSSL knows none");
    if (made->sigalg_list[0] == '\0')
        snprintf(made->error, sizeof made->error,
                 "STRICTTLS_SIGNATURE_ALGORITHMS: this OpenSSL knows none");
}

static void expand_ciphersuites(const struct stls_openssl *openssl, SSL_CTX *scratch,
                                struct stls_vetted *made)
{
    const struct stls_codes *suites = &stls_policy()->ciphersuites;

    for (size_t i = 0; i < suites->count; i++) {
        const struct stls_code *suite =
            stls_registry_find_number(STLS_REGISTRY_CIPHERSUITE, suites->number[i]);

        if (openssl->SSL_CTX_set_ciphersuites(scratch, suite->name))
            stls_vetted_append(made->ciphersuite_list, suite->name);
    }
}

static _Thread_local bool is_scratch __attribute__((tls_model("initial-exec")));

bool stls_vetted_is_scratch(void)
{
    return is_scratch;
}

const struct stls_vetted *stls_vetted_of(struct stls_openssl *openssl)
{
    struct stls_vetted *there = atomic_load_explicit(&openssl->vetted, memory_order_acquire);
    struct stls_vetted *made;
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
        expand_lists(openssl, scratch, made);
        openssl->SSL_CTX_free(scratch);
        if (atomic_compare_exchange_strong(&openssl->vetted, &there, made)) {
            there = made;
            made = NULL;
        }
    }
    free(made);
    is_scratch = false;
    stls_guard_leave(guard);
    return there;
}
