/* cell.h - one cell of the matrix: a program against a server, bare, preloaded and audited, and
 * whether what happened is right.
 *
 * Owns: the rules of judging. Must not: run anything.
 */
#ifndef STLS_TESTS_CELL_H
#define STLS_TESTS_CELL_H

#include <stdbool.h>

#include "../../src/lab/lab.h"
#include "../support/process.h"
#include "testbed.h"

enum stls_cell_expectation {
    STLS_CELL_SERVED,         /* good: data from both */
    STLS_CELL_REFUSED,        /* bad: data from the bare program, none from the preloaded one */
    STLS_CELL_REFUSED_ANYWAY, /* bad, and the program may know by itself: none preloaded */
    STLS_CELL_NOT_APPLICABLE, /* the program can't be brought to this server; reason says why */
};

enum {
    STLS_CELL_PROBLEM_MAX = 1024,
};

/* What one run of a program came to. */
struct stls_trial {
    enum stls_lab_outcome outcome;    /* as the server saw it */
    int refusals;                     /* in the event log; 0 for a bare run */
    char log_line[STLS_LOG_LINE_MAX]; /* the first of them */
    int error;                        /* negative errno where the program could not be run at all */
    struct stls_process_result result;
};

struct stls_cell {
    enum stls_cell_expectation expectation;
    const char *reason;
    bool is_done;
    enum stls_lab_outcome outcomes[STLS_MODE_COUNT];
    bool is_refused;                     /* preloaded, says the event log */
    bool is_foretold;                    /* audited, says the event log */
    char problem[STLS_CELL_PROBLEM_MAX]; /* empty: the cell is right */
};

/* How a program and the library tell of a refusal. */
struct stls_cell_rules {
    const char *program;   /* its executable's name, which is in the log line */
    bool connects_often;   /* a load generator: several refusals may be logged */
    const char *complaint; /* part of a preloaded program's own message; NULL: any */
};

/* Fills outcomes and problem. */
void stls_cell_judge(struct stls_cell *cell, const struct stls_cell_rules *rules,
                     const struct stls_trial trials[STLS_MODE_COUNT]);

/* error is 0, or the negative errno of what has to be there before a cell can be tried. False if it
 * can't: a cell that OpenSSL is built without is not applicable, any other is wrong. */
bool stls_cell_is_ready(struct stls_cell *cell, int error, const char *what);

/* For a cell that could not be tried: it is wrong, never skipped. */
void stls_cell_fail(struct stls_cell *cell, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
