/* recipe.h - how a case is made; the lab's own, not for its users.
 *
 * Owns: the words of the table in cases.c. A zero field is what a good server has, so that a row
 * says only what is different about it.
 */
#ifndef STLS_LAB_RECIPE_H
#define STLS_LAB_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/bn.h>

#include "lab.h"

enum stls_lab_key_kind {
    STLS_LAB_KEY_RSA_2048,
    STLS_LAB_KEY_RSA_1024,
    STLS_LAB_KEY_P256,
    STLS_LAB_KEY_KINDS,
};

/* What stands above the leaf. */
enum stls_lab_chain {
    STLS_LAB_CHAIN_DIRECT, /* the good root */
    STLS_LAB_CHAIN_INTERMEDIATE,
    STLS_LAB_CHAIN_INTERMEDIATE_OMITTED, /* not sent */
    STLS_LAB_CHAIN_INTERMEDIATE_NOT_CA,  /* sent, but CA:FALSE */
    STLS_LAB_CHAIN_SELF_SIGNED,
    STLS_LAB_CHAIN_UNKNOWN_ROOT,
    STLS_LAB_CHAIN_FORGED, /* names the good root, signed by the unknown one */
};

struct stls_lab_recipe {
    enum stls_lab_key_kind key;
    enum stls_lab_chain chain;
    const char *digest;            /* of the leaf's signature; NULL: SHA256 */
    const char *common_name;       /* NULL: "localhost" */
    const char *alt_names;         /* NULL: localhost and the loopback addresses */
    bool has_no_alt_names;         /* leaves the extension out */
    const char *extended_usage;    /* NULL: serverAuth */
    long not_before, not_after;    /* seconds from now; both 0: an hour ago, for 30 days */
    int min_protocol;              /* 0: TLS 1.2 */
    int max_protocol;              /* 0: TLS 1.3 */
    const char *ciphers;           /* NULL: ECDHE with AEAD; TLS 1.3's are always the good ones */
    const char *groups;            /* NULL: X25519, P-256, P-384 */
    BIGNUM *(*dh_prime)(BIGNUM *); /* NULL: no finite-field Diffie-Hellman; generator 2 */
    bool is_insecure_level;        /* OpenSSL's level 0, where it would not serve this otherwise */
};

/* Where in stls_lab_cases the case is; false for a case that is not from there. */
bool stls_lab_case_index(const struct stls_lab_case *lab_case, size_t *ret_index);

#endif
