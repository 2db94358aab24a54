/* bed.h - what the tests of the events share.
 *
 * Owns: a directory per test, the programs built beside the tests, and looking at lines of events.
 */
#ifndef STLS_TESTS_EVENTS_BED_H
#define STLS_TESTS_EVENTS_BED_H

#include <stdbool.h>
#include <stddef.h>

#include "../support/files.h"
#include "../support/process.h"

enum {
    DEADLINE_MS = 60000,
    ARGUMENTS_MAX = 16,
};

struct bed {
    char directory[STLS_FILES_PATH_MAX];
    char log[STLS_FILES_PATH_MAX];      /* the file "log" in it */
    char sink[STLS_FILES_PATH_MAX + 8]; /* "file:" and that */
    struct stls_process_result result;  /* of the last program */
};

void bed_open(struct bed *bed);
void bed_close(struct bed *bed);

/* Runs a program to its end, and says whether it was 0. Names without a slash are of STLS_EVENTS,
 * the directory with what was built for these tests. */
bool bed_run(struct bed *bed, const char *const *env, const char *const *argv);

/* The same with the library: settings are "STRICTTLS_...". */
bool bed_run_preloaded(struct bed *bed, const char *const *settings, const char *const *argv);

/* The contents of a file; to be freed. */
char *bed_read(const char *path);

size_t bed_count(const char *text, const char *needle);

/* All of the file are events by the schema, by Python's validator. */
void bed_validate(struct bed *bed, const char *path, size_t count);

#endif
