/* registry.c - see registry.h */
#include "registry.h"

#include <string.h>
#include <strings.h>

#include "banned.h"

static const struct stls_code protocols[] = {
    {0x0301, "TLSv1"}, {0x0302, "TLSv1.1"}, {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"}, {0, ""},
};

static const struct stls_code ciphers[] = {
    {0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"}, {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"},
    {0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"}, {0xc030, "ECDHE-RSA-AES256-GCM-SHA384"},
    {0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"}, {0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"},
    {0xc0ac, "ECDHE-ECDSA-AES128-CCM"},        {0xc0ad, "ECDHE-ECDSA-AES256-CCM"},
    {0x009e, "DHE-RSA-AES128-GCM-SHA256"},     {0x009f, "DHE-RSA-AES256-GCM-SHA384"},
    {0xccaa, "DHE-RSA-CHACHA20-POLY1305"},     {0, ""},
};

static const struct stls_code ciphersuites[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256"},       {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"}, {0x1304, "TLS_AES_128_CCM_SHA256"},
    {0x1305, "TLS_AES_128_CCM_8_SHA256"},     {0, ""},
};

static const struct stls_code groups[] = {
    {0x11ec, "X25519MLKEM768"},
    {0x11eb, "SecP256r1MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
    {0x001d, "X25519"},
    {0x0017, "P-256"},
    {0x0017, "prime256v1"},
    {0x0017, "secp256r1"},
    {0x0018, "P-384"},
    {0x0018, "secp384r1"},
    {0x0019, "P-521"},
    {0x0019, "secp521r1"},
    {0x001e, "X448"},
    {0x001f, "brainpoolP256r1tls13"},
    {0x0020, "brainpoolP384r1tls13"},
    {0x0021, "brainpoolP512r1tls13"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
    {0, ""},
};

static const struct stls_code sigalgs[] = {
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0403, "ECDSA+SHA256"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0503, "ECDSA+SHA384"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0603, "ECDSA+SHA512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0804, "RSA-PSS+SHA256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0805, "RSA-PSS+SHA384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0806, "RSA-PSS+SHA512"},
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0401, "RSA+SHA256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0501, "RSA+SHA384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0601, "RSA+SHA512"},
    {0x0904, "mldsa44"},
    {0x0905, "mldsa65"},
    {0x0906, "mldsa87"},
    {0, ""},
};

static const struct stls_code *const registries[] = {
    [STLS_REGISTRY_PROTOCOL] = protocols,       [STLS_REGISTRY_CIPHER] = ciphers,
    [STLS_REGISTRY_CIPHERSUITE] = ciphersuites, [STLS_REGISTRY_GROUP] = groups,
    [STLS_REGISTRY_SIGALG] = sigalgs,
};

const struct stls_code *stls_registry_find_name(enum stls_registry registry, const char *name,
                                                size_t length)
{
    for (const struct stls_code *row = registries[registry]; row->name[0] != '\0'; row++)
        if (strlen(row->name) == length && strncasecmp(row->name, name, length) == 0)
            return row;
    return NULL;
}

const struct stls_code *stls_registry_find_number(enum stls_registry registry, uint16_t number)
{
    for (const struct stls_code *row = registries[registry]; row->name[0] != '\0'; row++)
        if (row->number == number)
            return row;
    return NULL;
}
