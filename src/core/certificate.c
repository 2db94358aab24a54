/* certificate.c - see certificate.h */
#include "certificate.h"

#include <string.h>

#include "texts.h"

#include "banned.h"

/* Comparing each with each is quadratic: no honest certificate comes near this many. */
#define EXTENSIONS_MAX 128

/* What an extension's syntax asks for (RFC 5280, 4.2). Lenient where certificates in use are not
 * quite DER and nothing hangs on it: a TRUE other than 0xff, a default that is spelt out. */
static bool read_boolean(struct stls_der value, bool *ret)
{
    if (value.at != NULL && value.length != 1)
        return false;
    *ret = value.at != NULL && value.at[0] != 0;
    return true;
}

static bool read_key_usage(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der bits;

    if (!stls_der_is_one(value, STLS_DER_BIT_STRING, &bits) || bits.length < 2 || bits.at[0] > 7)
        return false;
    ret->key_usage = bits.at[1] | (bits.length > 2 ? (unsigned)bits.at[2] << 8 : 0);
    return true;
}

static bool read_basic_constraints(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der part[2]; /* cA BOOLEAN, pathLenConstraint INTEGER */

    if (!stls_der_read_sequence(value, "\x01?\x02?", part) ||
        (part[1].at != NULL && (part[1].length == 0 || part[1].at[0] >= 0x80)) ||
        !read_boolean(part[0], &ret->is_ca))
        return false;
    ret->has_path_length = part[1].at != NULL;
    return true;
}

static bool read_authority_key_id(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der part[3]; /* [0] the key's, [1] and [2] issuer and serial number */

    if (!stls_der_read_sequence(value, "\x80?\xa1?\x82?", part))
        return false;
    ret->authority_key_id = part[0];
    ret->has_authority_issuer = part[1].at != NULL || part[2].at != NULL;
    return true;
}

/* SEQUENCE SIZE (1..MAX) OF something, each with this tag; any tag if it is 0. */
static bool is_list(struct stls_der value, unsigned wanted)
{
    struct stls_der rest, contents;
    unsigned tag;

    if (!stls_der_is_one(value, STLS_DER_SEQUENCE, &rest) || rest.length == 0)
        return false;
    while (stls_der_next(&rest, &tag, &contents))
        if (wanted != 0 && tag != wanted)
            return false;
    return rest.length == 0;
}

/* otherName [0], x400Address [3], directoryName [4] and ediPartyName [5] are constructed, the
 * others of the nine aren't. */
static bool is_general_name(unsigned tag)
{
    unsigned number = tag & 0x1f, is_constructed = tag >> 5 & 1;

    return (tag & 0xc0) == 0x80 && number <= 8 && (0x39u >> number & 1) == is_constructed;
}

static bool are_general_names(struct stls_der value)
{
    struct stls_der rest, contents;
    unsigned tag;

    if (!is_list(value, 0) || !stls_der_is_one(value, STLS_DER_SEQUENCE, &rest))
        return false;
    while (stls_der_next(&rest, &tag, &contents))
        if (!is_general_name(tag))
            return false;
    return true;
}

static bool are_access_descriptions(struct stls_der value)
{
    struct stls_der rest, description, contents;
    unsigned tag;

    if (!is_list(value, STLS_DER_SEQUENCE) || !stls_der_is_one(value, STLS_DER_SEQUENCE, &rest))
        return false;
    while (stls_der_take(&rest, STLS_DER_SEQUENCE, &description))
        if (!stls_der_take(&description, STLS_DER_OID, &contents) ||
            !stls_der_next(&description, &tag, &contents) || (tag & 0xc0) != 0x80 ||
            description.length > 0)
            return false;
    return true;
}

/* Neither may be empty as a whole: RFC 5280, 4.2.1.10 and 4.2.1.11. */
static bool is_one_of_two(struct stls_der value, const char *form)
{
    struct stls_der part[2];

    return stls_der_read_sequence(value, form, part) && (part[0].at != NULL || part[1].at != NULL);
}

/* In the order of enum stls_extension_id: what identifies each (2.5.29.14 and so on, and below
 * 1.3.6.1.5.5.7.1), and what is said where it is not as it should be. */
static const char known[] =
    "\x55\x1d\x0e\0malformed subject key identifier\0"
    "\x55\x1d\x0f\0malformed key usage\0"
    "\x55\x1d\x11\0malformed subject alternative name\0"
    "\x55\x1d\x13\0malformed basic constraints\0"
    "\x55\x1d\x1e\0malformed name constraints\0"
    "\x55\x1d\x1f\0malformed CRL distribution points\0"
    "\x55\x1d\x20\0malformed certificate policies\0"
    "\x55\x1d\x23\0malformed authority key identifier\0"
    "\x55\x1d\x24\0malformed policy constraints\0"
    "\x55\x1d\x25\0malformed extended key usage\0"
    "\x55\x1d\x2e\0malformed freshest CRL\0"
    "\x55\x1d\x36\0malformed inhibit any-policy\0"
    "\x2b\x06\x01\x05\x05\x07\x01\x01\0malformed authority information access\0"
    "\x2b\x06\x01\x05\x05\x07\x01\x0b\0malformed subject information access";

static bool read_value(enum stls_extension_id id, struct stls_der value,
                       struct stls_certificate *ret)
{
    struct stls_der contents;

    switch (id) {
    case STLS_EXTENSION_SUBJECT_KEY_IDENTIFIER:
        return stls_der_is_one(value, STLS_DER_OCTET_STRING, &ret->key_id);
    case STLS_EXTENSION_KEY_USAGE:
        return read_key_usage(value, ret);
    case STLS_EXTENSION_SUBJECT_ALT_NAME:
        return are_general_names(value);
    case STLS_EXTENSION_BASIC_CONSTRAINTS:
        return read_basic_constraints(value, ret);
    case STLS_EXTENSION_NAME_CONSTRAINTS:
        return is_one_of_two(value, "\xa0?\xa1?");
    case STLS_EXTENSION_CRL_DISTRIBUTION_POINTS:
    case STLS_EXTENSION_CERTIFICATE_POLICIES:
    case STLS_EXTENSION_FRESHEST_CRL:
        return is_list(value, STLS_DER_SEQUENCE);
    case STLS_EXTENSION_AUTHORITY_KEY_IDENTIFIER:
        return read_authority_key_id(value, ret);
    case STLS_EXTENSION_POLICY_CONSTRAINTS:
        return is_one_of_two(value, "\x80?\x81?");
    case STLS_EXTENSION_EXTENDED_KEY_USAGE:
        return is_list(value, STLS_DER_OID);
    case STLS_EXTENSION_INHIBIT_ANY_POLICY:
        return stls_der_is_one(value, STLS_DER_INTEGER, &contents) && contents.length > 0;
    case STLS_EXTENSION_AUTHORITY_INFO_ACCESS:
    case STLS_EXTENSION_SUBJECT_INFO_ACCESS:
        return are_access_descriptions(value);
    case STLS_EXTENSIONS:
        break;
    }
    return false;
}

static bool take_extension(struct stls_der *rest, struct stls_der *ret_oid,
                           struct stls_extension *ret)
{
    struct stls_der extension, part[3]; /* extnID, critical, extnValue */

    if (!stls_der_take(rest, STLS_DER_SEQUENCE, &extension) ||
        !stls_der_read(extension, "\x06\x01?\x04", part) ||
        !read_boolean(part[1], &ret->is_critical))
        return false;
    *ret_oid = part[0];
    ret->is_present = true;
    ret->value = part[2];
    return true;
}

static bool is_repeated(struct stls_der rest, struct stls_der oid)
{
    struct stls_extension extension;
    struct stls_der other;

    while (take_extension(&rest, &other, &extension))
        if (stls_der_equals(oid, other))
            return true;
    return false;
}

static void keep_extension(const struct stls_extension *extension, struct stls_der oid,
                           struct stls_certificate *ret)
{
    const char *id = known;

    for (size_t i = 0; i < STLS_EXTENSIONS; i++) {
        const char *malformed = stls_texts_at(id, 1);

        if (stls_der_equals_octets(oid, id, strlen(id)) && !ret->extensions[i].is_present) {
            ret->extensions[i] = *extension;
            if (!read_value((enum stls_extension_id)i, extension->value, ret) &&
                ret->malformed == NULL)
                ret->malformed = malformed;
        }
        id = stls_texts_at(malformed, 1);
    }
}

static bool read_extensions(struct stls_der explicit_tag, struct stls_certificate *ret)
{
    struct stls_extension extension;
    struct stls_der rest, oid;
    size_t count = 0;

    if (!stls_der_is_one(explicit_tag, STLS_DER_SEQUENCE, &rest))
        return false;
    while (rest.length > 0) {
        if (++count > EXTENSIONS_MAX || !take_extension(&rest, &oid, &extension))
            return false;
        ret->has_repeated_extension = ret->has_repeated_extension || is_repeated(rest, oid);
        keep_extension(&extension, oid, ret);
    }
    return true;
}

/* [0] EXPLICIT, its content; v1 without. */
static bool read_version(struct stls_der explicit_tag, struct stls_certificate *ret)
{
    struct stls_der version;

    ret->version = 1;
    if (explicit_tag.at == NULL)
        return true;
    if (!stls_der_is_one(explicit_tag, STLS_DER_INTEGER, &version) || version.length != 1)
        return false;
    ret->version = version.at[0] + 1u;
    return true;
}

static bool read_validity(struct stls_der validity, struct stls_certificate *ret)
{
    return stls_der_next(&validity, &ret->not_before_tag, &ret->not_before) &&
           stls_der_next(&validity, &ret->not_after_tag, &ret->not_after) && validity.length == 0;
}

static bool read_key(struct stls_der info, struct stls_certificate *ret)
{
    struct stls_der part[2]; /* algorithm, subjectPublicKey */

    if (!stls_der_read(info, "\x30\x03", part) || part[1].length == 0 || part[1].at[0] != 0)
        return false;
    ret->key_algorithm = part[0];
    ret->key = (struct stls_der){part[1].at + 1, part[1].length - 1};
    return true;
}

/* TBSCertificate, by RFC 5280, 4.1. */
static bool read_signed_part(struct stls_der contents, struct stls_certificate *ret)
{
    enum {
        VERSION,
        SERIAL,
        SIGNATURE,
        ISSUER,
        VALIDITY,
        SUBJECT,
        KEY,
        ISSUER_ID,
        SUBJECT_ID,
        EXTENSIONS,
        PARTS
    };
    struct stls_der part[PARTS];

    if (!stls_der_read(contents, "\xa0?\x02\x30\x30\x30\x30\x30\x81?\x82?\xa3?", part))
        return false;
    ret->serial = part[SERIAL];
    ret->inner_algorithm = part[SIGNATURE];
    ret->issuer = part[ISSUER];
    ret->subject = part[SUBJECT];
    ret->has_unique_ids = part[ISSUER_ID].at != NULL || part[SUBJECT_ID].at != NULL;
    return read_version(part[VERSION], ret) && read_validity(part[VALIDITY], ret) &&
           read_key(part[KEY], ret) &&
           (part[EXTENSIONS].at == NULL || read_extensions(part[EXTENSIONS], ret));
}

bool stls_certificate_read(struct stls_der der, struct stls_certificate *ret)
{
    struct stls_der part[3]; /* tbsCertificate, signatureAlgorithm, signatureValue */

    *ret = (struct stls_certificate){.whole = der};
    if (!stls_der_read_sequence(der, "\x30\x30\x03", part))
        return false;
    ret->outer_algorithm = part[1];
    return read_signed_part(part[0], ret);
}

bool stls_certificate_is_self_issued(const struct stls_certificate *certificate)
{
    return stls_der_equals(certificate->issuer, certificate->subject);
}
