/* rows.c - see rows.h */
#include "rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opponent.h"
#include "support/process.h"

enum {
    LIST_MS = 10000,
};

static const char *const victims[] = {"victim", "victim_handle"};

static bool parse_expectation(const char *text, enum stls_expectation *ret)
{
    static const char *const names[] = {
        [STLS_EXPECT_REFUSED] = "refused", [STLS_EXPECT_CLAMPED] = "clamped",
        [STLS_EXPECT_RESUMED] = "resumed", [STLS_EXPECT_SAME] = "same",
        [STLS_EXPECT_STRICT] = "strict",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum stls_expectation)i;
            return true;
        }
    return false;
}

/* "-" stands for an empty field. False if it does not fit. */
static bool take_field(char **rest, char *field, size_t size)
{
    const char *text = strsep(rest, "\t");

    if (text == NULL || strlen(text) >= size)
        return false;
    snprintf(field, size, "%s", strcmp(text, "-") == 0 ? "" : text);
    return true;
}

static bool parse(char *line, const char *victim, struct stls_row *row)
{
    char expectation[16], role[16], program[24];

    if (!take_field(&line, row->area, sizeof row->area) ||
        !take_field(&line, row->name, sizeof row->name) ||
        !take_field(&line, expectation, sizeof expectation) ||
        !take_field(&line, role, sizeof role) || !take_field(&line, row->bad, sizeof row->bad) ||
        !take_field(&line, row->good, sizeof row->good) ||
        !take_field(&line, row->bad_host, sizeof row->bad_host) ||
        !take_field(&line, row->before, sizeof row->before) ||
        !take_field(&line, program, sizeof program) ||
        !take_field(&line, row->env, sizeof row->env) ||
        !take_field(&line, row->attack, sizeof row->attack) ||
        !parse_expectation(expectation, &row->expectation))
        return false;
    row->is_server = strcmp(role, "server") == 0;
    snprintf(row->victim, sizeof row->victim, "%s", program[0] != '\0' ? program : victim);
    return true;
}

static bool is_wanted(const struct stls_row *row)
{
    const char *only = getenv("STLS_ESCAPE_ONLY");

    return only == NULL || strcmp(row->area, only) == 0 ||
           strncmp(row->name, only, strlen(only)) == 0;
}

/* Too long for the bounded output of a run: kept by a process that is only watched. */
static int read_list(const char *victim, struct stls_row *rows, size_t size, size_t *count)
{
    char program[STLS_FILES_PATH_MAX];
    const char *argv[8];
    size_t used = stls_arena_command(victim, program, argv);
    struct stls_process_command command = {.argv = argv};
    struct stls_process *process;
    char *text, *rest, *line;
    int error = 0;

    argv[used++] = "--list";
    argv[used] = NULL;
    process = stls_process_start(&command);
    if (process == NULL)
        return -errno;
    /* Never said: this waits for the end of the program. */
    if (stls_process_wait_output(process, 0, "\n\n\n", LIST_MS) != -ECHILD)
        error = -ETIMEDOUT;
    rest = text = strdup(stls_process_output(process, NULL));
    if (text == NULL)
        error = -ENOMEM;
    while (error == 0 && (line = strsep(&rest, "\n")) != NULL) {
        if (*line == '\0')
            continue;
        if (*count == size || !parse(line, victim, &rows[*count])) {
            fprintf(stderr, "%s --list: a field is too long near \"%s\"\n", victim, line);
            error = -EPROTO;
        } else if (is_wanted(&rows[*count])) {
            ++*count;
        }
    }
    free(text);
    stls_process_stop(process);
    return error;
}

int stls_rows_read(struct stls_row *rows, size_t size, size_t *ret_count)
{
    int error = 0;

    *ret_count = 0;
    for (size_t i = 0; error == 0 && i < sizeof victims / sizeof victims[0]; i++)
        error = read_list(victims[i], rows, size, ret_count);
    return error;
}
