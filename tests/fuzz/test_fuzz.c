/* test_fuzz.c - each fuzzer for a few seconds, from its corpus. make fuzz runs them for long. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/files.h"
#include "support/process.h"

enum {
    DEADLINE_MS = 90000,
};

static void fuzz(const char *program, const char *corpus)
{
    char path[STLS_FILES_PATH_MAX], seeds[STLS_FILES_PATH_MAX], found[STLS_FILES_PATH_MAX];
    const char *argv[] = {path,  "-runs=30000", "-max_len=4096", "-max_total_time=10", found,
                          seeds, NULL};
    struct stls_process_command what = {.argv = argv};
    struct stls_process_result result;

    cr_assert(realpath(program, path) != NULL, "%s was not built", program);
    cr_assert(realpath(corpus, seeds) != NULL);
    cr_assert(stls_files_make_directory(found) == 0);
    what.home = found;
    cr_assert(stls_process_run(&what, DEADLINE_MS, &result) == 0);
    stls_files_remove_directory(found);
    cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s", result.output);
}

Test(fuzz, policy)
{
    fuzz(STLS_FUZZERS "/fuzz_policy", "tests/fuzz/corpus_policy");
}

Test(fuzz, certificate)
{
    fuzz(STLS_FUZZERS "/fuzz_certificate", "tests/fuzz/corpus_certificate");
}

Test(fuzz, events)
{
    fuzz(STLS_FUZZERS "/fuzz_events", "tests/fuzz/corpus_events");
}

Test(fuzz, object)
{
    fuzz(STLS_FUZZERS "/fuzz_object", "tests/fuzz/corpus_object");
}
