/* ways_quic.c - QUIC: OpenSSL's own client (3.2), with and without its thread, its server (3.5),
 * whose connections are made without SSL_new, and its TLS under the QUIC of others (3.5).
 */
#include "client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
#include <openssl/quic.h>

#include "external_key.h"
#include "quic_tls.h"

static const unsigned char protocol[] = "\x08http/1.0";

/* An unconnected socket: QUIC is told the address. */
static SSL *connection_to(SSL *ssl, const struct stls_target *target)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port =
                                      htons((unsigned short)strtoul(target->port, NULL, 10)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    BIO_ADDR *peer = BIO_ADDR_new();

    if (ssl == NULL)
        return NULL;
    BIO_ADDR_rawmake(peer, AF_INET, &address.sin_addr, sizeof address.sin_addr, address.sin_port);
    SSL_set1_initial_peer_addr(ssl, peer);
    SSL_set_alpn_protos(ssl, protocol, sizeof protocol - 1);
    SSL_set_tlsext_host_name(ssl, target->host);
    BIO_ADDR_free(peer);
    return ssl;
}

static SSL *new_connection(SSL_CTX *context, const struct stls_target *target)
{
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    BIO *bio = BIO_new_dgram(fd, BIO_CLOSE);

    if (ssl != NULL)
        SSL_set_bio(ssl, bio, bio);
    return connection_to(ssl, target);
}

static int run_with(const SSL_METHOD *method, const struct stls_target *target, bool is_verifying)
{
    SSL_CTX *context = SSL_CTX_new(method);

    if (context != NULL && is_verifying)
        stls_client_verify(context, target);
    return stls_client_finish(context, new_connection(context, target));
}

static int run_none(const struct stls_target *target)
{
    return run_with(OSSL_QUIC_client_method(), target, false);
}

static int run_no_name(const struct stls_target *target)
{
    return run_with(OSSL_QUIC_client_method(), target, true);
}

static int run_thread(const struct stls_target *target)
{
    return run_with(OSSL_QUIC_client_thread_method(), target, false);
}

static int run_write_first(const struct stls_target *target)
{
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_client_method());
    SSL *ssl = new_connection(context, target);
    int ret;

    if (ssl == NULL)
        return stls_client_failed(NULL, "SSL_new");
    SSL_set_connect_state(ssl);
    ret = stls_client_exchange(ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static int accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static int run_cert_verify(const struct stls_target *target)
{
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_client_method());

    if (context != NULL)
        SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
    return stls_client_finish(context, new_connection(context, target));
}

/* In the middle of it, on the connection. */
static void flip(const SSL *ssl, int where, int ret)
{
    (void)where, (void)ret;
    SSL_set_verify((SSL *)(uintptr_t)ssl, SSL_VERIFY_NONE, NULL);
}

static int run_flip(const struct stls_target *target)
{
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_client_method());
    SSL *ssl;

    if (context == NULL)
        return stls_client_failed(NULL, "SSL_CTX_new");
    stls_client_verify(context, target);
    ssl = new_connection(context, target);
    SSL_set_info_callback(ssl, flip);
    return stls_client_finish(context, ssl);
}

static int run_from_listener(const struct stls_target *target)
{
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_server_method());
    SSL *listener = context != NULL ? SSL_new_listener(context, 0) : NULL;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    SSL *ssl = NULL;
    int ret;

    if (listener == NULL || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0 ||
        SSL_set_fd(listener, fd) != 1)
        return stls_client_failed(NULL, "SSL_new_listener");
    ssl = connection_to(SSL_new_from_listener(listener, 0), target);
    /* Its method is the server's, which has no SSL_connect. */
    if (ssl == NULL || SSL_do_handshake(ssl) != 1)
        ret = stls_client_failed(ssl, "SSL_new_from_listener");
    else
        ret = stls_client_exchange(ssl);
    SSL_free(ssl);
    SSL_free(listener);
    SSL_CTX_free(context);
    return ret;
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                           const unsigned char *offered, unsigned offered_length, void *arg)
{
    (void)ssl, (void)arg;
    return SSL_select_next_proto((unsigned char **)(uintptr_t)chosen, length, protocol,
                                 sizeof protocol - 1, offered,
                                 offered_length) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Serves one connection, of which nothing asks for the certificate. */
static int serve(SSL_CTX *context, SSL *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char request[512];
    int ret = STLS_FAILED;
    SSL *ssl;

    if (listener == NULL || bind(fd, (const struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0 || SSL_set_fd(listener, fd) != 1 ||
        SSL_listen(listener) != 1)
        return stls_client_failed(NULL, "listener");
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    ssl = SSL_accept_connection(listener, 0);
    if (ssl != NULL && SSL_do_handshake(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0 &&
        SSL_write_ex2(ssl, "HTTP/1.0 200 OK\r\n\r\nok", 21, SSL_WRITE_FLAG_CONCLUDE,
                      &(size_t){0}) == 1)
        ret = STLS_ANSWERED;
    else
        stls_client_failed(ssl, "connection");
    if (ssl != NULL)
        SSL_shutdown(ssl);
    SSL_free(ssl);
    SSL_free(listener);
    SSL_CTX_free(context);
    printf("served\n");
    fflush(stdout);
    return ret;
}

static SSL_CTX *server_context(void)
{
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_server_method());

    if (context == NULL)
        return NULL;
    SSL_CTX_use_certificate_chain_file(context, stls_client_path("good.pem"));
    SSL_CTX_use_PrivateKey_file(context, stls_client_path("good.key"), SSL_FILETYPE_PEM);
    SSL_CTX_load_verify_locations(context, stls_client_path("root.pem"), NULL);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return context;
}

static int run_listener(const struct stls_target *target)
{
    SSL_CTX *context = server_context();

    (void)target;
    return serve(context, context != NULL ? SSL_new_listener(context, 0) : NULL);
}

static int run_listener_domain(const struct stls_target *target)
{
    SSL_CTX *context = server_context();
    SSL *domain = context != NULL ? SSL_new_domain(context, 0) : NULL;
    int ret;

    (void)target;
    ret = serve(context, domain != NULL ? SSL_new_listener_from(domain, 0) : NULL);
    SSL_free(domain);
    return ret;
}

static int run_listener_stranger(const struct stls_target *target)
{
    SSL_CTX *context = server_context();

    (void)target;
    if (context != NULL) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
    }
    return serve(context, context != NULL ? SSL_new_listener(context, 0) : NULL);
}

/* libssl does no more than the handshake. */
static int talk_tls(SSL_CTX *context, const struct stls_target *target)
{
    static struct stls_quic_tls quic;
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    int fd = stls_client_socket(target, 0), ret = STLS_FAILED;

    if (ssl == NULL || fd < 0 || !stls_quic_tls_open(&quic, ssl, fd))
        return stls_client_failed(ssl, "SSL_set_quic_tls_cbs");
    SSL_set_connect_state(ssl);
    SSL_set_tlsext_host_name(ssl, target->host);
    if (stls_quic_tls_shake_hands(&quic) && stls_quic_tls_send(&quic, STLS_REQUEST) &&
        stls_quic_tls_receive(&quic))
        ret = STLS_ANSWERED;
    else
        stls_client_failed(ssl, "SSL_do_handshake");
    close(fd);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static int run_tls(const struct stls_target *target)
{
    return talk_tls(stls_client_context(), target);
}

/* The start has taken such callbacks away, and the hello is under construction. */
static int offer_key(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid, void *other,
                     void *ex)
{
    (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    if (ssl != NULL)
        SSL_set_psk_use_session_callback((SSL *)(uintptr_t)ssl, stls_external_key_offer);
    return 1;
}

static int run_tls_key(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    if (context != NULL)
        SSL_CTX_set_security_callback(context, offer_key);
    return talk_tls(context, target);
}

#else

static int run_none(const struct stls_target *target)
{
    (void)target;
    return stls_client_unavailable("QUIC, of which servers as well, is there since OpenSSL 3.5");
}

#define run_no_name run_none
#define run_thread run_none
#define run_write_first run_none
#define run_cert_verify run_none
#define run_flip run_none
#define run_from_listener run_none
#define run_listener run_none
#define run_listener_domain run_none
#define run_listener_stranger run_none
#define run_tls run_none
#define run_tls_key run_none

#endif

#define QUIC .bad = "peer:quic-bad", .good = "peer:quic-good"
#define LISTENER                                                                                   \
    .is_server = true, .env = "STRICTTLS_VERIFY_CLIENT=require", .good = "client:quic-good"

const struct stls_way stls_ways_quic[] = {
    {.name = "quic-none", .attack = "a QUIC client that never verifies", QUIC, .run = run_none},
    {.name = "quic-no-name",
     .attack = "a QUIC client that verifies, for no name",
     .bad = "peer:quic-good",
     .bad_host = "other.example",
     .good = "peer:quic-good",
     .run = run_no_name},
    {.name = "quic-thread",
     .attack = "OSSL_QUIC_client_thread_method: the handshake goes on in OpenSSL's own thread",
     QUIC,
     .run = run_thread},
    {.name = "quic-write-first",
     .attack = "SSL_write on a default stream begins the handshake",
     QUIC,
     .run = run_write_first},
    {.name = "quic-cert-verify",
     .attack = "SSL_CTX_set_cert_verify_callback on a QUIC context",
     QUIC,
     .run = run_cert_verify},
    {.name = "quic-flip", .attack = "the info callback turns it off", QUIC, .run = run_flip},
    {.name = "quic-from-listener",
     .attack = "SSL_new_from_listener makes a client of a server's listener",
     QUIC,
     .run = run_from_listener},
    {.name = "quic-listener",
     .attack = "SSL_accept_connection makes connections without SSL_new; it asks for nothing",
     LISTENER,
     .bad = "client:quic-no-certificate",
     .run = run_listener},
    {.name = "quic-listener-domain",
     .attack = "the same by SSL_new_domain",
     LISTENER,
     .bad = "client:quic-no-certificate",
     .run = run_listener_domain},
    {.name = "quic-listener-stranger",
     .attack = "a listener whose cert-verify callback takes anybody",
     LISTENER,
     .bad = "client:quic-stranger",
     .run = run_listener_stranger},
    {.name = "quic-tls",
     .attack = "SSL_set_quic_tls_cbs: a QUIC that is not OpenSSL's has the keys from the handshake",
     .bad = "peer:quic-tls-bad",
     .good = "peer:quic-tls-good",
     .run = run_tls},
    {.name = "quic-tls-key",
     .attack = "the same, with a pre-shared key that is offered when the handshake has begun",
     .bad = "peer:quic-tls-key",
     .good = "-",
     .run = run_tls_key},
    STLS_WAYS_END,
};
