/* registry.h - names and code points of TLS versions, cipher suites, groups and signature schemes.
 *
 * Owns: the tables that turn a policy's words into the numbers that travel on the wire, so that a
 * handshake compares numbers only. Source: the IANA TLS registries and OpenSSL's own names.
 * Must not: know which of them are good; that is policy.
 */
#ifndef STLS_REGISTRY_H
#define STLS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row of a table: a name is as long as it is, and no pointer, which would be relocated in every
 * process. */
struct stls_code {
    unsigned char octets[2]; /* the code point, as it travels */
    char name[];             /* as OpenSSL spells it; further rows of a number: other spellings */
};

static inline uint16_t stls_code_number(const struct stls_code *code)
{
    return (uint16_t)(code->octets[0] << 8 | code->octets[1]);
}

enum stls_registry {
    STLS_REGISTRY_PROTOCOL,    /* TLSv1.2 */
    STLS_REGISTRY_CIPHER,      /* up to TLS 1.2, those worth listing: ECDHE-RSA-AES128-GCM-SHA256 */
    STLS_REGISTRY_CIPHERSUITE, /* TLS 1.3 only: TLS_AES_128_GCM_SHA256 */
    STLS_REGISTRY_GROUP,       /* X25519 */
    STLS_REGISTRY_SIGALG,      /* ecdsa_secp256r1_sha256 */
};

/* The row that a name (length bytes, compared without case) stands for, or NULL. */
const struct stls_code *stls_registry_find_name(enum stls_registry registry, const char *name,
                                                size_t length);

/* The first row of a number, or NULL. */
const struct stls_code *stls_registry_find_number(enum stls_registry registry, uint16_t number);

#endif
