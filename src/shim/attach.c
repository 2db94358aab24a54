/* attach.c - see attach.h */
#include "attach.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "gates.h"
#include "policy_load.h"
#include "report.h"
#include "session.h"
#include "state.h"
#include "vetted.h"

#include "../core/banned.h"

/* Runs inside SSL_CTX_new. The context is half made, but its slots are there. */
static void on_context(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                       void *argp)
{
    const struct stls_openssl *openssl = stls_openssl_of_object(parent);
    const struct stls_registration *ours;
    struct stls_context *record;

    (void)ptr, (void)argl, (void)argp;
    ours = atomic_load_explicit(&openssl->registration, memory_order_acquire);
    if (ours == NULL || ours->context != index || /* a registration that lost the race */
        stls_vetted_is_scratch())
        return;
    record = stls_context_make(parent);
    if (record == NULL || !openssl->CRYPTO_set_ex_data(ad, index, record)) {
        free(record);
        return;
    }
    stls_gates_install(openssl, parent, record);
}

static int register_context(const struct stls_openssl *openssl)
{
    return openssl->CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, on_context, NULL,
                                            stls_state_free);
}

static int register_connection(const struct stls_openssl *openssl)
{
    return openssl->CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, NULL,
                                            stls_connection_copy, stls_state_free);
}

static int register_session(const struct stls_openssl *openssl)
{
    return openssl->CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_SESSION, 0,
                                            (void *)(uintptr_t)openssl, NULL,
                                            stls_session_copy_mark, stls_session_free_mark);
}

/* By now there is a libssl to read policy files with. */
static bool is_off(void)
{
    (void)stls_policy();
    return stls_policy_is_off();
}

/* Once a process, as soon as it uses TLS. */
static void tell_about_policy(void)
{
    static atomic_flag is_done = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&is_done))
        stls_policy_notices(stls_report_policy);
}

bool stls_attach(struct stls_openssl *openssl)
{
    struct stls_registration *there =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);
    struct stls_registration *made;
    struct stls_guard guard;

    if (there != NULL)
        return true;
    if (!openssl->is_supported || is_off())
        return false;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return false;
    guard = stls_guard_enter(openssl);
    made->context = register_context(openssl);
    made->connection = register_connection(openssl);
    made->session = register_session(openssl);
    stls_guard_leave(guard);
    if (made->context >= 0 && made->connection >= 0 && made->session >= 0 &&
        atomic_compare_exchange_strong(&openssl->registration, &there, made)) {
        tell_about_policy();
        return true;
    }
    free(made);
    return there != NULL;
}

void stls_attach_library_context(struct stls_openssl *openssl)
{
    const struct stls_registration *ours =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);
    struct stls_guard guard;
    int index;

    if (ours == NULL)
        return;
    guard = stls_guard_enter(openssl);
    do
        index = register_context(openssl);
    while (index >= 0 && index < ours->context);
    do
        index = register_connection(openssl);
    while (index >= 0 && index < ours->connection);
    do
        index = register_session(openssl);
    while (index >= 0 && index < ours->session);
    stls_guard_leave(guard);
}

static void attach(struct stls_openssl *openssl)
{
    stls_attach(openssl);
}

void stls_attach_all(void *handle)
{
    stls_openssl_scan(handle, attach);
}
