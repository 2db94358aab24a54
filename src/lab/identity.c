/* identity.c - see identity.h */
#include "identity.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pki.h"

#include "../core/banned.h"

#define HOUR 3600L
#define DAY (24 * HOUR)
#define LEAF_CONSTRAINTS "critical,CA:FALSE"

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

struct stls_lab {
    struct authority root;    /* made with the lab, never changed: no lock */
    struct authority unknown; /* a root that nobody trusts; likewise */

    pthread_mutex_t lock;                 /* over all that follows */
    EVP_PKEY *keys[STLS_LAB_KEY_KINDS];   /* of leaves */
    EVP_PKEY *intermediate_key;           /* RSA: MD5 and ECDSA have no common signature */
    struct stls_lab_identity *identities; /* one a case */
};

static int make_root(const char *common_name, struct authority *ret)
{
    struct stls_lab_certificate wanted = {
        .common_name = common_name,
        .not_before = -365 * DAY,
        .not_after = 365 * DAY,
        .basic_constraints = "critical,CA:TRUE",
        .key_usage = "critical,keyCertSign,cRLSign",
    };

    ret->key = stls_lab_pki_key(STLS_LAB_KEY_P256);
    if (ret->key == NULL)
        return -errno;
    wanted.key = ret->key;
    ret->certificate = stls_lab_pki_certificate(&wanted);
    return ret->certificate != NULL ? 0 : -errno;
}

static void clear_authority(struct authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
}

void stls_lab_identity_clear(struct stls_lab_identity *identity)
{
    X509_free(identity->leaf);
    sk_X509_pop_free(identity->above, X509_free);
    EVP_PKEY_free(identity->key);
    *identity = (struct stls_lab_identity){0};
}

struct stls_lab *stls_lab_new(void)
{
    struct stls_lab *lab = calloc(1, sizeof *lab);
    size_t count;
    int error;

    if (lab == NULL)
        return NULL;
    pthread_mutex_init(&lab->lock, NULL); /* can't fail with default attributes */
    stls_lab_cases(&count);
    lab->identities = calloc(count, sizeof *lab->identities);
    error = lab->identities == NULL ? -ENOMEM : make_root("stricttls lab root", &lab->root);
    if (error == 0)
        error = make_root("stricttls lab unknown root", &lab->unknown);
    if (error < 0) {
        stls_lab_free(lab);
        errno = -error;
        return NULL;
    }
    return lab;
}

void stls_lab_free(struct stls_lab *lab)
{
    size_t count;

    if (lab == NULL)
        return;
    stls_lab_cases(&count);
    for (size_t i = 0; lab->identities != NULL && i < count; i++)
        stls_lab_identity_clear(&lab->identities[i]);
    free(lab->identities);
    for (size_t i = 0; i < STLS_LAB_KEY_KINDS; i++)
        EVP_PKEY_free(lab->keys[i]);
    EVP_PKEY_free(lab->intermediate_key);
    clear_authority(&lab->unknown);
    clear_authority(&lab->root);
    pthread_mutex_destroy(&lab->lock);
    free(lab);
}

X509 *stls_lab_identity_root(const struct stls_lab *lab)
{
    return lab->root.certificate;
}

/* Borrowed from its slot, which is filled first where it is empty. Called with the lock held. */
static EVP_PKEY *get_key(EVP_PKEY **slot, enum stls_lab_key_kind kind)
{
    if (*slot == NULL)
        *slot = stls_lab_pki_key(kind);
    return *slot;
}

static X509 *make_intermediate(const struct stls_lab *lab, bool is_ca)
{
    struct stls_lab_certificate wanted = {
        .common_name = "stricttls lab intermediate",
        .key = lab->intermediate_key,
        .issuer = lab->root.certificate,
        .issuer_key = lab->root.key,
        .not_before = -30 * DAY,
        .not_after = 90 * DAY,
        /* A site's certificate, used as an authority's: only the missing CA bit must be at fault,
         * so it has no key usage that says the same. */
        .basic_constraints = is_ca ? "critical,CA:TRUE,pathlen:0" : LEAF_CONSTRAINTS,
        .key_usage = is_ca ? "critical,keyCertSign,cRLSign" : NULL,
    };

    return stls_lab_pki_certificate(&wanted);
}

static X509 *make_leaf(const struct stls_lab_recipe *recipe, EVP_PKEY *key, X509 *issuer,
                       EVP_PKEY *issuer_key)
{
    bool has_dates = recipe->not_before != 0 || recipe->not_after != 0;
    struct stls_lab_certificate wanted = {
        .common_name = recipe->common_name != NULL ? recipe->common_name : "localhost",
        .key = key,
        .issuer = issuer,
        .issuer_key = issuer_key,
        .digest = recipe->digest,
        .not_before = has_dates ? recipe->not_before : -HOUR,
        .not_after = has_dates ? recipe->not_after : 30 * DAY - HOUR,
        .basic_constraints = LEAF_CONSTRAINTS,
        .key_usage = recipe->key == STLS_LAB_KEY_P256 ? "critical,digitalSignature"
                                                      : "critical,digitalSignature,keyEncipherment",
        .extended_usage = recipe->extended_usage != NULL ? recipe->extended_usage : "serverAuth",
        .alt_names = recipe->alt_names,
    };

    if (wanted.alt_names == NULL && !recipe->has_no_alt_names)
        wanted.alt_names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    return stls_lab_pki_certificate(&wanted);
}

/* Called with the lock held; what it leaves in ret on failure is the caller's to clear. */
static int fill_identity(struct stls_lab *lab, const struct stls_lab_recipe *recipe,
                         struct stls_lab_identity *ret)
{
    EVP_PKEY *key = get_key(&lab->keys[recipe->key], recipe->key);
    X509 *intermediate = NULL;
    X509 *issuer = lab->root.certificate;
    EVP_PKEY *issuer_key = lab->root.key;
    bool is_sent = true;
    int error = 0;

    if (key == NULL)
        return -errno;
    switch (recipe->chain) {
    case STLS_LAB_CHAIN_DIRECT:
        break;
    case STLS_LAB_CHAIN_INTERMEDIATE:
    case STLS_LAB_CHAIN_INTERMEDIATE_OMITTED:
    case STLS_LAB_CHAIN_INTERMEDIATE_NOT_CA:
        issuer_key = get_key(&lab->intermediate_key, STLS_LAB_KEY_RSA_2048);
        if (issuer_key == NULL)
            return -errno;
        intermediate = make_intermediate(lab, recipe->chain != STLS_LAB_CHAIN_INTERMEDIATE_NOT_CA);
        if (intermediate == NULL)
            return -errno;
        issuer = intermediate;
        is_sent = recipe->chain != STLS_LAB_CHAIN_INTERMEDIATE_OMITTED;
        break;
    case STLS_LAB_CHAIN_SELF_SIGNED:
        issuer = NULL;
        issuer_key = NULL;
        break;
    case STLS_LAB_CHAIN_UNKNOWN_ROOT:
        issuer = lab->unknown.certificate;
        issuer_key = lab->unknown.key;
        break;
    case STLS_LAB_CHAIN_FORGED:
        issuer_key = lab->unknown.key;
        break;
    }
    EVP_PKEY_up_ref(key);
    ret->key = key;
    ret->above = sk_X509_new_null();
    ret->leaf = make_leaf(recipe, key, issuer, issuer_key);
    if (ret->leaf == NULL)
        error = -errno;
    else if (ret->above == NULL ||
             (intermediate != NULL && is_sent &&
              X509_add_cert(ret->above, intermediate, X509_ADD_FLAG_UP_REF) != 1))
        error = -ENOMEM;
    X509_free(intermediate);
    return error;
}

static int make_identity(struct stls_lab *lab, const struct stls_lab_recipe *recipe,
                         struct stls_lab_identity *ret)
{
    int error;

    *ret = (struct stls_lab_identity){0};
    error = fill_identity(lab, recipe, ret);
    if (error < 0)
        stls_lab_identity_clear(ret);
    return error;
}

int stls_lab_identity_make(struct stls_lab *lab, const struct stls_lab_recipe *recipe,
                           struct stls_lab_identity *ret)
{
    int error;

    pthread_mutex_lock(&lab->lock);
    error = make_identity(lab, recipe, ret);
    pthread_mutex_unlock(&lab->lock);
    return error;
}

const struct stls_lab_identity *stls_lab_identity_of(struct stls_lab *lab,
                                                     const struct stls_lab_case *lab_case)
{
    struct stls_lab_identity *identity;
    size_t index;
    int error = 0;

    if (!stls_lab_case_index(lab_case, &index)) {
        errno = EINVAL;
        return NULL;
    }
    identity = &lab->identities[index];
    pthread_mutex_lock(&lab->lock);
    if (identity->leaf == NULL)
        error = make_identity(lab, lab_case->recipe, identity);
    pthread_mutex_unlock(&lab->lock);
    if (error < 0) {
        errno = -error;
        return NULL;
    }
    return identity;
}
