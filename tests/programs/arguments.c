/* arguments.c - see arguments.h. */
#include "arguments.h"

#include <stdio.h>
#include <string.h>

static const struct stls_word *find_word(const char *text, const struct stls_word *words)
{
    for (; words->word != NULL; words++) {
        if (strncmp(text, words->word, strlen(words->word)) == 0) {
            return words;
        }
    }
    return NULL;
}

void stls_arguments_expand(const char *pattern, const struct stls_word *words, char *text,
                           size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    while (*pattern != '\0' && length < size - 1) {
        const struct stls_word *word = find_word(pattern, words);
        if (word != NULL) {
            snprintf(text + length, size - length, "%s", word->value);
            length += strlen(text + length);
            pattern += strlen(word->word);
        } else {
            text[length++] = *pattern++;
            text[length] = '\0';
        }
    }
}

void stls_arguments_fill(struct stls_arguments *arguments, const char *const *pattern,
                         const struct stls_word *words)
{
    size_t count = 0;
    for (; count < STLS_ARGUMENTS_MAX && pattern[count] != NULL; count++) {
        stls_arguments_expand(pattern[count], words, arguments->text[count], STLS_ARGUMENT_SIZE);
        arguments->argv[count] = arguments->text[count];
    }
    arguments->argv[count] = NULL;
}
