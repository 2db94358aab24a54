/* report_count.c - stricttls report: the table of counts. Its size has a bound. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "report.h"

#include "../core/banned.h"

enum {
    SLOTS = STLS_REPORT_CELLS_MAX * 2, /* powers of two */
    TEXT_SLOTS = SLOTS * 2,
};

/* Open addressing: what a slot holds is the index of a cell, from 1. Texts are kept once each. */
struct stls_report_table {
    uint64_t seed; /* so that nobody can make up what falls into one slot */
    uint32_t slots[SLOTS];
    char *texts[TEXT_SLOTS];
    size_t count_texts;
};

bool stls_report_counts_init(struct stls_report_counts *counts)
{
    *counts = (struct stls_report_counts){
        .cells = calloc(STLS_REPORT_CELLS_MAX, sizeof *counts->cells),
        .table = calloc(1, sizeof *counts->table),
    };
    if (counts->cells != NULL && counts->table != NULL &&
        getrandom(&counts->table->seed, sizeof counts->table->seed, GRND_NONBLOCK) >= 0)
        return true;
    stls_report_counts_free(counts);
    return false;
}

void stls_report_counts_free(struct stls_report_counts *counts)
{
    for (size_t i = 0; counts->table != NULL && i < TEXT_SLOTS; i++)
        free(counts->table->texts[i]);
    free(counts->table);
    free(counts->cells);
    *counts = (struct stls_report_counts){.cells = NULL};
}

static uint64_t hash(uint64_t seed, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        seed = (seed ^ (unsigned char)text[i]) * 1099511628211u;
    return seed ^ seed >> 29;
}

/* NULL if there is no room: a table that is fuller takes long to look into. */
static const char *keep(struct stls_report_table *table, const char *text, size_t length)
{
    size_t i = hash(table->seed, text, length) % TEXT_SLOTS;

    for (; table->texts[i] != NULL; i = (i + 1) % TEXT_SLOTS)
        if (strcmp(table->texts[i], text) == 0)
            return table->texts[i];
    if (table->count_texts == TEXT_SLOTS / 2)
        return NULL;
    table->texts[i] = strdup(text);
    table->count_texts += table->texts[i] != NULL;
    return table->texts[i];
}

static const enum stls_report_field fields[STLS_REPORT_BY_END] = {
    [STLS_REPORT_BY_PROGRAM] = STLS_REPORT_PROGRAM,
    [STLS_REPORT_BY_HOST] = STLS_REPORT_SERVER,
    [STLS_REPORT_BY_REASON] = STLS_REPORT_REASON,
};

static bool is_same(const struct stls_report_cell *cell, const struct stls_report_event *event)
{
    for (int by = 0; by < STLS_REPORT_BY_END; by++)
        if (strcmp(cell->key[by], event->text[fields[by]]) != 0)
            return false;
    return strcmp(cell->rule, event->text[STLS_REPORT_RULE]) == 0;
}

static bool fill(struct stls_report_table *table, struct stls_report_cell *cell,
                 const struct stls_report_event *event)
{
    for (int by = 0; by < STLS_REPORT_BY_END; by++)
        cell->key[by] = keep(table, event->text[fields[by]], event->length[fields[by]]);
    cell->rule = keep(table, event->text[STLS_REPORT_RULE], event->length[STLS_REPORT_RULE]);
    for (int by = 0; by < STLS_REPORT_BY_END; by++)
        if (cell->key[by] == NULL)
            return false;
    return cell->rule != NULL;
}

/* NULL if the table is full. */
static struct stls_report_cell *find(struct stls_report_counts *counts,
                                     const struct stls_report_event *event)
{
    struct stls_report_table *table = counts->table;
    uint64_t seed = table->seed;
    size_t i;

    for (int by = 0; by < STLS_REPORT_BY_END; by++)
        seed = hash(seed, event->text[fields[by]], event->length[fields[by]]);
    seed = hash(seed, event->text[STLS_REPORT_RULE], event->length[STLS_REPORT_RULE]);
    for (i = seed % SLOTS; table->slots[i] != 0; i = (i + 1) % SLOTS)
        if (is_same(&counts->cells[table->slots[i] - 1], event))
            return &counts->cells[table->slots[i] - 1];
    if (counts->count == STLS_REPORT_CELLS_MAX ||
        !fill(table, &counts->cells[counts->count], event))
        return NULL;
    table->slots[i] = (uint32_t)++counts->count;
    return &counts->cells[counts->count - 1];
}

static void keep_time(char to[32], const char *time)
{
    size_t length = strnlen(time, 31);

    memcpy(to, time, length);
    to[length] = '\0';
}

static void keep_last(struct stls_report_table *table, const char **kept,
                      const struct stls_report_event *event, enum stls_report_field field)
{
    const char *text = event->text[field];

    if (*kept != NULL && strcmp(*kept, text) == 0)
        return;
    text = keep(table, text, event->length[field]);
    *kept = text != NULL ? text : "";
}

static void count_breaking(struct stls_report_counts *counts, const struct stls_report_event *event,
                           unsigned long long weight)
{
    struct stls_report_cell *cell = find(counts, event);
    const char *time = event->text[STLS_REPORT_TIMESTAMP];

    counts->breaking += weight;
    if (cell == NULL) {
        counts->beyond += weight;
        return;
    }
    cell->count += weight;
    if (event->length[STLS_REPORT_UNCERTAIN] > 0)
        cell->uncertain += weight;
    if (cell->first[0] == '\0' || strcmp(time, cell->first) < 0)
        keep_time(cell->first, time);
    if (strcmp(time, cell->last) >= 0)
        keep_time(cell->last, time);
    keep_last(counts->table, &cell->protocol, event, STLS_REPORT_PROTOCOL);
    keep_last(counts->table, &cell->cipher, event, STLS_REPORT_CIPHER);
}

/* Digits, and no more than the library can have counted. */
static unsigned long long count_of(const struct stls_report_event *event,
                                   enum stls_report_field field)
{
    unsigned long long count = 0;

    for (const char *c = event->text[field]; *c >= '0' && *c <= '9' && count <= UINT32_MAX; c++)
        count = count * 10 + (unsigned long long)(*c - '0');
    return count < UINT32_MAX ? count : UINT32_MAX;
}

void stls_report_count(struct stls_report_counts *counts, const struct stls_report_event *event,
                       const char *since)
{
    const char *verdict = event->text[STLS_REPORT_VERDICT];
    unsigned long long held_back = count_of(event, STLS_REPORT_HELD_BACK);

    if (strcmp(event->text[STLS_REPORT_TIMESTAMP], since) < 0) {
        counts->too_old++;
        return;
    }
    counts->events++;
    counts->lost += count_of(event, STLS_REPORT_LOST);
    counts->held_back += held_back;
    if (strcmp(verdict, "adjusted") == 0)
        counts->adjusted += 1 + held_back;
    else if (strcmp(verdict, "accepted") == 0)
        counts->accepted += 1 + held_back;
    else if (strcmp(verdict, "broken-policy") == 0)
        counts->broken_policies++;
    else if (strcmp(verdict, "policy") == 0) /* about no handshake */
        return;
    else if (event->length[STLS_REPORT_REFUSED_ANYWAY] > 0)
        counts->refused_anyway += 1 + held_back;
    else
        count_breaking(counts, event, 1 + held_back);
}
