/* table.h - prints what a suite came to, for a terminal of about 110 columns.
 *
 * Owns: the form. Must not: run or judge anything.
 */
#ifndef STLS_TESTS_TABLE_H
#define STLS_TESTS_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "suite.h"

/* How many cells of a kind there are, and in how many of them data arrived. */
struct stls_tally_line {
    unsigned cells;
    unsigned data[STLS_MODE_COUNT];
};

struct stls_tally {
    struct stls_tally_line good;
    struct stls_tally_line bad;        /* of programs that do not verify */
    struct stls_tally_line bad_anyway; /* of programs that may refuse by themselves */
    unsigned refused, foretold, refused_and_foretold; /* by the event logs, the latter in audit */
    unsigned not_applicable;
    unsigned wrong;
};

enum {
    STLS_TABLE_ROWS_MAX = 64,
};

struct stls_table {
    const struct stls_suite *suite;
    size_t row_count;
    size_t rows[STLS_TABLE_ROWS_MAX]; /* which rows of the suite are in the table */
    size_t column_count;
    struct stls_column columns[STLS_COLUMNS_MAX];
    struct stls_cell *cells; /* row_count times STLS_COLUMNS_MAX */
};

const struct stls_cell *stls_table_cell(const struct stls_table *table, size_t row, size_t column);

/* The cells of one row, or of all where row is row_count. */
struct stls_tally stls_table_tally(const struct stls_table *table, size_t row);

void stls_table_print(const struct stls_table *table, FILE *file, bool has_color);
void stls_table_print_legend(FILE *file);

/* A line for each kind: why cells are not applicable; which are wrong. Nothing where none is. */
void stls_table_print_exceptions(const struct stls_table *table, FILE *file);
void stls_table_print_wrong(const struct stls_table *table, FILE *file);

#endif
