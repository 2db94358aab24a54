/* quic_tls.h - the TLS of a QUIC that is not OpenSSL's (ngtcp2, nginx): libssl only shakes hands,
 * by the callbacks of SSL_set_quic_tls_cbs (3.5), and what comes after is encrypted by others. For
 * victims and peers alike; instead of QUIC's packets there are frames on a stream socket.
 *
 * Must not: wait longer than the socket does.
 */
#ifndef STLS_ESCAPE_QUIC_TLS_H
#define STLS_ESCAPE_QUIC_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

enum {
    STLS_QUIC_TLS_LEVELS = 4, /* OpenSSL's protection levels */
};

struct stls_quic_tls {
    SSL *ssl;
    int fd;
    unsigned write_level, read_level;
    struct {
        unsigned char bytes[16384];
        size_t length, taken;
    } received[STLS_QUIC_TLS_LEVELS];
};

/* Before the handshake; false where this OpenSSL can't. */
bool stls_quic_tls_open(struct stls_quic_tls *quic, SSL *ssl, int fd);

bool stls_quic_tls_shake_hands(struct stls_quic_tls *quic);

/* Application data, for which QUIC's own keys would be there now. */
bool stls_quic_tls_send(struct stls_quic_tls *quic, const char *text);
bool stls_quic_tls_receive(struct stls_quic_tls *quic);

#endif
