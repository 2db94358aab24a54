/* unknown_libssl.c - a libssl that is none of OpenSSL's: it has what a careless client calls, and
 * answers that all is well. What the library would need of it is not there.
 */
#include <openssl/ssl.h>

#pragma GCC visibility push(default)

static char something;

const SSL_METHOD *TLS_client_method(void)
{
    return (const SSL_METHOD *)&something;
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    return method != NULL ? (SSL_CTX *)&something : NULL;
}

int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list)
{
    return context != NULL && list != NULL;
}

void SSL_set_info_callback(SSL *ssl, void (*callback)(const SSL *ssl, int where, int ret))
{
    (void)ssl, (void)callback;
}

SSL *SSL_new(SSL_CTX *context)
{
    return (SSL *)context;
}

int SSL_connect(SSL *ssl)
{
    return ssl != NULL;
}
