/* vetted.c - see vetted.h */
#include "vetted.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_load.h"

#include "../core/list.h"
#include "../core/policy_words.h"

#include "../core/banned.h"

void stls_vetted_names(enum stls_registry registry, const struct stls_codes *codes,
                       char list[STLS_LIST_MAX])
{
    list[0] = '\0';
    for (size_t i = 0; i < codes->count; i++)
        stls_list_append(list, STLS_LIST_MAX, ":",
                         stls_registry_find_number(registry, codes->number[i])->name);
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
    snprintf(made->error, sizeof made->error, "%s%.64s", what, name);
}

static bool add(struct stls_vetted *made, const char *name, uint16_t number)
{
    if (made->ciphers.count == STLS_CIPHERS_MAX ||
        !stls_list_append(made->cipher_list, sizeof made->cipher_list, ":", name)) {
        explain(made, "too many ciphers", "");
        return false;
    }
    made->ciphers.number[made->ciphers.count++] = number;
    return true;
}

static const char separators[] = ":, ";

/* A string of nothing but names that we know, as all shipped ones are, needs no OpenSSL to read. */
static bool read_names(const char *string, struct stls_vetted *made)
{
    for (size_t length; (length = stls_list_next(&string, separators)) > 0; string += length) {
        const struct stls_code *cipher =
            stls_registry_find_name(STLS_REGISTRY_CIPHER, string, length);
        if (cipher == NULL || !add(made, cipher->name, stls_code_number(cipher)))
            return false;
    }
    return made->ciphers.count > 0;
}

/* A name that OpenSSL skips silently is a typing error here. "-", "+" and "!" only take away or
 * reorder, so they may name what a build lacks. */
static bool check_names(const struct stls_openssl *openssl, SSL_CTX *scratch, const char *string,
                        struct stls_vetted *made)
{
    char name[STLS_TEXT_MAX];

    for (size_t length; (length = stls_list_next(&string, separators)) > 0; string += length) {
        if (length >= sizeof name) /* what is left of it is none either */
            length = sizeof name - 1;
        if (strchr("-+!", *string) != NULL)
            continue;
        memcpy(name, string, length);
        name[length] = '\0';
        if (stls_registry_find_name(STLS_REGISTRY_CIPHER, name, length) != NULL ||
            openssl->SSL_CTX_set_cipher_list(scratch, name))
            continue;
        explain(made, "OpenSSL knows no ", name);
        return false;
    }
    return true;
}

/* One conjunct; of what made has already, what is not in it goes. */
static void expand_conjunct(const struct stls_openssl *openssl, SSL_CTX *scratch,
                            const char *string, bool is_first, struct stls_vetted *made)
{
    struct stls_ciphers before = made->ciphers;
    const STACK_OF(SSL_CIPHER) * ciphers;

    made->ciphers.count = 0;
    made->cipher_list[0] = '\0';
    if (!check_names(openssl, scratch, string, made))
        return;
    if (!openssl->SSL_CTX_set_cipher_list(scratch, string)) {
        explain(made, "no cipher is left", "");
        return;
    }
    ciphers = openssl->SSL_CTX_get_ciphers(scratch);
    for (int i = 0; i < stls_vetted_count(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);
        uint16_t number = openssl->SSL_CIPHER_get_protocol_id(cipher);

        if (!stls_vetted_is_tls13(openssl, cipher) &&
            (is_first || stls_ciphers_contain(&before, number)) &&
            !add(made, openssl->SSL_CIPHER_get_name(cipher), number))
            return;
    }
}

static void expand_ciphers(const struct stls_openssl *openssl, SSL_CTX *scratch, const char *string,
                           struct stls_vetted *made)
{
    char conjunct[STLS_TEXT_MAX];
    bool is_first = true;

    for (size_t length; (length = stls_list_next(&string, "&")) > 0; string += length) {
        if (length >= sizeof conjunct)
            length = sizeof conjunct - 1;
        memcpy(conjunct, string, length);
        conjunct[length] = '\0';
        expand_conjunct(openssl, scratch, conjunct, is_first, made);
        is_first = false;
        if (made->error[0] != '\0')
            return;
    }
    if (made->ciphers.count == 0)
        explain(made, "no cipher is left", "");
}

static _Thread_local bool is_scratch __attribute__((tls_model("initial-exec")));

bool stls_vetted_is_scratch(void)
{
    return is_scratch;
}

static bool ask_openssl(struct stls_openssl *openssl, const char *string, struct stls_vetted *made)
{
    struct stls_guard guard = stls_guard_enter(openssl);
    SSL_CTX *scratch;

    is_scratch = true;
    scratch = openssl->SSL_CTX_new(openssl->TLS_method());
    if (scratch != NULL) {
        expand_ciphers(openssl, scratch, string, made);
        openssl->SSL_CTX_free(scratch);
    }
    is_scratch = false;
    stls_guard_leave(guard);
    return scratch != NULL;
}

/* OpenSSL's default list meets the shipped groups, and since 3.5 it says more (which key shares to
 * send) than a plain list of names can. */
static bool are_shipped(const struct stls_codes *groups)
{
    const uint16_t *shipped =
        stls_word_initial_codes(stls_policy_word_at(offsetof(struct stls_policy, groups)));
    size_t count = 0;

    while (count < groups->count && groups->number[count] == shipped[count])
        count++;
    return count == groups->count && shipped[count] == 0;
}

static void start(struct stls_vetted *made)
{
    made->ciphers.count = 0;
    made->error[0] = made->cipher_list[0] = '\0';
}

/* False only when out of memory. */
static bool expand(struct stls_openssl *openssl, const char *string, struct stls_vetted *made)
{
    start(made);
    if (read_names(string, made))
        return true;
    start(made);
    return ask_openssl(openssl, string, made);
}

static __attribute__((cold, noinline)) const struct stls_vetted *
make(struct stls_openssl *openssl, const struct stls_policy *policy)
{
    struct stls_vetted *first = atomic_load_explicit(&openssl->vetted, memory_order_acquire);
    struct stls_vetted *made = malloc(sizeof *made);

    if (made == NULL)
        return NULL;
    if (!expand(openssl, policy->cipher_string, made)) {
        free(made);
        return NULL;
    }
    stls_vetted_names(STLS_REGISTRY_CIPHERSUITE, &policy->ciphersuites, made->ciphersuite_list);
    made->are_default_groups_vetted = are_shipped(&policy->groups);
    made->policy = policy;
    do /* two threads may make the same: then one is not found again */
        made->next = first;
    while (!atomic_compare_exchange_weak(&openssl->vetted, &first, made));
    return made;
}

const struct stls_vetted *stls_vetted_of(struct stls_openssl *openssl,
                                         const struct stls_policy *policy)
{
    const struct stls_vetted *there = atomic_load_explicit(&openssl->vetted, memory_order_acquire);

    while (there != NULL && there->policy != policy)
        there = there->next;
    return there != NULL ? there : make(openssl, policy);
}

bool stls_vetted_check_files(struct stls_openssl *openssl, char *error, size_t size)
{
    struct stls_policy_place place;

    for (size_t i = 0; stls_policy_cipher_string(i, &place); i++) {
        struct stls_vetted *made = malloc(sizeof *made);
        bool is_good = made != NULL && expand(openssl, place.value, made);

        if (!is_good)
            snprintf(error, size, "out of memory");
        else if (made->error[0] != '\0')
            snprintf(error, size, "%s%.512s: %s", place.text, place.value, made->error);
        is_good = is_good && made->error[0] == '\0';
        free(made);
        if (!is_good)
            return false;
    }
    return true;
}
