/* event.c - see event.h */
#include "event.h"

#include <string.h>

#include "asked.h"
#include "line.h"

#include "banned.h"

/* Bytes of a value, once quoted. Their sum leaves room for the names in a line of JSON. */
enum {
    PROGRAM_MAX = 128,
    PATH_MAX_TOLD = 320,
    HOST_MAX = 256,
    OTHERS_MAX = 192,
    PEER_MAX = 48,
    REASON_MAX = 384,
    RULE_MAX = 96,
    PRESENTED_MAX = 384,
    WORD_MAX = 64,
};

/* The verdicts' names, and how urgent each is, by syslog's numbers. */
static const struct {
    char text[16];  /* for people */
    char token[16]; /* for machines */
    char severity;
} verdicts[] = {
    [STLS_VERDICT_REFUSED] = {"refused", "refused", '4'},
    [STLS_VERDICT_WOULD_REFUSE] = {"would refuse", "would-refuse", '4'},
    [STLS_VERDICT_BROKEN_POLICY] = {"refused all TLS", "broken-policy", '3'},
    [STLS_VERDICT_ADJUSTED] = {"adjusted", "adjusted", '5'},
    [STLS_VERDICT_ACCEPTED] = {"accepted", "accepted", '6'},
    [STLS_VERDICT_POLICY] = {"policy", "policy", '5'},
};

/* -- for people */

static void add_quoted(struct stls_line *line, const char *before, const char *text, size_t max,
                       unsigned quoting)
{
    if (text == NULL || *text == '\0')
        return;
    stls_line_add(line, before);
    stls_line_add_foreign(line, text, max, quoting);
}

static void add(struct stls_line *line, const char *before, const char *text, size_t max)
{
    add_quoted(line, before, text, max, STLS_LINE_CLAUSE);
}

/* Of others: nothing in it can be taken for what comes after a name. */
static void add_name(struct stls_line *line, const char *before, const char *text, size_t max)
{
    add_quoted(line, before, text, max, STLS_LINE_WORD);
}

static void add_count(struct stls_line *line, const char *before, unsigned long long count,
                      const char *after)
{
    if (count == 0)
        return;
    stls_line_add(line, before);
    stls_line_add_number(line, count);
    stls_line_add(line, after);
}

static void add_peer(struct stls_line *line, const struct stls_event *event)
{
    bool is_v6 = event->peer != NULL && strchr(event->peer, ':') != NULL;

    if (event->host != NULL || event->peer != NULL)
        stls_line_add(line, event->is_server ? ", client" : ", server");
    add_name(line, " ", event->host, HOST_MAX);
    add(line, " or ", event->other_hosts, OTHERS_MAX);
    add(line, " (", event->host_source, WORD_MAX);
    stls_line_add(line, event->host_source != NULL ? ")" : "");
    add_name(line, is_v6 ? " at [" : " at ", event->peer, PEER_MAX);
    add_count(line, is_v6 ? "]:" : ":", event->peer_port, "");
}

static void add_asked(struct stls_line *line, const struct stls_event *event)
{
    static const char first[] = "; program asked for ";
    const char *before = first;
    const char *last = "";

    if (event->is_verifying) {
        stls_line_add(line, "; program asked for verification");
        before = ", ";
    }
    for (uint32_t set = event->asked; set != 0; set &= set - 1) {
        struct stls_asked_word word = stls_asked_word(set);

        if (strcmp(last, word.phrase) != 0)
            add(line, before, word.phrase, WORD_MAX);
        if ((set & -set) == STLS_ASKED_FORGIVENESS)
            add_count(line, " of error ", (unsigned)event->forgiven, "");
        if (word.call[0] != '\0') {
            add(line, " (", word.call, WORD_MAX);
            stls_line_add(line, ")");
        }
        last = word.phrase;
        before = ", ";
    }
}

size_t stls_event_text(const struct stls_event *event, char *text)
{
    struct stls_line line = stls_line_start(text, STLS_EVENT_MAX - 1); /* the newline */

    stls_line_add(&line, "stricttls: ");
    stls_line_add(&line, verdicts[event->verdict].text);
    add_name(&line, ": ", event->program, PROGRAM_MAX);
    add_count(&line, "[", event->pid, "]");
    add_peer(&line, event);
    add(&line, ": ", event->reason, REASON_MAX);
    add(&line, "; rule ", event->rule, RULE_MAX);
    add_asked(&line, event);
    add_quoted(&line, "; certificate names ", event->presented, PRESENTED_MAX, STLS_LINE_QUOTED);
    add(&line, "; ", event->protocol, WORD_MAX);
    add(&line, " ", event->cipher, WORD_MAX);
    if (event->is_uncertain)
        stls_line_add(&line, "; the peer might have chosen otherwise");
    if (event->is_refused_anyway)
        stls_line_add(&line, "; failed in any case");
    add_count(&line, "; ", event->held_back, " more of this kind not told");
    add_count(&line, "; ", event->lost, " events lost");
    line.size++;
    stls_line_add(&line, "\n");
    return line.length;
}

/* -- for machines */

/* Fields of one or the other kind. */
struct writer {
    struct stls_line line;
    bool is_journal;
    unsigned quoting;
};

/* Journald's names have upper case letters, digits and underscores. */
static void start_field(struct writer *writer, const char *name)
{
    char upper[40];
    size_t i;

    if (!writer->is_journal) {
        stls_line_add(&writer->line, writer->line.length > 1 ? ",\"" : "\"");
        stls_line_add(&writer->line, name);
        stls_line_add(&writer->line, "\":");
        return;
    }
    for (i = 0; i < sizeof upper - 1 && *name != '\0'; i++, name++)
        upper[i] = *name == '.'                   ? '_'
                   : *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A')
                                                  : *name;
    upper[i] = '\0';
    stls_line_add(&writer->line, upper);
    stls_line_add(&writer->line, "=");
}

/* A field that does not fit is left out whole. */
static void end_field(struct writer *writer, size_t start)
{
    struct stls_line *line = &writer->line;

    if (writer->is_journal)
        stls_line_add(line, "\n");
    if (line->is_cut) {
        line->length = start;
        line->text[start] = '\0';
        line->is_cut = false;
    }
}

static void put_text(struct writer *writer, const char *name, const char *text, size_t max)
{
    size_t start = writer->line.length;

    if (text == NULL || *text == '\0')
        return;
    start_field(writer, name);
    if (!writer->is_journal)
        stls_line_add(&writer->line, "\"");
    stls_line_add_foreign(&writer->line, text, max, writer->quoting);
    if (!writer->is_journal)
        stls_line_add(&writer->line, "\"");
    end_field(writer, start);
}

static void put_number(struct writer *writer, const char *name, unsigned long long number)
{
    size_t start = writer->line.length;

    if (number == 0)
        return;
    start_field(writer, name);
    stls_line_add_number(&writer->line, number);
    end_field(writer, start);
}

static void put_flag(struct writer *writer, const char *name, bool is_true)
{
    size_t start = writer->line.length;

    start_field(writer, name);
    stls_line_add(&writer->line, is_true ? "true" : "false");
    end_field(writer, start);
}

static void put_time(struct writer *writer, const struct stls_event *event)
{
    size_t start = writer->line.length;

    start_field(writer, "timestamp");
    stls_line_add(&writer->line, writer->is_journal ? "" : "\"");
    stls_line_add_time(&writer->line, event->seconds, event->microseconds);
    stls_line_add(&writer->line, writer->is_journal ? "" : "\"");
    end_field(writer, start);
}

/* Several values of one name: an array, or in the journal the field as often. */
static void put_list(struct writer *writer, const char *name, uint32_t set, bool is_call)
{
    const char *last = "", *text;
    size_t start = writer->line.length;
    bool is_first = true;

    for (; set != 0; set &= set - 1) {
        text = is_call ? stls_asked_word(set).call : stls_asked_word(set).token;
        if (*text == '\0' || strcmp(text, last) == 0)
            continue;
        last = text;
        if (writer->is_journal) {
            put_text(writer, name, text, WORD_MAX);
            continue;
        }
        if (is_first)
            start_field(writer, name);
        stls_line_add(&writer->line, is_first ? "[\"" : ",\"");
        stls_line_add(&writer->line, text);
        stls_line_add(&writer->line, "\"");
        is_first = false;
    }
    if (!is_first) {
        stls_line_add(&writer->line, "]");
        end_field(writer, start);
    }
}

/* As OpenSSL says it: "TLSv1.2", "DTLSv1", "SSLv3", "QUICv1". */
static void put_protocol(struct writer *writer, const char *protocol)
{
    const char *version = protocol != NULL ? strrchr(protocol, 'v') : NULL;
    bool is_tls = protocol != NULL && (protocol[0] == 'T' || protocol[0] == 'D');

    if (version == NULL)
        return;
    version = is_tls && strcmp(version, "v1") == 0 ? "1.0" : version + 1;
    put_text(writer, "tls.protocol.name",
             protocol[0] == 'T'   ? "tls"
             : protocol[0] == 'D' ? "dtls"
             : protocol[0] == 'Q' ? "quic"
                                  : "ssl",
             WORD_MAX);
    put_text(writer, "tls.protocol.version", version, WORD_MAX);
}

static void put_peer(struct writer *writer, const struct stls_event *event)
{
    const char *address = event->host != NULL && !event->is_server ? event->host : event->peer;

    put_text(writer, "stricttls.role", event->is_server ? "server" : "client", WORD_MAX);
    put_text(writer, event->is_server ? "client.address" : "server.address", address, HOST_MAX);
    put_number(writer, event->is_server ? "client.port" : "server.port", event->peer_port);
    put_text(writer, "stricttls.host.source", event->host_source, WORD_MAX);
    put_text(writer, "stricttls.host.others", event->other_hosts, OTHERS_MAX);
    put_text(writer, "tls.client.server_name", event->server_name, HOST_MAX);
    put_text(writer, "network.peer.address", event->peer, PEER_MAX);
    put_number(writer, "network.peer.port", event->peer_port);
}

static void put_handshake(struct writer *writer, const struct stls_event *event)
{
    bool is_done =
        event->verdict == STLS_VERDICT_ADJUSTED || event->verdict == STLS_VERDICT_ACCEPTED;

    if (is_done || event->verdict == STLS_VERDICT_REFUSED)
        put_flag(writer, "tls.established", is_done);
    put_protocol(writer, event->protocol);
    put_text(writer, "tls.cipher", event->cipher, WORD_MAX);
    put_text(writer, "stricttls.cipher", event->cipher_name, WORD_MAX);
    if (event->is_resumed)
        put_flag(writer, "tls.resumed", true);
    put_text(writer, event->is_server ? "tls.client.hash.sha256" : "tls.server.hash.sha256",
             event->sha256, WORD_MAX);
    writer->quoting |= STLS_LINE_QUOTED;
    put_text(writer, "stricttls.presented", event->presented, PRESENTED_MAX);
    writer->quoting &= ~(unsigned)STLS_LINE_QUOTED;
    if (event->is_verifying || (event->asked & STLS_ASKED_NO_VERIFICATION) != 0)
        put_flag(writer, "stricttls.asked.verification", event->is_verifying);
    put_list(writer, "stricttls.asked.less", event->asked, false);
    put_list(writer, "stricttls.asked.calls", event->asked, true);
    if ((event->asked & STLS_ASKED_FORGIVENESS) != 0)
        put_number(writer, "stricttls.asked.forgiven", (unsigned)event->forgiven);
    if (event->is_uncertain)
        put_flag(writer, "stricttls.uncertain", true);
    if (event->is_refused_anyway)
        put_flag(writer, "stricttls.refused_anyway", true);
}

static void put_fields(struct writer *writer, const struct stls_event *event)
{
    put_time(writer, event);
    put_text(writer, "event.name", "stricttls.event", WORD_MAX);
    put_number(writer, "stricttls.schema", STLS_EVENT_SCHEMA);
    put_text(writer, "stricttls.verdict", verdicts[event->verdict].token, WORD_MAX);
    put_text(writer, "stricttls.mode", event->is_audit ? "audit" : "enforce", WORD_MAX);
    put_text(writer, "stricttls.reason", event->reason, REASON_MAX);
    put_text(writer, "stricttls.rule", event->rule, RULE_MAX);
    put_text(writer, "process.executable.name", event->program, PROGRAM_MAX);
    put_text(writer, "process.executable.path", event->executable, PATH_MAX_TOLD);
    put_number(writer, "process.pid", event->pid);
    put_number(writer, "stricttls.held_back", event->held_back);
    put_number(writer, "stricttls.lost", event->lost);
    if (event->verdict == STLS_VERDICT_BROKEN_POLICY || event->verdict == STLS_VERDICT_POLICY)
        return; /* they are about no handshake */
    put_peer(writer, event);
    put_handshake(writer, event);
}

size_t stls_event_json(const struct stls_event *event, char *line)
{
    struct writer writer = {.line = stls_line_start(line, STLS_EVENT_MAX - 2),
                            .quoting = STLS_LINE_JSON};

    stls_line_add(&writer.line, "{");
    put_fields(&writer, event);
    writer.line.size += 2;
    stls_line_add(&writer.line, "}\n");
    return writer.line.length;
}

size_t stls_event_journal(const struct stls_event *event, char *fields)
{
    struct writer writer = {.line = stls_line_start(fields, STLS_EVENT_MAX), .is_journal = true};
    char severity[] = {verdicts[event->verdict].severity, '\0'};

    put_text(&writer, "PRIORITY", severity, WORD_MAX);
    put_text(&writer, "SYSLOG_IDENTIFIER", "stricttls", WORD_MAX);
    put_text(&writer, "SYSLOG_FACILITY", "10", WORD_MAX); /* authpriv */
    put_fields(&writer, event);
    return writer.line.length;
}

size_t stls_event_syslog_header(const struct stls_event *event, const char *host, char *header)
{
    struct stls_line line = stls_line_start(header, STLS_EVENT_HEADER_MAX);

    stls_line_add(&line, "<");
    stls_line_add_number(&line, (10 << 3) + (unsigned)(verdicts[event->verdict].severity - '0'));
    stls_line_add(&line, ">1 ");
    stls_line_add_time(&line, event->seconds, event->microseconds);
    stls_line_add(&line, " ");
    stls_line_add_foreign(&line, *host != '\0' ? host : "-", HOST_MAX - 1, STLS_LINE_WORD);
    stls_line_add(&line, " stricttls ");
    stls_line_add_number(&line, event->pid);
    stls_line_add(&line, " ");
    stls_line_add(&line, verdicts[event->verdict].token);
    stls_line_add(&line, " - "); /* no structured data */
    return line.length;
}
