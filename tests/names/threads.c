/* threads.c - 64 threads that look up, connect and shake hands, with the library's own objects in
 * this program, built with -fsanitize=thread. usage: threads PORT-OF-NAME PORT-OF-NUMBER
 *
 * Half of the threads mean localhost, half the address that it has (nss_wrapper and ThreadSanitizer
 * do not go together, so there is no other name); each server has the certificate of one. Every
 * thread must reach its own, and those of localhost must be refused by the other: what is looked up
 * as an address names nobody else's socket, but localhost may be what a thread resolves for one
 * that connects. Ends with 0 if all was so; a race is ThreadSanitizer's to report.
 */
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum {
    THREADS = 64,
    ROUNDS = 32,
};

static const char *const hosts[2] = {"localhost", "127.0.0.1"};
static const char *ports[2];
static SSL_CTX *shared;
static atomic_int wrong;
static atomic_int handshakes;

static int go(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int fd = -1;

    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

/* By a context of its own every other time: contexts are made and freed by all threads at once. */
static int shake_hands(int fd, int round)
{
    SSL_CTX *context = round % 2 == 0 ? shared : SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    int ret;

    SSL_set_fd(ssl, fd);
    ret = SSL_connect(ssl);
    SSL_free(ssl);
    if (context != shared)
        SSL_CTX_free(context);
    return ret;
}

static void *work(void *argument)
{
    int self = *(const int *)argument;

    for (int round = 0; round < ROUNDS; round++) {
        int server = (round / 2) % 2;
        int fd = go(hosts[self % 2], ports[server]);
        int ret = fd >= 0 ? shake_hands(fd, round) : -2;

        handshakes++;
        if (ret == -2 || (server == self % 2 ? ret != 1 : self % 2 == 0 && ret == 1)) {
            fprintf(stderr, "thread %d, %s at the server of %s: %d\n", self, hosts[self % 2],
                    hosts[server], ret);
            wrong++;
        }
        close(fd);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static int numbers[THREADS];
    pthread_t threads[THREADS];

    if (argc != 3)
        return 2;
    ports[0] = argv[1];
    ports[1] = argv[2];
    shared = SSL_CTX_new(TLS_client_method());
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, work, &numbers[i]) != 0)
            return 2;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    SSL_CTX_free(shared);
    printf("%d handshakes, %d wrong\n", (int)handshakes, (int)wrong);
    return wrong > 0;
}
