/* test_named_programs.c - real programs that send no name and check none, against the server they
 * mean and against one whose certificate is another's.
 *
 * As in test_names.c: bare, they talk to both; preloaded, to the right one only, and the event has
 * the name that they looked up. A daemon is asked for a connection by a bare program.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../programs/arguments.h"
#include "bed.h"

enum {
    RUN_MS = 20000,
    START_MS = 15000,
    TAKE_MS = 5000,
    ROWS_MAX = 64,
};

#define HOST "foo.lab.example"
#define REQUEST "GET / HTTP/1.0\r\n\r\n"

struct program {
    const char *name;
    const char *argv[24]; /* {host}, {port}, {clients}, {directory}, {own}: a port of a daemon's */
    const char *input;
    const char *config;  /* of a daemon, in {directory}/server.conf */
    const char *ready;   /* what a daemon says */
    const char *ask[16]; /* the program that asks it */
    const char *source;  /* of the identity; NULL: "resolver" */
    bool is_silent;      /* waits for the server to speak first: no data, even bare */
    bool connects_often;
};

static const struct program programs[] = {
    {.name = "socat nosni",
     .argv = {"/usr/bin/socat", "-t5", "-", "OPENSSL:{host}:{port},verify=0,nosni"},
     REQUEST},
    {.name = "s_client -noservername",
     .argv = {"/usr/bin/openssl", "s_client", "-connect", "{host}:{port}", "-noservername",
              "-quiet"},
     .input = REQUEST},
    {.name = "s_time",
     .argv = {"/usr/bin/openssl", "s_time", "-connect", "{host}:{port}", "-www", "/", "-new",
              "-time", "1"},
     .source = "bio",
     .connects_often = true},
    {.name = "check_http",
     .argv = {"/usr/lib/nagios/plugins/check_http", "-S", "-H", "{host}", "-p", "{port}"}},
    {.name = "check_tcp",
     .argv = {"/usr/lib/nagios/plugins/check_tcp", "-S", "-H", "{host}", "-p", "{port}", "-E", "-s",
              "GET / HTTP/1.0\\r\\n\\r\\n", "-e", "HTTP"}},
    {.name = "httping",
     .argv = {"/usr/bin/httping", "-l", "-c", "1", "-g", "https://{host}:{port}/"}},
    {.name = "redis-cli",
     .argv = {"/usr/bin/redis-cli", "--tls", "--insecure", "-h", "{host}", "-p", "{port}", "PING"},
     .connects_often = true},
    {.name = "perl Net::SSLeay",
     .argv = {"/usr/bin/perl", "{clients}/net_ssleay.pl", "{host}", "{port}"}},
    {.name = "perl IO::Socket::SSL",
     .argv = {"/usr/bin/perl", "-MIO::Socket::SSL", "-e",
              "my $s = IO::Socket::SSL->new(PeerAddr => '{host}', PeerPort => {port}, SSL_hostname "
              "=> '',"
              " SSL_verify_mode => 0) or die $SSL_ERROR; print $s qq{GET / HTTP/1.0\\r\\n\\r\\n};"
              " print <$s>"}},
    {.name = "python3 wrap_socket",
     .argv = {"/usr/bin/python3", "-c",
              "import socket, ssl; c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); c.check_hostname = "
              "False;"
              " c.verify_mode = ssl.CERT_NONE;"
              " s = c.wrap_socket(socket.create_connection(('{host}', {port})));"
              " s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); print(s.recv(99))"}},
    {.name = "python3 MemoryBIO",
     .argv = {"/usr/bin/python3", "-B", "{clients}/py_memory_bio.py", "{host}", "{port}",
              "no-name"},
     .source = "connect"},
    {.name = "ruby SSLSocket",
     .argv = {"/usr/bin/ruby", "{clients}/ssl_socket.rb", "{host}", "{port}"}},
    {.name = "php streams",
     .argv = {"/usr/bin/php", "-r",
              "$c = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => "
              "false,"
              " 'SNI_enabled' => false]]);"
              " $s = stream_socket_client('ssl://{host}:{port}', $n, $e, 10, "
              "STREAM_CLIENT_CONNECT, $c) or "
              "exit(1);"
              " fwrite($s, \"GET / HTTP/1.0\\r\\n\\r\\n\"); echo fread($s, 99);"}},
    {.name = "swaks",
     .argv = {"/usr/bin/swaks", "--tls-on-connect", "--server", "{host}", "--port", "{port}",
              "--to", "a@foo.lab.example", "--timeout", "2"}},
    {.name = "fetchmail",
     .argv = {"/usr/bin/fetchmail", "--nodetach", "--pidfile", "{directory}/fetchmail.pid",
              "--idfile", "{directory}/ids", "-f", "-"},
     .input = "poll {host} proto IMAP port {port} timeout 2 user a password b ssl no sslcertck\n",
     .source = "app",
     .is_silent = true},
    {.name = "stunnel",
     .argv = {"/usr/bin/stunnel", "{directory}/server.conf"},
     .config = "foreground = yes\npid =\ndebug = 5\n[out]\nclient = yes\naccept = 127.0.0.1:{own}\n"
               "connect = {host}:{port}\nsni =\n",
     .ready = "Configuration successful",
     .ask = {"/usr/bin/curl", "-q", "-sS", "--max-time", "10", "http://127.0.0.1:{own}/"}},
    {.name = "nginx",
     .argv = {"/usr/sbin/nginx", "-p", "{directory}", "-e", "stderr", "-c",
              "{directory}/server.conf"},
     .config = "daemon off;\npid {directory}/nginx.pid;\nerror_log stderr notice;\n"
               "events { worker_connections 64; }\n"
               "http { access_log off;\n"
               "  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;\n"
               "  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path "
               "{directory}/s;\n"
               "  server { listen 127.0.0.1:{own};\n"
               "    location / { proxy_pass https://{host}:{port}; proxy_ssl_verify off; } } }\n",
     .ready = "start worker process ",
     .ask = {"/usr/bin/curl", "-q", "-sS", "--max-time", "10", "http://127.0.0.1:{own}/"}},
    {.name = "haproxy",
     .argv = {"/usr/sbin/haproxy", "-W", "-db", "-f", "{directory}/server.conf"},
     .config = "global\n  nbthread 2\ndefaults\n  mode http\n  timeout connect 5s\n  timeout "
               "client 5s\n  timeout server 5s\n  retries 0\n"
               "frontend in\n  bind 127.0.0.1:{own}\n  default_backend out\n"
               "backend out\n  server a {host}:{port} ssl verify none\n",
     .source = "connect",
     .ready = "Loading success",
     .ask = {"/usr/bin/curl", "-q", "-sS", "--max-time", "10", "http://127.0.0.1:{own}/"}},
};

struct run {
    enum stls_lab_outcome outcome;
    int refusals;
    char line[STLS_LOG_LINE_MAX];
    struct stls_process_result result;
    char daemon[4096];
};

static int run_daemon(const struct program *program, const struct stls_word *words,
                      const struct stls_process_command *command, const char *directory,
                      struct run *run)
{
    struct stls_arguments ask;
    struct stls_process_command asking = {.argv = ask.argv, .home = directory};
    char text[2048], path[STLS_FILES_PATH_MAX];
    struct stls_process *daemon;
    int error;

    stls_arguments_expand(program->config, words, text, sizeof text);
    stls_files_join(path, directory, "server.conf");
    error = stls_files_write(path, text);
    daemon = error == 0 ? stls_process_start(command) : NULL;
    if (daemon == NULL)
        return error != 0 ? error : -errno;
    error = stls_process_wait_output(daemon, 0, program->ready, START_MS);
    stls_arguments_fill(&ask, program->ask, words);
    if (error == 0)
        error = stls_process_run(&asking, RUN_MS, &run->result);
    if (!stls_process_end(daemon))
        error = -ECHILD;
    snprintf(run->daemon, sizeof run->daemon, "%s", stls_process_output(daemon, NULL));
    stls_process_stop(daemon);
    return error;
}

static void run_program(const struct stls_testbed *bed, const char *directory,
                        const struct program *program, struct stls_lab_server *server,
                        enum stls_preload mode, struct run *run)
{
    struct stls_environment environment;
    struct stls_arguments arguments;
    struct stls_process_command command = {.argv = arguments.argv, .home = directory};
    char port[16], own[16], input[256];
    const struct stls_word words[] = {
        {"{host}", HOST},           {"{port}", port}, {"{own}", own}, {"{clients}", bed->clients},
        {"{directory}", directory}, {NULL, NULL}};
    int error;

    *run = (struct run){.refusals = 0};
    snprintf(port, sizeof port, "%u", stls_lab_server_port(server));
    snprintf(own, sizeof own, "%u", stls_process_free_port());
    stls_arguments_fill(&arguments, program->argv, words);
    if (program->input != NULL) {
        stls_arguments_expand(program->input, words, input, sizeof input);
        command.input = input;
    }
    stls_names_environment(bed, directory, mode, false, &environment);
    command.env = environment.list;
    error = program->config == NULL ? stls_process_run(&command, RUN_MS, &run->result)
                                    : run_daemon(program, words, &command, directory, run);
    cr_assert(error == 0, "%s: %s; %s", program->name, strerror(-error), run->daemon);
    run->outcome = stls_lab_server_take(server, TAKE_MS);
    run->refusals = stls_environment_read_log(&environment, run->line);
}

static void expect(bool is_so, const struct program *program, const char *who,
                   const struct run *run, const char *what)
{
    char end[64];

    stls_process_describe(&run->result, end, sizeof end);
    cr_expect(is_so, "%s, %s: %s (%s; %d events: %s); it %s: %.400s; %.800s", program->name, who,
              what, stls_lab_outcome_name(run->outcome), run->refusals, run->line, end,
              run->result.output, run->daemon);
}

static void check(struct stls_testbed *bed, const char *directory, const struct program *program,
                  const char *lab_case, bool is_right)
{
    static struct run bare, ours;
    struct stls_lab_server *server = stls_lab_serve(bed->lab, stls_lab_find_case(lab_case));
    enum stls_lab_outcome far = program->is_silent ? STLS_LAB_FINISHED : STLS_LAB_DATA;
    char identity[64];

    cr_assert(server != NULL, "%s: %s", lab_case, strerror(errno));
    run_program(bed, directory, program, server, STLS_BARE, &bare);
    run_program(bed, directory, program, server, STLS_PRELOADED, &ours);
    stls_lab_server_stop(server);

    expect(bare.outcome == far, program, is_right ? "bare, right" : "bare, wrong", &bare,
           "does not connect");
    expect(ours.result.end == STLS_PROCESS_EXITED, program, "preloaded", &ours,
           "does not end well");
    if (is_right) {
        expect(ours.outcome == far, program, "preloaded, right", &ours, "is refused");
        expect(ours.refusals == 0, program, "preloaded, right", &ours, "an event");
        return;
    }
    expect(ours.outcome == STLS_LAB_REFUSED, program, "preloaded, wrong", &ours, "is not refused");
    expect(ours.refusals == 1 || (ours.refusals > 1 && program->connects_often), program,
           "preloaded, wrong", &ours, "not one event");
    snprintf(identity, sizeof identity, ", server " HOST " (%s)",
             program->source != NULL ? program->source : "resolver");
    expect(strstr(ours.line, identity) != NULL, program, "preloaded, wrong", &ours,
           "the event has another identity");
}

ParameterizedTestParameters(names, program)
{
    static size_t rows[ROWS_MAX];
    size_t count = sizeof programs / sizeof programs[0];

    for (size_t i = 0; i < count; i++)
        rows[i] = i;
    return cr_make_param_array(size_t, rows, count);
}

ParameterizedTest(size_t *row, names, program, .timeout = 240)
{
    struct stls_testbed bed;
    char directory[STLS_FILES_PATH_MAX];

    stls_names_bed_open(&bed, directory);
    check(&bed, directory, &programs[*row], STLS_NAMES_FOO, true);
    check(&bed, directory, &programs[*row], STLS_NAMES_OTHER, false);
    stls_testbed_close(&bed);
}
