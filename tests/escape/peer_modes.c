/* peer_modes.c - the servers that are a context with something set, or a conversation of their own.
 * What needs a newer OpenSSL is in peer_late.c.
 */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#include "external_key.h"

static int accept_any(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

static bool prepare_request(SSL_CTX *context, const char *directory)
{
    (void)directory;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    return true;
}

/* Takes whatever a client wants. */
static bool prepare_lenient(SSL_CTX *context, const char *directory)
{
    (void)directory;
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, 0);
    SSL_CTX_set_max_proto_version(context, 0);
    SSL_CTX_clear_options(context, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_dh_auto(context, 1);
    if (SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                          "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
                                          "TLS_AES_128_CCM_8_SHA256") != 1 ||
        SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") != 1)
        return false;
    /* A build without the oldest curves does not know their names either. */
    return SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-521:X448:P-224:P-192") == 1 ||
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-521:X448:ffdhe2048") == 1;
}

static bool prepare_lenient_dtls(SSL_CTX *context, const char *directory)
{
    (void)directory;
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, DTLS1_VERSION);
    return SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0") == 1;
}

static bool prepare_psk12(SSL_CTX *context, const char *directory)
{
    (void)directory;
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_dh_auto(context, 1);
    SSL_CTX_set_psk_server_callback(context, stls_external_key_of_server);
    return SSL_CTX_set_cipher_list(context, "PSK:!eNULL:@SECLEVEL=0") == 1;
}

static bool prepare_psk13(SSL_CTX *context, const char *directory)
{
    (void)directory;
    SSL_CTX_set_psk_server_callback(context, stls_external_key_of_server);
    /* Such a key goes with SHA-256 only. */
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1;
}

#ifndef OPENSSL_NO_SRP
static int give_verifier(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    return SSL_set_srp_server_param_pw(ssl, "user", "password", "2048") == 1 ? SSL_ERROR_NONE
                                                                             : SSL3_AL_FATAL;
}
#endif

static bool prepare_srp(SSL_CTX *context, const char *directory)
{
    (void)directory;
#ifdef OPENSSL_NO_SRP
    (void)context;
    return false;
#else
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    return SSL_CTX_set_srp_username_callback(context, give_verifier) == 1 &&
           SSL_CTX_set_cipher_list(context, "SRP-AES-128-CBC-SHA:@SECLEVEL=0") == 1;
#endif
}

static bool prepare_tls12(SSL_CTX *context, const char *directory)
{
    (void)directory;
    return SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) == 1;
}

/* Blind for secure renegotiation (RFC 5746), as servers of before 2010 are: what a client says of
 * it becomes something unknown, after it has been hashed and before it is read. */
static void forget_renegotiation(int is_written, int version, int type, const void *buffer,
                                 size_t length, SSL *ssl, void *arg)
{
    unsigned char *bytes = (unsigned char *)(uintptr_t)buffer;
    size_t at = 4 + 2 + 32, end;

    (void)version, (void)ssl, (void)arg;
    if (is_written || type != SSL3_RT_HANDSHAKE || length < at + 4 ||
        *bytes != SSL3_MT_CLIENT_HELLO)
        return;
    at += 1 + (size_t)bytes[at]; /* the session id */
    end = at + 2 + ((size_t)bytes[at] << 8 | bytes[at + 1]);
    for (at += 2; at + 1 < end; at += 2)
        if (bytes[at] == 0 && bytes[at + 1] == 0xff) /* TLS_EMPTY_RENEGOTIATION_INFO_SCSV */
            bytes[at] = 0xee;
    at += 1 + (size_t)bytes[at]; /* compression methods */
    for (at += 2; at + 4 <= length; at += 4 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]))
        if (bytes[at] == 0xff && bytes[at + 1] == 1) /* renegotiation_info */
            bytes[at] = 0xee;
}

static bool prepare_unbound(SSL_CTX *context, const char *directory)
{
    SSL_CTX_set_msg_callback(context, forget_renegotiation);
    return prepare_tls12(context, directory);
}

/* The second handshake resumes the first. */
static bool prepare_resumed_renegotiation(SSL_CTX *context, const char *directory)
{
    static char remembered[512];

    snprintf(remembered, sizeof remembered, "%s", directory);
    SSL_CTX_set_app_data(context, remembered);
#ifdef SSL_OP_ALLOW_CLIENT_RENEGOTIATION
    SSL_CTX_set_options(context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
#endif
    return prepare_tls12(context, directory);
}

/* It does not, and shows a certificate. */
static bool prepare_renegotiation(SSL_CTX *context, const char *directory)
{
    SSL_CTX_set_options(context, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    return prepare_resumed_renegotiation(context, directory);
}

static bool use_other_identity(SSL *ssl, const char *name)
{
    const char *directory = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    char chain[512], key[512];

    stls_peer_path(chain, sizeof chain, directory, name, ".pem");
    stls_peer_path(key, sizeof key, directory, name, ".key");
    return SSL_use_certificate_chain_file(ssl, chain) == 1 &&
           SSL_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) == 1;
}

/* The request counts only after a second handshake, in which another certificate was shown. */
static void renegotiate(SSL *ssl, struct stls_peer_seen *seen, const char *other, bool is_ours)
{
    unsigned char before[64], after[64];
    size_t length;

    if (!stls_peer_accept(ssl, seen) || !use_other_identity(ssl, other))
        return;
    length = SSL_get_finished(ssl, before, sizeof before);
    if (is_ours && (SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1))
        return;
    stls_peer_answer(ssl, seen);
    if (SSL_get_finished(ssl, after, sizeof after) == length && memcmp(before, after, length) == 0)
        seen->outcome = STLS_PEER_FINISHED;
}

static void renegotiate_good(SSL *ssl, struct stls_peer_seen *seen)
{
    renegotiate(ssl, seen, "good", true);
}

static void renegotiate_bad(SSL *ssl, struct stls_peer_seen *seen)
{
    renegotiate(ssl, seen, "bad", true);
}

static void renegotiated_good(SSL *ssl, struct stls_peer_seen *seen)
{
    renegotiate(ssl, seen, "good", false);
}

static void renegotiated_bad(SSL *ssl, struct stls_peer_seen *seen)
{
    renegotiate(ssl, seen, "bad", false);
}

static bool prepare_early(SSL_CTX *context, const char *directory)
{
    (void)directory;
    SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
    return SSL_CTX_set_max_early_data(context, 16384) == 1;
}

/* Resumes without a new key exchange, where the client says it may. */
static bool prepare_no_exchange(SSL_CTX *context, const char *directory)
{
    (void)directory;
#ifdef SSL_OP_PREFER_NO_DHE_KEX
    SSL_CTX_set_options(context, SSL_OP_ALLOW_NO_DHE_KEX | SSL_OP_PREFER_NO_DHE_KEX);
    return true;
#else
    (void)context;
    return false;
#endif
}

static bool prepare_psk13_early(SSL_CTX *context, const char *directory)
{
    SSL_CTX_set_psk_find_session_callback(context, stls_external_key_find);
    return prepare_early(context, directory);
}

static void converse_early(SSL *ssl, struct stls_peer_seen *seen)
{
    bool has_data = false;
    char request[512];
    size_t length;

    seen->outcome = STLS_PEER_REFUSED;
    for (;;) {
        int ret = SSL_read_early_data(ssl, request, sizeof request, &length);

        if (ret == SSL_READ_EARLY_DATA_SUCCESS) {
            has_data = has_data || length > 0;
            seen->outcome = has_data ? STLS_PEER_DATA : seen->outcome;
        } else if (ret == SSL_READ_EARLY_DATA_FINISH) {
            break;
        } else {
            return;
        }
    }
    if (SSL_accept(ssl) != 1)
        return;
    stls_peer_look(ssl, seen);
    if (!has_data) {
        stls_peer_answer(ssl, seen);
        return;
    }
    seen->outcome = STLS_PEER_DATA;
    SSL_write(ssl, "HTTP/1.0 200 OK\r\n\r\n", 19);
    SSL_shutdown(ssl);
}

static int give_secret(SSL *ssl, void *secret, int *length, STACK_OF(SSL_CIPHER) * ciphers,
                       const SSL_CIPHER **cipher, void *arg)
{
    (void)ssl, (void)ciphers, (void)cipher, (void)arg;
    memset(secret, 0x42, 48);
    *length = 48;
    return 1;
}

static void converse_secret(SSL *ssl, struct stls_peer_seen *seen)
{
    SSL_set_session_secret_cb(ssl, give_secret, NULL);
    if (stls_peer_accept(ssl, seen))
        stls_peer_answer(ssl, seen);
}

/* Speaks first, as mail servers do: a client may read before it writes. */
static void converse_greeting(SSL *ssl, struct stls_peer_seen *seen)
{
    if (!stls_peer_accept(ssl, seen))
        return;
    SSL_write(ssl, "220 ready\r\n", 11);
    stls_peer_answer(ssl, seen);
}

/* A server name that is acknowledged is kept in the client's session. */
static int acknowledge(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert, (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

static bool prepare_acknowledging(SSL_CTX *context, const char *directory)
{
    (void)directory;
    return SSL_CTX_set_tlsext_servername_callback(context, acknowledge) == 1;
}

const struct stls_peer_mode stls_peer_modes[] = {
    {.name = "plain-good", .identity = "good"},
    {.name = "plain-bad", .identity = "bad"},
    {.name = "acknowledging-good", .identity = "good", .prepare = prepare_acknowledging},
    {.name = "tls12-good", .identity = "good", .prepare = prepare_tls12},
    {.name = "tls12-bad", .identity = "bad", .prepare = prepare_tls12},
    {.name = "unbound", .identity = "good", .prepare = prepare_unbound},
    {.name = "greeting-good", .identity = "good", .converse = converse_greeting},
    {.name = "greeting-bad", .identity = "bad", .converse = converse_greeting},
    {.name = "request-good", .identity = "good", .prepare = prepare_request},
    {.name = "request-bad", .identity = "bad", .prepare = prepare_request},
    {.name = "lenient", .identity = "good", .prepare = prepare_lenient},
    {.name = "no-exchange", .identity = "good", .prepare = prepare_no_exchange},
    {.name = "two-good", .identity = "good", .ports = 2},
    {.name = "two-bad", .identity = "good", .ports = 2, .second_identity = "bad"},
    {.name = "two-shared-bad",
     .identity = "good",
     .ports = 2,
     .second_identity = "bad",
     .has_shared_tickets = true},
    {.name = "psk12", .identity = "bad", .prepare = prepare_psk12},
    {.name = "psk13", .identity = "bad", .prepare = prepare_psk13},
    {.name = "srp", .identity = NULL, .prepare = prepare_srp},
    {.name = "secret", .identity = "bad", .prepare = prepare_tls12, .converse = converse_secret},
    {.name = "renegotiate-good",
     .identity = "good",
     .prepare = prepare_renegotiation,
     .converse = renegotiate_good},
    {.name = "renegotiate-bad",
     .identity = "good",
     .prepare = prepare_renegotiation,
     .converse = renegotiate_bad},
    {.name = "renegotiated-resumed",
     .identity = "good",
     .prepare = prepare_resumed_renegotiation,
     .converse = renegotiated_good},
    {.name = "renegotiated-good",
     .identity = "good",
     .prepare = prepare_renegotiation,
     .converse = renegotiated_good},
    {.name = "renegotiated-bad",
     .identity = "good",
     .prepare = prepare_renegotiation,
     .converse = renegotiated_bad},
    {.name = "early-good",
     .identity = "good",
     .prepare = prepare_early,
     .converse = converse_early},
    {.name = "early-bad", .identity = "bad", .prepare = prepare_early, .converse = converse_early},
    {.name = "psk13-early",
     .identity = "bad",
     .prepare = prepare_psk13_early,
     .converse = converse_early},
    {.name = "dtls-good", .identity = "good", .is_datagram = true},
    {.name = "dtls-bad", .identity = "bad", .is_datagram = true},
    {.name = "dtls-lenient",
     .identity = "good",
     .is_datagram = true,
     .prepare = prepare_lenient_dtls},
    {.name = NULL},
};
