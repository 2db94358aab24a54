/* algorithms_judge.h - one version, cipher, group or signature algorithm: is it vetted?
 *
 * Owns: the answer of gate 3. Asked about a hundred times a handshake, so it is compiled to be
 * fast.
 */
#ifndef STLS_ALGORITHMS_JUDGE_H
#define STLS_ALGORITHMS_JUDGE_H

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

/* The same for a cipher that was agreed on, by strength as well. */
enum stls_answer stls_algorithms_judge_cipher(struct stls_openssl *openssl,
                                              const struct stls_policy *policy,
                                              const SSL_CIPHER *cipher);

/* True if so many bits of strength are below the policy's level, for what has any. */
bool stls_algorithms_is_weak(const struct stls_policy *policy, int op, int bits);

/* True for a version below the policy's floor, or above its ceiling, as it stands in a record or a
 * hello. */
bool stls_algorithms_is_old(const struct stls_policy *policy, int version);
bool stls_algorithms_is_new(const struct stls_policy *policy, int version);

/* By OpenSSL's numbers: what SSL_get_negotiated_group, SSL_get_peer_signature_type_nid and
 * SSL_get_peer_signature_nid return. */
bool stls_algorithms_is_group_vetted(const struct stls_policy *policy, int nid);
bool stls_algorithms_is_signature_vetted(const struct stls_policy *policy, int type, int digest);

#endif
