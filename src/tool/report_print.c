/* report_print.c - stricttls report: groups of what would break, and the exception for each. */
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "report.h"

#include "../core/policy.h"

#include "../core/banned.h"

enum {
    DETAILS_MAX = 10, /* lines of a group */
    EXCEPTION_MAX = 8192,
};

/* Consecutive cells with one key, the most frequent groups and cells first. */
struct group {
    struct stls_report_cell *cells;
    size_t count;
    unsigned long long total;
};

static const char *const by_names[STLS_REPORT_BY_END] = {"program", "host", "reason"};
static enum stls_report_by sorted_by; /* for qsort */

static int compare_cells(const void *a, const void *b)
{
    const struct stls_report_cell *left = a, *right = b;
    int order = strcmp(left->key[sorted_by], right->key[sorted_by]);

    if (order != 0)
        return order;
    return left->count < right->count ? 1 : left->count > right->count ? -1 : 0;
}

static int compare_groups(const void *a, const void *b)
{
    const struct group *left = a, *right = b;

    if (left->total != right->total)
        return left->total < right->total ? 1 : -1;
    return strcmp(left->cells->key[sorted_by], right->cells->key[sorted_by]);
}

static struct group *make_groups(struct stls_report_counts *counts, enum stls_report_by by,
                                 size_t *ret_count)
{
    struct group *groups = calloc(counts->count + 1, sizeof *groups);
    size_t count = 0;

    sorted_by = by;
    qsort(counts->cells, counts->count, sizeof *counts->cells, compare_cells);
    for (size_t i = 0; groups != NULL && i < counts->count; i++) {
        struct stls_report_cell *cell = &counts->cells[i];

        if (i == 0 || strcmp(cell->key[by], cell[-1].key[by]) != 0)
            groups[count++].cells = cell;
        groups[count - 1].count++;
        groups[count - 1].total += cell->count;
    }
    if (groups != NULL)
        qsort(groups, count, sizeof *groups, compare_groups);
    *ret_count = count;
    return groups;
}

/* -- the exception */

/* What a section's name may be made of; another one would be read as something else. */
static bool is_section_name(const char *name)
{
    return *name != '\0' && strlen(name) < 256 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+:-") ==
               strlen(name);
}

/* What a section has to say: each word once, whatever asked for it. */
struct loosened {
    const char *protocol; /* the lowest; NULL: MinProtocol stays */
    char ciphers[STLS_TEXT_MAX], ciphersuites[STLS_TEXT_MAX]; /* "": they stay */
};

/* OpenSSL calls them weak for what they are, not for how long they are. */
static bool is_no_protection(const char *cipher)
{
    return strstr(cipher, "NULL") != NULL || strncmp(cipher, "ADH-", 4) == 0 ||
           strncmp(cipher, "AECDH-", 6) == 0 || strncmp(cipher, "EXP", 3) == 0;
}

static const char *older_protocol(const char *protocol)
{
    return strcmp(protocol, "1.0") == 0 ? "TLSv1" : strcmp(protocol, "1.1") == 0 ? "TLSv1.1" : NULL;
}

/* Adds a cipher to what the policy has, once; false where it does not fit. */
static bool add_cipher(char list[STLS_TEXT_MAX], const char *word, const char *cipher)
{
    const char *found = list;
    size_t used;

    if (list[0] == '\0')
        snprintf(list, STLS_TEXT_MAX, "%s",
                 stls_word_initial(stls_policy_find_word(word, strlen(word))));
    while ((found = strstr(found, cipher)) != NULL) {
        char after = found[strlen(cipher)];

        if ((found == list || found[-1] == ':') && (after == ':' || after == '\0'))
            return true;
        found++;
    }
    used = strlen(list);
    return used + strlen(cipher) + 2 < STLS_TEXT_MAX &&
           snprintf(list + used, STLS_TEXT_MAX - used, ":%s", cipher) > 0;
}

/* What lets pass the cell: a line, or nothing where it is among what was loosened. False where only
 * a person can tell. */
static bool loosen(const struct stls_report_cell *cell, struct loosened *made,
                   const char **ret_line)
{
    static const char *const lines[][2] = {
        {"VerifyPeer=", "VerifyPeer = app"},     {"VerifyClient=", "VerifyClient = app"},
        {"CheckHost=", "CheckHost = app"},       {"UnknownHost=", "UnknownHost = allow"},
        {"ChainRules=", "ChainRules = openssl"}, {"AllowRawPublicKey=", "AllowRawPublicKey = yes"},
        {"AllowPSK=", "AllowPSK = yes"},
    };
    const char *older = older_protocol(cell->protocol);
    bool has_cipher = is_section_name(cell->cipher) && !is_no_protection(cell->cipher);

    *ret_line = NULL;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strncmp(cell->rule, lines[i][0], strlen(lines[i][0])) == 0)
            *ret_line = lines[i][1];
    if (*ret_line != NULL)
        return true;
    if (strcmp(cell->rule, "Ciphersuites") == 0)
        return stls_registry_find_name(STLS_REGISTRY_CIPHERSUITE, cell->cipher,
                                       strlen(cell->cipher)) != NULL &&
               add_cipher(made->ciphersuites, "Ciphersuites", cell->cipher);
    if (strcmp(cell->rule, "MinProtocol") == 0 ? older == NULL
                                               : strcmp(cell->rule, "CipherString") != 0)
        return false;
    if (older != NULL && (made->protocol == NULL || strcmp(older, made->protocol) < 0))
        made->protocol = older;
    return has_cipher ? add_cipher(made->ciphers, "CipherString", cell->cipher) : older != NULL;
}

/* Adds a line, once in each section; nothing where it does not fit. */
static void add_line(char text[EXCEPTION_MAX], size_t section, const char *line)
{
    char whole[STLS_TEXT_MAX + 64];
    size_t used = strlen(text), length;

    snprintf(whole, sizeof whole, "\n%s\n", line);
    length = strlen(whole + 1);
    if (strstr(text + section, whole) != NULL || used + length >= EXCEPTION_MAX)
        return;
    memcpy(text + used, whole + 1, length + 1);
}

/* A printable text without line breaks, also of an event that somebody made up. */
static const char *clean(const char *text, char cleaned[STLS_REPORT_TEXT_MAX])
{
    size_t i;

    for (i = 0; i < STLS_REPORT_TEXT_MAX - 1 && text[i] != '\0'; i++)
        cleaned[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
    cleaned[i] = '\0';
    return cleaned;
}

static void add_word(char text[EXCEPTION_MAX], size_t section, const char *word, const char *value)
{
    char line[STLS_TEXT_MAX + 32];

    if (value == NULL || value[0] == '\0')
        return;
    snprintf(line, sizeof line, "%s = %s", word, value);
    add_line(text, section, line);
}

/* The section to paste for a program or a host: what would let pass the cells of that name. */
static void add_section(const struct group *group, enum stls_report_by about, const char *name,
                        char text[EXCEPTION_MAX])
{
    char line[STLS_REPORT_TEXT_MAX + 64], cleaned[STLS_REPORT_TEXT_MAX];
    struct loosened made = {.protocol = NULL};
    size_t section = strlen(text);

    snprintf(line, sizeof line, "[%s/%s]", about == STLS_REPORT_BY_HOST ? "host" : "app", name);
    add_line(text, section, line);
    for (size_t i = 0; i < group->count; i++) {
        const char *loosening;

        if (strcmp(group->cells[i].key[about], name) != 0)
            continue;
        if (!loosen(&group->cells[i], &made, &loosening)) {
            snprintf(line, sizeof line, "# %s: nothing can be proposed",
                     clean(group->cells[i].rule, cleaned));
            loosening = line;
        }
        if (loosening != NULL)
            add_line(text, section, loosening);
    }
    add_word(text, section, "MinProtocol", made.protocol);
    /* Below TLS 1.2 OpenSSL 3 knows no signature that is any better. */
    add_word(text, section, "SecurityLevel", made.protocol != NULL ? "0" : NULL);
    add_word(text, section, "CipherString", made.ciphers);
    add_word(text, section, "Ciphersuites", made.ciphersuites);
    add_line(text, section, "Reason =");
    add_line(text, section, "Expires =");
}

/* By reason there can be several programs: the most frequent ones. */
static void make_exception(const struct group *group, enum stls_report_by by,
                           char text[EXCEPTION_MAX])
{
    enum stls_report_by about = by == STLS_REPORT_BY_REASON ? STLS_REPORT_BY_PROGRAM : by;

    text[0] = '\0';
    for (size_t i = 0; i < group->count && i < DETAILS_MAX; i++) {
        const char *name = group->cells[i].key[about];
        bool is_new = is_section_name(name);

        for (size_t j = 0; j < i; j++)
            is_new = is_new && strcmp(group->cells[j].key[about], name) != 0;
        if (is_new)
            add_section(group, about, name, text);
    }
}

/* -- for people */

static const char *shown(const struct stls_report_cell *cell, enum stls_report_by by,
                         char cleaned[STLS_REPORT_TEXT_MAX])
{
    if (by == STLS_REPORT_BY_HOST && cell->key[by][0] == '\0')
        return "(as a server, or host unknown)";
    return clean(cell->key[by], cleaned);
}

static void print_group(const struct group *group, enum stls_report_by by, FILE *out)
{
    static const enum stls_report_by others[STLS_REPORT_BY_END][2] = {
        {STLS_REPORT_BY_HOST, STLS_REPORT_BY_REASON},
        {STLS_REPORT_BY_PROGRAM, STLS_REPORT_BY_REASON},
        {STLS_REPORT_BY_PROGRAM, STLS_REPORT_BY_HOST},
    };
    char a[STLS_REPORT_TEXT_MAX], b[STLS_REPORT_TEXT_MAX], c[STLS_REPORT_TEXT_MAX];
    char exception[EXCEPTION_MAX], *rest = exception, *line;

    fprintf(out, "\n%s: %llu\n", shown(group->cells, by, a), group->total);
    for (size_t i = 0; i < group->count && i < DETAILS_MAX; i++) {
        const struct stls_report_cell *cell = &group->cells[i];

        fprintf(out, "  %10llu  %s: %s; rule %s; last %.19sZ%s\n", cell->count,
                shown(cell, others[by][0], a), shown(cell, others[by][1], b), clean(cell->rule, c),
                cell->last, cell->uncertain > 0 ? "; the peer might have chosen otherwise" : "");
    }
    if (group->count > DETAILS_MAX)
        fprintf(out, "              and %zu kinds more\n", group->count - DETAILS_MAX);
    make_exception(group, by, exception);
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
        fprintf(out, "      %s\n", line);
}

static void print_remark(unsigned long long count, const char *remark, FILE *out)
{
    if (count > 0)
        fprintf(out, "%llu %s\n", count, remark);
}

static void print_text(const struct stls_report_counts *counts, const struct group *groups,
                       size_t count, enum stls_report_by by, FILE *out)
{
    fprintf(out, "%llu events; %llu handshakes break under the policy, by %s:\n", counts->events,
            counts->breaking, by_names[by]);
    for (size_t i = 0; i < count; i++)
        print_group(&groups[i], by, out);
    fputs("\n", out);
    print_remark(counts->beyond, "more break: too many kinds to tell apart", out);
    print_remark(counts->broken_policies,
                 "processes could not obey their policy, and refused all TLS", out);
    print_remark(counts->refused_anyway, "would fail without the policy as well: not counted", out);
    print_remark(counts->adjusted, "got more than the program had asked for", out);
    print_remark(counts->accepted, "accepted", out);
    print_remark(counts->held_back, "of these were held back by LogRate, and counted all the same",
                 out);
    print_remark(counts->lost, "events were lost: the sink did not take them", out);
    print_remark(counts->too_old, "events are older than --since", out);
    print_remark(counts->not_events, "lines are no events", out);
}

/* -- for machines */

static void put_name(yajl_gen json, const char *name)
{
    yajl_gen_string(json, (const unsigned char *)name, strlen(name));
}

static void put_text(yajl_gen json, const char *name, const char *text)
{
    char cleaned[EXCEPTION_MAX];
    size_t i;

    for (i = 0; i < sizeof cleaned - 1 && text[i] != '\0'; i++)
        cleaned[i] = (text[i] >= ' ' && text[i] < 0x7f) || text[i] == '\n' ? text[i] : '?';
    put_name(json, name);
    yajl_gen_string(json, (const unsigned char *)cleaned, i);
}

static void put_number(yajl_gen json, const char *name, unsigned long long number)
{
    put_name(json, name);
    yajl_gen_integer(json, (long long)number);
}

static void put_group(yajl_gen json, const struct group *group, enum stls_report_by by)
{
    char exception[EXCEPTION_MAX];

    yajl_gen_map_open(json);
    put_text(json, by_names[by], group->cells->key[by]);
    put_number(json, "count", group->total);
    make_exception(group, by, exception);
    put_text(json, "exception", exception);
    put_name(json, "kinds");
    yajl_gen_array_open(json);
    for (size_t i = 0; i < group->count; i++) {
        const struct stls_report_cell *cell = &group->cells[i];

        yajl_gen_map_open(json);
        for (int key = 0; key < STLS_REPORT_BY_END; key++)
            put_text(json, by_names[key], cell->key[key]);
        put_text(json, "rule", cell->rule);
        put_number(json, "count", cell->count);
        put_number(json, "uncertain", cell->uncertain);
        put_text(json, "first", cell->first);
        put_text(json, "last", cell->last);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
}

static void flush(yajl_gen json, FILE *out)
{
    const unsigned char *text;
    size_t length;

    if (yajl_gen_get_buf(json, &text, &length) == yajl_gen_status_ok)
        fwrite(text, 1, length, out);
    yajl_gen_clear(json);
}

static bool print_json(const struct stls_report_counts *counts, const struct group *groups,
                       size_t count, enum stls_report_by by, FILE *out)
{
    yajl_gen json = yajl_gen_alloc(NULL);

    if (json == NULL)
        return false;
    yajl_gen_map_open(json);
    put_number(json, "events", counts->events);
    put_number(json, "breaking", counts->breaking);
    put_number(json, "beyond", counts->beyond);
    put_number(json, "broken_policies", counts->broken_policies);
    put_number(json, "refused_anyway", counts->refused_anyway);
    put_number(json, "adjusted", counts->adjusted);
    put_number(json, "accepted", counts->accepted);
    put_number(json, "held_back", counts->held_back);
    put_number(json, "lost", counts->lost);
    put_number(json, "too_old", counts->too_old);
    put_number(json, "not_events", counts->not_events);
    put_name(json, "groups");
    yajl_gen_array_open(json);
    for (size_t i = 0; i < count; i++) {
        put_group(json, &groups[i], by);
        flush(json, out);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    flush(json, out);
    fputs("\n", out);
    yajl_gen_free(json);
    return true;
}

bool stls_report_print(struct stls_report_counts *counts, enum stls_report_by by, bool is_json,
                       FILE *out)
{
    size_t count;
    struct group *groups = make_groups(counts, by, &count);
    bool is_printed = groups != NULL;

    if (is_printed && is_json)
        is_printed = print_json(counts, groups, count, by, out);
    else if (is_printed)
        print_text(counts, groups, count, by, out);
    free(groups);
    return is_printed && fflush(out) == 0 && !ferror(out);
}
