/* safe_chain.c - see safe_chain.h */
#include "safe_chain.h"

#include "chain_rules.h"
#include "policy_load.h"
#include "safe_pass.h"
#include "trust.h"

#include "../core/banned.h"

/* The same on a chain of our own, from the peer's certificates and this store's anchors. The
 * original is left alone. The chain is in ret_chain, to be freed, if it is asked for. */
static int verify_beside(const struct stls_safe_chain *run, X509_STORE *store, bool has_no_lists,
                         struct stls_safe_pass *pass, X509_STORE_CTX **ret_chain)
{
    const struct stls_openssl *openssl = run->openssl;
    struct stls_guard guard = stls_guard_enter(openssl);
    X509_STORE_CTX *chain = openssl->X509_STORE_CTX_new();
    int error =
        store != NULL ? X509_V_ERR_OUT_OF_MEM : X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

    if (chain != NULL && store != NULL &&
        openssl->X509_STORE_CTX_init(chain, store, openssl->X509_STORE_CTX_get0_cert(run->chain),
                                     openssl->X509_STORE_CTX_get0_untrusted(run->chain)) &&
        openssl->X509_VERIFY_PARAM_set1(openssl->X509_STORE_CTX_get0_param(chain),
                                        openssl->X509_STORE_CTX_get0_param(run->chain)) &&
        openssl->X509_STORE_CTX_set_ex_data(chain, openssl->SSL_get_ex_data_X509_STORE_CTX_idx(),
                                            run->ssl)) {
        openssl->X509_STORE_CTX_set0_dane(chain, openssl->SSL_get0_dane(run->ssl));
        if (run->is_indifferent) /* then its depth is no choice either */
            openssl->X509_VERIFY_PARAM_set_depth(openssl->X509_STORE_CTX_get0_param(chain), 100);
        if (has_no_lists) /* of revocation; they were looked at before */
            openssl->X509_VERIFY_PARAM_clear_flags(openssl->X509_STORE_CTX_get0_param(chain),
                                                   X509_V_FLAG_CRL_CHECK |
                                                       X509_V_FLAG_CRL_CHECK_ALL);
        error = stls_safe_pass_verify(openssl, chain, run->is_server, pass);
    }
    if (ret_chain != NULL)
        *ret_chain = chain;
    else
        openssl->X509_STORE_CTX_free(chain);
    stls_guard_leave(guard);
    return error;
}

/* Functions of the program's in its store that decide who issued what, and what is trusted. They
 * are copied into each chain and can't be replaced there. */
static bool has_own_functions(const struct stls_openssl *openssl, const X509_STORE *store)
{
    return openssl->X509_STORE_get_check_issued(store) != NULL ||
           openssl->X509_STORE_get_get_issuer(store) != NULL ||
           openssl->X509_STORE_get_lookup_certs(store) != NULL;
}

bool stls_safe_chain_has_functions(const struct stls_openssl *openssl, const X509_STORE *store)
{
    return has_own_functions(openssl, store) ||
           openssl->X509_STORE_get_lookup_crls(store) != NULL ||
           openssl->X509_STORE_get_get_crl(store) != NULL ||
           openssl->X509_STORE_get_check_crl(store) != NULL ||
           openssl->X509_STORE_get_cert_crl(store) != NULL ||
           openssl->X509_STORE_get_check_revocation(store) != NULL ||
           openssl->X509_STORE_get_check_policy(store) != NULL;
}

bool stls_safe_chain_is_anchor(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                               X509 *certificate)
{
    STACK_OF(X509) *found =
        openssl->X509_STORE_CTX_get1_certs(chain, openssl->X509_get_subject_name(certificate));
    bool is_found = false;

    for (int i = 0; i < openssl->OPENSSL_sk_num((const OPENSSL_STACK *)found); i++)
        is_found = is_found ||
                   openssl->X509_cmp(openssl->OPENSSL_sk_value((const OPENSSL_STACK *)found, i),
                                     certificate) == 0;
    openssl->OPENSSL_sk_pop_free((OPENSSL_STACK *)found,
                                 (void (*)(void *))(uintptr_t)openssl->X509_free);
    return is_found;
}

int stls_safe_chain_count(const struct stls_openssl *openssl, const X509_STORE_CTX *chain)
{
    return openssl->OPENSSL_sk_num((const OPENSSL_STACK *)openssl->X509_STORE_get0_objects(
        openssl->X509_STORE_CTX_get0_store(chain)));
}

bool stls_safe_chain_was_there(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                               const X509 *anchor, int count)
{
    const OPENSSL_STACK *sent =
        (const OPENSSL_STACK *)openssl->X509_STORE_CTX_get0_untrusted(chain);
    bool is_sent = openssl->X509_cmp(openssl->X509_STORE_CTX_get0_cert(chain), anchor) == 0;

    for (int i = 0; i < openssl->OPENSSL_sk_num(sent); i++)
        is_sent = is_sent || openssl->X509_cmp(openssl->OPENSSL_sk_value(sent, i), anchor) == 0;
    return !is_sent || count == stls_safe_chain_count(openssl, chain);
}

/* The chain that such functions led to, once more with OpenSSL's own, to the same anchor. */
static int verify_without_functions(const struct stls_safe_chain *run, X509_STORE_CTX *chain,
                                    struct stls_profile_fault *ret_fault)
{
    const struct stls_openssl *openssl = run->openssl;
    X509 *last = stls_safe_pass_last_of(openssl, chain);
    struct stls_safe_result result = {.error = X509_V_OK};
    struct stls_safe_pass pass = {.policy = run->policy, .result = &result};
    X509_STORE *store;
    int error = X509_V_ERR_OUT_OF_MEM;

    if (last == NULL || !stls_safe_chain_is_anchor(openssl, chain, last))
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    store = openssl->X509_STORE_new();
    if (store != NULL && openssl->X509_STORE_add_cert(store, last))
        error = verify_beside(run, store, true, &pass, NULL);
    *ret_fault = result.fault;
    openssl->X509_free(result.anchor);
    openssl->X509_STORE_free(store);
    return error;
}

/* Errors that other trust anchors could mend. */
static bool is_trust_error(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return true;
    default:
        return false;
    }
}

/* By the program's own anchors, beside the program's chain. */
static int verify_by_program_store(const struct stls_safe_chain *run, struct stls_safe_pass *pass)
{
    const struct stls_openssl *openssl = run->openssl;
    X509_STORE *store = openssl->X509_STORE_CTX_get0_store(run->chain);
    X509_STORE_CTX *chain;
    int error;

    if (run->is_quiet && stls_safe_chain_has_functions(openssl, store)) {
        error = verify_without_functions(run, run->chain, &pass->result->fault);
        if (error == X509_V_OK)
            stls_safe_pass_keep_anchor(openssl, run->chain, pass);
        return error;
    }
    error = verify_beside(run, store, false, pass, &chain);
    if (error == X509_V_OK && has_own_functions(openssl, store))
        error = verify_without_functions(run, chain, &pass->result->fault);
    openssl->X509_STORE_CTX_free(chain);
    return error;
}

/* The same on the program's chain itself: what verification usually costs. */
static int verify_in_place(const struct stls_safe_chain *run, struct stls_safe_pass *pass)
{
    const struct stls_openssl *openssl = run->openssl;
    int error = stls_safe_pass_verify(openssl, run->chain, run->is_server, pass);

    if (error == X509_V_OK &&
        has_own_functions(openssl, openssl->X509_STORE_CTX_get0_store(run->chain)))
        error = verify_without_functions(run, run->chain, &pass->result->fault);
    return error;
}

/* By the system's anchors, or those of TrustStore's path. */
static int verify_by_our_store(const struct stls_safe_chain *run, struct stls_safe_pass *pass,
                               bool is_chain_adopted)
{
    const struct stls_openssl *openssl = run->openssl;
    X509_STORE *store = stls_trust_store(run->openssl, run->policy, &pass->result->trust_error);
    X509_STORE_CTX *chain;
    int error = verify_beside(run, store, false, pass, &chain);

    if (is_chain_adopted && error == X509_V_OK)
        openssl->X509_STORE_CTX_set0_verified_chain(run->chain,
                                                    openssl->X509_STORE_CTX_get1_chain(chain));
    openssl->X509_STORE_CTX_free(chain);
    return error;
}

/* A program that did not care about the chain loaded too few anchors, or set too small a depth. */
static void run_for_indifferent(struct stls_safe_chain *run, struct stls_safe_pass *pass, int count)
{
    if (run->result.error == X509_V_ERR_CERT_CHAIN_TOO_LONG)
        run->result.error = verify_by_program_store(run, pass);
    if (run->result.error == X509_V_OK &&
        !stls_safe_chain_was_there(run->openssl, run->chain, pass->result->anchor, count))
        run->result.error = X509_V_ERR_CERT_UNTRUSTED;
    if (!is_trust_error(run->result.error))
        return;
    run->result.anchors = STLS_ANCHORS_SYSTEM;
    run->result.error = verify_by_our_store(run, pass, false);
}

static void find_error(struct stls_safe_chain *run, struct stls_safe_pass *pass)
{
    const struct stls_openssl *openssl = run->openssl;
    int count = stls_safe_chain_count(openssl, run->chain);
    int first_error;

    if (run->policy->trust_store != STLS_TRUST_STORE_APP) {
        run->result.anchors = STLS_ANCHORS_SYSTEM;
        run->result.error = verify_by_our_store(run, pass, !run->is_beside);
        return;
    }
    run->result.error =
        run->is_beside ? verify_by_program_store(run, pass) : verify_in_place(run, pass);
    run->is_indifferent = run->is_indifferent || pass->has_forgiven;
    if (run->result.error == X509_V_OK || !run->is_indifferent)
        return;
    first_error = pass->has_forgiven ? pass->left_error : run->result.error;
    run_for_indifferent(run, pass, count);
    /* A program that looks at the result by itself finds what it would have found without us. */
    if (!run->is_beside && run->result.error == X509_V_OK)
        openssl->X509_STORE_CTX_set_error(run->chain, first_error);
}

/* What make_safe sets, by getters. A purpose and its trust have none: asked again. */
static bool is_for_purpose(const struct stls_safe_chain *run)
{
    const struct stls_openssl *openssl = run->openssl;
    const OPENSSL_STACK *built =
        (const OPENSSL_STACK *)openssl->X509_STORE_CTX_get0_chain(run->chain);
    int count = openssl->OPENSSL_sk_num(built);

    for (int i = 0; i < count; i++)
        if (openssl->X509_check_purpose(
                openssl->OPENSSL_sk_value(built, i),
                run->is_server ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER, i > 0) != 1)
            return false;
    return count > 0 &&
           openssl->X509_check_trust(openssl->OPENSSL_sk_value(built, count - 1),
                                     run->is_server ? X509_TRUST_SSL_CLIENT : X509_TRUST_SSL_SERVER,
                                     0) != X509_TRUST_REJECTED;
}

/* True if the program's own verification was none but OpenSSL's, with nothing set that ours would
 * take back: then there is nothing that ours could find but by ChainRules. */
static bool was_safe(const struct stls_safe_chain *run)
{
    const struct stls_openssl *openssl = run->openssl;
    X509_VERIFY_PARAM *param = openssl->X509_STORE_CTX_get0_param(run->chain);
    X509_STORE *store = openssl->X509_STORE_CTX_get0_store(run->chain);

    return run->policy->trust_store == STLS_TRUST_STORE_APP &&
           run->policy->allow_dane == STLS_ALLOW_YES &&
           openssl->SSL_get_verify_callback(run->ssl) == NULL &&
           openssl->X509_STORE_get_verify_cb(store) == NULL &&
           openssl->X509_STORE_get_verify(store) == NULL && !has_own_functions(openssl, store) &&
           (openssl->X509_VERIFY_PARAM_get_flags(param) & STLS_UNSAFE_FLAGS) == 0 &&
           openssl->X509_VERIFY_PARAM_get_auth_level(param) >= run->policy->security_level &&
           is_for_purpose(run) &&
           stls_safe_pass_is_for_role(openssl, openssl->X509_STORE_CTX_get0_cert(run->chain),
                                      run->is_server);
}

/* Only of ChainRules the program's verification knows nothing. */
static int judge_rules(struct stls_safe_chain *run)
{
    const OPENSSL_STACK *built =
        (const OPENSSL_STACK *)run->openssl->X509_STORE_CTX_get0_chain(run->chain);

    return stls_chain_rules_keep(run->openssl, built, run->policy->chain_rules, run->is_server,
                                 &run->result.fault)
               ? X509_V_OK
               : run->result.fault.error;
}

void stls_safe_chain_run(struct stls_safe_chain *run)
{
    const struct stls_openssl *openssl = run->openssl;
    struct stls_safe_result *result = &run->result;
    struct stls_safe_pass pass = {.policy = run->policy,
                                  .result = result,
                                  .is_lenient = run->is_beside || run->is_indifferent};

    *result = (struct stls_safe_result){.anchors = STLS_ANCHORS_PROGRAM};
    if (run->has_passed && was_safe(run)) {
        result->error = judge_rules(run);
        if (result->error == X509_V_OK)
            stls_safe_pass_keep_anchor(openssl, run->chain, &pass);
        return;
    }
    if (!run->is_beside)
        pass.program = openssl->X509_STORE_CTX_get_verify_cb(run->chain);
    find_error(run, &pass);
    if (result->error != X509_V_OK) {
        openssl->X509_free(result->anchor);
        result->anchor = NULL;
    }
}
