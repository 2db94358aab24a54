/* peer_late.c - servers that need an OpenSSL newer than 1.1.1: raw public keys (3.2), QUIC (3.5),
 * encrypted ClientHello (4.0).
 */
#include "peer.h"

#include <stdio.h>

#include "ech_key.h"
#include "external_key.h"
#include "quic_tls.h"

static bool prepare_raw_key(SSL_CTX *context, const char *directory)
{
    (void)directory;
#ifdef TLSEXT_cert_type_rpk
    static const unsigned char types[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};

    return SSL_CTX_set1_server_cert_type(context, types, sizeof types) == 1;
#else
    (void)context;
    return false;
#endif
}

static bool prepare_ech(SSL_CTX *context, const char *directory)
{
    (void)directory;
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    OSSL_ECHSTORE *store = stls_ech_key();
    bool is_set = store != NULL && SSL_CTX_set1_echstore(context, store) == 1;

    OSSL_ECHSTORE_free(store);
    return is_set;
#else
    (void)context;
    return false;
#endif
}

static bool prepare_quic_tls(SSL_CTX *context, const char *directory)
{
    (void)context, (void)directory;
    return OPENSSL_VERSION_NUMBER >= 0x30500000L;
}

/* Who has the key sees no certificate. */
static bool prepare_quic_tls_key(SSL_CTX *context, const char *directory)
{
    SSL_CTX_set_psk_find_session_callback(context, stls_external_key_find);
    return SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1 &&
           prepare_quic_tls(context, directory);
}

static void converse_quic_tls(SSL *ssl, struct stls_peer_seen *seen)
{
    static struct stls_quic_tls quic;

    SSL_set_accept_state(ssl);
    seen->outcome = STLS_PEER_REFUSED;
    if (!stls_quic_tls_open(&quic, ssl, SSL_get_fd(ssl)) || !stls_quic_tls_shake_hands(&quic))
        return;
    stls_peer_look(ssl, seen);
    if (!stls_quic_tls_receive(&quic))
        return;
    seen->outcome = STLS_PEER_DATA;
    stls_quic_tls_send(&quic, "ok");
}

const struct stls_peer_mode stls_peer_late_modes[] = {
    {.name = "raw-key-bad", .identity = "bad", .prepare = prepare_raw_key},
    {.name = "raw-key-good", .identity = "good", .prepare = prepare_raw_key},
    {.name = "quic-bad", .identity = "bad", .serve = stls_peer_quic_serve},
    {.name = "quic-good", .identity = "good", .serve = stls_peer_quic_serve},
    {.name = "ech-bad", .identity = "bad", .prepare = prepare_ech},
    {.name = "ech-good", .identity = "good", .prepare = prepare_ech},
    {.name = "quic-tls-bad",
     .identity = "bad",
     .prepare = prepare_quic_tls,
     .converse = converse_quic_tls},
    {.name = "quic-tls-good",
     .identity = "good",
     .prepare = prepare_quic_tls,
     .converse = converse_quic_tls},
    {.name = "quic-tls-key",
     .identity = "bad",
     .prepare = prepare_quic_tls_key,
     .converse = converse_quic_tls},
    {.name = NULL},
};
