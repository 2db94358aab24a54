/* ways_server.c - the victim is the server: what it negotiates with a weak client.
 * Who the client is, is in ways_clients.c.
 */
#include "server.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "external_key.h"

/* Needed for finite-field DHE since 4.0; 1.1.1 does not know it. */
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#define FINITE_FIELD ":ffdhe2048"
#else
#define FINITE_FIELD ""
#endif

static SSL_CTX *lax(void)
{
    SSL_CTX *context = stls_server_context();

    if (context == NULL)
        return NULL;
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, 0);
    SSL_CTX_set_dh_auto(context, 1);
    SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    SSL_CTX_set1_groups_list(context, "P-521:P-384:P-256:X25519" FINITE_FIELD);
    return context;
}

static int run_lax(const struct stls_target *target)
{
    (void)target;
    return stls_server_run(lax(), 1, NULL);
}

/* The one group it names is none of the policy's. */
static int run_curve(const struct stls_target *target)
{
    SSL_CTX *context = lax();
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_secp521r1);

    (void)target;
    if (context != NULL)
        SSL_CTX_set_tmp_ecdh(context, key);
    EC_KEY_free(key);
    return stls_server_run(context, 1, NULL);
}

static int run_method(const struct stls_target *target)
{
    (void)target;
#if OPENSSL_VERSION_NUMBER < 0x40000000L
    SSL_CTX *context = SSL_CTX_new(TLSv1_server_method());

    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_use_certificate_chain_file(context, stls_client_path("good.pem"));
    SSL_CTX_use_PrivateKey_file(context, stls_client_path("good.key"), SSL_FILETYPE_PEM);
    return stls_server_run(context, 1, NULL);
#else
    return stls_client_unavailable("fixed-version methods are gone since OpenSSL 4.0");
#endif
}

static int run_psk(const struct stls_target *target)
{
    SSL_CTX *context = lax();

    (void)target;
    if (context != NULL)
        SSL_CTX_set_psk_server_callback(context, stls_external_key_of_server);
    return stls_server_run(context, 1, NULL);
}

/* The weak context is where the server name leads to. */
static SSL_CTX *spare;

static int on_server_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_SSL_CTX(ssl, spare);
    SSL_set_security_level(ssl, 0);
    SSL_set_cipher_list(ssl, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    return SSL_TLSEXT_ERR_OK;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_security_level(ssl, 0);
    SSL_set_min_proto_version(ssl, 0);
    SSL_set_cipher_list(ssl, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int run_swap(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    spare = lax();
    if (context != NULL)
        SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
    return stls_server_run(context, 1, NULL);
}

static int run_hello(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    if (context != NULL)
        SSL_CTX_set_client_hello_cb(context, on_hello, NULL);
    return stls_server_run(context, 1, NULL);
}

static SSL_CTX *lax_datagram(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);

    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, DTLS1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_use_certificate_chain_file(context, stls_client_path("good.pem"));
    SSL_CTX_use_PrivateKey_file(context, stls_client_path("good.key"), SSL_FILETYPE_PEM);
    return context;
}

static int run_datagram(const struct stls_target *target)
{
    (void)target;
    return stls_server_run_datagram(lax_datagram(DTLS_server_method()), false);
}

static int run_listen(const struct stls_target *target)
{
    (void)target;
    return stls_server_run_datagram(lax_datagram(DTLS_server_method()), true);
}

static int run_twice(const struct stls_target *target)
{
    (void)target;
    return stls_server_run(stls_server_context(), 2, NULL);
}

static int run_stateless(const struct stls_target *target)
{
    SSL_CTX *context = lax();

    (void)target;
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    return stls_server_run_stateless(context);
}

static int answer_early(SSL *ssl)
{
    char request[512];
    size_t length;
    int ret;

    do
        ret = SSL_read_early_data(ssl, request, sizeof request, &length);
    while (ret == SSL_READ_EARLY_DATA_SUCCESS && length == 0);
    if (ret == SSL_READ_EARLY_DATA_SUCCESS) {
        if (SSL_write_early_data(ssl, "ok", 2, &length) != 1)
            return stls_client_failed(ssl, "SSL_write_early_data");
        (void)SSL_read_early_data(ssl, request, sizeof request, &length);
        return SSL_accept(ssl) == 1 ? STLS_ANSWERED : STLS_FAILED;
    }
    if (ret == SSL_READ_EARLY_DATA_ERROR || SSL_accept(ssl) != 1)
        return stls_client_failed(ssl, "SSL_read_early_data");
    return stls_server_answer(ssl);
}

static int run_early(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    SSL_CTX_set_max_early_data(context, 16384);
    return stls_server_run(context, 2, answer_early);
}

#define SERVER .is_server = true, .good = "client:good"

const struct stls_way stls_ways_server[] = {
    {.name = "server-tls10",
     .attack = "a server that takes everything, a client of TLS 1.0",
     SERVER,
     .bad = "client:tls10",
     .run = run_lax},
    {.name = "server-tls11",
     .attack = "a client of TLS 1.1",
     SERVER,
     .bad = "client:tls11",
     .run = run_lax},
    {.name = "server-tls10-method",
     .attack = "TLSv1_server_method",
     .is_server = true,
     .bad = "client:tls10",
     .good = "-",
     .run = run_method},
    {.name = "server-cbc",
     .attack = "a client that offers CBC with SHA-1",
     SERVER,
     .bad = "client:cbc",
     .run = run_lax},
    {.name = "server-static-rsa",
     .attack = "a client that offers RSA key exchange",
     SERVER,
     .bad = "client:static-rsa",
     .run = run_lax},
    {.name = "server-dhe",
     .attack = "a client that offers finite-field DHE",
     SERVER,
     .bad = "client:dhe",
     .run = run_lax},
    {.name = "server-null",
     .attack = "a client that offers no encryption",
     SERVER,
     .bad = "client:null",
     .run = run_lax},
    {.name = "server-anonymous",
     .attack = "a client that offers anonymous key exchange",
     SERVER,
     .bad = "client:anonymous",
     .run = run_lax},
    {.name = "server-psk",
     .attack = "a client that offers pre-shared keys of TLS 1.2",
     SERVER,
     .bad = "client:psk",
     .run = run_psk},
    {.name = "server-group",
     .attack = "a client that offers P-521 only",
     SERVER,
     .bad = "client:group-p521",
     .run = run_lax},
    {.name = "server-group-tls12",
     .attack = "the same in TLS 1.2",
     SERVER,
     .bad = "client:group-p521-tls12",
     .run = run_lax},
    {.name = "server-swap-cipher",
     .attack = "the servername callback swaps in a context that takes everything",
     .is_server = true,
     .bad = "client:swap-static-rsa",
     .good = "client:good-swap",
     .run = run_swap},
    {.name = "server-hello-lowers",
     .attack = "the client-hello callback sets version and ciphers",
     SERVER,
     .bad = "client:tls10",
     .run = run_hello},
    {.name = "server-tmp-ecdh",
     .attack = "SSL_CTX_set_tmp_ecdh with P-521; a client that has more gets something else",
     SERVER,
     .bad = "client:group-p521",
     .run = run_curve},
    {.name = "server-dtls10",
     .attack = "a client of DTLS 1.0",
     .is_server = true,
     .bad = "client:dtls10",
     .good = "client:dtls-good",
     .run = run_datagram},
    {.name = "server-dtls10-listen",
     .attack = "a client of DTLS 1.0, met by DTLSv1_listen",
     .is_server = true,
     .bad = "client:dtls10",
     .good = "client:dtls-good",
     .run = run_listen},
    {.name = "server-resume",
     .attack = "a session of a server without any verification resumes",
     .expectation = STLS_EXPECT_SAME,
     .is_server = true,
     .bad = "client:resume",
     .good = "-",
     .run = run_twice},
    {.name = "server-stateless",
     .attack = "a client that offers P-521 only, met by SSL_stateless",
     SERVER,
     .bad = "client:group-p521",
     .run = run_stateless},
    {.name = "server-early",
     .attack = "early data of a client that resumes, answered early",
     .expectation = STLS_EXPECT_SAME,
     .is_server = true,
     .bad = "client:early",
     .good = "-",
     .run = run_early},
    STLS_WAYS_END,
};
