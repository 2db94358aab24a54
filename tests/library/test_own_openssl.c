/* test_own_openssl.c - a program with OpenSSL linked in whose functions it shows, as official
 * Node.js: there is no libssl, and no call of its own passes by a hook.
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
};

#define OWN STLS_LIBRARY_TESTS "own_openssl"
#define PART STLS_LIBRARY_TESTS "part_openssl"

struct row {
    char lab_case[16], habit[16], transport[16], setting[40];
    bool connects; /* preloaded; bare all do */
};

static struct row rows[] = {
    {"good-rsa", "verify", "socket", "STRICTTLS_MODE=enforce", true},
    {"good-rsa", "careless", "memory", "STRICTTLS_MODE=enforce", true},
    {"self-signed", "careless", "socket", "STRICTTLS_MODE=enforce", false},
    {"self-signed", "careless", "memory", "STRICTTLS_MODE=enforce", false},
    {"wrong-host", "verify", "socket", "STRICTTLS_MODE=enforce", false},
    {"good-tls12", "verify", "socket", "STRICTTLS_MIN_PROTOCOL=TLSv1.3", false},
    {"good-rsa", "verify", "socket", "STRICTTLS_NONSENSE=1", false},
    {"self-signed", "careless", "socket", "STRICTTLS_MODE=audit", true},
    {"self-signed", "careless", "socket", "STRICTTLS_MODE=off", true},
};

ParameterizedTestParameters(own_openssl, is_held)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

static bool connects(const char *program, const struct row *row, bool is_preloaded,
                     char output[STLS_PROCESS_OUTPUT_MAX])
{
    struct stls_lab *lab = stls_lab_new();
    struct stls_lab_server *server = stls_lab_serve(lab, stls_lab_find_case(row->lab_case));
    char directory[STLS_FILES_PATH_MAX], root[STLS_FILES_PATH_MAX], port[8];
    char preload[STLS_FILES_PATH_MAX + 16], anchors[STLS_FILES_PATH_MAX + 16];
    const char *library = getenv("STLS_LIBRARY");
    const char *argv[] = {program, port, root, row->habit, row->transport, NULL};
    const char *env[] = {anchors, is_preloaded ? preload : NULL, row->setting,
                         "STRICTTLS_LOG=stderr", NULL};
    struct stls_process_command what = {.argv = argv, .env = env};
    struct stls_process_result result;
    bool has_answer;

    cr_assert(library != NULL, "STLS_LIBRARY is not set");
    cr_assert(server != NULL, "%s: %s", row->lab_case, strerror(errno));
    cr_assert(stls_files_make_directory(directory) == 0);
    stls_files_join(root, directory, "root.pem");
    cr_assert(stls_lab_write_root(lab, root) == 0);
    snprintf(port, sizeof port, "%u", stls_lab_server_port(server));
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    snprintf(anchors, sizeof anchors, "SSL_CERT_FILE=%s", root);
    cr_assert(stls_process_run(&what, DEADLINE_MS, &result) == 0);
    cr_assert(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s", result.output);
    has_answer = strstr(result.output, "answered, with") != NULL;
    cr_expect_eq(stls_lab_server_take(server, DEADLINE_MS) == STLS_LAB_DATA, has_answer);
    memcpy(output, result.output, sizeof result.output);
    stls_lab_server_stop(server);
    stls_lab_free(lab);
    stls_files_remove_directory(directory);
    return has_answer;
}

ParameterizedTest(struct row *row, own_openssl, is_held, .timeout = 120)
{
    static char output[STLS_PROCESS_OUTPUT_MAX];
    bool is_told;

    cr_expect(connects(OWN, row, false, output), "bare: %s", output);
    cr_expect_eq(connects(OWN, row, true, output), row->connects, "%s, %s: %s", row->lab_case,
                 row->setting, output);
    is_told = strstr(output, "stricttls: ") != NULL;
    cr_expect_eq(is_told, !row->connects || strcmp(row->setting, "STRICTTLS_MODE=audit") == 0, "%s",
                 output);
}

/* One that lacks a function of those that we need can't be held; but that is told. */
Test(own_openssl, what_is_not_held_is_told, .timeout = 120)
{
    static const struct row row = {"good-rsa", "verify", "socket", "STRICTTLS_MODE=enforce", true};
    static char output[STLS_PROCESS_OUTPUT_MAX];

    cr_expect(connects(PART, &row, true, output), "%s", output);
    cr_expect(strstr(output, "this libssl is none that stricttls knows: it has no ") != NULL, "%s",
              output);
}
