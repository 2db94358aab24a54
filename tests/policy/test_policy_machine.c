/* test_policy_machine.c - the library in /etc/ld.so.preload and the administrator's policy in /etc,
 * as on a machine of a fleet: what no environment of a program's can change.
 */
#include "bed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum {
    SKIPPED = 77, /* exit status of in-machine */
    SETTLED_MS = 5000,
};

static struct policy_bed bed;

static void open_bed(void)
{
    policy_bed_open(&bed);
    policy_bed_serve(&bed, "self-signed");
    policy_bed_install(&bed, "victim", 04755);
    policy_bed_write(&bed, POLICY_SYSTEM, "");
}

static void close_bed(void)
{
    policy_bed_close(&bed);
}

TestSuite(machine, .init = open_bed, .fini = close_bed, .timeout = 120);

/* Runs curl, or another program, there; true if application data reached the server. */
static bool reaches(bool has_library, const char *const *program)
{
    const char *library = getenv("STLS_LIBRARY");
    char etc[STLS_FILES_PATH_MAX];
    const char *argv[POLICY_ARGUMENTS_MAX] = {STLS_SOURCES "/tests/policy/in-machine",
                                              has_library ? library : "", etc};

    cr_assert(library != NULL, "STLS_LIBRARY is not set");
    cr_assert(stls_files_join(etc, bed.here, "etc") == 0);
    for (size_t i = 0; program[i] != NULL && i + 4 < POLICY_ARGUMENTS_MAX; i++)
        argv[i + 3] = program[i];
    policy_bed_run_program(&bed, NULL, argv);
    return stls_lab_server_take(bed.server, SETTLED_MS) == STLS_LAB_DATA;
}

static bool curl_reaches(bool has_library, const char *setting)
{
    char url[64];
    const char *const argv[] = {"/usr/bin/env", setting, "/usr/bin/curl", "-skS", url, NULL};

    snprintf(url, sizeof url, "https://localhost:%s/", bed.port);
    return reaches(has_library, argv);
}

/* False, and a line, where there can be none. */
static bool can_be_made(void)
{
    static const char *const argv[] = {"/bin/true", NULL};

    (void)reaches(false, argv);
    cr_assert(bed.result.code == 0 || bed.result.code == SKIPPED, "%s", bed.text);
    if (bed.result.code == SKIPPED)
        puts("SKIP: no overlay can be mounted on /etc here");
    return bed.result.code == 0;
}

Test(machine, audit_only_tells)
{
    if (!can_be_made())
        return;
    policy_bed_write(&bed, POLICY_SYSTEM, "[policy]\nMode = audit\nLog = file:@LOG@\n");
    cr_expect(curl_reaches(false, "A=1") && policy_bed_is(&bed, "*|"), "%s", bed.text);
    cr_expect(curl_reaches(true, "A=1") &&
                  policy_bed_is(&bed, "*|stricttls: would refuse: curl[[]*[]], server localhost*"),
              "%s", bed.text);
}

Test(machine, no_environment_lowers_it)
{
    static const char *const settings[] = {"A=1", "-i", "STRICTTLS_MODE=off",
                                           "STRICTTLS_VERIFY_PEER=app", "LD_PRELOAD="};

    if (!can_be_made())
        return;
    policy_bed_write(&bed, POLICY_SYSTEM, "[policy]\nLog = file:@LOG@\n");
    cr_expect(curl_reaches(false, "-i"), "%s", bed.text);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        cr_expect(!curl_reaches(true, settings[i]) && bed.result.code == 60 &&
                      policy_bed_is(&bed, "*|stricttls: refused: curl[[]*self-signed*"),
                  "%s: %s", settings[i], bed.text);
}

static size_t count_events(void)
{
    size_t count = 0;

    for (const char *at = strchr(bed.text, '|'); (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

/* Of two, one holds: they would take each other's callbacks for the program's. */
Test(machine, another_copy_stands_aside)
{
    static const char *const modes[] = {"", "Mode = audit\n"};
    char copy[STLS_FILES_PATH_MAX], setting[STLS_FILES_PATH_MAX + 16], text[256];
    const char *const argv[] = {"/bin/cp", getenv("STLS_LIBRARY"), copy, NULL};

    if (!can_be_made())
        return;
    cr_assert(stls_files_join(copy, bed.here, "copy.so") == 0);
    policy_bed_run_program(&bed, NULL, argv);
    cr_assert(bed.result.code == 0, "%s", bed.text);
    cr_expect(curl_reaches(false, "A=1"), "%s", bed.text);
    snprintf(setting, sizeof setting, "LD_PRELOAD=%s", copy);
    for (int i = 0; i < 2; i++) {
        bool is_reached;

        snprintf(text, sizeof text, "[policy]\nLog = file:@LOG@\n%s", modes[i]);
        policy_bed_write(&bed, POLICY_SYSTEM, text);
        is_reached = curl_reaches(true, setting);
        cr_expect(is_reached == (i == 1) && bed.result.code == (is_reached ? 0 : 60), "%d: %s",
                  bed.result.code, bed.text);
        cr_expect_eq(count_events(), 1, "%s", bed.text);
    }
}

/* Which the loader preloads nothing into that LD_PRELOAD names. */
Test(machine, setuid_programs_are_held_as_well)
{
    char victim[STLS_FILES_PATH_MAX];
    const char *const argv[] = {"/usr/bin/setpriv",
                                "--reuid=65534",
                                "--regid=65534",
                                "--clear-groups",
                                victim,
                                bed.host,
                                bed.port,
                                NULL};
    struct statvfs mounted;

    if (!can_be_made())
        return;
    cr_assert(stls_files_join(victim, bed.here, "victim") == 0);
    if (statvfs(victim, &mounted) == 0 && (mounted.f_flag & ST_NOSUID) != 0) {
        puts("SKIP: the directory for temporary files has no set-user-id programs");
        return;
    }
    policy_bed_write(&bed, POLICY_SYSTEM, "[policy]\nLog = file:@LOG@\n");
    cr_expect(reaches(false, argv), "%s", bed.text);
    cr_expect(!reaches(true, argv) && policy_bed_is(&bed, "refused: *|stricttls: refused: victim*"),
              "%s", bed.text);
}
