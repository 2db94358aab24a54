/* peer.h - the other side of a victim, where the lab has nothing to offer: servers and clients
 * that speak PSK, SRP, DTLS, QUIC, early data, resumption, renegotiation, or do it badly.
 *
 * Owns: what a conversation is and what is told about it. A peer is never preloaded. It is built
 * for the same OpenSSL as the victim. Must not: wait without a bound.
 */
#ifndef STLS_ESCAPE_PEER_H
#define STLS_ESCAPE_PEER_H

#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif

#include <stdbool.h>
#include <stddef.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum {
    STLS_PEER_PORTS_MAX = 2,
    STLS_PEER_TIMEOUT_S = 5,
};

/* Ordered: a later one is further. The words are those of the lab. */
enum stls_peer_outcome {
    STLS_PEER_NOTHING,
    STLS_PEER_REFUSED,
    STLS_PEER_FINISHED,
    STLS_PEER_DATA,
};

struct stls_peer_seen {
    enum stls_peer_outcome outcome;
    bool is_resumed;
    char weak[32]; /* what of the connection a strict policy forbids, or "none" */
};

/* Of all conversations since the driver asked. */
struct stls_peer_report {
    enum stls_peer_outcome furthest, last;
    unsigned resumptions;
    char weak[32];
};

void stls_peer_note(struct stls_peer_report *report, const struct stls_peer_seen *seen);

/* Answers the driver, which connects to this socket, and begins anew. */
void stls_peer_tell(int control, struct stls_peer_report *report);

struct stls_peer_mode {
    const char *name;
    const char *identity; /* "good" or "bad": which PEM files; NULL: none */
    unsigned ports;       /* 0: one */
    bool is_datagram;
    const char *second_identity; /* of the second port; NULL: the same */
    bool has_shared_tickets;     /* of the two ports */
    bool (*prepare)(SSL_CTX *context, const char *directory);
    /* NULL: SSL_accept, a request, an answer. */
    void (*converse)(SSL *ssl, struct stls_peer_seen *seen);
    /* Instead of all: a socket of its own kind; true if this OpenSSL can. */
    bool (*serve)(const struct stls_peer_mode *mode, const char *directory);
};

extern const struct stls_peer_mode stls_peer_modes[];      /* ends with a name of NULL */
extern const struct stls_peer_mode stls_peer_late_modes[]; /* likewise */

/* SSL_accept; false, with the outcome set, if it fails. */
bool stls_peer_accept(SSL *ssl, struct stls_peer_seen *seen);

/* After the handshake: fills seen in, reads a request, answers. */
void stls_peer_answer(SSL *ssl, struct stls_peer_seen *seen);
void stls_peer_look(SSL *ssl, struct stls_peer_seen *seen);

/* The client: prints one word of what it got out of the server at the port. */
int stls_peer_client(const char *mode, const char *port, const char *directory);

/* Both over QUIC; what they return is what a mode's serve, and stls_peer_client, return. */
bool stls_peer_quic_serve(const struct stls_peer_mode *mode, const char *directory);
int stls_peer_quic_client(const char *identity, const char *port, const char *directory);

bool stls_peer_use_identity(SSL_CTX *context, const char *directory, const char *name);
void stls_peer_path(char *path, size_t size, const char *directory, const char *name,
                    const char *suffix);
int stls_peer_socket(int type, unsigned short *ret_port);
void stls_peer_limit(int fd);

#endif
