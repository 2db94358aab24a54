/* safe_chain.c - see safe_chain.h */
#include "safe_chain.h"

#include "chain_rules.h"
#include "leaf_names.h"
#include "policy_load.h"
#include "trust.h"

#include "../core/banned.h"

/* What makes verification easier to pass. */
#define UNSAFE_FLAGS                                                                               \
    (X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_IGNORE_CRITICAL |        \
     X509_V_FLAG_ALLOW_PROXY_CERTS)

/* One run of X509_verify_cert. A thread can have several under way: a program's callback may fetch
 * a revocation list over TLS, and asynchronous jobs take turns. */
struct step {
    struct step *next;
    const struct stls_openssl *openssl;
    const X509_STORE_CTX *chain;
    bool is_server;
    const struct stls_policy *policy;
    SSL_verify_cb program;           /* its verify callback, NULL if it is not to be called */
    bool is_lenient;                 /* what only the program demands is left to the program */
    X509 *anchor;                    /* out: the last of the chain that passed, to be freed */
    bool has_forgiven;               /* it answered "go on" to an error */
    int left_error;                  /* what it then left as the chain's error */
    int forgiven;                    /* the error it answered so to, first of all */
    struct stls_profile_fault fault; /* out: of ChainRules, if .reason is not NULL */
    int trust_error;                 /* out: an errno, where our anchors can't be loaded */
};

static _Thread_local struct step *steps __attribute__((tls_model("initial-exec")));

static void begin(struct step *step, const struct stls_openssl *openssl,
                  const X509_STORE_CTX *chain)
{
    step->openssl = openssl;
    step->chain = chain;
    step->next = steps;
    steps = step;
}

static void end(const struct step *step)
{
    struct step **link = &steps;

    while (*link != step)
        link = &(*link)->next;
    *link = step->next;
}

static int on_step(int ok, X509_STORE_CTX *chain);

/* Whatever the program set that makes verification easier to pass is taken back; what makes it
 * harder (revocation, depth, Suite B, a higher level) stands. */
static void make_safe(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                      const struct stls_policy *policy, bool is_server)
{
    X509_VERIFY_PARAM *param = openssl->X509_STORE_CTX_get0_param(chain);
    int level = policy->security_level;

    openssl->X509_VERIFY_PARAM_clear_flags(param, UNSAFE_FLAGS);
    openssl->X509_VERIFY_PARAM_set_purpose(param, is_server ? X509_PURPOSE_SSL_CLIENT
                                                            : X509_PURPOSE_SSL_SERVER);
    openssl->X509_VERIFY_PARAM_set_trust(param,
                                         is_server ? X509_TRUST_SSL_CLIENT : X509_TRUST_SSL_SERVER);
    if (openssl->X509_VERIFY_PARAM_get_auth_level(param) < level)
        openssl->X509_VERIFY_PARAM_set_auth_level(param, level);
    stls_leaf_names_make_safe(openssl, param);
    if (policy->allow_dane == STLS_ALLOW_NO)
        openssl->X509_STORE_CTX_set0_dane(chain, NULL);
    openssl->X509_STORE_CTX_set_verify(chain, NULL); /* OpenSSL's own signature and date checks */
    openssl->X509_STORE_CTX_set_verify_cb(chain, on_step);
}

/* Whose callback this chain calls. OpenSSL gives it to the chain of a revocation list's issuer as
 * well, which is a child of ours; a program to another that it verifies meanwhile, which is none:
 * then *ret_is_ours is false. */
static struct step *find_step(X509_STORE_CTX *chain, bool *ret_is_ours)
{
    *ret_is_ours = true;
    for (; chain != NULL && steps != NULL;
         chain = steps->openssl->X509_STORE_CTX_get0_parent_ctx(chain))
        for (struct step *step = steps; step != NULL; step = step->next)
            if (step->chain == chain)
                return step;
    *ret_is_ours = false;
    return steps;
}

/* Errors that there would not be if the program had not asked for revocation lists, policies or
 * Suite B: then to go on without is no weakness. A certificate that a list names stays refused. */
static bool is_own_demand(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_INVALID_POLICY_EXTENSION:
    case X509_V_ERR_NO_EXPLICIT_POLICY:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
    case X509_V_ERR_SUITE_B_INVALID_VERSION:
    case X509_V_ERR_SUITE_B_INVALID_ALGORITHM:
    case X509_V_ERR_SUITE_B_INVALID_CURVE:
    case X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM:
    case X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED:
    case X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256:
        return true;
    default:
        return false;
    }
}

/* In place of the program's verify callback: it still runs, and it can refuse, but not forgive. It
 * may have changed the chain's parameters or put another callback in its place, for the checks
 * still to come; so the chain is made safe again. */
static int on_step(int ok, X509_STORE_CTX *chain)
{
    bool is_ours;
    struct step *step = find_step(chain, &is_ours);
    const struct stls_openssl *openssl;
    int error, answer;
    bool is_demand;

    if (step == NULL)
        return ok;
    openssl = step->openssl;
    error = openssl->X509_STORE_CTX_get_error(chain);
    is_demand = !ok && is_own_demand(error);
    if (step->program == NULL)
        return ok || (is_demand && step->is_lenient);
    answer = step->program(ok, chain);
    if (!is_ours)
        return answer;
    if (openssl->X509_STORE_CTX_get_verify_cb(chain) != on_step)
        step->program = openssl->X509_STORE_CTX_get_verify_cb(chain);
    make_safe(openssl, chain, step->policy, step->is_server);
    if (is_demand && (answer || step->is_lenient))
        return 1;
    if (ok || (!answer && openssl->X509_STORE_CTX_get_error(chain) != X509_V_OK))
        return answer;
    step->has_forgiven = answer != 0;
    if (answer && step->forgiven == X509_V_OK)
        step->forgiven = error;
    step->left_error = openssl->X509_STORE_CTX_get_error(chain);
    openssl->X509_STORE_CTX_set_error(chain, error);
    return 0;
}

/* X509_PURPOSE_add can change what OpenSSL takes for a server's or a client's certificate. */
static bool is_for_role(const struct stls_openssl *openssl, X509 *leaf, bool is_server)
{
    uint32_t usage = is_server ? XKU_SSL_CLIENT : XKU_SSL_SERVER | XKU_SGC;

    return (openssl->X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
           (openssl->X509_get_extended_key_usage(leaf) & usage) != 0;
}

static X509 *last_of(const struct stls_openssl *openssl, X509_STORE_CTX *chain)
{
    const OPENSSL_STACK *built = (const OPENSSL_STACK *)openssl->X509_STORE_CTX_get0_chain(chain);
    int count = openssl->OPENSSL_sk_num(built);

    return count > 0 ? openssl->OPENSSL_sk_value(built, count - 1) : NULL;
}

static void keep_anchor(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                        struct step *step)
{
    X509 *last = last_of(openssl, chain);

    openssl->X509_free(step->anchor);
    step->anchor = last != NULL && openssl->X509_up_ref(last) ? last : NULL;
}

/* ChainRules, as if X509_verify_cert went on: the program's callback hears of a fault as it would
 * of any other. X509_V_FLAG_X509_STRICT is not set for that: what it asks differs from version to
 * version, and the rules hold all of it that is about the chain. */
static int verify_rules(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                        struct step *step)
{
    const OPENSSL_STACK *built = (const OPENSSL_STACK *)openssl->X509_STORE_CTX_get0_chain(chain);
    struct stls_profile_fault *fault = &step->fault;

    if (stls_chain_rules_keep(openssl, built, step->policy->chain_rules, step->is_server, fault))
        return 1;
    openssl->X509_STORE_CTX_set_current_cert(chain, openssl->OPENSSL_sk_value(built, fault->depth));
    openssl->X509_STORE_CTX_set_error_depth(chain, fault->depth);
    openssl->X509_STORE_CTX_set_error(chain, fault->error);
    return on_step(0, chain);
}

static int verify(const struct stls_openssl *openssl, X509_STORE_CTX *chain, bool is_server,
                  struct step *step)
{
    X509 *leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    int ret, error;

    make_safe(openssl, chain, step->policy, is_server);
    step->is_server = is_server;
    step->fault = (struct stls_profile_fault){0};
    begin(step, openssl, chain);
    ret = openssl->X509_verify_cert(chain);
    if (ret > 0 && leaf != NULL)
        ret = verify_rules(openssl, chain, step);
    end(step);
    error = openssl->X509_STORE_CTX_get_error(chain);
    if (ret > 0 && leaf != NULL && !is_for_role(openssl, leaf, is_server))
        return X509_V_ERR_INVALID_PURPOSE;
    if (ret > 0) {
        keep_anchor(openssl, chain, step);
        return X509_V_OK;
    }
    return error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED;
}

/* The same on a chain of our own, from the peer's certificates and this store's anchors. The
 * original is left alone. The chain is in ret_chain, to be freed, if it is asked for. */
static int verify_beside(const struct stls_safe_chain *run, X509_STORE *store, bool has_no_lists,
                         struct step *step, X509_STORE_CTX **ret_chain)
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
        error = verify(openssl, chain, run->is_server, step);
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
    X509 *last = last_of(openssl, chain);
    struct step step = {.policy = run->policy};
    X509_STORE *store;
    int error = X509_V_ERR_OUT_OF_MEM;

    if (last == NULL || !stls_safe_chain_is_anchor(openssl, chain, last))
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    store = openssl->X509_STORE_new();
    if (store != NULL && openssl->X509_STORE_add_cert(store, last))
        error = verify_beside(run, store, true, &step, NULL);
    *ret_fault = step.fault;
    openssl->X509_free(step.anchor);
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
static int verify_by_program_store(const struct stls_safe_chain *run, struct step *step)
{
    const struct stls_openssl *openssl = run->openssl;
    X509_STORE *store = openssl->X509_STORE_CTX_get0_store(run->chain);
    X509_STORE_CTX *chain;
    int error;

    if (run->is_quiet && stls_safe_chain_has_functions(openssl, store)) {
        error = verify_without_functions(run, run->chain, &step->fault);
        if (error == X509_V_OK)
            keep_anchor(openssl, run->chain, step);
        return error;
    }
    error = verify_beside(run, store, false, step, &chain);
    if (error == X509_V_OK && has_own_functions(openssl, store))
        error = verify_without_functions(run, chain, &step->fault);
    openssl->X509_STORE_CTX_free(chain);
    return error;
}

/* The same on the program's chain itself: what verification usually costs. */
static int verify_in_place(const struct stls_safe_chain *run, struct step *step)
{
    const struct stls_openssl *openssl = run->openssl;
    int error = verify(openssl, run->chain, run->is_server, step);

    if (error == X509_V_OK &&
        has_own_functions(openssl, openssl->X509_STORE_CTX_get0_store(run->chain)))
        error = verify_without_functions(run, run->chain, &step->fault);
    return error;
}

/* By the system's anchors, or those of TrustStore's path. */
static int verify_by_our_store(const struct stls_safe_chain *run, struct step *step,
                               bool is_chain_adopted)
{
    const struct stls_openssl *openssl = run->openssl;
    X509_STORE *store = stls_trust_store(run->openssl, run->policy, &step->trust_error);
    X509_STORE_CTX *chain;
    int error = verify_beside(run, store, false, step, &chain);

    if (is_chain_adopted && error == X509_V_OK)
        openssl->X509_STORE_CTX_set0_verified_chain(run->chain,
                                                    openssl->X509_STORE_CTX_get1_chain(chain));
    openssl->X509_STORE_CTX_free(chain);
    return error;
}

/* A program that did not care about the chain loaded too few anchors, or set too small a depth. */
static void run_for_indifferent(struct stls_safe_chain *run, struct step *step, int count)
{
    if (run->error == X509_V_ERR_CERT_CHAIN_TOO_LONG)
        run->error = verify_by_program_store(run, step);
    if (run->error == X509_V_OK &&
        !stls_safe_chain_was_there(run->openssl, run->chain, step->anchor, count))
        run->error = X509_V_ERR_CERT_UNTRUSTED;
    if (!is_trust_error(run->error))
        return;
    run->anchors = STLS_ANCHORS_SYSTEM;
    run->error = verify_by_our_store(run, step, false);
}

static void find_error(struct stls_safe_chain *run, struct step *step)
{
    const struct stls_openssl *openssl = run->openssl;
    int count = stls_safe_chain_count(openssl, run->chain);
    int first_error;

    if (run->policy->trust_store != STLS_TRUST_STORE_APP) {
        run->anchors = STLS_ANCHORS_SYSTEM;
        run->error = verify_by_our_store(run, step, !run->is_beside);
        return;
    }
    run->anchors = STLS_ANCHORS_PROGRAM;
    run->error = run->is_beside ? verify_by_program_store(run, step) : verify_in_place(run, step);
    run->is_indifferent = run->is_indifferent || step->has_forgiven;
    if (run->error == X509_V_OK || !run->is_indifferent)
        return;
    first_error = step->has_forgiven ? step->left_error : run->error;
    run_for_indifferent(run, step, count);
    /* A program that looks at the result by itself finds what it would have found without us. */
    if (!run->is_beside && run->error == X509_V_OK)
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
           (openssl->X509_VERIFY_PARAM_get_flags(param) & UNSAFE_FLAGS) == 0 &&
           openssl->X509_VERIFY_PARAM_get_auth_level(param) >= run->policy->security_level &&
           is_for_purpose(run) &&
           is_for_role(openssl, openssl->X509_STORE_CTX_get0_cert(run->chain), run->is_server);
}

/* Only of ChainRules the program's verification knows nothing. */
static int judge_rules(struct stls_safe_chain *run)
{
    const OPENSSL_STACK *built =
        (const OPENSSL_STACK *)run->openssl->X509_STORE_CTX_get0_chain(run->chain);

    return stls_chain_rules_keep(run->openssl, built, run->policy->chain_rules, run->is_server,
                                 &run->fault)
               ? X509_V_OK
               : run->fault.error;
}

void stls_safe_chain_run(struct stls_safe_chain *run)
{
    const struct stls_openssl *openssl = run->openssl;
    struct step step = {.policy = run->policy, .is_lenient = run->is_beside || run->is_indifferent};

    if (run->has_passed && was_safe(run)) {
        run->anchors = STLS_ANCHORS_PROGRAM;
        run->error = judge_rules(run);
        if (run->error == X509_V_OK)
            keep_anchor(openssl, run->chain, &step);
        run->anchor = step.anchor;
        return;
    }
    if (!run->is_beside)
        step.program = openssl->X509_STORE_CTX_get_verify_cb(run->chain);
    find_error(run, &step);
    run->fault = step.fault;
    run->trust_error = step.trust_error;
    run->forgiven = step.forgiven;
    if (run->error != X509_V_OK) {
        openssl->X509_free(step.anchor);
        step.anchor = NULL;
    }
    run->anchor = step.anchor;
}
