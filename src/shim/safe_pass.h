/* safe_pass.h - one run of X509_verify_cert that nothing the program set makes easier to pass.
 *
 * Owns: the parameters and functions of a chain that is verified, the program's verify callback
 * behind ours, and ChainRules as the last step.
 * Must not: choose trust anchors, or run anything twice.
 */
#ifndef STLS_SAFE_PASS_H
#define STLS_SAFE_PASS_H

#include "openssl.h"

#include "../core/policy.h"
#include "../core/profile.h"

/* What makes verification easier to pass. */
#define STLS_UNSAFE_FLAGS                                                                          \
    (X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_IGNORE_CRITICAL |        \
     X509_V_FLAG_ALLOW_PROXY_CERTS)

/* By whose trust anchors a peer was verified. */
enum stls_anchors {
    STLS_ANCHORS_PROGRAM,
    STLS_ANCHORS_SYSTEM, /* though the program had loaded none that would do */
};

/* What came of it. */
struct stls_safe_result {
    int error;                       /* X509_V_ERR_*, X509_V_OK if it passes */
    struct stls_profile_fault fault; /* .reason is not NULL where it was ChainRules that refused */
    int trust_error;                 /* an errno, where the policy's anchors can't be loaded */
    int forgiven;                    /* what the program's verify callback let pass, or X509_V_OK */
    enum stls_anchors anchors;
    X509 *anchor; /* the last of the verified chain, to be freed; NULL if it does not pass */
};

struct stls_safe_pass {
    const struct stls_openssl *openssl;
    bool is_server;
    const struct stls_policy *policy;
    SSL_verify_cb program;           /* its verify callback, NULL if it is not to be called */
    bool is_lenient;                 /* what only the program demands is left to the program */
    struct stls_safe_result *result; /* out: fault, forgiven, anchor */
    int forgiven;                    /* the first error to which it answered "go on" */
    bool has_forgiven;               /* it did so last */
    int left_error;                  /* what it then left as the chain's error */
};

/* X509_V_OK, with the anchor kept, or the error. pass->policy, program, is_lenient and result
 * are set. */
int stls_safe_pass_verify(const struct stls_openssl *openssl, X509_STORE_CTX *chain, bool is_server,
                          struct stls_safe_pass *pass);

/* The last of the chain that was built; NULL if none was. */
X509 *stls_safe_pass_last_of(const struct stls_openssl *openssl, X509_STORE_CTX *chain);
void stls_safe_pass_keep_anchor(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                                struct stls_safe_pass *pass);

/* X509_PURPOSE_add can change what OpenSSL takes for a server's or a client's certificate. */
bool stls_safe_pass_is_for_role(const struct stls_openssl *openssl, X509 *leaf, bool is_server);

#endif
