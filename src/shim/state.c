/* state.c - see state.h */
#include "state.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "../core/asked.h"

#include "../core/banned.h"

struct stls_context *stls_context_of(const struct stls_openssl *openssl, const SSL_CTX *context)
{
    const struct stls_registration *ours =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);
    struct stls_context *record = NULL;

    for (; context != NULL && record == NULL && ours != NULL; ours = ours->next)
        record = stls_slot_record(
            openssl->SSL_CTX_get_ex_data(context, ours->index[CRYPTO_EX_INDEX_SSL_CTX]));
    return record;
}

struct stls_context *stls_context_of_ssl(const struct stls_openssl *openssl, const SSL *ssl)
{
    return stls_context_of(openssl, openssl->SSL_get_SSL_CTX(ssl));
}

struct stls_connection *stls_connection_of(const struct stls_openssl *openssl, const SSL *ssl)
{
    const struct stls_registration *ours =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);
    struct stls_connection *record = NULL;

    for (; ssl != NULL && record == NULL && ours != NULL; ours = ours->next)
        record = stls_slot_record(openssl->SSL_get_ex_data(ssl, ours->index[CRYPTO_EX_INDEX_SSL]));
    return record;
}

struct stls_found_context stls_find_context(const SSL_CTX *context)
{
    struct stls_openssl *openssl = stls_openssl_of_object(context);

    return (struct stls_found_context){openssl, stls_context_of(openssl, context)};
}

struct stls_found_connection stls_find_connection(const SSL *ssl)
{
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);

    return (struct stls_found_connection){openssl, stls_connection_of(openssl, ssl)};
}

const struct stls_policy *stls_policy_of(const struct stls_openssl *openssl, const SSL *ssl)
{
    const struct stls_connection *connection;

    if (ssl == NULL || !stls_policy_has_hosts())
        return stls_policy();
    connection = stls_connection_of(openssl, ssl);
    return connection != NULL ? stls_policy_of_connection(connection) : stls_policy();
}

bool stls_policy_wants_verification(const struct stls_openssl *openssl, const SSL *ssl)
{
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);

    if (policy->mode == STLS_MODE_OFF)
        return false;
    if (openssl->SSL_is_server(ssl))
        return policy->verify_client != STLS_VERIFY_CLIENT_APP;
    return stls_policy_verifies_server(policy);
}

struct stls_context *stls_context_make(void)
{
    static _Atomic uint32_t count;
    struct stls_context *record = calloc(1, sizeof *record);

    if (record != NULL)
        record->number = atomic_fetch_add(&count, 1);
    return record;
}

/* The program's own callback, at a later index, may still use the object. */
void stls_state_free(void *parent, void *slot, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    const struct stls_openssl *openssl = argp;
    void *record = stls_slot_record(slot);

    (void)parent, (void)argl;
    if (record != NULL)
        openssl->CRYPTO_set_ex_data(ad, index, NULL);
    free(record);
}

int stls_connection_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **slot, int index,
                         long argl, void *argp)
{
    const struct stls_openssl *openssl = argp;
    void *own = openssl->CRYPTO_get_ex_data(to, index); /* was made with the copy */
    const struct stls_connection *original = stls_slot_record(*slot);
    struct stls_connection *copy = stls_slot_record(own);

    (void)from, (void)argl;
    *slot = own;
    if (original == NULL || copy == NULL)
        return 1;
    /* The new handshake starts afresh; what the program set stays. */
    copy->has_session_id_context = original->has_session_id_context;
    copy->is_verify_raised = original->is_verify_raised;
    copy->raised_verify = original->raised_verify;
    copy->asked_verify = original->asked_verify;
    copy->asked = original->asked & ~(uint32_t)STLS_ASKED_FORGIVENESS;
    copy->program_info = original->program_info;
    copy->program_security = original->program_security;
    copy->context = original->context;
    return 1;
}
