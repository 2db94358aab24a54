/* test_stack.c - how much of a thread's stack the library uses besides what OpenSSL does. Threads
 * and coroutines with 16 to 64 KiB are not rare, and the end of a stack is the end of the program.
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
    ALLOWED = 8 * 1024, /* bytes more than bare; the README says so */
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

/* Bytes of stack; has_answer: application data came back. sink NULL: bare. */
static size_t use(const struct bed *bed, const struct row *row, const char *named, const char *sink,
                  bool *has_answer)
{
    const char *library = getenv("STLS_LIBRARY");
    char port[8], preload[STLS_FILES_PATH_MAX + 16], policies[STLS_FILES_PATH_MAX + 32], log[64];
    const char *argv[] = {STLS_LITTLE_STACK, port, bed->root, row->habit, row->transport, NULL};
    const char *env[] = {preload, policies, log, "STRICTTLS_LOG_EVENTS=all", NULL};
    struct stls_process_command what = {.argv = argv, .env = sink != NULL ? env : NULL};
    struct stls_process_result result;
    const char *told;
    size_t used = 0;

    cr_assert(library != NULL, "STLS_LIBRARY is not set");
    snprintf(port, sizeof port, "%u", stls_lab_server_port(bed->server));
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    snprintf(policies, sizeof policies, "STRICTTLS_POLICY=%s", named);
    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", sink != NULL ? sink : "none");
    cr_assert(stls_process_run(&what, DEADLINE_MS, &result) == 0);
    told = strstr(result.output, ", with ");
    cr_assert(result.end == STLS_PROCESS_EXITED && result.code == 0 && told != NULL &&
                  sscanf(told, ", with %zu bytes", &used) == 1,
              "end %d, code %d: %s", (int)result.end, result.code, result.output);
    *has_answer = strstr(result.output, "answered, with") != NULL;
    cr_expect_eq(stls_lab_server_take(bed->server, DEADLINE_MS) == STLS_LAB_DATA, *has_answer);
    return used;
}

ParameterizedTestParameters(stack, little_is_needed)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, stack, little_is_needed, .timeout = 120)
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
