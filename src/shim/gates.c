/* gates.c - see gates.h */
#include "gates.h"

#include <stdatomic.h>
#include <string.h>

#include "algorithms_judge.h"
#include "denied.h"
#include "handshake.h"
#include "last_look.h"
#include "report.h"
#include "slots.h"
#include "verify.h"

#include "../core/banned.h"

/* Once per libssl: whether there is a policy, and it can read all cipher strings. Empty if so. */
static __attribute__((cold, noinline)) const char *find_closed(struct stls_openssl *openssl)
{
    static const char open[] = "", no_memory[] = "out of memory";
    char error[2 * STLS_TEXT_MAX];
    const char *there = NULL;
    const char *reason = stls_policy_broken() != NULL ? stls_policy_broken() : open;

    if (reason == open && !stls_vetted_check_files(openssl, error, sizeof error) &&
        (reason = strdup(error)) == NULL)
        reason = no_memory;
    (void)atomic_compare_exchange_strong(&openssl->closed, &there, reason);
    if (*reason != '\0')
        stls_report_broken_policy(reason);
    return there != NULL ? there : reason;
}

static inline __attribute__((always_inline)) const char *reason_of(struct stls_openssl *openssl)
{
    const char *reason = atomic_load_explicit(&openssl->closed, memory_order_acquire);

    return reason != NULL ? reason : find_closed(openssl);
}

const char *stls_gates_closed(struct stls_openssl *openssl)
{
    const char *reason = reason_of(openssl);

    return *reason != '\0' ? reason : NULL;
}

static stls_info_callback *info_of(const struct stls_openssl *openssl, const SSL *ssl,
                                   const struct stls_connection *connection)
{
    const struct stls_context *context;

    if (connection != NULL && connection->program_info != NULL)
        return connection->program_info;
    context = stls_context_of_ssl(openssl, ssl);
    return context != NULL ? context->program_info : NULL;
}

static void look(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                 int where, int ret)
{
    struct stls_guard guard;

    if (where & SSL_CB_LOOP) {
        stls_handshake_step(openssl, ssl, connection);
        return;
    }
    guard = stls_guard_enter(openssl);
    if (where & SSL_CB_HANDSHAKE_START)
        stls_handshake_start(openssl, ssl, connection);
    else if (where & SSL_CB_HANDSHAKE_DONE)
        stls_handshake_done(openssl, ssl, connection);
    else if (where & SSL_CB_ALERT)
        stls_handshake_alert(openssl, ssl, connection, (where & SSL_CB_WRITE) != 0, ret);
    stls_guard_leave(guard);
    if (where & SSL_CB_HANDSHAKE_START && connection->is_refused)
        stls_openssl_raise(openssl, SSL_R_UNSUPPORTED_PROTOCOL, "stricttls: MinProtocol");
}

/* The program first, so that what it sets in its callback is seen by ours. But where a handshake
 * has ended it may send at once: then it comes after us. */
void stls_gate_state(const SSL *const_ssl, int where, int ret)
{
    SSL *ssl = (SSL *)(uintptr_t)const_ssl;
    struct stls_found_connection found = stls_find_connection(ssl);
    stls_info_callback *program = info_of(found.openssl, ssl, found.record);
    bool is_end = (where & SSL_CB_HANDSHAKE_DONE) != 0;

    if (program != NULL && !is_end)
        program(const_ssl, where, ret);
    if (found.record != NULL)
        look(found.openssl, ssl, found.record, where, ret);
    if (program != NULL && is_end)
        program(const_ssl, where, ret);
}

/* The info slot was taken by a setter we do not see: then the version check, which comes right
 * after START, starts the handshake for us. */
static void start_late(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    struct stls_guard guard;

    if (connection->is_started || stls_slots_have_info(openssl, ssl))
        return;
    guard = stls_guard_enter(openssl);
    stls_handshake_start(openssl, ssl, connection);
    stls_guard_leave(guard);
}

/* Enforcing: true if nothing may pass, or this one thing, which the policy lets pass, may not. */
static inline bool is_shut(struct stls_openssl *openssl, const SSL *ssl,
                           const struct stls_connection *connection, int op)
{
    if (*reason_of(openssl) != '\0' || (ssl != NULL && connection == NULL))
        return true;
    /* By now a client knows whether the server resumes. */
    return op == SSL_SECOP_CIPHER_CHECK && ssl != NULL && !openssl->SSL_is_server(ssl) &&
           stls_policy_wants_verification(openssl, ssl) && openssl->SSL_session_reused(ssl) &&
           !stls_last_look_knows_server(openssl, ssl);
}

/* The answer about a peer's Diffie-Hellman key ends the handshake: it is the program's, if the
 * program says no by itself. */
static bool is_first(const struct stls_policy *policy, int op)
{
    return policy->mode == STLS_MODE_ENFORCE && op != SSL_SECOP_TMP_DH;
}

/* What is noted, and not denied already: the program is asked before it is. */
static __attribute__((noinline)) int ask_first(struct stls_openssl *openssl,
                                               struct stls_connection *connection,
                                               const struct stls_policy *policy,
                                               const struct stls_question *ask,
                                               stls_security_callback *program, void *ex)
{
    int answer = program != NULL ? program(ask->ssl, ask->context, ask->op, ask->bits, ask->number,
                                           (void *)(uintptr_t)ask->other, ex)
                                 : 1;

    if (answer && !is_first(policy, ask->op) && policy->mode != STLS_MODE_OFF &&
        stls_denied_note(openssl, connection, policy, ask) && policy->mode == STLS_MODE_ENFORCE)
        return 0;
    return answer;
}

int stls_gate_algorithms(const SSL *ssl, const SSL_CTX *context, int op, int bits, int number,
                         void *other, void *ex)
{
    /* From here on op, bits, number and context are taken from here, not to be kept twice. */
    const struct stls_question ask = {ssl, context, op, bits, number, other};
    struct stls_openssl *openssl =
        stls_openssl_of_object(ssl != NULL ? (const void *)ssl : context);
    struct stls_connection *connection = stls_connection_of(openssl, ssl);
    const struct stls_policy *policy;
    stls_security_callback *program;
    bool is_noted;

    if (ask.op == SSL_SECOP_VERSION && connection != NULL)
        start_late(openssl, (SSL *)(uintptr_t)ssl, connection);
    policy = connection != NULL ? stls_policy_of_connection(connection) : stls_policy();
    if (connection != NULL && connection->is_refused)
        return 0;
    is_noted = stls_algorithms_judge(openssl, policy, &ask) == STLS_REFUSE ||
               ask.op >> 16 == SSL_SECOP_OTHER_CERT >> 16;
    if (is_noted && is_first(policy, ask.op) && stls_denied_note(openssl, connection, policy, &ask))
        return 0;
    if (policy->mode == STLS_MODE_ENFORCE) {
        if (is_shut(openssl, ssl, connection, ask.op))
            return 0;
    } else if (connection != NULL && connection->is_foreseeing) {
        return !is_noted;
    }
    program = stls_slots_security_of(openssl, ssl, ask.context, connection);
    if (is_noted)
        return ask_first(openssl, connection, policy, &ask, program, ex);
    return program != NULL ? program(ssl, ask.context, ask.op, ask.bits, ask.number, other, ex) : 1;
}

/* Both other slots may have been taken past our hooks, so that this gate is the first: it looks at
 * what they would have, and closes them for the rest of the handshake. */
static bool is_agreed(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    struct stls_guard guard = stls_guard_enter(openssl);
    struct stls_refusal refusal = {.reason = NULL};
    bool is_first = !connection->is_started;

    if (connection->policy == NULL)
        stls_handshake_begin(openssl, ssl, connection);
    stls_handshake_step(openssl, ssl, connection);
    if (is_first || stls_policy_is_enforced(openssl, ssl))
        refusal.reason = stls_last_look_at_algorithms(
            openssl, ssl, openssl->SSL_get_pending_cipher(ssl), &refusal.rule);
    if (refusal.reason != NULL) {
        connection->is_refused = stls_policy_is_enforced(openssl, ssl);
        stls_report_refusal(openssl, ssl, connection, &refusal);
    }
    stls_guard_leave(guard);
    return !connection->is_refused;
}

int stls_gate_certificate(X509_STORE_CTX *chain, void *arg)
{
    struct stls_openssl *openssl = arg;
    SSL *ssl = stls_openssl_ssl_of_chain(openssl, chain);
    struct stls_connection *connection = stls_connection_of(openssl, ssl);

    if (ssl == NULL || connection == NULL) { /* out of memory */
        if (stls_policy_is_enforced(openssl, ssl) || ssl == NULL)
            return 0;
        return stls_verify_as_program(openssl, ssl, chain);
    }
    if (!is_agreed(openssl, ssl, connection)) {
        openssl->X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    /* A certificate that is asked for after the handshake has an event of its own. */
    if (!connection->is_started &&
        (openssl->SSL_get_verify_mode(ssl) & SSL_VERIFY_POST_HANDSHAKE) != 0)
        connection->is_reported = false;
    if (!stls_policy_wants_verification(openssl, ssl))
        return stls_verify_as_program(openssl, ssl, chain);
    if (stls_policy_is_enforced(openssl, ssl))
        return stls_verify_enforce(openssl, ssl, connection, chain);
    return stls_verify_audit(openssl, ssl, connection, chain);
}
