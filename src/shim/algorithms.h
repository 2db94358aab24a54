/* algorithms.h - versions, cipher suites, groups, signature algorithms: what a handshake may offer.
 *
 * Owns: the lists that contexts and connections are given so that their getters tell the truth and
 * a list of the program's without any vetted entry becomes the vetted one.
 */
#ifndef STLS_ALGORITHMS_H
#define STLS_ALGORITHMS_H

#include "../core/policy.h"

#include "openssl.h"

/* A new context: level and lists. True if it had ciphers that are not vetted. */
bool stls_algorithms_prepare_context(struct stls_openssl *openssl, SSL_CTX *context);

/* True if a cipher of the list is not vetted. */
bool stls_algorithms_has_unvetted(struct stls_openssl *openssl,
                                  const STACK_OF(SSL_CIPHER) * ciphers, bool is_tls13);

/* After the program set a cipher list: what is vetted of it, in its order. */
void stls_algorithms_narrow_context(struct stls_openssl *openssl, SSL_CTX *context);
void stls_algorithms_narrow_connection(struct stls_openssl *openssl, SSL *ssl,
                                       const struct stls_policy *policy);

/* One of them. */
struct stls_target {
    SSL_CTX *context;
    SSL *ssl;
};

/* What a control of SSL_CTX_ctrl or SSL_ctrl sets. */
enum stls_list {
    STLS_LIST_NONE,
    STLS_LIST_GROUPS,
    STLS_LIST_SIGALGS,
    STLS_LIST_CLIENT_SIGALGS, /* what a server asks of a client's certificate */
};
enum stls_list stls_algorithms_kind(int command);

/* The arguments of such a control. */
struct stls_control {
    int command;
    long number;
    void *pointer;
};
bool stls_algorithms_has_any_vetted(const struct stls_openssl *openssl,
                                    const struct stls_control *control);

/* The vetted list instead of what the control set. By the policy of the process: a host is known at
 * START. */
void stls_algorithms_set_vetted(const struct stls_openssl *openssl, struct stls_target target,
                                int command);

/* START: true if versions below the floor, or above the ceiling, are allowed, by the program or by
 * default. A low security level may have been raised by now. */
bool stls_algorithms_allows_old(const struct stls_openssl *openssl, SSL *ssl,
                                const struct stls_policy *policy, bool is_level_low);
bool stls_algorithms_allows_new(const struct stls_openssl *openssl, SSL *ssl,
                                const struct stls_policy *policy);

/* START: versions, options, level, and a list where none of it is vetted. */
void stls_algorithms_apply(struct stls_openssl *openssl, SSL *ssl, const struct stls_policy *policy,
                           bool is_prepared);

/* False for a client before TLS 1.3 whose server knows no secure renegotiation (RFC 5746): somebody
 * else may have begun the connection that the server believes to go on. */
bool stls_algorithms_renegotiation_is_secure(const struct stls_openssl *openssl, const SSL *ssl);

#endif
