/* asked.c - see asked.h */
#include "asked.h"

#include "texts.h"

#include "banned.h"

enum topic {
    NO_VERIFICATION,
    OWN_VERIFIER,
    FORGIVENESS,
    NO_HOST_NAME,
    PROTOCOL,
    CIPHERS,
    CIPHERSUITES,
    SECURITY_LEVEL,
    GROUPS,
    SIGALGS,
};

/* Of each topic: token, phrase and rule. */
static const char topics[] =
    "no-verification\0no verification\0VerifyPeer=require\0"
    "own-verifier\0verification by its own function\0VerifyPeer=require\0"
    "forgiveness\0forgiveness\0VerifyPeer=require\0"
    "no-host-name\0no host name\0CheckHost=require\0"
    "protocol\0protocol versions that are too low\0MinProtocol\0"
    "ciphers\0cipher suites that are not vetted\0CipherString\0"
    "ciphersuites\0cipher suites that are not vetted\0Ciphersuites\0"
    "security-level\0a lower security level\0SecurityLevel\0"
    "groups\0groups of which none is vetted\0Groups\0"
    "sigalgs\0signature algorithms of which none is vetted\0SignatureAlgorithms\0";

/* In the order of the bits, like the next. */
static const unsigned char topic_of[] = {
    NO_VERIFICATION, OWN_VERIFIER, FORGIVENESS,  NO_HOST_NAME,   PROTOCOL,
    PROTOCOL,        PROTOCOL,     PROTOCOL,     PROTOCOL,       CIPHERS,
    CIPHERS,         CIPHERSUITES, CIPHERSUITES, SECURITY_LEVEL, SECURITY_LEVEL,
    GROUPS,          GROUPS,       SIGALGS,      SIGALGS,
};
_Static_assert(1 << sizeof topic_of == STLS_ASKED_END, "a row a bit");

static const char calls[] = "\0"
                            "SSL_CTX_set_cert_verify_callback\0"
                            "\0"
                            "\0"
                            "\0"
                            "SSL_CTX_set_min_proto_version\0"
                            "SSL_set_min_proto_version\0"
                            "SSL_CTX_set_max_proto_version\0"
                            "SSL_set_max_proto_version\0"
                            "SSL_CTX_set_cipher_list\0"
                            "SSL_set_cipher_list\0"
                            "SSL_CTX_set_ciphersuites\0"
                            "SSL_set_ciphersuites\0"
                            "SSL_CTX_set_security_level\0"
                            "SSL_set_security_level\0"
                            "SSL_CTX_set1_groups\0"
                            "SSL_set1_groups\0"
                            "SSL_CTX_set1_sigalgs\0"
                            "SSL_set1_sigalgs";

struct stls_asked_word stls_asked_word(uint32_t set)
{
    unsigned bit = (unsigned)__builtin_ctz(set);
    const char *token = stls_texts_at(topics, topic_of[bit] * 3u);
    const char *phrase = stls_texts_at(token, 1);

    return (struct stls_asked_word){token, phrase, stls_texts_at(phrase, 1),
                                    stls_texts_at(calls, bit)};
}
