/* test_names.c - whom does the library take a program to mean that never told OpenSSL?
 *
 * Each row is a victim's way to look a name up and to connect, against servers whose chains are
 * good: those of `accepted` name the host that the victim meant, those of `refused` another. Bare,
 * the victim talks to all of them. Names come from a hosts file of the test's own, by nss_wrapper.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bed.h"

enum {
    RUN_MS = 30000,
    THREADS_MS = 120000,
    TAKE_MS = 5000,
    CASES_MAX = 4,
    TEXT_MAX = 96,
};

#define FOO STLS_NAMES_FOO
#define OTHER STLS_NAMES_OTHER
#define LOCAL STLS_NAMES_LOCAL
#define NUMBER STLS_NAMES_NUMBER
#define NAME STLS_NAMES_NAME

struct row {
    char way[TEXT_MAX];
    char name[TEXT_MAX]; /* what the victim looks up; empty: foo.lab.example */
    char accepted[CASES_MAX][16];
    char refused[CASES_MAX][16];
    char identity[TEXT_MAX]; /* as the event of a refusal has it */
    char variable[64], value[STLS_FILES_PATH_MAX];
    bool is_wrapper_first; /* before our library, not after it */
};

#define FOO_BY(source)                                                                             \
    .accepted = {FOO}, .refused = {OTHER, LOCAL}, .identity = "foo.lab.example (" source ")"
#define FOO_OR_OTHER .accepted = {FOO, OTHER}, .refused = {LOCAL}
#define LOCAL_BY(source)                                                                           \
    .name = "localhost", .accepted = {LOCAL, NAME}, .refused = {OTHER, FOO, NUMBER},               \
    .identity = "localhost (" source ")"
#define LEFT_OUT(who) .refused = {FOO, OTHER, LOCAL}, .identity = who
#define NOBODY .refused = {FOO, OTHER, LOCAL}, .identity = ""

static struct row rows[] = {
    /* every function that makes addresses of names */
    {"getaddrinfo", FOO_BY("resolver")},
    {"gethostbyname", FOO_BY("resolver")},
    {"gethostbyname2", FOO_BY("resolver")},
    {"gethostbyname_r", FOO_BY("resolver")},
    {"gethostbyname2_r", FOO_BY("resolver")},
    {"getaddrinfo_a", LOCAL_BY("resolver")}, /* nss_wrapper leaves it to /etc/hosts */
    {"getaddrinfo_a-later", LOCAL_BY("resolver")},
    {"getaddrinfo_a-again", LOCAL_BY("resolver")},
    {"no-service", FOO_BY("resolver")},
    {"no-hints", FOO_BY("resolver")},
    {"ipv6", FOO_BY("resolver")},
    {"v4-mapped", FOO_BY("resolver")},

    /* what is asked for */
    {"getaddrinfo", .name = "foo.lab.example.", FOO_BY("resolver")},
    {"gethostbyname", .name = "FOO.Lab.Example", FOO_BY("resolver")},
    {"getaddrinfo", .name = "xn--bcher-kva.lab.example", .accepted = {FOO}, .refused = {OTHER},
     .identity = "xn--bcher-kva.lab.example (resolver)"},
    {"getaddrinfo", .name = "alias.lab.example", .accepted = {FOO}, .refused = {OTHER},
     .identity = "alias.lab.example (resolver)"},
    {"gethostbyname", .name = "alias.lab.example", .accepted = {FOO}, .refused = {OTHER},
     .identity = "alias.lab.example (resolver)"},
    {"getaddrinfo", LOCAL_BY("resolver")},
    {"getaddrinfo", .name = "127.0.0.1", .accepted = {NUMBER, LOCAL}, .refused = {NAME, FOO},
     .identity = "127.0.0.1 (address)"},
    {"gethostbyname", .name = "127.0.0.1", .accepted = {NUMBER, LOCAL}, .refused = {NAME, FOO},
     .identity = "127.0.0.1 (address)"},
    {"getaddrinfo", .name = "127.1", .accepted = {NUMBER}, .refused = {NAME},
     .identity = "127.0.0.1 (address)"},
    {"ipv6", .name = "::1", .accepted = {NUMBER}, .refused = {NAME}, .identity = "::1 (address)"},
    {"literal", .name = "127.0.0.1", .accepted = {NUMBER, LOCAL}, .refused = {NAME, FOO},
     .identity = "127.0.0.1 (address)"},

    /* where the socket is */
    {"rfd-wfd", FOO_BY("resolver")},
    {"socket-bio", FOO_BY("resolver")},
    {"descriptor-bio", FOO_BY("resolver")},
    {"buffered-bio", FOO_BY("resolver")},
    {"bio-chain", FOO_BY("resolver")},
    {"write-side-fd", FOO_BY("resolver")},
    {"own-bio-fd", FOO_BY("resolver")},
    {"connect-bio", FOO_BY("bio")},
    {"own-bio", FOO_BY("connect")},
    {"memory-bio", FOO_BY("connect")},
    {"bio-pair", FOO_BY("connect")},
    {"memory-bio", .name = "127.0.0.1", .accepted = {NUMBER}, .refused = {NAME},
     .identity = "127.0.0.1 (connect)"},

    /* who looks up, and when */
    {"resolver-thread", FOO_BY("resolver")},
    {"three-threads", FOO_BY("resolver")},
    {"memory-in-another-thread", NOBODY},
    {"other-in-another-thread", FOO_OR_OTHER,
     .identity = "foo.lab.example or other.example (resolver)"},
    {"stale-in-this-thread", FOO_OR_OTHER,
     .identity = "other.example or foo.lab.example (resolver)"},
    {"others-connect", FOO_BY("resolver")},
    {"stack-of-another-thread", FOO_OR_OTHER,
     .identity = "foo.lab.example or other.example (resolver)"},
    {"fork-after-look-up", FOO_BY("resolver")},
    {"fork-after-connect", FOO_BY("resolver")},
    {"fork-among-threads", FOO_BY("resolver")},
    {"among-signals", FOO_BY("resolver")},

    /* several names of one address */
    {"after-other", FOO_BY("resolver")},
    {"before-other", FOO_BY("resolver")},
    {"duplicated", FOO_BY("resolver")},
    {"both-first", FOO_OR_OTHER, .identity = "other.example or foo.lab.example (resolver)"},
    {"again", FOO_BY("resolver")},
    {"again-after-other", .accepted = {OTHER}, .refused = {FOO, LOCAL},
     .identity = "other.example (resolver)"},
    {"name-and-number", .accepted = {FOO}, .refused = {OTHER, NUMBER},
     .identity = "foo.lab.example (resolver)"},
    {"among-thousands", FOO_BY("resolver")},
    {"happy-eyeballs", FOO_BY("resolver")},
    {"non-blocking", FOO_BY("resolver")},

    /* detours: the name sent is not the proxy's */
    {"proxy", FOO_BY("sni")},
    {"proxy-in-memory", FOO_BY("sni")},
    {"proxy-without-name", .accepted = {OTHER}, .refused = {FOO},
     .identity = "other.example (resolver)"},
    {"socks", FOO_BY("sni")},
    {"socks-without-name", .accepted = {OTHER}, .refused = {FOO},
     .identity = "other.example (resolver)"},
    {"start-tls", FOO_BY("resolver")},
    {"unix-socket", NOBODY},
    {"unix-socket-in-memory", NOBODY},
    {"unix-socket", .accepted = {FOO, OTHER}, .variable = "STRICTTLS_UNKNOWN_HOST",
     .value = "allow"},
    {"name-server-between", FOO_BY("connect")},
    {"others-between", FOO_BY("connect")},
    {"two-at-once", FOO_OR_OTHER, .identity = "other.example or foo.lab.example (connect)"},
    {"named-two-at-once", FOO_BY("sni")},
    {"last-connect", FOO_BY("connect")},

    /* words of the policy */
    {"getaddrinfo", .accepted = {FOO, OTHER, LOCAL}, .variable = "STRICTTLS_CHECK_HOST",
     .value = "app"},
    {"getaddrinfo", .accepted = {FOO, OTHER, LOCAL}, .variable = "STRICTTLS_MODE", .value = "off"},
    /* a source that is left out has its answer all the same, and that is refused */
    {"getaddrinfo", LEFT_OUT("foo.lab.example (resolver)"), .variable = "STRICTTLS_HOST_SOURCES",
     .value = "app:sni:bio:address:connect"},
    {"memory-bio", LEFT_OUT("foo.lab.example (connect)"), .variable = "STRICTTLS_HOST_SOURCES",
     .value = "app:sni:bio:resolver:address"},
    {"connect-bio", LEFT_OUT("foo.lab.example (bio)"), .variable = "STRICTTLS_HOST_SOURCES",
     .value = "app:resolver"},
    {"proxy", LEFT_OUT("foo.lab.example (sni)"), .variable = "STRICTTLS_HOST_SOURCES",
     .value = "app:bio:resolver"},
    {"getaddrinfo", FOO_BY("resolver"), .variable = "STRICTTLS_HOST_SOURCES", .value = "resolver"},

    /* A library before ours answers by itself: all we see is the address. */
    {"getaddrinfo", .accepted = {LOCAL, NUMBER}, .refused = {FOO, OTHER},
     .identity = "127.0.0.1 (address)", .is_wrapper_first = true},
};

struct run {
    enum stls_lab_outcome outcome;
    int refusals;
    char line[STLS_LOG_LINE_MAX];
    struct stls_process_result result;
};

static void run_victim(const struct stls_testbed *bed, const char *directory, const struct row *row,
                       struct stls_lab_server *server, enum stls_preload mode, struct run *run)
{
    const char *argv[] = {STLS_NAMES_VICTIM, row->way,
                          row->name[0] != '\0' ? row->name : "foo.lab.example", NULL, NULL};
    struct stls_process_command command = {.argv = argv, .home = directory};
    struct stls_environment environment;
    char port[16];
    int error;

    snprintf(port, sizeof port, "%u", stls_lab_server_port(server));
    argv[3] = port;
    stls_names_environment(bed, directory, mode, row->is_wrapper_first, &environment);
    if (row->variable[0] != '\0')
        stls_environment_add(&environment, row->variable, row->value);
    command.env = environment.list;
    error = stls_process_run(&command, RUN_MS, &run->result);
    cr_assert(error == 0, "%s: %s", argv[0], strerror(-error));
    run->outcome = stls_lab_server_take(server, TAKE_MS);
    run->refusals = stls_environment_read_log(&environment, run->line);
}

static void expect(bool is_so, const struct row *row, const char *lab_case, const char *mode,
                   const struct run *run, const char *what)
{
    char end[64];

    stls_process_describe(&run->result, end, sizeof end);
    cr_expect(is_so, "%s %s %s, certificate %s, %s: %s (%s; %d events: %s); it %s: %.300s",
              row->way, row->name, row->value, lab_case, mode, what,
              stls_lab_outcome_name(run->outcome), run->refusals, run->line, end,
              run->result.output);
}

static void check(struct stls_testbed *bed, const char *directory, const struct row *row,
                  const char *lab_case, bool is_accepted)
{
    static struct run bare, ours;
    struct stls_lab_server *server = stls_lab_serve(bed->lab, stls_lab_find_case(lab_case));
    char identity[TEXT_MAX + 16];

    cr_assert(server != NULL, "%s: %s", lab_case, strerror(errno));
    run_victim(bed, directory, row, server, STLS_BARE, &bare);
    run_victim(bed, directory, row, server, STLS_PRELOADED, &ours);
    stls_lab_server_stop(server);

    expect(bare.outcome == STLS_LAB_DATA && bare.result.end == STLS_PROCESS_EXITED &&
               bare.result.code == 0,
           row, lab_case, "bare", &bare, "does not connect");
    if (is_accepted) {
        expect(ours.outcome == STLS_LAB_DATA && ours.result.code == 0, row, lab_case, "preloaded",
               &ours, "is refused");
        expect(ours.refusals == 0, row, lab_case, "preloaded", &ours, "an event");
        return;
    }
    expect(ours.outcome == STLS_LAB_REFUSED, row, lab_case, "preloaded", &ours, "is not refused");
    expect(ours.result.end == STLS_PROCESS_EXITED && ours.result.code == 1, row, lab_case,
           "preloaded", &ours, "does not fail well");
    expect(ours.refusals == 1, row, lab_case, "preloaded", &ours, "not one event");
    if (row->identity[0] == '\0') {
        expect(strstr(ours.line, "nobody knows which host the program meant") != NULL, row,
               lab_case, "preloaded", &ours, "the event knows a host");
        return;
    }
    snprintf(identity, sizeof identity, ", server %s", row->identity);
    expect(strstr(ours.line, identity) != NULL, row, lab_case, "preloaded", &ours,
           "the event has another identity");
    expect(strstr(ours.line, "; certificate names ") != NULL, row, lab_case, "preloaded", &ours,
           "the event does not say what the certificate names");
}

static void check_threads(struct stls_testbed *bed, const char *directory,
                          struct stls_process_result *result)
{
    struct stls_lab_server *name = stls_lab_serve(bed->lab, stls_lab_find_case(NAME));
    struct stls_lab_server *number = stls_lab_serve(bed->lab, stls_lab_find_case(NUMBER));
    char ports[2][16], anchors[STLS_FILES_PATH_MAX + 32], log[STLS_FILES_PATH_MAX + 32];
    /* Without random addresses: ThreadSanitizer knows only some layouts. */
    const char *argv[] = {"/usr/bin/setarch", "-R", STLS_NAMES_THREADS, ports[0], ports[1], NULL};
    const char *env[] = {anchors, log, "TSAN_OPTIONS=suppressions=" STLS_NAMES_SUPPRESSIONS, NULL};
    const struct stls_process_command command = {.argv = argv, .env = env, .home = directory};
    int error;

    cr_assert(name != NULL && number != NULL);
    snprintf(ports[0], sizeof ports[0], "%u", stls_lab_server_port(name));
    snprintf(ports[1], sizeof ports[1], "%u", stls_lab_server_port(number));
    snprintf(anchors, sizeof anchors, "SSL_CERT_FILE=%s", bed->root);
    snprintf(log, sizeof log, "STRICTTLS_LOG=file:%s/events", directory);
    error = stls_process_run(&command, THREADS_MS, result);
    stls_lab_server_stop(name);
    stls_lab_server_stop(number);
    cr_assert(error == 0, "%s: %s", argv[0], strerror(-error));
}

Test(names, threads_without_a_race, .timeout = 240)
{
    static struct stls_process_result result;
    struct stls_testbed bed;
    char directory[STLS_FILES_PATH_MAX];

    stls_names_bed_open(&bed, directory);
    check_threads(&bed, directory, &result);
    stls_testbed_close(&bed);
    cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s", result.output);
    cr_expect(strstr(result.output, "2048 handshakes, 0 wrong") != NULL, "%s", result.output);
    cr_expect(strstr(result.output, "ThreadSanitizer") == NULL, "%s", result.output);
}

Test(names, what_one_handshake_was_about_is_not_what_the_next_is)
{
    static const struct row row = {.way = "second-of-two"};
    static struct run run;
    struct stls_testbed bed;
    char directory[STLS_FILES_PATH_MAX];
    struct stls_lab_server *server;

    stls_names_bed_open(&bed, directory);
    server = stls_lab_serve(bed.lab, stls_lab_find_case(FOO));
    run_victim(&bed, directory, &row, server, STLS_BARE, &run);
    expect(run.result.code == 0, &row, FOO, "bare", &run, "does not connect");
    stls_lab_server_take(server, TAKE_MS);
    run_victim(&bed, directory, &row, server, STLS_PRELOADED, &run);
    expect(run.result.code == 1 && run.refusals == 1 &&
               strstr(run.line, ", server other.example (connect)") != NULL,
           &row, FOO, "preloaded", &run, "not the second alone");
    stls_lab_server_stop(server);
    stls_testbed_close(&bed);
}

#define NO_KEY "PinSHA256 = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define EXCEPTION "CheckHost = app\nReason = a test\nExpires = 2999-12-31"

/* A section about a port: the server's, or another. */
static const struct port_case {
    const char *way, *words;
    unsigned port; /* 0: the server's */
    const char *lab_case;
    bool is_refused;
} port_cases[] = {
    {"named-in-memory", NO_KEY, 0, FOO, true},
    {"named-in-memory", NO_KEY, 1, FOO, false},
    {"named-in-memory", EXCEPTION, 0, OTHER, false},
    /* one of several connections */
    {"named-two-at-once", NO_KEY, 0, FOO, true},
    {"named-two-at-once", NO_KEY, 1, FOO, false},
    {"named-two-at-once", EXCEPTION, 0, OTHER, true},
    /* unknown */
    {"named-in-another-thread", NO_KEY, 1, FOO, true},
    {"named-in-another-thread", EXCEPTION, 0, OTHER, true},
};

static void check_port(const struct stls_testbed *bed, const char *directory,
                       const struct port_case *test)
{
    static struct run run;
    struct row row = {.variable = "STRICTTLS_POLICY"};
    struct stls_lab_server *server = stls_lab_serve(bed->lab, stls_lab_find_case(test->lab_case));
    unsigned port = test->port != 0 ? test->port : stls_lab_server_port(server);
    char text[512];

    snprintf(text, sizeof text, "[host/foo.lab.example:%u]\n%s\n", port, test->words);
    snprintf(row.way, sizeof row.way, "%s", test->way);
    cr_assert(stls_files_join(row.value, directory, "policy.cnf") == 0 &&
              stls_files_write(row.value, text) == 0);
    run_victim(bed, directory, &row, server, STLS_PRELOADED, &run);
    expect(run.result.code == (test->is_refused ? 1 : 0), &row, test->lab_case, text, &run,
           test->is_refused ? "is not refused" : "is refused");
    stls_lab_server_stop(server);
}

/* Without a socket it is the port of one of the connections, or unknown: what may be elsewhere is
 * made no weaker, and what may be there no less strict. */
Test(names, a_section_about_a_port_only_tightens_where_the_port_is_unsure)
{
    struct stls_testbed bed;
    char directory[STLS_FILES_PATH_MAX];

    stls_names_bed_open(&bed, directory);
    for (size_t i = 0; i < sizeof port_cases / sizeof port_cases[0]; i++)
        check_port(&bed, directory, &port_cases[i]);
    stls_testbed_close(&bed);
}

/* The table is the only thing that is mapped without reserve here. */
static bool maps_a_table(const struct stls_testbed *bed, const char *mode)
{
    static struct stls_process_result result;
    char preload[STLS_FILES_PATH_MAX + 16];
    const char *argv[] = {
        "/usr/bin/strace", "-e",        "trace=mmap", "-E", preload, "-E", mode, "--",
        STLS_NAMES_ONCE,   "localhost", "9",          "1",  NULL};
    const struct stls_process_command command = {.argv = argv};

    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", bed->library);
    cr_assert(stls_process_run(&command, RUN_MS, &result) == 0);
    cr_assert(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s", result.output);
    return strstr(result.output, "MAP_ANONYMOUS|MAP_NORESERVE") != NULL;
}

Test(names, nothing_is_remembered_in_mode_off)
{
    struct stls_testbed bed;
    char directory[STLS_FILES_PATH_MAX];

    stls_names_bed_open(&bed, directory);
    cr_expect(maps_a_table(&bed, "STRICTTLS_MODE=enforce"));
    cr_expect(maps_a_table(&bed, "STRICTTLS_MODE=audit"));
    cr_expect(!maps_a_table(&bed, "STRICTTLS_MODE=off"));
    stls_testbed_close(&bed);
}

ParameterizedTestParameters(names, way)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, names, way, .timeout = 240)
{
    struct stls_testbed bed;
    char directory[STLS_FILES_PATH_MAX];

    stls_names_bed_open(&bed, directory);
    for (size_t i = 0; i < CASES_MAX && row->accepted[i][0] != '\0'; i++)
        check(&bed, directory, row, row->accepted[i], true);
    for (size_t i = 0; i < CASES_MAX && row->refused[i][0] != '\0'; i++)
        check(&bed, directory, row, row->refused[i], false);
    stls_testbed_close(&bed);
}
