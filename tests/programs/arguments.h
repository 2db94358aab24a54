/* arguments.h - command lines and configuration files from patterns with {words} in them.
 *
 * Owns: the replacing. Must not: know what the words mean.
 */
#ifndef STLS_TESTS_ARGUMENTS_H
#define STLS_TESTS_ARGUMENTS_H

#include <stddef.h>

enum {
    STLS_ARGUMENTS_MAX = 40,
    STLS_ARGUMENT_SIZE = 640,
};

struct stls_word {
    const char *word; /* "{port}"; a list of words ends with NULL */
    const char *value;
};

struct stls_arguments {
    const char *argv[STLS_ARGUMENTS_MAX + 1];
    char text[STLS_ARGUMENTS_MAX][STLS_ARGUMENT_SIZE];
};

/* Replaces every word; what does not fit is cut off. */
void stls_arguments_expand(const char *pattern, const struct stls_word *words, char *text,
                           size_t size);

/* The same for each argument up to NULL, or to the STLS_ARGUMENTS_MAXth. */
void stls_arguments_fill(struct stls_arguments *arguments, const char *const *pattern,
                         const struct stls_word *words);

#endif
