/* handshake.c - see handshake.h */
#include "handshake.h"

#include "algorithms.h"
#include "algorithms_judge.h"
#include "denied.h"
#include "last_look.h"
#include "policy_host.h"
#include "report.h"
#include "session.h"
#include "slots.h"

#include "../core/asked.h"

#include "../core/banned.h"

/* What START sets on a client that asked for no verification. CLIENT_ONCE means nothing to a
 * client; together the three tell our raise from a choice of the program's. */
#define RAISED_VERIFY (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT | SSL_VERIFY_CLIENT_ONCE)

/* A server that asks for certificates needs a session id context, or OpenSSL fails every
 * resumption; one a context keeps what the program told apart apart. */
static void hold_session_id_context(struct stls_openssl *openssl, SSL *ssl,
                                    const struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
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
    struct stls_refusal refusal = {.reason = "protocol version too low", .rule = "MinProtocol"};

    if (!stls_algorithms_is_old(stls_policy_of(openssl, ssl), openssl->SSL_version(ssl)))
        return;
    connection->is_refused = connection->is_refused || stls_policy_is_enforced(openssl, ssl);
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

void stls_handshake_begin(struct stls_openssl *openssl, SSL *ssl,
                          struct stls_connection *connection)
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

void stls_handshake_start(struct stls_openssl *openssl, SSL *ssl,
                          struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);

    stls_handshake_begin(openssl, ssl, connection);
    if (!stls_policy_is_enforced(openssl, ssl) && !connection->is_refused) {
        refuse_old_method(openssl, ssl, connection);
        if (!stls_slots_are_ours(openssl, ssl))
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

void stls_handshake_step(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    if (!stls_policy_is_enforced(openssl, ssl))
        return;
    stls_slots_hold(openssl, ssl, connection);
    hold_verify(openssl, ssl, connection);
    if (openssl->SSL_get_state(ssl) == TLS_ST_BEFORE)
        drop_keys(openssl, ssl, connection);
}

void stls_handshake_done(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
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

void stls_handshake_alert(struct stls_openssl *openssl, SSL *ssl,
                          struct stls_connection *connection, bool is_ours, int value)
{
    char text[STLS_BLAME_MAX];
    struct stls_refusal refusal = {.reason = openssl->SSL_alert_desc_string_long != NULL
                                                 ? openssl->SSL_alert_desc_string_long(value)
                                                 : "alert",
                                   .is_refused_anyway = !stls_policy_is_enforced(openssl, ssl)};

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
