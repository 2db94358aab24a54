/* ways_handle.c - libssl is not linked: what the victim needs it takes from a handle, so that no
 * name of its own can be interposed.
 */
#include "way.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FUNCTIONS(F)                                                                               \
    F(TLS_client_method)                                                                           \
    F(SSL_CTX_new)                                                                                 \
    F(SSL_CTX_free)                                                                                \
    F(SSL_CTX_set_verify)                                                                          \
    F(SSL_CTX_set_info_callback)                                                                   \
    F(SSL_CTX_set_cert_verify_callback)                                                            \
    F(SSL_CTX_set_security_callback)                                                               \
    F(SSL_new)                                                                                     \
    F(SSL_free)                                                                                    \
    F(SSL_ctrl)                                                                                    \
    F(SSL_set_fd)                                                                                  \
    F(SSL_set_verify)                                                                              \
    F(SSL_set_info_callback)                                                                       \
    F(SSL_set_security_callback)                                                                   \
    F(SSL_get_SSL_CTX)                                                                             \
    F(SSL_connect)                                                                                 \
    F(SSL_read)                                                                                    \
    F(SSL_write)                                                                                   \
    F(SSL_shutdown)                                                                                \
    F(ERR_print_errors_fp)

struct api {
#define MEMBER(name) __typeof__(&name) name;
    FUNCTIONS(MEMBER)
};

static struct api api;

/* How an address is asked for; NULL: dlsym. */
static const char *version_wanted;

static bool fill_from(void *handle)
{
    static const char *const names[] = {
#define NAME(name) #name,
        FUNCTIONS(NAME)};
    void **slots = (void **)&api;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        slots[i] = version_wanted != NULL ? dlvsym(handle, names[i], version_wanted)
                                          : dlsym(handle, names[i]);
        if (slots[i] == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return false;
        }
    }
    return true;
}

static bool fill(void *handle)
{
    if (handle != NULL)
        return fill_from(handle);
    fprintf(stderr, "%s\n", dlerror());
    return false;
}

static int talk(const struct stls_target *target, void (*context_set)(SSL_CTX *),
                void (*set)(SSL *))
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)atoi(target->port)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL_CTX *context = api.SSL_CTX_new(api.TLS_client_method());
    int ret = STLS_FAILED;
    char answer[512], host[128];
    SSL *ssl;

    if (context == NULL || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return STLS_FAILED;
    api.SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    if (context_set != NULL)
        context_set(context);
    ssl = api.SSL_new(context);
    api.SSL_set_fd(ssl, fd);
    snprintf(host, sizeof host, "%s", target->host);
    api.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host);
    if (set != NULL)
        set(ssl);
    if (api.SSL_connect(ssl) == 1 && api.SSL_write(ssl, request, sizeof request - 1) > 0 &&
        api.SSL_read(ssl, answer, sizeof answer) > 0) {
        ret = STLS_ANSWERED;
        api.SSL_shutdown(ssl);
    } else {
        api.ERR_print_errors_fp(stderr);
    }
    api.SSL_free(ssl);
    api.SSL_CTX_free(context);
    close(fd);
    return ret;
}

static int run_with(const struct stls_target *target, int flags)
{
    return fill(dlopen(STLS_LIBSSL, flags)) ? talk(target, NULL, NULL) : STLS_FAILED;
}

static int run_local(const struct stls_target *target)
{
    return run_with(target, RTLD_NOW | RTLD_LOCAL);
}

static int run_global(const struct stls_target *target)
{
    return run_with(target, RTLD_LAZY | RTLD_GLOBAL);
}

static int run_deepbind(const struct stls_target *target)
{
    return run_with(target, RTLD_NOW | RTLD_DEEPBIND);
}

static int run_default_scope(const struct stls_target *target)
{
    if (dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_GLOBAL) == NULL)
        return STLS_FAILED;
    return fill_from(RTLD_DEFAULT) ? talk(target, NULL, NULL) : STLS_FAILED;
}

static int run_dlvsym(const struct stls_target *target)
{
    static const char *const versions[] = {"OPENSSL_4.0.0", "OPENSSL_3.0.0", "OPENSSL_1_1_0"};
    void *handle = dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; handle != NULL && i < sizeof versions / sizeof versions[0]; i++)
        if (dlvsym(handle, "SSL_CTX_new", versions[i]) != NULL) {
            version_wanted = versions[i];
            return fill(handle) ? talk(target, NULL, NULL) : STLS_FAILED;
        }
    return STLS_FAILED;
}

static int run_dlmopen(const struct stls_target *target)
{
    return fill(dlmopen(LM_ID_NEWLM, STLS_LIBSSL, RTLD_NOW)) ? talk(target, NULL, NULL)
                                                             : STLS_FAILED;
}

/* One lookup only goes through dlsym before the context is there: that of another function. */
static int run_own_lookup(const struct stls_target *target)
{
    void *handle = dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_LOCAL);
    Dl_info info;
    void *again;

    if (handle == NULL || dladdr(dlsym(handle, "SSL_get_version"), &info) == 0)
        return STLS_FAILED;
    again = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    return fill(again) ? talk(target, NULL, NULL) : STLS_FAILED;
}

static int run_forked(const struct stls_target *target)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(run_local(target));
    if (child < 0 || waitpid(child, &status, 0) != child)
        return STLS_FAILED;
    if (WIFSIGNALED(status)) /* a crash of the child's is one of ours */
        raise(WTERMSIG(status));
    return WEXITSTATUS(status);
}

struct thread_work {
    const struct stls_target *target;
    int ret;
};

static void *work(void *arg)
{
    struct thread_work *work = arg;

    work->ret = run_local(work->target);
    return NULL;
}

static int run_thread(const struct stls_target *target)
{
    struct thread_work job = {.target = target, .ret = STLS_FAILED};
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, &job) == 0)
        pthread_join(thread, NULL);
    return job.ret;
}

/* A copy under another name, as applications bring with them. */
static int run_renamed(const struct stls_target *target)
{
    char path[512];

    snprintf(path, sizeof path, "%s/bundled/libssl-1a2b3c.so.3", getenv("STLS_VICTIMS"));
    return fill(dlopen(path, RTLD_NOW | RTLD_LOCAL)) ? talk(target, NULL, NULL) : STLS_FAILED;
}

static int run_renamed_deepbind(const struct stls_target *target)
{
    char path[512];

    snprintf(path, sizeof path, "%s/bundled/libssl-1a2b3c.so.3", getenv("STLS_VICTIMS"));
    return fill(dlopen(path, RTLD_NOW | RTLD_DEEPBIND)) ? talk(target, NULL, NULL) : STLS_FAILED;
}

/* Two copies, and the second is used: the first was looked at before. */
static int run_second_copy(const struct stls_target *target)
{
    /* 1.1.1: a copy whose calls go to a first one, that is global, has no ciphers. */
    bool is_global = OPENSSL_VERSION_NUMBER >= 0x30000000L;
    void *first = dlopen(STLS_LIBSSL, RTLD_NOW | (is_global ? RTLD_GLOBAL : RTLD_LOCAL));

    if (!fill(first))
        return STLS_FAILED;
    api.SSL_CTX_free(api.SSL_CTX_new(api.TLS_client_method()));
    return run_renamed(target);
}

static unsigned allocations;

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return malloc(size);
}

static void *reallocate(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return realloc(block, size);
}

static void release(void *block, const char *file, int line)
{
    (void)file, (void)line;
    free(block);
}

/* OpenSSL takes them only as long as it has allocated nothing. */
static int run_memory(const struct stls_target *target)
{
    void *handle = dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_LOCAL);
    __typeof__(&CRYPTO_set_mem_functions) set_functions;
    int ret = STLS_FAILED;

    if (fill(handle)) {
        *(void **)&set_functions = dlsym(handle, "CRYPTO_set_mem_functions");
        printf("report: memory functions are set: %d\n",
               set_functions(allocate, reallocate, release));
        ret = talk(target, NULL, NULL);
        printf("report: and used: %d\n", allocations > 0);
    }
    return ret;
}

/* The slots that a library may have taken. */
static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)where, (void)ret;
}

static int accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)chain, (void)arg;
    return 1;
}

static int allow(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid, void *other,
                 void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static void set_all(SSL_CTX *context)
{
    api.SSL_CTX_set_info_callback(context, on_info);
    api.SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
    api.SSL_CTX_set_security_callback(context, allow);
}

static void set_connection(SSL *ssl)
{
    api.SSL_set_info_callback(ssl, on_info);
    api.SSL_set_security_callback(ssl, allow);
    api.SSL_CTX_set_cert_verify_callback(api.SSL_get_SSL_CTX(ssl), accept_chain, NULL);
}

static int run_slots(const struct stls_target *target, void (*context_set)(SSL_CTX *),
                     void (*set)(SSL *))
{
    return fill(dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_LOCAL)) ? talk(target, context_set, set)
                                                            : STLS_FAILED;
}

static int run_all(const struct stls_target *target)
{
    return run_slots(target, set_all, NULL);
}

static int run_connection(const struct stls_target *target)
{
    return run_slots(target, NULL, set_connection);
}

const struct stls_way stls_ways_handle[] = {
    {.name = "dlsym", .attack = "dlopen and dlsym on the handle", .run = run_local},
    {.name = "dlsym-global", .attack = "the same with RTLD_GLOBAL", .run = run_global},
    {.name = "dlsym-deepbind", .attack = "the same with RTLD_DEEPBIND", .run = run_deepbind},
    {.name = "dlsym-default",
     .attack = "dlopen with RTLD_GLOBAL, dlsym(RTLD_DEFAULT)",
     .run = run_default_scope},
    {.name = "dlsym-reopened",
     .attack = "dlopen with RTLD_NOLOAD of what is there already",
     .run = run_own_lookup},
    {.name = "dlvsym", .attack = "dlvsym skips definitions without a version", .run = run_dlvsym},
    {.name = "dlmopen", .attack = "dlmopen: a namespace of its own", .run = run_dlmopen},
    {.name = "dlsym-forked", .attack = "libssl is loaded after fork", .run = run_forked},
    {.name = "dlsym-thread", .attack = "libssl is loaded by a thread", .run = run_thread},
    {.name = "renamed", .attack = "a libssl of another name", .run = run_renamed},
    {.name = "renamed-deepbind",
     .attack = "a libssl of another name, with RTLD_DEEPBIND",
     .run = run_renamed_deepbind},
    {.name = "second-copy",
     .attack = "two copies of libssl in one process, on one libcrypto",
     .run = run_second_copy},
    {.name = "handle-memory",
     .attack = "CRYPTO_set_mem_functions after SSL_CTX_new was asked for, before it is called",
     .expectation = STLS_EXPECT_SAME,
     .run = run_memory},
    {.name = "handle-all-slots",
     .attack = "all three callbacks of a context, by addresses from the handle",
     .run = run_all},
    {.name = "handle-connection-slots",
     .attack = "info and security callbacks on the SSL, the cert-verify callback on its context",
     .run = run_connection},
    STLS_WAYS_END,
};
