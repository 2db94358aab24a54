/* safe_chain.h - X509_verify_cert, made safe.
 *
 * Owns: the choice of trust anchors, and how many passes (safe_pass) are needed so that nothing the
 * program set (callbacks, flags, times, purposes, store functions) can make pass what would fail
 * without it.
 * Must not: look at names, or decide what a policy asks for.
 */
#ifndef STLS_SAFE_CHAIN_H
#define STLS_SAFE_CHAIN_H

#include "openssl.h"
#include "safe_pass.h"

#include "../core/policy.h"

struct stls_safe_chain {
    struct stls_openssl *openssl;
    X509_STORE_CTX *chain; /* what libssl or the program will look at afterwards */
    SSL *ssl;
    const struct stls_policy *policy;
    bool is_server;      /* we are; the chain is a client's */
    bool is_beside;      /* leave chain untouched: the program verifies it as well */
    bool is_quiet;       /* beside, and call no function of the program's a second time */
    bool has_passed;     /* the program has just verified the chain, with success */
    bool is_indifferent; /* bare, the program would have accepted the chain as it is */
    struct stls_safe_result result; /* out */
};

void stls_safe_chain_run(struct stls_safe_chain *run);

/* True if the program's functions take part in what is verified by this store: who issued what,
 * what is trusted, what is revoked. */
bool stls_safe_chain_has_functions(const struct stls_openssl *openssl, const X509_STORE *store);

/* How much the program's store holds; and later, when its functions have had the chain, whether an
 * anchor was there already. They may have put in what the peer sent; what came from elsewhere, as
 * by a look-up in a directory, is the program's. */
int stls_safe_chain_count(const struct stls_openssl *openssl, const X509_STORE_CTX *chain);
bool stls_safe_chain_was_there(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                               const X509 *anchor, int count);

/* True if the certificate is one of the chain's store, by the store's plain look-up. */
bool stls_safe_chain_is_anchor(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                               X509 *certificate);

#endif
