/* ways_identity.c - the chain is good, but it is another's: names not given, taken back, widened;
 * and anchors that the program did not choose.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

static X509_VERIFY_PARAM *param_of(SSL *ssl)
{
    return SSL_get0_param(ssl);
}

static void without_server_name(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_tlsext_host_name(ssl, NULL);
}

static void cleared(SSL *ssl, const struct stls_target *target)
{
    SSL_set1_host(ssl, target->host);
    X509_VERIFY_PARAM_set1_host(param_of(ssl), NULL, 0);
}

static void leading_dot(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set1_host(ssl, ".example");
}

static void leading_dot_added(SSL *ssl, const struct stls_target *target)
{
    SSL_set1_host(ssl, target->host);
    SSL_add1_host(ssl, ".example");
}

static void many_labels(SSL *ssl, const struct stls_target *target)
{
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS);
    SSL_set1_host(ssl, target->host);
}

static void subject(SSL *ssl, const struct stls_target *target)
{
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT);
    SSL_set1_host(ssl, target->host);
}

static void default_flags(SSL *ssl, const struct stls_target *target)
{
    SSL_set1_host(ssl, target->host);
}

static void partial(SSL *ssl, const struct stls_target *target)
{
    SSL_set_hostflags(ssl, 0);
    SSL_set1_host(ssl, target->host);
}

/* As in programs that take whatever the user typed for a name. */
static void address_as_name(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    X509_VERIFY_PARAM_set1_host(param_of(ssl), "127.0.0.1", 0);
}

static void address_as_server_name(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_tlsext_host_name(ssl, "127.0.0.1");
}

static void port_in_server_name(SSL *ssl, const struct stls_target *target)
{
    char name[128];

    snprintf(name, sizeof name, "%s:%s", target->host, target->port);
    SSL_set_tlsext_host_name(ssl, name);
}

static void dot_at_the_end(SSL *ssl, const struct stls_target *target)
{
    char name[128];

    snprintf(name, sizeof name, "%s.", target->host);
    SSL_set_tlsext_host_name(ssl, name);
}

/* In the middle of it: the name is taken back after ClientHello. */
static void on_info_clear(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where & SSL_CB_LOOP)
        X509_VERIFY_PARAM_set1_host(param_of((SSL *)(uintptr_t)ssl), NULL, 0);
}

static void cleared_late(SSL *ssl, const struct stls_target *target)
{
    SSL_set1_host(ssl, target->host);
    SSL_set_info_callback(ssl, on_info_clear);
}

static int on_step_clear(int ok, X509_STORE_CTX *chain)
{
    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(chain), NULL, 0);
    return ok;
}

static void cleared_by_step(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, on_step_clear);
}

static int forgive(int ok, X509_STORE_CTX *chain)
{
    (void)ok;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void forgiven(SSL *ssl, const struct stls_target *target)
{
    SSL_set1_host(ssl, target->host);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, forgive);
}

/* The name belongs to the SSL; the store's parameters are merged in. */
static void store_param(SSL_CTX *context, const struct stls_target *target)
{
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(SSL_CTX_get_cert_store(context));

    stls_client_verify(context, target);
    X509_VERIFY_PARAM_set1_host(param, ".example", 0);
}

/* Asks for a private root that it loads itself: the system's root does not count. */
static void private_root(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_load_verify_locations(context, stls_client_path("bad.pem"), NULL);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
}

static void no_root(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
}

static void default_paths(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_default_verify_paths(context);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
}

/* A private root that the program loads, and a server under it: what the system trusts is not
 * asked. */
static void loaded_root(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
}

const struct stls_way stls_ways_identity[] = {
    {.name = "no-name-given",
     .attack = "verifies the chain, gives no name to check; the name sent is another's",
     .bad = "lab:wrong-host",
     .context = stls_client_verify},
    {.name = "no-name-sent",
     .attack = "verifies the chain, gives no name and sends none: only the address is known",
     .bad = "lab:wrong-ip",
     .context = stls_client_verify,
     .connection = without_server_name},
    {.name = "name-cleared",
     .attack = "SSL_set1_host, then X509_VERIFY_PARAM_set1_host(NULL)",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = cleared},
    {.name = "name-cleared-late",
     .attack = "the name is taken back by the info callback, in the middle of the handshake",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = cleared_late},
    {.name = "name-cleared-by-step",
     .attack = "the name is taken back by the verify callback",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = cleared_by_step},
    {.name = "name-forgiven",
     .attack = "SSL_set1_host, and a verify callback that forgives the mismatch",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = forgiven},
    {.name = "name-leading-dot",
     .attack = "SSL_set1_host(\".example\") takes every host below example",
     .bad = "lab:wrong-host",
     .good = "-",
     .context = stls_client_verify,
     .connection = leading_dot},
    {.name = "name-leading-dot-added",
     .attack = "SSL_add1_host(\".example\"), beside the right name",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = leading_dot_added},
    {.name = "name-of-store",
     .attack = "a leading-dot name among the parameters of the store",
     .bad = "lab:wrong-host",
     .good = "-",
     .context = store_param},
    {.name = "name-many-labels",
     .attack = "X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS",
     .bad = "lab:good-wildcard",
     .bad_host = "a.b.lab.example",
     .good = "lab:good-wildcard",
     .context = stls_client_verify,
     .connection = many_labels},
    {.name = "name-partial-wildcard",
     .attack = "f*.lab.example, which OpenSSL takes by default",
     .bad = "lab:partial-wildcard",
     .good = "lab:good-wildcard",
     .context = stls_client_verify,
     .connection = partial},
    {.name = "name-of-subject",
     .attack = "X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT: the common name",
     .bad = "lab:cn-only",
     .context = stls_client_verify,
     .connection = subject},
    {.name = "name-of-subject-default",
     .attack = "the common name, which OpenSSL takes where there is no subjectAltName",
     .bad = "lab:cn-only",
     .context = stls_client_verify,
     .connection = default_flags},
    {.name = "address-as-name",
     .attack = "an address given as a host name",
     .bad = "lab:wrong-ip",
     .good = "-",
     .expectation = STLS_EXPECT_STRICT,
     .context = stls_client_verify,
     .connection = address_as_name},
    {.name = "address-as-server-name",
     .attack = "an address sent as server name",
     .bad = "lab:wrong-ip",
     .good = "lab:good-ip",
     .context = stls_client_verify,
     .connection = address_as_server_name},
    {.name = "port-in-server-name",
     .attack = "host:port sent as server name",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = port_in_server_name},
    {.name = "dot-at-the-end",
     .attack = "a server name that ends with a dot",
     .bad = "lab:wrong-host",
     .context = stls_client_verify,
     .connection = dot_at_the_end},
    {.name = "private-root",
     .attack = "a program with a private root is not content with a server of the system's root",
     .bad = "lab:good-rsa",
     .good = "-",
     .expectation = STLS_EXPECT_STRICT,
     .context = private_root},
    {.name = "no-root",
     .attack = "a program that verifies and loads no root trusts nobody",
     .bad = "lab:good-rsa",
     .good = "-",
     .expectation = STLS_EXPECT_STRICT,
     .context = no_root},
    {.name = "system-root",
     .attack = "SSL_CERT_FILE names what the program's default paths are",
     .bad = "lab:good-rsa",
     .expectation = STLS_EXPECT_SAME,
     .context = default_paths},
    {.name = "own-root",
     .attack = "the program's own root, while SSL_CERT_FILE trusts nobody",
     .bad = "lab:good-rsa",
     .expectation = STLS_EXPECT_SAME,
     .env = "SSL_CERT_FILE=/dev/null",
     .context = loaded_root},
    STLS_WAYS_END,
};
