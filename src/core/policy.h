/* policy.h - what a policy is, and the one table of its words.
 *
 * Owns: struct stls_policy, the words (name in a policy file, name in the environment, values,
 * default, which way is stricter) and how each value is read. Plain C, no OpenSSL call, no global
 * state. The table is the only list of words: parser, merging, environment, command help, README,
 * reference and manual page come from it.
 */
#ifndef STLS_POLICY_H
#define STLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codes.h"
#include "registry.h"

/* Every enum is ordered: a later value is stricter. Of those that leave something to the program
 * the strictest is 0: memory that nobody filled in allows nothing. */
enum stls_mode {
    STLS_MODE_OFF = -2,
    STLS_MODE_AUDIT,
    STLS_MODE_ENFORCE,
};
enum stls_verify_peer {
    STLS_VERIFY_PEER_APP = -2,
    STLS_VERIFY_PEER_PIN, /* as the program does, and one of the pins: no weakening of the next */
    STLS_VERIFY_PEER_REQUIRE,
};
enum stls_verify_client {
    STLS_VERIFY_CLIENT_APP = -2,
    STLS_VERIFY_CLIENT_REQUEST,
    STLS_VERIFY_CLIENT_REQUIRE,
};
enum stls_check_host {
    STLS_CHECK_HOST_APP = -1,
    STLS_CHECK_HOST_REQUIRE,
};
enum stls_unknown_host {
    STLS_UNKNOWN_HOST_ALLOW = -1,
    STLS_UNKNOWN_HOST_REFUSE,
};
enum stls_chain_rules {
    STLS_CHAIN_RULES_OPENSSL,
    STLS_CHAIN_RULES_RFC5280,
    STLS_CHAIN_RULES_WEBPKI,
};
enum stls_allow {
    STLS_ALLOW_YES = -1,
    STLS_ALLOW_NO,
};
enum stls_lock_environment {
    STLS_LOCK_ENVIRONMENT_NO,
    STLS_LOCK_ENVIRONMENT_YES,
};
/* A set: where a reference identity may come from. The fewer, the stricter. */
enum stls_host_source {
    STLS_HOST_SOURCE_APP = 1,
    STLS_HOST_SOURCE_SNI = 2,
    STLS_HOST_SOURCE_BIO = 4,
    STLS_HOST_SOURCE_RESOLVER = 8,
    STLS_HOST_SOURCE_ADDRESS = 16,
    STLS_HOST_SOURCE_CONNECT = 32,
};
/* Not ordered: neither the program's anchors nor the system's are the stricter set. */
enum stls_trust_store {
    STLS_TRUST_STORE_APP,
    STLS_TRUST_STORE_SYSTEM,
    STLS_TRUST_STORE_PATH,
};
enum stls_log {
    STLS_LOG_AUTO,
    STLS_LOG_STDERR,
    STLS_LOG_SYSLOG,
    STLS_LOG_JOURNAL,
    STLS_LOG_FILE,
    STLS_LOG_NONE,
};
enum stls_log_format {
    STLS_LOG_FORMAT_TEXT,
    STLS_LOG_FORMAT_JSON,
};
/* A set. */
enum stls_log_events {
    STLS_LOG_EVENTS_REFUSED = 1,
    STLS_LOG_EVENTS_ADJUSTED = 2,
    STLS_LOG_EVENTS_ACCEPTED = 4,
    STLS_LOG_EVENTS_ALL = 7,
};

enum {
    STLS_PINS_MAX = 16,
    STLS_PIN_SIZE = 32,
    STLS_WORDS_MAX = 40,
    STLS_TEXT_MAX = 1024, /* bytes of a cipher string or path, terminator included */
};

/* SHA-256 hashes of public keys (SubjectPublicKeyInfo). is_set with none: no key will do. */
struct stls_pins {
    unsigned char hash[STLS_PINS_MAX][STLS_PIN_SIZE];
    size_t count;
    bool is_set;
};

struct stls_policy {
    int mode;          /* enum stls_mode */
    int min_protocol;  /* TLS code point; DTLS follows */
    int max_protocol;  /* the same */
    int verify_peer;   /* enum stls_verify_peer */
    int verify_client; /* enum stls_verify_client */
    int check_host;    /* enum stls_check_host */
    int chain_rules;   /* enum stls_chain_rules */
    int unknown_host;  /* enum stls_unknown_host */
    int allow_psk;     /* enum stls_allow, like the next two */
    int allow_raw_public_key;
    int allow_dane;
    int host_sources; /* bits of enum stls_host_source */
    int trust_store;  /* enum stls_trust_store */
    int log;          /* enum stls_log */
    int log_format;   /* enum stls_log_format */
    int log_events;   /* bits of enum stls_log_events */
    int log_rate;     /* events of a kind and minute; 0: no limit */
    int security_level;
    int lock_environment; /* enum stls_lock_environment */
    struct stls_pins pins;
    struct stls_codes ciphersuites;
    struct stls_codes groups;
    struct stls_codes sigalgs;
    /* TLS 1.2, in OpenSSL's syntax; only OpenSSL can expand it. Several with '&' between them are
     * what merging makes: what is in all of them. */
    char cipher_string[STLS_TEXT_MAX];
    char trust_path[STLS_TEXT_MAX]; /* with STLS_TRUST_STORE_PATH */
    char log_path[STLS_TEXT_MAX];   /* with STLS_LOG_FILE */
};

/* How the value of a word is read. */
enum stls_word_kind {
    STLS_WORD_CHOICE,   /* one of choices */
    STLS_WORD_SET,      /* some of choices, separated by ':' or spaces */
    STLS_WORD_PROTOCOL, /* a TLS version */
    STLS_WORD_NUMBER,   /* 0 to 5 */
    STLS_WORD_COUNT,    /* 0 to 9999 */
    STLS_WORD_CODES,    /* code points of a registry, separated by ':' */
    STLS_WORD_CIPHERS,  /* OpenSSL cipher string */
    STLS_WORD_PATH,     /* one of choices, or a path */
    STLS_WORD_BASE,     /* the name of a shipped policy: replaces all words */
    STLS_WORD_PINS,     /* base64 of SHA-256 hashes, separated by ':' or spaces */
    STLS_WORD_TEXT,     /* for people; in a section only, no part of a policy */
    STLS_WORD_DATE,     /* 2027-06-30; the same */
};

/* Which of two values is the stricter, and so what merging makes of them. */
enum stls_word_order {
    STLS_ORDER_HIGHER, /* the greater number */
    STLS_ORDER_FEWER,  /* what is in both: bits, code points, ciphers, pins */
    STLS_ORDER_NONE,   /* neither; a floor's stands */
    STLS_ORDER_FREE,   /* it is not about strength; a floor's stands if somebody set it there */
};

/* Where in a policy file a word may stand; the environment has those with a variable. */
enum stls_word_place {
    STLS_PLACE_ANY,
    STLS_PLACE_POLICY,  /* section [policy] only */
    STLS_PLACE_SECTION, /* [app/...] and [host/...] only */
};

enum stls_word_role {
    STLS_ROLE_BOTH,
    STLS_ROLE_CLIENT,
    STLS_ROLE_SERVER, /* not in [host/...]: a server knows no host */
};

/* Without pointers, which would be relocated in every process, also where there is no TLS. */
struct stls_choice {
    char name[11];
    signed char value;
};

struct stls_word {
    uint16_t texts; /* where they begin: name, variable, initial value (none of a list), values */
    enum stls_word_kind kind : 8;
    enum stls_word_order order : 8;
    enum stls_word_place place : 8;
    enum stls_word_role role : 8;
    enum stls_registry registry : 8;
    uint8_t path_value;   /* PATH: what the int becomes */
    bool is_path_marked;  /* PATH: "file:" stands before it */
    uint16_t offset;      /* of the int or struct stls_codes in struct stls_policy */
    uint16_t text_offset; /* of the char[STLS_TEXT_MAX], for CIPHERS and PATH */
    uint16_t choices;
    uint16_t initial_codes;
};

const char *stls_word_name(const struct stls_word *word); /* in a policy file: MinProtocol */

/* In the environment: STRICTTLS_MIN_PROTOCOL; "": it is not there. */
const char *stls_word_variable(const struct stls_word *word);

const char *stls_word_values(const struct stls_word *word);  /* what may be written, for people */
const char *stls_word_meaning(const struct stls_word *word); /* one phrase, for people */
const char *stls_word_since(const struct stls_word *word);   /* the version that brought it */

/* Ended by an empty name; NULL where the word has none. */
const struct stls_choice *stls_word_choices(const struct stls_word *word);

/* Of a list, its code points in the policy intermediate, ended by 0; else NULL. */
const uint16_t *stls_word_initial_codes(const struct stls_word *word);

/* All words; the one with kind BASE comes first, since it replaces the others. */
const struct stls_word *stls_policy_words(size_t *ret_count);
const struct stls_word *stls_policy_find_variable(const char *variable, size_t length);
const struct stls_word *stls_policy_find_word(const char *name, size_t length);

/* The word whose value is the member of struct stls_policy at that offset. */
const struct stls_word *stls_policy_word_at(size_t offset);

/* The shipped policies: "intermediate", "strict", "audit". False if there is none of that name. */
bool stls_policy_shipped(struct stls_policy *policy, const char *name);

/* Reads value into the policy. On failure the policy is untouched, and error (size bytes) says what
 * was expected instead; it names neither word nor value. */
bool stls_policy_set(struct stls_policy *policy, const struct stls_word *word, const char *value,
                     char *error, size_t size);

enum {
    STLS_VALUE_MAX = 1100, /* bytes of any value as text, terminator included */
};

/* The value of a word as a policy file would say it; "" where there is none to say. */
void stls_policy_value(const struct stls_policy *policy, const struct stls_word *word,
                       char text[STLS_VALUE_MAX]);

/* The same of the policy intermediate; for BASE that is its own name. */
void stls_word_initial(const struct stls_word *word, char text[STLS_VALUE_MAX]);

/* True if a client's handshake depends on the server's certificate, whatever the program wants. */
static inline bool stls_policy_verifies_server(const struct stls_policy *policy)
{
    return policy->verify_peer != STLS_VERIFY_PEER_APP || policy->pins.is_set;
}

bool stls_pins_contain(const struct stls_pins *pins, const unsigned char hash[STLS_PIN_SIZE]);

/* Days since 1970-01-01 of "2027-06-30"; -1 if it is no date. */
long stls_policy_day(const char *text);

#endif
