/* report_print.c - stricttls report: groups of what would break, and the exception for each. */
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "report.h"

#include "../core/banned.h"

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
    const struct stls_report_group *left = a, *right = b;

    if (left->total != right->total)
        return left->total < right->total ? 1 : -1;
    return strcmp(left->cells->key[sorted_by], right->cells->key[sorted_by]);
}

static struct stls_report_group *make_groups(struct stls_report_counts *counts,
                                             enum stls_report_by by, size_t *ret_count)
{
    struct stls_report_group *groups = calloc(counts->count + 1, sizeof *groups);
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

/* -- for people */

static const char *shown(const struct stls_report_cell *cell, enum stls_report_by by,
                         char cleaned[STLS_REPORT_TEXT_MAX])
{
    if (by == STLS_REPORT_BY_HOST && cell->key[by][0] == '\0')
        return "(as a server, or host unknown)";
    return stls_report_clean(cell->key[by], cleaned);
}

static void print_group(const struct stls_report_group *group, enum stls_report_by by, FILE *out)
{
    static const enum stls_report_by others[STLS_REPORT_BY_END][2] = {
        {STLS_REPORT_BY_HOST, STLS_REPORT_BY_REASON},
        {STLS_REPORT_BY_PROGRAM, STLS_REPORT_BY_REASON},
        {STLS_REPORT_BY_PROGRAM, STLS_REPORT_BY_HOST},
    };
    char a[STLS_REPORT_TEXT_MAX], b[STLS_REPORT_TEXT_MAX], c[STLS_REPORT_TEXT_MAX];
    char exception[STLS_REPORT_EXCEPTION_MAX], *rest = exception, *line;

    fprintf(out, "\n%s: %llu\n", shown(group->cells, by, a), group->total);
    for (size_t i = 0; i < group->count && i < STLS_REPORT_DETAILS_MAX; i++) {
        const struct stls_report_cell *cell = &group->cells[i];

        fprintf(out, "  %10llu  %s: %s; rule %s; last %.19sZ%s\n", cell->count,
                shown(cell, others[by][0], a), shown(cell, others[by][1], b),
                stls_report_clean(cell->rule, c), cell->last,
                cell->uncertain > 0 ? "; the peer might have chosen otherwise" : "");
    }
    if (group->count > STLS_REPORT_DETAILS_MAX)
        fprintf(out, "              and %zu kinds more\n", group->count - STLS_REPORT_DETAILS_MAX);
    stls_report_exception(group, by, exception);
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
        fprintf(out, "      %s\n", line);
}

static void print_remark(unsigned long long count, const char *remark, FILE *out)
{
    if (count > 0)
        fprintf(out, "%llu %s\n", count, remark);
}

static void print_text(const struct stls_report_counts *counts,
                       const struct stls_report_group *groups, size_t count, enum stls_report_by by,
                       FILE *out)
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
    print_remark(counts->for_people, "events are in text, and not counted", out);
}

/* -- for machines */

static void put_name(yajl_gen json, const char *name)
{
    yajl_gen_string(json, (const unsigned char *)name, strlen(name));
}

static void put_text(yajl_gen json, const char *name, const char *text)
{
    char cleaned[STLS_REPORT_EXCEPTION_MAX];
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

static void put_group(yajl_gen json, const struct stls_report_group *group, enum stls_report_by by)
{
    char exception[STLS_REPORT_EXCEPTION_MAX];

    yajl_gen_map_open(json);
    put_text(json, by_names[by], group->cells->key[by]);
    put_number(json, "count", group->total);
    stls_report_exception(group, by, exception);
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

static bool print_json(const struct stls_report_counts *counts,
                       const struct stls_report_group *groups, size_t count, enum stls_report_by by,
                       FILE *out)
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
    put_number(json, "for_people", counts->for_people);
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
    struct stls_report_group *groups = make_groups(counts, by, &count);
    bool is_printed = groups != NULL;

    if (is_printed && is_json)
        is_printed = print_json(counts, groups, count, by, out);
    else if (is_printed)
        print_text(counts, groups, count, by, out);
    free(groups);
    return is_printed && fflush(out) == 0 && !ferror(out);
}
