/* variables.c - lists the environment variables, from the one table of the policy's words. */
#include <string.h>

#include "tool.h"

#include "../core/policy_values.h"

#include "../core/banned.h"

/* A long list of names is told by its start. */
enum {
    SHOWN_MAX = 60,
};

static const char *dots(const char *text)
{
    return strlen(text) > SHOWN_MAX ? "…" : "";
}

static const char *role(const struct stls_word *word)
{
    switch (word->role) {
    case STLS_ROLE_BOTH:
        return "";
    case STLS_ROLE_CLIENT:
        return "client: ";
    case STLS_ROLE_SERVER:
        return "server: ";
    }
    return "";
}

void stls_tool_print_variables(FILE *out, bool is_markdown)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    if (is_markdown)
        fputs("| variable | values | default | meaning |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < count; i++) {
        char initial[STLS_VALUE_MAX];

        if (stls_word_variable(&words[i])[0] == '\0')
            continue;
        stls_word_initial(&words[i], initial);
        if (is_markdown)
            fprintf(out, "| `%s` | %s | `%.*s%s` | %s%s |\n", stls_word_variable(&words[i]),
                    stls_word_values(&words[i]), SHOWN_MAX, initial, dots(initial), role(&words[i]),
                    stls_word_meaning(&words[i]));
        else
            fprintf(out, "  %s\n      %s%s\n      values: %s; default: %.*s%s\n",
                    stls_word_variable(&words[i]), role(&words[i]), stls_word_meaning(&words[i]),
                    stls_word_values(&words[i]), SHOWN_MAX, initial, dots(initial));
    }
}
