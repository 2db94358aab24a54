/* ways_loading.c - how a program that is linked with libssl came to be in the process, and who else
 * is there.
 */
#include "client.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_common(const struct stls_target *target)
{
    static const struct stls_way way = {.name = "common"};

    return stls_client_common(&way, target);
}

/* The context is the parent's, the handshake the child's. */
static int run_forked(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(stls_client_finish(context, stls_client_new(context, target, 0)));
    SSL_CTX_free(context);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return STLS_FAILED;
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* Nothing is left of the environment when TLS begins, as in nginx's workers. */
static int run_cleared_environment(const struct stls_target *target)
{
    struct stls_target copy = *target;

    clearenv();
    return run_common(&copy);
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
struct thread_work {
    const struct stls_target *target;
    int ret;
};

/* ex_data and its callbacks belong to the library context. */
static void *work_in_context(void *arg)
{
    struct thread_work *work = arg;
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    OSSL_LIB_CTX *old = OSSL_LIB_CTX_set0_default(context);

    work->ret = run_common(work->target);
    OSSL_LIB_CTX_set0_default(old);
    OSSL_LIB_CTX_free(context);
    return NULL;
}
#endif

static int run_default_context(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    struct thread_work job = {.target = target, .ret = STLS_FAILED};
    pthread_t thread;

    if (pthread_create(&thread, NULL, work_in_context, &job) == 0)
        pthread_join(thread, NULL);
    return job.ret;
#else
    (void)target;
    return stls_client_unavailable("library contexts are there since OpenSSL 3.0");
#endif
}

static int run_default_context_after(const struct stls_target *target)
{
    SSL_CTX *first = stls_client_context();

    SSL_CTX_free(first);
    return run_default_context(target);
}

static int run_library_context(const struct stls_target *target)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    SSL_CTX *context = SSL_CTX_new_ex(library, NULL, TLS_client_method());
    int ret = stls_client_finish(context, stls_client_new(context, target, 0));

    OSSL_LIB_CTX_free(library);
    return ret;
#else
    (void)target;
    return stls_client_unavailable("SSL_CTX_new_ex is there since OpenSSL 3.0");
#endif
}

/* Another generation beside the one that the program is linked with. */
static int run_two_generations(const struct stls_target *target)
{
    const char *path = getenv("STLS_SECOND_LIBSSL");
    SSL_CTX *(*new_context)(const SSL_METHOD *) = NULL;
    const SSL_METHOD *(*method)(void) = NULL;
    void *handle;

    if (path == NULL)
        return stls_client_unavailable("no libssl of a second generation here");
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (handle != NULL) {
        *(void **)&new_context = dlsym(handle, "SSL_CTX_new");
        *(void **)&method = dlsym(handle, "TLS_client_method");
    }
    if (new_context == NULL || method == NULL || new_context(method()) == NULL)
        return stls_client_failed(NULL, path);
    return run_common(target);
}

const struct stls_way stls_ways_loading[] = {
    {.name = "linked-lazy", .attack = "linked with libssl, bound lazily", .run = run_common},
    {.name = "linked-now",
     .attack = "linked with libssl, bound at start",
     .program = "victim_now",
     .run = run_common},
    {.name = "linked-bundled",
     .attack = "linked with a libssl of another name, found by RUNPATH",
     .program = "victim_bundled",
     .run = run_common},
    {.name = "linked-no-plt",
     .attack = "linked with libssl, without a procedure linkage table",
     .program = "victim_no_plt",
     .run = run_common},
    {.name = "linked-forked",
     .attack = "the context is made before fork, the handshake after it",
     .run = run_forked},
    {.name = "environment-cleared",
     .attack = "the environment is emptied before TLS begins",
     .good = "-", /* where the roots are went with it */
     .run = run_cleared_environment},
    {.name = "constructor-before",
     .attack = "the constructor of a library that is preloaded before ours",
     .env = "BEFORE=%D/constructor.so"},
    {.name = "constructor-after",
     .attack = "the constructor of a library that is preloaded after ours",
     .env = "AFTER=%D/constructor.so"},
    {.name = "next-before",
     .attack = "another preload library, before ours, which uses dlsym(RTLD_NEXT)",
     .env = "BEFORE=%D/next.so",
     .run = run_common},
    {.name = "next-after",
     .attack = "another preload library, after ours, which uses dlsym(RTLD_NEXT)",
     .env = "AFTER=%D/next.so",
     .run = run_common},
    {.name = "next-before-same",
     .attack = "what the library before ours finds by dlsym(RTLD_NEXT)",
     .expectation = STLS_EXPECT_SAME,
     .env = "BEFORE=%D/next.so",
     .run = run_common},
    {.name = "next-after-same",
     .attack = "what the library after ours finds by dlsym(RTLD_NEXT)",
     .expectation = STLS_EXPECT_SAME,
     .env = "AFTER=%D/next.so",
     .run = run_common},
    {.name = "default-library-context",
     .attack = "OSSL_LIB_CTX_set0_default in a thread, before anything else",
     .run = run_default_context},
    {.name = "default-library-context-after",
     .attack = "OSSL_LIB_CTX_set0_default in a thread, after a first context",
     .run = run_default_context_after},
    {.name = "library-context",
     .attack = "SSL_CTX_new_ex with a library context of its own",
     .run = run_library_context},
    {.name = "two-generations",
     .attack = "two generations of libssl in one process",
     .run = run_two_generations},
    STLS_WAYS_END,
};
