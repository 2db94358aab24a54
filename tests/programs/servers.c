/* servers.c - servers under the library: what old, weak, unknown and good clients get from them.
 *
 * Owns: the third suite of suite.h. The clients are bare `openssl s_client`s; a client is served if
 * the server's answer to its request arrives. Each cell has a server of its own, which ends before
 * its log is read: an alert is on the wire before its line is in the log.
 */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"

enum {
    WORD_COUNT = 6,
    START_TIMEOUT_MS = 15000,
    RUN_TIMEOUT_MS = 20000,
    EXIT_TIMEOUT_MS = 5000,
    CONFIG_MAX = 2048,
};

/* Words: {port}, {directory} (with the certificates), {clients}, {connections} (after so many it
 * ends), {session} (a file in which a client keeps its session). */
struct server {
    const char *name;
    const char *argv[STLS_ARGUMENTS_MAX];
    const char *config; /* goes to {directory}/server.conf; NULL: none */
    const char *ready;
    bool ends_by_itself; /* after {connections}; others end well when they are told to */
};

static const struct server servers[] = {
    {
        .name = "openssl s_server",
        .argv = {"/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:{port}", "-cert",
                 "{directory}/chain.pem", "-key", "{directory}/key.pem", "-www", "-cipher",
                 "ALL:eNULL:@SECLEVEL=0", "-naccept", "{connections}"},
        .ready = "ACCEPT",
        .ends_by_itself = true,
    },
    {
        .name = "nginx",
        .argv = {"/usr/sbin/nginx", "-p", "{directory}", "-e", "stderr", "-c",
                 "{directory}/server.conf"},
        .config = "daemon off;\n"
                  "worker_processes 1;\n"
                  "pid {directory}/nginx.pid;\n"
                  "error_log stderr notice;\n"
                  "events { worker_connections 64; }\n"
                  "http {\n"
                  "    access_log off;\n"
                  "    keepalive_timeout 0;\n"
                  "    client_body_temp_path {directory}/body;\n"
                  "    proxy_temp_path {directory}/proxy;\n"
                  "    fastcgi_temp_path {directory}/fastcgi;\n"
                  "    uwsgi_temp_path {directory}/uwsgi;\n"
                  "    scgi_temp_path {directory}/scgi;\n"
                  "    server {\n"
                  "        listen 127.0.0.1:{port} ssl;\n"
                  "        ssl_certificate {directory}/chain.pem;\n"
                  "        ssl_certificate_key {directory}/key.pem;\n"
                  "        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n"
                  "        ssl_ciphers ALL:eNULL:@SECLEVEL=0;\n"
                  "        return 200 hello;\n"
                  "    }\n"
                  "}\n",
        .ready = "start worker process ",
    },
    {
        .name = "python3 ssl server",
        .argv = {"/usr/bin/python3", "-B", "{clients}/py_server.py", "{port}",
                 "{directory}/chain.pem", "{directory}/key.pem", "{connections}"},
        .ready = "listening",
        .ends_by_itself = true,
    },
};

#define OLD_GROUP "clients of any server"
#define CERTIFICATE_GROUP "STRICTTLS_VERIFY_CLIENT=require"
#define GOOD_CLIENT "-cert", "{directory}/client-good.pem", "-key", "{directory}/client-good.key"
#define UNTRUSTED_CLIENT                                                                           \
    "-cert", "{directory}/client-untrusted.pem", "-key", "{directory}/client-untrusted.key"
#define WEAK "ALL:eNULL:@SECLEVEL=0"

struct scenario {
    struct stls_column column;
    bool requires_certificate; /* the server runs with STRICTTLS_VERIFY_CLIENT=require */
    bool resumes;              /* a second connection must resume the session of the first */
    const char *options[16];   /* of s_client */
};

static const struct scenario scenarios[] = {
    {{"modern client", OLD_GROUP, false}, false, false, {NULL}},
    {{"TLS 1.2 client", OLD_GROUP, false}, false, false, {"-tls1_2"}},
    {{"resumes in TLS 1.2", OLD_GROUP, false}, false, true, {"-tls1_2"}},
    {{"resumes in TLS 1.3", OLD_GROUP, false}, false, true, {"-tls1_3"}},
    {{"TLS 1.0 client", OLD_GROUP, true}, false, false, {"-tls1", "-cipher", WEAK}},
    {{"TLS 1.1 client", OLD_GROUP, true}, false, false, {"-tls1_1", "-cipher", WEAK}},
    {{"CBC client", OLD_GROUP, true}, false, false, {"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"}},
    {{"static RSA client", OLD_GROUP, true},
     false,
     false,
     {"-tls1_2", "-cipher", "AES128-GCM-SHA256"}},
    {{"NULL cipher client", OLD_GROUP, true},
     false,
     false,
     {"-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"}},
    {{"good certificate", CERTIFICATE_GROUP, false}, true, false, {GOOD_CLIENT}},
    {{"the same in TLS 1.2", CERTIFICATE_GROUP, false}, true, false, {"-tls1_2", GOOD_CLIENT}},
    {{"and resumes in 1.2", CERTIFICATE_GROUP, false}, true, true, {"-tls1_2", GOOD_CLIENT}},
    {{"and resumes in 1.3", CERTIFICATE_GROUP, false}, true, true, {"-tls1_3", GOOD_CLIENT}},
    {{"no certificate, 1.2", CERTIFICATE_GROUP, true}, true, false, {"-tls1_2"}},
    {{"no certificate, 1.3", CERTIFICATE_GROUP, true}, true, false, {"-tls1_3"}},
    {{"untrusted issuer, 1.2", CERTIFICATE_GROUP, true},
     true,
     false,
     {"-tls1_2", UNTRUSTED_CLIENT}},
    {{"untrusted issuer, 1.3", CERTIFICATE_GROUP, true},
     true,
     false,
     {"-tls1_3", UNTRUSTED_CLIENT}},
};

enum {
    SCENARIO_COUNT = sizeof(scenarios) / sizeof(scenarios[0]),
};

/* A row under way. */
struct visit {
    struct stls_testbed *bed;
    const struct server *server;
    char directory[STLS_FILES_PATH_MAX];
    char session[STLS_FILES_PATH_MAX];
    char port[16];
};

static void fill_words(const struct visit *visit, const struct scenario *scenario,
                       struct stls_word *words)
{
    const struct stls_word all[] = {{"{port}", visit->port},
                                    {"{directory}", visit->directory},
                                    {"{clients}", visit->bed->clients},
                                    {"{connections}", scenario->resumes ? "2" : "1"},
                                    {"{session}", visit->session},
                                    {NULL, NULL}};
    memcpy(words, all, sizeof(all));
}

static int write_config(const struct visit *visit, const struct stls_word *words)
{
    char text[CONFIG_MAX];
    char path[STLS_FILES_PATH_MAX];
    if (visit->server->config == NULL) {
        return 0;
    }
    stls_arguments_expand(visit->server->config, words, text, sizeof(text));
    int error = stls_files_join(path, visit->directory, "server.conf");
    return error != 0 ? error : stls_files_write(path, text);
}

static struct stls_process *start_server(struct visit *visit, const struct scenario *scenario,
                                         const struct stls_environment *environment,
                                         struct stls_cell *cell)
{
    struct stls_word words[WORD_COUNT];
    struct stls_arguments arguments;
    snprintf(visit->port, sizeof(visit->port), "%u", stls_process_free_port());
    fill_words(visit, scenario, words);
    stls_arguments_fill(&arguments, visit->server->argv, words);
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .env = environment->list,
        .home = visit->directory,
    };
    int error = write_config(visit, words);
    struct stls_process *server = error == 0 ? stls_process_start(&command) : NULL;
    if (server == NULL) {
        stls_cell_fail(cell, "%s: %s", arguments.argv[0], strerror(error != 0 ? -error : errno));
        return NULL;
    }
    error = stls_process_wait_output(server, 0, visit->server->ready, START_TIMEOUT_MS);
    if (error != 0) {
        stls_cell_fail(cell, "the server did not start (%s): %.400s", strerror(-error),
                       stls_process_output(server, NULL));
        stls_process_stop(server);
        return NULL;
    }
    return server;
}

/* One connection; session_option is -sess_out, -sess_in or NULL. */
static void run_client(const struct visit *visit, const struct scenario *scenario,
                       const char *session_option, struct stls_trial *trial)
{
    const char *pattern[STLS_ARGUMENTS_MAX + 1] = {"/usr/bin/openssl", "s_client", "-connect",
                                                   "127.0.0.1:{port}", "-ign_eof"};
    struct stls_word words[WORD_COUNT];
    struct stls_arguments arguments;
    size_t count = 5;
    for (size_t i = 0; scenario->options[i] != NULL; i++) {
        pattern[count++] = scenario->options[i];
    }
    if (session_option != NULL) {
        pattern[count++] = session_option;
        pattern[count++] = "{session}";
    }
    fill_words(visit, scenario, words);
    stls_arguments_fill(&arguments, pattern, words);
    const char *const env[] = {"OPENSSL_CONF=/dev/null", NULL};
    const struct stls_process_command command = {
        .argv = arguments.argv,
        .env = env,
        .input = "GET / HTTP/1.0\r\n\r\n",
        .home = visit->directory,
    };
    trial->error = stls_process_run(&command, RUN_TIMEOUT_MS, &trial->result);
    bool is_served = trial->error == 0 && strcasestr(trial->result.output, " 200 ok") != NULL;
    trial->outcome = is_served ? STLS_LAB_DATA : STLS_LAB_REFUSED;
}

/* A client that must resume is served only if it did. */
static void run_clients(const struct visit *visit, const struct scenario *scenario,
                        struct stls_trial *trial)
{
    if (!scenario->resumes) {
        run_client(visit, scenario, NULL, trial);
        return;
    }
    unlink(visit->session);
    run_client(visit, scenario, "-sess_out", trial);
    if (trial->outcome == STLS_LAB_DATA) {
        run_client(visit, scenario, "-sess_in", trial);
    }
    if (trial->outcome == STLS_LAB_DATA &&
        strstr(trial->result.output, "\nReused, TLSv1.") == NULL) {
        trial->outcome = STLS_LAB_FINISHED;
    }
}

/* False where the cell has failed already. */
static bool run_trial(struct visit *visit, const struct scenario *scenario, enum stls_preload mode,
                      struct stls_trial *trial, struct stls_cell *cell)
{
    struct stls_environment environment;
    stls_environment_init(&environment, visit->bed, visit->directory, mode);
    stls_environment_add(&environment, "OPENSSL_CONF", visit->bed->openssl_cnf);
    if (scenario->requires_certificate) {
        stls_environment_add(&environment, "STRICTTLS_VERIFY_CLIENT", "require");
    }
    struct stls_process *server = start_server(visit, scenario, &environment, cell);
    if (server == NULL) {
        return false;
    }
    run_clients(visit, scenario, trial);
    if (visit->server->ends_by_itself && !(scenario->resumes && trial->outcome != STLS_LAB_DATA)) {
        stls_process_wait_exit(server, EXIT_TIMEOUT_MS);
    }
    bool is_well = stls_process_end(server) &&
                   strstr(stls_process_output(server, NULL), "exited on signal") == NULL;
    if (!is_well) {
        stls_cell_fail(cell, "the server crashed");
    }
    stls_process_stop(server);
    trial->refusals = stls_environment_read_log(&environment, trial->log_line);
    return is_well;
}

static void run_cell(struct visit *visit, const struct scenario *scenario, struct stls_cell *cell)
{
    struct stls_trial trials[STLS_MODE_COUNT] = {{.outcome = STLS_LAB_NOTHING}};
    const struct stls_cell_rules rules = {
        .program = strrchr(visit->server->argv[0], '/') + 1,
    };
    cell->expectation = scenario->column.is_bad ? STLS_CELL_REFUSED : STLS_CELL_SERVED;
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        if (!run_trial(visit, scenario, mode, &trials[mode], cell)) {
            return;
        }
    }
    stls_cell_judge(cell, &rules, trials);
}

static int set_up(struct visit *visit)
{
    int error = stls_testbed_make_directory(visit->bed, visit->directory);
    if (error == 0) {
        error = stls_files_join(visit->session, visit->directory, "session.pem");
    }
    if (error == 0) {
        error = stls_testbed_write_identity(visit->bed, stls_lab_find_case("good-rsa"),
                                            visit->directory);
    }
    if (error == 0) {
        error =
            stls_testbed_write_client_identity(visit->bed, STLS_LAB_CLIENT_GOOD, visit->directory);
    }
    if (error == 0) {
        error = stls_testbed_write_client_identity(visit->bed, STLS_LAB_CLIENT_UNTRUSTED,
                                                   visit->directory);
    }
    return error;
}

static size_t rows(void)
{
    return sizeof(servers) / sizeof(servers[0]);
}

static const char *row_name(size_t row)
{
    return servers[row].name;
}

static size_t columns(struct stls_column *ret_columns)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        ret_columns[i] = scenarios[i].column;
    }
    return SCENARIO_COUNT;
}

static void run_row(struct stls_testbed *bed, size_t row, struct stls_cell *cells)
{
    struct visit visit = {.bed = bed, .server = &servers[row]};
    int error = set_up(&visit);
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        if (error != 0) {
            stls_cell_fail(&cells[i], "set-up: %s", strerror(-error));
        } else {
            run_cell(&visit, &scenarios[i], &cells[i]);
        }
    }
}

const struct stls_suite *stls_servers_suite(void)
{
    static const struct stls_suite suite = {
        .name = "servers",
        .title = "Servers, and what clients get from them",
        .rows = rows,
        .row_name = row_name,
        .columns = columns,
        .run_row = run_row,
    };
    return &suite;
}
