/* test_library.c - what the library is as a file, and what it does where there is no TLS: nothing.
 */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/files.h"
#include "../support/process.h"

enum {
    DEADLINE_MS = 20000,
    ROWS_MAX = 256,
};

static const char *library(void)
{
    const char *path = getenv("STLS_LIBRARY");

    cr_assert(path != NULL, "STLS_LIBRARY is not set");
    return path;
}

static const char *command(void)
{
    const char *path = getenv("STLS_COMMAND");

    cr_assert(path != NULL, "STLS_COMMAND is not set");
    return path;
}

static void run(const char *const *argv, const char *const *env, struct stls_process_result *result)
{
    struct stls_process_command what = {.argv = argv, .env = env};
    int ret = stls_process_run(&what, DEADLINE_MS, result);

    cr_assert(ret == 0, "%s: %s", argv[0], strerror(-ret));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Words of text that stand in the line's field (from 0), one a line, sorted. */
static size_t field_of_lines(char *text, size_t field, char **words)
{
    size_t count = 0;
    char *line;

    while ((line = strsep(&text, "\n")) != NULL && count < ROWS_MAX) {
        char *word = NULL;

        for (size_t i = 0; i <= field && line != NULL; i++)
            do
                word = strsep(&line, " \t");
            while (word != NULL && *word == '\0');
        if (word != NULL && *word != '\0')
            words[count++] = word;
    }
    qsort(words, count, sizeof words[0], compare);
    return count;
}

/* A name too many is a risk to every program; a name too few is a hook that never runs. */
Test(library, exports_exactly_the_hooks)
{
    const char *hooks[] = {
#define HOOK(name, group) #name,
#include "../../src/shim/hooks.def"
#undef HOOK
    };
    const char *argv[] = {"/usr/bin/nm", "-D", "--defined-only", library(), NULL};
    struct stls_process_result result;
    char *exported[ROWS_MAX];
    size_t count, wanted = sizeof hooks / sizeof hooks[0];

    run(argv, NULL, &result);
    count = field_of_lines(result.output, 2, exported);
    qsort(hooks, wanted, sizeof hooks[0], compare);
    cr_assert(count == wanted, "%zu names are exported, %zu are hooks", count, wanted);
    for (size_t i = 0; i < wanted; i++)
        cr_expect_str_eq(exported[i], hooks[i]); /* with a version it would read name@@version */
}

Test(library, needs_libc_and_the_loader_only)
{
    const char *argv[] = {"/usr/bin/readelf", "-d", library(), NULL};
    struct stls_process_result result;
    char *rest, *line;

    run(argv, NULL, &result);
    cr_assert(strstr(result.output, "NEEDED") != NULL);
    cr_expect(strstr(result.output, "TEXTREL") == NULL);
    for (rest = result.output; (line = strsep(&rest, "\n")) != NULL;)
        if (strstr(line, "NEEDED") != NULL)
            cr_expect(strstr(line, "[libc.so.6]") != NULL || strstr(line, "[ld-linux-") != NULL,
                      "%s", line);
}

/* Built here, it loads where glibc is older: a symbol's newest version is taken by name, not bound.
 */
Test(library, loads_with_the_glibc_of_debian_11)
{
    const char *argv[] = {"/usr/bin/readelf", "-W", "--version-info", library(), NULL};
    const char *version;
    struct stls_process_result result;

    run(argv, NULL, &result);
    version = strstr(result.output, "GLIBC_2.");
    cr_assert(version != NULL);
    for (; version != NULL; version = strstr(version + 1, "GLIBC_2."))
        cr_expect(strtol(version + strlen("GLIBC_2."), NULL, 10) <= 31, "%.12s", version);
}

static void preload_variable(char *text, size_t size)
{
    snprintf(text, size, "LD_PRELOAD=%s", library());
}

/* The files that a program opens, from strace, one a line. */
static void files_opened(const char *preload, char *ret, size_t size)
{
    const char *argv[] = {
        "/usr/bin/strace", "-f", "-e", "trace=open,openat,creat", "-E", preload, "--",
        "/bin/ls",         "/",  NULL};
    struct stls_process_result result;
    char *rest = result.output, *line;

    run(argv, NULL, &result);
    cr_assert(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s", result.output);
    ret[0] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *start = strchr(line, '"');
        char *end = start != NULL ? strchr(start + 1, '"') : NULL;

        if (end == NULL || strncmp(line, "open", 4) != 0 || strstr(line, "ENOENT") != NULL)
            continue;
        snprintf(ret + strlen(ret), size - strlen(ret), "%.*s\n", (int)(end - start - 1),
                 start + 1);
    }
}

Test(library, opens_no_file_but_itself)
{
    char preload[STLS_FILES_PATH_MAX + 16];
    char bare[8192], preloaded[8192], *ours;

    preload_variable(preload, sizeof preload);
    files_opened("NOTHING=here", bare, sizeof bare);
    files_opened(preload, preloaded, sizeof preloaded);
    ours = strstr(preloaded, library());
    cr_assert(ours != NULL, "the library was not loaded:\n%s", preloaded);
    memmove(ours, ours + strlen(library()) + 1, strlen(ours + strlen(library()) + 1) + 1);
    /* The loader itself is NEEDED by us, but is there already. */
    cr_expect_str_eq(preloaded, bare);
    cr_expect(strstr(preloaded, "libssl") == NULL);
}

Test(library, says_nothing_where_there_is_no_tls)
{
    char preload[STLS_FILES_PATH_MAX + 16];
    const char *const argv[] = {"/bin/echo", "hello", NULL};
    const char *env[] = {preload, "STRICTTLS_LOG=stderr", "STRICTTLS_MODE=nonsense", NULL};
    struct stls_process_result result;

    preload_variable(preload, sizeof preload);
    run(argv, env, &result);
    cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 0);
    cr_expect_str_eq(result.output, "hello\n");
}

/* Each value that makes no sense refuses the context, and both error queue and log say which. */
Test(library, a_broken_policy_refuses_every_context)
{
    static const char *const broken[] = {
        "STRICTTLS_MODE=maybe",          "STRICTTLS_POLICY=lax",
        "STRICTTLS_MIN_PROTOCOL=SSLv3",  "STRICTTLS_CIPHERS=NO-SUCH-CIPHER:ECDHE",
        "STRICTTLS_CIPHERSUITES=TLS_X",  "STRICTTLS_GROUPS=P-1",
        "STRICTTLS_VERIFY_PEER=no",      "STRICTTLS_VERIFY_CLIENT=no",
        "STRICTTLS_CHECK_HOST=no",       "STRICTTLS_UNKNOWN_HOST=no",
        "STRICTTLS_TRUST_STORE=nowhere", "STRICTTLS_SECURITY_LEVEL=9",
        "STRICTTLS_MIN_PROTOCL=TLSv1.3", /* a variable that is not there */
    };
    const char *const argv[] = {"/usr/bin/openssl", "ciphers", "-s", "-v", NULL};

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char preload[STLS_FILES_PATH_MAX + 16], event[256], error[256];
        const char *env[] = {preload, "STRICTTLS_LOG=stderr", broken[i], NULL};
        struct stls_process_result result;

        preload_variable(preload, sizeof preload);
        run(argv, env, &result);
        cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 1, "%s", broken[i]);
        snprintf(event, sizeof event, "]: %s: ", broken[i]);
        snprintf(error, sizeof error, "bad value:stricttls:0:%s: ", broken[i]);
        cr_expect(strstr(result.output, "stricttls: refused all TLS: openssl[") != NULL &&
                      strstr(result.output, event) != NULL,
                  "no event of %s in:\n%s", broken[i], result.output);
        cr_expect(strstr(result.output, error) != NULL, "no error of %s in:\n%s", broken[i],
                  result.output);
    }
}

/* LibreSSL and BoringSSL have their names from OpenSSL, and not all of its functions. */
Test(library, an_unknown_libssl_is_refused)
{
    static const struct {
        const char *mode, *expected;
        int code;
    } rows[] = {
        {"off", "connected\n", 0}, {"audit", "connected\n", 0}, {"enforce", "no context\n", 1}};
    static const char event[] = "stricttls: refused all TLS: unknown_client[";
    const char *argv[] = {STLS_UNKNOWN_CLIENT, NULL};
    struct stls_process_result result;

    run(argv, NULL, &result);
    cr_expect_str_eq(result.output, "connected\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char preload[STLS_FILES_PATH_MAX + 16], mode[64];
        const char *env[] = {preload, mode, "STRICTTLS_LOG=stderr", NULL};
        bool is_refused = rows[i].code != 0;

        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library());
        snprintf(mode, sizeof mode, "STRICTTLS_MODE=%s", rows[i].mode);
        run(argv, env, &result);
        cr_expect(result.end == STLS_PROCESS_EXITED && result.code == rows[i].code, "%s: %s",
                  rows[i].mode, result.output);
        cr_expect(strstr(result.output, rows[i].expected) != NULL, "%s: %s", rows[i].mode,
                  result.output);
        cr_expect((strstr(result.output, event) != NULL &&
                   strstr(result.output, "none that stricttls knows: it has no ") != NULL) ==
                      is_refused,
                  "%s: %s", rows[i].mode, result.output);
    }
}

Test(library, what_it_keeps_is_no_leak)
{
    static const char *const modes[] = {"off", "audit", "enforce"};
    const char *argv[] = {STLS_LIVE_AT_EXIT, NULL};
    struct stls_process_result result;

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        char preload[STLS_FILES_PATH_MAX + 16], mode[64];
        const char *env[] = {preload, mode, NULL};

        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library());
        snprintf(mode, sizeof mode, "STRICTTLS_MODE=%s", modes[i]);
        run(argv, env, &result);
        cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s: %s", modes[i],
                  result.output);
    }
}

/* Their dlsym is ours, before there is a strcmp. */
Test(library, programs_with_a_sanitizer_start)
{
    static const char *const programs[] = {STLS_SANITIZED "address", STLS_SANITIZED "thread"};
    char preload[STLS_FILES_PATH_MAX + 16];
    const char *strict[] = {preload, NULL}, *broken[] = {preload, "STRICTTLS_MODE=none", NULL};
    const char *const *const environments[] = {NULL, strict, broken};
    struct stls_process_result result;

    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library());
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        for (size_t j = 0; j < 3; j++) {
            const char *argv[] = {programs[i], NULL};

            run(argv, environments[j], &result);
            cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 0 &&
                          strstr(result.output, j < 2 ? "a context" : "no context") != NULL,
                      "%s, %zu: %s", programs[i], j, result.output);
        }
}

Test(command, run_preloads_the_library_beside_it)
{
    const char *argv[] = {command(), "run", "--policy",     "strict",
                          "--audit", "--",  "/usr/bin/env", NULL};
    struct stls_process_result result;

    run(argv, NULL, &result);
    cr_expect(result.code == 0);
    cr_expect(strstr(result.output, "LD_PRELOAD=") != NULL &&
              strstr(result.output, "/libstricttls.so\n") != NULL);
    cr_expect(strstr(result.output, "STRICTTLS_POLICY=strict\n") != NULL);
    cr_expect(strstr(result.output, "STRICTTLS_MODE=audit\n") != NULL);
}

Test(command, exit_codes)
{
    static const struct {
        const char *argv[6];
        int code;
        const char *says;
    } rows[] = {
        {{"--version"}, 0, "stricttls "},
        {{"--help"}, 0, "stricttls run "},
        {{NULL}, 2, "Usage"},
        {{"fly"}, 2, "no subcommand \"fly\""},
        {{"run"}, 2, "no program given"},
        {{"run", "--nonsense", "/bin/true"}, 2, "--nonsense"},
        {{"run", "--policy", "lax", "/bin/true"}, 2, "no such policy"},
        {{"run", "--policy", "/no/such/policy.cnf", "/bin/true"}, 2, "No such file"},
        {{"run", "--policy", STLS_SOURCE "/tests/policy/ten_mistakes.cnf", "/bin/true"},
         2,
         "cnf:4: "},
        {{"run", "--policy", STLS_SOURCE "/policy/./strict.cnf", "/usr/bin/env"},
         0,
         STLS_SOURCE "/policy/strict.cnf\n"},
        {{"run", "/bin/false"}, 1, ""},
        {{"run", "true"}, 0, ""},
        {{"run", "no-such-program"}, 127, "no such program"},
        {{"run", "/usr/bin/passwd"}, 126, "other privileges"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *argv[8] = {command()};
        struct stls_process_result result;

        for (size_t j = 0; j < 6; j++)
            argv[j + 1] = rows[i].argv[j];
        run(argv, NULL, &result);
        cr_expect(result.end == STLS_PROCESS_EXITED && result.code == rows[i].code,
                  "row %zu exited with %d: %s", i, result.code, result.output);
        cr_expect(strstr(result.output, rows[i].says) != NULL, "row %zu: %s", i, result.output);
    }
}

/* The README's table is what the command prints from the policy's table. */
Test(documentation, variables)
{
    const char *argv[] = {command(), "--variables", NULL};
    struct stls_process_result result;
    static char readme[64 * 1024];

    run(argv, NULL, &result);
    cr_assert(stls_files_read("README.md", readme, sizeof readme) == 0);
    cr_expect(strstr(readme, result.output) != NULL, "README.md is stale: run make docs");
}
