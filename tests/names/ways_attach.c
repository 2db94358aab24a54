/* ways_attach.c - where the socket is below an SSL, or is not. */
#include "victim.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>

static bool two_descriptors(SSL *ssl, int fd)
{
    return SSL_set_rfd(ssl, dup(fd)) == 1 && SSL_set_wfd(ssl, dup(fd)) == 1;
}

static bool socket_bio(SSL *ssl, int fd)
{
    BIO *bio = BIO_new_socket(fd, BIO_NOCLOSE);

    SSL_set_bio(ssl, bio, bio);
    return bio != NULL;
}

static bool descriptor_bio(SSL *ssl, int fd)
{
    BIO *bio = BIO_new_fd(fd, BIO_NOCLOSE);

    SSL_set_bio(ssl, bio, bio);
    return bio != NULL;
}

/* -- a BIO of the program's own */

static int own_read(BIO *bio, char *data, int size)
{
    return (int)read((int)(intptr_t)BIO_get_data(bio), data, (size_t)size);
}

static int own_write(BIO *bio, const char *data, int length)
{
    return (int)write((int)(intptr_t)BIO_get_data(bio), data, (size_t)length);
}

static long own_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static long own_ctrl_with_fd(BIO *bio, int command, long number, void *pointer)
{
    if (command != BIO_C_GET_FD)
        return own_ctrl(bio, command, number, pointer);
    *(int *)pointer = (int)(intptr_t)BIO_get_data(bio);
    return 1;
}

static BIO *own_bio(int fd, long (*ctrl)(BIO *, int, long, void *))
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "own");
    BIO *bio;

    BIO_meth_set_read(method, own_read);
    BIO_meth_set_write(method, own_write);
    BIO_meth_set_ctrl(method, ctrl);
    bio = BIO_new(method);
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    return bio;
}

static bool own(SSL *ssl, int fd)
{
    BIO *bio = own_bio(fd, own_ctrl);

    SSL_set_bio(ssl, bio, bio);
    return true;
}

static bool own_with_fd(SSL *ssl, int fd)
{
    BIO *bio = own_bio(fd, own_ctrl_with_fd);

    SSL_set_bio(ssl, bio, bio);
    return true;
}

static bool buffered(SSL *ssl, int fd)
{
    SSL_set_bio(ssl, BIO_push(BIO_new(BIO_f_buffer()), BIO_new_socket(fd, BIO_NOCLOSE)),
                own_bio(fd, own_ctrl));
    return true;
}

static bool write_side_only(SSL *ssl, int fd)
{
    SSL_set_bio(ssl, own_bio(fd, own_ctrl), BIO_new_socket(fd, BIO_NOCLOSE));
    return true;
}

/* -- memory */

static struct {
    int fd;
    BIO *in, *out; /* the network's ends */
} network;

bool pump(SSL *ssl)
{
    struct pollfd end = {.fd = network.fd, .events = POLLIN};
    char buffer[16384];
    int length;

    if (network.in == NULL)
        return false;
    while ((length = BIO_read(network.out, buffer, sizeof buffer)) > 0)
        if (write(network.fd, buffer, (size_t)length) != length)
            return false;
    if (!SSL_want_read(ssl))
        return true;
    if (poll(&end, 1, 5000) != 1)
        return false;
    length = (int)read(network.fd, buffer, sizeof buffer);
    return length > 0 && BIO_write(network.in, buffer, length) == length;
}

bool attach_memory(SSL *ssl, int fd)
{
    network.fd = fd;
    network.in = BIO_new(BIO_s_mem());
    network.out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(network.in, -1);
    SSL_set_bio(ssl, network.in, network.out);
    return true;
}

static bool attach_pair(SSL *ssl, int fd)
{
    BIO *inner;

    network.fd = fd;
    if (BIO_new_bio_pair(&inner, 0, &network.in, 0) != 1)
        return false;
    network.out = network.in;
    SSL_set_bio(ssl, inner, inner);
    return true;
}

/* -- BIOs that hold the SSL, or connect */

static const char request[] = "GET / HTTP/1.0\r\n\r\n";

static int ask(BIO *bio)
{
    char answer[64];
    bool is_answered = BIO_write(bio, request, sizeof request - 1) > 0 && BIO_flush(bio) == 1 &&
                       BIO_read(bio, answer, sizeof answer) > 0;

    BIO_free_all(bio);
    return is_answered ? ANSWERED : FAILED;
}

/* buffer - TLS - socket, as in the manual page of BIO_f_ssl. */
static int in_a_chain(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *bio = BIO_push(BIO_new_ssl(context, 1), BIO_new_socket(must_go_to(&address), BIO_CLOSE));

    return ask(BIO_push(BIO_new(BIO_f_buffer()), bio));
}

static int connect_bio(const struct target *target)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *bio = BIO_new_ssl_connect(context);

    BIO_set_conn_hostname(bio, target->name);
    BIO_set_conn_port(bio, target->port);
    return ask(bio);
}

const struct way ways_attach[] = {
    {.name = "rfd-wfd", .attach = two_descriptors},
    {.name = "socket-bio", .attach = socket_bio},
    {.name = "descriptor-bio", .attach = descriptor_bio},
    {.name = "buffered-bio", .attach = buffered},
    {.name = "bio-chain", .run = in_a_chain},
    {.name = "connect-bio", .run = connect_bio},
    {.name = "own-bio", .attach = own},
    {.name = "own-bio-fd", .attach = own_with_fd},
    {.name = "write-side-fd", .attach = write_side_only},
    {.name = "memory-bio", .attach = attach_memory},
    {.name = "bio-pair", .attach = attach_pair},
    {.name = NULL},
};
