/* quic_tls.c - see quic_tls.h */
#include "quic_tls.h"

#include <string.h>
#include <sys/socket.h>

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
#include <openssl/core_dispatch.h>

enum {
    APPLICATION = STLS_QUIC_TLS_LEVELS, /* a frame that is not TLS's */
};

/* A frame is a byte, two of length, and that many. */
static bool send_frame(struct stls_quic_tls *quic, unsigned level, const void *bytes, size_t length)
{
    const unsigned char head[] = {(unsigned char)level, (unsigned char)(length >> 8),
                                  (unsigned char)length};

    return length <= 0xffff && send(quic->fd, head, sizeof head, MSG_NOSIGNAL) == sizeof head &&
           send(quic->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* Takes one frame; its level, or -1. */
static int receive_frame(struct stls_quic_tls *quic)
{
    unsigned char head[3], application[512], *place = application;
    size_t room = sizeof application, length;

    if (recv(quic->fd, head, sizeof head, MSG_WAITALL) != sizeof head || head[0] > APPLICATION)
        return -1;
    length = (size_t)head[1] << 8 | head[2];
    if (head[0] < APPLICATION) {
        place = quic->received[head[0]].bytes + quic->received[head[0]].length;
        room = sizeof quic->received[0].bytes - quic->received[head[0]].length;
    }
    if (length > room || recv(quic->fd, place, length, MSG_WAITALL) != (ssize_t)length)
        return -1;
    if (head[0] < APPLICATION)
        quic->received[head[0]].length += length;
    return head[0];
}

static int on_send(SSL *ssl, const unsigned char *bytes, size_t length, size_t *taken, void *arg)
{
    struct stls_quic_tls *quic = arg;

    (void)ssl;
    *taken = length;
    return send_frame(quic, quic->write_level, bytes, length);
}

static int on_receive(SSL *ssl, const unsigned char **bytes, size_t *length, void *arg)
{
    struct stls_quic_tls *quic = arg;

    (void)ssl;
    *bytes = quic->received[quic->read_level].bytes + quic->received[quic->read_level].taken;
    *length = quic->received[quic->read_level].length - quic->received[quic->read_level].taken;
    return 1;
}

static int on_release(SSL *ssl, size_t length, void *arg)
{
    struct stls_quic_tls *quic = arg;

    (void)ssl;
    quic->received[quic->read_level].taken += length;
    return 1;
}

static int on_secret(SSL *ssl, uint32_t level, int is_write, const unsigned char *secret,
                     size_t length, void *arg)
{
    struct stls_quic_tls *quic = arg;

    (void)ssl, (void)secret, (void)length;
    *(is_write ? &quic->write_level : &quic->read_level) = level;
    return level < STLS_QUIC_TLS_LEVELS;
}

static int on_parameters(SSL *ssl, const unsigned char *bytes, size_t length, void *arg)
{
    (void)ssl, (void)bytes, (void)length, (void)arg;
    return 1;
}

static int on_alert(SSL *ssl, unsigned char code, void *arg)
{
    (void)ssl, (void)code, (void)arg;
    return 1;
}

bool stls_quic_tls_open(struct stls_quic_tls *quic, SSL *ssl, int fd)
{
    static const OSSL_DISPATCH callbacks[] = {
        {OSSL_FUNC_SSL_QUIC_TLS_CRYPTO_SEND, (void (*)(void))on_send},
        {OSSL_FUNC_SSL_QUIC_TLS_CRYPTO_RECV_RCD, (void (*)(void))on_receive},
        {OSSL_FUNC_SSL_QUIC_TLS_CRYPTO_RELEASE_RCD, (void (*)(void))on_release},
        {OSSL_FUNC_SSL_QUIC_TLS_YIELD_SECRET, (void (*)(void))on_secret},
        {OSSL_FUNC_SSL_QUIC_TLS_GOT_TRANSPORT_PARAMS, (void (*)(void))on_parameters},
        {OSSL_FUNC_SSL_QUIC_TLS_ALERT, (void (*)(void))on_alert},
        OSSL_DISPATCH_END,
    };
    static const unsigned char parameters[] = {0x01, 0x01, 0x1e}; /* max_idle_timeout */

    memset(quic, 0, sizeof *quic);
    quic->ssl = ssl;
    quic->fd = fd;
    return SSL_set_quic_tls_cbs(ssl, callbacks, quic) == 1 &&
           SSL_set_quic_tls_transport_params(ssl, parameters, sizeof parameters) == 1;
}

bool stls_quic_tls_shake_hands(struct stls_quic_tls *quic)
{
    int ret;

    while ((ret = SSL_do_handshake(quic->ssl)) != 1)
        if (SSL_get_error(quic->ssl, ret) != SSL_ERROR_WANT_READ || receive_frame(quic) < 0)
            return false;
    return true;
}

bool stls_quic_tls_send(struct stls_quic_tls *quic, const char *text)
{
    return send_frame(quic, APPLICATION, text, strlen(text));
}

bool stls_quic_tls_receive(struct stls_quic_tls *quic)
{
    int level;

    while ((level = receive_frame(quic)) >= 0 && level < APPLICATION) /* tickets */
        continue;
    return level == APPLICATION;
}

#else

bool stls_quic_tls_open(struct stls_quic_tls *quic, SSL *ssl, int fd)
{
    (void)quic, (void)ssl, (void)fd;
    return false;
}

bool stls_quic_tls_shake_hands(struct stls_quic_tls *quic)
{
    (void)quic;
    return false;
}

bool stls_quic_tls_send(struct stls_quic_tls *quic, const char *text)
{
    (void)quic, (void)text;
    return false;
}

bool stls_quic_tls_receive(struct stls_quic_tls *quic)
{
    (void)quic;
    return false;
}

#endif
