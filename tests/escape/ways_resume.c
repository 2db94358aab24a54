/* ways_resume.c - a session that was verified resumes, for whom it was verified and for nobody
 * else.
 */
#include "client.h"

#include <string.h>

static int resume(SSL_CTX *context, const struct stls_target *target)
{
    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    return stls_client_talk_again(context, target, target->host);
}

static int run_resume(const struct stls_target *target)
{
    return resume(stls_client_verifying_context(target), target);
}

static int run_resume_none(const struct stls_target *target)
{
    return resume(stls_client_context(), target);
}

static int run_resume_tls12(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    return resume(context, target);
}

static int run_resume_id(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return resume(context, target);
}

static int run_no_exchange(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    SSL_CTX_set_options(context, SSL_OP_ALLOW_NO_DHE_KEX);
    return resume(context, target);
}

static int run_resume_named(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(context), target->host, 0);
    return resume(context, target);
}

/* As curl: SSL_get1_session after the answer was read. */
static int run_resume_get1(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl = stls_client_new(context, target, 0);

    if (ssl == NULL || stls_client_talk(ssl) != STLS_ANSWERED)
        return stls_client_failed(ssl, "first connection");
    stls_client_session = SSL_get1_session(ssl);
    SSL_free(ssl);
    return stls_client_talk_again(context, target, target->host);
}

/* As haproxy and Python, which keep sessions as bytes. */
static int resume_bytes(SSL_CTX *context, const struct stls_target *target)
{
    unsigned char der[8192], *end = der;
    const unsigned char *start = der;
    int length;

    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    length = i2d_SSL_SESSION(stls_client_session, NULL);
    if (length <= 0 || (size_t)length > sizeof der)
        return stls_client_failed(NULL, "i2d_SSL_SESSION");
    i2d_SSL_SESSION(stls_client_session, &end);
    SSL_SESSION_free(stls_client_session);
    stls_client_session = d2i_SSL_SESSION(NULL, &start, length);
    return stls_client_talk_again(context, target, target->host);
}

static int run_resume_bytes(const struct stls_target *target)
{
    return resume_bytes(stls_client_verifying_context(target), target);
}

static int run_resume_bytes_tls12(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    return resume_bytes(context, target);
}

static int run_resume_other_context(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    int ret = stls_client_talk_first(context, target);

    SSL_CTX_free(context);
    if (ret != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    return stls_client_talk_again(stls_client_verifying_context(target), target, target->host);
}

/* With another name before the handshake goes on, or NULL. */
static int resume_early(const struct stls_target *target, const char *name)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    size_t length;
    SSL *ssl;

    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    ssl = stls_client_new(context, target, 0);
    SSL_set_session(ssl, stls_client_session);
    if (SSL_write_early_data(ssl, STLS_REQUEST, strlen(STLS_REQUEST), &length) != 1)
        return stls_client_failed(ssl, "early data");
    if (name != NULL)
        SSL_set1_host(ssl, name);
    return stls_client_finish_early(context, ssl);
}

static int run_resume_early(const struct stls_target *target)
{
    return resume_early(target, NULL);
}

/* By then the data has gone where it may; what becomes of the rest is no crash. */
static int run_early_renamed(const struct stls_target *target)
{
    resume_early(target, "other.example");
    return STLS_ANSWERED;
}

static int accept_any(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

/* No anchors of its own, and a callback that does not mind. */
static int run_resume_renegotiation(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl;

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    ssl = stls_client_new(context, target, 0);
    if (ssl == NULL || SSL_connect(ssl) != 1 || SSL_renegotiate_abbreviated(ssl) != 1 ||
        SSL_do_handshake(ssl) != 1 || !SSL_session_reused(ssl))
        return stls_client_failed(ssl, "renegotiation");
    return stls_client_exchange(ssl);
}

/* Verified, but for the host of the first connection. */
static SSL_CTX *context_of_other_host(const struct stls_target *target)
{
    struct stls_target first = *target;
    SSL_CTX *context = stls_client_verifying_context(target);

    first.host = "localhost";
    if (stls_client_talk_first(context, &first) == STLS_ANSWERED)
        return context;
    stls_client_failed(NULL, "first connection");
    return NULL;
}

static int run_other_host(const struct stls_target *target)
{
    return stls_client_talk_again(context_of_other_host(target), target, target->host);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where & SSL_CB_LOOP && SSL_get_session(ssl) == NULL)
        SSL_set_session((SSL *)(uintptr_t)ssl, stls_client_session);
}

static int run_other_host_late(const struct stls_target *target)
{
    SSL_CTX *context = context_of_other_host(target);
    SSL *ssl = stls_client_new(context, target, 0);

    if (ssl != NULL)
        SSL_set_info_callback(ssl, on_info);
    return stls_client_finish(context, ssl);
}

static int on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                       void *other, void *ex)
{
    (void)context, (void)bits, (void)nid, (void)other, (void)ex;
    if (ssl != NULL && op == SSL_SECOP_VERSION && SSL_in_before(ssl) &&
        SSL_get_session(ssl) == NULL)
        SSL_set_session((SSL *)(uintptr_t)ssl, stls_client_session);
    return 1;
}

static int run_other_host_when_asked(const struct stls_target *target)
{
    SSL_CTX *context = context_of_other_host(target);
    SSL *ssl = stls_client_new(context, target, 0);

    if (ssl != NULL)
        SSL_set_security_callback(ssl, on_security);
    return stls_client_finish(context, ssl);
}

/* The session remembers the server name it was made with, and SSL_get_servername then answers with
 * that one: here to a program that now means an address. */
static int run_name_of_session(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    ssl = stls_client_new(context, target, 0);
    SSL_set_tlsext_host_name(ssl, NULL);
    SSL_set_session(ssl, stls_client_session);
    return stls_client_finish(context, ssl);
}

static int run_other_name(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;

    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    ssl = stls_client_new(context, target, 0);
    SSL_set_session(ssl, stls_client_session);
    SSL_set1_host(ssl, "other.example");
    return stls_client_finish(context, ssl);
}

/* Verified by anchors that are not those of the second context. */
static int run_other_root(const struct stls_target *target)
{
    struct stls_target other = *target;
    SSL_CTX *context = stls_client_verifying_context(target);

    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    SSL_CTX_free(context);
    other.ca_file = stls_client_path("bad.pem");
    return stls_client_talk_again(stls_client_verifying_context(&other), target, target->host);
}

static int run_system_root(const struct stls_target *target)
{
    struct stls_target other = *target;
    SSL_CTX *context = stls_client_context();

    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    SSL_CTX_free(context);
    other.ca_file = stls_client_path("bad.pem");
    return stls_client_talk_again(stls_client_verifying_context(&other), target, target->host);
}

static X509_STORE *store_of(const char *file)
{
    X509_STORE *store = X509_STORE_new();

    if (X509_STORE_load_locations(store, file, NULL) != 1)
        stls_client_failed(NULL, "X509_STORE_load_locations");
    return store;
}

static int run_verify_store(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set0_verify_cert_store(context, store_of(target->ca_file));
    return resume(context, target);
}

static int run_other_verify_store(const struct stls_target *target)
{
#ifdef SSL_CTRL_GET_VERIFY_CERT_STORE
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;

    if (stls_client_talk_first(context, target) != STLS_ANSWERED)
        return stls_client_failed(NULL, "first connection");
    ssl = stls_client_new(context, target, 0);
    SSL_set_session(ssl, stls_client_session);
    SSL_set0_verify_cert_store(ssl, store_of(stls_client_path("bad.pem")));
    return stls_client_finish(context, ssl);
#else
    (void)target;
    return stls_client_unavailable("such a store can be seen since OpenSSL 3.0");
#endif
}

#define RESUMED .expectation = STLS_EXPECT_RESUMED, .bad = "lab:good-rsa"

const struct stls_way stls_ways_resume[] = {
    {.name = "resume-no-exchange",
     .attack = "SSL_OP_ALLOW_NO_DHE_KEX: a session of TLS 1.3 resumes without forward secrecy",
     .expectation = STLS_EXPECT_CLAMPED,
     .bad = "peer:no-exchange",
     .run = run_no_exchange},
    {.name = "session-other-host",
     .attack = "a session that was verified for another host",
     .bad = "peer:plain-good",
     .bad_host = "other.example",
     .good = "peer:plain-good",
     .run = run_other_host},
    {.name = "session-other-host-late",
     .attack = "the same, by SSL_set_session in the info callback after the start",
     .bad = "peer:plain-good",
     .bad_host = "other.example",
     .good = "-", /* too late to go on without it */
     .run = run_other_host_late},
    {.name = "session-other-host-when-asked",
     .attack = "the same, by SSL_set_session in the security callback",
     .bad = "peer:plain-good",
     .bad_host = "other.example",
     .good = "-",
     .run = run_other_host_when_asked},
    {.name = "session-server-name",
     .attack = "no server name but the one the session was made with",
     .bad = "peer:acknowledging-good",
     .good = "-",
     .env = "STRICTTLS_HOST_SOURCES=sni",
     .run = run_name_of_session},
    {.name = "session-other-name",
     .attack = "SSL_set1_host with another name than the session was verified for",
     .bad = "peer:plain-good",
     .good = "-",
     .run = run_other_name},
    {.name = "session-other-root",
     .attack = "a session that was verified by another root than the context has",
     .bad = "peer:plain-good",
     .good = "-",
     .run = run_other_root},
    {.name = "session-system-root",
     .attack = "a session that was verified by the system's root, in a context with its own",
     .bad = "peer:plain-good",
     .good = "-",
     .run = run_system_root},
    {.name = "session-other-verify-store",
     .attack = "the same by SSL_set0_verify_cert_store, on the same context",
     .bad = "peer:plain-good",
     .good = "-",
     .run = run_other_verify_store},
    {.name = "resume", .attack = "a verified session resumes", RESUMED, .run = run_resume},
    {.name = "resume-none",
     .attack = "a session of a program that does not verify resumes",
     RESUMED,
     .run = run_resume_none},
    {.name = "resume-tls12",
     .attack = "a verified session of TLS 1.2 resumes by ticket",
     RESUMED,
     .run = run_resume_tls12},
    {.name = "resume-id",
     .attack = "a verified session of TLS 1.2 resumes by session id",
     RESUMED,
     .run = run_resume_id},
    {.name = "resume-named",
     .attack = "a session that was verified for the name the program gave resumes",
     RESUMED,
     .run = run_resume_named},
    {.name = "resume-get1",
     .attack = "a session taken by SSL_get1_session resumes",
     RESUMED,
     .run = run_resume_get1},
    {.name = "resume-verify-store",
     .attack = "a session verified by SSL_CTX_set0_verify_cert_store resumes",
     RESUMED,
     .run = run_verify_store},
    {.name = "resume-bytes",
     .attack = "a verified session that was written out and read back resumes",
     RESUMED,
     .run = run_resume_bytes},
    {.name = "resume-bytes-tls12",
     .attack = "the same in TLS 1.2",
     RESUMED,
     .run = run_resume_bytes_tls12},
    {.name = "resume-other-context",
     .attack = "a verified session resumes in a new context that is set up alike",
     RESUMED,
     .run = run_resume_other_context},
    {.name = "resume-early",
     .attack = "a verified session resumes with early data",
     .expectation = STLS_EXPECT_RESUMED,
     .bad = "peer:early-good",
     .good = "-",
     .run = run_resume_early},
    {.name = "resume-early-renamed",
     .attack = "another name between early data and the handshake",
     .expectation = STLS_EXPECT_SAME,
     .bad = "peer:early-good",
     .good = "-",
     .run = run_early_renamed},
    {.name = "resume-renegotiation",
     .attack = "TLS 1.2: a session that the system's root vouched for resumes in a renegotiation",
     .expectation = STLS_EXPECT_SAME,
     .bad = "peer:renegotiated-resumed",
     .good = "-",
     .run = run_resume_renegotiation},
    STLS_WAYS_END,
};
