/* ways_entry.c - the functions that start a handshake, most of them without being called so. */
#include "client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/async.h>

static int read_answer(SSL *ssl)
{
    char answer[512];

    return SSL_read(ssl, answer, sizeof answer) > 0 ? STLS_ANSWERED
                                                    : stls_client_failed(ssl, "SSL_read");
}

/* What all have in common: a connection in connect state, and what is done with it. */
static int run_with(const struct stls_target *target, int (*act)(SSL *ssl))
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl = stls_client_new(context, target, 0);
    int ret = STLS_FAILED;

    if (ssl != NULL) {
        SSL_set_connect_state(ssl);
        ret = act(ssl);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static int do_handshake(SSL *ssl)
{
    if (SSL_do_handshake(ssl) != 1)
        return stls_client_failed(ssl, "SSL_do_handshake");
    return stls_client_exchange(ssl);
}

static int write_first(SSL *ssl)
{
    return stls_client_exchange(ssl);
}

static int write_ex_first(SSL *ssl)
{
    size_t length;

    if (SSL_write_ex(ssl, STLS_REQUEST, strlen(STLS_REQUEST), &length) != 1)
        return stls_client_failed(ssl, "SSL_write_ex");
    return read_answer(ssl);
}

static int read_first(SSL *ssl)
{
    char greeting[64];

    if (SSL_read(ssl, greeting, sizeof greeting) <= 0)
        return stls_client_failed(ssl, "SSL_read");
    return stls_client_exchange(ssl);
}

static int read_ex_first(SSL *ssl)
{
    char greeting[64];
    size_t length;

    if (SSL_read_ex(ssl, greeting, sizeof greeting, &length) != 1)
        return stls_client_failed(ssl, "SSL_read_ex");
    return stls_client_exchange(ssl);
}

static int peek_first(SSL *ssl)
{
    char greeting[64];

    if (SSL_peek(ssl, greeting, sizeof greeting) <= 0)
        return stls_client_failed(ssl, "SSL_peek");
    return read_first(ssl);
}

static int peek_ex_first(SSL *ssl)
{
    char greeting[64];
    size_t length;

    if (SSL_peek_ex(ssl, greeting, sizeof greeting, &length) != 1)
        return stls_client_failed(ssl, "SSL_peek_ex");
    return read_first(ssl);
}

/* As event loops do: the handshake is done by SSL_read, a byte at a time. */
static int in_pieces(SSL *ssl)
{
    bool is_sent = false;
    char answer[512];

    stls_client_stutter(ssl);
    for (;;) {
        bool does_read = is_sent || !SSL_is_init_finished(ssl);
        int ret = does_read ? SSL_read(ssl, answer, sizeof answer)
                            : SSL_write(ssl, STLS_REQUEST, (int)strlen(STLS_REQUEST));

        if (ret > 0 && is_sent)
            return STLS_ANSWERED;
        if (ret <= 0 && SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ)
            return stls_client_failed(ssl, "event loop");
        is_sent = is_sent || ret > 0;
    }
}

static int run_do_handshake(const struct stls_target *target)
{
    return run_with(target, do_handshake);
}

static int run_write(const struct stls_target *target)
{
    return run_with(target, write_first);
}

static int run_write_ex(const struct stls_target *target)
{
    return run_with(target, write_ex_first);
}

static int run_read(const struct stls_target *target)
{
    return run_with(target, read_first);
}

static int run_read_ex(const struct stls_target *target)
{
    return run_with(target, read_ex_first);
}

static int run_peek(const struct stls_target *target)
{
    return run_with(target, peek_first);
}

static int run_peek_ex(const struct stls_target *target)
{
    return run_with(target, peek_ex_first);
}

static int run_in_pieces(const struct stls_target *target)
{
    return run_with(target, in_pieces);
}

static int connect_in_job(void *arg)
{
    return stls_client_talk(*(SSL **)arg);
}

/* The whole handshake on another stack. */
static int in_job(SSL *ssl)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    ASYNC_JOB *job = NULL;
    int ret = STLS_FAILED;

    while (wait != NULL) {
        switch (ASYNC_start_job(&job, wait, &ret, connect_in_job, &ssl, sizeof ssl)) {
        case ASYNC_PAUSE:
            continue;
        case ASYNC_FINISH:
            break;
        default:
            ret = stls_client_unavailable("async jobs are not to be had");
        }
        break;
    }
    ASYNC_WAIT_CTX_free(wait);
    return ret;
}

static int in_async_mode(SSL *ssl)
{
    SSL_set_mode(ssl, SSL_MODE_ASYNC);
    return stls_client_talk(ssl);
}

static int run_job(const struct stls_target *target)
{
    return ASYNC_is_capable() ? run_with(target, in_job)
                              : stls_client_unavailable("no async jobs here");
}

static int run_async_mode(const struct stls_target *target)
{
    return ASYNC_is_capable() ? run_with(target, in_async_mode)
                              : stls_client_unavailable("no async jobs here");
}

/* Waits, by reading, until the server has had its second handshake; then asks. */
static int be_renegotiated(SSL *ssl)
{
    struct timeval limit = {.tv_usec = 100000};
    unsigned char first[64], second[64];
    char nothing;
    size_t length;

    if (SSL_connect(ssl) != 1)
        return stls_client_failed(ssl, "SSL_connect");
    length = SSL_get_finished(ssl, first, sizeof first);
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    for (int i = 0; i < 50; i++) {
        int ret = SSL_peek(ssl, &nothing, 1);

        if (ret <= 0 && SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ)
            return stls_client_failed(ssl, "SSL_peek");
        SSL_get_finished(ssl, second, sizeof second);
        if (memcmp(first, second, length) != 0 && SSL_is_init_finished(ssl))
            break;
    }
    limit = (struct timeval){.tv_sec = 5};
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return stls_client_exchange(ssl);
}

static int run_renegotiation(const struct stls_target *target)
{
    return run_with(target, be_renegotiated);
}

static int renegotiate(SSL *ssl)
{
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    if (SSL_connect(ssl) != 1 || SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1)
        return stls_client_failed(ssl, "renegotiation");
    return stls_client_exchange(ssl);
}

static int run_own_renegotiation(const struct stls_target *target)
{
    return run_with(target, renegotiate);
}

/* The same object again, for another server. */
static int run_clear(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl = stls_client_new(context, target, 0);
    int fd = stls_client_socket(target, 1);
    BIO *bio = BIO_new_socket(fd, BIO_CLOSE);

    if (ssl == NULL || bio == NULL || stls_client_talk(ssl) != STLS_ANSWERED)
        return stls_client_failed(ssl, "first connection");
    SSL_clear(ssl);
    SSL_set_connect_state(ssl);
    SSL_set_bio(ssl, bio, bio);
    return stls_client_finish(context, ssl);
}

static int run_dtls(const struct stls_target *target)
{
    SSL_CTX *context = SSL_CTX_new(DTLS_client_method());

    return stls_client_finish(context, stls_client_new_datagram(context, target));
}

const struct stls_way stls_ways_entry[] = {
    {.name = "do-handshake", .attack = "SSL_do_handshake", .run = run_do_handshake},
    {.name = "write-first", .attack = "SSL_write does the handshake", .run = run_write},
    {.name = "write-ex-first", .attack = "SSL_write_ex does the handshake", .run = run_write_ex},
    {.name = "read-first",
     .attack = "SSL_read does the handshake: the server greets first",
     .bad = "peer:greeting-bad",
     .good = "peer:greeting-good",
     .run = run_read},
    {.name = "read-ex-first",
     .attack = "SSL_read_ex does the handshake",
     .bad = "peer:greeting-bad",
     .good = "peer:greeting-good",
     .run = run_read_ex},
    {.name = "peek-first",
     .attack = "SSL_peek does the handshake",
     .bad = "peer:greeting-bad",
     .good = "peer:greeting-good",
     .run = run_peek},
    {.name = "peek-ex-first",
     .attack = "SSL_peek_ex does the handshake",
     .bad = "peer:greeting-bad",
     .good = "peer:greeting-good",
     .run = run_peek_ex},
    {.name = "nonblocking",
     .attack = "an event loop: SSL_read does the handshake, one byte at a time",
     .run = run_in_pieces},
    {.name = "async-job", .attack = "SSL_connect in an ASYNC_JOB", .run = run_job},
    {.name = "async-mode", .attack = "SSL_MODE_ASYNC", .run = run_async_mode},
    {.name = "renegotiated",
     .attack = "TLS 1.2: the server asks for a second handshake, with another certificate",
     .bad = "peer:renegotiate-bad",
     .good = "peer:renegotiate-good",
     .run = run_renegotiation},
    {.name = "renegotiate",
     .attack = "TLS 1.2: the client asks for a second handshake, with another certificate",
     .bad = "peer:renegotiated-bad",
     .good = "peer:renegotiated-good",
     .run = run_own_renegotiation},
    {.name = "clear",
     .attack = "SSL_clear after a good connection, and the object again for a bad server",
     .bad = "peer:two-bad",
     .good = "peer:two-good",
     .run = run_clear},
    {.name = "dtls",
     .attack = "DTLS client",
     .bad = "peer:dtls-bad",
     .good = "peer:dtls-good",
     .run = run_dtls},
    STLS_WAYS_END,
};
