/* ways_protocol.c - old versions, weak ciphers, groups and signatures, by every door there is to
 * the settings. The certificates are good; the server ("lenient") takes what it is offered.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

#include <openssl/conf.h>

static void max_version(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_VERSION);
}

static void connection_max_version(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
}

static void ctrl_max_version(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_ctrl(context, 123, TLS1_VERSION, NULL);
    SSL_CTX_ctrl(context, 124, TLS1_VERSION, NULL);
}

static void conf_max_version(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    stls_client_conf(context, NULL, "MinProtocol", "TLSv1");
    stls_client_conf(context, NULL, "MaxProtocol", "TLSv1.1");
}

static void conf_protocol(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    stls_client_conf(context, NULL, "Protocol", "-ALL,TLSv1.1");
}

static void options_version(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_options(context, SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2);
}

static void connection_options_version(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_options(ssl, SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2);
}

static void options_master_secret(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
#ifdef SSL_OP_NO_EXTENDED_MASTER_SECRET
    SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
#endif
}

static void options_legacy_server(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
}

static void on_message(int is_written, int version, int type, const void *buffer, size_t length,
                       SSL *ssl, void *arg)
{
    (void)is_written, (void)version, (void)type, (void)buffer, (void)length, (void)arg;
    SSL_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
}

static void late_legacy_server(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_msg_callback(context, on_message);
}

static int run_master_secret(const struct stls_target *target)
{
    static const struct stls_way way = {.name = "options-master-secret",
                                        .context = options_master_secret};

#ifndef SSL_OP_NO_EXTENDED_MASTER_SECRET
    return stls_client_unavailable("SSL_OP_NO_EXTENDED_MASTER_SECRET is there since OpenSSL 3.0");
#endif
    return stls_client_common(&way, target);
}

static int run_method(const struct stls_target *target, const SSL_METHOD *method)
{
    SSL_CTX *context = method != NULL ? SSL_CTX_new(method) : NULL;

    if (method == NULL)
        return stls_client_unavailable("fixed-version methods are gone since OpenSSL 4.0");
    stls_client_verify_lax(context, target);
    return stls_client_finish(context, stls_client_new(context, target, 0));
}

static int run_tls10_method(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER < 0x40000000L
    return run_method(target, TLSv1_client_method());
#else
    return run_method(target, NULL);
#endif
}

static int run_tls11_method(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER < 0x40000000L
    return run_method(target, TLSv1_1_method());
#else
    return run_method(target, NULL);
#endif
}

static int run_set_version(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER < 0x40000000L
    SSL_CTX *context = stls_client_context();

    stls_client_verify_lax(context, target);
    SSL_CTX_set_ssl_version(context, TLSv1_1_client_method());
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    return stls_client_finish(context, stls_client_new(context, target, 0));
#else
    return run_method(target, NULL);
#endif
}

static int run_set_method(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER < 0x40000000L
    SSL_CTX *context = stls_client_context();
    SSL *ssl;

    stls_client_verify_lax(context, target);
    ssl = stls_client_new(context, target, 0);
    if (ssl != NULL)
        SSL_set_ssl_method(ssl, TLSv1_1_client_method());
    return stls_client_finish(context, ssl);
#else
    return run_method(target, NULL);
#endif
}

static int allow_all(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid, void *other,
                     void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static void security_callback(SSL_CTX *context, const struct stls_target *target)
{
    max_version(context, target);
    SSL_CTX_set_security_callback(context, allow_all);
}

static void connection_security_callback(SSL *ssl, const struct stls_target *target)
{
    connection_max_version(ssl, target);
    SSL_set_security_callback(ssl, allow_all);
}

/* Asked for the version, after everything has been set for the handshake. */
static int lower_when_asked(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                            void *other, void *ex)
{
    (void)context, (void)bits, (void)nid, (void)other, (void)ex;
    if (ssl != NULL && op == SSL_SECOP_VERSION && SSL_in_before(ssl)) {
        SSL_set_min_proto_version((SSL *)(uintptr_t)ssl, 0);
        SSL_set_max_proto_version((SSL *)(uintptr_t)ssl, TLS1_1_VERSION);
    }
    return 1;
}

static void security_callback_lowers(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_security_callback(context, lower_when_asked);
}

static void lower_at_start(const SSL *ssl, int where, int ret)
{
    SSL *writable = (SSL *)(uintptr_t)ssl;

    (void)ret;
    if ((where & SSL_CB_HANDSHAKE_START) == 0)
        return;
    SSL_set_security_level(writable, 0);
    SSL_set_min_proto_version(writable, 0);
    SSL_set_max_proto_version(writable, TLS1_1_VERSION);
    SSL_set_cipher_list(writable, "AES128-SHA:@SECLEVEL=0");
}

static void info_lowers(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify_lax(context, target);
    SSL_CTX_set_info_callback(context, lower_at_start);
}

static bool load_weak(void)
{
    OPENSSL_load_builtin_modules(); /* 1.1.1 has no SSL section before */
    return CONF_modules_load_file(stls_client_victim("weak.cnf"), NULL, 0) > 0;
}

static int run_configured_connection(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl = stls_client_new(context, target, 0);

    if (!load_weak() || SSL_config(ssl, "weak") != 1)
        return stls_client_failed(ssl, "SSL_config");
    return stls_client_finish(context, ssl);
}

static int run_configured(const struct stls_target *target)
{
    SSL_CTX *context;

    if (!load_weak())
        return stls_client_failed(NULL, "CONF_modules_load_file");
    context = stls_client_verifying_context(target);
    if (SSL_CTX_config(context, "weak") != 1)
        stls_client_failed(NULL, "SSL_CTX_config");
    return stls_client_finish(context, stls_client_new(context, target, 0));
}

static int run_dtls(const struct stls_target *target, const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);

    stls_client_verify_lax(context, target);
    SSL_CTX_set_max_proto_version(context, DTLS1_VERSION);
    return stls_client_finish(context, stls_client_new_datagram(context, target));
}

static int run_dtls10(const struct stls_target *target)
{
    return run_dtls(target, DTLS_client_method());
}

static int run_dtls10_method(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER < 0x40000000L
    return run_dtls(target, DTLSv1_client_method());
#else
    return run_method(target, NULL);
#endif
}

#define LENIENT .expectation = STLS_EXPECT_CLAMPED, .bad = "peer:lenient"

const struct stls_way stls_ways_protocol[] = {
    {.name = "max-version",
     .attack = "SSL_CTX_set_max_proto_version(TLS1_VERSION)",
     LENIENT,
     .context = max_version},
    {.name = "max-version-only",
     .attack = "the same, and the server has nothing better",
     .bad = "lab:tls10",
     .context = max_version},
    {.name = "max-version-connection",
     .attack = "SSL_set_max_proto_version(TLS1_1_VERSION)",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_max_version},
    {.name = "max-version-ctrl",
     .attack = "SSL_CTX_ctrl 123 and 124",
     LENIENT,
     .context = ctrl_max_version},
    {.name = "max-version-conf",
     .attack = "SSL_CONF_cmd MaxProtocol",
     LENIENT,
     .context = conf_max_version},
    {.name = "protocol-conf",
     .good = "-",
     /* it wants nothing that is allowed */ .attack = "SSL_CONF_cmd Protocol",
     LENIENT,
     .context = conf_protocol},
    {.name = "version-options",
     .good = "-", /* it wants nothing that is allowed */
     .attack = "SSL_OP_NO_TLSv1_2 and NO_TLSv1_3",
     LENIENT,
     .context = options_version},
    {.name = "version-options-connection",
     .good = "-", /* it wants nothing that is allowed */
     .attack = "the same by SSL_set_options",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_options_version},
    {.name = "tls10-method",
     .attack = "TLSv1_client_method: bounds do not bind it",
     .bad = "lab:tls10",
     .good = "-",
     .run = run_tls10_method},
    {.name = "tls11-method",
     .attack = "TLSv1_1_method",
     .bad = "lab:tls11",
     .good = "-",
     .run = run_tls11_method},
    {.name = "set-ssl-version",
     .attack = "SSL_CTX_set_ssl_version to a fixed version: resets the cipher lists as well",
     .bad = "lab:tls11",
     .good = "-",
     .run = run_set_version},
    {.name = "set-ssl-method",
     .attack = "SSL_set_ssl_method to a fixed version",
     .bad = "lab:tls11",
     .good = "-",
     .run = run_set_method},
    {.name = "options-master-secret",
     .attack = "SSL_OP_NO_EXTENDED_MASTER_SECRET: TLS 1.2 without RFC 7627",
     LENIENT,
     .run = run_master_secret},
    {.name = "options-legacy-server",
     .attack = "SSL_OP_LEGACY_SERVER_CONNECT, and a server without RFC 5746",
     .bad = "peer:unbound",
     .good = "peer:tls12-good",
     .context = options_legacy_server},
    {.name = "options-legacy-server-late",
     .attack = "the same, set by a message callback: OpenSSL looks at it right after",
     .bad = "peer:unbound",
     .good = "peer:tls12-good",
     .context = late_legacy_server},
    {.name = "security-callback",
     .attack = "a security callback that allows everything, TLS 1.0",
     LENIENT,
     .context = security_callback},
    {.name = "security-callback-connection",
     .attack = "the same by SSL_set_security_callback",
     LENIENT,
     .context = stls_client_verify_lax,
     .connection = connection_security_callback},
    {.name = "security-callback-lowers",
     .good = "-", /* it wants nothing that is allowed */
     .attack = "a security callback that sets the versions when it is asked about them",
     LENIENT,
     .context = security_callback_lowers},
    {.name = "info-lowers",
     .attack = "an info callback that sets versions and ciphers at the start of the handshake",
     LENIENT,
     .context = info_lowers},
    {.name = "config-section",
     .attack = "SSL_CTX_config with a section of the program's own file",
     LENIENT,
     .run = run_configured},
    {.name = "config-section-connection",
     .attack = "SSL_config with a section of the program's own file",
     LENIENT,
     .run = run_configured_connection},
    {.name = "config-default",
     .attack = "OPENSSL_CONF with system_default: TLS 1.1",
     LENIENT,
     .env = "OPENSSL_CONF=%D/weak.cnf",
     .context = stls_client_verify},
    {.name = "config-default-tls12",
     .attack = "OPENSSL_CONF with system_default: ciphers, groups, signatures of TLS 1.2",
     LENIENT,
     .env = "OPENSSL_CONF=%D/weak12.cnf",
     .context = stls_client_verify},
    {.name = "dtls10",
     .attack = "DTLS 1.0",
     .expectation = STLS_EXPECT_CLAMPED,
     .bad = "peer:dtls-lenient",
     .good = "peer:dtls-good",
     .run = run_dtls10},
    {.name = "dtls10-method",
     .attack = "DTLSv1_client_method",
     .expectation = STLS_EXPECT_CLAMPED,
     .bad = "peer:dtls-lenient",
     .good = "-",
     .run = run_dtls10_method},
    STLS_WAYS_END,
};
