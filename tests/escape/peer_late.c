/* peer_late.c - servers that need an OpenSSL newer than 1.1.1: raw public keys (3.2), QUIC (3.5).
 */
#include "peer.h"

#include <stdio.h>

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

const struct stls_peer_mode stls_peer_late_modes[] = {
    {.name = "raw-key-bad", .identity = "bad", .prepare = prepare_raw_key},
    {.name = "raw-key-good", .identity = "good", .prepare = prepare_raw_key},
    {.name = "quic-bad", .identity = "bad", .serve = stls_peer_quic_serve},
    {.name = "quic-good", .identity = "good", .serve = stls_peer_quic_serve},
    {.name = NULL},
};
