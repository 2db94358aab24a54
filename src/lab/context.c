/* context.c - the SSL_CTX of a case.
 *
 * Owns: which protocol, ciphers and groups a server speaks. All of it is said outright, for the
 * system's openssl.cnf would otherwise say it for us.
 * Must not: keep anything.
 */
#include "lab.h"

#include <errno.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "identity.h"
#include "recipe.h"

#include "../core/banned.h"

#define CIPHERS                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERSUITES "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"
#define SIGNATURES                                                                                 \
    "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"                      \
    "RSA+SHA256:RSA+SHA384:RSA+SHA512"

/* What this OpenSSL may have been built without. */
static int set_algorithms(SSL_CTX *context, const struct stls_lab_recipe *recipe)
{
    int lowest = recipe->min_protocol != 0 ? recipe->min_protocol : TLS1_2_VERSION;
    int highest = recipe->max_protocol != 0 ? recipe->max_protocol : TLS1_3_VERSION;
    const char *ciphers = recipe->ciphers != NULL ? recipe->ciphers : CIPHERS;
    const char *groups = recipe->groups != NULL ? recipe->groups : GROUPS;

    SSL_CTX_set_security_level(context, recipe->is_insecure_level ? 0 : 2);
    if (SSL_CTX_set_min_proto_version(context, lowest) != 1 ||
        SSL_CTX_set_max_proto_version(context, highest) != 1 ||
        SSL_CTX_set_cipher_list(context, ciphers) != 1 ||
        SSL_CTX_set_ciphersuites(context, CIPHERSUITES) != 1 ||
        SSL_CTX_set1_groups_list(context, groups) != 1 ||
        SSL_CTX_set1_sigalgs_list(context, SIGNATURES) != 1)
        return -ENOTSUP;
    return 0;
}

static int set_dh(SSL_CTX *context, const struct stls_lab_recipe *recipe)
{
    BIGNUM *prime = NULL;
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *maker = NULL;
    EVP_PKEY *group = NULL;
    int error = -EPROTO;

    if (recipe->dh_prime == NULL)
        return 0;
    prime = recipe->dh_prime(NULL);
    builder = OSSL_PARAM_BLD_new();
    maker = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    if (prime == NULL || builder == NULL || maker == NULL ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_FFC_P, prime) != 1 ||
        OSSL_PARAM_BLD_push_uint(builder, OSSL_PKEY_PARAM_FFC_G, 2) != 1)
        goto out;
    parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters == NULL || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &group, EVP_PKEY_KEY_PARAMETERS, parameters) != 1 ||
        SSL_CTX_set0_tmp_dh_pkey(context, group) != 1)
        goto out;
    group = NULL; /* the context's now */
    error = 0;
out:
    EVP_PKEY_free(group);
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_BLD_free(builder);
    BN_free(prime);
    return error;
}

static int set_identity(SSL_CTX *context, const struct stls_lab_identity *identity)
{
    static const unsigned char session_scope[] = "stricttls lab";

    /* Else OpenSSL would look for the rest of a chain that a case leaves incomplete. */
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    if (SSL_CTX_use_cert_and_key(context, identity->leaf, identity->key, identity->above, 1) != 1 ||
        SSL_CTX_set_session_id_context(context, session_scope, sizeof session_scope - 1) != 1)
        return -EPROTO;
    return 0;
}

SSL_CTX *stls_lab_context_of(const struct stls_lab_identity *identity,
                             const struct stls_lab_recipe *recipe)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    int error;

    if (context == NULL) {
        errno = EPROTO;
        return NULL;
    }
    error = set_algorithms(context, recipe);
    if (error == 0)
        error = set_dh(context, recipe);
    if (error == 0)
        error = set_identity(context, identity);
    if (error < 0) {
        SSL_CTX_free(context);
        errno = -error;
        return NULL;
    }
    return context;
}

SSL_CTX *stls_lab_server_context(struct stls_lab *lab, const struct stls_lab_case *lab_case)
{
    const struct stls_lab_identity *identity = stls_lab_identity_of(lab, lab_case);

    return identity != NULL ? stls_lab_context_of(identity, lab_case->recipe) : NULL;
}

int stls_lab_trust_root(struct stls_lab *lab, SSL_CTX *client)
{
    X509_STORE *store = SSL_CTX_get_cert_store(client);

    return X509_STORE_add_cert(store, stls_lab_identity_root(lab)) == 1 ? 0 : -EPROTO;
}
