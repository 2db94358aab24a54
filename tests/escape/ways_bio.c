/* ways_bio.c - the TLS connection is inside a BIO, or has no socket of its own. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int exchange(BIO *bio)
{
    char answer[512];

    if (BIO_write(bio, STLS_REQUEST, (int)strlen(STLS_REQUEST)) <= 0 || BIO_flush(bio) != 1)
        return stls_client_failed(NULL, "BIO_write");
    if (BIO_read(bio, answer, sizeof answer) <= 0)
        return stls_client_failed(NULL, "BIO_read");
    return STLS_ANSWERED;
}

static void name(BIO *bio, const struct stls_target *target)
{
    SSL *ssl = NULL;

    BIO_get_ssl(bio, &ssl);
    SSL_set_tlsext_host_name(ssl, target->host);
}

static void aim(BIO *bio, const struct stls_target *target)
{
    char address[64];

    snprintf(address, sizeof address, "127.0.0.1:%s", target->port);
    BIO_set_conn_hostname(bio, address);
}

static int finish(SSL_CTX *context, BIO *bio, int ret)
{
    BIO_free_all(bio);
    SSL_CTX_free(context);
    return ret;
}

static int run_ssl_connect(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    BIO *bio = BIO_new_ssl_connect(context);

    aim(bio, target);
    if (BIO_do_connect(bio) != 1)
        return finish(context, bio, stls_client_failed(NULL, "BIO_do_connect"));
    return finish(context, bio, exchange(bio));
}

static int run_write_first(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    BIO *bio = BIO_new_ssl_connect(context);

    aim(bio, target);
    name(bio, target);
    return finish(context, bio, exchange(bio));
}

static int run_buffer(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    BIO *bio = BIO_new_buffer_ssl_connect(context);

    aim(bio, target);
    return finish(context, bio, exchange(bio));
}

/* BIO_new_ssl on a connect BIO pushed below. */
static int run_do_handshake(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    BIO *bio = BIO_new_ssl(context, 1);
    char address[64];

    snprintf(address, sizeof address, "127.0.0.1:%s", target->port);
    name(bio, target);
    bio = BIO_push(bio, BIO_new_connect(address));
    if (BIO_do_handshake(bio) != 1)
        return finish(context, bio, stls_client_failed(NULL, "BIO_do_handshake"));
    return finish(context, bio, exchange(bio));
}

/* Moves what TLS wants to send and receive between memory and socket, at most so much at once. */
static bool pump(BIO *in, BIO *out, int fd, size_t most, bool does_wait)
{
    char bytes[4096];
    ssize_t got;

    while (BIO_pending(out) > 0) {
        int length = BIO_read(out, bytes, sizeof bytes);

        if (length > 0 && write(fd, bytes, (size_t)length) != length)
            return false;
    }
    if (!does_wait)
        return true;
    got = read(fd, bytes, most < sizeof bytes ? most : sizeof bytes);
    return got > 0 && BIO_write(in, bytes, (int)got) == (int)got;
}

static int run_memory(const struct stls_target *target, size_t most)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    int fd = stls_client_socket(target, 0);
    bool is_sent = false, is_open = fd >= 0;
    char answer[512];
    int ret = STLS_FAILED;

    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    SSL_set_tlsext_host_name(ssl, target->host);
    while (is_open && ret != STLS_ANSWERED) {
        int done = is_sent ? SSL_read(ssl, answer, sizeof answer)
                           : SSL_write(ssl, STLS_REQUEST, (int)strlen(STLS_REQUEST));

        if (done > 0 && is_sent)
            ret = STLS_ANSWERED;
        is_open = done > 0 || SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ;
        is_sent = is_sent || done > 0;
        is_open = pump(in, out, fd, most, is_open && done <= 0) && is_open;
    }
    if (ret != STLS_ANSWERED)
        stls_client_failed(ssl, "memory BIO");
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return ret;
}

static int run_memory_whole(const struct stls_target *target)
{
    return run_memory(target, 4096);
}

static int run_memory_bytes(const struct stls_target *target)
{
    return run_memory(target, 1);
}

/* A BIO method of the program's own, as curl, libpq and node have. */
static int own_write(BIO *bio, const char *data, int length)
{
    return (int)write((int)(intptr_t)BIO_get_data(bio), data, (size_t)length);
}

static int own_read(BIO *bio, char *data, int size)
{
    return (int)read((int)(intptr_t)BIO_get_data(bio), data, (size_t)size);
}

static long own_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static int own_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static int run_own_method(const struct stls_target *target)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "own");
    int fd = stls_client_socket(target, 0);
    SSL_CTX *context = stls_client_context();
    SSL *ssl = SSL_new(context);
    BIO *bio;
    int ret;

    BIO_meth_set_write(method, own_write);
    BIO_meth_set_read(method, own_read);
    BIO_meth_set_ctrl(method, own_ctrl);
    BIO_meth_set_create(method, own_create);
    bio = BIO_new(method);
    BIO_set_data(bio, (void *)(intptr_t)fd);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_tlsext_host_name(ssl, target->host);
    ret = stls_client_finish(context, ssl);
    BIO_meth_free(method);
    close(fd);
    return ret;
}

/* An SSL that exists already, put into a BIO. */
static int run_set_ssl(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl = stls_client_new(context, target, 0);
    BIO *bio = BIO_new(BIO_f_ssl());

    if (ssl == NULL)
        return finish(context, bio, STLS_FAILED);
    SSL_set_connect_state(ssl);
    BIO_set_ssl(bio, ssl, BIO_CLOSE);
    return finish(context, bio, exchange(bio));
}

/* One descriptor for each direction, and the descriptor functions. */
static int run_descriptors(const struct stls_target *target)
{
    int fd = stls_client_socket(target, 0);
    int other = dup(fd);
    SSL_CTX *context = stls_client_context();
    SSL *ssl = SSL_new(context);
    int ret;

    SSL_set_rfd(ssl, fd);
    SSL_set_wfd(ssl, other);
    SSL_set_tlsext_host_name(ssl, target->host);
    ret = stls_client_finish(context, ssl);
    close(fd);
    close(other);
    return ret;
}

const struct stls_way stls_ways_bio[] = {
    {.name = "bio-ssl-connect",
     .attack = "BIO_new_ssl_connect and BIO_do_connect; no server name is sent",
     .run = run_ssl_connect},
    {.name = "bio-write-first",
     .attack = "BIO_new_ssl_connect; BIO_write connects and does the handshake",
     .run = run_write_first},
    {.name = "bio-buffer-ssl-connect",
     .attack = "BIO_new_buffer_ssl_connect; BIO_flush does the handshake",
     .run = run_buffer},
    {.name = "bio-do-handshake",
     .attack = "BIO_new_ssl pushed onto a connect BIO, BIO_do_handshake",
     .run = run_do_handshake},
    {.name = "bio-set-ssl", .attack = "BIO_f_ssl with BIO_set_ssl", .run = run_set_ssl},
    {.name = "memory-bio",
     .attack = "memory BIOs: the TLS connection has no socket",
     .run = run_memory_whole},
    {.name = "memory-bio-bytes",
     .attack = "memory BIOs, fed one byte at a time",
     .run = run_memory_bytes},
    {.name = "own-bio-method",
     .attack = "a BIO method of the program's own, which knows of no descriptor",
     .run = run_own_method},
    {.name = "two-descriptors", .attack = "SSL_set_rfd and SSL_set_wfd", .run = run_descriptors},
    STLS_WAYS_END,
};
