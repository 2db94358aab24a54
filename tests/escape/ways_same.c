/* ways_same.c - what a well-behaved program sees of itself: the same with and without the library.
 * Each line that begins with "report: " is compared.
 */
#include "client.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

static int verify_step(int ok, X509_STORE_CTX *chain)
{
    REPORT("verify callback: %d, error %d at depth %d", ok, X509_STORE_CTX_get_error(chain),
           X509_STORE_CTX_get_error_depth(chain));
    return ok;
}

static unsigned info_calls, other_info_calls;

static void on_info(const SSL *ssl, int where, int ret)
{
    info_calls++;
    REPORT("info callback: %#x, %d, %s", (unsigned)where, ret, SSL_state_string(ssl));
}

static void on_other_info(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)where, (void)ret;
    other_info_calls++;
}

static int on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                       void *other, void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static void on_message(int is_written, int version, int type, const void *buffer, size_t length,
                       SSL *ssl, void *arg)
{
    const unsigned char *bytes = buffer;

    (void)version, (void)ssl, (void)arg;
    if (type == SSL3_RT_HANDSHAKE && length > 0)
        REPORT("message: %s %d", is_written ? "sent" : "received", bytes[0]);
}

static const char *is(bool claim)
{
    return claim ? "what was set" : "something else";
}

static int run_getters(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    static int security_data;
    SSL *ssl;
    int (*first)(const SSL *, const SSL_CTX *, int, int, int, void *, void *) =
        SSL_CTX_get_security_callback(context);

    REPORT("info callback of the context: %s", SSL_CTX_get_info_callback(context) ? "one" : "none");
    REPORT("security callback of the context: %s", first != NULL ? "one" : "none");
    SSL_CTX_set_info_callback(context, on_other_info);
    SSL_CTX_set_security_callback(context, on_security);
    SSL_CTX_set0_security_ex_data(context, &security_data);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify_step);
    REPORT("info callback: %s", is(SSL_CTX_get_info_callback(context) == on_other_info));
    REPORT("security callback: %s", is(SSL_CTX_get_security_callback(context) == on_security));
    REPORT("security data: %s", is(SSL_CTX_get0_security_ex_data(context) == &security_data));
    REPORT("verify callback: %s", is(SSL_CTX_get_verify_callback(context) == verify_step));
    REPORT("verify mode: %d", SSL_CTX_get_verify_mode(context));
    ssl = stls_client_new(context, target, 0);
    REPORT("SSL's info callback: %s", SSL_get_info_callback(ssl) ? "one" : "none");
    REPORT("SSL's security callback: %s", is(SSL_get_security_callback(ssl) == on_security));
    REPORT("SSL's security data: %s", is(SSL_get0_security_ex_data(ssl) == &security_data));
    SSL_set_info_callback(ssl, on_info);
    REPORT("SSL's info callback: %s", is(SSL_get_info_callback(ssl) == on_info));
    REPORT("context's info callback: %s", is(SSL_CTX_get_info_callback(context) == on_other_info));
    SSL_set_info_callback(ssl, NULL);
    REPORT("SSL's info callback, cleared: %s", SSL_get_info_callback(ssl) ? "one" : "none");
    SSL_set_security_callback(ssl, first);
    REPORT("SSL's security callback: %s", is(SSL_get_security_callback(ssl) == first));
    if (stls_client_talk(ssl) != STLS_ANSWERED)
        return STLS_FAILED;
    REPORT("after: SSL's info callback: %s", SSL_get_info_callback(ssl) ? "one" : "none");
    REPORT("after: SSL's security callback: %s", is(SSL_get_security_callback(ssl) == first));
    REPORT("after: verify callback: %s", is(SSL_get_verify_callback(ssl) == verify_step));
    REPORT("after: verify mode: %d", SSL_get_verify_mode(ssl));
    REPORT("after: verify result: %ld", SSL_get_verify_result(ssl));
    REPORT("after: shutdown %d", SSL_get_shutdown(ssl));
    REPORT("the info callback was called: %s", other_info_calls > 0 ? "yes" : "no");
    SSL_free(ssl);
    SSL_CTX_set_info_callback(context, NULL);
    REPORT("info callback, cleared: %s", SSL_CTX_get_info_callback(context) ? "one" : "none");
    SSL_CTX_free(context);
    return STLS_ANSWERED;
}

static int run_callbacks(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;
    int ret;

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify_step);
    SSL_CTX_set_info_callback(context, on_info);
    SSL_CTX_set_msg_callback(context, on_message);
    ssl = stls_client_new(context, target, 0);
    ret = stls_client_talk(ssl);
    REPORT("chain of %d", sk_X509_num(SSL_get0_verified_chain(ssl)));
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static int run_cleared(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;
    int ret;

    SSL_CTX_set_info_callback(context, on_info);
    SSL_CTX_set_info_callback(context, NULL);
    ssl = stls_client_new(context, target, 0);
    SSL_set_info_callback(ssl, on_info);
    SSL_set_info_callback(ssl, NULL);
    ret = stls_client_finish(context, ssl);
    REPORT("%u calls", info_calls);
    return ret;
}

/* Verification by the program's own callback, which calls OpenSSL's. */
static int on_chain(X509_STORE_CTX *chain, void *arg)
{
    int ret = X509_verify_cert(chain);

    REPORT("cert-verify callback: %d, error %d, argument %s, chain of %d", ret,
           X509_STORE_CTX_get_error(chain), is(arg == &info_calls),
           sk_X509_num(X509_STORE_CTX_get0_chain(chain)));
    return ret;
}

static int run_cert_verify(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;
    int ret;

    SSL_CTX_set_cert_verify_callback(context, on_chain, &info_calls);
    ssl = stls_client_new(context, target, 0);
    ret = stls_client_talk(ssl);
    REPORT("verify result %ld, chain of %d", SSL_get_verify_result(ssl),
           sk_X509_num(SSL_get0_verified_chain(ssl)));
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static unsigned made, copied, freed;

static void on_new(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long number,
                   void *arg)
{
    (void)parent, (void)pointer, (void)data, (void)index, (void)number, (void)arg;
    made++;
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static int on_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **value, int index,
                   long number, void *arg)
#else
static int on_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void *value, int index,
                   long number, void *arg)
#endif
{
    (void)to, (void)from, (void)index, (void)number, (void)arg;
    copied += *(void **)value != NULL;
    return 1;
}

static void on_free(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long number,
                    void *arg)
{
    (void)parent, (void)data, (void)index, (void)number, (void)arg;
    freed += pointer != NULL;
}

static int run_ex_data(const struct stls_target *target)
{
    int of_context = SSL_CTX_get_ex_new_index(1, &made, on_new, on_copy, on_free);
    int of_ssl = SSL_get_ex_new_index(2, &made, on_new, on_copy, on_free);
    int of_session = SSL_SESSION_get_ex_new_index(3, &made, on_new, on_copy, on_free);
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl = stls_client_new(context, target, 0);
    int ret;

    SSL_CTX_set_ex_data(context, of_context, &made);
    SSL_set_ex_data(ssl, of_ssl, &copied);
    SSL_set_app_data(ssl, &freed);
    ret = stls_client_talk(ssl);
    REPORT("context: %s", is(SSL_CTX_get_ex_data(context, of_context) == &made));
    REPORT("SSL: %s", is(SSL_get_ex_data(ssl, of_ssl) == &copied));
    REPORT("application's: %s", is(SSL_get_app_data(ssl) == &freed));
    REPORT("session: %s",
           SSL_SESSION_get_ex_data(SSL_get0_session(ssl), of_session) == NULL ? "none" : "one");
    SSL_free(ssl);
    SSL_CTX_free(context);
    REPORT("%u made, %u copied, %u freed", made, copied, freed);
    return ret;
}

static void report_errors(const char *when)
{
    unsigned long error = ERR_peek_error(), last = ERR_peek_last_error();

    REPORT("%s: first error %d/%d, last %d/%d, errno %d", when, ERR_GET_LIB(error),
           ERR_GET_REASON(error), ERR_GET_LIB(last), ERR_GET_REASON(last), errno);
    errno = 77;
}

/* An error of the program's own is in the queue all the time, as after a failed look for a file. */
static int run_errors(const struct stls_target *target)
{
    SSL_CTX *context;
    SSL *ssl;
    int ret;

    SSL_CTX_free(stls_client_context()); /* loads what is loaded once */
    ERR_clear_error();
    ERR_put_error(ERR_LIB_USER, 0, 123, "program", 1);
    errno = 77;
    context = SSL_CTX_new(TLS_client_method());
    report_errors("SSL_CTX_new");
    SSL_CTX_load_verify_locations(context, target->ca_file, NULL);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    report_errors("SSL_CTX_set_verify");
    SSL_CTX_set_cipher_list(context, "DEFAULT");
    report_errors("SSL_CTX_set_cipher_list");
    SSL_CTX_set_cipher_list(context, "NO-SUCH-CIPHER");
    report_errors("SSL_CTX_set_cipher_list that fails");
    SSL_CTX_set_info_callback(context, on_other_info);
    report_errors("SSL_CTX_set_info_callback");
    ssl = stls_client_new(context, target, 0);
    errno = 77;
    SSL_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256");
    report_errors("SSL_set_ciphersuites");
    ret = SSL_connect(ssl);
    report_errors("SSL_connect");
    ret = ret == 1 ? stls_client_exchange(ssl) : STLS_FAILED;
    report_errors("exchange");
    SSL_free(ssl);
    SSL_CTX_free(context);
    report_errors("SSL_CTX_free");
    return ret;
}

/* A program that refuses by itself tells its user the same. */
static int run_own_refusal(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify_step);
    ssl = stls_client_new(context, target, 1);
    SSL_set1_host(ssl, target->host);
    REPORT("SSL_connect: %d", SSL_connect(ssl));
    REPORT("verify result %ld", SSL_get_verify_result(ssl));
    report_errors("SSL_connect");
    SSL_free(ssl);
    ERR_clear_error();
    return stls_client_finish(context, stls_client_new(context, target, 0));
}

static unsigned allocations;

static void *own_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return malloc(size);
}

static void *own_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return realloc(block, size);
}

static void own_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    free(block);
}

static int run_memory(const struct stls_target *target)
{
    SSL_CTX *context;
    int ret;

    REPORT("CRYPTO_set_mem_functions: %d",
           CRYPTO_set_mem_functions(own_malloc, own_realloc, own_free));
    context = stls_client_verifying_context(target);
    ret = stls_client_finish(context, stls_client_new(context, target, 0));
    REPORT("they are used: %s", allocations > 0 ? "yes" : "no");
    return ret;
}

struct worker {
    pthread_t thread;
    SSL_CTX *context;
    const struct stls_target *target;
    int ret;
};

static void *work(void *arg)
{
    struct worker *worker = arg;
    SSL *ssl = stls_client_new(worker->context, worker->target, 0);

    worker->ret = ssl != NULL ? stls_client_talk(ssl) : STLS_FAILED;
    SSL_free(ssl);
    return NULL;
}

/* Lists that OpenSSL refuses, and one of nothing that the policy would leave. */
static int run_lists(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    int none[] = {NID_undef}, pss[] = {NID_sha256, EVP_PKEY_RSA_PSS};
    SSL *ssl;
    int ret;

    ERR_clear_error();
    REPORT("groups of no name: %ld", SSL_CTX_set1_groups_list(context, "NO-SUCH-GROUP"));
    report_errors("groups of no name");
    REPORT("no groups: %ld", SSL_CTX_set1_groups_list(context, ""));
    REPORT("groups of no number: %ld", SSL_CTX_set1_groups(context, none, 1));
    REPORT("P-384: %ld", SSL_CTX_set1_groups_list(context, "P-384"));
    REPORT("signature algorithms of no name: %ld", SSL_CTX_set1_sigalgs_list(context, "none"));
    REPORT("RSA-PSS: %ld", SSL_CTX_set1_sigalgs(context, pss, 2));
    ERR_clear_error();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
    REPORT("verify mode: %d", SSL_CTX_get_verify_mode(context));
    ssl = stls_client_new(context, target, 0);
    REPORT("verify mode of the SSL: %d", SSL_get_verify_mode(ssl));
    ret = SSL_connect(ssl) == 1 ? stls_client_exchange(ssl) : STLS_FAILED;
    REPORT("verify mode afterwards: %d", SSL_get_verify_mode(ssl));
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

/* "No suites" leaves TLS 1.2 to it. */
static int run_no_suites(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;
    int ret;

    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    REPORT("no suites: %d", SSL_CTX_set_ciphersuites(context, ""));
    REPORT("cipher suites: %d",
           sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(context)) > 0 &&
               strncmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(SSL_CTX_get_ciphers(context), 0)),
                       "TLS_", 4) == 0);
    ssl = stls_client_new(context, target, 0);
    ret = SSL_connect(ssl) == 1 ? stls_client_exchange(ssl) : STLS_FAILED;
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

static int run_threads(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    struct worker workers[8];
    unsigned answered = 0;

    for (size_t i = 0; i < 8; i++) {
        workers[i] = (struct worker){.context = context, .target = target};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(workers[i].thread, NULL);
        answered += workers[i].ret == STLS_ANSWERED;
    }
    SSL_CTX_free(context);
    REPORT("%u answers", answered);
    return answered == 8 ? STLS_ANSWERED : STLS_FAILED;
}

const struct stls_way stls_ways_same[] = {
    {.name = "same-getters",
     .attack = "getters give back what was set, before and after the handshake",
     .expectation = STLS_EXPECT_SAME,
     .run = run_getters},
    {.name = "same-callbacks",
     .attack = "callbacks are called in the same order, equally often, with the same arguments",
     .expectation = STLS_EXPECT_SAME,
     .run = run_callbacks},
    {.name = "same-cleared",
     .attack = "a callback that was set and cleared again is not called",
     .expectation = STLS_EXPECT_SAME,
     .run = run_cleared},
    {.name = "same-cert-verify",
     .attack = "a cert-verify callback finds the chain and its argument as ever",
     .expectation = STLS_EXPECT_SAME,
     .run = run_cert_verify},
    {.name = "same-ex-data",
     .attack = "ex_data indices and their callbacks are the program's alone",
     .expectation = STLS_EXPECT_SAME,
     .run = run_ex_data},
    {.name = "same-errors",
     .attack = "error queue and errno are as they would be",
     .expectation = STLS_EXPECT_SAME,
     .run = run_errors},
    {.name = "same-own-refusal",
     .attack = "a program that refuses by itself sees the same errors",
     .expectation = STLS_EXPECT_SAME,
     .bad = "peer:two-bad",
     .good = "peer:two-good",
     .run = run_own_refusal},
    {.name = "same-memory",
     .attack = "CRYPTO_set_mem_functions first of all succeeds",
     .expectation = STLS_EXPECT_SAME,
     .run = run_memory},
    {.name = "same-lists",
     .attack = "lists of groups and signature algorithms succeed and fail as ever",
     .expectation = STLS_EXPECT_SAME,
     .run = run_lists},
    {.name = "same-no-suites",
     .attack = "a program that wants no cipher suites of TLS 1.3 gets none",
     .expectation = STLS_EXPECT_SAME,
     .run = run_no_suites},
    {.name = "same-threads",
     .attack = "eight threads on one context",
     .expectation = STLS_EXPECT_SAME,
     .run = run_threads},
    STLS_WAYS_END,
};
