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

/* Public roots of the years between RFC 2459 and the first BR, made by other rules, are in use with
 * basic constraints that are not critical, without key identifier, and with more in that of the
 * authority. Nothing in a chain relies on these. */
static bool is_old_root(const struct stls_profile_view *view)
{
    struct stls_der start = view->certificate->not_before;

    return view->index > 0 && stls_profile_is_root(view) &&
           view->certificate->not_before_tag == STLS_DER_UTC_TIME && start.length >= 6 &&
           (memcmp(start.at, "99", 2) == 0 || memcmp(start.at, "120701", 6) < 0);
}

/* 4.2.1.9: what the certified key may sign. */
static bool is_ca(const struct stls_profile_view *view)
{
    return view->certificate->is_ca;
}

static bool has_critical_basic_constraints(const struct stls_profile_view *view)
{
    return !view->certificate->is_ca || is_old_root(view) ||
           is_critical_if_present(view, STLS_EXTENSION_BASIC_CONSTRAINTS);
}

/* 4.2.1.3 */
static bool may_sign_certificates(const struct stls_profile_view *view)
{
    return (view->certificate->key_usage & STLS_KEY_USAGE_CERT_SIGN) != 0;
}

/* Roots of private CAs often have no key usage, and RFC 5280 (6.1) asks for none in an anchor. */
static bool may_issue(const struct stls_profile_view *view)
{
    return may_sign_certificates(view) ||
           (stls_profile_is_root(view) && !is_present(view, STLS_EXTENSION_KEY_USAGE));
}

static bool has_path_length_as_ca_only(const struct stls_profile_view *view)
{
    return !view->certificate->has_path_length || (view->certificate->is_ca && may_issue(view));
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
    return !view->certificate->is_ca || is_old_root(view) ||
           is_present(view, STLS_EXTENSION_SUBJECT_KEY_IDENTIFIER);
}

/* 4.2.1.1. It is not asked of trust anchors, where the path ends. A self-signed leaf is one. */
static bool has_authority_key_id(const struct stls_profile_view *view)
{
    return view->certificate->authority_key_id.at != NULL || stls_profile_is_root(view);
}

/* BR 7.1.2.1.3 */
static bool has_own_key_id(const struct stls_profile_view *view)
{
    return !stls_profile_is_root(view) ||
           !is_present(view, STLS_EXTENSION_AUTHORITY_KEY_IDENTIFIER) ||
           (view->certificate->authority_key_id.at != NULL &&
            stls_der_equals(view->certificate->authority_key_id, view->certificate->key_id));
}

/* BR 7.1.2.1.3 and 7.1.2.11.1. Intermediates from before that became a rule are in use for long. */
static bool has_authority_key_id_only(const struct stls_profile_view *view)
{
    return !view->certificate->has_authority_issuer || is_old_root(view);
}

/* 4.2.1.11, 4.2.1.14 */
static bool has_critical_policy_constraints(const struct stls_profile_view *view)
{
    return is_critical_if_present(view, STLS_EXTENSION_POLICY_CONSTRAINTS) &&
           is_critical_if_present(view, STLS_EXTENSION_INHIBIT_ANY_POLICY);
}

#define ID_KP(number) "\x2b\x06\x01\x05\x05\x07\x03" number /* 1.3.6.1.5.5.7.3.number */
#define SERVER_AUTH ID_KP("\x01")

/* BR 7.1.2.7.10: what a server's certificate must not be good for. */
static const char foreign_purposes[] = "\x06\x04\x55\x1d\x25\x00" /* anyExtendedKeyUsage */
                                       "\x06\x08" ID_KP("\x03")   /* codeSigning */
    "\x06\x08" ID_KP("\x04")                                      /* emailProtection */
    "\x06\x08" ID_KP("\x08")                                      /* timeStamping */
    "\x06\x08" ID_KP("\x09")                                      /* OCSPSigning */
    "\x06\x0a\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x04" /* precertificate signing */;

static bool is_for_servers(const struct stls_profile_view *view)
{
    struct stls_der rest =
                        stls_profile_elements(view->certificate, STLS_EXTENSION_EXTENDED_KEY_USAGE),
                    oid;

    while (stls_der_take(&rest, STLS_DER_OID, &oid))
        if (stls_der_equals_octets(oid, SERVER_AUTH, strlen(SERVER_AUTH)))
            return true;
    return false;
}

static bool is_for_nothing_foreign(const struct stls_profile_view *view)
{
    struct stls_der rest =
                        stls_profile_elements(view->certificate, STLS_EXTENSION_EXTENDED_KEY_USAGE),
                    oid;

    while (stls_der_take(&rest, STLS_DER_OID, &oid))
        if (stls_der_is_among(oid, foreign_purposes, sizeof foreign_purposes - 1))
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

#define RULES(RULE)                                                                                \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_each_once, "an extension occurs twice") \
    RULE(STLS_PROFILE_ISSUER, RFC5280, INVALID_EXTENSION, is_ca,                                   \
         "issuer is no CA by its basic constraints")                                               \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_critical_basic_constraints,             \
         "basic constraints of a CA are not critical")                                             \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_path_length_as_ca_only,                 \
         "path length without the right to sign certificates")                                     \
    RULE(STLS_PROFILE_ISSUER, RFC5280, KEYUSAGE_NO_CERTSIGN, may_issue,                            \
         "key usage of a CA does not let it sign certificates")                                    \
    RULE(STLS_PROFILE_LEAF, RFC5280, INVALID_NON_CA, signs_as_ca_only,                             \
         "key usage lets a certificate sign others that is no CA")                                 \
    RULE(STLS_PROFILE_LEAF, WEBPKI, INVALID_NON_CA, is_no_ca,                                      \
         "certificate of a CA in place of a server's or client's")                                 \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_key_id_if_ca,                           \
         "CA without subject key identifier")                                                      \
    RULE(STLS_PROFILE_LEAF | STLS_PROFILE_INTERMEDIATE, RFC5280, INVALID_EXTENSION,                \
         has_authority_key_id, "no authority key identifier")                                      \
    RULE(STLS_PROFILE_ANY, WEBPKI, AKID_SKID_MISMATCH, has_own_key_id,                             \
         "authority key identifier of a root is not its subject key identifier")                   \
    RULE(STLS_PROFILE_LEAF | STLS_PROFILE_ANCHOR, WEBPKI, AKID_ISSUER_SERIAL_MISMATCH,             \
         has_authority_key_id_only, "authority key identifier has an issuer or a serial number")   \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_POLICY_EXTENSION, has_critical_policy_constraints,     \
         "policy constraints are not critical")                                                    \
    RULE(STLS_PROFILE_SERVER, WEBPKI, INVALID_PURPOSE, is_for_servers,                             \
         "extended key usage does not include serverAuth")                                         \
    RULE(STLS_PROFILE_SERVER, WEBPKI, INVALID_PURPOSE, is_for_nothing_foreign,                     \
         "extended key usage has a purpose that no server's certificate may have")                 \
    RULE(STLS_PROFILE_SERVER, WEBPKI, INVALID_EXTENSION, has_plain_purposes,                       \
         "extended key usage is critical")                                                         \
    RULE(STLS_PROFILE_ANCHOR, WEBPKI, INVALID_EXTENSION, is_root_without_purposes,                 \
         "root has an extended key usage")

void stls_profile_check_extensions(struct stls_profile_view *view)
{
    view->reasons = RULES(STLS_PROFILE_REASON);
    RULES(STLS_PROFILE_CHECK)
}
