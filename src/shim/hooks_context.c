/* hooks_context.c - the functions that make an SSL_CTX or an SSL.
 *
 * They start attach, and are where a policy that can't be obeyed shows: as a context that could not
 * be made, with an error that says why.
 */
#include "hooks.h"

#include <stdatomic.h>

#include "algorithms.h"
#include "attach.h"
#include "elf_symbols.h"
#include "gates.h"
#include "next.h"
#include "report.h"
#include "slots.h"
#include "vetted.h"

#include "../core/banned.h"

/* NULL if contexts of this libssl can be made; else why not. */
static const char *why_refused(struct stls_openssl *openssl)
{
    if (!stls_is_enforcing())
        return NULL;
    if (stls_policy_broken() != NULL)
        return stls_policy_broken();
    if (!openssl->is_supported)
        return openssl->unsupported;
    return stls_attach(openssl) ? NULL : "out of memory";
}

static void refuse(struct stls_openssl *openssl, SSL_CTX *context, const char *why)
{
    if (context != NULL)
        openssl->SSL_CTX_free(context);
    if (openssl->OPENSSL_init_ssl != NULL && openssl->ERR_add_error_data != NULL) {
        /* As SSL_CTX_new would: without it errors have no text. */
        openssl->OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
                                  NULL);
        stls_openssl_raise(openssl, SSL_R_BAD_VALUE, why);
    }
    stls_report_broken_policy(why);
}

static bool is_client_method(const struct stls_openssl *openssl, const SSL_METHOD *method)
{
    return method == openssl->TLS_client_method() || method == openssl->DTLS_client_method();
}

/* A context that the program's libssl has made: its lists, or NULL if it can't be let out. */
static SSL_CTX *finish(struct stls_openssl *openssl, SSL_CTX *context, const SSL_METHOD *method)
{
    struct stls_context *record = stls_context_of(openssl, context);
    struct stls_guard guard;
    const char *closed;

    if (record != NULL)
        record->asked = 0; /* until now it was OpenSSL and its configuration that set lists */
    if (context == NULL || (record != NULL && record->is_prepared) || stls_policy_is_off())
        return context;
    guard = stls_guard_enter(openssl);
    closed = record != NULL ? stls_gates_closed(openssl) : "the context could not be attached";
    if (closed == NULL && stls_is_enforcing()) {
        if (!stls_policy_leaves_contexts() && stls_algorithms_prepare_context(openssl, context))
            record->denied |= STLS_DENIED_CIPHER;
        record->is_prepared = true;
        record->is_client = is_client_method(openssl, method);
    }
    stls_guard_leave(guard);
    if (closed == NULL)
        return context;
    if (!stls_is_enforcing()) {
        stls_report_broken_policy(closed);
        return context;
    }
    refuse(openssl, context, closed);
    return NULL;
}

/* True where it was made in a library context that we are not registered with; then it is freed,
 * and after registering there can be made again. */
static bool must_make_again(struct stls_openssl *openssl, SSL_CTX *context)
{
    if (context == NULL || stls_policy_is_off() || !openssl->is_supported ||
        stls_context_of(openssl, context) != NULL)
        return false;
    openssl->SSL_CTX_free(context);
    stls_attach_library_context(openssl);
    return true;
}

/* Once for each, as registering again would only use up memory. One that is not remembered, or lies
 * where another lay, is found by SSL_CTX_new. */
static bool is_new(const OSSL_LIB_CTX *library)
{
    static _Atomic(const void *) seen[64];

    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        const void *there = NULL;

        if (atomic_compare_exchange_strong(&seen[i], &there, (const void *)library))
            return true;
        if (there == library)
            return false;
    }
    return false;
}

static struct stls_openssl *openssl_of_method(const SSL_METHOD *method)
{
    struct stls_openssl *openssl = method != NULL ? stls_openssl_of_address(method) : NULL;

    return openssl != NULL ? openssl : stls_openssl_of_object(NULL);
}

STLS_HOOK SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    struct stls_openssl *openssl = openssl_of_method(method);
    SSL_CTX *context;
    const char *why;

    if (openssl == NULL || openssl->SSL_CTX_new == NULL)
        return NULL;
    if (stls_vetted_is_scratch())
        return openssl->SSL_CTX_new(method);
    why = why_refused(openssl);
    if (why != NULL) {
        refuse(openssl, NULL, why);
        return NULL;
    }
    stls_attach(openssl);
    context = openssl->SSL_CTX_new(method);
    if (must_make_again(openssl, context))
        context = openssl->SSL_CTX_new(method);
    return finish(openssl, context, method);
}

STLS_HOOK SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *library, const char *properties,
                                  const SSL_METHOD *method)
{
    struct stls_openssl *openssl = openssl_of_method(method);
    SSL_CTX *context;
    const char *why;

    if (openssl == NULL || openssl->SSL_CTX_new_ex == NULL)
        return NULL;
    if (stls_vetted_is_scratch())
        return openssl->SSL_CTX_new_ex(library, properties, method);
    why = why_refused(openssl);
    if (why != NULL) {
        refuse(openssl, NULL, why);
        return NULL;
    }
    stls_attach(openssl);
    context = openssl->SSL_CTX_new_ex(library, properties, method);
    if (must_make_again(openssl, context))
        context = openssl->SSL_CTX_new_ex(library, properties, method);
    return finish(openssl, context, method);
}

/* Remembers which security callback the context has now. */
STLS_HOOK SSL *SSL_new(SSL_CTX *context)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);
    SSL *ssl = openssl->SSL_new(context);
    struct stls_connection *connection = stls_connection_of(openssl, ssl);

    if (connection != NULL) /* else we are off, or this libssl is none that we know */
        stls_slots_security_of(openssl, ssl, NULL, connection);
    return ssl;
}

/* A caller that reaches SSL_CTX_new past us would make contexts that ex_data does not know of. NULL
 * changes nothing: so libssl itself asks at every SSL_CTX_new, and is no reason to register again.
 */
STLS_HOOK OSSL_LIB_CTX *OSSL_LIB_CTX_set0_default(OSSL_LIB_CTX *library)
{
    struct stls_openssl *openssl = stls_openssl_of_caller(__builtin_return_address(0));
    OSSL_LIB_CTX *before;

    if (openssl == NULL || openssl->OSSL_LIB_CTX_set0_default == NULL) {
        before = STLS_NEXT(OSSL_LIB_CTX_set0_default)(library);
        return before;
    }
    if (library == NULL || !is_new(library))
        return openssl->OSSL_LIB_CTX_set0_default(library);
    stls_attach(openssl); /* in the one before: other threads go on in it */
    before = openssl->OSSL_LIB_CTX_set0_default(library);
    stls_attach_library_context(openssl);
    return before;
}

/* libssl registers inside pthread_once, while another thread may be in dlopen, in a constructor
 * that waits for that once: so the loader, whose lock that one has, is not asked for OpenSSL's own.
 */
static __typeof__(&CRYPTO_get_ex_new_index) real_get_ex_new_index(const void *caller)
{
    const struct stls_openssl *openssl = stls_openssl_of_code(caller);
    struct stls_elf_tables tables;
    void *real = NULL;

    if (openssl != NULL && openssl->CRYPTO_get_ex_new_index != NULL)
        return openssl->CRYPTO_get_ex_new_index;
    tables = stls_elf_tables_at(caller);
    if (stls_elf_find_in(&tables, stls_elf_name("SSL_CIPHER_get_name")) == NULL) {
        real = stls_elf_find_in(&tables, stls_elf_name("CRYPTO_get_ex_new_index"));
        if (real == NULL)
            real = stls_openssl_function_of_caller(caller, "CRYPTO_get_ex_new_index");
        else if (stls_elf_find_in(&tables, stls_elf_name("OPENSSL_sk_num")) == NULL)
            real = NULL; /* a preload library before us, that passes the call on */
    }
    return real != NULL ? (__typeof__(&CRYPTO_get_ex_new_index))real
                        : STLS_NEXT(CRYPTO_get_ex_new_index);
}

/* Each index comes with callbacks, which OpenSSL calls for an object as soon as something of a
 * later index was set on it. A program's callback for copied sessions may never have met one
 * without data of its own (stunnel 5.68 crashes on it): so our index, of which each verified
 * session has data, is to be the earlier one.
 */
STLS_HOOK int CRYPTO_get_ex_new_index(int class_index, long argl, void *argp,
                                      CRYPTO_EX_new *new_func, CRYPTO_EX_dup *dup_func,
                                      CRYPTO_EX_free *free_func)
{
    if (class_index == CRYPTO_EX_INDEX_SSL_SESSION && dup_func != NULL)
        stls_attach_all(NULL);
    return real_get_ex_new_index(__builtin_return_address(0))(class_index, argl, argp, new_func,
                                                              dup_func, free_func);
}
