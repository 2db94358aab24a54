/* services.c - runs the rows of service.h: starts a real server with the case's certificate, lets
 * the bare and the preloaded client speak to it, and reads in the server's record who got through.
 *
 * Owns: the second suite of suite.h.
 */
#include "suite.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service.h"

enum {
    WORD_COUNT = 7,
    RECORD_MAX = 64 * 1024,
};

/* A row under way. */
struct visit {
    struct stls_testbed *bed;
    const struct stls_service *service;
    const char *host;
    char directory[STLS_FILES_PATH_MAX];
    const char *programs;
    bool has_server_user; /* who runs the server, if it is not us */
    uid_t server_uid;
    gid_t server_gid;
    char user[64];
    char port[16];
};

static const char *mode_names[STLS_MODE_COUNT] = {"bare", "preloaded", "audited"};

const char *stls_service_exception(const struct stls_lab_case *lab_case,
                                   enum stls_program_reach reach)
{
    bool is_resolved =
        strcmp(lab_case->host, "127.0.0.1") == 0 || strcmp(lab_case->host, "localhost") == 0;
    if (!is_resolved && reach == STLS_REACH_RESOLVED) {
        return "connects only to what its name resolves to";
    }
    return NULL;
}

static const char *find_exception(const struct stls_service *service,
                                  const struct stls_lab_case *lab_case)
{
    switch (lab_case->flaw) {
    case STLS_LAB_FLAW_PROTOCOL:
    case STLS_LAB_FLAW_CIPHER:
        return "a real server, shown the case's certificate only";
    case STLS_LAB_FLAW_NONE:
    case STLS_LAB_FLAW_CHAIN:
    case STLS_LAB_FLAW_NAME:
        break;
    }
    if (strcmp(lab_case->name, "good-tls12") == 0 || strcmp(lab_case->name, "good-tls13") == 0) {
        return "a real server, shown the case's certificate only";
    }
    return stls_service_exception(lab_case, service->reach);
}

static enum stls_cell_expectation find_expectation(const struct stls_service *service,
                                                   const struct stls_lab_case *lab_case)
{
    if (lab_case->expectation == STLS_LAB_MUST_CONNECT) {
        return STLS_CELL_SERVED;
    }
    return service->verifies_chain && lab_case->flaw == STLS_LAB_FLAW_CHAIN
               ? STLS_CELL_REFUSED_ANYWAY
               : STLS_CELL_REFUSED;
}

static void fill_words(const struct visit *visit, const char *mark, struct stls_word *words)
{
    const struct stls_word all[] = {{"{host}", visit->host},
                                    {"{port}", visit->port},
                                    {"{ca}", visit->bed->root},
                                    {"{directory}", visit->directory},
                                    {"{programs}", visit->programs},
                                    {"{user}", visit->user},
                                    {"{mark}", mark},
                                    {NULL, NULL}};
    memcpy(words, all, sizeof(all));
}

/* Puts the words for a change of user before a server's command line. */
static void fill_server(const struct visit *visit, const char *const *pattern,
                        struct stls_arguments *arguments)
{
    const char *whole[STLS_ARGUMENTS_MAX + 1] = {NULL};
    struct stls_word words[WORD_COUNT + 1];
    char uid[32];
    char gid[32];
    size_t count = 0;
    if (visit->has_server_user) {
        snprintf(uid, sizeof(uid), "--reuid=%u", visit->server_uid);
        snprintf(gid, sizeof(gid), "--regid=%u", visit->server_gid);
        whole[count++] = "/usr/bin/setpriv";
        whole[count++] = uid;
        whole[count++] = gid;
        whole[count++] = "--clear-groups";
    }
    for (size_t i = 0; count < STLS_ARGUMENTS_MAX && pattern[i] != NULL; i++) {
        whole[count++] = pattern[i];
    }
    fill_words(visit, "", words);
    stls_arguments_fill(arguments, whole, words);
}

/* The server's side: everything OpenSSL has, so that it may show weak certificates. */
static void fill_server_environment(const struct visit *visit, struct stls_environment *environment)
{
    stls_environment_init(environment, visit->bed, visit->directory, STLS_BARE);
    stls_environment_add(environment, "OPENSSL_CONF", visit->bed->openssl_cnf);
}

static int set_up(struct visit *visit, char *problem, size_t size)
{
    struct stls_environment environment;
    struct stls_arguments arguments;
    struct stls_process_result result;
    struct passwd entry, *own = NULL, *server = NULL; /* rows run beside each other: the _r ones */
    char text[1024];

    (void)getpwuid_r(geteuid(), &entry, text, sizeof(text), &own);
    snprintf(visit->user, sizeof(visit->user), "%s", own != NULL ? own->pw_name : "nobody");
    visit->programs = "";
    if (visit->service->find_programs != NULL &&
        (visit->programs = visit->service->find_programs()) == NULL) {
        snprintf(problem, size, "its programs are not installed");
        return -ENOENT;
    }
    if (visit->service->server_user != NULL && geteuid() == 0) {
        (void)getpwnam_r(visit->service->server_user, &entry, text, sizeof(text), &server);
        if (server == NULL) {
            snprintf(problem, size, "no user %s", visit->service->server_user);
            return -ENOENT;
        }
        visit->has_server_user = true;
        visit->server_uid = server->pw_uid;
        visit->server_gid = server->pw_gid;
        if (chown(visit->directory, visit->server_uid, visit->server_gid) != 0) {
            snprintf(problem, size, "chown: %s", strerror(errno));
            return -errno;
        }
    }
    if (visit->service->setup[0] == NULL) {
        return 0;
    }
    fill_server(visit, visit->service->setup, &arguments);
    fill_server_environment(visit, &environment);
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .env = environment.list,
        .home = visit->directory,
    };
    int error = stls_process_run(&command, STLS_SERVICE_RUN_MS, &result);
    if (error == 0 && (result.end != STLS_PROCESS_EXITED || result.code != 0)) {
        error = -EIO;
    }
    if (error != 0) {
        snprintf(problem, size, "%s: %s: %.300s", arguments.argv[0], strerror(-error),
                 error == -EIO ? result.output : "");
    }
    return error;
}

/* The case's certificate, readable by who runs the server. */
static int write_identity(const struct visit *visit, const struct stls_lab_case *lab_case)
{
    static const char *const names[] = {"chain.pem", "key.pem"};
    int error = stls_testbed_write_identity(visit->bed, lab_case, visit->directory);
    for (size_t i = 0; error == 0 && visit->has_server_user && i < 2; i++) {
        char path[STLS_FILES_PATH_MAX];
        error = stls_files_join(path, visit->directory, names[i]);
        if (error == 0 && chown(path, visit->server_uid, visit->server_gid) != 0) {
            error = -errno;
        }
    }
    return error;
}

static int write_config(const struct visit *visit)
{
    struct stls_word words[WORD_COUNT + 1];
    char text[STLS_SERVICE_CONFIG_MAX];
    char path[STLS_FILES_PATH_MAX];
    if (visit->service->config == NULL) {
        return 0;
    }
    fill_words(visit, "", words);
    stls_arguments_expand(visit->service->config, words, text, sizeof(text));
    int error = stls_files_join(path, visit->directory, "server.conf");
    return error != 0 ? error : stls_files_write(path, text);
}

static struct stls_process *start_server(const struct visit *visit, struct stls_cell *cell)
{
    struct stls_environment environment;
    struct stls_arguments arguments;
    fill_server(visit, visit->service->server, &arguments);
    fill_server_environment(visit, &environment);
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .env = environment.list,
        .home = visit->directory,
    };
    struct stls_process *server = stls_process_start(&command);
    if (server == NULL) {
        stls_cell_fail(cell, "%s: %s", arguments.argv[0], strerror(errno));
        return NULL;
    }
    int error = stls_process_wait_output(server, 0, visit->service->ready, STLS_SERVICE_START_MS);
    if (error != 0) {
        stls_cell_fail(cell, "the server did not start (%s): %.400s", strerror(-error),
                       stls_process_output(server, NULL));
        stls_process_stop(server);
        return NULL;
    }
    return server;
}

static void run_client(const struct visit *visit, enum stls_preload mode, struct stls_trial *trial)
{
    struct stls_environment environment;
    struct stls_arguments arguments;
    struct stls_word words[WORD_COUNT + 1];
    fill_words(visit, mode_names[mode], words);
    stls_arguments_fill(&arguments, visit->service->client, words);
    stls_environment_init(&environment, visit->bed, visit->directory, mode);
    stls_environment_add(&environment, "OPENSSL_CONF", visit->bed->openssl_cnf);
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .env = environment.list,
        .home = visit->directory,
    };
    trial->error = stls_process_run(&command, STLS_SERVICE_RUN_MS, &trial->result);
    trial->refusals = stls_environment_read_log(&environment, trial->log_line);
}

/* What the server knows when it has ended, or before, where it has to be asked. */
static void read_record(const struct visit *visit, struct stls_process *server, char *record)
{
    if (visit->service->observe[0] == NULL) {
        stls_process_end(server);
        snprintf(record, RECORD_MAX, "%s", stls_process_output(server, NULL));
        return;
    }
    struct stls_arguments arguments;
    struct stls_word words[WORD_COUNT + 1];
    struct stls_process_result result = {.output = ""};
    fill_words(visit, "", words);
    stls_arguments_fill(&arguments, visit->service->observe, words);
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .home = visit->directory,
    };
    int error = stls_process_run(&command, STLS_SERVICE_RUN_MS, &result);
    snprintf(record, RECORD_MAX, "%s", error == 0 ? result.output : "");
}

static void run_cell(struct visit *visit, const struct stls_lab_case *lab_case,
                     struct stls_cell *cell)
{
    struct stls_trial trials[STLS_MODE_COUNT] = {{.outcome = STLS_LAB_NOTHING}};
    const struct stls_cell_rules rules = {
        .program = strrchr(visit->service->client[0], '/') + 1,
        .connects_often = visit->service->connects_often,
    };
    char record[RECORD_MAX];
    char proof[STLS_ARGUMENT_SIZE];

    visit->host = lab_case->host;
    snprintf(visit->port, sizeof(visit->port), "%u", stls_process_free_port());
    int error = write_identity(visit, lab_case);
    if (error == 0) {
        error = write_config(visit);
    }
    if (!stls_cell_is_ready(cell, error, "certificate or configuration")) {
        return;
    }
    struct stls_process *server = start_server(visit, cell);
    if (server == NULL) {
        return;
    }
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        run_client(visit, mode, &trials[mode]);
    }
    read_record(visit, server, record);
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        struct stls_word words[WORD_COUNT + 1];
        fill_words(visit, mode_names[mode], words);
        stls_arguments_expand(visit->service->record, words, proof, sizeof(proof));
        trials[mode].outcome = strstr(record, proof) != NULL ? STLS_LAB_DATA : STLS_LAB_REFUSED;
    }
    bool is_well = stls_process_stop(server);
    stls_cell_judge(cell, &rules, trials);
    if (!is_well) {
        stls_cell_fail(cell, "the server crashed");
    }
}

static void run_service_row(struct stls_testbed *bed, const struct stls_service *service,
                            const char *directory, struct stls_cell *cells)
{
    struct visit visit = {.bed = bed, .service = service, .host = "localhost"};
    size_t count;
    const struct stls_lab_case *cases = stls_lab_cases(&count);
    char problem[512];
    snprintf(visit.directory, sizeof(visit.directory), "%s", directory);
    int error = set_up(&visit, problem, sizeof(problem));
    for (size_t i = 0; i < count; i++) {
        cells[i].reason = find_exception(service, &cases[i]);
        cells[i].expectation = cells[i].reason != NULL ? STLS_CELL_NOT_APPLICABLE
                                                       : find_expectation(service, &cases[i]);
        if (cells[i].expectation == STLS_CELL_NOT_APPLICABLE) {
            continue;
        }
        if (error != 0) {
            stls_cell_fail(&cells[i], "set-up: %s", problem);
        } else {
            run_cell(&visit, &cases[i], &cells[i]);
        }
    }
}

static size_t rows(void)
{
    size_t count;
    stls_real_services(&count);
    return count + stls_proxy_rows();
}

static const char *row_name(size_t row)
{
    size_t count;
    const struct stls_service *services = stls_real_services(&count);
    return row < count ? services[row].name : stls_proxy_name(row - count);
}

static void run_row(struct stls_testbed *bed, size_t row, struct stls_cell *cells)
{
    size_t service_count;
    size_t case_count;
    const struct stls_service *services = stls_real_services(&service_count);
    const struct stls_lab_case *cases = stls_lab_cases(&case_count);
    char directory[STLS_FILES_PATH_MAX];
    int error = stls_testbed_make_directory(bed, directory);
    if (error == 0 && row < service_count) {
        run_service_row(bed, &services[row], directory, cells);
        return;
    }
    for (size_t i = 0; i < case_count; i++) {
        if (error != 0) {
            stls_cell_fail(&cells[i], "no directory: %s", strerror(-error));
        } else {
            stls_proxy_run_cell(bed, row - service_count, &cases[i], directory, &cells[i]);
        }
    }
}

const struct stls_suite *stls_services_suite(void)
{
    static const struct stls_suite suite = {
        .name = "services",
        .title = "Clients of real servers, and nginx as a client of the lab's",
        .rows = rows,
        .row_name = row_name,
        .columns = stls_suite_case_columns,
        .run_row = run_row,
    };
    return &suite;
}
