/* ways_ech.c - encrypted ClientHello (OpenSSL 4.0): two server names, and a handshake in which the
 * outer one's certificate is the right one, since it only brings the key to try again with.
 */
#include "client.h"

#include <stdlib.h>

#include "ech_key.h"

#if OPENSSL_VERSION_NUMBER >= 0x40000000L
#include <openssl/hpke.h>

static void use_key(SSL *ssl, const struct stls_target *target)
{
    OSSL_ECHSTORE *store = stls_ech_key();

    (void)target;
    if (store == NULL || SSL_set1_echstore(ssl, store) != 1)
        exit(stls_client_failed(ssl, "SSL_set1_echstore"));
    OSSL_ECHSTORE_free(store);
}

static void use_names(SSL *ssl, const struct stls_target *target)
{
    use_key(ssl, target);
    SSL_set_tlsext_host_name(ssl, NULL);
    if (SSL_ech_set1_server_names(ssl, target->host, "localhost", 0) != 1)
        exit(stls_client_failed(ssl, "SSL_ech_set1_server_names"));
}

/* What the server tells who comes with a key of old. */
static int run_retry(const struct stls_target *target)
{
    OSSL_HPKE_SUITE suite = OSSL_HPKE_SUITE_DEFAULT;
    OSSL_ECHSTORE *store = OSSL_ECHSTORE_new(NULL, NULL);
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl = stls_client_new(context, target, 0);
    unsigned char *config = NULL;
    size_t length = 0;

    if (OSSL_ECHSTORE_new_config(store, OSSL_ECH_CURRENT_VERSION, 0, "localhost", suite) != 1 ||
        SSL_set1_echstore(ssl, store) != 1)
        return stls_client_failed(ssl, "SSL_set1_echstore");
    SSL_set_tlsext_host_name(ssl, "hidden.example"); /* which no certificate here has */
    SSL_set1_dnsname(ssl, "hidden.example");
    REPORT("with a key of old: %s", SSL_connect(ssl) == 1 ? "connected" : "not connected");
    REPORT("reason: %d", ERR_GET_REASON(ERR_peek_last_error()));
    ERR_clear_error();
    if (SSL_ech_get1_retry_config(ssl, &config, &length) != 1 || length == 0)
        return stls_client_failed(ssl, "SSL_ech_get1_retry_config");
    SSL_free(ssl);
    ssl = stls_client_new(context, target, 0);
    if (SSL_set1_ech_config_list(ssl, config, length) != 1)
        return stls_client_failed(ssl, "SSL_set1_ech_config_list");
    OPENSSL_free(config);
    OSSL_ECHSTORE_free(store);
    SSL_set1_dnsname(ssl, target->host);
    return stls_client_finish(context, ssl);
}

#else

static void use_key(SSL *ssl, const struct stls_target *target)
{
    (void)ssl, (void)target;
    exit(stls_client_unavailable("encrypted ClientHello is there since OpenSSL 4.0"));
}

static void use_names(SSL *ssl, const struct stls_target *target)
{
    use_key(ssl, target);
}

static int run_retry(const struct stls_target *target)
{
    use_key(NULL, target);
    return STLS_FAILED;
}

#endif

const struct stls_way stls_ways_ech[] = {
    {.name = "ech",
     .attack = "encrypted ClientHello, and no verification",
     .bad = "peer:ech-bad",
     .good = "peer:ech-good",
     .connection = use_key},
    {.name = "ech-no-name",
     .attack = "encrypted ClientHello: the certificate has the outer name, but not the inner one",
     .bad = "peer:ech-good",
     .bad_host = "other.example",
     .good = "peer:ech-good",
     .context = stls_client_verify,
     .connection = use_names},
    {.name = "ech-retry",
     .attack = "a key that the server has no more: its outer name vouches for the new one",
     .expectation = STLS_EXPECT_SAME,
     .bad = "peer:ech-good",
     .good = "peer:ech-good",
     .run = run_retry},
    STLS_WAYS_END,
};
