/* policy_diff.c - stricttls policy diff: words of two policies, and of their sections, that differ.
 */
#include "policy_commands.h"

#include <stdio.h>
#include <string.h>

#include "policy_source.h"

#include "../core/policy_values.h"

#include "../core/banned.h"

/* A shipped policy has no file: then that is empty. */
struct side {
    const char *name;
    struct stls_policy policy;
    struct stls_tool_policy_file opened;
};

struct diff {
    struct side a, b;
    bool is_same;
};

static bool read_side(const char *name, struct side *ret)
{
    ret->name = name;
    if (stls_policy_shipped(&ret->policy, name))
        return true;
    if (!stls_tool_policy_open(name, &ret->opened))
        return false;
    stls_policy_file_base(&ret->opened.file, &ret->policy);
    return true;
}

static void print_line(struct diff *diff, char sign, const char *word, const char *value)
{
    if (diff->is_same)
        printf("--- %s\n+++ %s\n", diff->a.name, diff->b.name);
    diff->is_same = false;
    if (value == NULL)
        printf("%c[%s]\n", sign, word);
    else
        printf("%c%s = %s\n", sign, word, *value != '\0' ? value : "none");
}

static void compare_policies(struct diff *diff)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++) {
        char in_a[STLS_VALUE_MAX], in_b[STLS_VALUE_MAX];

        stls_policy_value(&diff->a.policy, &words[i], in_a);
        stls_policy_value(&diff->b.policy, &words[i], in_b);
        if (strcmp(in_a, in_b) == 0)
            continue;
        print_line(diff, '-', stls_word_name(&words[i]), in_a);
        print_line(diff, '+', stls_word_name(&words[i]), in_b);
    }
}

/* The other file's section that matches the same. */
static const struct stls_policy_section *find(const struct side *side,
                                              const struct stls_policy_section *like)
{
    const struct stls_policy_file *file = &side->opened.file;

    for (size_t i = 0; i < file->section_count; i++)
        if (file->sections[i].kind == like->kind &&
            strcmp(file->sections[i].pattern, like->pattern) == 0)
            return &file->sections[i];
    return NULL;
}

/* False if the section, or NULL, does not say it. */
static bool read_value(const struct side *side, const struct stls_policy_section *section,
                       const struct stls_word *word, char ret[STLS_VALUE_MAX])
{
    struct stls_policy policy;
    char ignored[STLS_TEXT_MAX];

    for (size_t i = 0; section != NULL && i < section->count; i++) {
        const struct stls_policy_setting *setting = &side->opened.file.settings[section->first + i];

        if (setting->word != word)
            continue;
        stls_policy_shipped(&policy, "intermediate");
        stls_policy_set(&policy, word, setting->value, ignored, sizeof ignored);
        stls_policy_value(&policy, word, ret);
        if (word->kind == STLS_WORD_TEXT || word->kind == STLS_WORD_DATE)
            snprintf(ret, STLS_VALUE_MAX, "%s", setting->value);
        return true;
    }
    return false;
}

/* One of the two may be NULL. */
static void compare_sections(struct diff *diff, const struct stls_policy_section *a,
                             const struct stls_policy_section *b)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    bool has_title = a == NULL || b == NULL;

    if (has_title)
        print_line(diff, a != NULL ? '-' : '+', a != NULL ? a->name : b->name, NULL);
    for (size_t i = 0; i < count; i++) {
        char in_a[STLS_VALUE_MAX] = "", in_b[STLS_VALUE_MAX] = "";
        bool has_a = read_value(&diff->a, a, &words[i], in_a);
        bool has_b = read_value(&diff->b, b, &words[i], in_b);

        if (has_a == has_b && strcmp(in_a, in_b) == 0)
            continue;
        if (!has_title)
            print_line(diff, ' ', a->name, NULL);
        has_title = true;
        if (has_a)
            print_line(diff, '-', stls_word_name(&words[i]), in_a);
        if (has_b)
            print_line(diff, '+', stls_word_name(&words[i]), in_b);
    }
}

static void compare_files(struct diff *diff)
{
    const struct stls_policy_file *a = &diff->a.opened.file, *b = &diff->b.opened.file;

    for (size_t i = 0; i < a->section_count; i++)
        if (a->sections[i].kind != STLS_SECTION_POLICY)
            compare_sections(diff, &a->sections[i], find(&diff->b, &a->sections[i]));
    for (size_t i = 0; i < b->section_count; i++)
        if (b->sections[i].kind != STLS_SECTION_POLICY && find(&diff->a, &b->sections[i]) == NULL)
            compare_sections(diff, NULL, &b->sections[i]);
}

int stls_tool_policy_diff(int argc, char **argv)
{
    static struct diff diff = {.is_same = true};
    bool is_good;

    if (argc != 3)
        return stls_tool_policy_usage();
    is_good = read_side(argv[1], &diff.a);
    is_good = read_side(argv[2], &diff.b) && is_good;
    if (is_good) {
        compare_policies(&diff);
        compare_files(&diff);
    }
    stls_tool_policy_close(&diff.a.opened);
    stls_tool_policy_close(&diff.b.opened);
    return !is_good ? 2 : diff.is_same ? 0 : 1;
}
