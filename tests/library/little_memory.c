/* little_memory.c - handshakes in each of which one of OpenSSL's allocations fails, another one
 * each time, each in a process of its own; says how they ended.
 *
 *     little_memory PORT CAFILE HOST verify|careless STEP
 *
 * STEP: how many allocations lie between one that fails and the next.
 */
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ANSWERED,
    FAILED,
    PAST_THE_END, /* there were fewer allocations */
    MOST = 20000,
};

static bool is_counting;
static long count, which;

static bool fails(void)
{
    return is_counting && ++count == which;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails() ? NULL : malloc(size);
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails() ? NULL : realloc(memory, size);
}

static void release(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

static int talk(char *const *argv)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port =
                                            htons((unsigned short)strtoul(argv[1], NULL, 10)),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    char answer[256];

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return FAILED;
    if (strcmp(argv[4], "verify") == 0) {
        SSL_CTX_load_verify_locations(context, argv[2], NULL);
        SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    }
    SSL_set_tlsext_host_name(ssl, argv[3]);
    SSL_set_fd(ssl, fd);
    is_counting = true;
    if (SSL_connect(ssl) != 1)
        return FAILED;
    is_counting = false;
    if (SSL_write(ssl, request, sizeof request - 1) <= 0 ||
        SSL_read(ssl, answer, sizeof answer) <= 0)
        return FAILED;
    return count < which ? PAST_THE_END : ANSWERED;
}

int main(int argc, char **argv)
{
    long step = argc == 6 ? strtol(argv[5], NULL, 10) : 0;
    unsigned ends[2] = {0, 0}, crashes = 0;
    int status = 0;

    if (step <= 0 || CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return 2;
    for (which = 1; which < MOST; which += step) {
        pid_t child = fork();

        if (child == 0)
            _exit(talk(argv));
        if (child < 0 || waitpid(child, &status, 0) != child)
            return 2;
        if (WIFEXITED(status) && WEXITSTATUS(status) == PAST_THE_END)
            break;
        if (WIFEXITED(status) && WEXITSTATUS(status) <= FAILED)
            ends[WEXITSTATUS(status)]++;
        else
            crashes++;
        if (ends[FAILED] > MOST / 10 / (unsigned)step && ends[ANSWERED] == 0)
            break; /* a refusal has no end */
    }
    printf("%u answered, %u failed, %u crashed\n", ends[ANSWERED], ends[FAILED], crashes);
    return 0;
}
