/* algorithms.h - versions, cipher suites, groups, signature algorithms: what is vetted.
 *
 * Owns: the answer of gate 3, and the lists that contexts and connections are given so that their
 * getters tell the truth and a list of the program's without any vetted entry becomes the vetted
 * one.
 */
#ifndef STLS_ALGORITHMS_H
#define STLS_ALGORITHMS_H

#include "../core/policy.h"

#include "openssl.h"
#include "vetted.h"

enum stls_answer {
    STLS_KEEP,   /* the program's choice stands */
    STLS_REFUSE, /* the policy says no, whatever the program chose */
};

enum {
    STLS_QUIC_VERSION = 1, /* what SSL_version says of it; in 3.2's headers OSSL_QUIC1_VERSION */
};

static inline bool stls_algorithms_is_dtls(int version)
{
    return (version & 0xff00) == (DTLS1_VERSION & 0xff00);
}

/* DTLS counts its versions down, and follows the TLS version it was made from. */
int stls_algorithms_version(int version, bool is_dtls);

/* True for a cipher or a cipher suite of the policy that vetted was made from. */
bool stls_algorithms_is_vetted(const struct stls_openssl *openssl, const struct stls_vetted *vetted,
                               const SSL_CIPHER *cipher);

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

/* True if it is about what signs a handshake before TLS 1.2, where nobody has a choice: then the
 * version and the security level are all there is to judge. */
bool stls_algorithms_are_of_version(struct stls_openssl *openssl, const SSL *ssl, int op);

/* A question to gate 3, as in SSL_CTX_set_security_callback(3). */
struct stls_question {
    const SSL *ssl;
    const SSL_CTX *context;
    int op, bits, number;
    const void *other;
};
enum stls_answer stls_algorithms_judge(struct stls_openssl *openssl,
                                       const struct stls_policy *policy,
                                       const struct stls_question *ask);

/* True if so many bits of strength are below the policy's level, for what has any. */
bool stls_algorithms_is_weak(const struct stls_policy *policy, int op, int bits);

/* The same for a cipher that was agreed on, by strength as well. */
enum stls_answer stls_algorithms_judge_cipher(struct stls_openssl *openssl,
                                              const struct stls_policy *policy,
                                              const SSL_CIPHER *cipher);

/* True for a version below the policy's floor, or above its ceiling, as it stands in a record or a
 * hello. */
bool stls_algorithms_is_old(const struct stls_policy *policy, int version);
bool stls_algorithms_is_new(const struct stls_policy *policy, int version);

/* False for a client before TLS 1.3 whose server knows no secure renegotiation (RFC 5746): somebody
 * else may have begun the connection that the server believes to go on. */
bool stls_algorithms_renegotiation_is_secure(const struct stls_openssl *openssl, const SSL *ssl);

/* By OpenSSL's numbers: what SSL_get_negotiated_group, SSL_get_peer_signature_type_nid and
 * SSL_get_peer_signature_nid return. */
bool stls_algorithms_is_group_vetted(const struct stls_policy *policy, int nid);
bool stls_algorithms_is_signature_vetted(const struct stls_policy *policy, int type, int digest);

#endif
