/* files.h - the temporary files of the tests.
 *
 * Owns: directories below $TMPDIR or /tmp that a test makes and removes.
 * Must not: touch any file outside of them.
 *
 * Errors: functions that return int give 0 or a negative errno.
 */
#ifndef STLS_TESTS_FILES_H
#define STLS_TESTS_FILES_H

#include <stddef.h>

enum {
    STLS_FILES_PATH_MAX = 512,
};

/* Makes an empty directory of mode 0700. path holds STLS_FILES_PATH_MAX bytes. */
int stls_files_make_directory(char *path);

/* Removes it with all it holds; does not follow links. */
void stls_files_remove_directory(const char *path);

/* Writes a path of at most STLS_FILES_PATH_MAX bytes; -ENAMETOOLONG where it doesn't fit. */
int stls_files_join(char *path, const char *directory, const char *name);

int stls_files_write(const char *path, const char *text);

/* Reads at most size - 1 bytes; a file that is not there is an empty one. */
int stls_files_read(const char *path, char *text, size_t size);

/* Adds events in JSON to those that are validated when all tests are over: to the file
 * $STLS_EVENTS, if it is set. */
void stls_files_add_events(const char *text);

#endif
