/* victim_memory.c - client and server in one process, over memory: for what the lab has no server
 * for, and where the program is the server.
 */
#include "victim.h"

#include <stdio.h>
#include <unistd.h>

#include <openssl/err.h>

/* Any 32 bytes that both know. */
static const unsigned char secret[32] = {1, 2, 3};
static const unsigned char name[] = "us";

static SSL_SESSION *psk_session(SSL *ssl)
{
    static const unsigned char aes_128_gcm_sha256[] = {0x13, 0x01};
    SSL_SESSION *session = SSL_SESSION_new();

    if (session != NULL && SSL_SESSION_set1_master_key(session, secret, sizeof secret) &&
        SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, aes_128_gcm_sha256)) &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

static int use_psk(SSL *ssl, const EVP_MD *digest, const unsigned char **id, size_t *length,
                   SSL_SESSION **session)
{
    (void)digest;
    *id = name;
    *length = sizeof name - 1;
    *session = psk_session(ssl);
    return 1;
}

static int find_psk(SSL *ssl, const unsigned char *id, size_t length, SSL_SESSION **session)
{
    (void)id, (void)length;
    *session = psk_session(ssl);
    return 1;
}

static SSL_CTX *server_context(const struct victim *victim)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    char chain[1024], key[1024];

    if (context == NULL)
        return NULL;
    if (victim->is_psk) {
        SSL_CTX_set_psk_find_session_callback(context, find_psk);
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
        return context;
    }
    snprintf(chain, sizeof chain, "%s/chain.pem", victim->identity);
    snprintf(key, sizeof key, "%s/key.pem", victim->identity);
    if (SSL_CTX_use_certificate_chain_file(context, chain) &&
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* Lets both take turns until neither moves; the error that remains is of the one that failed. */
static bool shake_hands(SSL *client, SSL *server)
{
    int from_client = -1, from_server = -1;

    for (int turn = 0; turn < 20 && (from_client != 1 || from_server != 1); turn++) {
        SSL *sides[] = {client, server};
        int *results[] = {&from_client, &from_server};

        for (int i = 0; i < 2; i++) {
            int error;

            if (*results[i] == 1)
                continue;
            *results[i] = SSL_do_handshake(sides[i]);
            error = SSL_get_error(sides[i], *results[i]);
            if (*results[i] == 1 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
                continue;
            if (i == 1)
                SSL_do_handshake(client); /* it hears of it */
            return false;
        }
    }
    return from_client == 1 && from_server == 1;
}

bool victim_in_memory(const struct victim *victim, SSL_CTX *context)
{
    SSL_CTX *serving = server_context(victim);
    SSL *client = SSL_new(context);
    SSL *server = serving != NULL ? SSL_new(serving) : NULL;
    BIO *near = NULL, *far = NULL;
    bool is_connected = false;
    int unused = victim->has_connected ? victim_open_socket(victim) : -1;

    if (client != NULL && server != NULL && BIO_new_bio_pair(&near, 0, &far, 0)) {
        SSL_set_bio(client, near, near);
        SSL_set_bio(server, far, far);
        SSL_set_connect_state(client);
        SSL_set_accept_state(server);
        if (!victim->has_no_name)
            SSL_set_tlsext_host_name(client, victim->host);
        if (victim->is_psk)
            SSL_set_psk_use_session_callback(client, use_psk);
        is_connected = shake_hands(client, server);
        victim_tell(client, is_connected);
    } else {
        printf("no connection in memory\n");
        ERR_print_errors_fp(stdout);
    }
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(serving);
    if (unused >= 0)
        close(unused);
    return is_connected;
}
