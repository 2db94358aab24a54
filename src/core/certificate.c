/* certificate.c - see certificate.h */
#include "certificate.h"

#include <string.h>

#include "texts.h"

#include "banned.h"

/* Comparing each with each is quadratic: no honest certificate comes near this many. */
#define EXTENSIONS_MAX 128

/* What an extension's syntax asks for (RFC 5280, 4.2). Lenient where certificates in use are not
 * quite DER and nothing hangs on it: a TRUE other than 0xff, a default that is spelt out. */
static bool read_octets(struct stls_der value, struct stls_certificate *ret)
{
    return stls_der_is_one(value, STLS_DER_OCTET_STRING, &ret->key_id);
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
    struct stls_der rest, is_ca, path_length;

    if (!stls_der_is_one(value, STLS_DER_SEQUENCE, &rest) ||
        !stls_der_take_optional(&rest, STLS_DER_BOOLEAN, &is_ca) ||
        !stls_der_take_optional(&rest, STLS_DER_INTEGER, &path_length) || rest.length > 0 ||
        (is_ca.at != NULL && is_ca.length != 1) ||
        (path_length.at != NULL && (path_length.length == 0 || path_length.at[0] >= 0x80)))
        return false;
    ret->is_ca = is_ca.at != NULL && is_ca.at[0] != 0;
    ret->has_path_length = path_length.at != NULL;
    return true;
}

static bool read_authority_key_id(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der rest, key_id, issuer, serial;

    if (!stls_der_is_one(value, STLS_DER_SEQUENCE, &rest) ||
        !stls_der_take_optional(&rest, STLS_DER_CONTEXT(0), &key_id) ||
        !stls_der_take_optional(&rest, STLS_DER_CONTEXT_CONSTRUCTED(1), &issuer) ||
        !stls_der_take_optional(&rest, STLS_DER_CONTEXT(2), &serial) || rest.length > 0)
        return false;
    ret->authority_key_id = key_id;
    ret->has_authority_issuer = issuer.at != NULL || serial.at != NULL;
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

static bool read_general_names(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der rest, contents;
    unsigned tag;

    (void)ret;
    if (!is_list(value, 0) || !stls_der_is_one(value, STLS_DER_SEQUENCE, &rest))
        return false;
    while (stls_der_next(&rest, &tag, &contents))
        if (!is_general_name(tag))
            return false;
    return true;
}

static bool read_identifiers(struct stls_der value, struct stls_certificate *ret)
{
    (void)ret;
    return is_list(value, STLS_DER_OID);
}

static bool read_sequences(struct stls_der value, struct stls_certificate *ret)
{
    (void)ret;
    return is_list(value, STLS_DER_SEQUENCE);
}

static bool read_access(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der rest, description, contents;
    unsigned tag;

    (void)ret;
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
static bool read_two_optional(struct stls_der value, unsigned first, unsigned second)
{
    struct stls_der rest, a, b;

    return stls_der_is_one(value, STLS_DER_SEQUENCE, &rest) && rest.length > 0 &&
           stls_der_take_optional(&rest, first, &a) && stls_der_take_optional(&rest, second, &b) &&
           rest.length == 0;
}

static bool read_name_constraints(struct stls_der value, struct stls_certificate *ret)
{
    (void)ret;
    return read_two_optional(value, STLS_DER_CONTEXT_CONSTRUCTED(0),
                             STLS_DER_CONTEXT_CONSTRUCTED(1));
}

static bool read_policy_constraints(struct stls_der value, struct stls_certificate *ret)
{
    (void)ret;
    return read_two_optional(value, STLS_DER_CONTEXT(0), STLS_DER_CONTEXT(1));
}

static bool read_integer(struct stls_der value, struct stls_certificate *ret)
{
    struct stls_der contents;

    (void)ret;
    return stls_der_is_one(value, STLS_DER_INTEGER, &contents) && contents.length > 0;
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
    switch (id) {
    case STLS_EXTENSION_SUBJECT_KEY_IDENTIFIER:
        return read_octets(value, ret);
    case STLS_EXTENSION_KEY_USAGE:
        return read_key_usage(value, ret);
    case STLS_EXTENSION_SUBJECT_ALT_NAME:
        return read_general_names(value, ret);
    case STLS_EXTENSION_BASIC_CONSTRAINTS:
        return read_basic_constraints(value, ret);
    case STLS_EXTENSION_NAME_CONSTRAINTS:
        return read_name_constraints(value, ret);
    case STLS_EXTENSION_CRL_DISTRIBUTION_POINTS:
    case STLS_EXTENSION_CERTIFICATE_POLICIES:
    case STLS_EXTENSION_FRESHEST_CRL:
        return read_sequences(value, ret);
    case STLS_EXTENSION_AUTHORITY_KEY_IDENTIFIER:
        return read_authority_key_id(value, ret);
    case STLS_EXTENSION_POLICY_CONSTRAINTS:
        return read_policy_constraints(value, ret);
    case STLS_EXTENSION_EXTENDED_KEY_USAGE:
        return read_identifiers(value, ret);
    case STLS_EXTENSION_INHIBIT_ANY_POLICY:
        return read_integer(value, ret);
    case STLS_EXTENSION_AUTHORITY_INFO_ACCESS:
    case STLS_EXTENSION_SUBJECT_INFO_ACCESS:
        return read_access(value, ret);
    case STLS_EXTENSIONS:
        break;
    }
    return false;
}

static bool take_extension(struct stls_der *rest, struct stls_der *ret_oid,
                           struct stls_extension *ret)
{
    struct stls_der extension, is_critical;

    if (!stls_der_take(rest, STLS_DER_SEQUENCE, &extension) ||
        !stls_der_take(&extension, STLS_DER_OID, ret_oid) ||
        !stls_der_take_optional(&extension, STLS_DER_BOOLEAN, &is_critical) ||
        !stls_der_take(&extension, STLS_DER_OCTET_STRING, &ret->value) || extension.length > 0 ||
        (is_critical.at != NULL && is_critical.length != 1))
        return false;
    ret->is_present = true;
    ret->is_critical = is_critical.at != NULL && is_critical.at[0] != 0;
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

static bool read_version(struct stls_der *rest, struct stls_certificate *ret)
{
    struct stls_der explicit_tag, version;

    ret->version = 1;
    if (!stls_der_take_optional(rest, STLS_DER_CONTEXT_CONSTRUCTED(0), &explicit_tag))
        return false;
    if (explicit_tag.at == NULL)
        return true;
    if (!stls_der_is_one(explicit_tag, STLS_DER_INTEGER, &version) || version.length != 1)
        return false;
    ret->version = version.at[0] + 1u;
    return true;
}

static bool read_key(struct stls_der *rest, struct stls_certificate *ret)
{
    struct stls_der info, bits;

    if (!stls_der_take(rest, STLS_DER_SEQUENCE, &info) ||
        !stls_der_take(&info, STLS_DER_SEQUENCE, &ret->key_algorithm) ||
        !stls_der_take(&info, STLS_DER_BIT_STRING, &bits) || info.length > 0 || bits.length == 0 ||
        bits.at[0] != 0)
        return false;
    ret->key = (struct stls_der){bits.at + 1, bits.length - 1};
    return true;
}

static bool read_signed_part(struct stls_der rest, struct stls_certificate *ret)
{
    struct stls_der validity, issuer_id, subject_id, extensions;

    if (!read_version(&rest, ret) || !stls_der_take(&rest, STLS_DER_INTEGER, &ret->serial) ||
        !stls_der_take(&rest, STLS_DER_SEQUENCE, &ret->inner_algorithm) ||
        !stls_der_take(&rest, STLS_DER_SEQUENCE, &ret->issuer) ||
        !stls_der_take(&rest, STLS_DER_SEQUENCE, &validity) ||
        !stls_der_next(&validity, &ret->not_before_tag, &ret->not_before) ||
        !stls_der_next(&validity, &ret->not_after_tag, &ret->not_after) || validity.length > 0 ||
        !stls_der_take(&rest, STLS_DER_SEQUENCE, &ret->subject) || !read_key(&rest, ret) ||
        !stls_der_take_optional(&rest, STLS_DER_CONTEXT(1), &issuer_id) ||
        !stls_der_take_optional(&rest, STLS_DER_CONTEXT(2), &subject_id) ||
        !stls_der_take_optional(&rest, STLS_DER_CONTEXT_CONSTRUCTED(3), &extensions) ||
        rest.length > 0)
        return false;
    ret->has_unique_ids = issuer_id.at != NULL || subject_id.at != NULL;
    return extensions.at == NULL || read_extensions(extensions, ret);
}

bool stls_certificate_read(struct stls_der der, struct stls_certificate *ret)
{
    struct stls_der rest, signed_part, signature;

    *ret = (struct stls_certificate){0};
    return stls_der_is_one(der, STLS_DER_SEQUENCE, &rest) &&
           stls_der_take(&rest, STLS_DER_SEQUENCE, &signed_part) &&
           stls_der_take(&rest, STLS_DER_SEQUENCE, &ret->outer_algorithm) &&
           stls_der_take(&rest, STLS_DER_BIT_STRING, &signature) && rest.length == 0 &&
           read_signed_part(signed_part, ret);
}

bool stls_certificate_is_self_issued(const struct stls_certificate *certificate)
{
    return stls_der_equals(certificate->issuer, certificate->subject);
}
