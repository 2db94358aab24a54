/* server.c - see server.h */
#include "server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client.h"

SSL_CTX *stls_server_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL ||
        SSL_CTX_use_certificate_chain_file(context, stls_client_path("good.pem")) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, stls_client_path("good.key"), SSL_FILETYPE_PEM) != 1) {
        stls_client_failed(NULL, "server context");
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

static int make_socket(int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    signal(SIGPIPE, SIG_IGN); /* clients go when they have what they want */
    if (bind(fd, (const struct sockaddr *)&address, size) != 0 ||
        (type == SOCK_STREAM && listen(fd, 8) != 0) ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("socket");
        return -1;
    }
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int stls_server_answer(SSL *ssl)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char request[512];

    if (SSL_read(ssl, request, sizeof request) <= 0)
        return stls_client_failed(ssl, "SSL_read");
    if (SSL_write(ssl, answer, sizeof answer - 1) <= 0)
        return stls_client_failed(ssl, "SSL_write");
    SSL_shutdown(ssl);
    return STLS_ANSWERED;
}

static int accept_and_answer(SSL *ssl)
{
    return SSL_accept(ssl) == 1 ? stls_server_answer(ssl) : stls_client_failed(ssl, "SSL_accept");
}

static int finish(SSL_CTX *context, int ret)
{
    printf("served\n");
    fflush(stdout);
    SSL_CTX_free(context);
    return ret;
}

int stls_server_run(SSL_CTX *context, unsigned connections, int (*serve)(SSL *ssl))
{
    struct timeval limit = {.tv_sec = 5};
    int ret = STLS_FAILED;
    int listener;

    if (context == NULL)
        return STLS_FAILED;
    listener = make_socket(SOCK_STREAM);
    for (unsigned i = 0; i < connections && listener >= 0; i++) {
        int fd = accept(listener, NULL, NULL);
        SSL *ssl = SSL_new(context);

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL_set_fd(ssl, fd);
        SSL_set_accept_state(ssl);
        ret = (serve != NULL ? serve : accept_and_answer)(ssl);
        SSL_free(ssl);
        close(fd);
    }
    return finish(context, ret);
}

static int give_stateless_cookie(SSL *ssl, unsigned char *cookie, size_t *length)
{
    (void)ssl;
    memset(cookie, 0x33, 16);
    *length = 16;
    return 1;
}

static int check_stateless_cookie(SSL *ssl, const unsigned char *cookie, size_t length)
{
    (void)ssl, (void)cookie;
    return length == 16;
}

/* The first call asks for the cookie, one of the next finds it. */
static int without_state(SSL *ssl)
{
    int ret = 0;

    for (int i = 0; i < 4 && ret != 1; i++)
        ret = SSL_stateless(ssl);
    if (ret != 1 || SSL_accept(ssl) != 1)
        return stls_client_failed(ssl, "SSL_stateless");
    return stls_server_answer(ssl);
}

int stls_server_run_stateless(SSL_CTX *context)
{
    SSL_CTX_set_stateless_cookie_generate_cb(context, give_stateless_cookie);
    SSL_CTX_set_stateless_cookie_verify_cb(context, check_stateless_cookie);
    return stls_server_run(context, 1, without_state);
}

static int give_cookie(SSL *ssl, unsigned char *cookie, unsigned *length)
{
    (void)ssl;
    memset(cookie, 0x33, 16);
    *length = 16;
    return 1;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned length)
{
    (void)ssl, (void)cookie;
    return length == 16;
}

/* The client's address is known after its first datagram only. */
static bool connect_back(int fd, SSL *ssl)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char byte;

    if (recvfrom(fd, &byte, 1, MSG_PEEK, (struct sockaddr *)&address, &size) < 0 ||
        connect(fd, (const struct sockaddr *)&address, size) != 0)
        return false;
    BIO_ctrl(SSL_get_rbio(ssl), BIO_CTRL_DGRAM_SET_CONNECTED, 0, &address);
    return true;
}

int stls_server_run_datagram(SSL_CTX *context, bool does_listen)
{
    struct timeval limit = {.tv_sec = 3};
    int fd = make_socket(SOCK_DGRAM);
    BIO *bio = BIO_new_dgram(fd, BIO_CLOSE);
    BIO_ADDR *peer = BIO_ADDR_new();
    SSL *ssl = SSL_new(context);
    int ret = STLS_FAILED;

    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_RECV_TIMEOUT, 0, &limit);
    SSL_CTX_set_cookie_generate_cb(context, give_cookie);
    SSL_CTX_set_cookie_verify_cb(context, check_cookie);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    if (does_listen) {
        SSL_set_options(ssl, SSL_OP_COOKIE_EXCHANGE);
        if (DTLSv1_listen(ssl, peer) == 1)
            ret = accept_and_answer(ssl);
        else
            stls_client_failed(ssl, "DTLSv1_listen");
    } else if (connect_back(fd, ssl)) {
        ret = accept_and_answer(ssl);
    }
    BIO_ADDR_free(peer);
    SSL_free(ssl);
    return finish(context, ret);
}
