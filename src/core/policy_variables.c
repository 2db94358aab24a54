/* policy_variables.c - see policy_variables.h */
#include "policy_variables.h"

#include <stdlib.h>
#include <string.h>

#include "policy_values.h"

#include "banned.h"

void stls_policy_check_variables(char *const *entries,
                                 void (*problem)(void *arg, const char *entry,
                                                 const char *expected),
                                 void *arg)
{
    static const char prefix[] = "STRICTTLS_";
    struct {
        struct stls_policy ignored;
        char expected[STLS_TEXT_MAX];
    } *work = calloc(1, sizeof *work); /* too much for the stack of a thread that has little */

    if (work == NULL)
        problem(arg, "environment", "out of memory");
    for (; work != NULL && *entries != NULL; entries++) {
        size_t length = strcspn(*entries, "=");
        const char *value = *entries + length + ((*entries)[length] != '\0');
        const struct stls_word *word;

        if (strncmp(*entries, prefix, sizeof prefix - 1) != 0)
            continue;
        word = stls_policy_find_variable(*entries, length);
        if (word == NULL)
            problem(arg, *entries, "no such variable");
        else if ((word->kind != STLS_WORD_BASE || *value != '/') &&
                 !stls_policy_set(&work->ignored, word, value, work->expected,
                                  sizeof work->expected))
            problem(arg, *entries, work->expected);
    }
    free(work);
}
