/* ways_session.c - resumption: nothing is verified, so what was verified then, by whom and for
 * which host, is all there is. And the other side of it: a session that was verified must go on
 * resuming.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#include <openssl/provider.h>
#endif

static int save(const struct stls_target *target, int max)
{
    SSL_CTX *context = stls_client_context();
    int ret;
    BIO *file;

    SSL_CTX_set_max_proto_version(context, max);
    ret = stls_client_talk_first(context, target);
    file = BIO_new_file(stls_client_path("session"), "w");
    if (ret == STLS_ANSWERED &&
        (file == NULL || PEM_write_bio_SSL_SESSION(file, stls_client_session) != 1))
        ret = stls_client_failed(NULL, "PEM_write_bio_SSL_SESSION");
    BIO_free(file);
    SSL_CTX_free(context);
    return ret;
}

static int run_save(const struct stls_target *target)
{
    return save(target, 0);
}

static int run_save_tls12(const struct stls_target *target)
{
    return save(target, TLS1_2_VERSION);
}

/* To the second of two servers. */
static int run_save_second(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl = stls_client_new(context, target, 1);
    BIO *file;
    int ret = ssl != NULL ? stls_client_talk(ssl) : STLS_FAILED;

    file = BIO_new_file(stls_client_path("session"), "w");
    if (ret == STLS_ANSWERED &&
        (file == NULL || PEM_write_bio_SSL_SESSION(file, SSL_get0_session(ssl)) != 1))
        ret = stls_client_failed(NULL, "PEM_write_bio_SSL_SESSION");
    BIO_free(file);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static SSL_SESSION *load(void)
{
    BIO *file = BIO_new_file(stls_client_path("session"), "r");
    SSL_SESSION *session = file != NULL ? PEM_read_bio_SSL_SESSION(file, NULL, NULL, NULL) : NULL;

    BIO_free(file);
    if (session == NULL)
        stls_client_failed(NULL, "PEM_read_bio_SSL_SESSION");
    return session;
}

static void use_saved(SSL *ssl, const struct stls_target *target)
{
    SSL_SESSION *session = load();

    (void)target;
    SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
}

static void use_saved_der(SSL *ssl, const struct stls_target *target)
{
    SSL_SESSION *session = load(), *other;
    unsigned char der[4096], *end = der;
    const unsigned char *start = der;
    int length = i2d_SSL_SESSION(session, NULL);

    (void)target;
    if (length > 0 && (size_t)length <= sizeof der) {
        i2d_SSL_SESSION(session, &end);
        other = d2i_SSL_SESSION(NULL, &start, length);
        SSL_set_session(ssl, other);
        SSL_SESSION_free(other);
    }
    SSL_SESSION_free(session);
}

static void copy_saved(SSL *ssl, const struct stls_target *target)
{
    SSL *other = SSL_new(SSL_get_SSL_CTX(ssl));

    use_saved(other, target);
    SSL_copy_session_id(ssl, other);
    SSL_free(other);
}

static void use_duplicate(SSL *ssl, const struct stls_target *target)
{
    SSL_SESSION *session = load();
    SSL_SESSION *other = SSL_SESSION_dup(session);

    (void)target;
    SSL_set_session(ssl, other);
    SSL_SESSION_free(other);
    SSL_SESSION_free(session);
}

/* By the program's callbacks, when the library has done what it does at the start. */
static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where & SSL_CB_HANDSHAKE_START)
        use_saved((SSL *)(uintptr_t)ssl, NULL);
}

static void use_saved_at_start(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_info_callback(ssl, on_info);
}

static int on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                       void *other, void *ex)
{
    (void)context, (void)bits, (void)nid, (void)other, (void)ex;
    if (ssl != NULL && op == SSL_SECOP_VERSION && SSL_in_before(ssl) &&
        SSL_get_session(ssl) == NULL)
        use_saved((SSL *)(uintptr_t)ssl, NULL);
    return 1;
}

static void use_saved_when_asked(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_security_callback(ssl, on_security);
}

static int run_early_saved(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl = stls_client_new(context, target, 0);
    char answer[512];
    size_t length;
    int ret = STLS_FAILED;

    if (ssl != NULL) {
        use_saved(ssl, target);
        if (SSL_write_early_data(ssl, STLS_REQUEST, strlen(STLS_REQUEST), &length) == 1 &&
            SSL_connect(ssl) == 1 && SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED)
            ret = SSL_read(ssl, answer, sizeof answer) > 0 ? STLS_ANSWERED : STLS_FAILED;
        else /* as programs do: the same once more, after an ordinary handshake */
            ret = stls_client_talk(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

/* The object of a session with the first server, which was verified, becomes one with the second.
 */
static int run_read_into(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    unsigned char der[4096], *end = der;
    const unsigned char *start = der;
    SSL_SESSION *saved = load();
    SSL *ssl;
    int length = i2d_SSL_SESSION(saved, NULL);

    if (length <= 0 || (size_t)length > sizeof der ||
        stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    i2d_SSL_SESSION(saved, &end);
    if (d2i_SSL_SESSION(&stls_client_session, &start, length) == NULL)
        return stls_client_failed(NULL, "d2i_SSL_SESSION");
    ssl = stls_client_new(context, target, 1);
    if (ssl != NULL)
        SSL_set_session(ssl, stls_client_session);
    SSL_SESSION_free(saved);
    return stls_client_finish(context, ssl);
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static void __attribute__((noinline)) clear_stack(void)
{
    volatile unsigned char bytes[8192];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
}
#endif

/* As OpenSSL advises who wants to be sure of a provider: the default library context has none. Then
 * SHA256 can't, and leaves its result as it was. */
static int run_without_digest(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    OSSL_LIB_CTX *own = OSSL_LIB_CTX_new();
    unsigned char der[4096], *end = der;
    const unsigned char *start = der;
    SSL_SESSION *saved, *other;
    SSL_CTX *context;
    SSL *ssl;
    int length;

    if (OSSL_PROVIDER_load(NULL, "null") == NULL || OSSL_PROVIDER_load(own, "default") == NULL)
        return stls_client_failed(NULL, "OSSL_PROVIDER_load");
    saved = load();
    length = i2d_SSL_SESSION(saved, NULL);
    context = SSL_CTX_new_ex(own, NULL, TLS_client_method());
    stls_client_verify(context, target);
    if (length <= 0 || (size_t)length > sizeof der ||
        stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    i2d_SSL_SESSION(stls_client_session, &end);
    end = der;
    i2d_SSL_SESSION(saved, &end);
    clear_stack();
    other = d2i_SSL_SESSION(NULL, &start, length);
    ssl = stls_client_new(context, target, 1);
    if (ssl == NULL || SSL_set_session(ssl, other) != 1)
        return stls_client_failed(ssl, "SSL_set_session");
    SSL_SESSION_free(other);
    SSL_SESSION_free(saved);
    return stls_client_finish(context, ssl);
#else
    (void)target;
    return stls_client_unavailable("providers are there since OpenSSL 3.0");
#endif
}

#define SAVED .before = "session-save", .bad = "peer:plain-bad", .good = "peer:plain-good"

const struct stls_way stls_ways_session[] = {
    {.name = "session-save",
     .attack = "no verification; the session is written to a file",
     .run = run_save},
    {.name = "session-save-tls12", .attack = "the same in TLS 1.2", .run = run_save_tls12},
    {.name = "session-file",
     .attack = "a session that came about without verification, read from a file",
     SAVED,
     .context = stls_client_verify,
     .connection = use_saved},
    {.name = "session-file-tls12",
     .attack = "the same in TLS 1.2",
     .before = "session-save-tls12",
     .bad = "peer:tls12-bad",
     .good = "peer:tls12-good",
     .context = stls_client_verify,
     .connection = use_saved},
    {.name = "session-der",
     .attack = "d2i_SSL_SESSION",
     SAVED,
     .context = stls_client_verify,
     .connection = use_saved_der},
    {.name = "session-save-second",
     .attack = "as session-save, with the second of two servers",
     .bad = "peer:two-bad",
     .good = "peer:two-good",
     .run = run_save_second},
    {.name = "session-read-into",
     .attack = "d2i_SSL_SESSION into the object of a session that was verified",
     .before = "session-save-second",
     .bad = "peer:two-bad",
     .good = "peer:two-good",
     .run = run_read_into},
    {.name = "session-no-digest",
     .attack = "d2i_SSL_SESSION where the default library context has no providers, so no digest",
     .before = "session-save-second",
     .bad = "peer:two-bad",
     .good = "peer:two-good",
     .run = run_without_digest},
    {.name = "session-copy",
     .attack = "SSL_copy_session_id",
     SAVED,
     .context = stls_client_verify,
     .connection = copy_saved},
    {.name = "session-duplicate",
     .attack = "SSL_SESSION_dup",
     SAVED,
     .context = stls_client_verify,
     .connection = use_duplicate},
    {.name = "session-at-start",
     .attack = "SSL_set_session in the info callback, at the start of the handshake",
     SAVED,
     .context = stls_client_verify,
     .connection = use_saved_at_start},
    {.name = "session-when-asked",
     .attack = "SSL_set_session in the security callback, after the start",
     .before = "session-save",
     .bad = "peer:plain-bad",
     .good = "-", /* too late to go on without it */
     .context = stls_client_verify,
     .connection = use_saved_when_asked},
    {.name = "session-early-data",
     .attack = "early data on a session that was not verified",
     .before = "session-save",
     .bad = "peer:early-bad",
     .good = "peer:early-good",
     .run = run_early_saved},
    STLS_WAYS_END,
};
