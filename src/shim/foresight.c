/* foresight.c - see foresight.h */
#include "foresight.h"

#include <limits.h>

#include "algorithms.h"
#include "algorithms_judge.h"
#include "denied.h"
#include "vetted.h"

#include "../core/asked.h"

#include "../core/banned.h"

/* What a server's client has shown that it would take instead. */
enum offer {
    OFFER_NOTHING, /* that is vetted */
    OFFER_PERHAPS, /* something that our certificate may not go with */
    OFFER_ENOUGH,
};

static bool is_vetted(struct stls_openssl *openssl, const SSL *ssl, const SSL_CIPHER *cipher)
{
    return stls_algorithms_judge_cipher(openssl, stls_policy_of(openssl, ssl), cipher) == STLS_KEEP;
}

/* The kind of our own key, as OpenSSL's EVP_PKEY_ numbers have it, and its curve if it has one. */
static int own_key(const struct stls_openssl *openssl, const SSL *ssl, int *ret_curve)
{
    X509 *own = openssl->SSL_get_certificate(ssl);
    const ASN1_OBJECT *curve = NULL;
    ASN1_OBJECT *kind;
    X509_ALGOR *algorithm;
    int type = V_ASN1_UNDEF;

    *ret_curve = NID_undef;
    if (own == NULL || !openssl->X509_PUBKEY_get0_param(&kind, NULL, NULL, &algorithm,
                                                        openssl->X509_get_X509_PUBKEY(own)))
        return NID_undef;
    openssl->X509_ALGOR_get0(NULL, &type, (const void **)&curve, algorithm);
    if (type == V_ASN1_OBJECT)
        *ret_curve = openssl->OBJ_obj2nid(curve);
    return openssl->OBJ_obj2nid(kind);
}

/* A cipher up to TLS 1.2 says what kind of key it wants. */
static bool fits(const struct stls_openssl *openssl, const SSL *ssl, const SSL_CIPHER *cipher)
{
    int curve, wanted = openssl->SSL_CIPHER_get_auth_nid(cipher);

    switch (own_key(openssl, ssl, &curve)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return wanted == NID_auth_rsa || wanted == NID_auth_any;
    case NID_undef:
        return wanted == NID_auth_any;
    default:
        return wanted == NID_auth_ecdsa || wanted == NID_auth_any;
    }
}

/* How many groups both sides would have, OpenSSL being told what enforcement lets pass. */
static bool shares_group(const struct stls_openssl *openssl, SSL *ssl)
{
    struct stls_connection *connection = stls_connection_of(openssl, ssl);
    bool is_any;

    connection->is_foreseeing = true;
    is_any = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_SHARED_GROUP, -1, NULL) > 0;
    connection->is_foreseeing = false;
    return is_any;
}

static enum offer offered_groups(const struct stls_openssl *openssl, SSL *ssl)
{
    uint32_t asked = stls_denied_asked(openssl, ssl, stls_connection_of(openssl, ssl));

    if (shares_group(openssl, ssl))
        return OFFER_ENOUGH;
    /* Where the program has no vetted group of its own, it would have all. */
    return (asked & STLS_ASKED_OF_BOTH(STLS_ASKED_GROUPS)) != 0 ? OFFER_PERHAPS : OFFER_NOTHING;
}

static enum offer offered_ciphers(struct stls_openssl *openssl, SSL *ssl, bool is_tls13_too)
{
    const STACK_OF(SSL_CIPHER) *ciphers = openssl->SSL_get_client_ciphers(ssl);
    enum offer offer = OFFER_NOTHING, groups = offered_groups(openssl, ssl);

    for (int i = 0; i < stls_vetted_count(openssl, ciphers) && offer != OFFER_ENOUGH; i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);
        int exchange = openssl->SSL_CIPHER_get_kx_nid(cipher);

        if (!is_vetted(openssl, ssl, cipher) || !fits(openssl, ssl, cipher))
            continue;
        if (exchange == NID_kx_any && !is_tls13_too)
            continue;
        offer = exchange == NID_kx_ecdhe || exchange == NID_kx_any ? groups : OFFER_ENOUGH;
    }
    return offer;
}

static struct stls_foresight by_offer(enum offer offer, struct stls_foresight foresight)
{
    foresight.is_uncertain = offer == OFFER_PERHAPS;
    if (offer == OFFER_ENOUGH)
        foresight.fate = STLS_FATE_ADJUSTED;
    return foresight;
}

static struct stls_foresight refused(const char *reason, const char *rule)
{
    return (struct stls_foresight){.fate = STLS_FATE_REFUSED, .reason = reason, .rule = rule};
}

/* True if the client offered what the policy asks: then the server does not have it. */
static bool has_offered_floor(const struct stls_openssl *openssl, SSL *ssl)
{
    long max = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, NULL);
    bool is_tls13_off = (openssl->SSL_get_options(ssl) & SSL_OP_NO_TLSv1_3) != 0;

    /* The version that a ClientHello tells in its old place ends at TLS 1.2. */
    if (stls_policy_of(openssl, ssl)->min_protocol < TLS1_3_VERSION || openssl->SSL_is_dtls(ssl))
        return !stls_algorithms_is_old(stls_policy_of(openssl, ssl),
                                       openssl->SSL_client_version(ssl));
    return (max == 0 || !stls_algorithms_is_old(stls_policy_of(openssl, ssl), (int)max)) &&
           !is_tls13_off;
}

static struct stls_foresight of_old_version(struct stls_openssl *openssl, SSL *ssl)
{
    struct stls_foresight foresight = refused("protocol version too low", "MinProtocol");

    if (!openssl->SSL_is_server(ssl))
        foresight.is_uncertain = !has_offered_floor(openssl, ssl);
    else if (!stls_algorithms_is_old(stls_policy_of(openssl, ssl),
                                     openssl->SSL_client_version(ssl)))
        return by_offer(offered_ciphers(openssl, ssl, true), foresight);
    else
        foresight.is_uncertain = stls_policy_of(openssl, ssl)->min_protocol >= TLS1_3_VERSION;
    return foresight;
}

static struct stls_foresight of_new_version(struct stls_openssl *openssl, SSL *ssl)
{
    struct stls_foresight foresight = refused("protocol version too high", "MaxProtocol");

    foresight.is_uncertain = true;
    return openssl->SSL_is_server(ssl) ? by_offer(offered_ciphers(openssl, ssl, false), foresight)
                                       : foresight;
}

/* They agreed on what is vetted; the program would have taken less. */
static struct stls_foresight of_offer(struct stls_openssl *openssl, SSL *ssl)
{
    const STACK_OF(SSL_CIPHER) *ciphers = openssl->SSL_get_ciphers(ssl);

    for (int i = 0; i < stls_vetted_count(openssl, ciphers); i++)
        if (!is_vetted(openssl, ssl, stls_vetted_at(openssl, ciphers, i)))
            return (struct stls_foresight){
                .fate = STLS_FATE_ADJUSTED,
                .reason = "the program allows cipher suites that are not vetted",
                .rule = "CipherString"};
    return (struct stls_foresight){.fate = STLS_FATE_SAME};
}

/* 1.1.1 does not tell; but it shows the peer's key, or a server of TLS 1.2 took the first group
 * that both have. */
static int old_group_of(const struct stls_openssl *openssl, SSL *ssl)
{
    EVP_PKEY *key = NULL;
    int group;

    if (openssl->SSL_session_reused(ssl) && openssl->SSL_version(ssl) != TLS1_3_VERSION)
        return 0;
    if (openssl->SSL_ctrl(ssl, SSL_CTRL_GET_PEER_TMP_KEY, 0, &key) <= 0)
        return openssl->SSL_is_server(ssl)
                   ? (int)openssl->SSL_ctrl(ssl, SSL_CTRL_GET_SHARED_GROUP, 0, NULL)
                   : 0;
    group = openssl->EVP_PKEY_id(key);
    if (group == EVP_PKEY_EC)
        group = openssl->EC_GROUP_get_curve_name(
            openssl->EC_KEY_get0_group(openssl->EVP_PKEY_get0_EC_KEY(key)));
    openssl->EVP_PKEY_free(key);
    return group;
}

static int group_of(const struct stls_openssl *openssl, SSL *ssl)
{
    if (openssl->ERR_new == NULL && openssl->EVP_PKEY_id != NULL) /* before 3.0 */
        return old_group_of(openssl, ssl);
    return (int)openssl->SSL_ctrl(ssl, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, NULL);
}

static const char *rule_of_choice(const struct stls_connection *connection, uint32_t bit,
                                  const char *rule)
{
    return connection->denied & bit << STLS_DENIED_LEVEL ? "SecurityLevel" : rule;
}

/* What our own key could sign with: true unless all of it is denied. */
static bool can_sign(struct stls_openssl *openssl, SSL *ssl)
{
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);
    bool is_tls13 = openssl->SSL_version(ssl) == TLS1_3_VERSION, is_any_denied = false;
    unsigned char wire[2];
    int curve, kind = own_key(openssl, ssl, &curve), sign;

    for (int i = 0;
         openssl->SSL_get_shared_sigalgs(ssl, i, &sign, NULL, NULL, &wire[1], &wire[0]) > i; i++) {
        bool is_fit = is_tls13 && sign == EVP_PKEY_RSA
                          ? false
                          : sign == kind || (kind == EVP_PKEY_RSA && sign == EVP_PKEY_RSA_PSS);

        if (is_fit && stls_algorithms_judge(openssl, policy,
                                            &(struct stls_question){.op = SSL_SECOP_SIGALG_SHARED,
                                                                    .bits = INT_MAX,
                                                                    .other = wire}) == STLS_KEEP)
            return true;
        is_any_denied = is_any_denied || is_fit;
    }
    return !is_any_denied;
}

/* Our own certificate: nothing that the peer could do about it. */
static struct stls_foresight of_own_key(struct stls_openssl *openssl, SSL *ssl,
                                        const struct stls_connection *connection)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    bool is_by_level = false;
    int curve;

    if (((connection->denied | (context != NULL ? context->denied : 0)) & STLS_DENIED_KEY) != 0)
        return refused("the program's own certificate is too weak", "SecurityLevel");
    if (!openssl->SSL_is_server(ssl) || openssl->SSL_session_reused(ssl))
        return (struct stls_foresight){.fate = STLS_FATE_SAME};
    own_key(openssl, ssl, &curve);
    if (curve != NID_undef && stls_denied_has_group(connection, curve, &is_by_level))
        return refused("the program's own key is on a curve that is not vetted",
                       is_by_level ? "SecurityLevel" : "Groups");
    if (!can_sign(openssl, ssl))
        return refused("signature algorithm is not vetted", "SignatureAlgorithms");
    return (struct stls_foresight){.fate = STLS_FATE_SAME};
}

static struct stls_foresight of_cipher(struct stls_openssl *openssl, SSL *ssl,
                                       const SSL_CIPHER *cipher)
{
    struct stls_foresight foresight = refused("cipher suite is not vetted", "CipherString");

    if (stls_vetted_is_tls13(openssl, cipher))
        foresight.rule = "Ciphersuites";
    if (stls_algorithms_judge(openssl, stls_policy_of(openssl, ssl),
                              &(struct stls_question){.op = SSL_SECOP_CIPHER_CHECK,
                                                      .bits = INT_MAX,
                                                      .other = cipher}) == STLS_KEEP)
        foresight.rule = "SecurityLevel";
    foresight.is_uncertain = true;
    return openssl->SSL_is_server(ssl) ? by_offer(offered_ciphers(openssl, ssl, true), foresight)
                                       : foresight;
}

/* What the two agreed on besides the version. */
static struct stls_foresight of_algorithms(struct stls_openssl *openssl, SSL *ssl,
                                           const struct stls_connection *connection)
{
    const SSL_CIPHER *cipher = openssl->SSL_get_current_cipher(ssl);
    uint32_t chosen = connection->denied >> STLS_DENIED_CHOICE;
    bool is_server = openssl->SSL_is_server(ssl) != 0, is_by_level = false;
    struct stls_foresight foresight;

    if (!is_vetted(openssl, ssl, cipher))
        return of_cipher(openssl, ssl, cipher);
    if (stls_denied_has_group(connection, group_of(openssl, ssl), &is_by_level) ||
        (!is_server && (chosen & STLS_DENIED_GROUP) != 0)) {
        foresight = refused("key exchange group is not vetted",
                            is_by_level ? "SecurityLevel"
                                        : rule_of_choice(connection, STLS_DENIED_GROUP, "Groups"));
        foresight.is_uncertain = true;
        return is_server ? by_offer(offered_groups(openssl, ssl), foresight) : foresight;
    }
    if ((chosen & (STLS_DENIED_SIGNATURE | STLS_DENIED_DH)) != 0) {
        foresight =
            refused("signature algorithm is not vetted",
                    rule_of_choice(connection, STLS_DENIED_SIGNATURE, "SignatureAlgorithms"));
        if ((chosen & STLS_DENIED_DH) != 0)
            foresight = refused("Diffie-Hellman key is too short", "SecurityLevel");
        foresight.is_uncertain = true;
        return foresight;
    }
    return of_offer(openssl, ssl);
}

struct stls_foresight stls_foresight_of(struct stls_openssl *openssl, SSL *ssl)
{
    const struct stls_connection *connection = stls_connection_of(openssl, ssl);
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);
    struct stls_foresight own = of_own_key(openssl, ssl, connection);

    if (own.fate == STLS_FATE_REFUSED)
        return own;
    if (stls_algorithms_is_old(policy, openssl->SSL_version(ssl)))
        return of_old_version(openssl, ssl);
    if (stls_algorithms_is_new(policy, openssl->SSL_version(ssl)))
        return of_new_version(openssl, ssl);
    if (!stls_algorithms_renegotiation_is_secure(openssl, ssl))
        return refused("server knows no secure renegotiation", "MinProtocol");
    return of_algorithms(openssl, ssl, connection);
}
