/* verdict.h - what is wrong with a peer, and by which word of the policy.
 *
 * Owns: what is judged once a chain has been verified (the names in its leaf, the pins), and how a
 * verdict is told. No code of the program runs below.
 */
#ifndef STLS_VERDICT_H
#define STLS_VERDICT_H

#include "openssl.h"
#include "safe_chain.h"
#include "state.h"

/* What was decided, and by which word of the policy. */
struct stls_verdict {
    struct stls_safe_result chain; /* .error and .forgiven: of all that was judged */
    const char *rule;
    const char *reason; /* NULL: the chain's fault, or OpenSSL's words for error */
    bool is_uncertain, is_refused_anyway; /* as in struct stls_refusal */
};

/* Each leaves the verdict alone where nothing is wrong. */
void stls_verdict_check_names(const struct stls_openssl *openssl, SSL *ssl,
                              const struct stls_policy *policy, X509_STORE_CTX *chain,
                              struct stls_verdict *verdict);
void stls_verdict_check_pins(const struct stls_openssl *openssl, const struct stls_policy *policy,
                             X509_STORE_CTX *chain, struct stls_verdict *verdict);

/* As the refusal that it is, or in audit mode would be. */
void stls_verdict_report(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                         X509_STORE_CTX *chain, const struct stls_verdict *verdict);

#endif
