/* leaf_names.c - see leaf_names.h */
#include "leaf_names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "param_names.h"

#include "../core/banned.h"

/* RFC 9525, sections 2 and 6.3. */
#define HOST_FLAGS (X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

/* What of a program's host flags makes matching stricter. */
#define STRICTER_FLAGS (X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS)

static bool is_plain_name(const char *text)
{
    struct stls_host host;

    return stls_host_parse(text, &host) && host.kind == STLS_HOST_NAME;
}

/* Sets the plain names again, without the others. False where OpenSSL could not copy one. */
static bool keep_plain_names(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param)
{
    struct stls_host address = {.kind = STLS_HOST_NONE};
    char *kept[16];
    size_t count = 0;
    const char *text;
    bool is_done;

    for (int i = 0; (text = stls_param_names_host(openssl, param, i)) != NULL; i++) {
        struct stls_host host;

        if (stls_host_parse(text, &host) && host.kind == STLS_HOST_ADDRESS)
            address = host;
        else if (is_plain_name(text) && count < sizeof kept / sizeof kept[0] &&
                 (kept[count] = strdup(text)) != NULL)
            count++;
    }
    is_done = openssl->X509_VERIFY_PARAM_set1_host(param, NULL, 0) == 1;
    for (size_t i = 0; i < count; i++) {
        is_done = openssl->X509_VERIFY_PARAM_add1_host(param, kept[i], 0) == 1 && is_done;
        free(kept[i]);
    }
    if (count == 0 && address.kind == STLS_HOST_ADDRESS)
        is_done = openssl->X509_VERIFY_PARAM_set1_ip_asc(param, address.text) == 1 && is_done;
    return is_done;
}

void stls_leaf_names_make_safe(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param)
{
    unsigned flags = openssl->X509_VERIFY_PARAM_get_hostflags(param);
    const char *text;

    openssl->X509_VERIFY_PARAM_set_hostflags(param, (flags & STRICTER_FLAGS) | HOST_FLAGS);
    for (int i = 0; (text = stls_param_names_host(openssl, param, i)) != NULL; i++)
        if (!is_plain_name(text)) {
            if (!keep_plain_names(openssl, param)) /* a name that nothing has */
                openssl->X509_VERIFY_PARAM_set1_host(param, "invalid.", 0);
            return;
        }
}

/* A leaf, and what is known of it already. */
struct leaf {
    const SSL *ssl;
    X509 *certificate;
    stls_leaf_names_memo *memo; /* or NULL */
};

static bool is_remembered(const struct leaf *leaf, const struct stls_host *host)
{
    const struct stls_host *known =
        leaf->memo != NULL ? atomic_load_explicit(leaf->memo, memory_order_acquire) : NULL;

    return known != NULL && known->kind == host->kind && strcmp(known->text, host->text) == 0;
}

static void remember(const struct leaf *leaf, const struct stls_host *host)
{
    size_t size = offsetof(struct stls_host, text) + strlen(host->text) + 1;
    struct stls_host *there = NULL;
    struct stls_host *made;

    if (leaf->memo == NULL || atomic_load_explicit(leaf->memo, memory_order_relaxed) != NULL)
        return;
    made = calloc(1, size);
    if (made == NULL)
        return;
    memcpy(made, host, size);
    if (!atomic_compare_exchange_strong(leaf->memo, &there, made))
        free(made);
}

static bool leaf_has(const struct stls_openssl *openssl, const struct leaf *leaf,
                     const struct stls_host *host)
{
    bool is_there = is_remembered(leaf, host);

    if (is_there)
        ;
    else if (host->kind == STLS_HOST_ADDRESS)
        is_there = openssl->X509_check_ip_asc(leaf->certificate, host->text, 0) == 1;
    else
        is_there =
            openssl->X509_check_host(leaf->certificate, host->text, 0, HOST_FLAGS, NULL) == 1;
    if (is_there) {
        remember(leaf, host);
        stls_identity_claim(openssl, leaf->ssl, host);
    }
    return is_there;
}

/* Whether the program gave names or an address, and whether the leaf has one of them. What is no
 * name (a leading dot) does not count. */
static bool find_program_names(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param,
                               const struct leaf *leaf, enum stls_leaf_names *ret)
{
    struct stls_host host;
    const char *text;
    bool has_names = !stls_param_names_are_legible(openssl, param);

    *ret = STLS_LEAF_NAMES_MISMATCH;
    for (int i = 0; (text = stls_param_names_host(openssl, param, i)) != NULL; i++)
        if (stls_host_parse(text, &host)) {
            has_names = true;
            if (leaf_has(openssl, leaf, &host))
                *ret = STLS_LEAF_NAMES_MATCH;
        }
    if (has_names || !stls_param_names_address(openssl, param, &host))
        return has_names;
    *ret =
        leaf_has(openssl, leaf, &host) ? STLS_LEAF_NAMES_MATCH : STLS_LEAF_NAMES_ADDRESS_MISMATCH;
    return true;
}

static enum stls_leaf_names check_identity(const struct stls_openssl *openssl, const SSL *ssl,
                                           const struct stls_policy *policy,
                                           const struct leaf *leaf)
{
    struct stls_identity identity;

    stls_identity_find(openssl, ssl, &identity);
    if (identity.count == 0)
        return policy->unknown_host == STLS_UNKNOWN_HOST_ALLOW ? STLS_LEAF_NAMES_MATCH
                                                               : STLS_LEAF_NAMES_UNKNOWN;
    if (((unsigned)policy->host_sources & identity.known) == 0)
        return STLS_LEAF_NAMES_NOT_ALLOWED;
    for (size_t i = 0; i < identity.count; i++)
        if (leaf_has(openssl, leaf, &identity.hosts[i]))
            return STLS_LEAF_NAMES_MATCH;
    return identity.hosts[0].kind == STLS_HOST_ADDRESS ? STLS_LEAF_NAMES_ADDRESS_MISMATCH
                                                       : STLS_LEAF_NAMES_MISMATCH;
}

enum stls_leaf_names stls_leaf_names_check(const struct stls_openssl *openssl, const SSL *ssl,
                                           const struct stls_policy *policy,
                                           X509_VERIFY_PARAM *param, X509 *certificate,
                                           stls_leaf_names_memo *memo)
{
    struct leaf leaf = {ssl, certificate, memo};
    enum stls_leaf_names found;
    bool has_names = find_program_names(openssl, param, &leaf, &found);
    bool are_counted = ((unsigned)policy->host_sources & STLS_HOST_SOURCE_APP) != 0;

    /* Names of the program's that don't match are never overruled. */
    if (has_names && (found != STLS_LEAF_NAMES_MATCH || are_counted))
        return found;
    if (policy->check_host == STLS_CHECK_HOST_APP)
        return STLS_LEAF_NAMES_MATCH;
    if (has_names)
        return STLS_LEAF_NAMES_NOT_ALLOWED;
    return check_identity(openssl, ssl, policy, &leaf);
}
