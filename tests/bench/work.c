/* work.c - what bench.py counts the instructions of: contexts, handshakes, data, look-ups.
 *
 *     work version          OpenSSL's
 *     work pki DIR          writes root.pem, rsa.pem, rsa.key, ecdsa.pem, ecdsa.key
 *     work context BUNDLE   the first context of a process, with its trust anchors
 *     work hosts COUNT      getaddrinfo and connect to a port of this process; prints µs of each
 *     work dns COUNT        the same, of a name that a name server of this program's own knows
 *     work tls DIR COUNT    handshakes and data, both ends here, in memory
 *     work memory DIR COUNT private dirty KiB: before TLS, with one connection, with COUNT more
 *
 * Run by callgrind, each part ends with a dump that has its name; the one side of a connection is
 * counted apart from the other. Run by itself, it only checks that all goes as it should.
 *
 * The random numbers are no such thing, so that two runs do the same to the instruction.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <valgrind/callgrind.h>

#include "../../src/lab/lab.h"

#define HOST "localhost"

static void check(bool is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(stderr, "work: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* xorshift64*; every part begins with the same numbers. */
static uint64_t seed;

static int random_bytes(unsigned char *bytes, int count)
{
    for (int i = 0; i < count; i++) {
        seed ^= seed >> 12, seed ^= seed << 25, seed ^= seed >> 27;
        bytes[i] = (unsigned char)(seed * 0x2545f4914f6cdd1dU >> 56);
    }
    return 1;
}

static int random_status(void)
{
    return 1;
}

static void make_random_repeatable(void)
{
    static const RAND_METHOD method = {
        .bytes = random_bytes, .pseudorand = random_bytes, .status = random_status};

    check(RAND_set_rand_method(&method), "RAND_set_rand_method");
}

static void begin_part(void)
{
    seed = 0x9e3779b97f4a7c15U;
}

static void end_part(const char *name)
{
    (void)name; /* where valgrind's requests are compiled to nothing */
    CALLGRIND_DUMP_STATS_AT(name);
}

/* -- PKI */

static void path_of(char path[512], const char *folder, const char *key, const char *suffix)
{
    int length = snprintf(path, 512, "%s/%s%s", folder, key, suffix);

    check(length > 0 && length < 512, "path");
}

static void write_pki(const char *folder)
{
    static const char *const keys[] = {"rsa", "ecdsa"};
    struct stls_lab *lab = stls_lab_new();
    char name[32], chain[512], key[512];

    check(lab != NULL, "stls_lab_new");
    path_of(chain, folder, "root", ".pem");
    check(stls_lab_write_root(lab, chain) == 0, chain);
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "good-%s", keys[i]);
        path_of(chain, folder, keys[i], ".pem");
        path_of(key, folder, keys[i], ".key");
        check(stls_lab_write_identity(lab, stls_lab_find_case(name), chain, key) == 0, name);
    }
    stls_lab_free(lab);
}

/* -- the first context */

static void make_first_context(const char *bundle)
{
    SSL_CTX *context;

    CALLGRIND_TOGGLE_COLLECT;
    context = SSL_CTX_new(TLS_client_method());
    check(context != NULL, "SSL_CTX_new");
    check(SSL_CTX_load_verify_locations(context, bundle, NULL), bundle);
    CALLGRIND_TOGGLE_COLLECT;
    end_part("first context");
    SSL_CTX_free(context);
}

/* -- getaddrinfo and connect */

static int bind_somewhere(int type, struct sockaddr_in *ret_address)
{
    socklen_t size = sizeof *ret_address;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    *ret_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check(fd >= 0 && bind(fd, (struct sockaddr *)ret_address, size) == 0 &&
              getsockname(fd, (struct sockaddr *)ret_address, &size) == 0,
          "bind");
    return fd;
}

/* Any name is 127.0.0.1, if that is asked for, and ::1 (RFC 1035, section 4.1). */
static void answer_names(int fd)
{
    static const unsigned char v4[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1};
    static const unsigned char v6[28] = {0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 0, 0, 16, [27] = 1};
    unsigned char message[512 + sizeof v6];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length;

    while ((length = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &size)) > 16) {
        bool is_v4 = message[length - 3] == 1; /* the question ends with type and class */
        size_t answer = is_v4 ? sizeof v4 : sizeof v6;

        message[2] |= 0x84, message[3] = 0x80; /* it is an answer, by who knows */
        message[7] = 1;                        /* one record */
        memcpy(message + length, is_v4 ? v4 : v6, answer);
        (void)sendto(fd, message, (size_t)length + answer, 0, (struct sockaddr *)&from, size);
        size = sizeof from;
    }
}

/* Its process; asked by getaddrinfo in place of those in resolv.conf. */
static pid_t start_name_server(void)
{
    struct sockaddr_in address;
    int fd = bind_somewhere(SOCK_DGRAM, &address);
    pid_t child = fork();

    check(child >= 0, "fork");
    if (child == 0) {
        alarm(120);
        answer_names(fd);
        _exit(1);
    }
    close(fd);
    check(res_init() == 0, "res_init");
    _res.nscount = 1;
    _res.nsaddr_list[0] = address;
    return child;
}

static int listen_somewhere(char port[8])
{
    struct sockaddr_in address;
    int fd = bind_somewhere(SOCK_STREAM, &address);

    check(listen(fd, 16) == 0, "listen");
    snprintf(port, 8, "%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* As most clients do: both families asked for, the first address that listens taken. */
static int find_and_connect(const char *name, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list;
    int fd = -1;

    check(getaddrinfo(name, port, &hints, &list) == 0, "getaddrinfo");
    for (const struct addrinfo *item = list; item != NULL && fd < 0; item = item->ai_next) {
        fd = socket(item->ai_family, item->ai_socktype | SOCK_CLOEXEC, 0);
        check(fd >= 0, "socket");
        if (connect(fd, item->ai_addr, item->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    check(fd >= 0, "connect");
    return fd;
}

/* Microseconds. */
static double reach(const char *name, const char *port, int listener)
{
    struct linger reset = {.l_onoff = 1}; /* or thousands of sockets would wait for a minute */
    double begin, end;
    int fd, accepted;

    CALLGRIND_TOGGLE_COLLECT;
    begin = now();
    fd = find_and_connect(name, port);
    end = now();
    CALLGRIND_TOGGLE_COLLECT;
    accepted = accept(listener, NULL, NULL);
    check(accepted >= 0 && setsockopt(accepted, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0,
          "accept");
    close(accepted);
    close(fd);
    return end - begin;
}

static void look_up(const char *name, int count)
{
    char port[8];
    int listener = listen_somewhere(port);
    double sum = 0;

    (void)reach(name, port, listener); /* the first one loads the resolver's modules */
    CALLGRIND_ZERO_STATS;
    for (int i = 0; i < count; i++)
        sum += reach(name, port, listener);
    close(listener);
    end_part("getaddrinfo and connect");
    printf("%.3f\n", sum / count);
}

static void look_up_by_dns(int count)
{
    pid_t server = start_name_server();

    look_up("www.example.test", count);
    kill(server, SIGKILL);
}

/* -- connections in memory */

enum side {
    CLIENT,
    SERVER,
    BOTH,
    NEITHER
};

struct kind {
    const char *key;
    int version;
    bool is_resumed;
};

struct pair {
    SSL *client, *server;
    enum side counted;
};

static void count_if(const struct pair *pair, enum side side)
{
    if (pair->counted == side || pair->counted == BOTH)
        CALLGRIND_TOGGLE_COLLECT;
}

static SSL_CTX *new_client(const char *folder)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    char path[512];

    path_of(path, folder, "root", ".pem");
    check(context != NULL && SSL_CTX_load_verify_locations(context, path, NULL), path);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

static SSL_CTX *new_server(const char *folder, const struct kind *kind)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    char path[512];

    path_of(path, folder, kind->key, ".pem");
    check(context != NULL && SSL_CTX_use_certificate_chain_file(context, path), path);
    path_of(path, folder, kind->key, ".key");
    check(SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM), path);
    check(SSL_CTX_set_min_proto_version(context, kind->version) &&
              SSL_CTX_set_max_proto_version(context, kind->version),
          "version");
    return context;
}

static void open_pair(struct pair *pair, SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session)
{
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());

    check(up != NULL && down != NULL && BIO_up_ref(up) && BIO_up_ref(down), "BIO_new");
    count_if(pair, CLIENT);
    pair->client = SSL_new(client);
    check(pair->client != NULL, "SSL_new");
    SSL_set_bio(pair->client, down, up);
    check(SSL_set_tlsext_host_name(pair->client, HOST) && SSL_set1_host(pair->client, HOST), HOST);
    if (session != NULL)
        check(SSL_set_session(pair->client, session), "SSL_set_session");
    SSL_set_connect_state(pair->client);
    count_if(pair, CLIENT);
    count_if(pair, SERVER);
    pair->server = SSL_new(server);
    check(pair->server != NULL, "SSL_new");
    SSL_set_bio(pair->server, up, down);
    SSL_set_accept_state(pair->server);
    count_if(pair, SERVER);
}

static void close_pair(struct pair *pair)
{
    count_if(pair, CLIENT);
    SSL_set_shutdown(pair->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(pair->client);
    count_if(pair, CLIENT);
    count_if(pair, SERVER);
    SSL_set_shutdown(pair->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(pair->server);
    count_if(pair, SERVER);
}

static bool step(SSL *ssl)
{
    int ret = SSL_do_handshake(ssl);

    check(ret == 1 || SSL_get_error(ssl, ret) == SSL_ERROR_WANT_READ, "handshake");
    return ret == 1;
}

static void shake_hands(const struct pair *pair)
{
    bool is_client_done = false, is_server_done = false;
    char byte;

    while (!is_client_done || !is_server_done) {
        count_if(pair, CLIENT);
        is_client_done = step(pair->client);
        count_if(pair, CLIENT);
        count_if(pair, SERVER);
        is_server_done = step(pair->server);
        count_if(pair, SERVER);
    }
    count_if(pair, CLIENT); /* takes the tickets of TLS 1.3 */
    check(SSL_read(pair->client, &byte, 1) < 0, "SSL_read");
    count_if(pair, CLIENT);
}

static void connect_once(const struct kind *kind, SSL_CTX *client, SSL_CTX *server,
                         enum side counted, SSL_SESSION **session)
{
    struct pair pair = {.counted = counted};

    open_pair(&pair, client, server, kind->is_resumed ? *session : NULL);
    shake_hands(&pair);
    check(SSL_session_reused(pair.client) == (kind->is_resumed && *session != NULL), "resumption");
    if (kind->is_resumed && *session == NULL)
        *session = SSL_get1_session(pair.client);
    close_pair(&pair);
}

/* The first connection fills what is filled once, and brings the session to be resumed. */
static void count_handshakes(const char *folder, const struct kind *kind, enum side counted,
                             int count)
{
    SSL_CTX *client, *server;
    SSL_SESSION *session = NULL;
    char name[64];

    begin_part();
    client = new_client(folder);
    server = new_server(folder, kind);
    connect_once(kind, client, server, NEITHER, &session);
    for (int i = 0; i < count; i++)
        connect_once(kind, client, server, counted, &session);
    snprintf(name, sizeof name, "%s, TLS 1.%d, %s, %s", counted == CLIENT ? "client" : "server",
             kind->version - TLS1_VERSION, kind->key, kind->is_resumed ? "resumed" : "full");
    end_part(name);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void send_through(SSL *from, SSL *to, size_t size)
{
    static unsigned char data[1 << 20];
    size_t sent = 0, received = 0, length;

    check(SSL_write_ex(from, data, size, &sent) && sent == size, "SSL_write");
    for (; received < size; received += length)
        check(SSL_read_ex(to, data + received, size - received, &length), "SSL_read");
}

static void count_data(const char *folder, const char *name, size_t size, int count)
{
    static const struct kind kind = {"ecdsa", TLS1_3_VERSION, false};
    struct pair pair = {.counted = NEITHER};
    SSL_CTX *client, *server;

    begin_part();
    client = new_client(folder);
    server = new_server(folder, &kind);
    open_pair(&pair, client, server, NULL);
    shake_hands(&pair);
    send_through(pair.client, pair.server, size);
    send_through(pair.server, pair.client, size);
    CALLGRIND_TOGGLE_COLLECT;
    for (int i = 0; i < count; i++) {
        send_through(pair.client, pair.server, size);
        send_through(pair.server, pair.client, size);
    }
    CALLGRIND_TOGGLE_COLLECT;
    end_part(name);
    close_pair(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void count_all(const char *folder, int count)
{
    static const char *const keys[] = {"ecdsa", "rsa"};
    static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};

    for (int i = 0; i < 16; i++) {
        struct kind kind = {keys[i & 1], versions[i >> 1 & 1], (i >> 2 & 1) != 0};

        count_handshakes(folder, &kind, i >> 3 & 1 ? SERVER : CLIENT, count);
    }
    count_data(folder, "data, 1 MiB at a time", 1 << 20, 2);
    count_data(folder, "data, 100 bytes at a time", 100, 200);
}

/* -- memory */

static long private_dirty(void)
{
    char text[4096];
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    long kib = -1;

    check(file != NULL, "smaps_rollup");
    while (kib < 0 && fgets(text, sizeof text, file) != NULL)
        (void)sscanf(text, "Private_Dirty: %ld", &kib);
    fclose(file);
    return kib;
}

static void measure_memory(const char *folder, int count)
{
    static const struct kind kind = {"ecdsa", TLS1_3_VERSION, false};
    long before = private_dirty(), with_one = 0, with_all;
    SSL_CTX *client = new_client(folder);
    SSL_CTX *server = new_server(folder, &kind);

    for (int i = 0; i <= count; i++) { /* freed at exit: they are to be there all at once */
        struct pair pair = {.counted = NEITHER};

        open_pair(&pair, client, server, NULL);
        shake_hands(&pair);
        if (i == 0)
            with_one = private_dirty();
    }
    with_all = private_dirty();
    printf("%ld %ld %ld\n", before, with_one, with_all);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "version") == 0)
        return puts(OpenSSL_version(OPENSSL_VERSION)) < 0;
    if (argc == 3 && strcmp(argv[1], "pki") == 0) {
        write_pki(argv[2]);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "memory") == 0) {
        measure_memory(argv[2], atoi(argv[3]));
        return 0;
    }
    CALLGRIND_START_INSTRUMENTATION;
    if (argc == 3 && strcmp(argv[1], "context") == 0) {
        make_first_context(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "hosts") == 0) {
        look_up(HOST, atoi(argv[2]));
    } else if (argc == 3 && strcmp(argv[1], "dns") == 0) {
        look_up_by_dns(atoi(argv[2]));
    } else if (argc == 4 && strcmp(argv[1], "tls") == 0) {
        make_random_repeatable();
        count_all(argv[2], atoi(argv[3]));
    } else {
        fprintf(stderr, "usage: work version|pki|context|hosts|dns|tls|memory ...\n");
        return 2;
    }
    return 0;
}
