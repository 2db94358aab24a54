/* denied.c - see denied.h */
#include "denied.h"

#include <limits.h>

#include "algorithms.h"

#include "../core/list.h"

#include "../core/banned.h"

/* By both kinds of setters. */
uint32_t stls_denied_asked(const struct stls_openssl *openssl, const SSL *ssl,
                           const struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);

    return connection->asked | (context != NULL ? context->asked : 0);
}

void stls_denied_start(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    bool is_low = (context != NULL && context->had_no_level) ||
                  (stls_denied_asked(openssl, ssl, connection) &
                   STLS_ASKED_OF_BOTH(STLS_ASKED_SECURITY_LEVEL));

    connection->asked &= ~(uint32_t)STLS_ASKED_LOW_PROTOCOL;
    if (openssl->SSL_in_before(ssl)) {         /* the same may start twice: stateless, early data */
        connection->denied &= STLS_DENIED_KEY; /* from its setter */
        connection->denied_count = 0;
    }
    if (stls_algorithms_allows_old(openssl, ssl, connection->policy, is_low)) {
        connection->asked |= STLS_ASKED_LOW_PROTOCOL;
        connection->denied |= STLS_DENIED_VERSION;
    }
    if (stls_algorithms_allows_new(openssl, ssl, connection->policy))
        connection->denied |= STLS_DENIED_CEILING;
}

bool stls_denied_has_group(const struct stls_connection *connection, int nid, bool *ret_by_level)
{
    for (unsigned i = 0; i < connection->denied_count; i++)
        if (connection->denied_groups[i].nid == nid) {
            *ret_by_level = connection->denied_groups[i].is_by_level;
            return true;
        }
    return false;
}

/* By the number that SSL_get_negotiated_group has for it. */
static void note_group(struct stls_connection *connection, const struct stls_question *question,
                       bool is_by_level)
{
    const unsigned char *wire = question->other;
    int nid = question->number != NID_undef ? question->number
                                            : TLSEXT_nid_unknown | wire[0] << 8 | wire[1];
    bool is_known_by_level;

    if (connection->denied_count < STLS_DENIED_GROUPS_MAX &&
        !stls_denied_has_group(connection, nid, &is_known_by_level))
        connection->denied_groups[connection->denied_count++] =
            (struct stls_denied_group){nid, is_by_level};
}

static bool is_choice(int op)
{
    return op == SSL_SECOP_CIPHER_CHECK || op == SSL_SECOP_CURVE_CHECK ||
           op == SSL_SECOP_SIGALG_CHECK || op == SSL_SECOP_TMP_DH;
}

/* In audit mode, what the peer chose. */
static void note_choice(struct stls_connection *connection, const struct stls_question *ask,
                        bool is_by_level)
{
    uint32_t bit = 1u << (ask->op >> 16);

    if (is_choice(ask->op))
        connection->denied |=
            bit << STLS_DENIED_CHOICE | (is_by_level ? bit << STLS_DENIED_LEVEL : 0);
    if (bit == STLS_DENIED_GROUP && ask->other != NULL)
        note_group(connection, ask, is_by_level);
}

/* Our own certificate, also a context's: the first question about one is about its key. */
static void note_certificate(uint32_t *denied, int op, bool is_denied)
{
    if (op == SSL_SECOP_EE_KEY)
        *denied &= ~(uint32_t)STLS_DENIED_KEY;
    if (is_denied)
        *denied |= STLS_DENIED_KEY;
}

/* Strong enough, it would be vetted. */
static bool is_by_level(struct stls_openssl *openssl, const struct stls_policy *policy,
                        const struct stls_question *ask)
{
    struct stls_question strong = *ask;

    strong.bits = INT_MAX;
    return stls_algorithms_judge(openssl, policy, &strong) == STLS_KEEP;
}

bool stls_denied_note(struct stls_openssl *openssl, struct stls_connection *connection,
                      const struct stls_policy *policy, const struct stls_question *ask)
{
    bool is_weak = stls_algorithms_is_weak(policy, ask->op, ask->bits);
    struct stls_context *context;

    if (ask->op >> 16 == SSL_SECOP_OTHER_CERT >> 16) {
        context = stls_context_of(openssl, ask->context);
        if ((ask->op & SSL_SECOP_PEER) == 0 && (connection != NULL || context != NULL))
            note_certificate(connection != NULL ? &connection->denied : &context->denied, ask->op,
                             is_weak);
        return is_weak;
    }
    if (stls_algorithms_are_of_version(openssl, ask->ssl, ask->op))
        return false;
    /* START has looked at versions; and nobody misses compression. */
    if (connection == NULL || ask->op >> 16 == SSL_SECOP_OTHER_NONE)
        return true;
    connection->denied |= 1u << (ask->op >> 16) | (is_weak ? STLS_DENIED_WEAK : 0);
    if (policy->mode == STLS_MODE_AUDIT)
        note_choice(connection, ask, is_weak && is_by_level(openssl, policy, ask));
    return true;
}

/* What OpenSSL says of its own alert. In audit mode the cipher may be one that enforcement would
 * not have offered. */
static uint32_t denied_by_error(unsigned long error, bool has_unvetted)
{
    switch (error & 0xfff) { /* the reason, in every version */
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
        return STLS_DENIED_VERSION | STLS_DENIED_CEILING;
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_NO_SHARED_CIPHER:
        return STLS_DENIED_CIPHER | STLS_DENIED_GROUP | STLS_DENIED_WEAK;
    case SSL_R_WRONG_CIPHER_RETURNED:
        return STLS_DENIED_CIPHER | STLS_DENIED_WEAK;
    case SSL_R_BAD_KEY_SHARE:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_WRONG_CURVE:
        return STLS_DENIED_GROUP | STLS_DENIED_WEAK;
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_DIGEST_ALGORITHM:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_WRONG_SIGNATURE_TYPE:
        return STLS_DENIED_SIGNATURE | STLS_DENIED_GROUP | STLS_DENIED_WEAK;
    case SSL_R_DH_KEY_TOO_SMALL:
        return has_unvetted ? STLS_DENIED_CIPHER : STLS_DENIED_DH;
    default:
        return 0;
    }
}

/* A peer that has not answered a hello yet says no more than this. */
static uint32_t denied_by_alert(int alert)
{
    switch (alert) {
    case SSL3_AL_FATAL << 8 | SSL_AD_PROTOCOL_VERSION:
        return STLS_DENIED_VERSION | STLS_DENIED_CEILING;
    case SSL3_AL_FATAL << 8 | SSL_AD_HANDSHAKE_FAILURE:
    case SSL3_AL_FATAL << 8 | SSL_AD_INSUFFICIENT_SECURITY:
        return STLS_DENIED_ALL & ~(STLS_DENIED_KEY | STLS_DENIED_DH);
    default:
        return 0;
    }
}

/* Also by lists that the program never got, as its context was made without. */
static uint32_t denied_of(struct stls_openssl *openssl, const SSL *ssl,
                          const struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    uint32_t asked = stls_denied_asked(openssl, ssl, connection);
    uint32_t denied = connection->denied | (context != NULL ? context->denied : 0);

    if ((asked & (STLS_ASKED_OF_BOTH(STLS_ASKED_MIN_PROTOCOL) |
                  STLS_ASKED_OF_BOTH(STLS_ASKED_MAX_PROTOCOL))) != 0)
        denied |= STLS_DENIED_VERSION;
    if ((asked &
         (STLS_ASKED_OF_BOTH(STLS_ASKED_CIPHER_LIST) | STLS_ASKED_OF_BOTH(STLS_ASKED_CIPHERSUITES) |
          STLS_ASKED_OF_BOTH(STLS_ASKED_SECURITY_LEVEL))) != 0)
        denied |= STLS_DENIED_CIPHER;
    if ((asked & STLS_ASKED_OF_BOTH(STLS_ASKED_SECURITY_LEVEL)) != 0 ||
        (context != NULL && context->is_level_raised))
        denied |= STLS_DENIED_DH;
    if ((asked & STLS_ASKED_OF_BOTH(STLS_ASKED_GROUPS)) != 0)
        denied |= STLS_DENIED_GROUP;
    if ((asked & STLS_ASKED_OF_BOTH(STLS_ASKED_SIGALGS)) != 0)
        denied |= STLS_DENIED_SIGNATURE;
    return denied;
}

const char *stls_denied_blame(struct stls_openssl *openssl, const SSL *ssl,
                              const struct stls_connection *connection, bool is_ours, int alert,
                              char text[STLS_BLAME_MAX])
{
    static const char words[][20] = {
        "MinProtocol",   "CipherString",        "Groups", "SecurityLevel",
        "SecurityLevel", "SignatureAlgorithms", "",       "MaxProtocol"};
    uint32_t denied = denied_of(openssl, ssl, connection);
    bool has_unvetted = (connection->denied >> STLS_DENIED_CHOICE & STLS_DENIED_CIPHER) != 0;

    if (is_ours)
        denied &= denied_by_error(openssl->ERR_peek_last_error(), has_unvetted);
    else if (!openssl->SSL_is_server(ssl) && openssl->SSL_get_pending_cipher(ssl) == NULL)
        denied &= denied_by_alert(alert);
    else
        return NULL;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if ((denied & 1u << i) != 0 && words[i][0] != '\0')
            stls_list_append(text, STLS_BLAME_MAX, ", ", words[i]);
    return text[0] != '\0' ? text : NULL;
}
