/* verify.c - see verify.h */
#include "verify.h"

#include "policy_load.h"
#include "safe_chain.h"
#include "session.h"
#include "trust.h"
#include "verdict.h"

#include "../core/asked.h"

#include "../core/banned.h"

/* Who verifies the program's chain. */
enum turn {
    WE_ALONE,
    WE_FIRST, /* so we use one of our own */
    WE_AFTER, /* the same, and the program has just accepted it, by OpenSSL's verification */
};

static void judge(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain, enum turn turn,
                  bool is_indifferent, struct stls_verdict *ret)
{
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);
    bool has_leaf = openssl->X509_STORE_CTX_get0_cert(chain) != NULL;
    struct stls_safe_chain run = {
        .openssl = openssl,
        .chain = chain,
        .ssl = ssl,
        .policy = policy,
        .is_server = openssl->SSL_is_server(ssl) != 0,
        .is_beside = turn != WE_ALONE,
        .has_passed = turn == WE_AFTER,
        .is_quiet = policy->mode == STLS_MODE_AUDIT,
        .is_indifferent = is_indifferent && has_leaf,
    };
    struct stls_guard guard;

    *ret = (struct stls_verdict){.rule = run.is_server ? "VerifyClient" : "VerifyPeer=require"};
    /* A raw public key has no name and no chain: only the program can know whether it is the right
     * one, and only where the policy lets it. */
    if (!has_leaf && policy->allow_raw_public_key == STLS_ALLOW_NO) {
        ret->chain.error = X509_V_ERR_CERT_UNTRUSTED;
        ret->rule = "AllowRawPublicKey=no";
        ret->reason = "raw public key";
        return;
    }
    stls_safe_chain_run(&run);
    ret->chain = run.result;
    if (!has_leaf)
        ret->rule = "AllowRawPublicKey=yes";
    if (!has_leaf || ret->chain.error != X509_V_OK || run.is_server)
        return;
    guard = stls_guard_enter(openssl);
    stls_verdict_check_names(openssl, ssl, policy, chain, ret);
    if (ret->chain.error == X509_V_OK)
        stls_verdict_check_pins(openssl, policy, chain, ret);
    stls_guard_leave(guard);
}

/* Without VerifyPeer=require the chain is the program's business; a pinned key is not. */
static void judge_pins(const struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain,
                       struct stls_verdict *ret)
{
    struct stls_guard guard = stls_guard_enter(openssl);

    *ret = (struct stls_verdict){.chain.error = X509_V_OK};
    stls_verdict_check_pins(openssl, stls_policy_of(openssl, ssl), chain, ret);
    stls_guard_leave(guard);
}

/* The server is to be known by a pinned key alone. */
static bool is_by_pins(const struct stls_openssl *openssl, const SSL *ssl)
{
    return !openssl->SSL_is_server(ssl) &&
           stls_policy_of(openssl, ssl)->verify_peer != STLS_VERIFY_PEER_REQUIRE;
}

/* The program would accept what its own anchors do not vouch for. */
static bool forgives(const struct stls_openssl *openssl, const SSL *ssl,
                     const X509_STORE_CTX *chain)
{
    const X509_STORE *store = openssl->X509_STORE_CTX_get0_store(chain);

    return openssl->SSL_get_verify_callback(ssl) != NULL ||
           openssl->X509_STORE_get_verify_cb(store) != NULL;
}

static bool is_name_error(int error)
{
    return error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

static void note_forgiven(struct stls_connection *connection, int error)
{
    connection->forgiven = error;
    connection->asked &= ~(uint32_t)STLS_ASKED_FORGIVENESS;
    if (error != X509_V_OK)
        connection->asked |= STLS_ASKED_FORGIVENESS;
}

int stls_verify_as_program(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    int ret;

    if (context != NULL && context->program_cert_verify != NULL)
        return context->program_cert_verify(chain, context->program_cert_verify_arg);
    ret = openssl->X509_verify_cert(chain);
    return ret < 0 ? 0 : ret;
}

/* The chain's error is ours, and it counts. */
static int refuse(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain,
                  const struct stls_verdict *verdict)
{
    int mode = openssl->SSL_get_verify_mode(ssl);

    openssl->X509_STORE_CTX_set_error(chain, verdict->chain.error);
    if ((mode & SSL_VERIFY_PEER) == 0) /* it was lowered since START */
        openssl->SSL_set_verify(ssl, mode | SSL_VERIFY_PEER, NULL);
    return 0;
}

/* The chain as the program wants it, or not at all; then the key. */
static int enforce_pins(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                        X509_STORE_CTX *chain)
{
    bool asked_none = (connection->asked_verify & SSL_VERIFY_PEER) == 0;
    int ret = stls_verify_as_program(openssl, ssl, chain);
    struct stls_verdict verdict;

    if (ret <= 0 && !asked_none)
        return ret;
    judge_pins(openssl, ssl, chain, &verdict);
    if (verdict.chain.error == X509_V_OK) {
        stls_session_mark(openssl, ssl, connection, verdict.chain.anchors, NULL);
        return 1;
    }
    stls_verdict_report(openssl, ssl, connection, chain, &verdict);
    return refuse(openssl, ssl, chain, &verdict);
}

/* The peer did not send all of its chain. */
static bool is_incomplete(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* Where the program's own function has accepted a chain, it may have completed it, as squid's does.
 * An anchor that it has brought along with the certificates is none. */
static void judge_completed(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain,
                            const X509 *leaf, int count, struct stls_verdict *verdict)
{
    struct stls_verdict second;

    if (!is_incomplete(verdict->chain.error) || leaf != openssl->X509_STORE_CTX_get0_cert(chain))
        return;
    judge(openssl, ssl, chain, WE_FIRST, true, &second);
    if (second.chain.error == X509_V_OK && second.chain.anchors == STLS_ANCHORS_PROGRAM &&
        !stls_safe_chain_was_there(openssl, chain, second.chain.anchor, count))
        openssl->X509_free(second.chain.anchor);
    else
        *verdict = second;
}

int stls_verify_enforce(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                        X509_STORE_CTX *chain)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    bool has_own = context != NULL && context->program_cert_verify != NULL;
    bool asked_none = (connection->asked_verify & SSL_VERIFY_PEER) == 0;
    int count = stls_safe_chain_count(openssl, chain);
    const X509 *leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    struct stls_verdict verdict;
    bool is_asked;
    int ret = 1;

    if (is_by_pins(openssl, ssl))
        return enforce_pins(openssl, ssl, connection, chain);
    /* The program's own verification must accept as well, so that the system's anchors can only
     * make it stricter. */
    judge(openssl, ssl, chain, has_own ? WE_FIRST : WE_ALONE, has_own || asked_none, &verdict);
    note_forgiven(connection, verdict.chain.forgiven);
    is_asked = has_own && (verdict.chain.error == X509_V_OK || is_incomplete(verdict.chain.error));
    if (is_asked)
        ret = stls_verify_as_program(openssl, ssl, chain);
    if (is_asked && ret > 0)
        judge_completed(openssl, ssl, chain, leaf, count, &verdict);
    if (verdict.chain.error == X509_V_OK) {
        /* Its refusal counts for nothing where it asked for no verification. */
        if (connection->asked_verify == SSL_VERIFY_NONE && !openssl->SSL_is_server(ssl))
            ret = 1;
        if (ret > 0)
            stls_session_mark(openssl, ssl, connection, verdict.chain.anchors,
                              verdict.chain.anchor);
        openssl->X509_free(verdict.chain.anchor);
        return ret;
    }
    openssl->X509_free(verdict.chain.anchor);
    stls_verdict_report(openssl, ssl, connection, chain, &verdict);
    if (has_own && !is_asked) /* it may want to see the certificates all the same */
        (void)stls_verify_as_program(openssl, ssl, chain);
    return refuse(openssl, ssl, chain, &verdict);
}

/* The program's functions may change the store that the chain is judged by; then we come first,
 * unless its store has functions that no chain of ours can do without. */
static bool comes_first(const struct stls_openssl *openssl, const SSL *ssl,
                        const X509_STORE_CTX *chain, bool has_own)
{
    return (has_own || forgives(openssl, ssl, chain)) &&
           !stls_safe_chain_has_functions(openssl, openssl->X509_STORE_CTX_get0_store(chain));
}

int stls_verify_audit(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                      X509_STORE_CTX *chain)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    bool has_own = context != NULL && context->program_cert_verify != NULL;
    bool is_first = !is_by_pins(openssl, ssl) && comes_first(openssl, ssl, chain, has_own);
    int count = stls_safe_chain_count(openssl, chain);
    const X509 *leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    struct stls_verdict verdict = {0};
    struct stls_guard guard;
    bool asks_none;
    int ret;

    if (is_first) {
        guard = stls_guard_enter(openssl);
        judge(openssl, ssl, chain, WE_FIRST, true, &verdict);
        stls_guard_leave(guard);
    }
    ret = stls_verify_as_program(openssl, ssl, chain);
    guard = stls_guard_enter(openssl);
    asks_none = (openssl->SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) == 0;
    if (asks_none)
        connection->asked_verify = SSL_VERIFY_NONE;
    if (is_first && ret <= 0 && !asks_none && !has_own) { /* it is held to its own anchors */
        openssl->X509_free(verdict.chain.anchor);
        judge(openssl, ssl, chain, WE_FIRST, false, &verdict);
    } else if (is_by_pins(openssl, ssl)) {
        judge_pins(openssl, ssl, chain, &verdict);
    } else if (!is_first) {
        judge(openssl, ssl, chain, ret > 0 && !has_own ? WE_AFTER : WE_FIRST,
              asks_none || has_own || (ret > 0 && forgives(openssl, ssl, chain)), &verdict);
    } else if (has_own && ret > 0) {
        judge_completed(openssl, ssl, chain, leaf, count, &verdict);
    }
    /* Its callback is not called a second time: what it let pass is what we would not. */
    if (verdict.chain.error != X509_V_OK && ret > 0 && !asks_none && !has_own &&
        !is_name_error(verdict.chain.error) && forgives(openssl, ssl, chain))
        note_forgiven(connection, verdict.chain.error);
    verdict.is_refused_anyway = ret <= 0 && (!asks_none || openssl->SSL_is_server(ssl));
    if (verdict.chain.error == X509_V_OK)
        stls_session_mark(openssl, ssl, connection, verdict.chain.anchors, verdict.chain.anchor);
    else
        stls_verdict_report(openssl, ssl, connection, chain, &verdict);
    openssl->X509_free(verdict.chain.anchor);
    stls_guard_leave(guard);
    return ret;
}

/* What DANE found is kept in the SSL, where a second verification would change it. It begins with
 * its context, if it has been enabled, in every version from 1.1.1 to 4.0. */
static bool has_dane(const struct stls_openssl *openssl, SSL *ssl)
{
    const void *const *dane = (const void *)openssl->SSL_get0_dane(ssl);

    return dane != NULL && *dane != NULL;
}

void stls_verify_again(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    bool asks_none = (connection->asked_verify & SSL_VERIFY_PEER) == 0;
    X509_STORE *store = stls_trust_program_store(openssl, ssl);
    X509 *leaf = openssl->SSL_SESSION_get0_peer(openssl->SSL_get_session(ssl));
    X509_STORE_CTX *chain = has_dane(openssl, ssl) ? NULL : openssl->X509_STORE_CTX_new();
    struct stls_verdict verdict;

    if (chain != NULL &&
        openssl->X509_STORE_CTX_init(chain, store, leaf, openssl->SSL_get_peer_cert_chain(ssl)) &&
        openssl->X509_VERIFY_PARAM_set1(openssl->X509_STORE_CTX_get0_param(chain),
                                        openssl->SSL_get0_param(ssl))) {
        if (is_by_pins(openssl, ssl))
            judge_pins(openssl, ssl, chain, &verdict);
        else
            judge(openssl, ssl, chain, WE_FIRST, asks_none, &verdict);
        verdict.is_uncertain = true;
        if (verdict.chain.error != X509_V_OK)
            stls_verdict_report(openssl, ssl, connection, chain, &verdict);
        openssl->X509_free(verdict.chain.anchor);
    }
    openssl->X509_STORE_CTX_free(chain);
}
