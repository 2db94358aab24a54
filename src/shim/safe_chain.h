/* safe_chain.h - X509_verify_cert, made safe.
 *
 * Owns: runs of OpenSSL's chain verification in which nothing that the program set (callbacks,
 * flags, times, purposes, store functions) can make pass what would fail without it, and the choice
 * of trust anchors.
 * Must not: look at names, or decide what a policy asks for.
 */
#ifndef STLS_SAFE_CHAIN_H
#define STLS_SAFE_CHAIN_H

#include "openssl.h"
#include "session.h"

struct stls_safe_chain {
    /* in */
    struct stls_openssl *openssl;
    X509_STORE_CTX *chain; /* what libssl or the program will look at afterwards */
    SSL *ssl;
    bool is_server;      /* we are; the chain is a client's */
    bool is_beside;      /* leave chain untouched: the program verifies it as well */
    bool is_indifferent; /* bare, the program would have accepted the chain as it is */
    /* out */
    int error; /* X509_V_ERR_*, X509_V_OK if it passes */
    enum stls_anchors anchors;
};

void stls_safe_chain_run(struct stls_safe_chain *run);

#endif
