/* policy_file.h - a policy file, read and checked.
 *
 * Owns: its sections and settings in the caller's memory, and every rule about what may stand
 * where. Plain C: values come from a parser that the caller brings (OpenSSL's NCONF).
 */
#ifndef STLS_POLICY_FILE_H
#define STLS_POLICY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"
#include "policy_words.h"

struct stls_policy_setting {
    const struct stls_word *word;
    const char *value;
    unsigned line;
};

enum stls_section_kind {
    STLS_SECTION_POLICY,
    STLS_SECTION_APP,
    STLS_SECTION_HOST,
};

struct stls_policy_section {
    enum stls_section_kind kind;
    const char *name;    /* "app/curl" */
    const char *pattern; /* "curl", in its one form; "" is none, and NULL not even a section */
    const char *reason;  /* NULL without one */
    long expires;        /* the last day on which it applies; -1: no end */
    bool is_told;        /* the caller's: an event has said that it expired */
    unsigned line;
    size_t first, count; /* of its settings, Reason and Expires included */
};

struct stls_policy_file {
    const char *path;
    struct stls_policy_section *sections;
    size_t section_count;
    struct stls_policy_setting *settings; /* of a section Policy first, then as they stand */
    size_t setting_count;
    size_t host_count; /* sections that are about hosts */
};

enum {
    STLS_SECTIONS_MAX = 1024, /* of a file */
};

/* OpenSSL's parser. */
struct stls_policy_parser {
    /* False with the line that it does not understand. */
    bool (*load)(void *arg, const char *text, size_t length, long *ret_line);
    /* After load; NULL if there is no such name. */
    const char *(*value)(void *arg, const char *section, const char *name);
    void *arg;
};

/* Called for everything that is wrong with a file. word: "" where it is about none. */
typedef void stls_policy_problem(void *arg, unsigned line, const char *word, const char *expected);

/* How much memory a text of that length needs at most. */
size_t stls_policy_file_size(const char *text, size_t length);

/* Reads text, which is changed, into memory of that size (aligned for any type), which must outlive
 * the file. False if something is wrong with it; then problem was called for all that is. */
bool stls_policy_file_read(struct stls_policy_file *file, const char *path, char *text,
                           size_t length, void *memory, const struct stls_policy_parser *parser,
                           stls_policy_problem *problem, void *arg);

/* NULL, or what is expected of a file instead, by its mode and owner as stat(2) tells them. reader:
 * who reads it. system: whose /usr is, which is root but where a user namespace has no root. */
const char *stls_policy_file_owner_fault(unsigned mode, unsigned owner, unsigned reader,
                                         unsigned system);

/* True if a section may make weaker what other sections say. */
bool stls_policy_section_is_exception(const struct stls_policy_section *section);

/* The policy of section [policy], with intermediate below it. */
void stls_policy_file_base(const struct stls_policy_file *file, struct stls_policy *ret);

/* As the system's file (or NULL) it lets the environment count for nothing, be it right or wrong.
 */
bool stls_policy_file_locks(const struct stls_policy_file *file);

#endif
