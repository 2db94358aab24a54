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

SSL *SSL_new(SSL_CTX *context)
{
    return (SSL *)context;
}

int SSL_connect(SSL *ssl)
{
    return ssl != NULL;
}
