/* safe_pass.c - see safe_pass.h */
#include "safe_pass.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "chain_rules.h"
#include "leaf_names.h"

#include "../core/banned.h"

/* A thread can have several under way: a program's callback may fetch a revocation list over TLS,
 * and asynchronous jobs take turns. And some that never end: a callback can be left by an exception
 * or longjmp. Then the chain points to nothing any more, but this stays, and all that on_step needs
 * is in it. */
struct running {
    struct running *next;
    X509_STORE_CTX *_Atomic chain; /* NULL once it has ended */
    struct stls_safe_pass pass;    /* result is nothing to on_step: it is on a stack */
};

static _Thread_local struct running *all_running __attribute__((tls_model("initial-exec")));

static void remove_ended(void)
{
    struct running **link = &all_running;

    while (*link != NULL) {
        struct running *running = *link;

        if (running->chain != NULL) {
            link = &running->next;
            continue;
        }
        *link = running->next;
        free(running);
    }
}

static struct running *begin(const struct stls_safe_pass *pass, X509_STORE_CTX *chain)
{
    struct running *made = malloc(sizeof *made);

    if (made == NULL)
        return NULL;
    *made = (struct running){all_running, chain, *pass};
    all_running = made;
    return made;
}

/* A coroutine in which the program's callback gave way may have gone on in another thread, whose
 * list this is not in. */
static void end(struct running *running)
{
    running->chain = NULL;
    remove_ended();
}

static int on_step(int ok, X509_STORE_CTX *chain);

/* Whatever the program set that makes verification easier to pass is taken back; what makes it
 * harder (revocation, depth, Suite B, a higher level) stands. */
static void make_safe(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                      const struct stls_policy *policy, bool is_server)
{
    X509_VERIFY_PARAM *param = openssl->X509_STORE_CTX_get0_param(chain);
    int level = policy->security_level;

    openssl->X509_VERIFY_PARAM_clear_flags(param, STLS_UNSAFE_FLAGS);
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
static struct stls_safe_pass *find_pass(X509_STORE_CTX *chain, bool *ret_is_ours)
{
    remove_ended();
    *ret_is_ours = true;
    for (; chain != NULL && all_running != NULL;
         chain = all_running->pass.openssl->X509_STORE_CTX_get0_parent_ctx(chain))
        for (struct running *running = all_running; running != NULL; running = running->next)
            if (running->chain == chain)
                return &running->pass;
    *ret_is_ours = false;
    return all_running != NULL ? &all_running->pass : NULL;
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
    struct stls_safe_pass *pass = find_pass(chain, &is_ours);
    const struct stls_openssl *openssl;
    int error, answer;
    bool is_demand;

    if (pass == NULL)
        return ok;
    openssl = pass->openssl;
    error = openssl->X509_STORE_CTX_get_error(chain);
    is_demand = !ok && is_own_demand(error);
    if (pass->program == NULL)
        return ok || (is_demand && pass->is_lenient);
    answer = pass->program(ok, chain);
    if (!is_ours)
        return answer;
    if (openssl->X509_STORE_CTX_get_verify_cb(chain) != on_step)
        pass->program = openssl->X509_STORE_CTX_get_verify_cb(chain);
    make_safe(openssl, chain, pass->policy, pass->is_server);
    if (is_demand && (answer || pass->is_lenient))
        return 1;
    if (ok || (!answer && openssl->X509_STORE_CTX_get_error(chain) != X509_V_OK))
        return answer;
    pass->has_forgiven = answer != 0;
    if (answer && pass->forgiven == X509_V_OK)
        pass->forgiven = error;
    pass->left_error = openssl->X509_STORE_CTX_get_error(chain);
    openssl->X509_STORE_CTX_set_error(chain, error);
    return 0;
}

bool stls_safe_pass_is_for_role(const struct stls_openssl *openssl, X509 *leaf, bool is_server)
{
    uint32_t usage = is_server ? XKU_SSL_CLIENT : XKU_SSL_SERVER | XKU_SGC;

    return (openssl->X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
           (openssl->X509_get_extended_key_usage(leaf) & usage) != 0;
}

X509 *stls_safe_pass_last_of(const struct stls_openssl *openssl, X509_STORE_CTX *chain)
{
    const OPENSSL_STACK *built = (const OPENSSL_STACK *)openssl->X509_STORE_CTX_get0_chain(chain);
    int count = openssl->OPENSSL_sk_num(built);

    return count > 0 ? openssl->OPENSSL_sk_value(built, count - 1) : NULL;
}

void stls_safe_pass_keep_anchor(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                                struct stls_safe_pass *pass)
{
    X509 *last = stls_safe_pass_last_of(openssl, chain);

    openssl->X509_free(pass->result->anchor);
    pass->result->anchor = last != NULL && openssl->X509_up_ref(last) ? last : NULL;
}

/* ChainRules, as if X509_verify_cert went on: the program's callback hears of a fault as it would
 * of any other. X509_V_FLAG_X509_STRICT is not set for that: what it asks differs from version to
 * version, and the rules hold all of it that is about the chain. */
static int verify_rules(const struct stls_openssl *openssl, X509_STORE_CTX *chain,
                        struct stls_safe_pass *pass)
{
    const OPENSSL_STACK *built = (const OPENSSL_STACK *)openssl->X509_STORE_CTX_get0_chain(chain);
    struct stls_profile_fault *fault = &pass->result->fault;

    if (stls_chain_rules_keep(openssl, built, pass->policy->chain_rules, pass->is_server, fault))
        return 1;
    openssl->X509_STORE_CTX_set_current_cert(chain, openssl->OPENSSL_sk_value(built, fault->depth));
    openssl->X509_STORE_CTX_set_error_depth(chain, fault->depth);
    openssl->X509_STORE_CTX_set_error(chain, fault->error);
    return on_step(0, chain);
}

int stls_safe_pass_verify(const struct stls_openssl *openssl, X509_STORE_CTX *chain, bool is_server,
                          struct stls_safe_pass *pass)
{
    X509 *leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    struct running *running;
    int ret, error;

    make_safe(openssl, chain, pass->policy, is_server);
    pass->openssl = openssl;
    pass->is_server = is_server;
    pass->result->fault = (struct stls_profile_fault){0};
    running = begin(pass, chain);
    if (running == NULL)
        return X509_V_ERR_OUT_OF_MEM;
    ret = openssl->X509_verify_cert(chain);
    if (ret > 0 && leaf != NULL)
        ret = verify_rules(openssl, chain, pass);
    *pass = running->pass;
    pass->result->forgiven = pass->forgiven;
    end(running);
    error = openssl->X509_STORE_CTX_get_error(chain);
    if (ret > 0 && leaf != NULL && !stls_safe_pass_is_for_role(openssl, leaf, is_server))
        return X509_V_ERR_INVALID_PURPOSE;
    if (ret > 0) {
        stls_safe_pass_keep_anchor(openssl, chain, pass);
        return X509_V_OK;
    }
    return error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED;
}
