/* peer_client.c - clients for victims that are servers: careless ones, weak ones and a good one. */
#include "peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "external_key.h"

struct client {
    const char *name;
    const char *identity; /* NULL: no certificate */
    const char *server_name;
    const char *ciphers;
    const char *groups;
    int min, max;
    bool is_datagram;
    bool does_post_handshake; /* offers authentication after the handshake */
    bool does_renegotiate;
    bool does_early_data;
    bool does_psk;
    bool does_psk_session; /* TLS 1.3's own way, which allows early data */
    bool does_alpn;
    bool is_quic;
    bool does_resume; /* a second connection, which counts only if it resumes */
};

static const struct client clients[] = {
    {.name = "good", .identity = "client"},
    {.name = "good-tls12", .identity = "client", .max = TLS1_2_VERSION},
    {.name = "good-tls13", .identity = "client", .min = TLS1_3_VERSION},
    {.name = "good-pha", .identity = "client", .does_post_handshake = true},
    {.name = "good-swap", .identity = "client", .server_name = "swap.example"},
    {.name = "no-certificate"},
    {.name = "no-certificate-tls12", .max = TLS1_2_VERSION},
    {.name = "no-certificate-swap", .server_name = "swap.example"},
    {.name = "no-certificate-swap-tls12", .server_name = "swap.example", .max = TLS1_2_VERSION},
    {.name = "no-certificate-pha", .does_post_handshake = true},
    {.name = "stranger-pha", .identity = "stranger", .does_post_handshake = true},
    {.name = "stranger-swap", .identity = "stranger", .server_name = "swap.example"},
    {.name = "swap-static-rsa",
     .server_name = "swap.example",
     .max = TLS1_2_VERSION,
     .ciphers = "AES128-GCM-SHA256"},
    {.name = "no-certificate-alpn", .does_alpn = true},
    {.name = "good-alpn", .identity = "client", .does_alpn = true},
    {.name = "resume", .identity = "client", .does_resume = true},
    {.name = "stranger", .identity = "stranger"},
    {.name = "stranger-tls12", .identity = "stranger", .max = TLS1_2_VERSION},
    {.name = "tls10", .max = TLS1_VERSION, .ciphers = "ALL:@SECLEVEL=0"},
    {.name = "tls11", .max = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0"},
    {.name = "cbc", .max = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-SHA"},
    {.name = "static-rsa", .max = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"},
    {.name = "dhe", .max = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"},
    {.name = "null", .max = TLS1_2_VERSION, .ciphers = "eNULL:!aNULL:@SECLEVEL=0"},
    {.name = "anonymous", .max = TLS1_2_VERSION, .ciphers = "aNULL:!eNULL:@SECLEVEL=0"},
    {.name = "psk", .max = TLS1_2_VERSION, .ciphers = "PSK:!eNULL:@SECLEVEL=0", .does_psk = true},
    {.name = "psk13", .min = TLS1_3_VERSION, .does_psk_session = true},
    {.name = "early-psk13",
     .min = TLS1_3_VERSION,
     .does_psk_session = true,
     .does_early_data = true},
    {.name = "group-p521", .groups = "P-521"},
    {.name = "group-p521-tls12", .groups = "P-521", .max = TLS1_2_VERSION},
    {.name = "renegotiate", .max = TLS1_2_VERSION, .does_renegotiate = true},
    {.name = "early", .identity = "client", .does_early_data = true},
    {.name = "early-no-certificate", .does_early_data = true},
    {.name = "quic-good", .identity = "client", .is_quic = true},
    {.name = "quic-no-certificate", .is_quic = true},
    {.name = "quic-stranger", .identity = "stranger", .is_quic = true},
    {.name = "dtls-good", .identity = "client", .is_datagram = true},
    {.name = "dtls-no-certificate", .is_datagram = true},
    {.name = "dtls10", .is_datagram = true, .max = DTLS1_VERSION, .ciphers = "ALL:@SECLEVEL=0"},
};

static SSL_CTX *make_context(const struct client *client, const char *directory)
{
    SSL_CTX *context =
        SSL_CTX_new(client->is_datagram ? DTLS_client_method() : TLS_client_method());

    SSL_CTX_set_min_proto_version(context, client->min);
    SSL_CTX_set_max_proto_version(context, client->max);
    if (client->ciphers != NULL && SSL_CTX_set_cipher_list(context, client->ciphers) != 1)
        return NULL;
    if (client->groups != NULL && SSL_CTX_set1_groups_list(context, client->groups) != 1)
        return NULL;
    if (client->identity != NULL && !stls_peer_use_identity(context, directory, client->identity))
        return NULL;
    SSL_CTX_set_post_handshake_auth(context, client->does_post_handshake);
    if (client->does_alpn)
        SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x08http/1.1", 9);
    if (client->does_psk)
        SSL_CTX_set_psk_client_callback(context, stls_external_key_of_client);
    if (client->does_psk_session) {
        SSL_CTX_set_psk_use_session_callback(context, stls_external_key_offer);
        /* Early data goes with the key's own. */
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    }
    return context;
}

static SSL *make_connection(const struct client *client, SSL_CTX *context, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)strtoul(port, NULL, 10)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, client->is_datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
    SSL *ssl = SSL_new(context);

    stls_peer_limit(fd);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    if (client->is_datagram) {
        BIO *bio = BIO_new_dgram(fd, BIO_CLOSE);
        struct timeval limit = {.tv_sec = 2};

        BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &address);
        BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_RECV_TIMEOUT, 0, &limit);
        SSL_set_bio(ssl, bio, bio);
    } else {
        SSL_set_fd(ssl, fd);
    }
    if (client->server_name != NULL)
        SSL_set_tlsext_host_name(ssl, client->server_name);
    return ssl;
}

static const char *converse(const struct client *client, SSL *ssl)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[512];
    size_t written;

    if (client->does_early_data && (SSL_get_session(ssl) != NULL || client->does_psk_session) &&
        SSL_write_early_data(ssl, request, sizeof request - 1, &written) == 1)
        return SSL_connect(ssl) == 1 && SSL_read(ssl, answer, sizeof answer) > 0 ? "data"
                                                                                 : "finished";
    if (SSL_connect(ssl) != 1)
        return "refused";
    if (client->does_renegotiate && (SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1))
        return "finished";
    if (SSL_write(ssl, request, sizeof request - 1) <= 0 ||
        SSL_read(ssl, answer, sizeof answer) <= 0)
        return "finished";
    SSL_shutdown(ssl);
    return "data";
}

int stls_peer_client(const char *mode, const char *port, const char *directory)
{
    const struct client *client = NULL;
    const char *outcome;
    SSL_CTX *context;
    SSL *ssl;

    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        if (strcmp(clients[i].name, mode) == 0)
            client = &clients[i];
    if (client != NULL && client->is_quic)
        return stls_peer_quic_client(client->identity, port, directory);
    context = client != NULL ? make_context(client, directory) : NULL;
    if (context == NULL) {
        ERR_print_errors_fp(stdout);
        printf("unavailable: this OpenSSL has no client %s\n", mode);
        return 77;
    }
    ssl = make_connection(client, context, port);
    outcome = converse(client, ssl);
    if (((client->does_early_data && !client->does_psk_session) || client->does_resume) &&
        strcmp(outcome, "data") == 0) {
        SSL *second = make_connection(client, context, port);

        SSL_set_session(second, SSL_get0_session(ssl));
        outcome = converse(client, second);
        if (client->does_resume && !SSL_session_reused(second))
            outcome = "finished";
        SSL_free(second);
    }
    if (client->does_psk_session && !SSL_session_reused(ssl) && strcmp(outcome, "data") == 0)
        outcome = "finished"; /* by a certificate, or by nothing */
    if (strcmp(outcome, "data") != 0)
        ERR_print_errors_fp(stdout);
    SSL_free(ssl);
    SSL_CTX_free(context);
    printf("outcome %s\n", outcome);
    return 0;
}
