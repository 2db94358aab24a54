/* last_look.c - see last_look.h */
#include "last_look.h"

#include <string.h>

#include "algorithms.h"
#include "algorithms_judge.h"
#include "foresight.h"
#include "policy_load.h"
#include "report.h"
#include "session.h"
#include "verify.h"
#include "vetted.h"

#include "../core/banned.h"

/* In TLS 1.3 a server is done when it turns to the tickets, a state whose number changes between
 * versions. */
bool stls_last_look_is_due(const struct stls_openssl *openssl, const SSL *ssl)
{
    return openssl->SSL_get_state(ssl) == TLS_ST_OK ||
           (openssl->SSL_state_string != NULL &&
            strncmp(openssl->SSL_state_string(ssl), "TWST", 4) == 0);
}

/* START left no unvetted session, so what is resumed without a mark is a key that the program
 * brought in later. So may have come a session of another host's. */
bool stls_last_look_knows_server(struct stls_openssl *openssl, const SSL *ssl)
{
    const SSL_CIPHER *cipher = openssl->SSL_get_current_cipher(ssl);

    if (stls_session_is_vetted(openssl, ssl))
        return !openssl->SSL_session_reused(ssl) ||
               stls_session_may_resume(openssl, ssl, stls_connection_of(openssl, ssl));
    if (stls_policy_of(openssl, ssl)->allow_psk == STLS_ALLOW_NO || cipher == NULL)
        return false;
    return openssl->SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk ||
           (stls_vetted_is_tls13(openssl, cipher) && openssl->SSL_session_reused(ssl));
}

static bool has_certificate(const struct stls_openssl *openssl, const SSL *ssl)
{
    SSL_SESSION *session = openssl->SSL_get_session(ssl);

    return session != NULL && openssl->SSL_SESSION_get0_peer(session) != NULL;
}

/* Why a finished handshake should not have been, or NULL: */
static const char *find_peer_fault(struct stls_openssl *openssl, const SSL *ssl,
                                   const char **ret_rule)
{
    bool is_server = openssl->SSL_is_server(ssl) != 0;

    *ret_rule = "VerifyPeer=require";
    if (!is_server && stls_policy_wants_verification(openssl, ssl) &&
        !stls_last_look_knows_server(openssl, ssl))
        return "no certificate of the server was verified";
    *ret_rule = "VerifyClient=require";
    if (is_server && stls_policy_of(openssl, ssl)->verify_client == STLS_VERIFY_CLIENT_REQUIRE &&
        !has_certificate(openssl, ssl))
        return "no certificate of the client was verified";
    return NULL;
}

const char *stls_last_look_at_algorithms(struct stls_openssl *openssl, const SSL *ssl,
                                         const SSL_CIPHER *cipher, const char **ret_rule)
{
    *ret_rule = "MinProtocol";
    if (stls_algorithms_is_old(stls_policy_of(openssl, ssl), openssl->SSL_version(ssl)))
        return "protocol version too low";
    *ret_rule = "CipherString";
    if (stls_algorithms_judge_cipher(openssl, stls_policy_of(openssl, ssl), cipher) == STLS_REFUSE)
        return "cipher suite is not vetted";
    *ret_rule = "MinProtocol";
    if (!stls_algorithms_renegotiation_is_secure(openssl, ssl))
        return "server knows no secure renegotiation";
    return NULL;
}

static const char *find_fault(struct stls_openssl *openssl, const SSL *ssl, const char **ret_rule)
{
    const char *fault =
        stls_last_look_at_algorithms(openssl, ssl, openssl->SSL_get_current_cipher(ssl), ret_rule);

    return fault != NULL ? fault : find_peer_fault(openssl, ssl, ret_rule);
}

/* Audit: a peer that gate 2 has not seen, or not as enforcement would have shown it. */
static void foresee_peer(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    bool is_server = openssl->SSL_is_server(ssl) != 0;
    bool is_asking = (openssl->SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0;
    struct stls_refusal refusal = {.reason = NULL};

    if (!stls_policy_wants_verification(openssl, ssl) || connection->is_reported)
        return;
    if (!is_server && has_certificate(openssl, ssl)) {
        /* Enforcement would not have offered such a session, or not have lost its gate. */
        if (!stls_session_is_vetted(openssl, ssl) ||
            (openssl->SSL_session_reused(ssl) &&
             !stls_session_may_resume(openssl, ssl, connection)))
            stls_verify_again(openssl, ssl, connection);
        return;
    }
    refusal.reason = find_peer_fault(openssl, ssl, &refusal.rule);
    refusal.is_uncertain = is_server && !is_asking; /* nobody asked the client for one */
    if (refusal.reason != NULL)
        stls_report_refusal(openssl, ssl, connection, &refusal);
}

static void foresee(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    struct stls_foresight foresight = stls_foresight_of(openssl, ssl);
    struct stls_refusal refusal = {
        .reason = foresight.reason, .rule = foresight.rule, .is_uncertain = foresight.is_uncertain};

    switch (foresight.fate) {
    case STLS_FATE_REFUSED:
        stls_report_refusal(openssl, ssl, connection, &refusal);
        return;
    case STLS_FATE_ADJUSTED: /* nothing would break */
    case STLS_FATE_SAME:
        foresee_peer(openssl, ssl, connection);
        stls_report_success(openssl, ssl, connection, &refusal);
        return;
    }
}

bool stls_last_look(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    struct stls_refusal refusal = {.reason = NULL};

    if (stls_policy_of(openssl, ssl)->mode == STLS_MODE_OFF)
        return true;
    if (stls_policy_of(openssl, ssl)->mode == STLS_MODE_AUDIT) {
        foresee(openssl, ssl, connection);
        return true;
    }
    refusal.reason = find_fault(openssl, ssl, &refusal.rule);
    if (refusal.reason == NULL)
        stls_report_success(openssl, ssl, connection, NULL);
    else
        stls_report_refusal(openssl, ssl, connection, &refusal);
    return refusal.reason == NULL;
}
