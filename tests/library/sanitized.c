/* sanitized.c - a program built with a sanitizer, which looks for libc's functions by dlsym before
 * anything else runs; says whether it could make a context.
 */
#include <openssl/ssl.h>
#include <stdio.h>

int main(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    puts(context != NULL ? "a context" : "no context");
    SSL_CTX_free(context);
    return 0;
}
