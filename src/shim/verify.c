/* verify.c - see verify.h */
#include "verify.h"

#include "identity.h"
#include "policy_load.h"
#include "report.h"
#include "session.h"
#include "trust.h"

#include "../core/banned.h"

/* Never the subject's CN, no partial wildcards (RFC 9525, sections 2 and 6.3). */
#define HOST_FLAGS (X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

/* One run of X509_verify_cert. A thread can have several under way: a program's callback may fetch
 * a revocation list over TLS, and asynchronous jobs take turns. */
struct run {
    struct run *next;
    const struct stls_openssl *openssl;
    const X509_STORE_CTX *chain;
    SSL_verify_cb program; /* its verify callback, NULL if it has none */
    bool has_forgiven;     /* it answered "go on" to an error */
    int left_error;        /* what it then left as the chain's error */
};

static _Thread_local struct run *runs __attribute__((tls_model("initial-exec")));

static void begin(struct run *run, const struct stls_openssl *openssl, const X509_STORE_CTX *chain)
{
    run->openssl = openssl;
    run->chain = chain;
    run->next = runs;
    runs = run;
}

static void end(const struct run *run)
{
    struct run **link = &runs;

    while (*link != run)
        link = &(*link)->next;
    *link = run->next;
}

static struct run *find_run(const X509_STORE_CTX *chain)
{
    struct run *run = runs;

    while (run->chain != chain)
        run = run->next;
    return run;
}

static SSL *ssl_of(const struct stls_openssl *openssl, X509_STORE_CTX *chain)
{
    return openssl->X509_STORE_CTX_get_ex_data(chain,
                                               openssl->SSL_get_ex_data_X509_STORE_CTX_idx());
}

/* In place of the program's verify callback: it still runs, and it can refuse, but not forgive. */
static int on_step(int ok, X509_STORE_CTX *chain)
{
    struct run *run = find_run(chain);
    const struct stls_openssl *openssl = run->openssl;
    int error = openssl->X509_STORE_CTX_get_error(chain);
    int answer = run->program != NULL ? run->program(ok, chain) : ok;

    if (ok || (!answer && openssl->X509_STORE_CTX_get_error(chain) != X509_V_OK))
        return answer;
    run->has_forgiven = answer != 0;
    run->left_error = openssl->X509_STORE_CTX_get_error(chain);
    openssl->X509_STORE_CTX_set_error(chain, error);
    return 0;
}

/* Whatever the program set that makes verification easier to pass is taken back; what makes it
 * harder (revocation, depth, Suite B, a higher level) stands. */
static void make_safe(const struct stls_openssl *openssl, X509_STORE_CTX *chain, bool is_server)
{
    X509_VERIFY_PARAM *param = openssl->X509_STORE_CTX_get0_param(chain);
    unsigned host_flags = openssl->X509_VERIFY_PARAM_get_hostflags(param);
    int level = stls_policy()->security_level;

    openssl->X509_VERIFY_PARAM_clear_flags(
        param, X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_NO_CHECK_TIME |
                   X509_V_FLAG_IGNORE_CRITICAL | X509_V_FLAG_ALLOW_PROXY_CERTS);
    openssl->X509_VERIFY_PARAM_set_purpose(param, is_server ? X509_PURPOSE_SSL_CLIENT
                                                            : X509_PURPOSE_SSL_SERVER);
    openssl->X509_VERIFY_PARAM_set_trust(param,
                                         is_server ? X509_TRUST_SSL_CLIENT : X509_TRUST_SSL_SERVER);
    if (openssl->X509_VERIFY_PARAM_get_auth_level(param) < level)
        openssl->X509_VERIFY_PARAM_set_auth_level(param, level);
    host_flags &= X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS;
    openssl->X509_VERIFY_PARAM_set_hostflags(param, host_flags | HOST_FLAGS);
    openssl->X509_STORE_CTX_set_verify(chain, NULL); /* OpenSSL's own signature and date checks */
    openssl->X509_STORE_CTX_set_verify_cb(chain, on_step);
}

/* The X509_V_ERR_* of a safe run on this chain. */
static int run_on(const struct stls_openssl *openssl, X509_STORE_CTX *chain, bool is_server,
                  struct run *run)
{
    int ret, error;

    make_safe(openssl, chain, is_server);
    begin(run, openssl, chain);
    ret = openssl->X509_verify_cert(chain);
    end(run);
    error = openssl->X509_STORE_CTX_get_error(chain);
    if (ret > 0)
        return X509_V_OK;
    return error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED;
}

/* The same on a chain of our own, built from the peer's certificates and this store's anchors: the
 * original is left alone, but for the verified chain where it is to have one. */
static int run_beside(const struct stls_openssl *openssl, X509_STORE_CTX *original,
                      X509_STORE *store, bool is_server, struct run *run, bool adopt_chain)
{
    struct stls_guard guard = stls_guard_enter(openssl);
    X509_STORE_CTX *chain = openssl->X509_STORE_CTX_new();
    int error = X509_V_ERR_OUT_OF_MEM;

    if (chain != NULL && store != NULL &&
        openssl->X509_STORE_CTX_init(chain, store, openssl->X509_STORE_CTX_get0_cert(original),
                                     openssl->X509_STORE_CTX_get0_untrusted(original)) &&
        openssl->X509_VERIFY_PARAM_set1(openssl->X509_STORE_CTX_get0_param(chain),
                                        openssl->X509_STORE_CTX_get0_param(original)) &&
        openssl->X509_STORE_CTX_set_ex_data(chain, openssl->SSL_get_ex_data_X509_STORE_CTX_idx(),
                                            ssl_of(openssl, original))) {
        error = run_on(openssl, chain, is_server, run);
        if (adopt_chain && error == X509_V_OK)
            openssl->X509_STORE_CTX_set0_verified_chain(original,
                                                        openssl->X509_STORE_CTX_get1_chain(chain));
    }
    openssl->X509_STORE_CTX_free(chain);
    stls_guard_leave(guard);
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

static bool leaf_names(const struct stls_openssl *openssl, X509 *leaf,
                       const struct stls_identity *identity)
{
    for (size_t i = 0; i < identity->count; i++) {
        const struct stls_host *host = &identity->hosts[i];

        if (host->kind == STLS_HOST_ADDRESS
                ? openssl->X509_check_ip_asc(leaf, host->text, 0) == 1
                : openssl->X509_check_host(leaf, host->text, 0, HOST_FLAGS, NULL) == 1)
            return true;
    }
    return identity->count == 0 && stls_policy()->unknown_host == STLS_UNKNOWN_HOST_ALLOW;
}

/* Names that the program gave count, unless the policy says that they don't; then OpenSSL checks
 * them all the same, and ours are checked as well. */
static bool is_counted(enum stls_host_source source)
{
    return ((unsigned)stls_policy()->host_sources & source) != 0;
}

/* What the program itself gave OpenSSL to check: host (any of several) or address. */
static bool program_names(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param, X509 *leaf,
                          bool *ret_accept)
{
    const char *host;
    char *address = NULL;

    *ret_accept = false;
    if (openssl->X509_VERIFY_PARAM_get0_host == NULL) {
        /* 1.1.1 has no getters, but remembers the name that matched. */
        *ret_accept = openssl->X509_VERIFY_PARAM_get0_peername(param) != NULL;
        return *ret_accept;
    }
    for (int i = 0; (host = openssl->X509_VERIFY_PARAM_get0_host(param, i)) != NULL; i++)
        *ret_accept = *ret_accept || openssl->X509_check_host(leaf, host, 0, HOST_FLAGS, NULL) == 1;
    if (openssl->X509_VERIFY_PARAM_get0_host(param, 0) != NULL)
        return true;
    if (openssl->X509_VERIFY_PARAM_get1_ip_asc != NULL)
        address = openssl->X509_VERIFY_PARAM_get1_ip_asc(param);
    if (address == NULL)
        return false;
    *ret_accept = openssl->X509_check_ip_asc(leaf, address, 0) == 1;
    openssl->CRYPTO_free(address, "stricttls", 0);
    return true;
}

bool stls_verify_names_accept(const struct stls_openssl *openssl, const SSL *ssl, X509 *leaf)
{
    struct stls_identity identity;
    bool is_accepted;

    if (leaf == NULL)
        return false;
    if (program_names(openssl, openssl->SSL_get0_param((SSL *)(uintptr_t)ssl), leaf,
                      &is_accepted) &&
        (!is_accepted || is_counted(STLS_HOST_SOURCE_APP)))
        return is_accepted;
    if (stls_policy()->check_host == STLS_CHECK_HOST_APP)
        return true;
    stls_identity_find(openssl, ssl, &identity);
    return leaf_names(openssl, leaf, &identity);
}

/* What was decided, and by which word of the policy. */
struct verdict {
    int error;
    const char *rule;
    const char *reason; /* NULL: OpenSSL's words for error */
    enum stls_anchors anchors;
};

static void check_names(const struct stls_openssl *openssl, const SSL *ssl, X509_STORE_CTX *chain,
                        struct verdict *verdict)
{
    X509 *leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    struct stls_identity identity;
    bool is_accepted;

    /* Names of the program's were checked with the chain. */
    if (stls_policy()->check_host == STLS_CHECK_HOST_APP ||
        (program_names(openssl, openssl->X509_STORE_CTX_get0_param(chain), leaf, &is_accepted) &&
         is_counted(STLS_HOST_SOURCE_APP)))
        return;
    stls_identity_find(openssl, ssl, &identity);
    if (leaf_names(openssl, leaf, &identity))
        return;
    verdict->error = X509_V_ERR_HOSTNAME_MISMATCH;
    verdict->rule = "CheckHost=require";
    if (identity.count > 0 && identity.hosts[0].kind == STLS_HOST_ADDRESS)
        verdict->error = X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (identity.count == 0) {
        verdict->rule = "UnknownHost=refuse";
        verdict->reason = "nobody knows which host the program meant";
    }
}

/* is_beside: on a chain of our own, so that the program can still verify the original. */
static struct verdict judge(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain,
                            bool is_beside, bool may_use_system)
{
    bool is_server = openssl->SSL_is_server(ssl) != 0;
    struct run run = {.program = NULL};
    struct verdict verdict = {.rule = is_server ? "VerifyClient" : "VerifyPeer=require",
                              .anchors = STLS_ANCHORS_PROGRAM};
    X509_STORE *store = openssl->X509_STORE_CTX_get0_store(chain);

    if (openssl->X509_STORE_CTX_get0_cert(chain) == NULL) {
        verdict.error = X509_V_ERR_UNSPECIFIED;
        verdict.reason = "raw public key";
        return verdict;
    }
    if (!is_beside)
        run.program = openssl->X509_STORE_CTX_get_verify_cb(chain);
    if (stls_policy()->trust_store != STLS_TRUST_STORE_APP) {
        verdict.anchors = STLS_ANCHORS_SYSTEM;
        verdict.error =
            run_beside(openssl, chain, stls_trust_store(openssl), is_server, &run, !is_beside);
    } else if (is_beside) {
        verdict.error = run_beside(openssl, chain, store, is_server, &run, false);
    } else {
        verdict.error = run_on(openssl, chain, is_server, &run);
    }
    if (is_trust_error(verdict.error) && verdict.anchors == STLS_ANCHORS_PROGRAM &&
        (may_use_system || run.has_forgiven)) {
        int first_error = run.has_forgiven ? run.left_error : verdict.error;

        verdict.anchors = STLS_ANCHORS_SYSTEM;
        verdict.error =
            run_beside(openssl, chain, stls_trust_store(openssl), is_server, &run, false);
        /* A program that looks at the result by itself finds what it would have found without us:
         * its own anchors did not do. */
        if (!is_beside && verdict.error == X509_V_OK)
            openssl->X509_STORE_CTX_set_error(chain, first_error);
    }
    if (verdict.error == X509_V_OK && !is_server) {
        struct stls_guard guard = stls_guard_enter(openssl);

        check_names(openssl, ssl, chain, &verdict);
        stls_guard_leave(guard);
    }
    return verdict;
}

static void report(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                   X509_STORE_CTX *chain, const struct verdict *verdict)
{
    struct stls_refusal refusal = {
        .reason = verdict->reason != NULL ? verdict->reason
                                          : openssl->X509_verify_cert_error_string(verdict->error),
        .rule = verdict->rule,
    };
    X509_VERIFY_PARAM *param = openssl->X509_STORE_CTX_get0_param(chain);
    struct stls_guard guard = stls_guard_enter(openssl);

    if (openssl->X509_VERIFY_PARAM_get0_host != NULL)
        refusal.host = openssl->X509_VERIFY_PARAM_get0_host(param, 0);
    if (refusal.host != NULL)
        refusal.source = "app";
    if (verdict->error == X509_V_ERR_HOSTNAME_MISMATCH ||
        verdict->error == X509_V_ERR_IP_ADDRESS_MISMATCH)
        refusal.leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    stls_report_refusal(openssl, ssl, connection, &refusal);
    stls_guard_leave(guard);
}

int stls_verify_as_program(struct stls_openssl *openssl, SSL *ssl, X509_STORE_CTX *chain)
{
    const struct stls_context *context = stls_context_of(openssl, openssl->SSL_get_SSL_CTX(ssl));
    int ret;

    if (context != NULL && context->program_cert_verify != NULL)
        return context->program_cert_verify(chain, context->program_cert_verify_arg);
    ret = openssl->X509_verify_cert(chain);
    return ret < 0 ? 0 : ret;
}

int stls_verify_enforce(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                        X509_STORE_CTX *chain)
{
    const struct stls_context *context = stls_context_of(openssl, openssl->SSL_get_SSL_CTX(ssl));
    bool has_own = context != NULL && context->program_cert_verify != NULL;
    bool asked_none = (connection->asked_verify & SSL_VERIFY_PEER) == 0;
    struct verdict verdict;
    int mode;

    /* The program's own verification must accept as well, so that the system's anchors can only
     * make it stricter. */
    verdict = judge(openssl, ssl, chain, has_own, has_own || asked_none);
    if (verdict.error == X509_V_OK) {
        int ret = has_own ? stls_verify_as_program(openssl, ssl, chain) : 1;

        if (ret > 0)
            stls_session_mark(openssl, ssl, verdict.anchors);
        return ret;
    }
    report(openssl, ssl, connection, chain, &verdict);
    if (has_own) /* it may want to see the certificates all the same */
        (void)stls_verify_as_program(openssl, ssl, chain);
    openssl->X509_STORE_CTX_set_error(chain, verdict.error);
    mode = openssl->SSL_get_verify_mode(ssl);
    if ((mode & SSL_VERIFY_PEER) == 0) /* it was lowered since START; a failure must count */
        openssl->SSL_set_verify(ssl, mode | SSL_VERIFY_PEER, NULL);
    return 0;
}

int stls_verify_audit(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                      X509_STORE_CTX *chain)
{
    int ret = stls_verify_as_program(openssl, ssl, chain);
    bool asked_none = (openssl->SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) == 0;
    struct stls_guard guard = stls_guard_enter(openssl);
    struct verdict verdict;

    verdict = judge(openssl, ssl, chain, true, ret > 0 || asked_none);
    if (verdict.error == X509_V_OK)
        stls_session_mark(openssl, ssl, verdict.anchors);
    else if (ret > 0 || asked_none) /* else the program refuses by itself */
        report(openssl, ssl, connection, chain, &verdict);
    stls_guard_leave(guard);
    return ret;
}
