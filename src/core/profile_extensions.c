/* profile_extensions.c - the rules about extensions, but for names and their constraints (RFC 5280,
 * 4.2). An extension that is critical and unknown is OpenSSL's to refuse. */
#include "profile_rules.h"

#include <string.h>

#include "banned.h"

static bool is_present(const struct stls_profile_view *view, enum stls_extension_id id)
{
    return stls_profile_extension(view, id)->is_present;
}

static bool is_critical_if_present(const struct stls_profile_view *view, enum stls_extension_id id)
{
    return !is_present(view, id) || stls_profile_extension(view, id)->is_critical;
}

static bool is_never_critical(const struct stls_profile_view *view, enum stls_extension_id id)
{
    return !stls_profile_extension(view, id)->is_critical;
}

/* 4.2 */
static bool has_each_once(const struct stls_profile_view *view)
{
    return !view->certificate->has_repeated_extension;
}

/* 4.2.1.9: what the certified key may sign. */
static bool is_ca(const struct stls_profile_view *view)
{
    return view->certificate->is_ca;
}

static bool has_critical_basic_constraints(const struct stls_profile_view *view)
{
    return !view->certificate->is_ca ||
           is_critical_if_present(view, STLS_EXTENSION_BASIC_CONSTRAINTS);
}

static bool has_path_length_as_ca_only(const struct stls_profile_view *view)
{
    return !view->certificate->has_path_length ||
           (view->certificate->is_ca &&
            (view->certificate->key_usage & STLS_KEY_USAGE_CERT_SIGN) != 0);
}

/* 4.2.1.3 */
static bool may_sign_certificates(const struct stls_profile_view *view)
{
    return (view->certificate->key_usage & STLS_KEY_USAGE_CERT_SIGN) != 0;
}

static bool signs_as_ca_only(const struct stls_profile_view *view)
{
    return view->certificate->is_ca || !may_sign_certificates(view);
}

/* BR 7.1.2.7.8 and 7.1.2.7.11. RFC 5280 lets a CA serve with its own certificate. */
static bool is_no_ca(const struct stls_profile_view *view)
{
    return !view->certificate->is_ca && (view->certificate->key_usage &
                                         (STLS_KEY_USAGE_CERT_SIGN | STLS_KEY_USAGE_CRL_SIGN)) == 0;
}

/* 4.2.1.2 */
static bool has_key_id_if_ca(const struct stls_profile_view *view)
{
    return !view->certificate->is_ca || is_present(view, STLS_EXTENSION_SUBJECT_KEY_IDENTIFIER);
}

static bool has_plain_key_id(const struct stls_profile_view *view)
{
    return is_never_critical(view, STLS_EXTENSION_SUBJECT_KEY_IDENTIFIER);
}

/* 4.2.1.1. It is not asked of trust anchors, where the path ends. A self-signed leaf is one. */
static bool has_authority_key_id(const struct stls_profile_view *view)
{
    return view->certificate->authority_key_id.at != NULL || stls_profile_is_root(view);
}

static bool has_plain_authority_key_id(const struct stls_profile_view *view)
{
    return is_never_critical(view, STLS_EXTENSION_AUTHORITY_KEY_IDENTIFIER);
}

static bool has_issuers_key_id(const struct stls_profile_view *view)
{
    return view->index + 1 == view->count || view->certificate->authority_key_id.at == NULL ||
           stls_der_equals(view->certificate->authority_key_id,
                           view->chain[view->index + 1].key_id);
}

/* BR 7.1.2.1.3 */
static bool has_own_key_id(const struct stls_profile_view *view)
{
    return !stls_profile_is_root(view) ||
           !is_present(view, STLS_EXTENSION_AUTHORITY_KEY_IDENTIFIER) ||
           (view->certificate->authority_key_id.at != NULL &&
            stls_der_equals(view->certificate->authority_key_id, view->certificate->key_id));
}

/* BR 7.1.2.1.3 and 7.1.2.11.1 */
static bool has_authority_key_id_only(const struct stls_profile_view *view)
{
    return !view->certificate->has_authority_issuer;
}

/* 4.2.1.11, 4.2.1.14 */
static bool has_critical_policy_constraints(const struct stls_profile_view *view)
{
    return is_critical_if_present(view, STLS_EXTENSION_POLICY_CONSTRAINTS) &&
           is_critical_if_present(view, STLS_EXTENSION_INHIBIT_ANY_POLICY);
}

/* 4.2.1.15, 4.2.2.1, 4.2.2.2 */
static bool has_plain_pointers(const struct stls_profile_view *view)
{
    return is_never_critical(view, STLS_EXTENSION_AUTHORITY_INFO_ACCESS) &&
           is_never_critical(view, STLS_EXTENSION_SUBJECT_INFO_ACCESS) &&
           is_never_critical(view, STLS_EXTENSION_FRESHEST_CRL);
}

#define ID_KP(number) "\x2b\x06\x01\x05\x05\x07\x03" number /* 1.3.6.1.5.5.7.3.number */
#define SERVER_AUTH ID_KP("\x01")

/* BR 7.1.2.7.10: what a server's certificate must not be good for. */
#define OID(text)                                                                                  \
    {                                                                                              \
        (const unsigned char *)(text), sizeof(text) - 1                                            \
    }
static const struct stls_der foreign_purposes[] = {
    OID("\x55\x1d\x25\x00"),                         /* anyExtendedKeyUsage */
    OID(ID_KP("\x03")),                              /* codeSigning */
    OID(ID_KP("\x04")),                              /* emailProtection */
    OID(ID_KP("\x08")),                              /* timeStamping */
    OID(ID_KP("\x09")),                              /* OCSPSigning */
    OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x04"), /* precertificate signing */
};

static bool is_foreign_purpose(struct stls_der oid)
{
    for (size_t i = 0; i < sizeof foreign_purposes / sizeof foreign_purposes[0]; i++)
        if (stls_der_equals(oid, foreign_purposes[i]))
            return true;
    return false;
}

static struct stls_der purposes(const struct stls_profile_view *view)
{
    struct stls_der rest = {NULL, 0};
    const struct stls_extension *usage =
        stls_profile_extension(view, STLS_EXTENSION_EXTENDED_KEY_USAGE);

    if (usage->is_present)
        (void)stls_der_is_one(usage->value, STLS_DER_SEQUENCE, &rest);
    return rest;
}

static bool is_for_servers(const struct stls_profile_view *view)
{
    struct stls_der rest = purposes(view), oid;

    while (stls_der_take(&rest, STLS_DER_OID, &oid))
        if (stls_der_equals_octets(oid, SERVER_AUTH, strlen(SERVER_AUTH)))
            return true;
    return false;
}

static bool is_for_nothing_foreign(const struct stls_profile_view *view)
{
    struct stls_der rest = purposes(view), oid;

    while (stls_der_take(&rest, STLS_DER_OID, &oid))
        if (is_foreign_purpose(oid))
            return false;
    return true;
}

static bool has_plain_purposes(const struct stls_profile_view *view)
{
    return is_never_critical(view, STLS_EXTENSION_EXTENDED_KEY_USAGE);
}

/* BR 7.1.2.1.2. An intermediate that is trusted as it is may have them. */
static bool is_root_without_purposes(const struct stls_profile_view *view)
{
    return !stls_profile_is_root(view) || !is_present(view, STLS_EXTENSION_EXTENDED_KEY_USAGE);
}

static const struct stls_profile_rule rules[] = {
    {
        .reason = "an extension occurs twice",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_each_once,
    },
    {
        .reason = "issuer is no CA by its basic constraints",
        .roles = STLS_PROFILE_ISSUER,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = is_ca,
    },
    {
        .reason = "basic constraints of a CA are not critical",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_critical_basic_constraints,
    },
    {
        .reason = "path length without the right to sign certificates",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_path_length_as_ca_only,
    },
    {
        .reason = "key usage of a CA does not include signing certificates",
        .roles = STLS_PROFILE_ISSUER,
        .error = X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = may_sign_certificates,
    },
    {
        .reason = "key usage lets a certificate sign others that is no CA",
        .roles = STLS_PROFILE_LEAF,
        .error = X509_V_ERR_INVALID_NON_CA,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = signs_as_ca_only,
    },
    {
        .reason = "certificate of a CA in place of a server's or client's",
        .roles = STLS_PROFILE_LEAF,
        .error = X509_V_ERR_INVALID_NON_CA,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = is_no_ca,
    },
    {
        .reason = "CA without subject key identifier",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_key_id_if_ca,
    },
    {
        .reason = "subject key identifier is critical",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_plain_key_id,
    },
    {
        .reason = "no authority key identifier",
        .roles = STLS_PROFILE_LEAF | STLS_PROFILE_INTERMEDIATE,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_authority_key_id,
    },
    {
        .reason = "authority key identifier is critical",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_plain_authority_key_id,
    },
    {
        .reason = "authority key identifier is not the issuer's subject key identifier",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_AKID_SKID_MISMATCH,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_issuers_key_id,
    },
    {
        .reason = "authority key identifier of a root is not its subject key identifier",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_AKID_SKID_MISMATCH,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = has_own_key_id,
    },
    {
        .reason = "authority key identifier has an issuer or a serial number",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = has_authority_key_id_only,
    },
    {
        .reason = "policy constraints are not critical",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_POLICY_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_critical_policy_constraints,
    },
    {
        .reason = "information access or freshest CRL is critical",
        .roles = STLS_PROFILE_ANY,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_RFC5280,
        .is_kept = has_plain_pointers,
    },
    {
        .reason = "extended key usage does not include serverAuth",
        .roles = STLS_PROFILE_SERVER,
        .error = X509_V_ERR_INVALID_PURPOSE,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = is_for_servers,
    },
    {
        .reason = "extended key usage has a purpose that no server's certificate may have",
        .roles = STLS_PROFILE_SERVER,
        .error = X509_V_ERR_INVALID_PURPOSE,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = is_for_nothing_foreign,
    },
    {
        .reason = "extended key usage is critical",
        .roles = STLS_PROFILE_SERVER,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = has_plain_purposes,
    },
    {
        .reason = "root has an extended key usage",
        .roles = STLS_PROFILE_ANCHOR,
        .error = X509_V_ERR_INVALID_EXTENSION,
        .from = STLS_CHAIN_RULES_WEBPKI,
        .is_kept = is_root_without_purposes,
    },
};

const struct stls_profile_rule *stls_profile_rules_of_extensions(size_t *ret_count)
{
    *ret_count = sizeof rules / sizeof rules[0];
    return rules;
}
