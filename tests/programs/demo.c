/* demo.c - the program matrix for people: runs every row of every suite, prints the tables, exits
 * with 1 if any cell is wrong.
 *
 * An argument runs only the rows whose names contain it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"
#include "table.h"

enum {
    SUITE_COUNT = 3,
    WORKER_COUNT = 3, /* most of a cell is waiting */
    JOBS_MAX = SUITE_COUNT * STLS_TABLE_ROWS_MAX,
};

struct job {
    struct stls_table *table;
    size_t row;
};

struct plan {
    struct stls_testbed bed;
    struct stls_table tables[SUITE_COUNT];
    struct job jobs[JOBS_MAX];
    size_t job_count;
    atomic_size_t next;
    atomic_size_t done;
    bool shows_progress;
};

static void *work(void *argument)
{
    struct plan *plan = argument;
    for (;;) {
        size_t at = atomic_fetch_add(&plan->next, 1);
        if (at >= plan->job_count) {
            return NULL;
        }
        struct job *job = &plan->jobs[at];
        const struct stls_suite *suite = job->table->suite;
        size_t row = job->table->rows[job->row];
        suite->run_row(&plan->bed, row, &job->table->cells[job->row * STLS_COLUMNS_MAX]);
        size_t done = atomic_fetch_add(&plan->done, 1) + 1;
        if (plan->shows_progress) {
            fprintf(stderr, "\r\033[K%zu of %zu: %s", done, plan->job_count, suite->row_name(row));
        }
    }
}

static void run_jobs(struct plan *plan)
{
    pthread_t workers[WORKER_COUNT];
    size_t started = 0;
    while (started < WORKER_COUNT && pthread_create(&workers[started], NULL, work, plan) == 0) {
        started++;
    }
    if (started == 0) {
        work(plan);
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(workers[i], NULL);
    }
    if (plan->shows_progress) {
        fprintf(stderr, "\r\033[K");
    }
}

static bool add_table(struct plan *plan, struct stls_table *table, const struct stls_suite *suite,
                      const char *filter)
{
    table->suite = suite;
    table->column_count = suite->columns(table->columns);
    for (size_t row = 0; row < suite->rows() && table->row_count < STLS_TABLE_ROWS_MAX; row++) {
        if (filter == NULL || strstr(suite->row_name(row), filter) != NULL) {
            plan->jobs[plan->job_count++] = (struct job){.table = table, .row = table->row_count};
            table->rows[table->row_count++] = row;
        }
    }
    table->cells = calloc((table->row_count + 1) * STLS_COLUMNS_MAX, sizeof(*table->cells));
    return table->cells != NULL;
}

static void add_line(struct stls_tally_line *sum, const struct stls_tally_line *line)
{
    sum->cells += line->cells;
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        sum->data[mode] += line->data[mode];
    }
}

static struct stls_tally add_up(const struct plan *plan)
{
    struct stls_tally sum = {.wrong = 0};
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        struct stls_tally tally = stls_table_tally(&plan->tables[i], plan->tables[i].row_count);
        add_line(&sum.good, &tally.good);
        add_line(&sum.bad, &tally.bad);
        add_line(&sum.bad_anyway, &tally.bad_anyway);
        sum.refused += tally.refused;
        sum.foretold += tally.foretold;
        sum.refused_and_foretold += tally.refused_and_foretold;
        sum.not_applicable += tally.not_applicable;
        sum.wrong += tally.wrong;
    }
    return sum;
}

static void print_summary(const struct stls_tally *sum)
{
    printf("Bad servers and clients given data: bare %u of %u, preloaded %u of %u.\n",
           sum->bad.data[STLS_BARE], sum->bad.cells, sum->bad.data[STLS_PRELOADED], sum->bad.cells);
    printf("The same where the program verifies by itself: bare %u of %u, preloaded %u of %u.\n",
           sum->bad_anyway.data[STLS_BARE], sum->bad_anyway.cells,
           sum->bad_anyway.data[STLS_PRELOADED], sum->bad_anyway.cells);
    printf("Good ones: bare %u of %u, preloaded %u of %u.\n", sum->good.data[STLS_BARE],
           sum->good.cells, sum->good.data[STLS_PRELOADED], sum->good.cells);
    printf("Audit mode foretold %u of %u refusals, and %u that might have been.\n",
           sum->refused_and_foretold, sum->refused, sum->foretold - sum->refused_and_foretold);
    printf("%u cells, %u wrong, %u not applicable.\n",
           sum->good.cells + sum->bad.cells + sum->bad_anyway.cells, sum->wrong,
           sum->not_applicable);
}

static void print_all(const struct plan *plan)
{
    bool has_color = isatty(STDOUT_FILENO) != 0;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        if (plan->tables[i].row_count > 0) {
            stls_table_print(&plan->tables[i], stdout, has_color);
        }
    }
    stls_table_print_legend(stdout);
    printf("Not applicable:\n");
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        stls_table_print_exceptions(&plan->tables[i], stdout);
    }
    printf("\n");
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        stls_table_print_wrong(&plan->tables[i], stdout);
    }
}

int main(int argc, char **argv)
{
    static struct plan plan;
    char problem[STLS_FILES_PATH_MAX + 64];
    const struct stls_suite *suites[SUITE_COUNT] = {stls_clients_suite(), stls_services_suite(),
                                                    stls_servers_suite()};
    if (stls_testbed_open(&plan.bed, problem) != 0) {
        fprintf(stderr, "demo: %s\n", problem);
        return EXIT_FAILURE;
    }
    bool is_ready = true;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        is_ready =
            is_ready && add_table(&plan, &plan.tables[i], suites[i], argc > 1 ? argv[1] : NULL);
    }
    struct stls_tally sum = {.wrong = 1};
    if (is_ready && plan.job_count > 0) {
        plan.shows_progress = isatty(STDERR_FILENO) != 0;
        run_jobs(&plan);
        print_all(&plan);
        sum = add_up(&plan);
        print_summary(&sum);
    } else {
        fprintf(stderr, "demo: %s\n", is_ready ? "no row has such a name" : "out of memory");
    }
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        free(plan.tables[i].cells);
    }
    stls_testbed_close(&plan.bed);
    return sum.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
