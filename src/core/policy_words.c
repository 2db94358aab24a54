/* policy_words.c - the table of the policy's words, and the shipped policies; see policy.h */
#include "policy.h"

#include <string.h>

#include "banned.h"

#define AT(field) offsetof(struct stls_policy, field)
#define VETTED_CIPHERS                                                                             \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define VETTED_SIGALGS                                                                             \
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:"          \
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"                                    \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"                                 \
    "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:mldsa44:mldsa65:mldsa87"

/* In each, later is stricter where there is an order. */
static const struct stls_choice modes[] = {
    {"off", STLS_MODE_OFF},
    {"audit", STLS_MODE_AUDIT},
    {"enforce", STLS_MODE_ENFORCE},
    {"", 0},
};
static const struct stls_choice verify_peers[] = {
    {"app", STLS_VERIFY_PEER_APP},
    {"pin", STLS_VERIFY_PEER_PIN},
    {"require", STLS_VERIFY_PEER_REQUIRE},
    {"", 0},
};
static const struct stls_choice verify_clients[] = {
    {"app", STLS_VERIFY_CLIENT_APP},
    {"request", STLS_VERIFY_CLIENT_REQUEST},
    {"require", STLS_VERIFY_CLIENT_REQUIRE},
    {"", 0},
};
static const struct stls_choice check_hosts[] = {
    {"app", STLS_CHECK_HOST_APP},
    {"require", STLS_CHECK_HOST_REQUIRE},
    {"", 0},
};
static const struct stls_choice chain_rules[] = {
    {"openssl", STLS_CHAIN_RULES_OPENSSL},
    {"rfc5280", STLS_CHAIN_RULES_RFC5280},
    {"webpki", STLS_CHAIN_RULES_WEBPKI},
    {"", 0},
};
static const struct stls_choice unknown_hosts[] = {
    {"allow", STLS_UNKNOWN_HOST_ALLOW},
    {"refuse", STLS_UNKNOWN_HOST_REFUSE},
    {"", 0},
};
static const struct stls_choice allows[] = {
    {"yes", STLS_ALLOW_YES},
    {"no", STLS_ALLOW_NO},
    {"", 0},
};
static const struct stls_choice locks[] = {
    {"no", STLS_LOCK_ENVIRONMENT_NO},
    {"yes", STLS_LOCK_ENVIRONMENT_YES},
    {"", 0},
};
static const struct stls_choice host_sources[] = {
    {"app", STLS_HOST_SOURCE_APP},
    {"sni", STLS_HOST_SOURCE_SNI},
    {"bio", STLS_HOST_SOURCE_BIO},
    {"resolver", STLS_HOST_SOURCE_RESOLVER},
    {"address", STLS_HOST_SOURCE_ADDRESS},
    {"connect", STLS_HOST_SOURCE_CONNECT},
    {"", 0},
};
static const struct stls_choice trust_stores[] = {
    {"app", STLS_TRUST_STORE_APP},
    {"system", STLS_TRUST_STORE_SYSTEM},
    {"", 0},
};
static const struct stls_choice logs[] = {
    {"auto", STLS_LOG_AUTO},       {"stderr", STLS_LOG_STDERR}, {"syslog", STLS_LOG_SYSLOG},
    {"journal", STLS_LOG_JOURNAL}, {"none", STLS_LOG_NONE},     {"", 0},
};
static const struct stls_choice log_formats[] = {
    {"text", STLS_LOG_FORMAT_TEXT},
    {"json", STLS_LOG_FORMAT_JSON},
    {"", 0},
};
static const struct stls_choice log_events[] = {
    {"refused", STLS_LOG_EVENTS_REFUSED},
    {"adjusted", STLS_LOG_EVENTS_ADJUSTED},
    {"accepted", STLS_LOG_EVENTS_ACCEPTED},
    {"all", STLS_LOG_EVENTS_ALL},
    {"", 0},
};

/* One word a row. */
static const struct stls_word words[] = {
    {.name = "Policy",
     .variable = "STRICTTLS_POLICY",
     .kind = STLS_WORD_BASE,
     .since = "0.1",
     .place = STLS_PLACE_POLICY,
     .initial = "intermediate",
     .values = "intermediate, strict, audit, /PATH",
     .meaning = "a shipped policy or a file to start from; the other words change it"},
    {.name = "Mode",
     .variable = "STRICTTLS_MODE",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .initial = "enforce",
     .values = "enforce, audit, off",
     .meaning = "refuse, only report, or do nothing at all",
     .offset = AT(mode),
     .choices = modes},
    {.name = "MinProtocol",
     .variable = "STRICTTLS_MIN_PROTOCOL",
     .kind = STLS_WORD_PROTOCOL,
     .since = "0.1",
     .initial = "TLSv1.2",
     .values = "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
     .meaning = "lowest protocol version; DTLS follows, DTLSv1.2 being its highest",
     .offset = AT(min_protocol),
     .registry = STLS_REGISTRY_PROTOCOL},
    {.name = "MaxProtocol",
     .variable = "STRICTTLS_MAX_PROTOCOL",
     .kind = STLS_WORD_PROTOCOL,
     .since = "0.1",
     .initial = "TLSv1.3",
     .values = "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
     .meaning = "highest protocol version, for peers that fail at the newest; DTLS follows",
     .offset = AT(max_protocol),
     .registry = STLS_REGISTRY_PROTOCOL},
    {.name = "CipherString",
     .variable = "STRICTTLS_CIPHERS",
     .kind = STLS_WORD_CIPHERS,
     .since = "0.1",
     .order = STLS_ORDER_FEWER,
     .initial = VETTED_CIPHERS,
     .values = "a cipher string of openssl-ciphers(1)",
     .meaning = "cipher suites up to TLS 1.2",
     .text_offset = AT(cipher_string)},
    {.name = "Ciphersuites",
     .variable = "STRICTTLS_CIPHERSUITES",
     .kind = STLS_WORD_CODES,
     .since = "0.1",
     .order = STLS_ORDER_FEWER,
     .initial = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
     .values = "names separated by ':'",
     .meaning = "cipher suites of TLS 1.3",
     .offset = AT(ciphersuites),
     .registry = STLS_REGISTRY_CIPHERSUITE},
    {.name = "Groups",
     .variable = "STRICTTLS_GROUPS",
     .kind = STLS_WORD_CODES,
     .since = "0.1",
     .order = STLS_ORDER_FEWER,
     .initial = "X25519MLKEM768:X25519:P-256:P-384",
     .values = "names separated by ':'",
     .meaning = "key exchange groups",
     .offset = AT(groups),
     .registry = STLS_REGISTRY_GROUP},
    {.name = "SignatureAlgorithms",
     .variable = "STRICTTLS_SIGNATURE_ALGORITHMS",
     .kind = STLS_WORD_CODES,
     .since = "0.1",
     .order = STLS_ORDER_FEWER,
     .initial = VETTED_SIGALGS,
     .values = "names separated by ':'",
     .meaning = "signature schemes of the handshake",
     .offset = AT(sigalgs),
     .registry = STLS_REGISTRY_SIGALG},
    {.name = "SecurityLevel",
     .variable = "STRICTTLS_SECURITY_LEVEL",
     .kind = STLS_WORD_NUMBER,
     .since = "0.1",
     .initial = "2",
     .values = "0 to 5",
     .meaning = "OpenSSL's security level, at least",
     .offset = AT(security_level)},
    {.name = "VerifyPeer",
     .variable = "STRICTTLS_VERIFY_PEER",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_CLIENT,
     .initial = "require",
     .values = "require, pin, app",
     .meaning = "verify the server's chain always, a pinned key instead, or as the program does",
     .offset = AT(verify_peer),
     .choices = verify_peers},
    {.name = "PinSHA256",
     .variable = "STRICTTLS_PIN_SHA256",
     .kind = STLS_WORD_PINS,
     .since = "0.1",
     .order = STLS_ORDER_FEWER,
     .role = STLS_ROLE_CLIENT,
     .initial = "none",
     .values = "none, or base64 SHA-256 hashes of public keys, separated by ':' or spaces",
     .meaning = "the server's key must be one of these, besides what VerifyPeer asks",
     .offset = AT(pins)},
    {.name = "VerifyClient",
     .variable = "STRICTTLS_VERIFY_CLIENT",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_SERVER,
     .initial = "app",
     .values = "app, request, require",
     .meaning = "ask for a client certificate and verify it, or as the program does",
     .offset = AT(verify_client),
     .choices = verify_clients},
    {.name = "CheckHost",
     .variable = "STRICTTLS_CHECK_HOST",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_CLIENT,
     .initial = "require",
     .values = "require, app",
     .meaning = "the certificate must name the host, or as the program does",
     .offset = AT(check_host),
     .choices = check_hosts},
    {.name = "ChainRules",
     .variable = "STRICTTLS_CHAIN_RULES",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .initial = "openssl",
     .values = "openssl, rfc5280, webpki",
     .meaning = "certificate chains must keep OpenSSL's rules, RFC 5280's, or those of public CAs",
     .offset = AT(chain_rules),
     .choices = chain_rules},
    {.name = "UnknownHost",
     .variable = "STRICTTLS_UNKNOWN_HOST",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_CLIENT,
     .initial = "refuse",
     .values = "refuse, allow",
     .meaning = "what happens where nobody knows which host the program meant",
     .offset = AT(unknown_host),
     .choices = unknown_hosts},
    {.name = "HostSources",
     .variable = "STRICTTLS_HOST_SOURCES",
     .kind = STLS_WORD_SET,
     .since = "0.1",
     .order = STLS_ORDER_FEWER,
     .role = STLS_ROLE_CLIENT,
     .initial = "app:sni:bio:resolver:address:connect",
     .values = "some of app, sni, bio, resolver, address, connect, separated by ':'",
     .meaning = "where the host that the program meant may be known from",
     .offset = AT(host_sources),
     .choices = host_sources},
    {.name = "TrustStore",
     .variable = "STRICTTLS_TRUST_STORE",
     .kind = STLS_WORD_PATH,
     .since = "0.1",
     .order = STLS_ORDER_NONE,
     .initial = "app",
     .values = "app, system, /PATH",
     .meaning = "trust anchors: the program's, the system's, or those of a file or directory",
     .offset = AT(trust_store),
     .text_offset = AT(trust_path),
     .choices = trust_stores,
     .path_value = STLS_TRUST_STORE_PATH,
     .path_prefix = ""},
    {.name = "AllowPSK",
     .variable = "STRICTTLS_ALLOW_PSK",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_CLIENT,
     .initial = "no",
     .values = "no, yes",
     .meaning = "a pre-shared key in place of a certificate",
     .offset = AT(allow_psk),
     .choices = allows},
    {.name = "AllowRawPublicKey",
     .variable = "STRICTTLS_ALLOW_RAW_PUBLIC_KEY",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_CLIENT,
     .initial = "no",
     .values = "no, yes",
     .meaning = "a raw public key that the program expects in place of a certificate",
     .offset = AT(allow_raw_public_key),
     .choices = allows},
    {.name = "AllowDANE",
     .variable = "STRICTTLS_ALLOW_DANE",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .role = STLS_ROLE_CLIENT,
     .initial = "yes",
     .values = "yes, no",
     .meaning = "TLSA records that the program brings stand for trust anchors",
     .offset = AT(allow_dane),
     .choices = allows},
    {.name = "Log",
     .variable = "STRICTTLS_LOG",
     .kind = STLS_WORD_PATH,
     .since = "0.1",
     .order = STLS_ORDER_FREE,
     .initial = "auto",
     .values = "auto, stderr, syslog, journal, file:/PATH, none",
     .meaning = "where events go; auto is stderr if that is a terminal, else syslog",
     .offset = AT(log),
     .text_offset = AT(log_path),
     .choices = logs,
     .path_value = STLS_LOG_FILE,
     .path_prefix = "file:"},
    {.name = "LogFormat",
     .variable = "STRICTTLS_LOG_FORMAT",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .order = STLS_ORDER_FREE,
     .initial = "text",
     .values = "text, json",
     .meaning = "events for people, or for machines; the journal gets both",
     .offset = AT(log_format),
     .choices = log_formats},
    {.name = "LogEvents",
     .variable = "STRICTTLS_LOG_EVENTS",
     .kind = STLS_WORD_SET,
     .since = "0.1",
     .order = STLS_ORDER_FREE,
     .initial = "refused",
     .values = "some of refused, adjusted, accepted, separated by ':', or all",
     .meaning = "handshakes to tell of: refused, better than the program asked, all others",
     .offset = AT(log_events),
     .choices = log_events},
    {.name = "LogRate",
     .variable = "STRICTTLS_LOG_RATE",
     .kind = STLS_WORD_COUNT,
     .since = "0.1",
     .order = STLS_ORDER_FREE,
     .initial = "20",
     .values = "0 to 9999",
     .meaning = "events a minute that a process writes of each reason and host; 0: no limit",
     .offset = AT(log_rate)},
    {.name = "LockEnvironment",
     .kind = STLS_WORD_CHOICE,
     .since = "0.1",
     .place = STLS_PLACE_POLICY,
     .initial = "no",
     .values = "no, yes",
     .meaning = "in the system's policy: variables of the environment are ignored",
     .offset = AT(lock_environment),
     .choices = locks},
    {.name = "Reason",
     .kind = STLS_WORD_TEXT,
     .since = "0.1",
     .order = STLS_ORDER_FREE,
     .place = STLS_PLACE_SECTION,
     .initial = "",
     .values = "a phrase",
     .meaning = "why a section weakens the policy; it may not without"},
    {.name = "Expires",
     .kind = STLS_WORD_DATE,
     .since = "0.1",
     .order = STLS_ORDER_FREE,
     .place = STLS_PLACE_SECTION,
     .initial = "",
     .values = "a date: 2027-06-30",
     .meaning = "the last day (UTC) on which the section applies; to weaken it needs one"},
};

/* What a shipped policy says other than intermediate. */
static const struct {
    char policy[16];
    char word[24];
    char value[16];
} differences[] = {
    {"strict", "MinProtocol", "TLSv1.3"},
    {"strict", "ChainRules", "webpki"},
    {"audit", "Mode", "audit"},
};
static const char shipped[][16] = {"intermediate", "strict", "audit"};

const struct stls_word *stls_policy_words(size_t *ret_count)
{
    *ret_count = sizeof words / sizeof words[0];
    return words;
}

const struct stls_word *stls_policy_find_variable(const char *variable, size_t length)
{
    for (size_t i = 0; length > 0 && i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].variable) == length && memcmp(words[i].variable, variable, length) == 0)
            return &words[i];
    return NULL;
}

const struct stls_word *stls_policy_find_word(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].name) == length && memcmp(words[i].name, name, length) == 0)
            return &words[i];
    return NULL;
}

static bool is_value(const struct stls_word *word)
{
    return word->kind != STLS_WORD_BASE && word->kind != STLS_WORD_TEXT &&
           word->kind != STLS_WORD_DATE;
}

const struct stls_word *stls_policy_word_at(size_t offset)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_value(&words[i]) &&
            (words[i].kind == STLS_WORD_CIPHERS ? words[i].text_offset : words[i].offset) == offset)
            return &words[i];
    return NULL;
}

bool stls_policy_shipped(struct stls_policy *policy, const char *name)
{
    struct stls_policy made = {0};
    char ignored[1];
    bool is_known = false;

    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        is_known = is_known || strcmp(shipped[i], name) == 0;
    if (!is_known)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *value = words[i].initial;

        if (!is_value(&words[i]))
            continue;
        for (size_t j = 0; j < sizeof differences / sizeof differences[0]; j++)
            if (strcmp(differences[j].policy, name) == 0 &&
                strcmp(differences[j].word, words[i].name) == 0)
                value = differences[j].value;
        if (!stls_policy_set(&made, &words[i], value, ignored, sizeof ignored))
            return false;
    }
    *policy = made;
    return true;
}
