/* test_transparent.c - a program that tells all it sees of its TLS, bare and in audit mode: the
 * same to the last byte, hellos on the wire included.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab.h"
#include "support/files.h"
#include "support/process.h"

enum {
    DEADLINE_MS = 20000,
    SCENARIOS_MAX = 64,
    TEXT_MAX = 1024 * 1024,
    EVENTS_MAX = 8192,
};

struct scenario {
    char name[40];
    bool is_fine; /* nothing to report */
};

/* The identities that tell.h names. */
static void write_files(struct stls_lab *lab, const char *directory)
{
    static const struct {
        const char *name, *lab_case;
    } identities[] = {{"good", "good-rsa"}, {"bad", "self-signed"}};
    char chain[STLS_FILES_PATH_MAX], key[STLS_FILES_PATH_MAX], file[16];

    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        snprintf(file, sizeof file, "%s.pem", identities[i].name);
        stls_files_join(chain, directory, file);
        snprintf(file, sizeof file, "%s.key", identities[i].name);
        stls_files_join(key, directory, file);
        cr_assert_eq(
            stls_lab_write_identity(lab, stls_lab_find_case(identities[i].lab_case), chain, key),
            0);
    }
    stls_files_join(chain, directory, "root.pem");
    cr_assert_eq(stls_lab_write_root(lab, chain), 0);
}

static char *tell(const char *const *arguments, const char *const *env)
{
    const char *argv[] = {STLS_TELL, arguments[0], arguments[1], NULL};
    struct stls_process_command command = {.argv = argv, .env = env};
    struct stls_process *process = stls_process_start(&command);
    char *text;

    cr_assert(process != NULL, "%s can't be started", STLS_TELL);
    cr_assert_eq(stls_process_wait_exit(process, DEADLINE_MS), 0, "%s: did not end", arguments[0]);
    text = strdup(stls_process_output(process, NULL));
    cr_assert(stls_process_stop(process), "%s: crashed: %s", arguments[0], text);
    return text;
}

/* The first line that differs. */
static const char *difference(const char *bare, const char *audited)
{
    static char text[4096];
    size_t start = 0;

    for (size_t i = 0; bare[i] != '\0' && bare[i] == audited[i]; i++)
        if (bare[i] == '\n')
            start = i + 1;
    snprintf(text, sizeof text, "bare: %.*s\naudited: %.*s", (int)strcspn(bare + start, "\n"),
             bare + start, (int)strcspn(audited + start, "\n"), audited + start);
    return text;
}

ParameterizedTestParameters(transparent, scenario)
{
    static struct scenario scenarios[SCENARIOS_MAX];
    char *text = tell((const char *const[]){"--list", NULL}, NULL), *rest = text, *line;
    size_t count = 0;

    while ((line = strsep(&rest, "\n")) != NULL && count < SCENARIOS_MAX) {
        int is_fine;

        if (sscanf(line, "%39[^\t]\t%d", scenarios[count].name, &is_fine) == 2)
            scenarios[count++].is_fine = is_fine != 0;
    }
    free(text);
    return cr_make_param_array(struct scenario, scenarios, count);
}

ParameterizedTest(struct scenario *scenario, transparent, scenario, .timeout = 60)
{
    char directory[STLS_FILES_PATH_MAX], log[STLS_FILES_PATH_MAX];
    char preload[STLS_FILES_PATH_MAX + 16], sink[STLS_FILES_PATH_MAX + 24];
    static char events[EVENTS_MAX];
    const char *const arguments[] = {scenario->name, directory};
    const char *const bare_env[] = {"OPENSSL_CONF=/dev/null", NULL};
    const char *const audit_env[] = {
        "OPENSSL_CONF=/dev/null",    preload, sink, "STRICTTLS_MODE=audit",
        "STRICTTLS_LOG_FORMAT=json", NULL};
    struct stls_lab *lab = stls_lab_new();
    char *bare, *audited;

    cr_assert(getenv("STLS_LIBRARY") != NULL, "STLS_LIBRARY is not set");
    cr_assert(lab != NULL && stls_files_make_directory(directory) == 0);
    write_files(lab, directory);
    stls_files_join(log, directory, "events");
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", getenv("STLS_LIBRARY"));
    snprintf(sink, sizeof sink, "STRICTTLS_LOG=file:%s", log);
    bare = tell(arguments, bare_env);
    audited = tell(arguments, audit_env);
    stls_files_read(log, events, sizeof events);
    stls_files_add_events(events);

    cr_expect(strstr(bare, "client: cipher suites ") != NULL, "%s: no ClientHello: %s",
              scenario->name, bare);
    cr_expect(strstr(bare, "server: cipher suites ") != NULL, "%s: no ServerHello: %s",
              scenario->name, bare);
    cr_expect(strcmp(bare, audited) == 0, "%s: %s", scenario->name, difference(bare, audited));
    /* Else it was not judged at all. */
    cr_expect((events[0] == '\0') == scenario->is_fine, "%s: events: %s", scenario->name, events);
    free(bare);
    free(audited);
    stls_files_remove_directory(directory);
    stls_lab_free(lab);
}

Test(transparent, all_scenarios_are_listed)
{
    char *text = tell((const char *const[]){"--list", NULL}, NULL);
    size_t lines = 0;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    cr_assert(lines >= 20 && lines <= SCENARIOS_MAX, "%zu scenarios", lines);
    free(text);
}
