/* scenarios.c - programs that ask much of OpenSSL, most of them for too little security. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tell.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER >= 0x40000000L
#define READ_ONLY const
#define TLSv1_2_client_method TLS_client_method /* there is no fixed-version method any more */
#else
#define READ_ONLY
#endif

#define WEAK "ALL:eNULL:@SECLEVEL=0"

static void load_root(SSL_CTX *client)
{
    char path[4096];

    stls_tell_path(path, sizeof path, "root.pem");
    printf("root: %d\n", SSL_CTX_load_verify_locations(client, path, NULL));
}

static void only(SSL_CTX *context, int version)
{
    printf("version: %ld %ld\n", (long)SSL_CTX_set_max_proto_version(context, version),
           (long)SSL_CTX_set_min_proto_version(context, version));
}

static void verify_none(SSL_CTX *client, SSL_CTX *server)
{
    (void)server;
    SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
}

static void verify_none_tls12(SSL_CTX *client, SSL_CTX *server)
{
    only(server, TLS1_2_VERSION);
    verify_none(client, server);
}

static void verify(SSL_CTX *client, SSL_CTX *server)
{
    (void)server;
    load_root(client);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
}

static void verify_tls12(SSL_CTX *client, SSL_CTX *server)
{
    only(server, TLS1_2_VERSION);
    verify(client, server);
}

static void expect_host(SSL *client, SSL *server)
{
    (void)server;
    printf("host: %d\n", SSL_set1_host(client, "localhost"));
}

static void expect_other_host(SSL *client, SSL *server)
{
    (void)server;
    printf("host: %d\n", SSL_set1_host(client, "other.example"));
}

/* Everything old at once. */
static void weaken(SSL_CTX *client, SSL_CTX *server)
{
    printf("weak: %d %d\n", SSL_CTX_set_cipher_list(client, WEAK),
           SSL_CTX_set_cipher_list(server, "AES128-SHA:@SECLEVEL=0"));
    printf("weak: %ld %ld\n", (long)SSL_CTX_set1_groups_list(client, "P-521:X448:P-256"),
           (long)SSL_CTX_set1_sigalgs_list(client, "RSA+SHA1:RSA+SHA256:RSA-PSS+SHA256"));
    SSL_CTX_set_options(client, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_clear_options(client, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_security_level(client, 0);
    only(server, TLS1_2_VERSION);
}

static void weaken_tls10(SSL_CTX *client, SSL_CTX *server)
{
    printf("weak: %d %d\n", SSL_CTX_set_cipher_list(client, WEAK),
           SSL_CTX_set_cipher_list(server, WEAK));
    SSL_CTX_set_security_level(client, 0);
    SSL_CTX_set_security_level(server, 0);
    only(client, TLS1_VERSION);
    printf("server: %ld\n", (long)SSL_CTX_set_min_proto_version(server, TLS1_VERSION));
}

static void weaken_group(SSL_CTX *client, SSL_CTX *server)
{
    verify(client, server);
    printf("groups: %ld %ld\n", (long)SSL_CTX_set1_groups_list(client, "P-521"),
           (long)SSL_CTX_set1_groups_list(server, "P-521"));
}

static int count_verify(int ok, X509_STORE_CTX *chain)
{
    printf("verify callback: %d, error %d at depth %d\n", ok, X509_STORE_CTX_get_error(chain),
           X509_STORE_CTX_get_error_depth(chain));
    return ok;
}

static int forgive(int ok, X509_STORE_CTX *chain)
{
    count_verify(ok, chain);
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void forgiving(SSL_CTX *client, SSL_CTX *server)
{
    (void)server;
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, forgive);
}

static void forgiving_store(SSL_CTX *client, SSL_CTX *server)
{
    (void)server;
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(client), forgive);
}

static void counting(SSL_CTX *client, SSL_CTX *server)
{
    verify(client, server);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, count_verify);
}

static int verify_chain(X509_STORE_CTX *chain, void *arg)
{
    int ret = X509_verify_cert(chain);

    printf("certificate callback: %d, error %d, %s\n", ret, X509_STORE_CTX_get_error(chain),
           (const char *)arg);
    return 1;
}

static void own_verification(SSL_CTX *client, SSL_CTX *server)
{
    (void)server;
    SSL_CTX_set_cert_verify_callback(client, verify_chain, (void *)(uintptr_t) "its argument");
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, count_verify);
}

static int tell_issued(X509_STORE_CTX *chain, READ_ONLY X509 *leaf, READ_ONLY X509 *issuer)
{
    (void)chain;
    printf("store: check issued\n");
    return X509_check_issued(issuer, leaf) == X509_V_OK;
}

static int tell_issuer(X509 **issuer, X509_STORE_CTX *chain, READ_ONLY X509 *leaf)
{
    int ret = X509_STORE_CTX_get1_issuer(issuer, chain, leaf);

    printf("store: get issuer %d\n", ret);
    return ret;
}

static int tell_revocation(X509_STORE_CTX *chain)
{
    (void)chain;
    printf("store: check revocation\n");
    return 1;
}

static int tell_crl(X509_STORE_CTX *chain, X509_CRL **crl, X509 *leaf)
{
    (void)chain, (void)crl, (void)leaf;
    printf("store: get list\n");
    return 0;
}

static void store_functions(SSL_CTX *client, SSL_CTX *server)
{
    X509_STORE *store = SSL_CTX_get_cert_store(client);

    counting(client, server);
    X509_STORE_set_check_issued(store, tell_issued);
    X509_STORE_set_get_issuer(store, tell_issuer);
    X509_STORE_set_check_revocation(store, tell_revocation);
    X509_STORE_set_get_crl(store, tell_crl);
}

static unsigned long asked;

static int tell_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                         void *other, void *ex)
{
    (void)other;
    asked = asked * 31 + (unsigned long)op + (unsigned long)nid + (unsigned long)bits +
            (ssl != NULL) + (context != NULL) + (ex != NULL);
    return 1;
}

static void own_security(SSL_CTX *client, SSL_CTX *server)
{
    bool has_default = SSL_CTX_get_security_callback(client) != NULL;

    SSL_CTX_set_security_callback(client, tell_security);
    SSL_CTX_set0_security_ex_data(client, server);
    printf("security: %d %d\n", has_default,
           SSL_CTX_get_security_callback(client) == tell_security);
}

/* A connection keeps the callback that its context had when it was made. */
static void swap_security(SSL *client, SSL *server)
{
    SSL_CTX *context = SSL_get_SSL_CTX(client);

    (void)server;
    SSL_CTX_set_security_callback(context, SSL_CTX_get_security_callback(SSL_get_SSL_CTX(server)));
    printf("security: %d\n", SSL_get_security_callback(client) == tell_security);
}

static void tell_asked(SSL *client, SSL *server)
{
    (void)client, (void)server;
    printf("security: %lx\n", asked);
}

static void tell_info(const SSL *ssl, int where, int ret)
{
    printf("info: %x %d %s\n", (unsigned)where, ret, SSL_state_string(ssl));
}

static void tell_other_info(const SSL *ssl, int where, int ret)
{
    (void)ssl;
    printf("other info: %x %d\n", (unsigned)where, ret);
}

static void tell_message(int is_sent, int version, int type, const void *octets, size_t length,
                         SSL *ssl, void *arg)
{
    (void)octets, (void)ssl;
    printf("message: %d %x %d of %zu, %d\n", is_sent, (unsigned)version, type, length, arg != NULL);
}

static void tell_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    printf("key: %.*s\n", (int)strcspn(line, " "), line);
}

static int tell_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    printf("new session: encoded %d\n", i2d_SSL_SESSION(session, NULL));
    return 0;
}

static int tell_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    printf("name: %s\n", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    return SSL_TLSEXT_ERR_OK;
}

static void all_callbacks(SSL_CTX *client, SSL_CTX *server)
{
    verify_none(client, server);
    SSL_CTX_set_info_callback(client, tell_info);
    SSL_CTX_set_info_callback(server, tell_info);
    SSL_CTX_set_msg_callback(client, tell_message);
    SSL_CTX_set_keylog_callback(client, tell_key);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_BOTH);
    SSL_CTX_sess_set_new_cb(client, tell_session);
    SSL_CTX_sess_set_new_cb(server, tell_session);
    SSL_CTX_set_tlsext_servername_callback(server, tell_name);
    printf("info: %d\n", SSL_CTX_get_info_callback(client) == tell_info);
}

static void callbacks_of_connection(SSL *client, SSL *server)
{
    SSL_set_info_callback(client, tell_other_info);
    SSL_set_info_callback(server, NULL);
    printf("info: %d %d\n", SSL_get_info_callback(client) == tell_other_info,
           SSL_get_info_callback(server) == NULL);
}

/* A server that wants a certificate of its client, and gets none. */
static void ask_client(SSL_CTX *client, SSL_CTX *server)
{
    verify_none(client, server);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, count_verify);
}

/* An error that the program left on the queue, and a mark on it. */
static void touch_with_errors(SSL *client, SSL *server)
{
    ERR_put_error(ERR_LIB_USER, 0, 78, "here", 2);
    ERR_set_mark();
    SSL_set_cipher_list(client, "no such cipher");
    SSL_set_info_callback(client, tell_other_info);
    SSL_set_verify(client, SSL_VERIFY_NONE, NULL);
    SSL_set_session(client, NULL);
    SSL_set_shutdown(server, 0);
    printf("mark: %d\n", ERR_pop_to_mark());
    stls_tell_errors("connect");
}

const struct stls_scenario stls_scenarios[] = {
    {.name = "none", .what = "verification off", .prepare = verify_none},
    {.name = "none-bad",
     .what = "the same, self-signed",
     .prepare = verify_none,
     .identity = "bad"},
    {.name = "none-tls12",
     .what = "TLS 1.2, self-signed",
     .prepare = verify_none_tls12,
     .identity = "bad"},
    {.name = "verified",
     .what = "all is well",
     .is_fine = true,
     .prepare = verify,
     .connect = expect_host},
    {.name = "verified-tls12",
     .what = "all is well, TLS 1.2",
     .is_fine = true,
     .prepare = verify_tls12,
     .connect = expect_host},
    {.name = "refused",
     .what = "self-signed, and the program knows",
     .prepare = verify,
     .connect = expect_host,
     .identity = "bad"},
    {.name = "other-host",
     .what = "another host, and the program knows",
     .prepare = verify,
     .connect = expect_other_host},
    {.name = "weak", .what = "old ciphers, groups, signatures", .prepare = weaken},
    {.name = "weak-tls10", .what = "TLS 1.0", .prepare = weaken_tls10},
    {.name = "weak-group", .what = "P-521 on both sides", .prepare = weaken_group},
    {.name = "old-method",
     .what = "fixed-version method",
     .prepare = weaken,
     .method = TLSv1_2_client_method},
    {.name = "forgiving",
     .what = "verify callback returns 1",
     .prepare = forgiving,
     .identity = "bad"},
    {.name = "forgiving-store",
     .what = "the same in the store",
     .prepare = forgiving_store,
     .identity = "bad"},
    {.name = "counting",
     .what = "verify callback is called once",
     .is_fine = true,
     .prepare = counting},
    {.name = "own-verification",
     .what = "cert-verify callback",
     .prepare = own_verification,
     .identity = "bad"},
    {.name = "store-functions",
     .what = "functions of the store's are called once",
     .is_fine = true,
     .prepare = store_functions},
    {.name = "security",
     .what = "own security callback",
     .prepare = own_security,
     .connect = swap_security,
     .after = tell_asked},
    {.name = "callbacks",
     .what = "info, message, key log, session, name",
     .prepare = all_callbacks,
     .identity = "bad"},
    {.name = "callbacks-connection",
     .what = "info callbacks of connections",
     .prepare = all_callbacks,
     .connect = callbacks_of_connection,
     .identity = "bad"},
    {.name = "resumed",
     .what = "TLS 1.3 session, read back",
     .is_repeat = true,
     .prepare = all_callbacks,
     .identity = "bad"},
    {.name = "resumed-tls12",
     .what = "TLS 1.2 session, read back",
     .is_repeat = true,
     .prepare = verify_none_tls12,
     .identity = "bad"},
    {.name = "resumed-fine",
     .what = "session of a verified server",
     .is_fine = true,
     .is_repeat = true,
     .prepare = verify,
     .connect = expect_host},
    {.name = "client-certificate",
     .what = "server asks, none comes",
     .prepare = ask_client,
     .identity = "bad"},
    {.name = "errors",
     .what = "what is on the queue stays there",
     .prepare = verify_none,
     .connect = touch_with_errors,
     .identity = "bad"},
    {.name = NULL},
};
