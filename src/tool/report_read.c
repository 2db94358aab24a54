/* report_read.c - stricttls report: what an event says, from a line of JSON.
 *
 * A scanner of one object and no more: millions of lines are read, and of each no more than a few
 * values are kept. What is printed of a text is made harmless there.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#include "../core/event.h"

#include "../core/banned.h"

/* Names as they are written; in the journal upper case, with '_' for '.'. */
static const char *const names[STLS_REPORT_FIELDS] = {
    [STLS_REPORT_TIMESTAMP] = "timestamp",
    [STLS_REPORT_EVENT_NAME] = "event.name",
    [STLS_REPORT_SCHEMA] = "stricttls.schema",
    [STLS_REPORT_VERDICT] = "stricttls.verdict",
    [STLS_REPORT_REASON] = "stricttls.reason",
    [STLS_REPORT_RULE] = "stricttls.rule",
    [STLS_REPORT_PROGRAM] = "process.executable.name",
    [STLS_REPORT_SERVER] = "server.address",
    [STLS_REPORT_PROTOCOL] = "tls.protocol.version",
    [STLS_REPORT_CIPHER] = "stricttls.cipher",
    [STLS_REPORT_UNCERTAIN] = "stricttls.uncertain",
    [STLS_REPORT_REFUSED_ANYWAY] = "stricttls.refused_anyway",
    [STLS_REPORT_HELD_BACK] = "stricttls.held_back",
    [STLS_REPORT_LOST] = "stricttls.lost",
    [STLS_REPORT_MESSAGE] = "message",
};

enum {
    NAME_MAX_LENGTH = 31,
};

_Static_assert(STLS_REPORT_FIELDS <= 16, "a bit for each");

struct slice {
    char *text;
    size_t length;
};

struct stls_report_reader {
    char *at, *end;                          /* what is left of the line */
    uint16_t of_length[NAME_MAX_LENGTH + 1]; /* fields whose names are so long, as bits */
    struct stls_report_event event;
};

struct stls_report_reader *stls_report_reader_new(void)
{
    struct stls_report_reader *reader = calloc(1, sizeof *reader);

    for (int i = 0; reader != NULL && i < STLS_REPORT_FIELDS; i++)
        reader->of_length[strlen(names[i])] |= (uint16_t)(1 << i);
    return reader;
}

void stls_report_reader_free(struct stls_report_reader *reader)
{
    free(reader);
}

/* What comes next behind blanks; 0 at the end. */
static char next(struct stls_report_reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool take(struct stls_report_reader *reader, char c)
{
    bool is_next = next(reader) == c && c != '\0';

    reader->at += is_next;
    return is_next;
}

/* What is between the quotes, escapes as they are. */
static bool take_string(struct stls_report_reader *reader, struct slice *ret)
{
    char *start, *quote;
    size_t backslashes;

    if (!take(reader, '"'))
        return false;
    start = reader->at;
    do {
        quote = memchr(reader->at, '"', (size_t)(reader->end - reader->at));
        if (quote == NULL)
            return false;
        for (backslashes = 0; quote[-1 - (ptrdiff_t)backslashes] == '\\'; backslashes++)
            ;
        reader->at = quote + 1;
    } while (backslashes % 2 == 1);
    *ret = (struct slice){start, (size_t)(quote - start)};
    return true;
}

/* A number, or what is true or not. */
static bool take_bare(struct stls_report_reader *reader, struct slice *ret)
{
    char c = next(reader);
    char *start = reader->at;

    while ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E')
        c = ++reader->at < reader->end ? *reader->at : '\0';
    *ret = (struct slice){start, (size_t)(reader->at - start)};
    return ret->length > 0;
}

/* Lists and objects within ours: nothing of them is kept. */
static bool skip_nested(struct stls_report_reader *reader)
{
    struct slice ignored;
    size_t depth = 0;

    do {
        char c = next(reader);
        bool is_mark = c != '\0' && strchr("[{]},:", c) != NULL;

        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        reader->at += is_mark;
        if (!is_mark && !take_string(reader, &ignored) && !take_bare(reader, &ignored))
            return false;
    } while (depth > 0);
    return true;
}

static char unescape(char c)
{
    return c == '"' || c == '\\' || c == '/' ? c : c == 'n' || c == 't' || c == 'r' ? ' ' : '?';
}

/* Makes a string of each value, in the line. The library's own escapes are of quotes and
 * backslashes; others are shown as what can't be printed. */
static void end_texts(struct stls_report_event *event)
{
    for (int i = 0; i < STLS_REPORT_FIELDS; i++) {
        char *text = event->text[i], *to;

        if (event->length[i] == 0)
            continue;
        text[event->length[i]] = '\0';
        to = strchr(text, '\\');
        for (const char *from = to; from != NULL && *from != '\0'; from++)
            *to++ = *from == '\\' && from[1] != '\0' ? unescape(*++from) : *from;
        if (to == NULL)
            to = text + event->length[i];
        if (to - text >= STLS_REPORT_TEXT_MAX && i != STLS_REPORT_MESSAGE)
            to = text + STLS_REPORT_TEXT_MAX - 1;
        *to = '\0';
        event->length[i] = (size_t)(to - text);
    }
}

static bool is_same_in_journal(const char *name, const char *key, size_t length)
{
    while (length-- > 0) { /* they begin alike */
        char c = key[length];

        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c != name[length] && !(c == '_' && name[length] == '.'))
            return false;
    }
    return true;
}

static int find_field(const struct stls_report_reader *reader, struct slice key)
{
    unsigned fields = key.length <= NAME_MAX_LENGTH ? reader->of_length[key.length] : 0;

    for (; fields != 0; fields &= fields - 1) {
        int field = __builtin_ctz(fields);

        if (memcmp(names[field], key.text, key.length) == 0 ||
            is_same_in_journal(names[field], key.text, key.length))
            return field;
    }
    return STLS_REPORT_FIELDS;
}

static bool take_pair(struct stls_report_reader *reader)
{
    struct slice key, value;
    int field;

    if (!take_string(reader, &key) || !take(reader, ':'))
        return false;
    field = find_field(reader, key);
    if (next(reader) == '[' || next(reader) == '{')
        return skip_nested(reader);
    if (!take_string(reader, &value) && !take_bare(reader, &value))
        return false;
    if (field < STLS_REPORT_FIELDS && (value.length != 5 || memcmp(value.text, "false", 5) != 0)) {
        reader->event.text[field] = value.text;
        reader->event.length[field] = value.length;
    }
    return true;
}

/* True if the text is one object, and no more. */
static bool parse(struct stls_report_reader *reader, char *text, char *end)
{
    static char nothing[] = "";

    for (int i = 0; i < STLS_REPORT_FIELDS; i++) {
        reader->event.text[i] = nothing;
        reader->event.length[i] = 0;
    }
    reader->at = text;
    reader->end = end;
    if (!take(reader, '{'))
        return false;
    do
        if (!take_pair(reader))
            return false;
    while (take(reader, ','));
    if (!take(reader, '}'))
        return false;
    (void)take(reader, '\r');
    if (next(reader) != '\0' || reader->at != reader->end)
        return false;
    end_texts(&reader->event);
    return true;
}

static bool is_event(const struct stls_report_event *event)
{
    return strcmp(event->text[STLS_REPORT_EVENT_NAME], "stricttls.event") == 0 &&
           strtoul(event->text[STLS_REPORT_SCHEMA], NULL, 10) == STLS_EVENT_SCHEMA &&
           event->length[STLS_REPORT_VERDICT] > 0;
}

/* A disk that was full leaves half a line, with the next one right behind it: the last is whole. No
 * string can have such a start in it. */
static char *last_start(char *line, const char *end)
{
    static const char start[] = "{\"timestamp\":\"";
    char *last = NULL;

    while ((line = memmem(line, (size_t)(end - line), start, sizeof start - 1)) != NULL)
        last = line++;
    return last;
}

const struct stls_report_event *stls_report_read(struct stls_report_reader *reader, char *line,
                                                 size_t length)
{
    char *end = line + length;
    char *object = memchr(line, '{', length);

    if (object == NULL)
        return NULL;
    if (!parse(reader, object, end)) {
        object = last_start(object + 1, end);
        if (object == NULL || !parse(reader, object, end))
            return NULL;
    }
    if (is_event(&reader->event))
        return &reader->event;
    /* What journald got as syslogd, the header of RFC 5424 before it. */
    end = reader->event.text[STLS_REPORT_MESSAGE] + reader->event.length[STLS_REPORT_MESSAGE];
    object = strchr(reader->event.text[STLS_REPORT_MESSAGE], '{');
    return object != NULL && parse(reader, object, end) && is_event(&reader->event) ? &reader->event
                                                                                    : NULL;
}
