/* external_key.h - a pre-shared key from outside of any connection: both sides' callbacks, for
 * victims and peers alike. In TLS 1.3 it allows early data.
 */
#ifndef STLS_ESCAPE_EXTERNAL_KEY_H
#define STLS_ESCAPE_EXTERNAL_KEY_H

#include <openssl/ssl.h>

/* For SSL_CTX_set_psk_client_callback and SSL_CTX_set_psk_server_callback. */
unsigned stls_external_key_of_client(SSL *ssl, const char *hint, char *identity,
                                     unsigned identity_size, unsigned char *key, unsigned size);
unsigned stls_external_key_of_server(SSL *ssl, const char *identity, unsigned char *key,
                                     unsigned size);

/* TLS 1.3. For SSL_CTX_set_psk_use_session_callback: the client has the key. */
int stls_external_key_offer(SSL *ssl, const EVP_MD *digest, const unsigned char **id,
                            size_t *length, SSL_SESSION **session);

/* For SSL_CTX_set_psk_find_session_callback: so has the server. */
int stls_external_key_find(SSL *ssl, const unsigned char *id, size_t length, SSL_SESSION **session);

#endif
