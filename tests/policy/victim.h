/* victim.h - a careless program: what it was told on its command line.
 *
 * Owns: the options, and the two ways in which it makes a handshake.
 */
#ifndef STLS_TESTS_POLICY_VICTIM_H
#define STLS_TESTS_POLICY_VICTIM_H

#include <stdbool.h>

#include <openssl/ssl.h>

struct victim {
    const char *host, *port;
    const char *root;     /* chroot there before the first context */
    const char *ca;       /* anchors that it loads */
    const char *dane;     /* hex SHA-256 of the key that TLSA 3 1 1 names */
    const char *identity; /* in memory: the server's directory with chain.pem and key.pem */
    int times;            /* connections, one after the other */
    int days;             /* that pass between them */
    bool is_verifying;    /* else SSL_VERIFY_NONE */
    bool has_no_name;     /* sends none */
    bool is_resolving;    /* asks the resolver for the host, instead of connecting to 127.0.0.1 */
    bool is_nobody;       /* drops its privileges before the first context */
    bool is_psk;          /* in memory: with a pre-shared key, without certificates */
    bool is_by_bio;       /* BIO_new_connect */
    bool has_connected;   /* in memory: after a connection to the port, which it doesn't use */
    bool is_exemplary;    /* asks for all that a policy would */
    bool is_starved;      /* can open nothing during the first handshake */
    bool is_weak;         /* lowers all there is to lower, by itself */
};

/* A client's, or NULL after saying why. */
SSL_CTX *victim_context(const struct victim *victim);

/* A connected socket, or -1. */
int victim_open_socket(const struct victim *victim);

/* "connected TLSv1.3 TLS_AES_128_GCM_SHA256 X25519", or "refused: certificate verify failed". */
void victim_tell(SSL *client, bool is_connected);

/* Both sides in this process, without a socket. False after saying why. */
bool victim_in_memory(const struct victim *victim, SSL_CTX *context);

#endif
