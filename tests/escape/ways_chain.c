/* ways_chain.c - the chain is verified, but by weaker rules: parameters, and functions of the store
 * or of the chain that stand in for OpenSSL's own.
 */
#include "client.h"

#include <string.h>
#include <time.h>

static X509_VERIFY_PARAM *param_of(SSL_CTX *context)
{
    return SSL_CTX_get0_param(context);
}

static void no_time(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_flags(param_of(context), X509_V_FLAG_NO_CHECK_TIME);
}

static void store_no_time(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_NO_CHECK_TIME);
}

static void connection_no_time(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl), X509_V_FLAG_NO_CHECK_TIME);
}

/* Inherited parameters that come back whatever is set. */
static void inherited_no_time(SSL_CTX *context, const struct stls_target *target)
{
    X509_VERIFY_PARAM *other = X509_VERIFY_PARAM_new();

    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_flags(other, X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_inh_flags(other, X509_VP_FLAG_OVERWRITE | X509_VP_FLAG_RESET_FLAGS);
    SSL_CTX_set1_param(context, other);
    X509_VERIFY_PARAM_free(other);
}

static void past(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_time(param_of(context), time(NULL) - 2 * 24 * 3600);
}

static void future(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_time(param_of(context), time(NULL) + 2 * 24 * 3600);
}

static void any_purpose(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_purpose(context, X509_PURPOSE_ANY);
}

static void client_purpose(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_purpose(ssl, X509_PURPOSE_SSL_CLIENT);
}

static int purpose_met(const X509_PURPOSE *purpose, const X509 *certificate, int is_ca)
{
    (void)purpose, (void)certificate, (void)is_ca;
    return 1;
}

/* Replaces what OpenSSL itself means by "for TLS servers", for the whole process. */
static void purpose_table(SSL_CTX *context, const struct stls_target *target)
{
    char name[] = "anything", short_name[] = "sslserver";

    stls_client_verify(context, target);
    X509_PURPOSE_add(X509_PURPOSE_SSL_SERVER, X509_TRUST_SSL_SERVER, 0, purpose_met, name,
                     short_name, NULL);
}

#if OPENSSL_VERSION_NUMBER >= 0x40000000L
static int trust_met(X509_TRUST *trust, const X509 *certificate, int flags)
#else
static int trust_met(X509_TRUST *trust, X509 *certificate, int flags)
#endif
{
    (void)trust, (void)certificate, (void)flags;
    return X509_TRUST_TRUSTED;
}

static void trust_table(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_flags(param_of(context), X509_V_FLAG_PARTIAL_CHAIN);
    X509_TRUST_add(X509_TRUST_SSL_SERVER, 0, trust_met, "anything", 0, NULL);
}

/* The set of parameters that libssl looks up by the name "ssl_server". */
static void param_table(SSL_CTX *context, const struct stls_target *target)
{
    X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();

    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set1_name(param, "ssl_server");
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_add0_table(param);
}

static void level(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_security_level(context, 0);
}

static void auth_level(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_security_level(context, 0);
    X509_VERIFY_PARAM_set_auth_level(param_of(context), 0);
}

/* "internal_verify" is what checks signatures and dates. */
static int verify_nothing(X509_STORE_CTX *chain)
{
    (void)chain;
    return 1;
}

static void store_verify(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_STORE_set_verify(SSL_CTX_get_cert_store(context), verify_nothing);
}

static int chain_verify_nothing(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_verify(chain, verify_nothing);
    return X509_verify_cert(chain);
}

static void chain_verify(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, chain_verify_nothing, NULL);
}

/* Whatever signs itself is an anchor. */
static int issuer_is_self(X509 **issuer, X509_STORE_CTX *chain, X509 *certificate)
{
    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) != 0)
        return X509_STORE_CTX_get1_issuer(issuer, chain, certificate);
    X509_up_ref(certificate);
    *issuer = certificate;
    return 1;
}

static void store_get_issuer(SSL_CTX *context, const struct stls_target *target)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);

    stls_client_verify(context, target);
    X509_STORE_set_get_issuer(store, (X509_STORE_CTX_get_issuer_fn)issuer_is_self);
}

static int issued_by_anyone(X509_STORE_CTX *chain, X509 *certificate, X509 *issuer)
{
    (void)chain, (void)certificate, (void)issuer;
    return 1;
}

static void store_check_issued(SSL_CTX *context, const struct stls_target *target)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);

    store_get_issuer(context, target);
    X509_STORE_set_check_issued(store, (X509_STORE_CTX_check_issued_fn)issued_by_anyone);
}

/* What a lookup by subject finds: the certificate that the server sent, as if it were an anchor. */
static STACK_OF(X509) * find_sent(X509_STORE_CTX *chain, const X509_NAME *name)
{
    STACK_OF(X509) *found = sk_X509_new_null();
    X509 *leaf = X509_STORE_CTX_get0_cert(chain);

    (void)name;
    X509_up_ref(leaf);
    sk_X509_push(found, leaf);
    return found;
}

static void store_lookup(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_flags(param_of(context), X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_set_lookup_certs(SSL_CTX_get_cert_store(context),
                                (X509_STORE_CTX_lookup_certs_fn)find_sent);
}

/* The functions come with the store, not with the context. */
static void other_store(SSL_CTX *context, const struct stls_target *target)
{
    X509_STORE *store = X509_STORE_new();

    SSL_CTX_set_cert_store(context, store);
    stls_client_verify(context, target);
    X509_STORE_set_verify(store, verify_nothing);
    X509_STORE_set_lookup_certs(store, (X509_STORE_CTX_lookup_certs_fn)find_sent);
    X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
}

static void verify_store(SSL_CTX *context, const struct stls_target *target)
{
    X509_STORE *store = X509_STORE_new();

    stls_client_verify(context, target);
    X509_STORE_load_locations(store, target->ca_file, NULL);
    X509_STORE_set_verify(store, verify_nothing);
    SSL_CTX_set0_verify_cert_store(context, store);
}

/* Calls in the middle of the verification: the root is done, the certificate's dates are next. */
static int step_no_time(int ok, X509_STORE_CTX *chain)
{
    X509_STORE_CTX_set_flags(chain, X509_V_FLAG_NO_CHECK_TIME);
    return ok;
}

static void callback_no_time(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, step_no_time);
}

static int step_past(int ok, X509_STORE_CTX *chain)
{
    X509_STORE_CTX_set_time(chain, 0, time(NULL) - 2 * 24 * 3600);
    return ok;
}

static void callback_past(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, step_past);
}

static int answer_one(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

static int step_replace(int ok, X509_STORE_CTX *chain)
{
    X509_STORE_CTX_set_verify_cb(chain, answer_one);
    return ok;
}

static void callback_replace(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, step_replace);
}

static int chain_weak_param(X509_STORE_CTX *chain, void *arg)
{
    X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();

    (void)arg;
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_depth(param, 9);
    X509_STORE_CTX_set0_param(chain, param);
    return X509_verify_cert(chain);
}

static void chain_param(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, chain_weak_param, NULL);
}

/* Turns a failed verification of the chain into that of another certificate. */
static int verify_another(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_cert(chain, sk_X509_value(X509_STORE_CTX_get0_untrusted(chain), 0));
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void chain_other_certificate(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_another, NULL);
}

const struct stls_way stls_ways_chain[] = {
    {.name = "param-no-check-time",
     .attack = "X509_V_FLAG_NO_CHECK_TIME on the context's parameters",
     .bad = "lab:expired",
     .context = no_time},
    {.name = "store-no-check-time",
     .attack = "X509_V_FLAG_NO_CHECK_TIME on the store",
     .bad = "lab:expired",
     .context = store_no_time},
    {.name = "connection-no-check-time",
     .attack = "X509_V_FLAG_NO_CHECK_TIME by SSL_get0_param",
     .bad = "lab:not-yet-valid",
     .context = stls_client_verify,
     .connection = connection_no_time},
    {.name = "inherited-no-check-time",
     .attack = "X509_V_FLAG_NO_CHECK_TIME with inheritance flags, by SSL_CTX_set1_param",
     .bad = "lab:expired",
     .context = inherited_no_time},
    {.name = "param-past",
     .attack = "X509_VERIFY_PARAM_set_time to when the certificate was valid",
     .bad = "lab:expired",
     .context = past},
    {.name = "param-future",
     .attack = "X509_VERIFY_PARAM_set_time to when the certificate will be valid",
     .bad = "lab:not-yet-valid",
     .context = future},
    {.name = "purpose-any",
     .attack = "SSL_CTX_set_purpose(X509_PURPOSE_ANY): a client's certificate serves",
     .bad = "lab:wrong-eku",
     .context = any_purpose},
    {.name = "purpose-client",
     .attack = "SSL_set_purpose(X509_PURPOSE_SSL_CLIENT)",
     .bad = "lab:wrong-eku",
     .good = "-",
     .context = stls_client_verify,
     .connection = client_purpose},
    {.name = "purpose-table",
     .attack = "X509_PURPOSE_add redefines what a server's certificate is",
     .bad = "lab:wrong-eku",
     .context = purpose_table},
    {.name = "trust-table",
     .attack = "X509_TRUST_add redefines which anchors serve for servers",
     .expectation = STLS_EXPECT_STRICT,
     .context = trust_table},
    {.name = "param-table",
     .attack = "X509_VERIFY_PARAM_add0_table redefines the parameters named ssl_server",
     .bad = "lab:expired",
     .context = param_table},
    {.name = "level-zero-rsa",
     .attack = "security level 0: an RSA key of 1024 bits",
     .bad = "lab:rsa-1024",
     .context = level},
    {.name = "level-zero-sha1",
     .attack = "security level 0: a certificate signed with SHA-1",
     .bad = "lab:sha1-signed",
     .context = level},
    {.name = "auth-level-zero",
     .attack = "X509_VERIFY_PARAM_set_auth_level(0), which wins over the security level",
     .bad = "lab:md5-signed",
     .context = auth_level},
    {.name = "store-verify",
     .attack = "X509_STORE_set_verify replaces the check of signatures: a forged one",
     .bad = "lab:forged-signature",
     .context = store_verify},
    {.name = "chain-verify",
     .attack = "X509_STORE_CTX_set_verify in the cert-verify callback: a forged signature",
     .bad = "lab:forged-signature",
     .context = chain_verify},
    {.name = "store-get-issuer",
     .attack = "X509_STORE_set_get_issuer: whatever signs itself is an anchor",
     .context = store_get_issuer},
    {.name = "store-check-issued",
     .attack = "the same, and X509_STORE_set_check_issued: any certificate is issued by any",
     .context = store_check_issued},
    {.name = "store-lookup-certs",
     .attack = "X509_STORE_set_lookup_certs gives back what the server sent",
     .context = store_lookup},
    {.name = "other-store",
     .attack = "SSL_CTX_set_cert_store with a store whose functions forgive",
     .context = other_store},
    {.name = "verify-store",
     .attack = "SSL_CTX_set0_verify_cert_store with a store whose functions forgive",
     .bad = "lab:forged-signature",
     .context = verify_store},
    {.name = "callback-no-check-time",
     .attack = "verify callback, called for the root, sets X509_V_FLAG_NO_CHECK_TIME for the leaf",
     .bad = "lab:expired",
     .context = callback_no_time},
    {.name = "callback-past",
     .attack = "verify callback, called for the root, sets the time at which the leaf is checked",
     .bad = "lab:expired",
     .context = callback_past},
    {.name = "callback-replace",
     .attack = "verify callback, called for the root, puts another in its place that answers 1",
     .bad = "lab:expired",
     .context = callback_replace},
    {.name = "chain-param",
     .attack = "X509_STORE_CTX_set0_param in the cert-verify callback: no check of times",
     .bad = "lab:expired",
     .context = chain_param},
    {.name = "chain-other-certificate",
     .attack = "cert-verify callback moves the chain to another certificate and answers 1",
     .context = chain_other_certificate},
    STLS_WAYS_END,
};
