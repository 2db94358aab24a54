/* attach.c - see attach.h */
#include "attach.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "elf_symbols.h"
#include "policy_load.h"
#include "report.h"
#include "session.h"
#include "slots.h"
#include "state.h"
#include "vetted.h"

#include "../core/banned.h"

/* Registering again, as threads may do at once, gives further indices in the same library context:
 * true for the first of those in the list, so that each object has one record. */
static bool is_first(const struct stls_openssl *openssl, CRYPTO_EX_DATA *ad, int class, int index)
{
    const struct stls_registration *ours =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);
    bool is_listed = false;

    for (; ours != NULL; ours = ours->next) {
        if (stls_slot_is_ours(openssl->CRYPTO_get_ex_data(ad, ours->index[class])))
            return false;
        is_listed = is_listed || ours->index[class] == index;
    }
    return is_listed;
}

/* Runs inside SSL_CTX_new. The context is half made, but its slots are there. */
static void on_context(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                       void *argp)
{
    struct stls_openssl *openssl = argp;
    struct stls_context *record;

    (void)ptr, (void)argl;
    if (stls_openssl_of_object(parent) != openssl || /* a copy, which has the same libcrypto */
        !is_first(openssl, ad, CRYPTO_EX_INDEX_SSL_CTX, index) || stls_vetted_is_scratch())
        return;
    record = stls_context_make();
    if (record == NULL || !openssl->CRYPTO_set_ex_data(ad, index, stls_slot_of(record))) {
        free(record);
        return;
    }
    stls_slots_take(openssl, parent, record);
}

/* Runs inside SSL_new, in which the SSL is not yet to be touched. */
static void on_connection(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                          void *argp)
{
    const struct stls_openssl *openssl = argp;
    struct stls_connection *record;

    (void)parent, (void)ptr, (void)argl;
    if (!is_first(openssl, ad, CRYPTO_EX_INDEX_SSL, index))
        return;
    record = calloc(1, sizeof *record);
    if (record == NULL || !openssl->CRYPTO_set_ex_data(ad, index, stls_slot_of(record)))
        free(record);
}

/* So that where there are several library contexts, it is known which of them this is one of. Else
 * it would be memory for nothing. */
static void on_session(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                       void *argp)
{
    const struct stls_openssl *openssl = argp;
    const struct stls_registration *ours =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);

    (void)parent, (void)ptr, (void)argl;
    if (ours != NULL && ours->next != NULL &&
        is_first(openssl, ad, CRYPTO_EX_INDEX_SSL_SESSION, index))
        openssl->CRYPTO_set_ex_data(ad, index, stls_slot_of(NULL));
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

static bool is_same(const struct stls_registration *one, const struct stls_registration *other)
{
    return memcmp(one->index, other->index, sizeof one->index) == 0;
}

/* In the library context of this thread. */
static bool register_here(struct stls_openssl *openssl)
{
    struct stls_registration *made = calloc(1, sizeof *made);
    struct stls_guard guard;

    if (made == NULL)
        return false;
    guard = stls_guard_enter(openssl);
    made->index[CRYPTO_EX_INDEX_SSL_CTX] = openssl->CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL_CTX, 0, openssl, on_context, NULL, stls_state_free);
    made->index[CRYPTO_EX_INDEX_SSL] = openssl->CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL, 0, openssl, on_connection, stls_connection_copy, stls_state_free);
    made->index[CRYPTO_EX_INDEX_SSL_SESSION] =
        openssl->CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_SESSION, 0, openssl, on_session,
                                         stls_session_copy_mark, stls_session_free_mark);
    stls_guard_leave(guard);
    if (made->index[CRYPTO_EX_INDEX_SSL_CTX] < 0 || made->index[CRYPTO_EX_INDEX_SSL] < 0 ||
        made->index[CRYPTO_EX_INDEX_SSL_SESSION] < 0) {
        free(made);
        return false;
    }
    made->next = atomic_load_explicit(&openssl->registration, memory_order_acquire);
    do {
        for (const struct stls_registration *there = made->next; there != NULL; there = there->next)
            if (is_same(made, there)) { /* as in most library contexts */
                free(made);
                return true;
            }
    } while (!atomic_compare_exchange_weak(&openssl->registration, &made->next, made));
    return true;
}

bool stls_attach(struct stls_openssl *openssl)
{
    if (atomic_load_explicit(&openssl->registration, memory_order_acquire) != NULL)
        return true;
    if (!openssl->is_supported || is_off() || !register_here(openssl))
        return false;
    tell_about_policy();
    return true;
}

void stls_attach_library_context(struct stls_openssl *openssl)
{
    if (atomic_load_explicit(&openssl->registration, memory_order_acquire) != NULL)
        register_here(openssl);
}

void stls_attach_program(void)
{
    const void *found = stls_elf_find_in_program("SSL_CTX_new");
    struct stls_openssl *openssl;

    if (found == NULL || stls_elf_find_in_program("SSL_CIPHER_get_name") == NULL)
        return;
    openssl = stls_openssl_of_address(found);
    if (openssl != NULL && !stls_attach(openssl) && !stls_policy_is_off())
        stls_report_policy(openssl->unsupported); /* no hook of ours could refuse it */
}

static void attach(struct stls_openssl *openssl)
{
    stls_attach(openssl);
}

void stls_attach_all(void *handle)
{
    stls_openssl_scan(handle, attach);
}
