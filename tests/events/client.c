/* client.c - a TLS client that asks for less than the policy in one way, so many times.
 *
 * client PORT ROOT COUNT WAY [DIRECTORY]: says "connected" or "refused" for each handshake, and
 * makes the directory when half of them are over; in-children: the others are those of a child
 * each. Knows nothing of stricttls.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

struct way {
    const char *name;
    void (*weaken)(SSL_CTX *context, SSL *ssl); /* ssl is NULL at first */
};

static int forgive(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

static int accept_all(X509_STORE_CTX *chain, void *arg)
{
    (void)chain, (void)arg;
    return 1;
}

static void careful(SSL_CTX *context, SSL *ssl)
{
    (void)context, (void)ssl;
}

static void no_verification(SSL_CTX *context, SSL *ssl)
{
    if (ssl == NULL)
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
}

static void forgiving(SSL_CTX *context, SSL *ssl)
{
    if (ssl == NULL)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, forgive);
}

static void own_verifier(SSL_CTX *context, SSL *ssl)
{
    if (ssl == NULL)
        SSL_CTX_set_cert_verify_callback(context, accept_all, NULL);
}

static void no_host_name(SSL_CTX *context, SSL *ssl)
{
    (void)context;
    if (ssl != NULL)
        SSL_set1_host(ssl, NULL);
}

static void old_protocol(SSL_CTX *context, SSL *ssl)
{
    if (ssl == NULL)
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
}

static void weak_ciphers(SSL_CTX *context, SSL *ssl)
{
    (void)context;
    if (ssl != NULL)
        SSL_set_cipher_list(ssl, "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256");
}

static void low_level(SSL_CTX *context, SSL *ssl)
{
    if (ssl == NULL)
        SSL_CTX_set_security_level(context, 0);
}

static void other_groups(SSL_CTX *context, SSL *ssl)
{
    if (ssl == NULL)
        SSL_CTX_set1_groups_list(context, "P-521");
}

static void old_signatures(SSL_CTX *context, SSL *ssl)
{
    (void)context;
    if (ssl != NULL)
        SSL_set1_sigalgs_list(ssl, "RSA+SHA1");
}

static int own_pipe[2];

static void tell_what_came(void)
{
    struct pollfd entry = {.fd = own_pipe[0], .events = POLLIN};

    puts(poll(&entry, 1, 0) > 0 ? "something came" : "nothing came");
}

/* A descriptor of the program's own gets the number. */
static void no_stderr(SSL_CTX *context, SSL *ssl)
{
    (void)context;
    if (ssl != NULL)
        return;
    if (pipe(own_pipe) == 0 && dup2(own_pipe[1], STDERR_FILENO) >= 0)
        atexit(tell_what_came);
}

static void other_server_name(SSL_CTX *context, SSL *ssl)
{
    (void)context;
    if (ssl != NULL)
        SSL_set_tlsext_host_name(ssl, "foo.example");
}

static bool is_forking;

static void in_children(SSL_CTX *context, SSL *ssl)
{
    (void)context, (void)ssl;
    is_forking = true;
}

static const struct way ways[] = {
    {"careful", careful},
    {"no-verification", no_verification},
    {"forgiving", forgiving},
    {"own-verifier", own_verifier},
    {"no-host-name", no_host_name},
    {"old-protocol", old_protocol},
    {"weak-ciphers", weak_ciphers},
    {"low-level", low_level},
    {"other-groups", other_groups},
    {"old-signatures", old_signatures},
    {"no-stderr", no_stderr},
    {"in-children", in_children},
    {"other-server-name", other_server_name},
};

static const struct way *find_way(const char *name)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    return NULL;
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static int handshake(SSL_CTX *context, const struct way *way, const char *port)
{
    int fd = connect_to(port);
    SSL *ssl = SSL_new(context);
    int ret;

    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, "localhost");
    SSL_set1_host(ssl, "localhost");
    way->weaken(context, ssl);
    ret = SSL_connect(ssl);
    puts(ret == 1 ? "connected" : "refused");
    SSL_free(ssl);
    close(fd);
    return ret;
}

static void handshake_in_child(SSL_CTX *context, const struct way *way, const char *port)
{
    fflush(stdout);
    if (fork() == 0) {
        handshake(context, way, port);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

int main(int argc, char **argv)
{
    const struct way *way = argc > 4 ? find_way(argv[4]) : NULL;
    long count = way != NULL ? strtol(argv[3], NULL, 10) : 0;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL) {
        puts("no context");
        return 1;
    }
    if (count == 0)
        return 2;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_load_verify_locations(context, argv[2], NULL);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    way->weaken(context, NULL);
    for (long i = 0; i < count; i++) {
        if (argc > 5 && i == count / 2 && mkdir(argv[5], 0700) != 0)
            return 3;
        if (!is_forking || i < count / 2)
            handshake(context, way, argv[1]);
        else
            handshake_in_child(context, way, argv[1]);
    }
    SSL_CTX_free(context);
    return 0;
}
