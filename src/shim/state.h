/* state.h - what we keep beside each SSL_CTX, SSL and SSL_SESSION.
 *
 * Owns: the records, kept in OpenSSL's ex_data so that they live exactly as long as their object.
 * A context's record is written when the context is made and by the program's own setters, which
 * OpenSSL already forbids to race with handshakes; a connection's record by the one thread that
 * works on the connection.
 */
#ifndef STLS_STATE_H
#define STLS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "openssl.h"
#include "policy_load.h"

typedef void stls_info_callback(const SSL *ssl, int where, int ret);
typedef int stls_security_callback(const SSL *ssl, const SSL_CTX *context, int op, int bits,
                                   int nid, void *other, void *ex);
typedef int stls_cert_verify_callback(X509_STORE_CTX *chain, void *arg);

/* ex_data indices of one libcrypto. */
struct stls_registration {
    int context;
    int connection;
    int session;
};

struct stls_context {
    const SSL_CTX *owner;
    uint32_t number;  /* counts contexts of this process, across fork */
    bool is_prepared; /* the hook has set its lists */
    bool is_client;   /* made with a client-only method */
    bool has_session_id_context;
    uint32_t asked; /* enum stls_asked, of its setters */
    stls_info_callback *program_info;
    stls_security_callback *program_security; /* enforcing: OpenSSL's own at first */
    stls_cert_verify_callback *program_cert_verify;
    void *program_cert_verify_arg;
};

struct stls_connection {
    const SSL *owner;
    const struct stls_policy *policy; /* of the handshake under way, or the last; NULL before */
    bool is_started;                  /* the policy was applied to the handshake under way */
    bool is_reported;                 /* one event a handshake */
    bool is_refused;                  /* for good: nothing passes gate 3 any more */
    bool has_session_id_context;
    bool is_verify_raised;                    /* by us, from what asked_verify says */
    int raised_verify;                        /* to this */
    int asked_verify;                         /* SSL_VERIFY_* as the program wanted it */
    uint32_t asked;                           /* enum stls_asked */
    int forgiven;                             /* X509_V_ERR_* that its verify callback let pass */
    stls_info_callback *program_info;         /* NULL: the context's */
    stls_security_callback *program_security; /* NULL: the context's */
    const SSL_CTX *context;                   /* whose callback the next is */
    stls_security_callback *context_security;
};

/* NULL for a context that attach never saw, and in mode off. */
struct stls_context *stls_context_of(const struct stls_openssl *openssl, const SSL_CTX *context);

/* Made at first use. NULL only where its context has none, or out of memory. */
struct stls_connection *stls_connection_of(const struct stls_openssl *openssl, const SSL *ssl);

/* What holds for a connection: from START on with the sections about its host; before that, and for
 * NULL, what holds for the process. */
const struct stls_policy *stls_policy_of(const struct stls_openssl *openssl, const SSL *ssl);
const struct stls_policy *stls_policy_of_connection(const struct stls_connection *connection);

/* For attach, as ex_data callbacks. */
struct stls_context *stls_context_make(const SSL_CTX *owner);
void stls_state_free(void *parent, void *record, CRYPTO_EX_DATA *ad, int index, long argl,
                     void *argp);
int stls_connection_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **record, int index,
                         long argl, void *argp);

#endif
