/* peer.c - see peer.h. peer serve MODE DIRECTORY, or peer client MODE PORT DIRECTORY.
 *
 * A server says "ready PORTS CONTROL". Whoever connects to the control port is told, once every
 * connection that came before has ended: furthest outcome, last outcome, resumptions, weaknesses.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char *const outcome_names[] = {"nothing", "refused", "finished", "data"};

void stls_peer_path(char *path, size_t size, const char *directory, const char *name,
                    const char *suffix)
{
    snprintf(path, size, "%s/%s%s", directory, name, suffix);
}

bool stls_peer_use_identity(SSL_CTX *context, const char *directory, const char *name)
{
    char chain[512], key[512];

    stls_peer_path(chain, sizeof chain, directory, name, ".pem");
    stls_peer_path(key, sizeof key, directory, name, ".key");
    return SSL_CTX_use_certificate_chain_file(context, chain) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
}

void stls_peer_limit(int fd)
{
    struct timeval limit = {.tv_sec = STLS_PEER_TIMEOUT_S};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

int stls_peer_socket(int type, unsigned short *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) != 0 ||
        (type == SOCK_STREAM && listen(fd, 16) != 0) ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("socket");
        exit(1);
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* Of a server. */
static int group_of(SSL *ssl)
{
#ifdef SSL_get_negotiated_group
    return (int)SSL_get_negotiated_group(ssl);
#else
    EVP_PKEY *key = NULL;
    int group;

    if (!SSL_get_peer_tmp_key(ssl, &key)) /* in TLS 1.2: the first that both have */
        return (int)SSL_get_shared_curve(ssl, 0);
    group = EVP_PKEY_id(key);
    if (group == EVP_PKEY_EC)
        group = EC_GROUP_get_curve_name(EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key)));
    EVP_PKEY_free(key);
    return group;
#endif
}

/* A key exchange of this handshake, not of one before. */
static bool has_forward_secrecy(SSL *ssl)
{
    EVP_PKEY *key = NULL;

    if (SSL_get_peer_tmp_key(ssl, &key) != 1)
        return false;
    EVP_PKEY_free(key);
    return true;
}

static const char *weakness(const SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    int kx = cipher != NULL ? SSL_CIPHER_get_kx_nid(cipher) : NID_undef;
    int digest = NID_undef;

    if (SSL_is_dtls(ssl) ? SSL_version(ssl) != DTLS1_2_VERSION : SSL_version(ssl) < TLS1_2_VERSION)
        return "version";
    if (kx != NID_kx_any && kx != NID_kx_ecdhe)
        return "key-exchange";
    if (!SSL_CIPHER_is_aead(cipher) || strstr(SSL_CIPHER_get_name(cipher), "CCM") != NULL)
        return "cipher";
    if (strcmp(SSL_CIPHER_get_name(cipher), "ECDHE-ECDSA-ARIA128-GCM-SHA256") == 0)
        return "cipher";
    switch (group_of((SSL *)(uintptr_t)ssl)) {
    case NID_secp521r1:
    case NID_X448:
    case NID_X9_62_prime192v1:
    case NID_secp224r1:
    case NID_brainpoolP256r1:
    case NID_ffdhe2048:
        return "group";
    }
    if (SSL_get_signature_nid((SSL *)(uintptr_t)ssl, &digest) == 1 &&
        (digest == NID_sha1 || digest == NID_md5_sha1 || digest == NID_sha224))
        return "signature";
    if (SSL_version(ssl) == TLS1_2_VERSION && SSL_get_extms_support((SSL *)(uintptr_t)ssl) == 0)
        return "master-secret";
    if (SSL_version(ssl) == TLS1_3_VERSION && !has_forward_secrecy((SSL *)(uintptr_t)ssl))
        return "key-exchange";
    if (SSL_get_current_compression((SSL *)(uintptr_t)ssl) != NULL)
        return "compression";
    return "none";
}

void stls_peer_look(SSL *ssl, struct stls_peer_seen *seen)
{
    seen->outcome = STLS_PEER_FINISHED;
    seen->is_resumed = SSL_session_reused(ssl) != 0;
    snprintf(seen->weak, sizeof seen->weak, "%s", weakness(ssl));
}

bool stls_peer_accept(SSL *ssl, struct stls_peer_seen *seen)
{
    seen->outcome = STLS_PEER_REFUSED;
    if (SSL_accept(ssl) != 1)
        return false;
    stls_peer_look(ssl, seen);
    return true;
}

void stls_peer_answer(SSL *ssl, struct stls_peer_seen *seen)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char request[512];

    if (SSL_read(ssl, request, sizeof request) <= 0)
        return;
    seen->outcome = STLS_PEER_DATA;
    SSL_write(ssl, answer, sizeof answer - 1);
    SSL_shutdown(ssl);
}

static void converse(SSL *ssl, struct stls_peer_seen *seen)
{
    if (stls_peer_accept(ssl, seen))
        stls_peer_answer(ssl, seen);
}

/* A datagram socket is given over to its first client, and a new one takes the port. What is no
 * ClientHello is the end of a connection that is over. */
static int accept_datagram(int *listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    unsigned char head[14];
    unsigned short port;
    int fd = *listener;
    ssize_t got = recvfrom(fd, head, sizeof head, MSG_PEEK, (struct sockaddr *)&address, &size);

    if (got != sizeof head || head[0] != SSL3_RT_HANDSHAKE || head[13] != SSL3_MT_CLIENT_HELLO) {
        recv(fd, head, sizeof head, 0);
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address, size) != 0)
        return -1;
    size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    port = ntohs(address.sin_port);
    *listener = stls_peer_socket(SOCK_DGRAM, &port);
    return fd;
}

void stls_peer_note(struct stls_peer_report *report, const struct stls_peer_seen *seen)
{
    report->last = seen->outcome;
    if (seen->outcome > report->furthest)
        report->furthest = seen->outcome;
    report->resumptions += seen->is_resumed;
    if (seen->outcome == STLS_PEER_DATA)
        snprintf(report->weak, sizeof report->weak, "%s", seen->weak);
}

static void serve_one(const struct stls_peer_mode *mode, SSL_CTX *context, int *listener,
                      struct stls_peer_report *report)
{
    int fd = mode->is_datagram ? accept_datagram(listener) : accept(*listener, NULL, NULL);
    struct stls_peer_seen seen = {.outcome = STLS_PEER_REFUSED, .weak = "none"};
    SSL *ssl = fd >= 0 ? SSL_new(context) : NULL;

    if (ssl == NULL)
        return;
    stls_peer_limit(fd);
    if (mode->is_datagram) {
        BIO *bio = BIO_new_dgram(fd, BIO_NOCLOSE);
        struct timeval limit = {.tv_sec = 1};

        BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_RECV_TIMEOUT, 0, &limit);
        SSL_set_bio(ssl, bio, bio);
    } else {
        SSL_set_fd(ssl, fd);
    }
    (mode->converse != NULL ? mode->converse : converse)(ssl, &seen);
    if (seen.outcome == STLS_PEER_REFUSED)
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    ERR_clear_error();
    close(fd);
    stls_peer_note(report, &seen);
}

void stls_peer_tell(int control, struct stls_peer_report *report)
{
    int fd = accept(control, NULL, NULL);

    if (fd >= 0) {
        dprintf(fd, "%s %s %u %s\n", outcome_names[report->furthest], outcome_names[report->last],
                report->resumptions, report->weak);
        close(fd);
    }
    *report = (struct stls_peer_report){.weak = "none"};
}

static SSL_CTX *make_context(const struct stls_peer_mode *mode, const char *directory,
                             const char *identity)
{
    SSL_CTX *context = SSL_CTX_new(mode->is_datagram ? DTLS_server_method() : TLS_server_method());

    SSL_CTX_set_session_id_context(context, (const unsigned char *)"peer", 4);
    if ((identity == NULL || stls_peer_use_identity(context, directory, identity)) &&
        (mode->prepare == NULL || mode->prepare(context, directory)))
        return context;
    ERR_print_errors_fp(stdout);
    printf("unavailable: this OpenSSL has no such server\n");
    exit(77);
}

static int serve(const struct stls_peer_mode *mode, const char *directory)
{
    unsigned count = mode->ports > 0 ? mode->ports : 1;
    struct stls_peer_report report = {.weak = "none"};
    SSL_CTX *contexts[STLS_PEER_PORTS_MAX];
    struct pollfd fds[STLS_PEER_PORTS_MAX + 1];
    unsigned char keys[80] = "one key for the tickets of two servers";
    unsigned short port;

    if (mode->serve != NULL)
        return mode->serve(mode, directory) ? 0 : 77;
    for (unsigned i = 0; i < count; i++) {
        bool is_other = i > 0 && mode->second_identity != NULL;

        contexts[i] =
            make_context(mode, directory, is_other ? mode->second_identity : mode->identity);
        if (mode->has_shared_tickets)
            SSL_CTX_set_tlsext_ticket_keys(contexts[i], keys, sizeof keys);
        port = 0;
        fds[i] = (struct pollfd){
            .fd = stls_peer_socket(mode->is_datagram ? SOCK_DGRAM : SOCK_STREAM, &port),
            .events = POLLIN};
        printf("%s%d", i > 0 ? "," : "ready ", port);
    }
    port = 0;
    fds[count] = (struct pollfd){.fd = stls_peer_socket(SOCK_STREAM, &port), .events = POLLIN};
    printf(" %d\n", port);
    fflush(stdout);
    while (poll(fds, count + 1, -1) > 0) {
        bool is_busy = false;

        for (unsigned i = 0; i < count; i++)
            if (fds[i].revents & POLLIN) {
                serve_one(mode, contexts[i], &fds[i].fd, &report);
                is_busy = true;
            }
        if (!is_busy && fds[count].revents & POLLIN)
            stls_peer_tell(fds[count].fd, &report);
    }
    return 1;
}

static const struct stls_peer_mode *find_mode(const char *name)
{
    for (const struct stls_peer_mode *mode = stls_peer_modes; mode->name != NULL; mode++)
        if (strcmp(mode->name, name) == 0)
            return mode;
    for (const struct stls_peer_mode *mode = stls_peer_late_modes; mode->name != NULL; mode++)
        if (strcmp(mode->name, name) == 0)
            return mode;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct stls_peer_mode *mode;

    signal(SIGPIPE, SIG_IGN);
    if (argc == 5 && strcmp(argv[1], "client") == 0)
        return stls_peer_client(argv[2], argv[3], argv[4]);
    mode = argc == 4 && strcmp(argv[1], "serve") == 0 ? find_mode(argv[2]) : NULL;
    if (mode != NULL)
        return serve(mode, argv[3]);
    fprintf(stderr, "usage: %s serve MODE DIRECTORY | client MODE PORT DIRECTORY\n", argv[0]);
    return 1;
}
