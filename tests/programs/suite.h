/* suite.h - the three tables of the program matrix, in one shape for the demo and for the tests.
 *
 * A suite has rows (programs) and columns (what they meet). A row is run as a whole and needs
 * nothing from other rows, so that rows may run in threads or in processes of their own.
 */
#ifndef STLS_TESTS_SUITE_H
#define STLS_TESTS_SUITE_H

#include "cell.h"
#include "testbed.h"

enum {
    STLS_COLUMNS_MAX = 64,
};

struct stls_column {
    const char *name;  /* "self-signed" */
    const char *group; /* heading of the columns around it: "bad certificate chains" */
    bool is_bad;       /* a strict program refuses it */
};

struct stls_suite {
    const char *name;  /* one word, for test names */
    const char *title; /* one line, for people */
    size_t (*rows)(void);
    const char *(*row_name)(size_t row);
    size_t (*columns)(struct stls_column *columns); /* at most STLS_COLUMNS_MAX; returns how many */
    /* Fills a cell per column; `cells` is zeroed. */
    void (*run_row)(struct stls_testbed *bed, size_t row, struct stls_cell *cells);
};

/* Clients against lab servers; clients of real servers; servers. */
const struct stls_suite *stls_clients_suite(void);
const struct stls_suite *stls_services_suite(void);
const struct stls_suite *stls_servers_suite(void);

/* The columns of the suites that have a column per lab case. */
size_t stls_suite_case_columns(struct stls_column *columns);

#endif
