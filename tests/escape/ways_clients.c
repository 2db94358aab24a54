/* ways_clients.c - the victim is the server, and the policy wants client certificates that verify
 * (VerifyClient=require): every way for a program to ask for none, or to let one pass.
 */
#include "server.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "external_key.h"

static int answer_one(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

static int accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static int run_plain(const struct stls_target *target)
{
    (void)target;
    return stls_server_run(stls_server_context(), 1, NULL);
}

static int run_none(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    return stls_server_run(context, 1, NULL);
}

/* Asks, but a client may leave it. */
static int run_optional(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    return stls_server_run(context, 1, NULL);
}

static int run_callback(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, answer_one);
    return stls_server_run(context, 1, NULL);
}

static int run_cert_verify(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
    return stls_server_run(context, 1, NULL);
}

/* TLS 1.3: the certificate is asked for after the handshake, or never. */
static int run_post_handshake(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    return stls_server_run(context, 1, NULL);
}

static int ask_after(SSL *ssl)
{
    if (SSL_accept(ssl) != 1)
        return stls_client_failed(ssl, "SSL_accept");
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, answer_one);
    if (SSL_verify_client_post_handshake(ssl) != 1 || SSL_do_handshake(ssl) != 1)
        return stls_client_failed(ssl, "post-handshake authentication");
    return stls_server_answer(ssl);
}

static int run_ask_after(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    return stls_server_run(context, 1, ask_after);
}

static int read_first(SSL *ssl)
{
    return stls_server_answer(ssl);
}

static int run_read(const struct stls_target *target)
{
    (void)target;
    return stls_server_run(stls_server_context(), 1, read_first);
}

static int through_bio(SSL *ssl)
{
    BIO *bio = BIO_new(BIO_f_ssl());
    char request[512];
    int ret = STLS_FAILED;

    BIO_set_ssl(bio, ssl, BIO_NOCLOSE);
    if (BIO_do_handshake(bio) == 1 && BIO_read(bio, request, sizeof request) > 0 &&
        BIO_write(bio, "ok", 2) == 2)
        ret = STLS_ANSWERED;
    BIO_free(bio);
    return ret;
}

static int run_bio(const struct stls_target *target)
{
    (void)target;
    return stls_server_run(stls_server_context(), 1, through_bio);
}

static int run_stateless(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    return stls_server_run_stateless(context);
}

/* Answers before the client has shown who it is: half a round trip earlier. */
static int answer_early(SSL *ssl)
{
    char request[512];
    size_t length;

    if (SSL_read_early_data(ssl, request, sizeof request, &length) == SSL_READ_EARLY_DATA_ERROR ||
        SSL_write_early_data(ssl, "ok", 2, &length) != 1)
        return stls_client_failed(ssl, "early data");
    (void)SSL_accept(ssl);
    (void)SSL_read(ssl, request, sizeof request);
    return STLS_ANSWERED;
}

static int run_early(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    SSL_CTX_set_max_early_data(context, 16384);
    return stls_server_run(context, 1, answer_early);
}

/* Takes early data, but answers when the handshake is done. */
static int read_early(SSL *ssl)
{
    char request[512];
    size_t length, total = 0;
    int ret;

    do {
        ret = SSL_read_early_data(ssl, request, sizeof request, &length);
        total += length;
    } while (ret == SSL_READ_EARLY_DATA_SUCCESS);
    if (ret == SSL_READ_EARLY_DATA_ERROR || SSL_accept(ssl) != 1)
        return stls_client_failed(ssl, "SSL_read_early_data");
    if (total == 0)
        return stls_server_answer(ssl);
    return SSL_write(ssl, "ok", 2) == 2 ? STLS_ANSWERED : STLS_FAILED;
}

static int run_read_early(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    (void)target;
    SSL_CTX_set_max_early_data(context, 16384);
    return stls_server_run(context, 1, read_early);
}

/* A client that has the key needs no certificate. */
static SSL_CTX *keyed_context(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"keyed", 5);
    SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_max_early_data(context, 16384);
    SSL_CTX_set_psk_find_session_callback(context, stls_external_key_find);
    return context;
}

static int run_psk13(const struct stls_target *target)
{
    return stls_server_run(keyed_context(target), 1, NULL);
}

static int run_early_psk13(const struct stls_target *target)
{
    return stls_server_run(keyed_context(target), 1, read_early);
}

static int run_datagram(const struct stls_target *target, bool does_listen)
{
    SSL_CTX *context = SSL_CTX_new(DTLS_server_method());

    (void)target;
    SSL_CTX_use_certificate_chain_file(context, stls_client_path("good.pem"));
    SSL_CTX_use_PrivateKey_file(context, stls_client_path("good.key"), SSL_FILETYPE_PEM);
    return stls_server_run_datagram(context, does_listen);
}

static int run_dtls(const struct stls_target *target)
{
    return run_datagram(target, false);
}

static int run_listen(const struct stls_target *target)
{
    return run_datagram(target, true);
}

static int run_twice(const struct stls_target *target)
{
    (void)target;
    return stls_server_run(stls_server_context(), 2, NULL);
}

static int run_strict(const struct stls_target *target)
{
    SSL_CTX *context = stls_server_context();

    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return stls_server_run(context, 1, NULL);
}

#define REQUIRE .is_server = true, .env = "STRICTTLS_VERIFY_CLIENT=require", .good = "client:good"
#define NOBODY REQUIRE, .bad = "client:no-certificate"
#define STRANGER REQUIRE, .bad = "client:stranger"

const struct stls_way stls_ways_clients[] = {
    {.name = "clients-nothing", .attack = "never asks", NOBODY, .run = run_plain},
    {.name = "clients-nothing-tls12",
     .attack = "never asks, TLS 1.2",
     REQUIRE,
     .bad = "client:no-certificate-tls12",
     .run = run_plain},
    {.name = "clients-none", .attack = "SSL_VERIFY_NONE", NOBODY, .run = run_none},
    {.name = "clients-optional",
     .attack = "SSL_VERIFY_PEER alone: a client may leave it",
     NOBODY,
     .run = run_optional},
    {.name = "clients-stranger",
     .attack = "a certificate of a root nobody trusts, and nobody asked",
     STRANGER,
     .run = run_plain},
    {.name = "clients-callback-one",
     .attack = "verify callback answers 1 to a stranger",
     STRANGER,
     .run = run_callback},
    {.name = "clients-callback-one-tls12",
     .attack = "the same in TLS 1.2",
     REQUIRE,
     .bad = "client:stranger-tls12",
     .run = run_callback},
    {.name = "clients-cert-verify",
     .attack = "cert-verify callback answers 1 to a stranger",
     STRANGER,
     .run = run_cert_verify},
    {.name = "clients-post-handshake",
     .attack = "SSL_VERIFY_POST_HANDSHAKE: to be asked later, and never is",
     REQUIRE,
     .bad = "client:no-certificate-pha",
     .run = run_post_handshake},
    {.name = "clients-ask-after",
     .attack = "asked after the handshake, and the callback answers 1 to a stranger",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:stranger-pha",
     .good = "client:good-pha",
     .run = run_ask_after},
    {.name = "clients-read-first", .attack = "SSL_read accepts", NOBODY, .run = run_read},
    {.name = "clients-bio", .attack = "BIO_do_handshake accepts", NOBODY, .run = run_bio},
    {.name = "clients-stateless", .attack = "SSL_stateless", NOBODY, .run = run_stateless},
    {.name = "clients-early",
     .attack = "answers by SSL_write_early_data before the client has authenticated",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:no-certificate",
     .good = "-", /* nobody can have shown who it is by then */
     .run = run_early},
    {.name = "clients-read-early",
     .attack = "SSL_read_early_data does the handshake",
     NOBODY,
     .run = run_read_early},
    {.name = "clients-psk13",
     .attack = "a pre-shared key of TLS 1.3 in place of a certificate",
     REQUIRE,
     .bad = "client:psk13",
     .run = run_psk13},
    {.name = "clients-early-psk13",
     .attack = "the same with early data",
     REQUIRE,
     .bad = "client:early-psk13",
     .run = run_early_psk13},
    {.name = "clients-dtls",
     .attack = "DTLS server",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:dtls-no-certificate",
     .good = "client:dtls-good",
     .run = run_dtls},
    {.name = "clients-dtls-listen",
     .attack = "DTLSv1_listen",
     .is_server = true,
     .env = "STRICTTLS_VERIFY_CLIENT=require",
     .bad = "client:dtls-no-certificate",
     .good = "client:dtls-good",
     .run = run_listen},
    {.name = "clients-resume",
     .attack = "a client that was verified resumes, though no session id context was set",
     .expectation = STLS_EXPECT_SAME,
     REQUIRE,
     .bad = "client:resume",
     .run = run_twice},
    {.name = "clients-own",
     .attack = "a server that verifies goes on refusing strangers, with no word of the policy",
     .expectation = STLS_EXPECT_STRICT,
     .is_server = true,
     .bad = "client:stranger",
     .good = "client:good",
     .run = run_strict},
    STLS_WAYS_END,
};
