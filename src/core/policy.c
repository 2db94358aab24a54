/* policy.c - see policy.h */
#include "policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static const struct stls_choice modes[] = {
    {"off", STLS_MODE_OFF},
    {"audit", STLS_MODE_AUDIT},
    {"enforce", STLS_MODE_ENFORCE},
    {"", 0},
};
static const struct stls_choice verify_peers[] = {
    {"app", STLS_VERIFY_PEER_APP},
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
    {"auto", STLS_LOG_AUTO},
    {"stderr", STLS_LOG_STDERR},
    {"syslog", STLS_LOG_SYSLOG},
    {"none", STLS_LOG_NONE},
    {"", 0},
};

/* One word a row. The README's table of environment variables is generated from these. */
static const struct stls_word words[] = {
    {.name = "Policy",
     .variable = "STRICTTLS_POLICY",
     .kind = STLS_WORD_BASE,
     .initial = "intermediate",
     .values = "intermediate, strict, audit",
     .meaning = "the shipped policy to start from; the other words change it"},
    {.name = "Mode",
     .variable = "STRICTTLS_MODE",
     .kind = STLS_WORD_CHOICE,
     .initial = "enforce",
     .values = "enforce, audit, off",
     .meaning = "refuse, only report, or do nothing at all",
     .offset = AT(mode),
     .choices = modes},
    {.name = "MinProtocol",
     .variable = "STRICTTLS_MIN_PROTOCOL",
     .kind = STLS_WORD_PROTOCOL,
     .initial = "TLSv1.2",
     .values = "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
     .meaning = "lowest protocol version; DTLS follows, DTLSv1.2 being its highest",
     .offset = AT(min_protocol),
     .registry = STLS_REGISTRY_PROTOCOL},
    {.name = "CipherString",
     .variable = "STRICTTLS_CIPHERS",
     .kind = STLS_WORD_CIPHERS,
     .initial = VETTED_CIPHERS,
     .values = "a cipher string of openssl-ciphers(1)",
     .meaning = "cipher suites up to TLS 1.2",
     .text_offset = AT(cipher_string)},
    {.name = "Ciphersuites",
     .variable = "STRICTTLS_CIPHERSUITES",
     .kind = STLS_WORD_CODES,
     .initial = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
     .values = "names separated by ':'",
     .meaning = "cipher suites of TLS 1.3",
     .offset = AT(ciphersuites),
     .registry = STLS_REGISTRY_CIPHERSUITE},
    {.name = "Groups",
     .variable = "STRICTTLS_GROUPS",
     .kind = STLS_WORD_CODES,
     .initial = "X25519MLKEM768:X25519:P-256:P-384",
     .values = "names separated by ':'",
     .meaning = "key exchange groups",
     .offset = AT(groups),
     .registry = STLS_REGISTRY_GROUP},
    {.name = "SignatureAlgorithms",
     .variable = "STRICTTLS_SIGNATURE_ALGORITHMS",
     .kind = STLS_WORD_CODES,
     .initial = VETTED_SIGALGS,
     .values = "names separated by ':'",
     .meaning = "signature schemes of the handshake",
     .offset = AT(sigalgs),
     .registry = STLS_REGISTRY_SIGALG},
    {.name = "SecurityLevel",
     .variable = "STRICTTLS_SECURITY_LEVEL",
     .kind = STLS_WORD_NUMBER,
     .initial = "2",
     .values = "0 to 5",
     .meaning = "OpenSSL's security level, at least",
     .offset = AT(security_level)},
    {.name = "VerifyPeer",
     .variable = "STRICTTLS_VERIFY_PEER",
     .kind = STLS_WORD_CHOICE,
     .initial = "require",
     .values = "require, app",
     .meaning = "client: verify the server's certificate chain always, or as the program does",
     .offset = AT(verify_peer),
     .choices = verify_peers},
    {.name = "VerifyClient",
     .variable = "STRICTTLS_VERIFY_CLIENT",
     .kind = STLS_WORD_CHOICE,
     .initial = "app",
     .values = "app, request, require",
     .meaning = "server: ask for a client certificate and verify it, or as the program does",
     .offset = AT(verify_client),
     .choices = verify_clients},
    {.name = "CheckHost",
     .variable = "STRICTTLS_CHECK_HOST",
     .kind = STLS_WORD_CHOICE,
     .initial = "require",
     .values = "require, app",
     .meaning = "client: the certificate must name the host, or as the program does",
     .offset = AT(check_host),
     .choices = check_hosts},
    {.name = "ChainRules",
     .variable = "STRICTTLS_CHAIN_RULES",
     .kind = STLS_WORD_CHOICE,
     .initial = "openssl",
     .values = "openssl, rfc5280, webpki",
     .meaning = "certificate chains must keep OpenSSL's rules, RFC 5280's, or those of public CAs",
     .offset = AT(chain_rules),
     .choices = chain_rules},
    {.name = "UnknownHost",
     .variable = "STRICTTLS_UNKNOWN_HOST",
     .kind = STLS_WORD_CHOICE,
     .initial = "refuse",
     .values = "refuse, allow",
     .meaning = "client: what happens where nobody knows which host the program meant",
     .offset = AT(unknown_host),
     .choices = unknown_hosts},
    {.name = "HostSources",
     .variable = "STRICTTLS_HOST_SOURCES",
     .kind = STLS_WORD_SET,
     .initial = "app:sni:bio:resolver:address:connect",
     .values = "some of app, sni, bio, resolver, address, connect, separated by ':'",
     .meaning = "client: where the host that the program meant may be known from",
     .offset = AT(host_sources),
     .choices = host_sources},
    {.name = "TrustStore",
     .variable = "STRICTTLS_TRUST_STORE",
     .kind = STLS_WORD_PATH,
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
     .initial = "no",
     .values = "no, yes",
     .meaning = "client: a pre-shared key in place of a certificate",
     .offset = AT(allow_psk),
     .choices = allows},
    {.name = "AllowRawPublicKey",
     .variable = "STRICTTLS_ALLOW_RAW_PUBLIC_KEY",
     .kind = STLS_WORD_CHOICE,
     .initial = "no",
     .values = "no, yes",
     .meaning = "client: a raw public key that the program expects in place of a certificate",
     .offset = AT(allow_raw_public_key),
     .choices = allows},
    {.name = "AllowDANE",
     .variable = "STRICTTLS_ALLOW_DANE",
     .kind = STLS_WORD_CHOICE,
     .initial = "yes",
     .values = "yes, no",
     .meaning = "client: TLSA records that the program brings stand for trust anchors",
     .offset = AT(allow_dane),
     .choices = allows},
    {.name = "Log",
     .variable = "STRICTTLS_LOG",
     .kind = STLS_WORD_PATH,
     .initial = "auto",
     .values = "auto, stderr, syslog, file:/PATH, none",
     .meaning = "where events go; auto is stderr if that is a terminal, else syslog",
     .offset = AT(log),
     .text_offset = AT(log_path),
     .choices = logs,
     .path_value = STLS_LOG_FILE,
     .path_prefix = "file:"},
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
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].variable) == length && memcmp(words[i].variable, variable, length) == 0)
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

        if (words[i].kind == STLS_WORD_BASE)
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

static bool read_choice_of_length(const struct stls_choice *choices, const char *value,
                                  size_t length, int *ret)
{
    for (; choices->name[0] != '\0'; choices++)
        if (strlen(choices->name) == length && memcmp(choices->name, value, length) == 0) {
            *ret = choices->value;
            return true;
        }
    return false;
}

static bool read_choice(const struct stls_choice *choices, const char *value, int *ret)
{
    return read_choice_of_length(choices, value, strlen(value), ret);
}

static bool read_set(const struct stls_choice *choices, const char *value, int *ret)
{
    static const char separators[] = ": ";
    int set = 0, bit;

    for (size_t length; *(value += strspn(value, separators)) != '\0'; value += length) {
        length = strcspn(value, separators);
        if (!read_choice_of_length(choices, value, length, &bit))
            return false;
        set |= bit;
    }
    if (set != 0)
        *ret = set;
    return set != 0;
}

static bool read_codes(enum stls_registry registry, const char *value, struct stls_codes *ret,
                       char *error, size_t size)
{
    struct stls_codes codes = {.count = 0};

    for (const char *name = value;; name++) {
        size_t length = strcspn(name, ":");
        const struct stls_code *code = stls_registry_find_name(registry, name, length);

        if (code == NULL) {
            snprintf(error, size, "nobody knows \"%.*s\"", (int)length, name);
            return false;
        }
        if (!stls_codes_contain(&codes, code->number)) {
            if (codes.count == STLS_CODES_MAX) {
                snprintf(error, size, "more than %d names", STLS_CODES_MAX);
                return false;
            }
            codes.number[codes.count++] = code->number;
        }
        name += length;
        if (*name == '\0')
            break;
    }
    *ret = codes;
    return true;
}

static bool is_cipher_string(const char *value)
{
    /* @SECLEVEL would change the level behind SecurityLevel's back. Whether OpenSSL knows the names
     * is asked at first use, since only OpenSSL can say. */
    return *value != '\0' && strlen(value) < STLS_TEXT_MAX && strchr(value, '@') == NULL &&
           strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                         "-+!:,_ ") == strlen(value);
}

bool stls_policy_set(struct stls_policy *policy, const struct stls_word *word, const char *value,
                     char *error, size_t size)
{
    char *field = (char *)policy + word->offset;
    char *text = (char *)policy + word->text_offset;
    int *number = (int *)(void *)field;
    const struct stls_code *code;
    size_t prefix;

    switch (word->kind) {
    case STLS_WORD_CHOICE:
        if (read_choice(word->choices, value, number))
            return true;
        break;
    case STLS_WORD_SET:
        if (read_set(word->choices, value, number))
            return true;
        break;
    case STLS_WORD_PROTOCOL:
        code = stls_registry_find_name(word->registry, value, strlen(value));
        if (code != NULL) {
            *number = code->number;
            return true;
        }
        break;
    case STLS_WORD_NUMBER:
        if (value[0] >= '0' && value[0] <= '5' && value[1] == '\0') {
            *number = value[0] - '0';
            return true;
        }
        break;
    case STLS_WORD_CODES:
        return read_codes(word->registry, value, (struct stls_codes *)(void *)field, error, size);
    case STLS_WORD_CIPHERS:
        if (is_cipher_string(value)) {
            memcpy(text, value, strlen(value) + 1);
            return true;
        }
        break;
    case STLS_WORD_PATH:
        if (read_choice(word->choices, value, number))
            return true;
        prefix = strlen(word->path_prefix);
        if (strncmp(value, word->path_prefix, prefix) == 0 && value[prefix] == '/' &&
            strlen(value + prefix) < STLS_TEXT_MAX) {
            memcpy(text, value + prefix, strlen(value + prefix) + 1);
            *number = word->path_value;
            return true;
        }
        break;
    case STLS_WORD_BASE:
        if (stls_policy_shipped(policy, value))
            return true;
        break;
    }
    snprintf(error, size, "expected %s", word->values);
    return false;
}

bool stls_codes_contain(const struct stls_codes *codes, unsigned number)
{
    for (size_t i = 0; i < codes->count; i++)
        if (codes->number[i] == number)
            return true;
    return false;
}
