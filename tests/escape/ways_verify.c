/* ways_verify.c - the peer's certificate is not verified, or what was found is forgiven. */
#include "client.h"

#include <string.h>

static int answer_one(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

static int forget_error(int ok, X509_STORE_CTX *chain)
{
    (void)ok;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static int forget_and_refuse(int ok, X509_STORE_CTX *chain)
{
    if (!ok)
        X509_STORE_CTX_set_error(chain, X509_V_OK);
    return ok;
}

static int accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static int verify_and_accept(X509_STORE_CTX *chain, void *arg)
{
    (void)X509_verify_cert(chain);
    return accept_chain(chain, arg);
}

/* As a program would that brings its own anchors: any certificate is its own issuer. */
static int verify_against_itself(X509_STORE_CTX *chain, void *arg)
{
    STACK_OF(X509) *trusted = sk_X509_new_null();
    int ret = 0;

    (void)arg;
    if (trusted != NULL && sk_X509_push(trusted, X509_STORE_CTX_get0_cert(chain)) > 0) {
        X509_STORE_CTX_set0_trusted_stack(chain, trusted);
        X509_STORE_CTX_set_flags(chain, X509_V_FLAG_PARTIAL_CHAIN);
        ret = X509_verify_cert(chain);
        X509_STORE_CTX_set0_trusted_stack(chain, NULL);
    }
    sk_X509_free(trusted);
    return ret;
}

static int verify_with_own_step(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_verify_cb(chain, answer_one);
    return X509_verify_cert(chain);
}

static void context_none(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
}

static void connection_none(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
}

static void context_callback(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, answer_one);
}

/* The chain ends before its root, which the callback forgives like the rest. */
static void without_depth(SSL_CTX *context, const struct stls_target *target)
{
    context_callback(context, target);
    SSL_CTX_set_verify_depth(context, 0);
}

static void connection_without_depth(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, answer_one);
    SSL_set_verify_depth(ssl, 0);
}

static void connection_callback(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, answer_one);
}

static void none_with_callback(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, answer_one);
}

static void context_forget(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, forget_error);
}

/* Under NONE a refusal means nothing; the result that the program looks at later says OK. */
static void context_forget_and_refuse(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, forget_and_refuse);
}

static void cert_verify_accept(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
}

static void cert_verify_and_accept(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_and_accept, NULL);
}

static void cert_verify_itself(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_against_itself, NULL);
}

static void cert_verify_own_step(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_with_own_step, NULL);
}

static void store_callback(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(context), answer_one);
}

static void conf_verify_mode(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    stls_client_conf(context, NULL, "VerifyMode", "-Peer");
}

static void conf_verify_mode_connection(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    stls_client_conf(NULL, ssl, "VerifyMode", "-Peer");
}

static void verify_result(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SSL_set_verify_result(ssl, X509_V_OK);
}

/* mode 2 or 4 alone: the client code of OpenSSL looks for "not 0", ours might look for bit 0. */
static void mode_without_peer(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_CLIENT_ONCE, answer_one);
}

/* A server's context that is used as a client, its verification being about clients only. */
static int run_generic_method(const struct stls_target *target)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());

    return stls_client_finish(context, stls_client_new(context, target, 0));
}

static int run_other_context(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL_CTX *other = stls_client_context();
    SSL *ssl = stls_client_new(context, target, 0);

    if (ssl != NULL) {
        SSL_set_SSL_CTX(ssl, other);
        SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    }
    SSL_CTX_free(other);
    return stls_client_finish(context, ssl);
}

static int run_dup(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *first = stls_client_new(context, target, 0);
    SSL *ssl = NULL;
    int ret;

    if (first != NULL) {
        BIO_up_ref(SSL_get_rbio(first)); /* SSL_dup takes no socket along */
        SSL_set_connect_state(first);
        ssl = SSL_dup(first);
        SSL_set_bio(ssl, SSL_get_rbio(first), SSL_get_rbio(first));
    }
    ret = stls_client_finish(context, ssl);
    SSL_free(first);
    return ret;
}

/* A program that goes on after a failed handshake as if nothing had been. */
static int run_ignoring_failure(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl = stls_client_new(context, target, 0);
    int ret = STLS_FAILED;

    if (ssl != NULL) {
        (void)SSL_connect(ssl);
        SSL_set_shutdown(ssl, 0);
        ERR_clear_error();
        (void)SSL_do_handshake(ssl);
        ret = stls_client_exchange(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

const struct stls_way stls_ways_verify[] = {
    {.name = "verify-nothing", .attack = "never calls SSL_CTX_set_verify: no call to hook"},
    {.name = "verify-none",
     .attack = "SSL_CTX_set_verify(SSL_VERIFY_NONE)",
     .context = context_none},
    {.name = "verify-none-connection",
     .attack = "verifies on the context, SSL_set_verify(SSL_VERIFY_NONE) on the connection",
     .context = stls_client_verify,
     .connection = connection_none},
    {.name = "verify-callback-one",
     .attack = "SSL_VERIFY_PEER with a verify callback that answers 1",
     .context = context_callback},
    {.name = "verify-callback-one-connection",
     .attack = "the same by SSL_set_verify",
     .connection = connection_callback},
    {.name = "verify-depth",
     .attack = "SSL_CTX_set_verify_depth(0), and a callback that answers 1",
     .bad = "lab:missing-intermediate",
     .context = without_depth},
    {.name = "verify-depth-connection",
     .attack = "the same by SSL_set_verify_depth",
     .bad = "lab:missing-intermediate",
     .connection = connection_without_depth},
    {.name = "verify-none-callback-one",
     .attack = "SSL_VERIFY_NONE, and a callback that answers 1",
     .context = none_with_callback},
    {.name = "verify-set-error-ok",
     .attack = "verify callback calls X509_STORE_CTX_set_error(X509_V_OK) and answers 1",
     .context = context_forget},
    {.name = "verify-none-set-error-ok",
     .attack = "SSL_VERIFY_NONE; callback sets the error to OK and answers 0",
     .context = context_forget_and_refuse},
    {.name = "verify-mode-without-peer",
     .attack = "verify mode SSL_VERIFY_CLIENT_ONCE alone, callback answers 1",
     .context = mode_without_peer},
    {.name = "cert-verify-accept",
     .attack = "SSL_CTX_set_cert_verify_callback with one that answers 1",
     .context = cert_verify_accept},
    {.name = "cert-verify-and-accept",
     .attack = "cert-verify callback verifies, then sets the error to OK and answers 1",
     .context = cert_verify_and_accept},
    {.name = "cert-verify-itself",
     .attack = "cert-verify callback trusts the certificate it was sent (set0_trusted_stack)",
     .context = cert_verify_itself},
    {.name = "cert-verify-own-step",
     .attack = "cert-verify callback sets a verify callback that answers 1, then verifies",
     .context = cert_verify_own_step},
    {.name = "store-verify-callback",
     .attack = "X509_STORE_set_verify_cb with one that answers 1",
     .context = store_callback},
    {.name = "conf-verify-mode",
     .attack = "SSL_CONF_cmd VerifyMode=-Peer writes the mode through a stored pointer",
     .context = conf_verify_mode},
    {.name = "conf-verify-mode-connection",
     .attack = "the same on the SSL",
     .context = stls_client_verify,
     .connection = conf_verify_mode_connection},
    {.name = "set-verify-result",
     .attack = "SSL_set_verify_result(X509_V_OK) before the handshake",
     .connection = verify_result},
    {.name = "generic-method",
     .attack = "TLS_method: the role is known at the handshake only",
     .run = run_generic_method},
    {.name = "other-context",
     .attack = "SSL_set_SSL_CTX to another context of the program's, before the handshake",
     .run = run_other_context},
    {.name = "dup", .attack = "the handshake is that of an SSL_dup", .run = run_dup},
    {.name = "ignore-failure",
     .attack = "SSL_connect's failure is ignored, SSL_set_shutdown(0), write all the same",
     .run = run_ignoring_failure},
    STLS_WAYS_END,
};
