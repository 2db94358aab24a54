/* profile_keys.c - the rules about keys and signature algorithms (BR 6.1.5, 6.1.6, 7.1.3).
 *
 * What no public CA may issue but is at least as strong (Ed25519, Ed448, RSA keys for PSS only,
 * ML-DSA, SLH-DSA) passes: refusing it would protect nobody. So do signatures of roots: nobody
 * relies on them, and many in use are SHA-1.
 */
#include "profile_rules.h"

#include "banned.h"

enum {
    RSA_BITS_MIN = 2048
};

#define PKCS1(number) "\x2a\x86\x48\x86\xf7\x0d\x01\x01" number /* 1.2.840.113549.1.1.number */
#define NIST(arc) "\x60\x86\x48\x01\x65\x03\x04" arc            /* 2.16.840.1.101.3.4.arc */

#define RSA_ENCRYPTION PKCS1("\x01")
#define MGF1 PKCS1("\x08")
#define RSASSA_PSS PKCS1("\x0a")
#define EC_PUBLIC_KEY "\x2a\x86\x48\xce\x3d\x02\x01"

/* Lists of identifiers are as they would be in DER: one element after the other. */
static const char curves[] = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07" /* P-256 */
                             "\x06\x05\x2b\x81\x04\x00\x22"             /* P-384 */
                             "\x06\x05\x2b\x81\x04\x00\x23";            /* P-521 */

/* The same identifier stands for the key and for the signature. */
static const char edwards[] = "\x06\x03\x2b\x65\x70"  /* Ed25519 */
                              "\x06\x03\x2b\x65\x71"; /* Ed448 */

static const char signatures[] = "\x06\x09" PKCS1("\x0b") /* sha256WithRSAEncryption and so on */
    "\x06\x09" PKCS1("\x0c")                              /* SHA-384 */
    "\x06\x09" PKCS1("\x0d")                              /* SHA-512 */
    "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"            /* ecdsa-with-SHA256 and so on */
    "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"            /* SHA-384 */
    "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04";           /* SHA-512 */

static const char digests[] = "\x06\x09" NIST("\x02\x01") /* SHA-256 */
    "\x06\x09" NIST("\x02\x02")                           /* SHA-384 */
    "\x06\x09" NIST("\x02\x03");                          /* SHA-512 */

#define IS(oid, text) stls_der_equals_octets(oid, text, sizeof(text) - 1)
#define IS_AMONG(oid, list) stls_der_is_among(oid, list, sizeof(list) - 1)

/* ML-DSA (RFC 9881) and SLH-DSA (RFC 9909): sigAlgs 17 to 31 of NIST's list. */
static bool is_post_quantum(struct stls_der oid)
{
    struct stls_der arc = {oid.at, oid.length > 0 ? oid.length - 1 : 0};

    return IS(arc, NIST("\x03")) && oid.at[oid.length - 1] >= 17 && oid.at[oid.length - 1] <= 31;
}

/* How many bits an INTEGER that is not negative has. */
static size_t bits_of(struct stls_der number)
{
    size_t bits;

    while (number.length > 0 && number.at[0] == 0)
        number = (struct stls_der){number.at + 1, number.length - 1};
    bits = number.length * 8;
    for (unsigned mask = 0x80; number.length > 0 && (number.at[0] & mask) == 0; mask >>= 1)
        bits--;
    return bits;
}

static bool is_odd(struct stls_der number)
{
    return number.length > 0 && number.at[0] < 0x80 && (number.at[number.length - 1] & 1) != 0;
}

static bool is_good_rsa_key(struct stls_der key)
{
    struct stls_der part[2]; /* modulus, exponent */

    return stls_der_read_sequence(key, "\x02\x02", part) && is_odd(part[0]) &&
           bits_of(part[0]) >= RSA_BITS_MIN && bits_of(part[0]) % 8 == 0 && is_odd(part[1]) &&
           bits_of(part[1]) >= 2;
}

/* A curve by its name only: with parameters of its own anybody has the key (CVE-2020-0601). */
static bool has_good_key(const struct stls_profile_view *view)
{
    struct stls_der algorithm = view->certificate->key_algorithm, oid, curve;

    if (!stls_der_take(&algorithm, STLS_DER_OID, &oid))
        return false;
    if (IS(oid, RSA_ENCRYPTION) || IS(oid, RSASSA_PSS))
        return is_good_rsa_key(view->certificate->key);
    if (IS(oid, EC_PUBLIC_KEY))
        return stls_der_take(&algorithm, STLS_DER_OID, &curve) && IS_AMONG(curve, curves);
    return IS_AMONG(oid, edwards) || is_post_quantum(oid);
}

/* AlgorithmIdentifier of a digest, as the one element in explicit_tag. */
static bool is_good_digest(struct stls_der explicit_tag)
{
    struct stls_der algorithm, oid;

    return stls_der_is_one(explicit_tag, STLS_DER_SEQUENCE, &algorithm) &&
           stls_der_take(&algorithm, STLS_DER_OID, &oid) && IS_AMONG(oid, digests);
}

/* RSASSA-PSS-params (RFC 4055, 3.1): both digests are SHA-1 where they are left out. */
static bool is_good_pss(struct stls_der parameters)
{
    struct stls_der part[4], mask, oid; /* digest, mask, length of the salt, trailer */

    return stls_der_read_sequence(parameters, "\xa0\xa1\xa2?\xa3?", part) &&
           is_good_digest(part[0]) && stls_der_is_one(part[1], STLS_DER_SEQUENCE, &mask) &&
           stls_der_take(&mask, STLS_DER_OID, &oid) && IS(oid, MGF1) && is_good_digest(mask);
}

static bool has_good_signature(const struct stls_profile_view *view)
{
    struct stls_der algorithm = view->certificate->inner_algorithm, oid;

    if (stls_profile_is_root(view))
        return true;
    if (!stls_der_take(&algorithm, STLS_DER_OID, &oid))
        return false;
    if (IS(oid, RSASSA_PSS))
        return is_good_pss(algorithm);
    return IS_AMONG(oid, signatures) || IS_AMONG(oid, edwards) || is_post_quantum(oid);
}

#define RULES(RULE)                                                                                \
    RULE(STLS_PROFILE_LEAF, WEBPKI, EE_KEY_TOO_SMALL, has_good_key,                                \
         "key is of a type or size that is not vetted")                                            \
    RULE(STLS_PROFILE_ISSUER, WEBPKI, CA_KEY_TOO_SMALL, has_good_key,                              \
         "key of a CA is of a type or size that is not vetted")                                    \
    RULE(STLS_PROFILE_ANY, WEBPKI, CA_MD_TOO_WEAK, has_good_signature,                             \
         "signature algorithm is not vetted")

void stls_profile_check_keys(struct stls_profile_view *view)
{
    view->reasons = RULES(STLS_PROFILE_REASON);
    RULES(STLS_PROFILE_CHECK)
}
