/* test_events.c - what the library tells of real handshakes: the facts, the kinds that were asked
 * for, how many, and what it could not tell.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../src/lab/lab.h"

#include "bed.h"

struct server {
    struct stls_lab *lab;
    struct stls_lab_server *server;
    char root[STLS_FILES_PATH_MAX], port[8];
};

static void serve(struct server *server, const struct bed *bed, const char *lab_case)
{
    server->lab = stls_lab_new();
    cr_assert(server->lab != NULL);
    stls_files_join(server->root, bed->directory, "root.pem");
    cr_assert_eq(stls_lab_write_root(server->lab, server->root), 0);
    server->server = stls_lab_serve(server->lab, stls_lab_find_case(lab_case));
    cr_assert(server->server != NULL, "%s", lab_case);
    snprintf(server->port, sizeof server->port, "%u", stls_lab_server_port(server->server));
}

static void stop(struct server *server)
{
    stls_lab_server_stop(server->server);
    stls_lab_free(server->lab);
}

struct row {
    char way[20], lab_case[16], mode[8];
    char verdict[16];
    char asked[48]; /* in the event */
    char call[48];  /* too, or empty */
};

/* Each way to ask for less, at a good server and at one that only it would have let pass. */
static struct row rows[] = {
    {"careful", "good-rsa", "enforce", "accepted", "", ""},
    {"careful", "good-rsa", "audit", "accepted", "", ""},
    {"no-verification", "self-signed", "enforce", "refused", "\"no-verification\"", ""},
    {"no-verification", "self-signed", "audit", "would-refuse", "\"no-verification\"", ""},
    {"no-verification", "good-rsa", "enforce", "adjusted", "\"no-verification\"", ""},
    {"no-verification", "good-rsa", "audit", "adjusted", "\"no-verification\"", ""},
    {"forgiving", "self-signed", "enforce", "refused", "\"stricttls.asked.forgiven\":18", ""},
    {"forgiving", "self-signed", "audit", "would-refuse", "\"stricttls.asked.forgiven\":18", ""},
    {"forgiving", "good-rsa", "enforce", "accepted", "", ""},
    {"own-verifier", "self-signed", "enforce", "refused", "\"own-verifier\"",
     "SSL_CTX_set_cert_verify_callback"},
    {"own-verifier", "self-signed", "audit", "would-refuse", "\"own-verifier\"",
     "SSL_CTX_set_cert_verify_callback"},
    {"no-host-name", "wrong-host", "enforce", "refused", "\"no-host-name\"", ""},
    {"no-host-name", "wrong-host", "audit", "would-refuse", "\"no-host-name\"", ""},
    {"no-host-name", "good-rsa", "enforce", "adjusted", "\"no-host-name\"", ""},
    {"other-server-name", "good-rsa", "enforce", "accepted", "\"stricttls.host.source\":\"app\"",
     ""},
    {"other-server-name", "wrong-host", "enforce", "refused", "\"stricttls.host.source\":\"app\"",
     ""},
    {"old-protocol", "good-rsa", "enforce", "adjusted", "\"protocol\"",
     "SSL_CTX_set_min_proto_version"},
    {"old-protocol", "good-rsa", "audit", "adjusted", "\"protocol\"",
     "SSL_CTX_set_min_proto_version"},
    {"weak-ciphers", "good-rsa", "enforce", "adjusted", "\"ciphers\"", "SSL_set_cipher_list"},
    {"weak-ciphers", "good-rsa", "audit", "adjusted", "\"ciphers\"", "SSL_set_cipher_list"},
    {"low-level", "good-rsa", "enforce", "adjusted", "\"security-level\"",
     "SSL_CTX_set_security_level"},
    {"low-level", "good-rsa", "audit", "adjusted", "\"security-level\"",
     "SSL_CTX_set_security_level"},
    {"other-groups", "good-rsa", "enforce", "adjusted", "\"groups\"", "SSL_CTX_set1_groups"},
    {"old-signatures", "good-rsa", "enforce", "adjusted", "\"sigalgs\"", "SSL_set1_sigalgs"},
};

ParameterizedTestParameters(events, tell_what_was_asked)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, events, tell_what_was_asked, .timeout = 120)
{
    char log[STLS_FILES_PATH_MAX + 32], mode[32], verdict[64], port[64];
    const char *settings[] = {log, mode, "STRICTTLS_LOG_FORMAT=json", "STRICTTLS_LOG_EVENTS=all",
                              NULL};
    struct server server;
    struct bed bed;
    char *events;

    bed_open(&bed);
    serve(&server, &bed, row->lab_case);
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", bed.sink);
    snprintf(mode, sizeof mode, "STRICTTLS_MODE=%s", row->mode);
    cr_assert(bed_run_preloaded(
                  &bed, settings,
                  (const char *const[]){"client", server.port, server.root, "1", row->way, NULL}),
              "%s", bed.result.output);
    cr_expect_str_eq(bed.result.output,
                     strcmp(row->verdict, "refused") == 0 ? "refused\n" : "connected\n");
    events = bed_read(bed.log);
    snprintf(verdict, sizeof verdict, "\"stricttls.verdict\":\"%s\"", row->verdict);
    snprintf(port, sizeof port, "\"server.port\":%s,", server.port);
    cr_expect(strstr(events, verdict) != NULL, "%s: %s", row->way, events);
    cr_expect(strstr(events, row->asked) != NULL, "%s: %s", row->way, events);
    cr_expect(row->call[0] == '\0' || strstr(events, row->call) != NULL, "%s: %s", row->way,
              events);
    cr_expect(strstr(events, port) != NULL && strstr(events, "\"localhost\"") != NULL &&
                  strstr(events, "\"127.0.0.1\"") != NULL,
              "%s", events);
    cr_expect(strstr(events, "\"tls.server.hash.sha256\":\"") != NULL &&
                  strstr(events, "\"tls.protocol.version\":\"1.") != NULL &&
                  strstr(events, "\"tls.cipher\":\"TLS_") != NULL,
              "%s", events);
    bed_validate(&bed, bed.log, 1);
    free(events);
    stop(&server);
    bed_close(&bed);
}

struct kinds {
    char setting[40];
    unsigned refused, adjusted, accepted;
};

static struct kinds kinds[] = {
    {"STRICTTLS_LOG_EVENTS=refused", 1, 0, 0},  {"STRICTTLS_LOG_EVENTS=adjusted", 0, 1, 0},
    {"STRICTTLS_LOG_EVENTS=accepted", 0, 0, 1}, {"STRICTTLS_LOG_EVENTS=refused:accepted", 1, 0, 1},
    {"STRICTTLS_LOG_EVENTS=all", 1, 1, 1},      {"STRICTTLS_LOG=none", 0, 0, 0},
};

ParameterizedTestParameters(events, of_the_kinds_that_are_wanted)
{
    return cr_make_param_array(struct kinds, kinds, sizeof kinds / sizeof kinds[0]);
}

ParameterizedTest(struct kinds *want, events, of_the_kinds_that_are_wanted, .timeout = 120)
{
    char log[STLS_FILES_PATH_MAX + 32];
    const char *settings[] = {log, "STRICTTLS_LOG_FORMAT=json", want->setting, NULL};
    struct server good, bad;
    struct bed bed;
    char *events;

    bed_open(&bed);
    serve(&bad, &bed, "self-signed");
    serve(&good, &bed, "good-rsa");
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", bed.sink);
    if (strcmp(want->setting, "STRICTTLS_LOG=none") == 0)
        settings[0] = "STRICTTLS_MODE=enforce";
    bed_run_preloaded(&bed, settings,
                      (const char *const[]){"client", bad.port, bad.root, "1", "careful", NULL});
    bed_run_preloaded(
        &bed, settings,
        (const char *const[]){"client", good.port, good.root, "1", "no-verification", NULL});
    bed_run_preloaded(&bed, settings,
                      (const char *const[]){"client", good.port, good.root, "1", "careful", NULL});
    events = bed_read(bed.log);
    cr_expect_eq(bed_count(events, "\"refused\""), want->refused, "%s: %s", want->setting, events);
    cr_expect_eq(bed_count(events, "\"adjusted\""), want->adjusted, "%s: %s", want->setting,
                 events);
    cr_expect_eq(bed_count(events, "\"accepted\""), want->accepted, "%s: %s", want->setting,
                 events);
    if (events[0] != '\0')
        bed_validate(&bed, bed.log, want->refused + want->adjusted + want->accepted);
    free(events);
    stop(&good);
    stop(&bad);
    bed_close(&bed);
}

Test(events, a_policy_that_cannot_be_obeyed, .timeout = 60)
{
    char log[STLS_FILES_PATH_MAX + 32];
    const char *settings[] = {log, "STRICTTLS_LOG_FORMAT=json", "STRICTTLS_MODE=mayb\x1b[2J", NULL};
    struct bed bed;
    char *events;

    bed_open(&bed);
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", bed.sink);
    bed_run_preloaded(&bed, settings,
                      (const char *const[]){"client", "1", "/dev/null", "1", "careful", NULL});
    cr_expect_str_eq(bed.result.output, "no context\n");
    events = bed_read(bed.log);
    cr_expect(strstr(events, "\"broken-policy\"") != NULL &&
                  strstr(events, "mayb\\\\x1b[2J") != NULL,
              "%s", events);
    bed_validate(&bed, bed.log, 1);
    free(events);
    bed_close(&bed);
}

/* A limit of 5 and 12 refusals: the first five are told, and the tenth tells of those between. Once
 * more where a minute ends meanwhile. */
Test(events, no_more_of_a_kind_than_the_limit, .timeout = 120)
{
    char log[STLS_FILES_PATH_MAX + 32];
    const char *limited[] = {log, "STRICTTLS_LOG_FORMAT=json", "STRICTTLS_LOG_RATE=5", NULL};
    const char *unlimited[] = {log, "STRICTTLS_LOG_FORMAT=json", "STRICTTLS_LOG_RATE=0", NULL};
    const char *argv[] = {"client", NULL, NULL, "12", "careful", NULL};
    struct server server;
    struct bed bed;
    time_t start;
    char *events;

    bed_open(&bed);
    serve(&server, &bed, "self-signed");
    argv[1] = server.port;
    argv[2] = server.root;
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", bed.sink);
    do {
        unlink(bed.log);
        start = time(NULL);
        cr_assert(bed_run_preloaded(&bed, limited, argv));
    } while (time(NULL) / 60 != start / 60);
    cr_expect_eq(bed_count(bed.result.output, "refused\n"), 12);
    events = bed_read(bed.log);
    cr_expect_eq(bed_count(events, "\"stricttls.held_back\":"), 1, "%s", events);
    cr_expect_eq(bed_count(events, "\"stricttls.held_back\":4,"), 1, "%s", events);
    free(events);
    bed_validate(&bed, bed.log, 6);
    cr_assert(bed_run_preloaded(&bed, unlimited, argv));
    bed_validate(&bed, bed.log, 6 + 12);
    stop(&server);
    bed_close(&bed);
}

/* The file's directory comes into being in between, so that three events are lost and three told.
 */
static void lose_three(const char *how, const char *told, size_t count)
{
    char directory[STLS_FILES_PATH_MAX], log[STLS_FILES_PATH_MAX], sink[STLS_FILES_PATH_MAX + 32];
    const char *settings[] = {sink, "STRICTTLS_LOG_FORMAT=json", NULL};
    struct server server;
    struct bed bed;
    char *events;

    bed_open(&bed);
    serve(&server, &bed, "self-signed");
    stls_files_join(directory, bed.directory, "later");
    stls_files_join(log, directory, "log");
    snprintf(sink, sizeof sink, "STRICTTLS_LOG=file:%s", log);
    cr_assert(bed_run_preloaded(&bed, settings,
                                (const char *const[]){"client", server.port, server.root, "6", how,
                                                      directory, NULL}),
              "%s", bed.result.output);
    events = bed_read(log);
    cr_expect_eq(bed_count(events, "\n"), 3, "%s", events);
    cr_expect_eq(bed_count(events, told), count, "%s", events);
    bed_validate(&bed, log, 3);
    free(events);
    stop(&server);
    bed_close(&bed);
}

Test(events, what_was_lost_is_told_when_it_can_be, .timeout = 60)
{
    lose_three("careful", "\"stricttls.lost\":3,", 1);
}

static struct stls_process *serve_names(struct bed *bed, const char *names, char port[8])
{
    char both[STLS_FILES_PATH_MAX], address[32];
    const char *make[] = {"/usr/bin/openssl", "req",   "-x509", "-newkey", "rsa:2048",
                          "-nodes",           "-subj", "/CN=n", "-addext", names,
                          "-keyout",          both,    "-out",  both,      NULL};
    const char *argv[] = {
        "/usr/bin/openssl", "s_server", "-accept", address, "-cert", both, "-www", NULL};
    struct stls_process_command command = {.argv = argv};
    struct stls_process *server;

    stls_files_join(both, bed->directory, "both.pem");
    cr_assert(bed_run(bed, NULL, make), "%s", bed->result.output);
    snprintf(port, 8, "%u", stls_process_free_port());
    snprintf(address, sizeof address, "127.0.0.1:%s", port);
    server = stls_process_start(&command);
    cr_assert(server != NULL && stls_process_wait_output(server, 0, "ACCEPT", DEADLINE_MS) == 0);
    return server;
}

/* A name that C would end in its middle, one that goes on as our own words do, and an escape. */
Test(events, names_of_a_certificate_are_told_as_they_are, .timeout = 60)
{
    static const char names[] = "subjectAltName=DER:30:35:82:12:62:61:6e:6b:2e:65:78:61:6d:70:6c:"
                                "65:00:2e:65:76:69:6c:82:18:78:3b:20:72:75:6c:65:20:6e:6f:6e:65:2c:"
                                "20:6c:6f:63:61:6c:68:6f:73:74:21:82:05:1b:5b:32:4a:c3";
    char log[STLS_FILES_PATH_MAX + 32], port[8];
    const char *settings[] = {log, NULL, NULL};
    struct stls_process *server;
    struct bed bed;
    char *events;

    bed_open(&bed);
    server = serve_names(&bed, names, port);
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", bed.sink);
    for (int is_json = 0; is_json < 2; is_json++) {
        settings[1] = is_json ? "STRICTTLS_LOG_FORMAT=json" : NULL;
        unlink(bed.log);
        bed_run_preloaded(
            &bed, settings,
            (const char *const[]){"client", port, "/dev/null", "1", "no-verification", NULL});
        events = bed_read(bed.log);
        cr_expect(strstr(events, is_json ? "\"bank.example\\\\x00.evil, x\\\\x3b\\\\x20rule"
                                         : " bank.example\\x00.evil, x\\x3b\\x20rule\\x20none\\x2c"
                                           "\\x20localhost!, \\x1b[2J\\xc3; TLS") != NULL,
                  "%s", events);
        free(events);
    }
    bed_validate(&bed, bed.log, 1);
    cr_expect(stls_process_stop(server));
    bed_close(&bed);
}

/* What a process lost before it forked is not each child's to tell. */
Test(events, a_child_has_counts_of_its_own, .timeout = 60)
{
    lose_three("in-children", "stricttls.lost", 0);
}

/* The number may be that of a connection by now. */
Test(events, never_into_what_got_the_number_of_stderr, .timeout = 60)
{
    static const char *const sinks[] = {"STRICTTLS_LOG=stderr", "STRICTTLS_LOG=auto"};
    struct server server;
    struct bed bed;

    bed_open(&bed);
    serve(&server, &bed, "good-rsa");
    for (size_t i = 0; i < sizeof sinks / sizeof sinks[0]; i++) {
        const char *settings[] = {sinks[i], "STRICTTLS_LOG_EVENTS=all", NULL};

        cr_assert(bed_run_preloaded(
            &bed, settings,
            (const char *const[]){"client", server.port, server.root, "1", "careful", NULL}));
        cr_expect_eq(strstr(bed.result.output, "stricttls: accepted: client[") != NULL, i == 0,
                     "%s", bed.result.output);
        cr_assert(bed_run_preloaded(
            &bed, settings,
            (const char *const[]){"client", server.port, server.root, "2", "no-stderr", NULL}));
        cr_expect_str_eq(bed.result.output, "connected\nconnected\nnothing came\n");
    }
    stop(&server);
    bed_close(&bed);
}
