/* event.c - see event.h */
#include "event.h"

#include <stdio.h>
#include <string.h>

#include "banned.h"

struct line {
    char *text;
    size_t length;
};

/* Room is kept for the newline and the terminator; what does not fit is cut. */
static void append(struct line *line, const char *text)
{
    static const char hex[] = "0123456789abcdef";

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = c >= ' ' && c < 0x7f && c != '\\';

        if (line->length + (is_plain ? 1 : 4) > STLS_EVENT_MAX - 2)
            return;
        if (is_plain) {
            line->text[line->length++] = (char)c;
        } else {
            line->text[line->length++] = '\\';
            line->text[line->length++] = 'x';
            line->text[line->length++] = hex[c >> 4];
            line->text[line->length++] = hex[c & 15];
        }
    }
}

static void append_field(struct line *line, const char *before, const char *text, const char *after)
{
    if (text == NULL)
        return;
    append(line, before);
    append(line, text);
    append(line, after);
}

static const char *verdict_name(enum stls_verdict verdict)
{
    switch (verdict) {
    case STLS_VERDICT_REFUSED:
        return "refused";
    case STLS_VERDICT_WOULD_REFUSE:
        return "would refuse";
    case STLS_VERDICT_BROKEN_POLICY:
        return "refused all TLS";
    }
    return "";
}

size_t stls_event_text(const struct stls_event *event, char *text)
{
    struct line line = {.text = text, .length = 0};
    char pid[24];

    snprintf(pid, sizeof pid, "[%ld]", event->pid);
    append_field(&line, "stricttls: ", verdict_name(event->verdict), ": ");
    append_field(&line, "", event->program, pid);
    if (event->host != NULL || event->peer != NULL)
        append(&line, event->is_server ? ", client" : ", server");
    append_field(&line, " ", event->host, "");
    append_field(&line, " (", event->host_source, ")");
    append_field(&line, " at ", event->peer, "");
    append_field(&line, ": ", event->reason, "");
    append_field(&line, "; rule ", event->rule, "");
    append_field(&line, "; ", event->asked, "");
    append_field(&line, "; certificate names ", event->presented, "");
    if (event->is_uncertain)
        append(&line, "; the peer might have chosen otherwise");
    if (event->is_refused_anyway)
        append(&line, "; failed in any case");
    line.text[line.length++] = '\n';
    line.text[line.length] = '\0';
    return line.length;
}
