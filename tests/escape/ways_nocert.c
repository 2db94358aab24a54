/* ways_nocert.c - the handshake needs no certificate of the server, or none that is verified by a
 * chain. All of them ask for verification: it just never happens.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "external_key.h"

static void anonymous(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "aNULL:!eNULL:DEFAULT:@SECLEVEL=0");
}

static void connection_anonymous(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(ssl, "aNULL:!eNULL:DEFAULT:@SECLEVEL=0");
}

static void psk12(SSL_CTX *context, const struct stls_target *target, const char *ciphers)
{
    stls_client_verify(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_cipher_list(context, ciphers);
    SSL_CTX_set_psk_client_callback(context, stls_external_key_of_client);
}

static void psk_plain(SSL_CTX *context, const struct stls_target *target)
{
    psk12(context, target, "PSK-AES128-GCM-SHA256:ECDHE+AESGCM:@SECLEVEL=0");
}

static void psk_dhe(SSL_CTX *context, const struct stls_target *target)
{
    psk12(context, target, "DHE-PSK-AES128-GCM-SHA256:ECDHE+AESGCM:@SECLEVEL=0");
}

static void psk_ecdhe(SSL_CTX *context, const struct stls_target *target)
{
    psk12(context, target, "ECDHE-PSK-AES128-CBC-SHA256:ECDHE+AESGCM:@SECLEVEL=0");
}

/* The certificate is there, but verification is not asked for. */
static void psk_rsa(SSL_CTX *context, const struct stls_target *target)
{
    psk12(context, target, "RSA-PSK-AES128-GCM-SHA256:ECDHE+AESGCM:@SECLEVEL=0");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
}

static void psk_connection(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(ssl, "PSK-AES128-GCM-SHA256:ECDHE+AESGCM:@SECLEVEL=0");
    SSL_set_psk_client_callback(ssl, stls_external_key_of_client);
}

static void psk13_old(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_psk_client_callback(context, stls_external_key_of_client);
}

static void psk13(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_psk_use_session_callback(context, stls_external_key_offer);
}

static int run_psk13_early(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;
    size_t length;

    SSL_CTX_set_psk_use_session_callback(context, stls_external_key_offer);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    ssl = stls_client_new(context, target, 0);
    if (ssl != NULL && SSL_write_early_data(ssl, STLS_REQUEST, strlen(STLS_REQUEST), &length) != 1)
        stls_client_failed(ssl, "SSL_write_early_data");
    return stls_client_finish_early(context, ssl);
}

static void psk13_connection(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_psk_use_session_callback(ssl, stls_external_key_offer);
}

#ifndef OPENSSL_NO_SRP
static char *give_password(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    return OPENSSL_strdup("password");
}
#endif

static int run_srp(const struct stls_target *target)
{
#ifdef OPENSSL_NO_SRP
    (void)target;
    return stls_client_unavailable("built without SRP");
#else
    SSL_CTX *context = stls_client_verifying_context(target);
    char user[] = "user";

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_srp_username(context, user);
    SSL_CTX_set_srp_client_pwd_callback(context, give_password);
    SSL_CTX_set_cipher_list(context, "SRP-AES-128-CBC-SHA:ECDHE+AESGCM:@SECLEVEL=0");
    return stls_client_finish(context, stls_client_new(context, target, 0));
#endif
}

static int give_secret(SSL *ssl, void *secret, int *length, STACK_OF(SSL_CIPHER) * ciphers,
                       const SSL_CIPHER **cipher, void *arg)
{
    (void)ssl, (void)ciphers, (void)cipher, (void)arg;
    memset(secret, 0x42, 48);
    *length = 48;
    return 1;
}

static void session_secret(SSL *ssl, const struct stls_target *target)
{
    static char ticket[] = "a ticket of EAP-FAST's, 32 bytes";

    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_session_ticket_ext(ssl, ticket, sizeof ticket - 1);
    SSL_set_session_secret_cb(ssl, give_secret, NULL);
}

static int run_raw_key(const struct stls_target *target)
{
#ifdef TLSEXT_cert_type_rpk
    static const unsigned char types[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};
    SSL_CTX *context = stls_client_context();

    SSL_CTX_set1_server_cert_type(context, types, sizeof types);
    return stls_client_finish(context, stls_client_new(context, target, 0));
#else
    (void)target;
    return stls_client_unavailable("raw public keys are there since OpenSSL 3.2");
#endif
}

#ifdef TLSEXT_cert_type_rpk
static int answer_one(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}
#endif

static int run_raw_key_callback(const struct stls_target *target)
{
#ifdef TLSEXT_cert_type_rpk
    static const unsigned char types[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};
    SSL_CTX *context = stls_client_verifying_context(target);

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, answer_one);
    SSL_CTX_set1_server_cert_type(context, types, sizeof types);
    return stls_client_finish(context, stls_client_new(context, target, 0));
#else
    (void)target;
    return stls_client_unavailable("raw public keys are there since OpenSSL 3.2");
#endif
}

/* A TLSA record for exactly the server's certificate: DANE-EE(3) Cert(0) Full(0). */
static int run_dane(const struct stls_target *target, bool is_name_checked)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    const char *path = getenv("STLS_CHAIN");
    BIO *file = BIO_new_file(path != NULL ? path : "", "r");
    X509 *leaf = file != NULL ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    unsigned char *der = NULL;
    int length = leaf != NULL ? i2d_X509(leaf, &der) : -1;
    SSL *ssl;
    int ret = STLS_FAILED;

    SSL_CTX_dane_enable(context);
    stls_client_verify(context, target);
    ssl = stls_client_new(context, target, 0);
    if (ssl != NULL && length > 0 && SSL_dane_enable(ssl, target->host) == 1 &&
        SSL_dane_tlsa_add(ssl, 3, 0, 0, der, (size_t)length) == 1) {
        if (!is_name_checked)
            SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
        ret = stls_client_talk(ssl);
    } else {
        stls_client_failed(ssl, "SSL_dane_tlsa_add");
    }
    OPENSSL_free(der);
    X509_free(leaf);
    BIO_free(file);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static int run_dane_without_name(const struct stls_target *target)
{
    return run_dane(target, false);
}

static int run_dane_with_name(const struct stls_target *target)
{
    return run_dane(target, true);
}

const struct stls_way stls_ways_nocert[] = {
    {.name = "anonymous",
     .attack = "aNULL: verification is on, and there is nothing to verify",
     .bad = "lab:anonymous",
     .context = anonymous},
    {.name = "anonymous-connection",
     .attack = "aNULL by SSL_set_cipher_list",
     .bad = "lab:anonymous",
     .context = stls_client_verify,
     .connection = connection_anonymous},
    {.name = "psk-plain",
     .attack = "pre-shared key of TLS 1.2, plain",
     .bad = "peer:psk12",
     .context = psk_plain},
    {.name = "psk-dhe",
     .attack = "pre-shared key of TLS 1.2, with DHE",
     .bad = "peer:psk12",
     .context = psk_dhe},
    {.name = "psk-ecdhe",
     .attack = "pre-shared key of TLS 1.2, with ECDHE",
     .bad = "peer:psk12",
     .context = psk_ecdhe},
    {.name = "psk-rsa",
     .attack = "pre-shared key of TLS 1.2, with RSA",
     .bad = "peer:psk12",
     .context = psk_rsa},
    {.name = "psk-connection",
     .attack = "pre-shared key of TLS 1.2, by SSL_set_psk_client_callback",
     .bad = "peer:psk12",
     .context = stls_client_verify,
     .connection = psk_connection},
    {.name = "psk13",
     .attack = "external pre-shared key of TLS 1.3: the cipher does not show it",
     .bad = "peer:psk13",
     .context = psk13},
    {.name = "psk13-early",
     .attack = "early data on an external pre-shared key: it leaves before the server has spoken",
     .bad = "peer:psk13-early",
     .good = "-", /* such a program does not go on without its key */
     .run = run_psk13_early},
    {.name = "psk13-connection",
     .attack = "the same by SSL_set_psk_use_session_callback",
     .bad = "peer:psk13",
     .context = stls_client_verify,
     .connection = psk13_connection},
    {.name = "psk13-old",
     .attack = "the callback for TLS 1.2, which TLS 1.3 uses as well",
     .bad = "peer:psk13",
     .context = psk13_old},
    {.name = "srp", .attack = "SRP without certificate", .bad = "peer:srp", .run = run_srp},
    {.name = "session-secret",
     .attack = "session secret callback (EAP-FAST): a resumption that comes out of nothing",
     .bad = "peer:secret",
     .context = stls_client_verify,
     .connection = session_secret},
    {.name = "raw-key",
     .attack = "raw public key of RFC 7250, verification off",
     .bad = "peer:raw-key-bad",
     .run = run_raw_key},
    {.name = "raw-key-callback",
     .attack = "raw public key, and a verify callback that answers 1",
     .bad = "peer:raw-key-bad",
     .run = run_raw_key_callback},
    {.name = "dane-without-name",
     .attack = "DANE-EE record, DANE_FLAG_NO_DANE_EE_NAMECHECKS: another host's certificate",
     .bad = "lab:wrong-host",
     .env = "STRICTTLS_ALLOW_DANE=no",
     .run = run_dane_without_name},
    {.name = "dane-without-name-allowed",
     .attack = "the same, which the policy allows: the record names the server",
     .bad = "lab:wrong-host",
     .expectation = STLS_EXPECT_SAME,
     .run = run_dane_without_name},
    {.name = "dane-other-name",
     .attack = "DANE-EE record with name checks, for a certificate of another host",
     .bad = "lab:wrong-host",
     .expectation = STLS_EXPECT_STRICT,
     .run = run_dane_with_name},
    {.name = "dane-with-name",
     .attack = "DANE-EE record with name checks, which the policy allows: AllowDANE",
     .bad = "lab:good-rsa",
     .expectation = STLS_EXPECT_SAME,
     .run = run_dane_with_name},
    {.name = "dane-self-signed",
     .attack = "DANE-EE record for a certificate without a chain, which the policy allows",
     .bad = "lab:self-signed",
     .expectation = STLS_EXPECT_SAME,
     .run = run_dane_with_name},
    STLS_WAYS_END,
};
