/* ways_rare.c - functions that few programs call: roots loaded by every door there is to a store,
 * all functions of a store at once, and settings that come back from a file or are taken back.
 */
#include "client.h"

#include <openssl/conf.h>

/* -- the run's root, in the program's own way */

static X509_STORE *store_with_root(const struct stls_target *target)
{
    X509_STORE *store = X509_STORE_new();

    X509_STORE_load_locations(store, target->ca_file, NULL);
    return store;
}

static void verifying(SSL_CTX *context)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
}

static void verify_store(SSL_CTX *context, const struct stls_target *target)
{
    verifying(context);
    SSL_CTX_set0_verify_cert_store(context, store_with_root(target));
}

static void connection_verify_store(SSL *ssl, const struct stls_target *target)
{
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    SSL_set0_verify_cert_store(ssl, store_with_root(target));
}

static void other_cert_store(SSL_CTX *context, const struct stls_target *target)
{
    X509_STORE *store = store_with_root(target);

    verifying(context);
    SSL_CTX_set1_cert_store(context, store);
    X509_STORE_free(store);
}

static void added_certificate(SSL_CTX *context, const struct stls_target *target)
{
    BIO *file = BIO_new_file(target->ca_file, "r");
    X509 *root = PEM_read_bio_X509(file, NULL, NULL, NULL);

    verifying(context);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
    X509_free(root);
    BIO_free(file);
}

static void look_up(SSL_CTX *context, const struct stls_target *target)
{
    X509_LOOKUP *files = X509_STORE_add_lookup(SSL_CTX_get_cert_store(context), X509_LOOKUP_file());

    verifying(context);
    X509_load_cert_file(files, target->ca_file, X509_FILETYPE_PEM);
}

static void look_up_control(SSL_CTX *context, const struct stls_target *target)
{
    X509_LOOKUP *files = X509_STORE_add_lookup(SSL_CTX_get_cert_store(context), X509_LOOKUP_file());

    verifying(context);
    X509_LOOKUP_ctrl(files, X509_L_FILE_LOAD, target->ca_file, X509_FILETYPE_PEM, NULL);
}

static int run_named_file(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    SSL_CTX *context = stls_client_context();

    verifying(context);
    SSL_CTX_load_verify_file(context, target->ca_file);
    return stls_client_finish(context, stls_client_new(context, target, 0));
#else
    (void)target;
    return stls_client_unavailable("SSL_CTX_load_verify_file is there since OpenSSL 3.0");
#endif
}

static int run_uri(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    SSL_CTX *context = stls_client_context();

    verifying(context);
    SSL_CTX_load_verify_store(context, target->ca_file);
    return stls_client_finish(context, stls_client_new(context, target, 0));
#else
    (void)target;
    return stls_client_unavailable("SSL_CTX_load_verify_store is there since OpenSSL 3.0");
#endif
}

/* -- a store with functions of its own for everything that they can stand in for */

static int say_yes(X509_STORE_CTX *chain)
{
    (void)chain;
    return 1;
}

static int find_no_list(X509_STORE_CTX *chain, X509_CRL **list, X509 *certificate)
{
    (void)chain, (void)list, (void)certificate;
    return 0;
}

static int list_is_good(X509_STORE_CTX *chain, X509_CRL *list)
{
    (void)chain, (void)list;
    return 1;
}

static int is_on_no_list(X509_STORE_CTX *chain, X509_CRL *list, X509 *certificate)
{
    (void)chain, (void)list, (void)certificate;
    return 1;
}

static int every_step(int ok, X509_STORE_CTX *chain)
{
    (void)ok;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void store_functions(SSL_CTX *context, const struct stls_target *target)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);

    stls_client_verify(context, target);
    X509_STORE_set_verify(store, say_yes);
    X509_STORE_set_verify_cb(store, every_step);
    X509_STORE_set_check_revocation(store, say_yes);
    X509_STORE_set_check_policy(store, say_yes);
    X509_STORE_set_cleanup(store, say_yes);
    X509_STORE_set_get_crl(store, find_no_list);
    X509_STORE_set_check_crl(store, list_is_good);
    X509_STORE_set_cert_crl(store, is_on_no_list);
}

/* -- settings */

static void cleared_options(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_options(context, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1);
    SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
}

static void connection_cleared_options(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_options(ssl, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1);
    SSL_clear_options(ssl, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1);
    SSL_set_options(ssl, SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
    SSL_set_security_level(ssl, 0);
}

static int run_late_default(const struct stls_target *target)
{
    SSL_CTX *context;

    OPENSSL_load_builtin_modules(); /* 1.1.1 has no SSL section before */
    if (CONF_modules_load_file(stls_client_victim("weak.cnf"), NULL, 0) <= 0)
        return stls_client_failed(NULL, "CONF_modules_load_file");
    context = stls_client_context();
    stls_client_verify_lax(context, target);
    return stls_client_finish(context, stls_client_new(context, target, 0));
}

static int run_library_default(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    SSL_CTX *context;
    int ret;

    if (OSSL_LIB_CTX_load_config(library, stls_client_victim("weak.cnf")) != 1)
        return stls_client_failed(NULL, "OSSL_LIB_CTX_load_config");
    context = SSL_CTX_new_ex(library, NULL, TLS_client_method());
    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    ret = stls_client_finish(context, stls_client_new(context, target, 0));
    OSSL_LIB_CTX_free(library);
    return ret;
#else
    (void)target;
    return stls_client_unavailable("library contexts are there since OpenSSL 3.0");
#endif
}

static int allow_all(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid, void *other,
                     void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static void small_key(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_security_callback(context, allow_all);
}

#define LENIENT .expectation = STLS_EXPECT_CLAMPED, .bad = "peer:lenient"
#define SAME .expectation = STLS_EXPECT_SAME

const struct stls_way stls_ways_rare[] = {
    {.name = "root-verify-store",
     .attack = "none: the root comes by SSL_CTX_set0_verify_cert_store",
     SAME,
     .context = verify_store},
    {.name = "root-verify-store-connection",
     .attack = "none: the root comes by SSL_set0_verify_cert_store",
     SAME,
     .connection = connection_verify_store},
    {.name = "root-cert-store",
     .attack = "none: the root comes by SSL_CTX_set1_cert_store",
     SAME,
     .context = other_cert_store},
    {.name = "root-add-cert",
     .attack = "none: the root comes by X509_STORE_add_cert",
     SAME,
     .context = added_certificate},
    {.name = "root-lookup",
     .attack = "none: the root comes by X509_load_cert_file",
     SAME,
     .context = look_up},
    {.name = "root-lookup-control",
     .attack = "none: the root comes by X509_LOOKUP_ctrl",
     SAME,
     .context = look_up_control},
    {.name = "root-file",
     .attack = "none: the root comes by SSL_CTX_load_verify_file",
     SAME,
     .run = run_named_file},
    {.name = "root-uri",
     .attack = "none: the root comes by SSL_CTX_load_verify_store",
     SAME,
     .run = run_uri},
    {.name = "store-all-functions",
     .attack = "a store that answers yes to every question it can be asked",
     .context = store_functions},
    {.name = "options-cleared",
     .attack = "SSL_CTX_clear_options takes back what forbade TLS 1.1",
     LENIENT,
     .context = cleared_options},
    {.name = "options-cleared-connection",
     .good = "-", /* it wants nothing that is allowed */
     .attack = "SSL_clear_options, and only what is too low is left",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_cleared_options},
    {.name = "config-default-late",
     .attack = "CONF_modules_load_file with system_default, before the context is made",
     LENIENT,
     .run = run_late_default},
    {.name = "config-default-library",
     .attack = "OSSL_LIB_CTX_load_config with system_default, in a library context",
     LENIENT,
     .run = run_library_default},
    {.name = "small-dh-callback",
     .attack =
         "DHE by the policy's leave, a group of 1024 bits, a security callback that allows all",
     .bad = "lab:small-dh",
     .env = "STRICTTLS_CIPHERS=DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
     .context = small_key},
    STLS_WAYS_END,
};
