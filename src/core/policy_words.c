/* policy_words.c - see policy_words.h */
#include "policy_words.h"

#include <string.h>

#include "texts.h"

#include "banned.h"

#define AT(field) offsetof(struct stls_policy, field)

/* What is vetted: Mozilla's intermediate list, and of groups and signature schemes what is as
 * strong. In the order of preference, each ended by 0. */
static const struct initial {
    uint16_t ciphers[7], ciphersuites[4], groups[5], sigalgs[18];
} initial = {
    .ciphers =
        {
            0xc02b, /* ECDHE-ECDSA-AES128-GCM-SHA256 */
            0xc02f, /* ECDHE-RSA-AES128-GCM-SHA256 */
            0xc02c, /* ECDHE-ECDSA-AES256-GCM-SHA384 */
            0xc030, /* ECDHE-RSA-AES256-GCM-SHA384 */
            0xcca9, /* ECDHE-ECDSA-CHACHA20-POLY1305 */
            0xcca8, /* ECDHE-RSA-CHACHA20-POLY1305 */
        },
    .ciphersuites =
        {
            0x1301, /* TLS_AES_128_GCM_SHA256 */
            0x1302, /* TLS_AES_256_GCM_SHA384 */
            0x1303, /* TLS_CHACHA20_POLY1305_SHA256 */
        },
    .groups =
        {
            0x11ec, /* X25519MLKEM768 */
            0x001d, /* X25519 */
            0x0017, /* P-256 */
            0x0018, /* P-384 */
        },
    .sigalgs =
        {
            0x0403, 0x0503, 0x0603, /* ecdsa_secp256r1_sha256, secp384r1_sha384, secp521r1_sha512 */
            0x0807, 0x0808,         /* ed25519, ed448 */
            0x0809, 0x080a, 0x080b, /* rsa_pss_pss_sha256, sha384, sha512 */
            0x0804, 0x0805, 0x0806, /* rsa_pss_rsae_sha256, sha384, sha512 */
            0x0401, 0x0501, 0x0601, /* rsa_pkcs1_sha256, sha384, sha512 */
            0x0904, 0x0905, 0x0906, /* mldsa44, mldsa65, mldsa87 */
        },
};

#define CODES(name) (uint16_t) offsetof(struct initial, name) + 1

/* In each, later is stricter where there is an order. */
static const struct lists {
    struct stls_choice modes[4], verify_peers[4], verify_clients[4], check_hosts[3], chain_rules[4],
        unknown_hosts[3], allows[3], locks[3], host_sources[7], trust_stores[3], logs[6],
        log_formats[3], log_events[5];
} lists = {
    .modes =
        {
            {"off", STLS_MODE_OFF},
            {"audit", STLS_MODE_AUDIT},
            {"enforce", STLS_MODE_ENFORCE},
            {"", 0},
        },
    .verify_peers =
        {
            {"app", STLS_VERIFY_PEER_APP},
            {"pin", STLS_VERIFY_PEER_PIN},
            {"require", STLS_VERIFY_PEER_REQUIRE},
            {"", 0},
        },
    .verify_clients =
        {
            {"app", STLS_VERIFY_CLIENT_APP},
            {"request", STLS_VERIFY_CLIENT_REQUEST},
            {"require", STLS_VERIFY_CLIENT_REQUIRE},
            {"", 0},
        },
    .check_hosts =
        {
            {"app", STLS_CHECK_HOST_APP},
            {"require", STLS_CHECK_HOST_REQUIRE},
            {"", 0},
        },
    .chain_rules =
        {
            {"openssl", STLS_CHAIN_RULES_OPENSSL},
            {"rfc5280", STLS_CHAIN_RULES_RFC5280},
            {"webpki", STLS_CHAIN_RULES_WEBPKI},
            {"", 0},
        },
    .unknown_hosts =
        {
            {"allow", STLS_UNKNOWN_HOST_ALLOW},
            {"refuse", STLS_UNKNOWN_HOST_REFUSE},
            {"", 0},
        },
    .allows =
        {
            {"yes", STLS_ALLOW_YES},
            {"no", STLS_ALLOW_NO},
            {"", 0},
        },
    .locks =
        {
            {"no", STLS_LOCK_ENVIRONMENT_NO},
            {"yes", STLS_LOCK_ENVIRONMENT_YES},
            {"", 0},
        },
    .host_sources =
        {
            {"app", STLS_HOST_SOURCE_APP},
            {"sni", STLS_HOST_SOURCE_SNI},
            {"bio", STLS_HOST_SOURCE_BIO},
            {"resolver", STLS_HOST_SOURCE_RESOLVER},
            {"address", STLS_HOST_SOURCE_ADDRESS},
            {"connect", STLS_HOST_SOURCE_CONNECT},
            {"", 0},
        },
    .trust_stores =
        {
            {"app", STLS_TRUST_STORE_APP},
            {"system", STLS_TRUST_STORE_SYSTEM},
            {"", 0},
        },
    .logs =
        {
            {"auto", STLS_LOG_AUTO},
            {"stderr", STLS_LOG_STDERR},
            {"syslog", STLS_LOG_SYSLOG},
            {"journal", STLS_LOG_JOURNAL},
            {"none", STLS_LOG_NONE},
            {"", 0},
        },
    .log_formats =
        {
            {"text", STLS_LOG_FORMAT_TEXT},
            {"json", STLS_LOG_FORMAT_JSON},
            {"", 0},
        },
    .log_events =
        {
            {"refused", STLS_LOG_EVENTS_REFUSED},
            {"adjusted", STLS_LOG_EVENTS_ADJUSTED},
            {"accepted", STLS_LOG_EVENTS_ACCEPTED},
            {"all", STLS_LOG_EVENTS_ALL},
            {"", 0},
        },
};

#define LIST(name) (uint16_t) offsetof(struct lists, name) + 1

/* Each word's texts follow each other. */
#define TEXTS(id, variable, initial, values) #id "\0" variable "\0" initial "\0" values
#define WORD(id, variable, initial, since, values, meaning, ...)                                   \
    char id[sizeof(TEXTS(id, variable, initial, values))];
static const struct texts {
#include "policy_words.def"
} texts = {
#undef WORD
#define WORD(id, variable, initial, since, values, meaning, ...)                                   \
    .id = TEXTS(id, variable, initial, values),
#include "policy_words.def"
};
#undef WORD

#define WORD(id, variable, initial, since, values, meaning, ...)                                   \
    {offsetof(struct texts, id), __VA_ARGS__},
static const struct stls_word words[] = {
#include "policy_words.def"
};
#undef WORD

/* For the command alone; the linker leaves it out of the library. */
#define WORD(id, variable, initial, since, values, meaning, ...) {since, meaning},
static const struct {
    char since[8], meaning[96];
} documents[] = {
#include "policy_words.def"
};
#undef WORD

static const char *text_of(const struct stls_word *word, size_t number)
{
    return stls_texts_at((const char *)&texts + word->texts, number);
}

const char *stls_word_name(const struct stls_word *word)
{
    return text_of(word, 0);
}

const char *stls_word_variable(const struct stls_word *word)
{
    return text_of(word, 1);
}

const char *stls_word_values(const struct stls_word *word)
{
    return text_of(word, 3);
}

const struct stls_choice *stls_word_choices(const struct stls_word *word)
{
    return word->choices != 0 ? (const void *)((const char *)&lists + word->choices - 1) : NULL;
}

const uint16_t *stls_word_initial_codes(const struct stls_word *word)
{
    return word->initial_codes != 0
               ? (const void *)((const char *)&initial + word->initial_codes - 1)
               : NULL;
}

const char *stls_word_initial_text(const struct stls_word *word)
{
    return text_of(word, 2);
}

const char *stls_word_meaning(const struct stls_word *word)
{
    return documents[word - words].meaning;
}

const char *stls_word_since(const struct stls_word *word)
{
    return documents[word - words].since;
}

const struct stls_word *stls_policy_words(size_t *ret_count)
{
    *ret_count = sizeof words / sizeof words[0];
    return words;
}

static bool is_text(const char *text, const char *other, size_t length)
{
    return strncmp(text, other, length) == 0 && text[length] == '\0';
}

const struct stls_word *stls_policy_find_variable(const char *variable, size_t length)
{
    for (size_t i = 0; length > 0 && i < sizeof words / sizeof words[0]; i++)
        if (is_text(stls_word_variable(&words[i]), variable, length))
            return &words[i];
    return NULL;
}

const struct stls_word *stls_policy_find_word(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_text(stls_word_name(&words[i]), name, length))
            return &words[i];
    return NULL;
}

bool stls_word_has_value(const struct stls_word *word)
{
    return word->kind != STLS_WORD_BASE && word->kind != STLS_WORD_TEXT &&
           word->kind != STLS_WORD_DATE;
}

const struct stls_word *stls_policy_word_at(size_t offset)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (stls_word_has_value(&words[i]) &&
            (words[i].kind == STLS_WORD_CIPHERS ? words[i].text_offset : words[i].offset) == offset)
            return &words[i];
    return NULL;
}
