/* foresight.c - see foresight.h */
#include "foresight.h"

#include <stdlib.h>

#include "algorithms.h"
#include "state.h"
#include "vetted.h"

#include "../core/banned.h"

/* What a server's client has shown that it would take instead. */
enum offer {
    OFFER_NOTHING, /* that is vetted */
    OFFER_PERHAPS, /* something that our certificate may not go with */
    OFFER_ENOUGH,
};

static bool is_vetted(struct stls_openssl *openssl, const SSL *ssl, const SSL_CIPHER *cipher)
{
    return stls_algorithms_judge(openssl, stls_policy_of(openssl, ssl), SSL_SECOP_CIPHER_CHECK, 0,
                                 0, cipher) == STLS_KEEP;
}

/* A cipher up to TLS 1.2 says what kind of key it wants, and the one in use shows what we have. */
static bool fits(const struct stls_openssl *openssl, const SSL *ssl, const SSL_CIPHER *cipher)
{
    const SSL_CIPHER *current = openssl->SSL_get_current_cipher(ssl);

    if (stls_vetted_is_tls13(openssl, current))
        return stls_vetted_is_tls13(openssl, cipher);
    return openssl->SSL_CIPHER_get_auth_nid(cipher) == openssl->SSL_CIPHER_get_auth_nid(current);
}

static enum offer offered_ciphers(struct stls_openssl *openssl, const SSL *ssl)
{
    const STACK_OF(SSL_CIPHER) *ciphers = openssl->SSL_get_client_ciphers(ssl);
    enum offer offer = OFFER_NOTHING;

    for (int i = 0; i < stls_vetted_count(openssl, ciphers); i++) {
        const SSL_CIPHER *cipher = stls_vetted_at(openssl, ciphers, i);

        if (!is_vetted(openssl, ssl, cipher))
            continue;
        if (fits(openssl, ssl, cipher))
            return OFFER_ENOUGH;
        offer = OFFER_PERHAPS;
    }
    return offer;
}

static enum offer offered_groups(const struct stls_openssl *openssl, SSL *ssl)
{
    long count = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_GROUPS, 0, NULL);
    int *nids = count > 0 ? calloc((size_t)count, sizeof *nids) : NULL;
    enum offer offer = nids != NULL ? OFFER_NOTHING : OFFER_PERHAPS;

    if (nids != NULL)
        count = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_GROUPS, 0, nids);
    for (long i = 0; nids != NULL && i < count && offer == OFFER_NOTHING; i++)
        if (stls_algorithms_is_group_vetted(stls_policy_of(openssl, ssl), nids[i]))
            offer = OFFER_ENOUGH;
    free(nids);
    return offer;
}

static struct stls_foresight by_offer(enum offer offer, struct stls_foresight foresight)
{
    switch (offer) {
    case OFFER_NOTHING:
        break;
    case OFFER_PERHAPS:
        foresight.is_uncertain = true;
        break;
    case OFFER_ENOUGH:
        foresight.fate = STLS_FATE_ADJUSTED;
        break;
    }
    return foresight;
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

static struct stls_foresight of_version(struct stls_openssl *openssl, SSL *ssl)
{
    struct stls_foresight foresight = {
        .fate = STLS_FATE_REFUSED,
        .reason = "protocol version too low",
        .rule = "MinProtocol",
    };
    bool is_server = openssl->SSL_is_server(ssl) != 0;

    if (!is_server)
        foresight.is_uncertain = !has_offered_floor(openssl, ssl);
    else if (!stls_algorithms_is_old(stls_policy_of(openssl, ssl),
                                     openssl->SSL_client_version(ssl)))
        return by_offer(offered_ciphers(openssl, ssl), foresight);
    else
        foresight.is_uncertain = stls_policy_of(openssl, ssl)->min_protocol >= TLS1_3_VERSION;
    return foresight;
}

/* They agreed on what is vetted; the program would have taken less. */
static struct stls_foresight of_offer(struct stls_openssl *openssl, SSL *ssl)
{
    const STACK_OF(SSL_CIPHER) *ciphers = openssl->SSL_get_ciphers(ssl);
    long min = openssl->SSL_ctrl(ssl, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL);
    struct stls_foresight foresight = {.fate = STLS_FATE_ADJUSTED};

    if (min == 0 || stls_algorithms_is_old(stls_policy_of(openssl, ssl), (int)min)) {
        foresight.reason = "the program allows protocol versions that are too low";
        foresight.rule = "MinProtocol";
        return foresight;
    }
    for (int i = 0; i < stls_vetted_count(openssl, ciphers); i++)
        if (!is_vetted(openssl, ssl, stls_vetted_at(openssl, ciphers, i))) {
            foresight.reason = "the program allows cipher suites that are not vetted";
            foresight.rule = "CipherString";
            return foresight;
        }
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
    if (openssl->OpenSSL_version_num() < 0x30000000L && openssl->EVP_PKEY_id != NULL)
        return old_group_of(openssl, ssl);
    return (int)openssl->SSL_ctrl(ssl, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, NULL);
}

/* What the two agreed on besides the version. */
static struct stls_foresight of_algorithms(struct stls_openssl *openssl, SSL *ssl)
{
    const SSL_CIPHER *cipher = openssl->SSL_get_current_cipher(ssl);
    bool is_server = openssl->SSL_is_server(ssl) != 0;
    struct stls_foresight foresight = {.fate = STLS_FATE_REFUSED, .is_uncertain = !is_server};
    int group = group_of(openssl, ssl);
    int digest = NID_undef, type = NID_undef;

    if (!is_vetted(openssl, ssl, cipher)) {
        foresight.reason = "cipher suite is not vetted";
        foresight.rule = stls_vetted_is_tls13(openssl, cipher) ? "Ciphersuites" : "CipherString";
        return is_server ? by_offer(offered_ciphers(openssl, ssl), foresight) : foresight;
    }
    if (group > 0 && !stls_algorithms_is_group_vetted(stls_policy_of(openssl, ssl), group)) {
        foresight.reason = "key exchange group is not vetted";
        foresight.rule = "Groups";
        return is_server ? by_offer(offered_groups(openssl, ssl), foresight) : foresight;
    }
    if (openssl->SSL_ctrl(ssl, SSL_CTRL_GET_PEER_SIGNATURE_NID, 0, &digest) > 0 &&
        openssl->SSL_get_peer_signature_type_nid(ssl, &type) > 0 &&
        !stls_algorithms_is_signature_vetted(stls_policy_of(openssl, ssl), type, digest)) {
        foresight.reason = "signature algorithm is not vetted";
        foresight.rule = "SignatureAlgorithms";
        foresight.is_uncertain = true;
        return foresight;
    }
    return of_offer(openssl, ssl);
}

struct stls_foresight stls_foresight_of(struct stls_openssl *openssl, SSL *ssl)
{
    if (stls_algorithms_is_old(stls_policy_of(openssl, ssl), openssl->SSL_version(ssl)))
        return of_version(openssl, ssl);
    if (!openssl->SSL_is_server(ssl) && openssl->SSL_version(ssl) == TLS1_2_VERSION &&
        openssl->SSL_ctrl(ssl, SSL_CTRL_GET_RI_SUPPORT, 0, NULL) == 0)
        return (struct stls_foresight){.fate = STLS_FATE_REFUSED,
                                       .reason = "server knows no secure renegotiation",
                                       .rule = "MinProtocol"};
    return of_algorithms(openssl, ssl);
}
