/* proxy.c - nginx with proxy_pass https:// and verification off, as a client of the lab's servers.
 *
 * The worker does the TLS: as another user where we are root, and with an empty environment.
 */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    TAKE_TIMEOUT_MS = 5000,
};

static const struct {
    const char *name;
    const char *sends_name; /* nginx's default is off */
    enum stls_program_reach reach;
} proxies[] = {
    {"nginx proxy_pass", "off", STLS_REACH_RESOLVED},
    {"nginx proxy_pass, name", "on", STLS_REACH_ANY_NAME},
};

static const char config[] = "daemon off;\n"
                             "worker_processes 1;\n"
                             "pid {directory}/nginx.pid;\n"
                             "error_log stderr notice;\n"
                             "events { worker_connections 64; }\n"
                             "http {\n"
                             "    access_log off;\n"
                             "    client_body_temp_path {directory}/body;\n"
                             "    proxy_temp_path {directory}/proxy;\n"
                             "    fastcgi_temp_path {directory}/fastcgi;\n"
                             "    uwsgi_temp_path {directory}/uwsgi;\n"
                             "    scgi_temp_path {directory}/scgi;\n"
                             "    server {\n"
                             "        listen unix:{directory}/nginx.sock;\n"
                             "        location / {\n"
                             "            proxy_pass https://127.0.0.1:{port};\n"
                             "            proxy_ssl_verify off;\n"
                             "            proxy_ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n"
                             "            proxy_ssl_ciphers ALL:eNULL:@SECLEVEL=0;\n"
                             "            proxy_ssl_server_name {sends_name};\n"
                             "            proxy_ssl_name {host};\n"
                             "        }\n"
                             "    }\n"
                             "}\n";

size_t stls_proxy_rows(void)
{
    return sizeof(proxies) / sizeof(proxies[0]);
}

const char *stls_proxy_name(size_t row)
{
    return proxies[row].name;
}

static int write_config(const struct stls_word *words, const char *path)
{
    char text[STLS_SERVICE_CONFIG_MAX];
    stls_arguments_expand(config, words, text, sizeof(text));
    return stls_files_write(path, text);
}

/* Makes nginx ask the lab once, by asking nginx. */
static void run_request(const char *directory, struct stls_trial *trial)
{
    char socket[STLS_FILES_PATH_MAX];
    trial->error = stls_files_join(socket, directory, "nginx.sock");
    if (trial->error != 0) {
        return;
    }
    const char *const argv[] = {
        "/usr/bin/curl",     "-q", "-sS", "--max-time", "15", "--unix-socket", socket,
        "http://localhost/", NULL};
    const struct stls_process_command command = {.argv = argv, .home = directory};
    trial->error = stls_process_run(&command, STLS_SERVICE_RUN_MS, &trial->result);
}

static void run_proxy(struct stls_testbed *bed, const char *directory, const char *config_path,
                      struct stls_lab_server *server, enum stls_preload mode,
                      struct stls_trial *trial)
{
    struct stls_environment environment;
    stls_environment_init(&environment, bed, directory, mode);
    stls_environment_add(&environment, "OPENSSL_CONF", bed->openssl_cnf);
    const char *const argv[] = {"/usr/sbin/nginx", "-p", directory,   "-e",
                                "stderr",          "-c", config_path, NULL};
    const struct stls_process_command command = {
        .argv = argv,
        .env = environment.list,
        .home = directory,
    };
    struct stls_process *nginx = stls_process_start(&command);
    if (nginx == NULL) {
        trial->error = -errno;
        return;
    }
    trial->error =
        stls_process_wait_output(nginx, 0, "start worker process ", STLS_SERVICE_START_MS);
    if (trial->error == 0) {
        run_request(directory, trial);
    }
    bool is_well = stls_process_end(nginx);
    trial->outcome = stls_lab_server_take(server, TAKE_TIMEOUT_MS);
    trial->refusals = stls_environment_read_log(&environment, trial->log_line);
    if (!is_well || strstr(stls_process_output(nginx, NULL), "exited on signal") != NULL) {
        trial->result.end = STLS_PROCESS_SIGNALLED;
        trial->result.code = 0;
    }
    /* What nginx said tells more than curl's 502. */
    if (trial->error == 0) {
        snprintf(trial->result.output, sizeof(trial->result.output), "%s",
                 stls_process_output(nginx, &trial->result.output_length));
        trial->result.output_length = strlen(trial->result.output);
    }
    stls_process_stop(nginx);
}

void stls_proxy_run_cell(struct stls_testbed *bed, size_t row, const struct stls_lab_case *lab_case,
                         const char *directory, struct stls_cell *cell)
{
    struct stls_trial trials[STLS_MODE_COUNT] = {{.outcome = STLS_LAB_NOTHING}};
    const struct stls_cell_rules rules = {.program = "nginx"};
    char config_path[STLS_FILES_PATH_MAX];
    char port[16];

    cell->reason = stls_service_exception(lab_case, proxies[row].reach);
    if (cell->reason != NULL) {
        cell->expectation = STLS_CELL_NOT_APPLICABLE;
        return;
    }
    cell->expectation =
        lab_case->expectation == STLS_LAB_MUST_CONNECT ? STLS_CELL_SERVED : STLS_CELL_REFUSED;
    struct stls_lab_server *server = stls_lab_serve(bed->lab, lab_case);
    if (!stls_cell_is_ready(cell, server != NULL ? 0 : -errno, "the lab could not serve it")) {
        return;
    }
    snprintf(port, sizeof(port), "%u", stls_lab_server_port(server));
    const struct stls_word words[] = {{"{host}", lab_case->host},
                                      {"{port}", port},
                                      {"{directory}", directory},
                                      {"{sends_name}", proxies[row].sends_name},
                                      {NULL, NULL}};
    int error = stls_files_join(config_path, directory, "nginx.conf");
    if (error == 0) {
        error = write_config(words, config_path);
    }
    for (enum stls_preload mode = STLS_BARE; error == 0 && mode < STLS_MODE_COUNT; mode++) {
        run_proxy(bed, directory, config_path, server, mode, &trials[mode]);
    }
    stls_lab_server_stop(server);
    if (error != 0) {
        stls_cell_fail(cell, "configuration: %s", strerror(-error));
        return;
    }
    stls_cell_judge(cell, &rules, trials);
}
