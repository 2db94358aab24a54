/* tell.h - a client and a server in one process, that tell all they see of their TLS.
 *
 * Owns: what a scenario is and how it is run. The program knows nothing of the library under test;
 * what it prints must be the same with and without it, byte for byte.
 */
#ifndef STLS_TRANSPARENT_TELL_H
#define STLS_TRANSPARENT_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

struct stls_scenario {
    const char *name;
    const char *what;
    bool is_fine;   /* enforcement would have nothing to say */
    bool is_repeat; /* twice: the second with the first's session, written out and read back */
    /* Any may be NULL. */
    void (*prepare)(SSL_CTX *client, SSL_CTX *server);
    void (*connect)(SSL *client, SSL *server);
    void (*after)(SSL *client, SSL *server);
    /* NULL: TLS_client_method. */
    const SSL_METHOD *(*method)(void);
    const char *identity; /* of the server: "good" (NULL) or "bad" */
};

extern const struct stls_scenario stls_scenarios[]; /* ends with a name of NULL */

/* The directory of good.pem, good.key, bad.pem, bad.key and root.pem. */
extern const char *stls_tell_directory;

void stls_tell_path(char *path, size_t size, const char *name);

/* What is on OpenSSL's queue, which is empty afterwards, and errno. */
void stls_tell_errors(const char *who);

/* All getters. */
void stls_tell_context(const char *who, SSL_CTX *context);
void stls_tell_connection(const char *who, SSL *ssl);

#endif
