/* pair.c - two sides of a handshake, of which only one is in a process with the library.
 *
 * pair SIDE KEY CLIENT SERVER: is the client or the server itself; for the other it runs itself
 * again without LD_PRELOAD. CLIENT and SERVER are settings as in SSL_CONF_cmd(3), with spaces
 * between; KEY (rsa, rsa1024, p256, p521, ed25519) is of the server's certificate. Says "connected"
 * or "refused". Knows nothing of stricttls.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

static EVP_PKEY *make_key(const char *kind)
{
    if (strcmp(kind, "ed25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (kind[0] == 'p')
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", strcmp(kind, "p521") == 0 ? "P-521" : "P-256");
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
                             (size_t)(strcmp(kind, "rsa1024") == 0 ? 1024 : 2048));
}

static void certify(SSL_CTX *context, const char *kind)
{
    EVP_PKEY *key = make_key(kind);
    X509 *leaf = X509_new();

    X509_gmtime_adj(X509_getm_notBefore(leaf), -60);
    X509_gmtime_adj(X509_getm_notAfter(leaf), 3600);
    X509_set_pubkey(leaf, key);
    X509_sign(leaf, key, kind[0] == 'e' ? NULL : EVP_sha256());
    SSL_CTX_use_certificate(context, leaf);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(leaf);
    EVP_PKEY_free(key);
}

static SSL_CTX *prepare(bool is_server, char *settings)
{
    SSL_CTX *context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    SSL_CONF_CTX *words = SSL_CONF_CTX_new();

    SSL_CONF_CTX_set_flags(words, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER);
    SSL_CONF_CTX_set_ssl_ctx(words, context);
    for (char *word; context != NULL && (word = strsep(&settings, " ")) != NULL;) {
        char *name = strsep(&word, "=");

        if (name[0] != '\0' && SSL_CONF_cmd(words, name, word) <= 0)
            _exit(3);
    }
    SSL_CONF_CTX_free(words);
    return context;
}

static int shake_hands(bool is_server, int fd, const char *kind, char *settings)
{
    SSL_CTX *context = prepare(is_server, settings);
    char byte = 0;
    SSL *ssl;

    if (context == NULL)
        return 1;
    if (is_server)
        certify(context, kind);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    /* One byte to and fro: in TLS 1.3 a client is done before its server has accepted it. */
    return is_server ? SSL_accept(ssl) != 1 || SSL_write(ssl, "", 1) != 1
                     : SSL_connect(ssl) != 1 || SSL_read(ssl, &byte, 1) != 1;
}

int main(int argc, char **argv)
{
    bool is_server = argc > 4 && strcmp(argv[1], "server") == 0;
    int ends[2], is_refused;

    if (argc == 6) /* the other */
        return shake_hands(is_server, (int)strtol(argv[5], NULL, 10), argv[2],
                           argv[is_server ? 4 : 3]);
    if (argc != 5 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 2;
    if (fork() == 0) {
        char number[16];

        snprintf(number, sizeof number, "%d", ends[1]);
        unsetenv("LD_PRELOAD");
        close(ends[0]);
        execl("/proc/self/exe", "pair", is_server ? "client" : "server", argv[2], argv[3], argv[4],
              number, NULL);
        _exit(4);
    }
    close(ends[1]);
    is_refused = shake_hands(is_server, ends[0], argv[2], argv[is_server ? 4 : 3]);
    close(ends[0]);
    wait(NULL);
    puts(is_refused ? "refused" : "connected");
    return 0;
}
