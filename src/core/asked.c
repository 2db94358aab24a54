/* asked.c - see asked.h */
#include "asked.h"

#include "banned.h"

/* In the order of the bits. */
static const struct stls_asked_word words[] = {
    {"no-verification", "no verification", "VerifyPeer=require", ""},
    {"own-verifier", "verification by its own function", "VerifyPeer=require",
     "SSL_CTX_set_cert_verify_callback"},
    {"forgiveness", "forgiveness", "VerifyPeer=require", ""},
    {"no-host-name", "no host name", "CheckHost=require", ""},
    {"protocol", "protocol versions that are too low", "MinProtocol", ""},
    {"protocol", "protocol versions that are too low", "MinProtocol",
     "SSL_CTX_set_min_proto_version"},
    {"protocol", "protocol versions that are too low", "MinProtocol", "SSL_set_min_proto_version"},
    {"protocol", "protocol versions that are too low", "MinProtocol",
     "SSL_CTX_set_max_proto_version"},
    {"protocol", "protocol versions that are too low", "MinProtocol", "SSL_set_max_proto_version"},
    {"ciphers", "cipher suites that are not vetted", "CipherString", "SSL_CTX_set_cipher_list"},
    {"ciphers", "cipher suites that are not vetted", "CipherString", "SSL_set_cipher_list"},
    {"ciphersuites", "cipher suites that are not vetted", "Ciphersuites",
     "SSL_CTX_set_ciphersuites"},
    {"ciphersuites", "cipher suites that are not vetted", "Ciphersuites", "SSL_set_ciphersuites"},
    {"security-level", "a lower security level", "SecurityLevel", "SSL_CTX_set_security_level"},
    {"security-level", "a lower security level", "SecurityLevel", "SSL_set_security_level"},
    {"groups", "groups of which none is vetted", "Groups", "SSL_CTX_set1_groups"},
    {"groups", "groups of which none is vetted", "Groups", "SSL_set1_groups"},
    {"sigalgs", "signature algorithms of which none is vetted", "SignatureAlgorithms",
     "SSL_CTX_set1_sigalgs"},
    {"sigalgs", "signature algorithms of which none is vetted", "SignatureAlgorithms",
     "SSL_set1_sigalgs"},
};
_Static_assert(1 << (sizeof words / sizeof words[0]) == STLS_ASKED_END, "a row a bit");

const struct stls_asked_word *stls_asked_word(uint32_t set)
{
    return &words[__builtin_ctz(set)];
}
