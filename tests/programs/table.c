/* table.c - see table.h. */
#include "table.h"

#include <string.h>

enum {
    NAME_WIDTH = 26,
    CELL_WIDTH = 3,
    LINE_WIDTH = 100,
};

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define WRONG "\033[41;97m"
#define PLAIN "\033[0m"

const struct stls_cell *stls_table_cell(const struct stls_table *table, size_t row, size_t column)
{
    return &table->cells[row * STLS_COLUMNS_MAX + column];
}

static const char *row_name(const struct stls_table *table, size_t row)
{
    return table->suite->row_name(table->rows[row]);
}

static void count_cell(const struct stls_cell *cell, struct stls_tally *tally)
{
    struct stls_tally_line *line = NULL;
    tally->wrong += cell->problem[0] != '\0';
    tally->refused += cell->is_refused;
    tally->foretold += cell->is_foretold;
    tally->refused_and_foretold += cell->is_refused && cell->is_foretold;
    switch (cell->expectation) {
    case STLS_CELL_SERVED:
        line = &tally->good;
        break;
    case STLS_CELL_REFUSED:
        line = &tally->bad;
        break;
    case STLS_CELL_REFUSED_ANYWAY:
        line = &tally->bad_anyway;
        break;
    case STLS_CELL_NOT_APPLICABLE:
        tally->not_applicable++;
        return;
    }
    line->cells++;
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        line->data[mode] += cell->outcomes[mode] == STLS_LAB_DATA;
    }
}

struct stls_tally stls_table_tally(const struct stls_table *table, size_t row)
{
    struct stls_tally tally = {.wrong = 0};
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t j = 0; (i == row || row == table->row_count) && j < table->column_count; j++) {
            count_cell(stls_table_cell(table, i, j), &tally);
        }
    }
    return tally;
}

static void print_indent(FILE *file, size_t width)
{
    fprintf(file, "%*s", (int)width, "");
}

/* Each program's name stands on a line of its own above its column. */
static void print_head(const struct stls_table *table, FILE *file)
{
    for (size_t row = 0; row < table->row_count; row++) {
        print_indent(file, NAME_WIDTH);
        for (size_t before = 0; before < row; before++) {
            fprintf(file, "%-*s", CELL_WIDTH, "|");
        }
        fprintf(file, "%s\n", row_name(table, row));
    }
}

static char outcome_sign(enum stls_lab_outcome outcome)
{
    switch (outcome) {
    case STLS_LAB_NOTHING:
    case STLS_LAB_REFUSED:
        return '.';
    case STLS_LAB_FINISHED:
        return 'f';
    case STLS_LAB_DATA:
        return 'D';
    }
    return '?';
}

static void print_cell(const struct stls_cell *cell, FILE *file, bool has_color)
{
    bool is_wrong = cell->problem[0] != '\0';
    if (cell->expectation == STLS_CELL_NOT_APPLICABLE && !is_wrong) {
        fprintf(file, "%-*s", CELL_WIDTH, "-");
        return;
    }
    bool is_good = cell->expectation == STLS_CELL_SERVED;
    char bare = outcome_sign(cell->outcomes[STLS_BARE]);
    char preloaded = outcome_sign(cell->outcomes[STLS_PRELOADED]);
    if (!has_color) {
        fprintf(file, "%c%c%c", bare, preloaded, is_wrong ? '!' : ' ');
    } else if (is_wrong) {
        fprintf(file, WRONG "%c%c!" PLAIN, bare, preloaded);
    } else {
        fprintf(file, "%s%c" GREEN "%c" PLAIN " ", is_good || bare != 'D' ? GREEN : YELLOW, bare,
                preloaded);
    }
}

void stls_table_print(const struct stls_table *table, FILE *file, bool has_color)
{
    const char *group = "";
    fprintf(file, "%s%s%s\n\n", has_color ? BOLD : "", table->suite->title, has_color ? PLAIN : "");
    print_head(table, file);
    for (size_t column = 0; column < table->column_count; column++) {
        if (strcmp(group, table->columns[column].group) != 0) {
            group = table->columns[column].group;
            fprintf(file, "%s\n", group);
        }
        fprintf(file, "  %-*.*s", NAME_WIDTH - 2, NAME_WIDTH - 3, table->columns[column].name);
        for (size_t row = 0; row < table->row_count; row++) {
            print_cell(stls_table_cell(table, row, column), file, has_color);
        }
        fprintf(file, "\n");
    }

    fprintf(file, "\n%-*s%-24s%-24s\n", NAME_WIDTH, "", "bad: got data", "good: got data");
    fprintf(file, "%-*s%-11s%-13s%-11s%s\n", NAME_WIDTH, "", "bare", "preloaded", "bare",
            "preloaded");
    for (size_t row = 0; row < table->row_count; row++) {
        struct stls_tally tally = stls_table_tally(table, row);
        unsigned bad = tally.bad.cells + tally.bad_anyway.cells;
        unsigned bad_data[STLS_MODE_COUNT];
        for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
            bad_data[mode] = tally.bad.data[mode] + tally.bad_anyway.data[mode];
        }
        fprintf(file, "%-*s%2u of %-5u%2u of %-7u%2u of %-5u%2u of %u%s\n", NAME_WIDTH,
                row_name(table, row), bad_data[STLS_BARE], bad, bad_data[STLS_PRELOADED], bad,
                tally.good.data[STLS_BARE], tally.good.cells, tally.good.data[STLS_PRELOADED],
                tally.good.cells, tally.wrong > 0 ? "   WRONG" : "");
    }
    fprintf(file, "\n");
}

void stls_table_print_legend(FILE *file)
{
    fputs("Each cell: first the bare program, then the preloaded one, as the server saw it.\n"
          "D application data arrived   . refused   f handshake finished, no data   "
          "- not applicable   ! wrong\n\n",
          file);
}

/* Prints words on lines of bounded width, each but the first indented. */
static void print_word(FILE *file, const char *word, size_t *at)
{
    if (*at + strlen(word) + 1 > LINE_WIDTH) {
        fprintf(file, "\n   ");
        *at = 3;
    }
    *at += (size_t)fprintf(file, " %s", word);
}

static bool has_reason(const struct stls_table *table, size_t row, size_t column,
                       const char *reason)
{
    const struct stls_cell *cell = stls_table_cell(table, row, column);
    return cell->expectation == STLS_CELL_NOT_APPLICABLE && cell->reason != NULL &&
           strcmp(cell->reason, reason) == 0;
}

/* True if no cell before this one has the same reason. */
static bool is_first(const struct stls_table *table, size_t row, size_t column, const char *reason)
{
    for (size_t i = 0; i <= row; i++) {
        for (size_t j = 0; j < table->column_count && (i < row || j < column); j++) {
            if (has_reason(table, i, j, reason)) {
                return false;
            }
        }
    }
    return true;
}

static void print_reason(const struct stls_table *table, const char *reason, FILE *file)
{
    fprintf(file, "- %s:\n", reason);
    for (size_t row = 0; row < table->row_count; row++) {
        size_t at = 0;
        for (size_t column = 0; column < table->column_count; column++) {
            if (!has_reason(table, row, column, reason)) {
                continue;
            }
            if (at == 0) {
                at = (size_t)fprintf(file, "   %s:", row_name(table, row));
            }
            print_word(file, table->columns[column].name, &at);
        }
        if (at > 0) {
            fprintf(file, "\n");
        }
    }
}

void stls_table_print_exceptions(const struct stls_table *table, FILE *file)
{
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            const struct stls_cell *cell = stls_table_cell(table, row, column);
            if (cell->expectation == STLS_CELL_NOT_APPLICABLE && cell->reason != NULL &&
                is_first(table, row, column, cell->reason)) {
                print_reason(table, cell->reason, file);
            }
        }
    }
}

void stls_table_print_wrong(const struct stls_table *table, FILE *file)
{
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            const struct stls_cell *cell = stls_table_cell(table, row, column);
            if (cell->problem[0] != '\0') {
                fprintf(file, "! %s, %s: %s\n", row_name(table, row), table->columns[column].name,
                        cell->problem);
            }
        }
    }
}
