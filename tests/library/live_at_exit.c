/* live_at_exit.c - a program that ends with a context and a connection still there, as most do.
 * Built with a leak checker, to which what we keep beside them must be reachable as well.
 */
#include <openssl/ssl.h>

static SSL_CTX *context;
static SSL *connection;

int main(void)
{
    context = SSL_CTX_new(TLS_client_method());
    connection = SSL_new(context);
    return connection == NULL;
}
