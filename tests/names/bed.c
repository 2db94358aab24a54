/* bed.c - see bed.h */
#include "bed.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <unistd.h>

#define WRAPPER "/usr/lib/x86_64-linux-gnu/libnss_wrapper.so"

/* The first name of a line is the canonical one. */
static const char hosts[] = "127.0.0.1 canonical.example alias.lab.example\n"
                            "127.0.0.1 foo.lab.example\n"
                            "127.0.0.1 xn--bcher-kva.lab.example\n"
                            "127.0.0.1 other.example\n"
                            "127.0.0.1 third.example\n"
                            "127.0.0.1 localhost\n"
                            "127.0.0.2 nowhere.example\n"
                            "::1 foo.lab.example\n";

void stls_names_bed_open(struct stls_testbed *bed, char directory[STLS_FILES_PATH_MAX])
{
    char problem[STLS_FILES_PATH_MAX + 64], path[STLS_FILES_PATH_MAX];

    cr_assert(access(WRAPPER, R_OK) == 0, "libnss-wrapper is not installed");
    cr_assert(stls_testbed_open(bed, problem) == 0, "%s", problem);
    cr_assert(stls_testbed_make_directory(bed, directory) == 0);
    cr_assert(stls_files_join(path, directory, "hosts") == 0 && stls_files_write(path, hosts) == 0);
}

void stls_names_environment(const struct stls_testbed *bed, const char *directory,
                            enum stls_preload mode, bool is_wrapper_first,
                            struct stls_environment *environment)
{
    struct stls_testbed both = *bed;
    char path[STLS_FILES_PATH_MAX];
    int length = snprintf(both.library, sizeof both.library, "%s:%s",
                          is_wrapper_first ? WRAPPER : bed->library,
                          is_wrapper_first ? bed->library : WRAPPER);

    cr_assert(length > 0 && (size_t)length < sizeof both.library);
    stls_environment_init(environment, &both, directory, mode);
    if (mode == STLS_BARE)
        stls_environment_add(environment, "LD_PRELOAD", WRAPPER);
    stls_files_join(path, directory, "hosts");
    stls_environment_add(environment, "NSS_WRAPPER_HOSTS", path);
}
