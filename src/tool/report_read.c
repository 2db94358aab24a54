/* report_read.c - stricttls report: what an event says, from a line of JSON. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <yajl/yajl_parse.h>

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
};

struct stls_report_reader {
    yajl_handle parser;
    int field; /* whose value comes next; STLS_REPORT_FIELDS: none that we keep */
    unsigned depth;
    unsigned long objects; /* ended */
    struct stls_report_event event;
};

static bool is_same(const char *name, const unsigned char *key, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = (char)key[i];

        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c != name[i] && !(c == '_' && name[i] == '.'))
            return false;
    }
    return true;
}

static int on_key(void *context, const unsigned char *key, size_t length)
{
    static size_t lengths[STLS_REPORT_FIELDS];
    struct stls_report_reader *reader = context;

    if (lengths[0] == 0)
        for (int i = 0; i < STLS_REPORT_FIELDS; i++)
            lengths[i] = strlen(names[i]);
    reader->field = STLS_REPORT_FIELDS;
    for (int i = 0; reader->depth == 1 && i < STLS_REPORT_FIELDS; i++)
        if (lengths[i] == length && is_same(names[i], key, length)) {
            reader->field = i;
            break;
        }
    return 1;
}

static int on_text(void *context, const unsigned char *text, size_t length)
{
    struct stls_report_reader *reader = context;
    struct stls_report_event *event = &reader->event;

    if (reader->field == STLS_REPORT_FIELDS || reader->depth != 1)
        return 1;
    if (length > STLS_REPORT_TEXT_MAX - 1)
        length = STLS_REPORT_TEXT_MAX - 1;
    memcpy(event->text[reader->field], text, length);
    event->text[reader->field][length] = '\0';
    event->length[reader->field] = length;
    return 1;
}

static int on_number(void *context, const char *text, size_t length)
{
    return on_text(context, (const unsigned char *)text, length);
}

static int on_boolean(void *context, int is_true)
{
    return is_true ? on_text(context, (const unsigned char *)"true", 4) : 1;
}

static int on_start(void *context)
{
    struct stls_report_reader *reader = context;

    reader->depth++;
    return 1;
}

static int on_end(void *context)
{
    struct stls_report_reader *reader = context;

    reader->objects += --reader->depth == 0;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_text,
    .yajl_start_map = on_start,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start,
    .yajl_end_array = on_end,
};

/* One parser reads line after line; after an error it is of no more use. */
static bool renew(struct stls_report_reader *reader)
{
    if (reader->parser != NULL)
        yajl_free(reader->parser);
    reader->parser = yajl_alloc(&callbacks, NULL, reader);
    /* What is printed of a text is made harmless there. */
    return reader->parser != NULL &&
           yajl_config(reader->parser, yajl_dont_validate_strings, 1) != 0 &&
           yajl_config(reader->parser, yajl_allow_multiple_values, 1) != 0;
}

struct stls_report_reader *stls_report_reader_new(void)
{
    struct stls_report_reader *reader = calloc(1, sizeof *reader);

    if (reader != NULL && renew(reader))
        return reader;
    stls_report_reader_free(reader);
    return NULL;
}

void stls_report_reader_free(struct stls_report_reader *reader)
{
    if (reader != NULL && reader->parser != NULL)
        yajl_free(reader->parser);
    free(reader);
}

/* True if the text is one object, and no more. */
static bool parse(struct stls_report_reader *reader, const char *text, size_t length)
{
    for (int i = 0; i < STLS_REPORT_FIELDS; i++) {
        reader->event.text[i][0] = '\0';
        reader->event.length[i] = 0;
    }
    reader->objects = 0;
    reader->depth = 0;
    if (reader->parser != NULL &&
        yajl_parse(reader->parser, (const unsigned char *)text, length) == yajl_status_ok &&
        reader->objects == 1 && reader->depth == 0)
        return true;
    renew(reader);
    return false;
}

static bool is_event(const struct stls_report_event *event)
{
    return strcmp(event->text[STLS_REPORT_EVENT_NAME], "stricttls.event") == 0 &&
           strtoul(event->text[STLS_REPORT_SCHEMA], NULL, 10) == STLS_EVENT_SCHEMA &&
           event->length[STLS_REPORT_VERDICT] > 0;
}

const struct stls_report_event *stls_report_read(struct stls_report_reader *reader,
                                                 const char *line, size_t length)
{
    static const char start[] = "{\"timestamp\":\"";
    const char *object = memchr(line, '{', length);
    const char *end = line + length;

    if (object == NULL)
        return NULL;
    if (parse(reader, object, (size_t)(end - object)))
        return is_event(&reader->event) ? &reader->event : NULL;
    /* A disk that was full leaves half a line, with the next one right behind it. */
    object = memmem(object + 1, (size_t)(end - object) - 1, start, sizeof start - 1);
    if (object != NULL && parse(reader, object, (size_t)(end - object)))
        return is_event(&reader->event) ? &reader->event : NULL;
    return NULL;
}
