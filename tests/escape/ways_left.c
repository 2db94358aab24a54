/* ways_left.c - a verify callback that does not come back, or not in the thread that called it.
 * What is kept about a verification under way must not be looked for where it was.
 */
#include "client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum {
    STACK = 1 << 18,
    RUBBISH = 0x5a,
};

static void verify_by(SSL_verify_cb callback, X509_STORE *store, X509 *leaf,
                      STACK_OF(X509) * untrusted)
{
    X509_STORE_CTX *chain = X509_STORE_CTX_new();

    if (chain != NULL && X509_STORE_CTX_init(chain, store, leaf, untrusted) == 1) {
        X509_STORE_CTX_set_verify_cb(chain, callback);
        (void)X509_verify_cert(chain);
    }
    X509_STORE_CTX_free(chain);
}

/* Another chain is verified meanwhile, with the callback that this one has. */
static int verify_another(int ok, X509_STORE_CTX *chain)
{
    static bool is_busy;

    (void)ok;
    if (!is_busy) {
        is_busy = true;
        verify_by(X509_STORE_CTX_get_verify_cb(chain), X509_STORE_CTX_get0_store(chain),
                  X509_STORE_CTX_get0_cert(chain), X509_STORE_CTX_get0_untrusted(chain));
        is_busy = false;
    }
    return 1;
}

static int finish(SSL_CTX *context, const struct stls_target *target)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify_another);
    return stls_client_finish(context, stls_client_new(context, target, 0));
}

/* -- by longjmp, as by an exception or by Perl's die */

static jmp_buf before_verification;

static int leave(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    longjmp(before_verification, 1);
}

static int connect_further_down(SSL *ssl)
{
    volatile unsigned char bytes[STACK / 4];

    bytes[0] = SSL_connect(ssl) == 1;
    return bytes[0];
}

static void use_stack(void)
{
    volatile unsigned char bytes[STACK / 2];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = RUBBISH;
}

/* False if the callback did not leave. */
static bool connect_and_leave(SSL_CTX *context, const struct stls_target *target,
                              SSL_verify_cb callback)
{
    SSL *ssl = stls_client_new(context, target, 0);

    SSL_set_verify(ssl, SSL_VERIFY_PEER, callback);
    if (setjmp(before_verification) == 0) {
        (void)connect_further_down(ssl);
        (void)stls_client_failed(ssl, "SSL_connect came back");
        return false;
    }
    SSL_free(ssl);
    use_stack();
    return true;
}

static int run_longjmp(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    return connect_and_leave(context, target, leave) ? finish(context, target) : STLS_FAILED;
}

/* -- by a coroutine that goes on in another thread */

static ucontext_t caller, coroutine;
static SSL *moving;
static bool has_moved;

static int give_way(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    if (!has_moved) {
        has_moved = true;
        swapcontext(&coroutine, &caller);
    }
    return 1;
}

static void connect_in_coroutine(void)
{
    (void)SSL_connect(moving);
    setcontext(&caller);
}

static void *go_on(void *arg)
{
    swapcontext(&caller, &coroutine);
    return arg;
}

static int run_coroutine(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    char *stack = malloc(STACK);
    pthread_t thread;

    moving = stls_client_new(context, target, 0);
    SSL_set_verify(moving, SSL_VERIFY_PEER, give_way);
    if (stack == NULL || getcontext(&coroutine) != 0)
        return stls_client_failed(moving, "getcontext");
    coroutine.uc_stack.ss_sp = stack;
    coroutine.uc_stack.ss_size = STACK;
    makecontext(&coroutine, connect_in_coroutine, 0);
    swapcontext(&caller, &coroutine);
    if (!has_moved || pthread_create(&thread, NULL, go_on, NULL) != 0)
        return stls_client_failed(moving, "the coroutine");
    pthread_join(thread, NULL);
    SSL_free(moving);
    memset(stack, RUBBISH, STACK); /* and stays: what refers to it is to find this */
    return finish(context, target);
}

/* -- by longjmp, with the callback that it has kept for a chain of its own */

static SSL_verify_cb kept;
static X509 *leaf;
static bool has_answered;

static int keep_and_leave(int ok, X509_STORE_CTX *chain)
{
    has_answered = kept != NULL;
    if (has_answered)
        return ok;
    kept = X509_STORE_CTX_get_verify_cb(chain);
    leaf = X509_STORE_CTX_get0_cert(chain);
    X509_up_ref(leaf);
    longjmp(before_verification, 1);
}

static int run_kept(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);

    if (!connect_and_leave(context, target, keep_and_leave))
        return STLS_FAILED;
    verify_by(kept, SSL_CTX_get_cert_store(context), leaf, NULL);
    X509_free(leaf);
    if (!has_answered)
        return stls_client_failed(NULL, "the callback was not called again");
    return finish(context, target);
}

const struct stls_way stls_ways_left[] = {
    {.name = "verify-callback-left",
     .attack = "a verify callback is left by longjmp; the next one verifies another chain as well",
     .run = run_longjmp},
    {.name = "verify-callback-kept",
     .attack = "the same, which then calls the callback that the first one had",
     .run = run_kept},
    {.name = "verify-callback-moved",
     .attack = "the same, where the first gives way in a coroutine that ends in another thread",
     .run = run_coroutine},
    STLS_WAYS_END,
};
