/* slots.c - see slots.h */
#include "slots.h"

#include <stdatomic.h>
#include <string.h>

#include "../core/banned.h"

/* As it lies in an SSL_CTX: side by side, in every version from 1.1.1 to 4.0. */
struct cert_verify {
    stls_cert_verify_callback *callback;
    void *arg;
};

/* The cert-verify callback has no getter. Where a context keeps it is learned by looking for ours
 * in the first that they were stored in, among its first 512 bytes, of more than a thousand. */
static void learn_place(struct stls_openssl *openssl, const SSL_CTX *context)
{
    const struct cert_verify ours = {stls_gate_certificate, openssl};

    for (unsigned place = sizeof(void *); place < 512; place += sizeof(void *))
        if (memcmp((const char *)context + place, &ours, sizeof ours) == 0) {
            openssl->cert_verify_place = place;
            return;
        }
}

/* Where the place is not known nothing is stored: a chain that gate 2 did not see is refused by the
 * last look, while a program's callback that was overwritten would be asked no more. */
static void hold_cert_verify(struct stls_openssl *openssl, SSL_CTX *context)
{
    unsigned place = openssl->cert_verify_place;
    struct stls_context *record;
    struct cert_verify there;

    if (place == 0)
        return;
    memcpy(&there, (const char *)context + place, sizeof there);
    if (there.callback == stls_gate_certificate ||
        there.arg == openssl) /* as another thread does */
        return;
    record = stls_context_of(openssl, context);
    if (record == NULL && there.callback != NULL)
        return;
    if (record != NULL) {
        record->program_cert_verify = there.callback;
        record->program_cert_verify_arg = there.arg;
    }
    openssl->SSL_CTX_set_cert_verify_callback(context, stls_gate_certificate, openssl);
}

void stls_slots_take(struct stls_openssl *openssl, SSL_CTX *context, struct stls_context *record)
{
    openssl->SSL_CTX_set_info_callback(context, stls_gate_state);
    record->program_security = openssl->SSL_CTX_get_security_callback(context);
    openssl->SSL_CTX_set_security_callback(context, stls_gate_algorithms);
    openssl->SSL_CTX_set_cert_verify_callback(context, stls_gate_certificate, openssl);
    if (openssl->cert_verify_place == 0)
        learn_place(openssl, context);
}

void stls_slots_hold(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    stls_info_callback *info = openssl->SSL_get_info_callback(ssl);
    stls_security_callback *security = openssl->SSL_get_security_callback(ssl);

    if (info != stls_gate_state) {
        if (info != NULL)
            connection->program_info = info;
        openssl->SSL_set_info_callback(ssl, stls_gate_state);
    }
    if (security != stls_gate_algorithms) {
        stls_slots_set_security(openssl, ssl, connection, security);
        openssl->SSL_set_security_callback(ssl, stls_gate_algorithms);
    }
    hold_cert_verify(openssl, openssl->SSL_get_SSL_CTX(ssl));
}

bool stls_slots_have_info(const struct stls_openssl *openssl, const SSL *ssl)
{
    stls_info_callback *info = openssl->SSL_get_info_callback(ssl);

    if (info == NULL)
        info = openssl->SSL_CTX_get_info_callback(openssl->SSL_get_SSL_CTX(ssl));
    return info == stls_gate_state;
}

bool stls_slots_are_ours(const struct stls_openssl *openssl, const SSL *ssl)
{
    return stls_slots_have_info(openssl, ssl) &&
           openssl->SSL_get_security_callback(ssl) == stls_gate_algorithms;
}

stls_security_callback *stls_slots_security_of(const struct stls_openssl *openssl, const SSL *ssl,
                                               const SSL_CTX *context,
                                               struct stls_connection *connection)
{
    const struct stls_context *record;

    if (ssl != NULL)
        context = openssl->SSL_get_SSL_CTX(ssl);
    if (connection != NULL && connection->context == context)
        return connection->program_security;
    record = stls_context_of(openssl, context);
    if (connection != NULL) {
        connection->context = context;
        connection->program_security = record != NULL ? record->program_security : NULL;
    }
    return record != NULL ? record->program_security : NULL;
}

void stls_slots_set_security(const struct stls_openssl *openssl, const SSL *ssl,
                             struct stls_connection *connection, stls_security_callback *callback)
{
    connection->context = openssl->SSL_get_SSL_CTX(ssl);
    connection->program_security = callback;
}
