/* ways_objects.c - what a program keeps in ex_data beside OpenSSL's objects, and in which library
 * context: its own, and no more disturbed by what a library keeps there than it disturbs that.
 */
#include "client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT(...) (printf("report: " __VA_ARGS__), putchar('\n'))

/* What was freed before is written over. */
static void use_heap(void)
{
    void *blocks[256];

    for (size_t i = 0; i < 256; i++) {
        blocks[i] = malloc(i + 1);
        if (blocks[i] != NULL)
            memset(blocks[i], 0x41, i + 1);
    }
    for (size_t i = 0; i < 256; i++)
        free(blocks[i]);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)where, (void)ret;
}

static int on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                       void *other, void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static void free_context(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl,
                         void *argp)
{
    (void)ad, (void)index, (void)argl, (void)argp;
    if (data == NULL)
        return;
    use_heap();
    SSL_CTX_set_info_callback(parent, on_info);
    SSL_CTX_set_security_callback(parent, on_security);
    SSL_CTX_set_cert_verify_callback(parent, NULL, NULL);
    REPORT("%s: %d %d", (const char *)data, SSL_CTX_get_info_callback(parent) == on_info,
           SSL_CTX_get_security_callback(parent) == on_security);
}

static void free_connection(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl,
                            void *argp)
{
    (void)ad, (void)index, (void)argl, (void)argp;
    if (data == NULL)
        return;
    use_heap();
    REPORT("%s: info callback of a %s", (const char *)data,
           SSL_get_info_callback(parent) == NULL ? "connection without" : "stranger");
    SSL_set_info_callback(parent, on_info);
    SSL_set_shutdown(parent, SSL_SENT_SHUTDOWN);
    REPORT("%s: %d %d", (const char *)data, SSL_get_info_callback(parent) == on_info,
           SSL_get_shutdown(parent));
}

static void free_session(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl,
                         void *argp)
{
    unsigned char *bytes = NULL;

    (void)ad, (void)index, (void)argl, (void)argp;
    if (data == NULL)
        return;
    use_heap();
    REPORT("%s: %d", (const char *)data, i2d_SSL_SESSION(parent, &bytes) > 0);
    OPENSSL_free(bytes);
}

static int run_free_callbacks(const struct stls_target *target)
{
    SSL_CTX *first = stls_client_context(), *context;
    int of_context = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_context);
    int of_connection = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_connection);
    int of_session = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, free_session);
    SSL_SESSION *session;
    SSL *ssl;
    int ret;

    SSL_CTX_free(first);
    context = stls_client_context();
    SSL_CTX_set_ex_data(context, of_context, (void *)(uintptr_t) "context");
    ssl = stls_client_new(context, target, 0);
    SSL_set_ex_data(ssl, of_connection, (void *)(uintptr_t) "connection");
    ret = stls_client_talk(ssl);
    session = SSL_get1_session(ssl);
    SSL_SESSION_set_ex_data(session, of_session, (void *)(uintptr_t) "session");
    SSL_free(ssl);
    SSL_SESSION_free(session);
    SSL_CTX_free(context);
    return ret;
}

static unsigned other_calls;

static int on_other_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                             void *other, void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    other_calls++;
    return 0;
}

/* An SSL keeps the callback that its context had, until it gets another context. */
static int run_security_callback(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context(), *next = stls_client_context();
    SSL *ssl, *swapped;
    int ret;

    SSL_CTX_set_security_callback(context, on_security);
    ssl = stls_client_new(context, target, 0);
    swapped = SSL_new(context);
    SSL_CTX_set_security_callback(context, on_other_security);
    SSL_CTX_set_security_callback(next, on_other_security);
    SSL_set_security_callback(swapped, on_security);
    SSL_set_SSL_CTX(swapped, next);
    REPORT("kept: %d; swapped: %d", SSL_get_security_callback(ssl) == on_security,
           SSL_get_security_callback(swapped) == on_other_security);
    other_calls = 0;
    ret = stls_client_talk(ssl);
    REPORT("the other is called: %d", other_calls > 0);
    SSL_free(swapped);
    SSL_free(ssl);
    SSL_CTX_free(next);
    SSL_CTX_free(context);
    return ret;
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static int run_common(const struct stls_target *target)
{
    static const struct stls_way way = {.name = "common"};

    return stls_client_common(&way, target);
}

struct thread_work {
    const struct stls_target *target;
    SSL_CTX *context;
    bool is_program_first; /* its indices, before it makes a context */
    int ret;
};

/* Data that no pointer of a library's could be. */
static void on_new(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    (void)parent, (void)data, (void)argl, (void)argp;
    CRYPTO_set_ex_data(ad, index, (void *)(uintptr_t)0x1234);
}

static void on_free(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    if (data != (void *)(uintptr_t)0x1234)
        REPORT("what was freed is not what the program had there");
}

static void make_indices(void)
{
    for (int i = 0; i < 3; i++) {
        SSL_CTX_get_ex_new_index(0, NULL, on_new, NULL, on_free);
        SSL_get_ex_new_index(0, NULL, on_new, NULL, on_free);
        SSL_SESSION_get_ex_new_index(0, NULL, on_new, NULL, on_free);
    }
}

static void *work(void *arg)
{
    struct thread_work *work = arg;

    OSSL_LIB_CTX_set0_default(OSSL_LIB_CTX_new());
    if (work->is_program_first)
        make_indices();
    work->ret = run_common(work->target);
    return NULL;
}

/* A thread with a library context of its own, and this one with the default. */
static int run_two_library_contexts(const struct stls_target *target, bool is_thread_first)
{
    struct thread_work job = {
        .target = target, .is_program_first = !is_thread_first, .ret = STLS_FAILED};
    pthread_t thread;
    int ret = STLS_ANSWERED;

    if (!is_thread_first)
        ret = run_common(target);
    if (pthread_create(&thread, NULL, work, &job) == 0)
        pthread_join(thread, NULL);
    if (is_thread_first) {
        make_indices();
        ret = run_common(target);
    }
    return job.ret == STLS_ANSWERED ? ret : job.ret;
}

static void *work_with_context(void *arg)
{
    struct thread_work *work = arg;

    work->ret = stls_client_finish(work->context, stls_client_new(work->context, work->target, 0));
    return NULL;
}

/* The context is made with one default, the SSL with another: a thread has the process's. */
static int run_mixed(const struct stls_target *target)
{
    struct thread_work job = {.target = target, .ret = STLS_FAILED};
    pthread_t thread;

    OSSL_LIB_CTX_set0_default(OSSL_LIB_CTX_new());
    job.context = stls_client_context();
    if (pthread_create(&thread, NULL, work_with_context, &job) == 0)
        pthread_join(thread, NULL);
    return job.ret;
}
#else
static int run_two_library_contexts(const struct stls_target *target, bool is_thread_first)
{
    (void)target, (void)is_thread_first;
    return stls_client_unavailable("library contexts are there since OpenSSL 3.0");
}

static int run_mixed(const struct stls_target *target)
{
    return run_two_library_contexts(target, false);
}
#endif

static int run_default_last(const struct stls_target *target)
{
    return run_two_library_contexts(target, true);
}

static int run_default_first(const struct stls_target *target)
{
    return run_two_library_contexts(target, false);
}

const struct stls_way stls_ways_objects[] = {
    {.name = "free-callbacks",
     .attack = "callbacks of the program's that use an object while it is freed",
     .expectation = STLS_EXPECT_SAME,
     .run = run_free_callbacks},
    {.name = "objects-security",
     .attack = "a security callback set on a context is one for later connections",
     .expectation = STLS_EXPECT_SAME,
     .run = run_security_callback},
    {.name = "library-context-first",
     .attack = "TLS in a library context, then indices of the program's in the default one",
     .expectation = STLS_EXPECT_SAME,
     .run = run_default_last},
    {.name = "library-context-last",
     .attack = "TLS in the default library context, then indices of the program's in another",
     .expectation = STLS_EXPECT_SAME,
     .run = run_default_first},
    {.name = "library-context-of-main",
     .attack = "a library context for the main thread alone",
     .expectation = STLS_EXPECT_SAME,
     .run = run_mixed},
    STLS_WAYS_END,
};
