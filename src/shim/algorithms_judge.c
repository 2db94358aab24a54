/* algorithms_judge.c - see algorithms_judge.h */
#include "algorithms_judge.h"

#include "../core/banned.h"

bool stls_algorithms_is_vetted(const struct stls_openssl *openssl, const struct stls_vetted *vetted,
                               const SSL_CIPHER *cipher)
{
    unsigned number = openssl->SSL_CIPHER_get_protocol_id(cipher);

    /* No code point stands for both kinds. */
    return stls_codes_contain(&vetted->policy->ciphersuites, number) ||
           stls_ciphers_contain(&vetted->ciphers, number);
}

int stls_algorithms_version(int version, bool is_dtls)
{
    static const int dtls[] = {DTLS1_VERSION, DTLS1_VERSION, DTLS1_2_VERSION, DTLS1_2_VERSION};

    return is_dtls ? dtls[version - TLS1_VERSION] : version;
}

bool stls_algorithms_is_old(const struct stls_policy *policy, int version)
{
    if (version == STLS_QUIC_VERSION)
        return false;
    if (version == DTLS1_BAD_VER)
        return true;
    if (stls_algorithms_is_dtls(version))
        return version > stls_algorithms_version(policy->min_protocol, true);
    return version < policy->min_protocol;
}

bool stls_algorithms_is_new(const struct stls_policy *policy, int version)
{
    if (version == STLS_QUIC_VERSION)
        return false;
    if (stls_algorithms_is_dtls(version))
        return version < stls_algorithms_version(policy->max_protocol, true);
    return version > policy->max_protocol;
}

bool stls_algorithms_is_group_vetted(const struct stls_policy *policy, int nid)
{
    static const struct {
        int nid;
        uint16_t number;
    } groups[] = {
        {NID_X9_62_prime256v1, 0x0017}, {NID_secp384r1, 0x0018}, {NID_secp521r1, 0x0019},
        {NID_X25519, 0x001d},           {NID_X448, 0x001e},
    };

    /* One that has no number of OpenSSL's comes with its code point. */
    if ((nid & TLSEXT_nid_unknown) != 0)
        return stls_codes_contain(&policy->groups, (unsigned)nid & 0xffff);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (groups[i].nid == nid)
            return stls_codes_contain(&policy->groups, groups[i].number);
    return false;
}

bool stls_algorithms_is_signature_vetted(const struct stls_policy *policy, int type, int digest)
{
    static const struct {
        int type, digest;
        uint16_t number, other; /* a PSS signature, by either kind of key */
    } algorithms[] = {
        {EVP_PKEY_EC, NID_sha256, 0x0403, 0x0403},
        {EVP_PKEY_EC, NID_sha384, 0x0503, 0x0503},
        {EVP_PKEY_EC, NID_sha512, 0x0603, 0x0603},
        {EVP_PKEY_RSA, NID_sha256, 0x0401, 0x0401},
        {EVP_PKEY_RSA, NID_sha384, 0x0501, 0x0501},
        {EVP_PKEY_RSA, NID_sha512, 0x0601, 0x0601},
        {EVP_PKEY_RSA_PSS, NID_sha256, 0x0804, 0x0809},
        {EVP_PKEY_RSA_PSS, NID_sha384, 0x0805, 0x080a},
        {EVP_PKEY_RSA_PSS, NID_sha512, 0x0806, 0x080b},
    };
    const struct stls_codes *vetted = &policy->sigalgs;

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (algorithms[i].type == type && algorithms[i].digest == digest)
            return stls_codes_contain(vetted, algorithms[i].number) ||
                   stls_codes_contain(vetted, algorithms[i].other);
    /* The others do without a digest of their own choice (EdDSA, ML-DSA), or are too weak. */
    return digest == NID_undef;
}

static unsigned wire_number(const void *other)
{
    const unsigned char *bytes = other;

    return (unsigned)bytes[0] << 8 | bytes[1];
}

static enum stls_answer keep_if(bool is_good)
{
    return is_good ? STLS_KEEP : STLS_REFUSE;
}

bool stls_algorithms_are_of_version(struct stls_openssl *openssl, const SSL *ssl, int op)
{
    int version;

    if (ssl == NULL || (op != SSL_SECOP_SIGALG_SUPPORTED && op != SSL_SECOP_SIGALG_CHECK))
        return false;
    version = openssl->SSL_version(ssl);
    return stls_algorithms_is_dtls(version) ? version == DTLS1_VERSION : version < TLS1_2_VERSION;
}

/* What a security level asks of a key: SSL_CTX_set_security_level(3). */
static const short level_bits[] = {-1, 80, 112, 128, 192, 256};

bool stls_algorithms_is_weak(const struct stls_policy *policy, int op, int bits)
{
    return op >> 16 != SSL_SECOP_OTHER_NONE && bits < level_bits[policy->security_level];
}

enum stls_answer stls_algorithms_judge(struct stls_openssl *openssl,
                                       const struct stls_policy *policy,
                                       const struct stls_question *ask)
{
    const void *other = ask->other;
    const struct stls_vetted *vetted;

    /* As OpenSSL's own callback has it, which the program may have replaced. */
    if (stls_algorithms_is_weak(policy, ask->op, ask->bits))
        return STLS_REFUSE;
    switch (ask->op) {
    case SSL_SECOP_VERSION:
        /* The ceiling is for START alone: at first this is asked of the highest version that
         * there is, before any is chosen. */
        return keep_if(!stls_algorithms_is_old(policy, ask->number));
    case SSL_SECOP_CIPHER_SUPPORTED:
    case SSL_SECOP_CIPHER_SHARED:
    case SSL_SECOP_CIPHER_CHECK:
        vetted = stls_vetted_of(openssl, policy);
        return keep_if(vetted != NULL && other != NULL &&
                       stls_algorithms_is_vetted(openssl, vetted, other));
    case SSL_SECOP_CURVE_SUPPORTED:
    case SSL_SECOP_CURVE_SHARED:
    case SSL_SECOP_CURVE_CHECK:
        return keep_if(other != NULL && stls_codes_contain(&policy->groups, wire_number(other)));
    case SSL_SECOP_SIGALG_SUPPORTED:
    case SSL_SECOP_SIGALG_SHARED:
    case SSL_SECOP_SIGALG_CHECK:
    case SSL_SECOP_SIGALG_MASK:
        return keep_if(other != NULL && stls_codes_contain(&policy->sigalgs, wire_number(other)));
    case SSL_SECOP_COMPRESSION:
        return STLS_REFUSE;
    default: /* keys, of which there is but the level, and tickets */
        return STLS_KEEP;
    }
}

enum stls_answer stls_algorithms_judge_cipher(struct stls_openssl *openssl,
                                              const struct stls_policy *policy,
                                              const SSL_CIPHER *cipher)
{
    int bits = cipher != NULL ? openssl->SSL_CIPHER_get_bits(cipher, NULL) : 0;

    return stls_algorithms_judge(
        openssl, policy,
        &(struct stls_question){.op = SSL_SECOP_CIPHER_CHECK, .bits = bits, .other = cipher});
}
