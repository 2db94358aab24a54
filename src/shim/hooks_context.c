/* hooks_context.c - the functions that make an SSL_CTX.
 *
 * They start attach, and are where a policy that can't be obeyed shows: as a context that could not
 * be made, with an error that says why.
 */
#include "hooks.h"

#include "algorithms.h"
#include "attach.h"
#include "gates.h"
#include "report.h"

#include <stdio.h>

#include "../core/banned.h"

/* NULL if contexts of this libssl can be made; else why not. */
static const char *why_refused(struct stls_openssl *openssl)
{
    static _Thread_local char text[128] __attribute__((tls_model("initial-exec")));

    if (!stls_is_enforcing())
        return NULL;
    if (stls_policy_broken() != NULL)
        return stls_policy_broken();
    if (openssl->is_supported)
        return stls_attach(openssl) ? NULL : "out of memory";
    snprintf(text, sizeof text, "this libssl is none that stricttls knows: it has no %s",
             openssl->missing);
    return text;
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

    if (context == NULL || !stls_is_enforcing() || (record != NULL && record->is_prepared))
        return context;
    guard = stls_guard_enter(openssl);
    closed = record != NULL ? stls_gates_closed(openssl) : "the context could not be attached";
    if (closed == NULL) {
        stls_algorithms_prepare_context(openssl, context);
        record->is_prepared = true;
        record->is_client = is_client_method(openssl, method);
    }
    stls_guard_leave(guard);
    if (closed == NULL)
        return context;
    refuse(openssl, context, closed);
    return NULL;
}

static struct stls_openssl *openssl_of_method(const SSL_METHOD *method)
{
    struct stls_openssl *openssl = method != NULL ? stls_openssl_of_address(method) : NULL;

    return openssl != NULL ? openssl : stls_openssl_of_object(NULL);
}

STLS_HOOK SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    struct stls_openssl *openssl = openssl_of_method(method);
    const char *why;

    if (openssl == NULL || openssl->SSL_CTX_new == NULL)
        return NULL;
    if (stls_vetted_is_scratch())
        return openssl->SSL_CTX_new(method);
    why = why_refused(openssl);
    if (why == NULL) {
        stls_attach(openssl);
        return finish(openssl, openssl->SSL_CTX_new(method), method);
    }
    refuse(openssl, NULL, why);
    return NULL;
}

STLS_HOOK SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *library, const char *properties,
                                  const SSL_METHOD *method)
{
    struct stls_openssl *openssl = openssl_of_method(method);
    const char *why;

    if (openssl == NULL || openssl->SSL_CTX_new_ex == NULL)
        return NULL;
    if (stls_vetted_is_scratch())
        return openssl->SSL_CTX_new_ex(library, properties, method);
    why = why_refused(openssl);
    if (why == NULL) {
        stls_attach(openssl);
        return finish(openssl, openssl->SSL_CTX_new_ex(library, properties, method), method);
    }
    refuse(openssl, NULL, why);
    return NULL;
}
