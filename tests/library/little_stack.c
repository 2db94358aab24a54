/* little_stack.c - a client that does all its TLS in one thread, its first context included, and
 * says how many bytes of that thread's stack were used.
 *
 *     little_stack PORT CAFILE verify|careless socket|memory
 *
 * "memory": OpenSSL gets no descriptor, so that a library has to guess what it is connected to.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    STACK = 1 << 20,
    UNUSED = 0xa5,
};

static const char *ca_file;
static unsigned short port;
static bool is_verifying, is_in_memory;
static const char *outcome = "failed";

static int connect_to_server(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* What the one wants to send, and then what the other has sent. False when either is at its end. */
static bool carry(SSL *ssl, int fd)
{
    char bytes[1024];
    int length = BIO_read(SSL_get_wbio(ssl), bytes, sizeof bytes);
    ssize_t received;

    if (length > 0)
        return write(fd, bytes, (size_t)length) == length;
    received = read(fd, bytes, sizeof bytes);
    return received > 0 && BIO_write(SSL_get_rbio(ssl), bytes, (int)received) == received;
}

static bool should_go_on(SSL *ssl, int fd, int ret)
{
    int error = SSL_get_error(ssl, ret);

    return is_in_memory && (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) &&
           carry(ssl, fd);
}

static void talk(SSL *ssl, int fd)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[256];
    int ret;

    if (is_in_memory)
        SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    else
        SSL_set_fd(ssl, fd);
    do
        ret = SSL_connect(ssl);
    while (ret != 1 && should_go_on(ssl, fd, ret));
    if (ret == 1 && SSL_write(ssl, request, sizeof request - 1) > 0) {
        do
            ret = SSL_read(ssl, answer, sizeof answer);
        while (ret <= 0 && should_go_on(ssl, fd, ret));
        outcome = ret > 0 ? "answered" : "connected";
    }
    while (is_in_memory && BIO_pending(SSL_get_wbio(ssl)) > 0 && carry(ssl, fd)) /* an alert */
        continue;
}

static void *run(void *arg)
{
    void *plugin = dlopen("libresolv.so.2", RTLD_LAZY | RTLD_DEEPBIND);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    int fd = connect_to_server();

    (void)arg;
    if (ssl == NULL) { /* a library that refuses all TLS */
        SSL_CTX_free(context);
        return NULL;
    }
    if (is_verifying) {
        SSL_CTX_load_verify_locations(context, ca_file, NULL);
        SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    }
    SSL_set_tlsext_host_name(ssl, "localhost");
    if (fd >= 0 && plugin != NULL)
        talk(ssl, fd);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_attr_t attributes;
    pthread_t thread;
    unsigned char *stack;
    size_t unused = 0;

    if (argc != 5)
        return 2;
    port = (unsigned short)strtoul(argv[1], NULL, 10);
    ca_file = argv[2];
    is_verifying = strcmp(argv[3], "verify") == 0;
    is_in_memory = strcmp(argv[4], "memory") == 0;
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return 2;
    memset(stack, UNUSED, STACK);
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, STACK) != 0 ||
        pthread_create(&thread, &attributes, run, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return 2;
    while (unused < STACK && stack[unused] == UNUSED)
        unused++;
    printf("%s, with %zu bytes\n", outcome, STACK - unused);
    return 0;
}
