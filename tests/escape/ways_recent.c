/* ways_recent.c - what came after OpenSSL 1.1.1, and what programs seldom do: other doors to the
 * same weaknesses.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

static void since(const char *what)
{
    exit(stls_client_unavailable(what));
}

/* X509_STORE_CTX_verify instead of X509_verify_cert. */
static int verify_without_time(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_flags(chain, X509_V_FLAG_NO_CHECK_TIME);
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    return X509_STORE_CTX_verify(chain);
#else
    return X509_verify_cert(chain);
#endif
}

static void chain_verify(SSL_CTX *context, const struct stls_target *target)
{
    if (OPENSSL_VERSION_NUMBER < 0x30000000L)
        since("X509_STORE_CTX_verify is there since OpenSSL 3.0");
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_without_time, NULL);
}

/* Trust on first use: the server's own certificate becomes an anchor while it is verified. */
static int add_anchor(int ok, X509_STORE_CTX *chain)
{
    X509_STORE *store = X509_STORE_CTX_get0_store(chain);

    if (!ok)
        X509_STORE_add_cert(store, X509_STORE_CTX_get_current_cert(chain));
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void anchor_added(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, add_anchor);
}

/* Any certificate that the server sends is an anchor, if trusted so. */
static int trust_object(int ok, X509_STORE_CTX *chain)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(chain);

    (void)ok;
    X509_add1_trust_object(leaf, OBJ_nid2obj(NID_server_auth));
    return 1;
}

static void trusted_by_object(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, trust_object);
}

static void connection_param(SSL *ssl, const struct stls_target *target)
{
    X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();

    (void)target;
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_inh_flags(param, X509_VP_FLAG_OVERWRITE);
    SSL_set1_param(ssl, param);
    X509_VERIFY_PARAM_free(param);
}

static void store_param(SSL_CTX *context, const struct stls_target *target)
{
    X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();

    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    X509_STORE_set1_param(SSL_CTX_get_cert_store(context), param);
    X509_VERIFY_PARAM_free(param);
}

static void store_purpose(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_purpose(context, X509_PURPOSE_ANY);
    X509_STORE_set_purpose(SSL_CTX_get_cert_store(context), X509_PURPOSE_ANY);
    X509_STORE_set_trust(SSL_CTX_get_cert_store(context), X509_TRUST_COMPAT);
}

static void conf_argv(SSL_CTX *context, const struct stls_target *target)
{
    SSL_CONF_CTX *commands = SSL_CONF_CTX_new();
    char name[] = "-no_tls1_3", option[] = "-legacy_server_connect";
    char *arguments[] = {name, option, NULL}, **at = arguments;
    int count = 2;

    stls_client_verify(context, target);
    SSL_CONF_CTX_set_flags(commands, SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_CLIENT);
    SSL_CONF_CTX_set_ssl_ctx(commands, context);
    SSL_CONF_cmd_argv(commands, &count, &at);
    SSL_CONF_CTX_finish(commands);
    SSL_CONF_CTX_free(commands);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
}

static void dane_without_digest(SSL *ssl, const struct stls_target *target)
{
    static const unsigned char digest[32] = {1};

    SSL_CTX_dane_enable(SSL_get_SSL_CTX(ssl));
    SSL_dane_enable(ssl, target->host);
    SSL_dane_tlsa_add(ssl, 1, 1, 9, digest, sizeof digest); /* no digest has this number */
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
}

/* The key that is expected is the authority's, and nobody looks. (The server's own would be as good
 * as a DANE record.) */
static int run_other_key(const struct stls_target *target)
{
#ifdef TLSEXT_cert_type_rpk
    static const unsigned char types[] = {TLSEXT_cert_type_rpk};
    SSL_CTX *context = stls_client_verifying_context(target);
    BIO *file = BIO_new_file(target->ca_file, "r");
    X509 *root = file != NULL ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    SSL *ssl = stls_client_new(context, target, 0);

    BIO_free(file);
    SSL_CTX_dane_enable(context);
    if (ssl == NULL || root == NULL || SSL_dane_enable(ssl, NULL) != 1 ||
        SSL_add_expected_rpk(ssl, X509_get0_pubkey(root)) != 1)
        return stls_client_failed(ssl, "SSL_add_expected_rpk");
    X509_free(root);
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SSL_set1_server_cert_type(ssl, types, sizeof types);
    return stls_client_finish(context, ssl);
#else
    (void)target;
    return stls_client_unavailable("raw public keys are there since OpenSSL 3.2");
#endif
}

static void dns_name(SSL *ssl, const struct stls_target *target)
{
    (void)target;
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    SSL_set1_dnsname(ssl, ".example");
#else
    (void)ssl;
    since("SSL_set1_dnsname is there since OpenSSL 4.0");
#endif
}

static void dns_name_added(SSL *ssl, const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    SSL_set1_dnsname(ssl, target->host);
    SSL_add1_dnsname(ssl, ".example");
    SSL_set1_ipaddr(ssl, NULL);
#else
    (void)ssl, (void)target;
    since("SSL_add1_dnsname is there since OpenSSL 4.0");
#endif
}

static void other_addresses(SSL *ssl, const struct stls_target *target)
{
    (void)target;
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    SSL_set_tlsext_host_name(ssl, NULL);
    SSL_set1_ipaddr(ssl, "192.0.2.1");
    SSL_add1_ipaddr(ssl, "192.0.2.2");
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
#else
    (void)ssl;
    since("several addresses are there since OpenSSL 4.0");
#endif
}

static void use_saved(SSL *ssl, const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    BIO *file = BIO_new_file(stls_client_path("session"), "r");
    SSL_SESSION *session = file != NULL ? PEM_read_bio_SSL_SESSION(file, NULL, NULL, NULL) : NULL;
    unsigned char *der = NULL;
    int length = session != NULL ? i2d_SSL_SESSION(session, NULL) : 0;
    const unsigned char *start;

    (void)target;
    BIO_free(file);
    if (length <= 0)
        exit(stls_client_failed(ssl, "i2d_SSL_SESSION"));
    start = der = OPENSSL_malloc((size_t)length);
    i2d_SSL_SESSION(session, &(unsigned char *){der});
    SSL_SESSION_free(session);
    session = d2i_SSL_SESSION_ex(NULL, &start, length, NULL, NULL);
    SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
    OPENSSL_free(der);
#else
    (void)ssl, (void)target;
    since("d2i_SSL_SESSION_ex is there since OpenSSL 3.2");
#endif
}

static void copy_by_bio(SSL *ssl, const struct stls_target *target)
{
    BIO *to = BIO_new(BIO_f_ssl()), *from = BIO_new(BIO_f_ssl());
    BIO *file = BIO_new_file(stls_client_path("session"), "r");
    SSL_SESSION *session = file != NULL ? PEM_read_bio_SSL_SESSION(file, NULL, NULL, NULL) : NULL;
    SSL *other = SSL_new(SSL_get_SSL_CTX(ssl));

    (void)target;
    SSL_set_connect_state(ssl);
    SSL_set_connect_state(other);
    SSL_set_session(other, session);
    BIO_set_ssl(from, other, BIO_CLOSE);
    BIO_set_ssl(to, ssl, BIO_NOCLOSE);
    if (session == NULL || BIO_ssl_copy_session_id(to, from) != 1)
        stls_client_failed(ssl, "BIO_ssl_copy_session_id");
    SSL_SESSION_free(session);
    BIO_free(file);
    BIO_free(to);
    BIO_free(from);
}

#define EXPIRED .bad = "lab:expired"
#define TWO_NAMES .bad = "lab:wrong-host", .context = stls_client_verify

const struct stls_way stls_ways_recent[] = {
    {.name = "chain-verify-ex",
     .attack = "a cert-verify callback that sets a flag and calls X509_STORE_CTX_verify",
     EXPIRED,
     .context = chain_verify},
    {.name = "anchor-added",
     .attack = "a verify callback that adds what it does not know to the store",
     .context = anchor_added},
    {.name = "trust-object",
     .attack = "a verify callback that marks the leaf as trusted (X509_add1_trust_object)",
     .context = trusted_by_object},
    {.name = "connection-param",
     .attack = "SSL_set1_param with NO_CHECK_TIME",
     EXPIRED,
     .context = stls_client_verify,
     .connection = connection_param},
    {.name = "store-param",
     .attack = "X509_STORE_set1_param with NO_CHECK_TIME",
     EXPIRED,
     .context = store_param},
    {.name = "store-purpose",
     .attack = "X509_STORE_set_purpose and X509_STORE_set_trust",
     .bad = "lab:wrong-eku",
     .context = store_purpose},
    {.name = "conf-argv",
     .attack = "SSL_CONF_cmd_argv, then no verification",
     .context = conf_argv},
    {.name = "dane-no-digest",
     .attack = "DANE with records of which none can be used",
     .connection = dane_without_digest},
    {.name = "raw-key-other",
     .attack = "SSL_add_expected_rpk of another key, verification off",
     .bad = "peer:raw-key-bad",
     .good = "-",
     .run = run_other_key},
    {.name = "dns-name",
     .attack = "SSL_set1_dnsname with a leading dot",
     TWO_NAMES,
     .good = "-",
     .connection = dns_name},
    {.name = "dns-name-added",
     .attack = "SSL_add1_dnsname with a leading dot, beside the right name",
     TWO_NAMES,
     .connection = dns_name_added},
    {.name = "other-addresses",
     .attack = "several addresses, none of them the server's, and no verification",
     .bad = "lab:good-ip",
     .good = "-",
     .context = stls_client_verify,
     .connection = other_addresses},
    {.name = "session-der-ex",
     .attack = "d2i_SSL_SESSION_ex of a session that was not verified",
     .before = "session-save",
     .bad = "peer:plain-bad",
     .good = "peer:plain-good",
     .context = stls_client_verify,
     .connection = use_saved},
    {.name = "session-copy-bio",
     .attack = "BIO_ssl_copy_session_id of a session that was not verified",
     .before = "session-save",
     .bad = "peer:plain-bad",
     .good = "peer:plain-good",
     .context = stls_client_verify,
     .connection = copy_by_bio},
    STLS_WAYS_END,
};
