/* policy_words.h - the one table of the words of a policy.
 *
 * Owns: the words: name in a policy file, name in the environment, values, default, which way is
 * stricter. The table is the only list of words: parser, merging, environment, command help,
 * README, reference and manual page come from it.
 */
#ifndef STLS_POLICY_WORDS_H
#define STLS_POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "registry.h"

enum {
    STLS_WORDS_MAX = 40,
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

/* In the policy intermediate: a list by its code points, ended by 0, else NULL; others as text. */
const uint16_t *stls_word_initial_codes(const struct stls_word *word);
const char *stls_word_initial_text(const struct stls_word *word);

/* False for a word that says something else than what holds. */
bool stls_word_has_value(const struct stls_word *word);

/* All words; the one with kind BASE comes first, since it replaces the others. */
const struct stls_word *stls_policy_words(size_t *ret_count);
const struct stls_word *stls_policy_find_variable(const char *variable, size_t length);
const struct stls_word *stls_policy_find_word(const char *name, size_t length);

/* The word whose value is the member of struct stls_policy at that offset. */
const struct stls_word *stls_policy_word_at(size_t offset);

#endif
