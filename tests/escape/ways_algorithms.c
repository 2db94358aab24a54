/* ways_algorithms.c - weak ciphers, groups, signatures and compression, by every door there is to
 * the settings. The certificates are good; the server ("lenient") takes what it is offered.
 */
#include "client.h"

#include <stdlib.h>

#include <openssl/conf.h>

/* For cipher rows: what the policy wants is at the end of the list, so that a server which follows
 * the client's order takes what is before it. */
static void ciphers(SSL_CTX *context, const struct stls_target *target, const char *list)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, list);
}

static void cbc(SSL_CTX *context, const struct stls_target *target)
{
    ciphers(context, target, "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0");
}

static void static_rsa(SSL_CTX *context, const struct stls_target *target)
{
    ciphers(context, target, "AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256");
}

static void finite_field(SSL_CTX *context, const struct stls_target *target)
{
    ciphers(context, target, "DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0");
}

static void null_cipher(SSL_CTX *context, const struct stls_target *target)
{
    ciphers(context, target, "NULL-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0");
}

static void only_cbc(SSL_CTX *context, const struct stls_target *target)
{
    ciphers(context, target, "ECDHE-RSA-AES128-SHA");
}

static void connection_cbc(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(ssl, "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0");
}

static void conf_ciphers(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    stls_client_conf(context, NULL, "MaxProtocol", "TLSv1.2");
    stls_client_conf(context, NULL, "CipherString",
                     "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0");
}

static void connection_conf_ciphers(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    stls_client_conf(NULL, ssl, "MaxProtocol", "TLSv1.2");
    stls_client_conf(NULL, ssl, "CipherString",
                     "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0");
}

static void suites(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256");
}

static void connection_suites(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_ciphersuites(ssl, "TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256");
}

static void group_list(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set1_groups_list(context, "P-521:P-256");
}

static void group_only(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set1_groups_list(context, "P-521");
}

static void group_ctrl(SSL_CTX *context, const struct stls_target *target)
{
    int groups[] = {NID_secp521r1, NID_X9_62_prime256v1};

    stls_client_verify_lax(context, target);
    SSL_CTX_ctrl(context, 91, 2, groups);
}

static void connection_group_list(SSL *ssl, const struct stls_target *target)
{
    char list[] = "P-521:P-256";

    (void)target;
    SSL_ctrl(ssl, 92, 0, list);
}

static void connection_group_weak(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    if (SSL_set1_groups_list(ssl, "P-192:P-256") != 1)
        exit(stls_client_unavailable("built without the oldest curves"));
}

static void connection_group_tls12(SSL *ssl, const struct stls_target *target)
{
    connection_group_list(ssl, target);
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
}

static void conf_groups(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    stls_client_conf(context, NULL, "Curves", "P-521:P-256");
}

static void signatures(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set1_sigalgs_list(context, "RSA+SHA1:RSA+SHA256");
}

static void signatures_ctrl(SSL *ssl, const struct stls_target *target)
{
    int pairs[] = {NID_sha1, EVP_PKEY_RSA, NID_sha256, EVP_PKEY_RSA};

    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_ctrl(ssl, 97, 4, pairs);
}

static void only_signatures_ctrl(SSL_CTX *context, const struct stls_target *target)
{
    int pairs[] = {NID_sha1, EVP_PKEY_RSA};

    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set1_sigalgs(context, pairs, 2);
}

static void conf_signatures(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    stls_client_conf(context, NULL, "MaxProtocol", "TLSv1.2");
    stls_client_conf(context, NULL, "SignatureAlgorithms", "RSA+SHA1:RSA+SHA256");
}

static int run_compression(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();

    if (sk_SSL_COMP_num(SSL_COMP_get_compression_methods()) <= 0)
        return stls_client_unavailable("built without compression");
    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_clear_options(context, SSL_OP_NO_COMPRESSION);
    return stls_client_finish(context, stls_client_new(context, target, 0));
}

#define LENIENT .expectation = STLS_EXPECT_CLAMPED, .bad = "peer:lenient"

const struct stls_way stls_ways_algorithms[] = {
    {.name = "cipher-cbc", .attack = "CBC with SHA-1", LENIENT, .context = cbc},
    {.name = "cipher-cbc-only",
     .attack = "CBC with SHA-1, and the server has nothing better",
     .bad = "lab:cbc",
     .context = only_cbc},
    {.name = "cipher-static-rsa",
     .attack = "RSA key exchange: no forward secrecy",
     LENIENT,
     .context = static_rsa},
    {.name = "cipher-dhe", .attack = "finite-field DHE", LENIENT, .context = finite_field},
    {.name = "cipher-small-dh",
     .attack = "finite-field DHE of 1024 bits",
     .bad = "lab:small-dh",
     .context = finite_field},
    {.name = "cipher-null", .attack = "no encryption", LENIENT, .context = null_cipher},
    {.name = "cipher-connection",
     .attack = "SSL_set_cipher_list",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_cbc},
    {.name = "cipher-conf",
     .attack = "SSL_CONF_cmd CipherString",
     LENIENT,
     .context = conf_ciphers},
    {.name = "cipher-conf-connection",
     .attack = "SSL_CONF_cmd CipherString on the SSL",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_conf_ciphers},
    {.name = "suites", .attack = "SSL_CTX_set_ciphersuites: CCM only", LENIENT, .context = suites},
    {.name = "suites-connection",
     .attack = "SSL_set_ciphersuites: CCM first",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_suites},
    {.name = "group", .attack = "P-521 before others", LENIENT, .context = group_list},
    {.name = "group-only",
     .attack = "P-521 alone",
     LENIENT,
     .good = "-", /* it wants nothing that is allowed */
     .context = group_only},
    {.name = "group-weak",
     .attack = "P-192, and the server has nothing better",
     .bad = "lab:weak-group",
     .context = stls_client_verify_lax,
     .connection = connection_group_weak},
    {.name = "group-ctrl", .attack = "SSL_CTX_ctrl 91", LENIENT, .context = group_ctrl},
    {.name = "group-connection",
     .attack = "SSL_ctrl 92",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_group_list},
    {.name = "group-tls12",
     .attack = "P-521 in TLS 1.2",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_group_tls12},
    {.name = "group-conf", .attack = "SSL_CONF_cmd Curves", LENIENT, .context = conf_groups},
    {.name = "signature",
     .attack = "RSA with SHA-1 in the handshake",
     LENIENT,
     .context = signatures},
    {.name = "signature-ctrl",
     .attack = "SSL_ctrl 97",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = signatures_ctrl},
    {.name = "signature-only-numbers",
     .attack = "SSL_CTX_set1_sigalgs with nothing but RSA+SHA1",
     LENIENT,
     .context = only_signatures_ctrl},
    {.name = "signature-conf",
     .attack = "SSL_CONF_cmd SignatureAlgorithms",
     LENIENT,
     .context = conf_signatures},
    {.name = "compression", .attack = "record compression", LENIENT, .run = run_compression},
    STLS_WAYS_END,
};
