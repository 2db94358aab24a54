/* unknown_client.c - a client of whatever libssl there is: says how far it came. */
#include <stdio.h>

#include <openssl/ssl.h>

int main(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl;

    if (context == NULL) {
        puts("no context");
        return 1;
    }
    if (SSL_CTX_set_cipher_list(context, "ALL") != 1)
        puts("no ciphers");
    ssl = SSL_new(context);
    SSL_set_info_callback(ssl, NULL);
    puts(SSL_connect(ssl) == 1 ? "connected" : "not connected");
    return 0;
}
