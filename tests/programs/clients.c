/* clients.c - runs the client programs against the lab's servers; the server tells what came of it.
 *
 * Owns: the first suite of suite.h.
 */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "arguments.h"
#include "programs.h"

enum {
    RUN_TIMEOUT_MS = 20000,
    TAKE_TIMEOUT_MS = 5000,
};

static const char *group_name(const struct stls_lab_case *lab_case)
{
    switch (lab_case->flaw) {
    case STLS_LAB_FLAW_NONE:
        return "good servers";
    case STLS_LAB_FLAW_CHAIN:
        return "bad certificate chains";
    case STLS_LAB_FLAW_NAME:
        return "certificates of another host";
    case STLS_LAB_FLAW_PROTOCOL:
        return "old protocols";
    case STLS_LAB_FLAW_CIPHER:
        return "weak ciphers and groups";
    }
    return "";
}

size_t stls_suite_case_columns(struct stls_column *columns)
{
    size_t count;
    const struct stls_lab_case *cases = stls_lab_cases(&count);
    for (size_t i = 0; i < count && i < STLS_COLUMNS_MAX; i++) {
        columns[i] = (struct stls_column){
            .name = cases[i].name,
            .group = group_name(&cases[i]),
            .is_bad = cases[i].expectation == STLS_LAB_MUST_REFUSE,
        };
    }
    return count < STLS_COLUMNS_MAX ? count : STLS_COLUMNS_MAX;
}

static bool is_address(const struct stls_lab_case *lab_case)
{
    return strcmp(lab_case->host, "127.0.0.1") == 0;
}

/* Why the program can't be brought to this case's server, or NULL. */
static const char *find_exception(const struct stls_program *program,
                                  const struct stls_lab_case *lab_case)
{
    bool is_resolved = is_address(lab_case) || strcmp(lab_case->host, "localhost") == 0;
    bool is_good = lab_case->expectation == STLS_LAB_MUST_CONNECT;
    if (!is_resolved && program->reach == STLS_REACH_RESOLVED) {
        return "connects only to what its name resolves to";
    }
    if (is_good && is_address(lab_case) && program->hides_address) {
        return "shows the library nothing of an address, and is refused";
    }
    for (size_t i = 0; i < STLS_PROGRAM_EXCEPTIONS_MAX; i++) {
        const char *name = program->exceptions[i].case_name;
        if (name != NULL && strcmp(name, lab_case->name) == 0) {
            return program->exceptions[i].reason;
        }
    }
    return NULL;
}

static enum stls_cell_expectation find_expectation(const struct stls_program *program,
                                                   const struct stls_lab_case *lab_case)
{
    if (lab_case->expectation == STLS_LAB_MUST_CONNECT) {
        return STLS_CELL_SERVED;
    }
    return program->verifies ? STLS_CELL_REFUSED_ANYWAY : STLS_CELL_REFUSED;
}

static void run_program(const struct stls_testbed *bed, const struct stls_program *program,
                        const char *directory, struct stls_lab_server *server, const char *host,
                        enum stls_preload mode, struct stls_trial *trial)
{
    struct stls_environment environment;
    struct stls_arguments arguments;
    char port[16];
    const struct stls_word words[] = {{"{host}", host},
                                      {"{port}", port},
                                      {"{ca}", bed->root},
                                      {"{clients}", bed->clients},
                                      {NULL, NULL}};
    stls_environment_init(&environment, bed, directory, mode);
    if (!program->verifies) {
        stls_environment_add(&environment, "OPENSSL_CONF", bed->openssl_cnf);
    }
    snprintf(port, sizeof(port), "%u", stls_lab_server_port(server));
    stls_arguments_fill(&arguments, program->argv, words);
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .env = environment.list,
        .input = program->input,
        .home = directory,
    };
    trial->error = stls_process_run(&command, RUN_TIMEOUT_MS, &trial->result);
    trial->outcome = stls_lab_server_take(server, TAKE_TIMEOUT_MS);
    trial->refusals = stls_environment_read_log(&environment, trial->log_line);
}

static void run_cell(struct stls_testbed *bed, const struct stls_program *program,
                     const struct stls_lab_case *lab_case, const char *directory,
                     struct stls_cell *cell)
{
    struct stls_trial trials[STLS_MODE_COUNT];
    char complaint[256];
    struct stls_cell_rules rules = {
        .program = strrchr(program->argv[0], '/') + 1,
        .connects_often = program->connects_often,
    };

    cell->reason = find_exception(program, lab_case);
    cell->expectation =
        cell->reason != NULL ? STLS_CELL_NOT_APPLICABLE : find_expectation(program, lab_case);
    if (cell->expectation == STLS_CELL_NOT_APPLICABLE) {
        return;
    }
    if (program->complaint != NULL && lab_case->verify_error != X509_V_OK &&
        !(is_address(lab_case) && program->hides_address)) {
        snprintf(complaint, sizeof(complaint), "%s%s", program->complaint,
                 X509_verify_cert_error_string(lab_case->verify_error));
        rules.complaint = complaint;
    }
    struct stls_lab_server *server = stls_lab_serve(bed->lab, lab_case);
    if (!stls_cell_is_ready(cell, server != NULL ? 0 : -errno, "the lab could not serve it")) {
        return;
    }
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        run_program(bed, program, directory, server, lab_case->host, mode, &trials[mode]);
    }
    stls_lab_server_stop(server);
    stls_cell_judge(cell, &rules, trials);
}

static size_t rows(void)
{
    size_t count;
    stls_programs(&count);
    return count;
}

static const char *row_name(size_t row)
{
    size_t count;
    return stls_programs(&count)[row].name;
}

static void run_row(struct stls_testbed *bed, size_t row, struct stls_cell *cells)
{
    size_t program_count;
    size_t case_count;
    const struct stls_program *program = &stls_programs(&program_count)[row];
    const struct stls_lab_case *cases = stls_lab_cases(&case_count);
    char directory[STLS_FILES_PATH_MAX];
    int error = stls_testbed_make_directory(bed, directory);
    for (size_t i = 0; i < case_count; i++) {
        if (error != 0) {
            stls_cell_fail(&cells[i], "no directory: %s", strerror(-error));
        } else {
            run_cell(bed, program, &cases[i], directory, &cells[i]);
        }
    }
}

const struct stls_suite *stls_clients_suite(void)
{
    static const struct stls_suite suite = {
        .name = "clients",
        .title = "Clients against the lab's servers",
        .rows = rows,
        .row_name = row_name,
        .columns = stls_suite_case_columns,
        .run_row = run_row,
    };
    return &suite;
}
