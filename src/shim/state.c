/* state.c - see state.h */
#include "state.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "../core/asked.h"

#include "../core/banned.h"

static const struct stls_registration *registration(const struct stls_openssl *openssl)
{
    return atomic_load_explicit(&openssl->registration, memory_order_acquire);
}

struct stls_context *stls_context_of(const struct stls_openssl *openssl, const SSL_CTX *context)
{
    const struct stls_registration *indices = registration(openssl);
    struct stls_context *record;

    if (indices == NULL || context == NULL)
        return NULL;
    record = openssl->SSL_CTX_get_ex_data(context, indices->context);
    return record != NULL && record->owner == context ? record : NULL;
}

static __attribute__((noinline)) struct stls_connection *
make_connection(const struct stls_openssl *openssl, const SSL *ssl)
{
    struct stls_connection *record = calloc(1, sizeof *record);

    if (record == NULL)
        return NULL;
    record->owner = ssl;
    if (!openssl->SSL_set_ex_data((SSL *)(uintptr_t)ssl, registration(openssl)->connection,
                                  record)) {
        free(record);
        return NULL;
    }
    return record;
}

struct stls_connection *stls_connection_of(const struct stls_openssl *openssl, const SSL *ssl)
{
    const struct stls_registration *indices = registration(openssl);
    struct stls_connection *record;

    if (indices == NULL || ssl == NULL)
        return NULL;
    record = openssl->SSL_get_ex_data(ssl, indices->connection);
    if (record == NULL)
        return make_connection(openssl, ssl);
    if (record->owner == NULL) /* came with SSL_dup */
        record->owner = ssl;
    return record;
}

const struct stls_policy *stls_policy_of(const struct stls_openssl *openssl, const SSL *ssl)
{
    const struct stls_connection *connection;

    if (ssl == NULL || !stls_policy_has_hosts())
        return stls_policy();
    connection = stls_connection_of(openssl, ssl);
    return connection != NULL ? stls_policy_of_connection(connection) : stls_policy();
}

const struct stls_policy *stls_policy_of_connection(const struct stls_connection *connection)
{
    return connection->policy != NULL ? connection->policy : stls_policy();
}

struct stls_context *stls_context_make(const SSL_CTX *owner)
{
    static _Atomic uint32_t count;
    struct stls_context *record = calloc(1, sizeof *record);

    if (record != NULL) {
        record->owner = owner;
        record->number = atomic_fetch_add(&count, 1);
    }
    return record;
}

void stls_state_free(void *parent, void *record, CRYPTO_EX_DATA *ad, int index, long argl,
                     void *argp)
{
    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    free(record);
}

int stls_connection_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **record, int index,
                         long argl, void *argp)
{
    const struct stls_connection *original = *record;
    struct stls_connection *copy;

    (void)to, (void)from, (void)index, (void)argl, (void)argp;
    if (original == NULL)
        return 1;
    copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return 0;
    /* The new handshake starts afresh; what the program set stays. */
    copy->has_session_id_context = original->has_session_id_context;
    copy->is_verify_raised = original->is_verify_raised;
    copy->raised_verify = original->raised_verify;
    copy->asked_verify = original->asked_verify;
    copy->asked = original->asked & ~(uint32_t)STLS_ASKED_FORGIVENESS;
    copy->program_info = original->program_info;
    copy->program_security = original->program_security;
    *record = copy;
    return 1;
}
