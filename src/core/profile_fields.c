/* profile_fields.c - the rules about the basic fields of a certificate (RFC 5280, 4.1). */
#include "profile_rules.h"

#include <string.h>

#include "banned.h"

enum {
    SERIAL_OCTETS_MAX = 20
};

/* RFC 5280 leaves v1 to certificates without extensions, but has no use for those: each must have
 * its issuer's key identifier, and each CA its basic constraints. BR 7.1.1 says it outright. */
static bool is_version_3(const struct stls_profile_view *view)
{
    return view->certificate->version == 3;
}

/* 4.1.2.2. Zero is for roots: many in use have it, and nothing refers to a root by its serial. */
static bool has_serial(const struct stls_profile_view *view)
{
    struct stls_der serial = view->certificate->serial;

    if (serial.length == 0 || serial.length > SERIAL_OCTETS_MAX || serial.at[0] >= 0x80)
        return false;
    return serial.length > 1 || serial.at[0] != 0 ||
           (view->index > 0 && stls_profile_is_root(view));
}

/* 4.1.1.2 and 4.1.2.3: only the inner one is signed. */
static bool has_one_algorithm(const struct stls_profile_view *view)
{
    return stls_der_equals(view->certificate->inner_algorithm, view->certificate->outer_algorithm);
}

/* 4.1.2.4. So no CA's subject is empty either: it is the issuer of the certificate below. */
static bool has_issuer(const struct stls_profile_view *view)
{
    return view->certificate->issuer.length > 0;
}

/* 4.1.2.5: UTCTime through 2049 and GeneralizedTime from 2050 on, with seconds, in UTC. Not asked
 * of trust anchors: there are public ones that have it otherwise. */
static bool is_date(unsigned tag, struct stls_der time)
{
    size_t digits = tag == STLS_DER_UTC_TIME ? 12 : 14;

    if ((tag != STLS_DER_UTC_TIME && tag != STLS_DER_GENERALIZED_TIME) ||
        time.length != digits + 1 || time.at[digits] != 'Z')
        return false;
    for (size_t i = 0; i < digits; i++)
        if (time.at[i] < '0' || time.at[i] > '9')
            return false;
    return tag == STLS_DER_UTC_TIME || memcmp(time.at, "2050", 4) >= 0;
}

static bool has_start(const struct stls_profile_view *view)
{
    return is_date(view->certificate->not_before_tag, view->certificate->not_before);
}

static bool has_end(const struct stls_profile_view *view)
{
    return is_date(view->certificate->not_after_tag, view->certificate->not_after);
}

/* 4.1.2.8 */
static bool has_no_unique_ids(const struct stls_profile_view *view)
{
    return !view->certificate->has_unique_ids;
}

#define RULES(RULE)                                                                                \
    RULE(STLS_PROFILE_ANY, RFC5280, CERT_REJECTED, is_version_3, "certificate is not version 3")   \
    RULE(STLS_PROFILE_ANY, RFC5280, CERT_REJECTED, has_serial,                                     \
         "serial number is not a positive number of at most 20 octets")                            \
    RULE(STLS_PROFILE_ANY, RFC5280, CERT_SIGNATURE_FAILURE, has_one_algorithm,                     \
         "two different signature algorithms in one certificate")                                  \
    RULE(STLS_PROFILE_ANY, RFC5280, CERT_REJECTED, has_issuer, "issuer is empty")                  \
    RULE(STLS_PROFILE_LEAF | STLS_PROFILE_INTERMEDIATE, RFC5280, ERROR_IN_CERT_NOT_BEFORE_FIELD,   \
         has_start, "start date is not encoded as it must be")                                     \
    RULE(STLS_PROFILE_LEAF | STLS_PROFILE_INTERMEDIATE, RFC5280, ERROR_IN_CERT_NOT_AFTER_FIELD,    \
         has_end, "end date is not encoded as it must be")                                         \
    RULE(STLS_PROFILE_ANY, RFC5280, CERT_REJECTED, has_no_unique_ids,                              \
         "certificate has unique identifiers")

void stls_profile_check_fields(struct stls_profile_view *view)
{
    view->reasons = RULES(STLS_PROFILE_REASON);
    RULES(STLS_PROFILE_CHECK)
}
