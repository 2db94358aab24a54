/* peer_quic.c - the other side of a victim that speaks QUIC: a server (OpenSSL 3.5) and a client
 * (3.2, but all that is asked of it is asked of servers).
 */
#include "peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
#include <openssl/quic.h>

enum {
    PAUSE_MS = 10,
};

static const unsigned char protocol[] = "\x08http/1.0";

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

/* One turn for a call that is not to block; false when it is over, or it has taken too long. */
static bool should_go_on(SSL *ssl, int ret, time_t end)
{
    struct pollfd fd = {.fd = SSL_get_fd(ssl), .events = POLLIN};
    int error = SSL_get_error(ssl, ret);

    if ((error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) || time(NULL) > end)
        return false;
    poll(&fd, 1, PAUSE_MS);
    SSL_handle_events(ssl);
    return true;
}

static int until_done(SSL *ssl, int (*step)(SSL *ssl))
{
    time_t end = time(NULL) + STLS_PEER_TIMEOUT_S;
    int ret;

    do
        ret = step(ssl);
    while (ret <= 0 && should_go_on(ssl, ret, end));
    return ret;
}

static int read_some(SSL *ssl)
{
    char text[512];

    return SSL_read(ssl, text, sizeof text);
}

static int answer(SSL *ssl)
{
    static const char text[] = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";

    return SSL_write_ex2(ssl, text, sizeof text - 1, SSL_WRITE_FLAG_CONCLUDE, &(size_t){0});
}

static int ask(SSL *ssl)
{
    static const char text[] = "GET / HTTP/1.0\r\n\r\n";

    return SSL_write_ex2(ssl, text, sizeof text - 1, SSL_WRITE_FLAG_CONCLUDE, &(size_t){0});
}

static void converse(SSL *ssl, struct stls_peer_seen *seen)
{
    seen->outcome = STLS_PEER_REFUSED;
    if (until_done(ssl, SSL_do_handshake) != 1)
        return;
    seen->outcome = STLS_PEER_FINISHED;
    seen->is_resumed = SSL_session_reused(ssl) != 0;
    if (until_done(ssl, read_some) <= 0)
        return;
    seen->outcome = STLS_PEER_DATA;
    until_done(ssl, answer);
    until_done(ssl, SSL_shutdown);
}

bool stls_peer_quic_serve(const struct stls_peer_mode *mode, const char *directory)
{
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_server_method());
    struct stls_peer_report report = {.weak = "none"};
    unsigned short port = 0, control_port = 0;
    int fd = stls_peer_socket(SOCK_DGRAM, &port);
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = stls_peer_socket(SOCK_STREAM, &control_port), .events = POLLIN}};
    SSL *listener;

    if (context == NULL || !stls_peer_use_identity(context, directory, mode->identity))
        return false;
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"peer", 4);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    listener = SSL_new_listener(context, 0);
    if (listener == NULL || SSL_set_fd(listener, fd) != 1 ||
        SSL_set_blocking_mode(listener, 0) != 1 || SSL_listen(listener) != 1)
        return false;
    printf("ready %d %d\n", port, control_port);
    fflush(stdout);
    while (poll(fds, 2, PAUSE_MS) >= 0) {
        SSL *ssl;

        SSL_handle_events(listener);
        ssl = SSL_accept_connection(listener, SSL_ACCEPT_CONNECTION_NO_BLOCK);
        if (ssl != NULL) {
            struct stls_peer_seen seen = {.weak = "none"};

            SSL_set_blocking_mode(ssl, 0);
            converse(ssl, &seen);
            SSL_free(ssl);
            ERR_clear_error();
            stls_peer_note(&report, &seen);
        } else if (fds[1].revents & POLLIN) {
            stls_peer_tell(fds[1].fd, &report);
        }
    }
    return true;
}

int stls_peer_quic_client(const char *identity, const char *port, const char *directory)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)strtoul(port, NULL, 10)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    SSL_CTX *context = SSL_CTX_new(OSSL_QUIC_client_method());
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    BIO_ADDR *peer = BIO_ADDR_new();
    const char *outcome = "refused";
    SSL *ssl;

    if (identity != NULL && !stls_peer_use_identity(context, directory, identity))
        return 1;
    ssl = SSL_new(context);
    BIO_ADDR_rawmake(peer, AF_INET, &address.sin_addr, sizeof address.sin_addr, address.sin_port);
    if (ssl == NULL || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        SSL_set_fd(ssl, fd) != 1 || SSL_set1_initial_peer_addr(ssl, peer) != 1 ||
        SSL_set_alpn_protos(ssl, protocol, sizeof protocol - 1) != 0 ||
        SSL_set_blocking_mode(ssl, 0) != 1)
        return 1;
    SSL_set_tlsext_host_name(ssl, "localhost");
    if (until_done(ssl, SSL_connect) == 1) {
        outcome = "finished";
        if (until_done(ssl, ask) == 1 && until_done(ssl, read_some) > 0)
            outcome = "data";
        until_done(ssl, SSL_shutdown);
    }
    if (strcmp(outcome, "data") != 0)
        ERR_print_errors_fp(stdout);
    printf("outcome %s\n", outcome);
    BIO_ADDR_free(peer);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return 0;
}

#else

bool stls_peer_quic_serve(const struct stls_peer_mode *mode, const char *directory)
{
    (void)mode, (void)directory;
    printf("unavailable: QUIC servers are there since OpenSSL 3.5\n");
    return false;
}

int stls_peer_quic_client(const char *identity, const char *port, const char *directory)
{
    (void)identity, (void)port, (void)directory;
    printf("unavailable: QUIC servers are there since OpenSSL 3.5\n");
    return 77;
}

#endif
