/* report.h - the parts of stricttls report.
 *
 * Owns: what it keeps of an event, and the table of counts. What it reads may come from anybody who
 * can write to a log: nothing of it is printed without escaping, and memory has a bound.
 */
#ifndef STLS_TOOL_REPORT_H
#define STLS_TOOL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    STLS_REPORT_TEXT_MAX = 400,       /* bytes of a text, terminator included; the rest is cut */
    STLS_REPORT_LINE_MAX = 64 * 1024, /* a longer line is no event */
    STLS_REPORT_CELLS_MAX = 1 << 16,
};

/* -- one event */

enum stls_report_field {
    STLS_REPORT_TIMESTAMP,
    STLS_REPORT_EVENT_NAME,
    STLS_REPORT_SCHEMA,
    STLS_REPORT_VERDICT,
    STLS_REPORT_REASON,
    STLS_REPORT_RULE,
    STLS_REPORT_PROGRAM,
    STLS_REPORT_SERVER,
    STLS_REPORT_PROTOCOL,
    STLS_REPORT_CIPHER,
    STLS_REPORT_UNCERTAIN,
    STLS_REPORT_REFUSED_ANYWAY,
    STLS_REPORT_HELD_BACK,
    STLS_REPORT_LOST,
    STLS_REPORT_MESSAGE, /* of the journal; not cut */
    STLS_REPORT_FIELDS,
};

/* Empty where the event has none. */
struct stls_report_event {
    char *text[STLS_REPORT_FIELDS];
    size_t length[STLS_REPORT_FIELDS];
};

struct stls_report_reader;

struct stls_report_reader *stls_report_reader_new(void);
void stls_report_reader_free(struct stls_report_reader *reader);

/* The event of a line: an object as the library writes it, behind whatever a syslog daemon put
 * before it, or as journalctl prints it. NULL if there is none. Its texts are in the line, which is
 * written to. */
const struct stls_report_event *stls_report_read(struct stls_report_reader *reader, char *line,
                                                 size_t length);

/* -- counts */

enum stls_report_by {
    STLS_REPORT_BY_PROGRAM,
    STLS_REPORT_BY_HOST,
    STLS_REPORT_BY_REASON,
    STLS_REPORT_BY_END,
};

/* Everything alike. Texts live as long as the counts. */
struct stls_report_cell {
    const char *key[STLS_REPORT_BY_END]; /* program; host, empty for a server; reason */
    const char *rule;
    const char *protocol, *cipher; /* of the last one */
    char first[32], last[32];      /* timestamps */
    unsigned long long count;      /* that would break, or did */
    unsigned long long uncertain;  /* of them */
};

struct stls_report_counts {
    struct stls_report_cell *cells;
    size_t count;
    unsigned long long events, breaking, broken_policies, adjusted, accepted, refused_anyway;
    unsigned long long held_back, lost;
    unsigned long long beyond;     /* breaking, but the table was full */
    unsigned long long not_events; /* lines */
    unsigned long long for_people; /* lines: events in text */
    unsigned long long too_old;    /* before --since */
    struct stls_report_table *table;
};

bool stls_report_counts_init(struct stls_report_counts *counts);
void stls_report_counts_free(struct stls_report_counts *counts);

/* since: a timestamp as in an event, or empty. */
void stls_report_count(struct stls_report_counts *counts, const struct stls_report_event *event,
                       const char *since);

/* -- output */

enum {
    STLS_REPORT_DETAILS_MAX = 10, /* lines of a group */
    STLS_REPORT_EXCEPTION_MAX = 16384,
};

/* Consecutive cells with one key, the most frequent groups and cells first. */
struct stls_report_group {
    struct stls_report_cell *cells;
    size_t count;
    unsigned long long total;
};

/* A printable text without line breaks, also of an event that somebody made up. */
const char *stls_report_clean(const char *text, char cleaned[STLS_REPORT_TEXT_MAX]);

/* Whole sections to paste, or remarks why there is none. */
void stls_report_exception(const struct stls_report_group *group, enum stls_report_by by,
                           char text[STLS_REPORT_EXCEPTION_MAX]);

/* Cells are sorted. False if nothing could be written. */
bool stls_report_print(struct stls_report_counts *counts, enum stls_report_by by, bool is_json,
                       FILE *out);

#endif
