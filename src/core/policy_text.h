/* policy_text.h - the lines of a policy file, before OpenSSL's parser reads their values.
 *
 * Owns: what that parser does not tell or must not do: line numbers, sections, and the refusal of
 * everything by which it would look beyond the file ('$', .include, .pragma). Sections are
 * renumbered for it, since it allows no ':' in their names. Plain C, in the caller's buffer.
 */
#ifndef STLS_POLICY_TEXT_H
#define STLS_POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum stls_text_kind {
    STLS_TEXT_END,
    STLS_TEXT_SECTION, /* name: what stands between the brackets */
    STLS_TEXT_WORD,    /* name: what stands before the '=' */
    STLS_TEXT_FAULT,   /* what: why the line is none */
};

struct stls_text_item {
    enum stls_text_kind kind;
    unsigned line; /* counted from 1 */
    char *name;    /* in the buffer, not terminated; of a fault, the word at fault or nothing */
    size_t length;
    const char *what;
    char *start, *end; /* of the whole line */
};

/* Set text and length; the rest is 0. */
struct stls_text_scan {
    char *text;
    size_t length, at;
    unsigned line;
};

void stls_policy_text_next(struct stls_text_scan *scan, struct stls_text_item *ret);

/* Takes the line out, so that the parser does not see it: for what is at fault. */
void stls_policy_text_blank(const struct stls_text_item *item);

enum {
    STLS_SECTION_NAME_MAX = 24,
};

/* The name under which the parser is to know the section with that number. */
void stls_policy_text_section(unsigned number, char name[STLS_SECTION_NAME_MAX]);

/* Writes it in place of the section's own. False if there is no room: too many sections. */
bool stls_policy_text_renumber(const struct stls_text_item *section, unsigned number);

#endif
