/* victim.c - see victim.h. usage: victim WAY NAME PORT */
#include "victim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

void die(const char *what)
{
    fprintf(stderr, "victim: %s: %s\n", what, strerror(errno));
    exit(2);
}

bool look_up(const char *name, const char *port, int family, struct address *ret)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;

    if (getaddrinfo(name, port, &hints, &list) != 0)
        return false;
    memcpy(&ret->storage, list->ai_addr, list->ai_addrlen);
    ret->length = list->ai_addrlen;
    freeaddrinfo(list);
    return true;
}

void set_port(struct address *address, const char *port)
{
    address->v4.sin_port = htons((uint16_t)atoi(port)); /* where sin6_port is, too */
}

struct address must_look_up(const char *name, const char *port)
{
    struct address address = {.length = 0};

    if (!look_up(name, port, AF_INET, &address))
        die(name);
    return address;
}

int go_to(const struct address *address)
{
    int fd = socket(address->generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, &address->generic, address->length) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

int must_go_to(const struct address *address)
{
    int fd = go_to(address);

    if (fd < 0)
        die("connect");
    return fd;
}

bool attach_fd(SSL *ssl, int fd)
{
    return SSL_set_fd(ssl, fd) == 1;
}

/* True if the operation that ended with ret is to be tried again: only with memory BIOs. */
static bool goes_on(SSL *ssl, int ret)
{
    int error = SSL_get_error(ssl, ret);

    return (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) && pump(ssl);
}

static bool exchange(SSL *ssl)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[512];
    int ret;

    do
        ret = SSL_connect(ssl);
    while (ret != 1 && goes_on(ssl, ret));
    if (ret != 1)
        return false;
    do
        ret = SSL_write(ssl, request, sizeof request - 1);
    while (ret <= 0 && goes_on(ssl, ret));
    if (ret <= 0)
        return false;
    do
        ret = SSL_read(ssl, answer, sizeof answer);
    while (ret <= 0 && goes_on(ssl, ret));
    return ret > 0;
}

int talk(int fd, bool (*attach)(SSL *ssl, int fd), const char *server_name)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    bool is_answered;

    if (ssl == NULL || !attach(ssl, fd))
        die("SSL");
    if (server_name != NULL)
        SSL_set_tlsext_host_name(ssl, server_name);
    is_answered = exchange(ssl);
    if (!is_answered)
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return is_answered ? ANSWERED : FAILED;
}

static bool look_up_v4(const struct target *target, struct address *ret)
{
    return look_up(target->name, target->port, AF_INET, ret);
}

static int walk(const struct way *way, const struct target *target)
{
    struct address address = {.length = 0};

    if (way->run != NULL)
        return way->run(target);
    if (!(way->look_up != NULL ? way->look_up : look_up_v4)(target, &address))
        die(target->name);
    return talk(must_go_to(&address), way->attach != NULL ? way->attach : attach_fd, NULL);
}

int main(int argc, char **argv)
{
    static const struct way *const tables[] = {ways_look_up, ways_attach, ways_order, ways_detour};

    if (argc != 4)
        return 2;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct way *way = tables[i]; way->name != NULL; way++)
            if (strcmp(way->name, argv[1]) == 0)
                return walk(way, &(struct target){.name = argv[2], .port = argv[3]});
    fprintf(stderr, "victim: no way %s\n", argv[1]);
    return 2;
}
