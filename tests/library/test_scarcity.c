/* test_scarcity.c - what the library does where there is little stack or no memory: never crash,
 * and without memory never let pass what it would not with it. Threads and coroutines with 16 to 64
 * KiB are not rare, and the end of a stack is the end of the program.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lab/lab.h"
#include "../support/files.h"
#include "../support/process.h"

enum {
    DEADLINE_MS = 20000,
    ALLOWED = 8 * 1024,   /* bytes more than bare; the README says so */
    ALLOCATIONS_MAX = 60, /* of one run; the most seen are 31 */
};

struct row {
    char lab_case[16], habit[16], transport[16];
    bool is_refused; /* by intermediate */
};

static struct row rows[] = {
    {"good-rsa", "verify", "socket", false},
    {"good-rsa", "verify", "memory", false},
    {"self-signed", "careless", "socket", true},
    {"self-signed", "careless", "memory", true},
};

static const char *const sinks[] = {"none", "stderr", "syslog", "journal"};

/* Everything that a policy file can make the library do. */
static const char policy[] = "[policy]\nMinProtocol = TLSv1.3\nChainRules = webpki\n"
                             "PinSHA256 = 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
                             "[app/little_stack]\nPinSHA256 = none\nReason = past\n"
                             "Expires = 2020-01-01\n"
                             "[host/localhost]\nCipherString = HIGH:!aNULL\n"
                             "Reason = it is old\nExpires = 2099-01-01\n";
static const char broken[] = "[policy]\nMinProtocol = TLSv9\n";

struct bed {
    char directory[STLS_FILES_PATH_MAX], root[STLS_FILES_PATH_MAX];
    char policy[STLS_FILES_PATH_MAX], broken[STLS_FILES_PATH_MAX];
    struct stls_lab_server *server;
};

static void open_bed(struct bed *bed, const char *lab_case)
{
    struct stls_lab *lab = stls_lab_new();

    cr_assert(lab != NULL && stls_files_make_directory(bed->directory) == 0);
    stls_files_join(bed->root, bed->directory, "root.pem");
    stls_files_join(bed->policy, bed->directory, "policy.cnf");
    stls_files_join(bed->broken, bed->directory, "broken.cnf");
    cr_assert(stls_files_write(bed->policy, policy) == 0);
    cr_assert(stls_files_write(bed->broken, broken) == 0);
    cr_assert(stls_lab_write_root(lab, bed->root) == 0);
    bed->server = stls_lab_serve(lab, stls_lab_find_case(lab_case));
    cr_assert(bed->server != NULL, "%s: %s", lab_case, strerror(errno));
    stls_lab_free(lab);
}

static void close_bed(struct bed *bed)
{
    stls_lab_server_stop(bed->server);
    stls_files_remove_directory(bed->directory);
}

/* sink NULL: bare. fails: the number of the allocation that does, or 0. */
static void run(const struct bed *bed, const struct row *row, const char *named, const char *sink,
                unsigned fails, struct stls_process_result *result)
{
    const char *library = getenv("STLS_LIBRARY");
    char preload[2 * STLS_FILES_PATH_MAX], policies[STLS_FILES_PATH_MAX + 32];
    char port[8], log[64], number[32];
    const char *argv[] = {STLS_LITTLE_STACK, port, bed->root, row->habit, row->transport, NULL};
    const char *env[] = {preload, policies, log, number, "STRICTTLS_LOG_EVENTS=all", NULL};
    struct stls_process_command what = {.argv = argv, .env = sink != NULL ? env : NULL};

    cr_assert(library != NULL, "STLS_LIBRARY is not set");
    snprintf(port, sizeof port, "%u", stls_lab_server_port(bed->server));
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s%s", fails > 0 ? STLS_ALLOCATION_FAILS ":" : "",
             library);
    snprintf(policies, sizeof policies, "STRICTTLS_POLICY=%s", named);
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", sink != NULL ? sink : "none");
    snprintf(number, sizeof number, "ALLOCATION_FAILS=%u", fails);
    cr_assert(stls_process_run(&what, DEADLINE_MS, result) == 0);
    cr_assert(result->end == STLS_PROCESS_EXITED && result->code == 0,
              "%s, allocation %u: end %d, code %d: %s", named, fails, (int)result->end,
              result->code, result->output);
}

/* By what came back, which the server must have seen as well. */
static bool is_answered(const struct bed *bed, const struct stls_process_result *result)
{
    bool has_answer = strstr(result->output, "answered, with") != NULL;

    cr_expect_eq(stls_lab_server_take(bed->server, DEADLINE_MS) == STLS_LAB_DATA, has_answer, "%s",
                 result->output);
    return has_answer;
}

/* Bytes of stack. */
static size_t use(const struct bed *bed, const struct row *row, const char *named, const char *sink,
                  bool *has_answer)
{
    struct stls_process_result result;
    const char *told;
    size_t used = 0;

    run(bed, row, named, sink, 0, &result);
    told = strstr(result.output, ", with ");
    cr_assert(told != NULL && sscanf(told, ", with %zu bytes", &used) == 1, "%s", result.output);
    *has_answer = is_answered(bed, &result);
    return used;
}

ParameterizedTestParameters(scarcity, little_stack_is_needed)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, scarcity, little_stack_is_needed, .timeout = 120)
{
    struct bed bed;
    bool has_answer;
    size_t bare, used, most = 0;

    open_bed(&bed, row->lab_case);
    bare = use(&bed, row, "", NULL, &has_answer);
    cr_expect(has_answer, "bare");
    for (size_t i = 0; i < sizeof sinks / sizeof sinks[0]; i++) {
        const char *const policies[] = {"intermediate", "audit", bed.policy, bed.broken};

        for (size_t j = 0; j < 4; j++) {
            used = use(&bed, row, policies[j], sinks[i], &has_answer);
            cr_expect_eq(has_answer, j == 1 || (j == 0 && !row->is_refused), "%s %s", policies[j],
                         sinks[i]);
            cr_expect(used <= bare + ALLOWED, "%s, policy %s, log %s: %zu bytes, bare %zu",
                      row->lab_case, policies[j], sinks[i], used, bare);
            most = used > most ? used : most;
        }
    }
    printf("%s, %s, %s: %zu bytes bare, at most %zu\n", row->lab_case, row->habit, row->transport,
           bare, most);
    cr_expect(most > bare, "the library was not there");
    close_bed(&bed);
}

/* Each allocation in turn; the last ones never happen. */
ParameterizedTestParameters(scarcity, no_memory_opens_nothing)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, scarcity, no_memory_opens_nothing, .timeout = 300)
{
    struct stls_process_result result;
    struct bed bed;
    unsigned refusals = 0;

    open_bed(&bed, row->lab_case);
    run(&bed, row, "", NULL, 0, &result);
    cr_expect(is_answered(&bed, &result), "bare: %s", result.output);
    for (unsigned fails = 1; fails <= ALLOCATIONS_MAX; fails++) {
        const char *const policies[] = {"intermediate", bed.policy};

        for (size_t j = 0; j < 2; j++) {
            bool has_answer;

            run(&bed, row, policies[j], "stderr", fails, &result);
            has_answer = is_answered(&bed, &result);
            /* Without memory for a copy of the environment there is nothing but intermediate. */
            cr_expect(!has_answer || (!row->is_refused && (j == 0 || fails == 1)),
                      "%s, allocation %u: %s", policies[j], fails, result.output);
            refusals += j == 0 && !has_answer;
        }
    }
    cr_expect(row->is_refused || (refusals > 0 && refusals < ALLOCATIONS_MAX / 2),
              "%u refusals: does it fail?", refusals);
    close_bed(&bed);
}

/* The same of OpenSSL's own allocations, in the middle of a handshake. */
struct memory_row {
    char lab_case[16], host[16], habit[16];
    bool is_refused;
};

static struct memory_row memory_rows[] = {
    {"self-signed", "localhost", "careless", true},
    {"good-rsa", "other.example", "verify", true},
    {"good-rsa", "localhost", "verify", false},
};

ParameterizedTestParameters(scarcity, openssl_without_memory)
{
    return cr_make_param_array(struct memory_row, memory_rows,
                               sizeof memory_rows / sizeof memory_rows[0]);
}

ParameterizedTest(struct memory_row *row, scarcity, openssl_without_memory, .timeout = 300)
{
    struct bed bed;
    char port[8], preload[STLS_FILES_PATH_MAX + 16];
    const char *argv[] = {STLS_LITTLE_MEMORY, port, bed.root, row->host, row->habit, "7", NULL};
    const char *env[] = {preload, "STRICTTLS_LOG=none", NULL};

    open_bed(&bed, row->lab_case);
    snprintf(port, sizeof port, "%u", stls_lab_server_port(bed.server));
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", getenv("STLS_LIBRARY"));
    for (int is_strict = 0; is_strict < 2; is_strict++) {
        struct stls_process_command what = {.argv = argv, .env = is_strict ? env : NULL};
        unsigned answered = 0, failed = 0, crashed = 0;
        struct stls_process_result result;
        bool is_data;

        cr_assert(stls_process_run(&what, 10 * DEADLINE_MS, &result) == 0);
        cr_assert(sscanf(result.output, "%u answered, %u failed, %u crashed", &answered, &failed,
                         &crashed) == 3,
                  "%s", result.output);
        is_data = stls_lab_server_take(bed.server, DEADLINE_MS) == STLS_LAB_DATA;
        cr_expect(crashed == 0 && failed > 20, "%s", result.output);
        cr_expect_eq(answered > 0, !is_strict || !row->is_refused, "%s", result.output);
        cr_expect_eq(is_data, answered > 0);
    }
    close_bed(&bed);
}
