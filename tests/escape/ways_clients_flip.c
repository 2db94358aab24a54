/* ways_clients_flip.c - the victim is the server and asks for certificates, until one of its
 * callbacks turns that off in the middle of the handshake; the policy has VerifyClient=require.
 */
#include "server.h"

#include "client.h"

static int accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void flip(SSL *ssl)
{
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
}

static int on_server_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    flip(ssl);
    return SSL_TLSEXT_ERR_OK;
}

static int on_certificate(SSL *ssl, void *arg)
{
    (void)arg;
    flip(ssl);
    return 1;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    flip(ssl);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)where, (void)ret;
    flip((SSL *)(uintptr_t)ssl);
}

static void on_message(int is_written, int version, int type, const void *buffer, size_t length,
                       SSL *ssl, void *arg)
{
    (void)is_written, (void)version, (void)type, (void)buffer, (void)length, (void)arg;
    flip(ssl);
}

static int on_protocols(SSL *ssl, const unsigned char **out, unsigned char *length,
                        const unsigned char *in, unsigned in_length, void *arg)
{
    (void)in_length, (void)arg;
    flip(ssl);
    *out = in + 1;
    *length = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static void on_key(const SSL *ssl, const char *line)
{
    (void)line;
    flip((SSL *)(uintptr_t)ssl);
}

static int on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                       void *other, void *ex)
{
    (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    if (ssl != NULL)
        flip((SSL *)(uintptr_t)ssl);
    return 1;
}

static SSL_CTX *verifying(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return context;
}

static int run_server_name(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
    return stls_server_run(context, 1, NULL);
}

static int run_certificate(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_cert_cb(context, on_certificate, NULL);
    return stls_server_run(context, 1, NULL);
}

static int run_hello(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_client_hello_cb(context, on_hello, NULL);
    return stls_server_run(context, 1, NULL);
}

static int run_info(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_info_callback(context, on_info);
    return stls_server_run(context, 1, NULL);
}

static int run_message(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_msg_callback(context, on_message);
    return stls_server_run(context, 1, NULL);
}

static int run_protocols(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_alpn_select_cb(context, on_protocols, NULL);
    return stls_server_run(context, 1, NULL);
}

static int run_keylog(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_keylog_callback(context, on_key);
    return stls_server_run(context, 1, NULL);
}

static int run_security(const struct stls_target *target)
{
    SSL_CTX *context = verifying(target);

    SSL_CTX_set_security_callback(context, on_security);
    return stls_server_run(context, 1, NULL);
}

static SSL_CTX *spare;

static int on_server_name_swap(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_SSL_CTX(ssl, spare);
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(spare), SSL_CTX_get_verify_callback(spare));
    return SSL_TLSEXT_ERR_OK;
}

/* To a context that asks for nothing, as virtual hosts have it. */
static int run_swap(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    spare = stls_server_context();
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_tlsext_servername_callback(context, on_server_name_swap);
    return stls_server_run(context, 1, NULL);
}

static int run_swap_accept(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    spare = stls_server_context();
    stls_client_verify(spare, target);
    SSL_CTX_set_cert_verify_callback(spare, accept_chain, NULL);
    SSL_CTX_set_tlsext_servername_callback(context, on_server_name_swap);
    return stls_server_run(context, 1, NULL);
}

#define REQUIRE .is_server = true, .env = "STRICTTLS_VERIFY_CLIENT=require", .good = "client:good"
#define NOBODY REQUIRE, .bad = "client:no-certificate"

const struct stls_way stls_ways_clients_flip[] = {
    {.name = "clients-flip-server-name",
     .attack = "servername callback turns it off",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:no-certificate-swap",
     .good = "client:good-swap",
     .run = run_server_name},
    {.name = "clients-flip-certificate",
     .attack = "cert callback turns it off",
     NOBODY,
     .run = run_certificate},
    {.name = "clients-flip-hello",
     .attack = "client-hello callback turns it off",
     NOBODY,
     .run = run_hello},
    {.name = "clients-flip-info", .attack = "info callback turns it off", NOBODY, .run = run_info},
    {.name = "clients-flip-message",
     .attack = "message callback turns it off, TLS 1.2",
     REQUIRE,
     .bad = "client:no-certificate-tls12",
     .run = run_message},
    {.name = "clients-flip-protocols",
     .attack = "ALPN callback turns it off",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:no-certificate-alpn",
     .good = "client:good-alpn",
     .run = run_protocols},
    {.name = "clients-flip-keylog",
     .attack = "keylog callback turns it off",
     NOBODY,
     .run = run_keylog},
    {.name = "clients-flip-security",
     .attack = "security callback turns it off",
     NOBODY,
     .run = run_security},
    {.name = "clients-swap",
     .attack = "servername callback swaps in a context that asks for nothing",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:no-certificate-swap",
     .good = "client:good-swap",
     .run = run_swap},
    {.name = "clients-swap-tls12",
     .attack = "the same in TLS 1.2",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:no-certificate-swap-tls12",
     .good = "client:good-swap",
     .run = run_swap},
    {.name = "clients-swap-accept",
     .attack = "swaps in a context whose cert-verify callback answers 1 to a stranger",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:stranger-swap",
     .good = "client:good-swap",
     .run = run_swap_accept},
    STLS_WAYS_END,
};
