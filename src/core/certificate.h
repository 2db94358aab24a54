/* certificate.h - an X.509 certificate (RFC 5280, section 4.1) as slices of its DER.
 *
 * Owns: reading it, and reading the extensions that the profile defines.
 * Must not: judge anything but form, or allocate. What a slice points to belongs to the caller.
 */
#ifndef STLS_CERTIFICATE_H
#define STLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "der.h"

enum stls_extension_id {
    STLS_EXTENSION_SUBJECT_KEY_IDENTIFIER,
    STLS_EXTENSION_KEY_USAGE,
    STLS_EXTENSION_SUBJECT_ALT_NAME,
    STLS_EXTENSION_BASIC_CONSTRAINTS,
    STLS_EXTENSION_NAME_CONSTRAINTS,
    STLS_EXTENSION_CRL_DISTRIBUTION_POINTS,
    STLS_EXTENSION_CERTIFICATE_POLICIES,
    STLS_EXTENSION_AUTHORITY_KEY_IDENTIFIER,
    STLS_EXTENSION_POLICY_CONSTRAINTS,
    STLS_EXTENSION_EXTENDED_KEY_USAGE,
    STLS_EXTENSION_FRESHEST_CRL,
    STLS_EXTENSION_INHIBIT_ANY_POLICY,
    STLS_EXTENSION_AUTHORITY_INFO_ACCESS,
    STLS_EXTENSION_SUBJECT_INFO_ACCESS,
    STLS_EXTENSIONS,
};

/* Bits of key usage, as OpenSSL's KU_* has them. */
enum {
    STLS_KEY_USAGE_CERT_SIGN = 0x04,
    STLS_KEY_USAGE_CRL_SIGN = 0x02,
};

struct stls_extension {
    bool is_present;
    bool is_critical;
    struct stls_der value; /* what the OCTET STRING holds: one element, by the extension's syntax */
};

/* Without their outermost header, unless said otherwise. */
struct stls_certificate {
    struct stls_der whole; /* what was read, header and all */
    unsigned version;      /* 1 to 3; as it is in the certificate plus 1 */
    struct stls_der serial;
    struct stls_der inner_algorithm; /* AlgorithmIdentifier in the signed part ... */
    struct stls_der outer_algorithm; /* ... and beside the signature */
    struct stls_der issuer, subject;
    unsigned not_before_tag, not_after_tag;
    struct stls_der not_before, not_after;
    struct stls_der key_algorithm; /* AlgorithmIdentifier */
    struct stls_der key;           /* octets of the BIT STRING */
    bool has_unique_ids;           /* of issuer or subject */
    bool has_repeated_extension;
    struct stls_extension extensions[STLS_EXTENSIONS];
    const char *malformed; /* "malformed ..." of the first known extension that is; else NULL */

    /* From the extensions; as if the extension were not there where it is malformed. */
    bool is_ca;
    bool has_path_length;
    unsigned key_usage;
    struct stls_der key_id;           /* of the subject */
    struct stls_der authority_key_id; /* .at is NULL where there is none */
    bool has_authority_issuer;        /* or serial number */
};

/* False where it is no certificate at all; malformed extensions are told in *ret. */
bool stls_certificate_read(struct stls_der der, struct stls_certificate *ret);

/* Issuer and subject are the same, octet for octet. */
bool stls_certificate_is_self_issued(const struct stls_certificate *certificate);

#endif
