/* gates.c - see gates.h */
#include "gates.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "algorithms.h"
#include "denied.h"
#include "last_look.h"
#include "policy_host.h"
#include "policy_load.h"
#include "report.h"
#include "session.h"
#include "slots.h"
#include "verify.h"

#include "../core/asked.h"

#include "../core/banned.h"

/* What START sets on a client that asked for no verification. CLIENT_ONCE means nothing to a
 * client; together the three tell our raise from a choice of the program's. */
#define RAISED_VERIFY (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT | SSL_VERIFY_CLIENT_ONCE)

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

static bool is_enforcing(const struct stls_openssl *openssl, const SSL *ssl)
{
    return stls_policy_of(openssl, ssl)->mode == STLS_MODE_ENFORCE;
}

static stls_info_callback *info_of(const struct stls_openssl *openssl, const SSL *ssl,
                                   const struct stls_connection *connection)
{
    const struct stls_context *context;

    if (connection != NULL && connection->program_info != NULL)
        return connection->program_info;
    context = stls_context_of(openssl, openssl->SSL_get_SSL_CTX(ssl));
    return context != NULL ? context->program_info : NULL;
}

static bool has_lost_info(const struct stls_openssl *openssl, const SSL *ssl)
{
    stls_info_callback *info = openssl->SSL_get_info_callback(ssl);

    if (info == NULL)
        info = openssl->SSL_CTX_get_info_callback(openssl->SSL_get_SSL_CTX(ssl));
    return info != stls_gate_state;
}

/* A server that asks for certificates needs a session id context, or OpenSSL fails every
 * resumption; one a context keeps what the program told apart apart. */
static void hold_session_id_context(struct stls_openssl *openssl, SSL *ssl,
                                    const struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of(openssl, openssl->SSL_get_SSL_CTX(ssl));
    unsigned char id[] = {'s', 't', 'r', 'i', 'c', 't', 't', 'l', 's', 0, 0, 0, 0};

    if (connection->has_session_id_context || context == NULL || context->has_session_id_context)
        return;
    for (unsigned i = 0; i < 4; i++)
        id[sizeof id - 1 - i] = (unsigned char)(context->number >> 8 * i);
    openssl->SSL_set_session_id_context(ssl, id, sizeof id);
}

static void hold_verify(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    int mode = openssl->SSL_get_verify_mode(ssl);
    int wanted = mode | SSL_VERIFY_PEER;

    if (!stls_policy_wants_verification(openssl, ssl))
        return;
    if (openssl->SSL_is_server(ssl)) {
        wanted &= ~SSL_VERIFY_POST_HANDSHAKE; /* later may be never */
        if (stls_policy_of(openssl, ssl)->verify_client == STLS_VERIFY_CLIENT_REQUIRE)
            wanted |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    } else if ((mode & SSL_VERIFY_PEER) == 0) {
        wanted = RAISED_VERIFY;
    }
    if ((mode & SSL_VERIFY_PEER) == 0) {
        connection->asked_verify = mode;
        connection->is_verify_raised = true;
        connection->raised_verify = wanted;
    }
    if (mode != wanted)
        openssl->SSL_set_verify(ssl, wanted, NULL); /* NULL keeps the program's callback */
}

/* A fixed-version method: the program's choice can't be raised. */
static void refuse_old_method(struct stls_openssl *openssl, const SSL *ssl,
                              struct stls_connection *connection)
{
    static const struct stls_refusal refusal = {.reason = "protocol version too low",
                                                .rule = "MinProtocol"};

    if (!stls_algorithms_is_old(stls_policy_of(openssl, ssl), openssl->SSL_version(ssl)))
        return;
    connection->is_refused = connection->is_refused || is_enforcing(openssl, ssl);
    stls_report_refusal(openssl, ssl, connection, &refusal);
}

/* What holds for the handshake that begins. A server knows no host. */
static const struct stls_policy *find_policy(struct stls_openssl *openssl, const SSL *ssl,
                                             struct stls_refusal *ret_refusal)
{
    const struct stls_policy *policy = stls_policy_renew(stls_report_policy, &ret_refusal->rule);
    bool is_of_host = stls_policy_has_hosts() && !openssl->SSL_is_server(ssl);
    const struct stls_vetted *vetted;

    if (is_of_host && ret_refusal->rule == NULL)
        policy = stls_policy_for_host(openssl, ssl, &ret_refusal->rule);
    if (ret_refusal->rule != NULL) {
        ret_refusal->reason = "the sections that apply contradict each other";
    } else if (is_of_host) {
        vetted = stls_vetted_of(openssl, policy);
        if (vetted != NULL && vetted->error[0] == '\0')
            return policy;
        ret_refusal->reason = vetted != NULL ? vetted->error : "out of memory";
        ret_refusal->rule = "CipherString";
    }
    return policy;
}

/* A key that both sides had beforehand stands in for a certificate, and lets early data go before
 * any gate has seen the peer. What the program had set is gone: these slots have no getters. */
static void drop_keys(const struct stls_openssl *openssl, SSL *ssl,
                      const struct stls_connection *connection)
{
    const struct stls_policy *policy = stls_policy_of_connection(connection);

    if (openssl->SSL_is_server(ssl)
            ? policy->verify_client != STLS_VERIFY_CLIENT_REQUIRE
            : policy->allow_psk != STLS_ALLOW_NO || !stls_policy_verifies_server(policy))
        return;
    openssl->SSL_set_psk_use_session_callback(ssl, NULL);
    openssl->SSL_set_psk_find_session_callback(ssl, NULL);
    openssl->SSL_set_session_secret_cb(ssl, NULL, NULL);
    if (openssl->SSL_set_psk_client_callback != NULL) {
        openssl->SSL_set_psk_client_callback(ssl, NULL);
        openssl->SSL_set_psk_server_callback(ssl, NULL);
    }
}

/* What holds for the handshake, and what the program asked for before we change anything. */
static void begin(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    int mode = openssl->SSL_get_verify_mode(ssl);
    struct stls_refusal refusal = {.reason = NULL};

    connection->is_started = true;
    connection->is_reported = false;
    if (openssl->SSL_in_before(ssl)) { /* no renegotiation opens what was shut */
        connection->is_refused = false;
        connection->vouched = NULL;
    }
    connection->policy = find_policy(openssl, ssl, &refusal);
    connection->asked &= ~(uint32_t)STLS_ASKED_FORGIVENESS;
    stls_denied_start(openssl, ssl, connection);
    if (!connection->is_verify_raised || mode != connection->raised_verify) {
        connection->asked_verify = mode;
        connection->is_verify_raised = false;
    }
    /* Before the mode is asked: who can't say what holds can't say that nothing does. */
    if (refusal.reason != NULL) {
        connection->is_refused = connection->policy->mode != STLS_MODE_AUDIT;
        stls_report_refusal(openssl, ssl, connection, &refusal);
    }
    if (connection->policy->mode == STLS_MODE_OFF)
        connection->is_reported = true; /* off says nothing more */
}

static void start(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of(openssl, openssl->SSL_get_SSL_CTX(ssl));

    begin(openssl, ssl, connection);
    if (!is_enforcing(openssl, ssl) && !connection->is_refused) {
        refuse_old_method(openssl, ssl, connection);
        if (has_lost_info(openssl, ssl) ||
            openssl->SSL_get_security_callback(ssl) != stls_gate_algorithms)
            stls_slots_hold(openssl, ssl, connection);
        return;
    }
    stls_slots_hold(openssl, ssl, connection);
    stls_algorithms_apply(openssl, ssl, connection->policy,
                          context != NULL && context->is_prepared);
    hold_verify(openssl, ssl, connection);
    drop_keys(openssl, ssl, connection);
    refuse_old_method(openssl, ssl, connection);
    if (!stls_policy_wants_verification(openssl, ssl))
        return;
    if (openssl->SSL_is_server(ssl)) {
        hold_session_id_context(openssl, ssl, connection);
        return;
    }
    if (stls_policy_of(openssl, ssl)->allow_raw_public_key == STLS_ALLOW_NO &&
        openssl->SSL_set1_server_cert_type != NULL)
        openssl->SSL_set1_server_cert_type(ssl, NULL, 0); /* X.509 only */
    stls_session_drop_unvetted(openssl, ssl, connection);
}

/* Some twenty times a handshake: nothing here fails, so that there is no error to take back. */
static void step(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    if (!is_enforcing(openssl, ssl))
        return;
    stls_slots_hold(openssl, ssl, connection);
    hold_verify(openssl, ssl, connection);
    if (openssl->SSL_get_state(ssl) == TLS_ST_BEFORE)
        drop_keys(openssl, ssl, connection);
}

/* Nothing more can be refused by the handshake itself: a connection that slipped through is shut in
 * both directions, before a byte of the program's can move. */
static void done(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    if (!stls_last_look_is_due(openssl, ssl))
        return;
    connection->is_started = false;
    if (stls_last_look(openssl, ssl, connection))
        return;
    connection->is_refused = true;
    openssl->SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

/* A server that asked for a certificate fails in this way where none comes: with an alert of its
 * own in TLS 1.3, before that with a general one, when the cipher has been chosen. */
static bool is_certificate_missing(const struct stls_openssl *openssl, const SSL *ssl, int value)
{
    if (!openssl->SSL_is_server(ssl) ||
        stls_policy_of(openssl, ssl)->verify_client != STLS_VERIFY_CLIENT_REQUIRE)
        return false;
    return value == (SSL3_AL_FATAL << 8 | SSL_AD_CERTIFICATE_REQUIRED) ||
           (value == (SSL3_AL_FATAL << 8 | SSL_AD_HANDSHAKE_FAILURE) &&
            openssl->SSL_get_pending_cipher(ssl) != NULL);
}

/* A handshake that fails outside of gate 2 has no callback of its own: its alert tells. */
static void alert(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                  bool is_ours, int value)
{
    char text[STLS_BLAME_MAX];
    struct stls_refusal refusal = {.reason = openssl->SSL_alert_desc_string_long(value),
                                   .is_refused_anyway = !is_enforcing(openssl, ssl)};

    if (!connection->is_started)
        return;
    if (is_certificate_missing(openssl, ssl, value)) {
        refusal.reason = "no certificate of the client";
        refusal.rule = "VerifyClient=require";
    } else {
        refusal.rule = stls_denied_blame(openssl, ssl, connection, is_ours, value, text);
    }
    if (refusal.rule != NULL)
        stls_report_refusal(openssl, ssl, connection, &refusal);
}

static void look(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                 int where, int ret)
{
    struct stls_guard guard;

    if (where & SSL_CB_LOOP) {
        step(openssl, ssl, connection);
        return;
    }
    guard = stls_guard_enter(openssl);
    if (where & SSL_CB_HANDSHAKE_START)
        start(openssl, ssl, connection);
    else if (where & SSL_CB_HANDSHAKE_DONE)
        done(openssl, ssl, connection);
    else if (where & SSL_CB_ALERT)
        alert(openssl, ssl, connection, (where & SSL_CB_WRITE) != 0, ret);
    stls_guard_leave(guard);
    if (where & SSL_CB_HANDSHAKE_START && connection->is_refused)
        stls_openssl_raise(openssl, SSL_R_UNSUPPORTED_PROTOCOL, "stricttls: MinProtocol");
}

/* The program first, so that what it sets in its callback is seen by ours. But where a handshake
 * has ended it may send at once: then it comes after us. */
void stls_gate_state(const SSL *const_ssl, int where, int ret)
{
    SSL *ssl = (SSL *)(uintptr_t)const_ssl;
    struct stls_openssl *openssl = stls_openssl_of_object(ssl);
    struct stls_connection *connection = stls_connection_of(openssl, ssl);
    stls_info_callback *program = info_of(openssl, ssl, connection);
    bool is_end = (where & SSL_CB_HANDSHAKE_DONE) != 0;

    if (program != NULL && !is_end)
        program(const_ssl, where, ret);
    if (connection != NULL)
        look(openssl, ssl, connection, where, ret);
    if (program != NULL && is_end)
        program(const_ssl, where, ret);
}

/* The info slot was taken by a setter we do not see: then the version check, which comes right
 * after START, starts the handshake for us. */
static void start_late(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    struct stls_guard guard;

    if (connection->is_started || !has_lost_info(openssl, ssl))
        return;
    guard = stls_guard_enter(openssl);
    start(openssl, ssl, connection);
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
    struct stls_openssl *openssl =
        stls_openssl_of_object(ssl != NULL ? (const void *)ssl : context);
    struct stls_connection *connection = stls_connection_of(openssl, ssl);
    const struct stls_policy *policy;
    stls_security_callback *program;
    bool is_noted;

    if (op == SSL_SECOP_VERSION && connection != NULL)
        start_late(openssl, (SSL *)(uintptr_t)ssl, connection);
    policy = connection != NULL ? stls_policy_of_connection(connection) : stls_policy();
    if (connection != NULL && connection->is_refused)
        return 0;
    is_noted = stls_algorithms_judge(openssl, policy, op, bits, number, other) == STLS_REFUSE ||
               op >> 16 == SSL_SECOP_OTHER_CERT >> 16;
    if (is_noted && is_first(policy, op) &&
        stls_denied_note(openssl, connection, policy,
                         &(struct stls_question){ssl, context, op, bits, number, other}))
        return 0;
    if (policy->mode == STLS_MODE_ENFORCE) {
        if (is_shut(openssl, ssl, connection, op))
            return 0;
    } else if (connection != NULL && connection->is_foreseeing) {
        return !is_noted;
    }
    program = stls_slots_security_of(openssl, ssl, context, connection);
    if (is_noted)
        return ask_first(openssl, connection, policy,
                         &(struct stls_question){ssl, context, op, bits, number, other}, program,
                         ex);
    return program != NULL ? program(ssl, context, op, bits, number, other, ex) : 1;
}

/* Both other slots may have been taken past our hooks, so that this gate is the first: it looks at
 * what they would have, and closes them for the rest of the handshake. */
static bool is_agreed(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    struct stls_guard guard = stls_guard_enter(openssl);
    struct stls_refusal refusal = {.reason = NULL};
    bool is_first = !connection->is_started;

    if (connection->policy == NULL)
        begin(openssl, ssl, connection);
    step(openssl, ssl, connection);
    if (is_first || is_enforcing(openssl, ssl))
        refusal.reason = stls_last_look_at_algorithms(
            openssl, ssl, openssl->SSL_get_pending_cipher(ssl), &refusal.rule);
    if (refusal.reason != NULL) {
        connection->is_refused = is_enforcing(openssl, ssl);
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
        if (is_enforcing(openssl, ssl) || ssl == NULL)
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
    if (is_enforcing(openssl, ssl))
        return stls_verify_enforce(openssl, ssl, connection, chain);
    return stls_verify_audit(openssl, ssl, connection, chain);
}
