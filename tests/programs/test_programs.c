/* test_programs.c - the program matrix as tests: one per row, which fails on any wrong cell.
 *
 * The same tables as the demo's. A test runs in a process of its own and therefore opens a testbed
 * of its own; the tests run beside each other.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <string.h>

#include "suite.h"

enum {
    ROWS_MAX = 64,
    ROW_TIMEOUT_S = 300,
};

static void fail_cell(const char *row, const struct stls_column *column,
                      const struct stls_cell *cell)
{
    cr_expect_fail("%s, %s: %s", row, column->name, cell->problem);
}

/* The two sets are compared cell by cell; here is how large they are. */
static void print_audit(const char *name, const struct stls_cell *cells, size_t count)
{
    unsigned refused = 0, foretold = 0, both = 0;
    for (size_t i = 0; i < count; i++) {
        refused += cells[i].is_refused;
        foretold += cells[i].is_foretold;
        both += cells[i].is_refused && cells[i].is_foretold;
    }
    printf("NOTE: %-24s refused %2u, foretold by audit %2u, the same %2u\n", name, refused,
           foretold, both);
    fflush(stdout);
}

static void check_row(const struct stls_suite *suite, size_t row)
{
    struct stls_testbed bed;
    struct stls_column columns[STLS_COLUMNS_MAX];
    static struct stls_cell cells[STLS_COLUMNS_MAX];
    char problem[STLS_FILES_PATH_MAX + 64];
    const char *name = suite->row_name(row);
    size_t applicable = 0;

    if (stls_testbed_open(&bed, problem) != 0) {
        cr_assert_fail("%s: %s", name, problem);
    }
    size_t count = suite->columns(columns);
    memset(cells, 0, sizeof(cells));
    suite->run_row(&bed, row, cells);
    stls_testbed_close(&bed);

    for (size_t i = 0; i < count; i++) {
        bool is_applicable = cells[i].expectation != STLS_CELL_NOT_APPLICABLE;
        applicable += is_applicable;
        if (cells[i].problem[0] != '\0') {
            fail_cell(name, &columns[i], &cells[i]);
        } else if (is_applicable) {
            cr_expect(cells[i].is_done, "%s, %s: was not run", name, columns[i].name);
        }
    }
    cr_expect(applicable > 0, "%s: no cell applies", name);
    print_audit(name, cells, count);
}

static struct criterion_test_params list_rows(const struct stls_suite *suite, size_t *rows)
{
    size_t count = suite->rows();
    for (size_t i = 0; i < count; i++) {
        rows[i] = i;
    }
    return cr_make_param_array(size_t, rows, count);
}

ParameterizedTestParameters(programs, clients)
{
    static size_t rows[ROWS_MAX];
    return list_rows(stls_clients_suite(), rows);
}

ParameterizedTest(size_t *row, programs, clients, .timeout = ROW_TIMEOUT_S)
{
    check_row(stls_clients_suite(), *row);
}

ParameterizedTestParameters(programs, services)
{
    static size_t rows[ROWS_MAX];
    return list_rows(stls_services_suite(), rows);
}

ParameterizedTest(size_t *row, programs, services, .timeout = ROW_TIMEOUT_S)
{
    check_row(stls_services_suite(), *row);
}

ParameterizedTestParameters(programs, servers)
{
    static size_t rows[ROWS_MAX];
    return list_rows(stls_servers_suite(), rows);
}

ParameterizedTest(size_t *row, programs, servers, .timeout = ROW_TIMEOUT_S)
{
    check_row(stls_servers_suite(), *row);
}
