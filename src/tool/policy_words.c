/* policy_words.c - the reference of all words, for policy/README.md and stricttls-policy(5). */
#include "policy_commands.h"

#include <stdio.h>
#include <string.h>

#include "../core/policy_values.h"

#include "../core/banned.h"

static const char *role_of(const struct stls_word *word)
{
    switch (word->role) {
    case STLS_ROLE_CLIENT:
        return "client";
    case STLS_ROLE_SERVER:
        return "server";
    case STLS_ROLE_BOTH:
        break;
    }
    return "client and server";
}

static const char *place_of(const struct stls_word *word)
{
    switch (word->place) {
    case STLS_PLACE_POLICY:
        return "[policy]";
    case STLS_PLACE_SECTION:
        return "[app/...] and [host/...]";
    case STLS_PLACE_ANY:
        break;
    }
    return word->role == STLS_ROLE_SERVER ? "[policy] and [app/...]" : "any section";
}

static const char *stricter_of(const struct stls_word *word)
{
    if (word->kind == STLS_WORD_BASE)
        return "word by word";
    switch (word->order) {
    case STLS_ORDER_FEWER:
        return "the fewer, the stricter";
    case STLS_ORDER_NONE:
        return "none is stricter than another: the floor's stands";
    case STLS_ORDER_FREE:
        return "not about strength: the administrator's stands";
    case STLS_ORDER_HIGHER:
        break;
    }
    if (stls_word_choices(word) == NULL)
        return "the higher, the stricter";
    return NULL; /* the choices in their order */
}

static void print_stricter(const struct stls_word *word)
{
    const char *said = stricter_of(word);

    if (said != NULL) {
        fputs(said, stdout);
        return;
    }
    for (const struct stls_choice *choice = stls_word_choices(word); choice->name[0] != '\0';
         choice++)
        printf("%s%s", choice == stls_word_choices(word) ? "" : " < ", choice->name);
}

/* A long list in roff or Markdown may break after each ':'. */
static void print_value(const char *value, const char *break_mark)
{
    for (; *value != '\0'; value++) {
        putchar(*value);
        if (*value == ':' && break_mark != NULL)
            fputs(break_mark, stdout);
    }
}

static void print_markdown(const struct stls_word *word)
{
    char initial[STLS_VALUE_MAX];

    printf("### %s\n\n%s.\n\n- values: %s\n", stls_word_name(word), stls_word_meaning(word),
           stls_word_values(word));
    stls_word_initial(word, initial);
    if (initial[0] != '\0') {
        fputs("- default: `", stdout);
        print_value(initial, NULL);
        fputs("`\n", stdout);
    }
    fputs("- stricter: ", stdout);
    print_stricter(word);
    printf("\n- role: %s; stands in %s", role_of(word), place_of(word));
    if (stls_word_variable(word)[0] != '\0')
        printf("; in the environment `%s`", stls_word_variable(word));
    printf("; since %s\n\n", stls_word_since(word));
}

static void print_roff(const struct stls_word *word)
{
    char initial[STLS_VALUE_MAX];

    printf(".TP\n.B %s\n%s.\n.br\nValues: %s.\n", stls_word_name(word), stls_word_meaning(word),
           stls_word_values(word));
    stls_word_initial(word, initial);
    if (initial[0] != '\0') {
        fputs(".br\nDefault: ", stdout);
        print_value(initial, "\\:");
        fputs(".\n", stdout);
    }
    fputs(".br\nStricter: ", stdout);
    print_stricter(word);
    printf(".\n.br\nRole: %s. Stands in %s.\n", role_of(word), place_of(word));
    if (stls_word_variable(word)[0] != '\0')
        printf(".br\nEnvironment:\n.BR %s .\n", stls_word_variable(word));
    printf(".br\nSince %s.\n", stls_word_since(word));
}

int stls_tool_policy_words(int argc, char **argv)
{
    bool is_roff = argc > 1 && strcmp(argv[1], "roff") == 0;
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++)
        (is_roff ? print_roff : print_markdown)(&words[i]);
    return ferror(stdout) ? 1 : 0;
}
