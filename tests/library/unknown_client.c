/* unknown_client.c - a client of whatever libssl there is: says how far it came. */
#include <stdio.h>

#include <openssl/ssl.h>

int main(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL) {
        puts("no context");
        return 1;
    }
    puts(SSL_connect(SSL_new(context)) == 1 ? "connected" : "not connected");
    return 0;
}
