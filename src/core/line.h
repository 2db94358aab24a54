/* line.h - text put together in a buffer that is never overrun, and fit for every sink.
 *
 * Owns: what a byte becomes that is not printable ASCII. Program names, host names and texts of
 * certificates are an attacker's to choose: a control character, a newline, a terminal escape or
 * broken UTF-8 leaves here as \xNN, and a backslash as \x5c, so that nothing can be taken for it.
 */
#ifndef STLS_LINE_H
#define STLS_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A set. */
enum stls_line_quoting {
    STLS_LINE_PLAIN = 0,
    STLS_LINE_JSON = 1 << 0,   /* inside of a JSON string */
    STLS_LINE_CLAUSE = 1 << 1, /* also a semicolon is \x3b: more than one clause can't be made */
    STLS_LINE_WORD = 1 << 2, /* also a space and a comma: one word of a header, a name of a list */
    STLS_LINE_QUOTED = 1 << 3, /* has been through here: its backslashes stay */
};

struct stls_line {
    char *text;  /* terminated */
    size_t size; /* terminator included */
    size_t length;
    bool is_cut; /* something did not fit and was left out */
};

struct stls_line stls_line_start(char *text, size_t size);

/* As it is: for text of our own. All of it or nothing. */
void stls_line_add(struct stls_line *line, const char *text);
void stls_line_add_number(struct stls_line *line, unsigned long long number);

/* Text of others, at most max bytes once quoted; what does not fit is cut, never within a \xNN. */
void stls_line_add_foreign(struct stls_line *line, const char *text, size_t max, unsigned quoting);

/* The same of bytes, NULs among them. */
void stls_line_add_bytes(struct stls_line *line, const void *bytes, size_t length, size_t max,
                         unsigned quoting);

/* "2026-11-24", of days since 1970. */
void stls_line_add_date(struct stls_line *line, unsigned days);

/* "2026-11-24T03:28:00.123456Z" */
void stls_line_add_time(struct stls_line *line, long long seconds, unsigned microseconds);

#endif
