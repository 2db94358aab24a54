/* policy_show.c - stricttls policy show: each word, its value, and the source that set it. */
#include "policy_commands.h"

#include <stdio.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "../core/policy_values.h"

#include "../core/banned.h"

static bool is_shown(const struct stls_word *word)
{
    return word->kind != STLS_WORD_BASE && word->place != STLS_PLACE_SECTION;
}

static int print_text(const struct stls_effective *effective)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++) {
        char value[STLS_VALUE_MAX], origin[1024];

        if (!is_shown(&words[i]))
            continue;
        stls_policy_value(&effective->policy, &words[i], value);
        stls_origin_text(&effective->origin[i], origin, sizeof origin);
        printf("%-19s = %s\n%22s# %s\n", stls_word_name(&words[i]),
               value[0] != '\0' ? value : "none", "", origin);
    }
    return ferror(stdout) ? 1 : 0;
}

static void put(yajl_gen json, const char *text)
{
    yajl_gen_string(json, (const unsigned char *)text, strlen(text));
}

static void put_pair(yajl_gen json, const char *key, const char *text)
{
    put(json, key);
    put(json, text);
}

static void put_origin(yajl_gen json, const struct stls_origin *origin)
{
    yajl_gen_map_open(json);
    if (origin->path != NULL) {
        put_pair(json, "file", origin->path);
        put(json, "line");
        yajl_gen_integer(json, origin->line);
        put_pair(json, "section", origin->section);
    } else if (origin->variable != NULL) {
        put_pair(json, "variable", origin->variable);
    } else {
        put(json, "built_in");
        yajl_gen_bool(json, 1);
    }
    yajl_gen_map_close(json);
}

static int print_json(const struct stls_effective *effective)
{
    size_t count, length = 0;
    const struct stls_word *words = stls_policy_words(&count);
    const unsigned char *text = NULL;
    yajl_gen json = yajl_gen_alloc(NULL);

    if (json == NULL)
        return 1;
    yajl_gen_config(json, yajl_gen_beautify, 1);
    yajl_gen_map_open(json);
    for (size_t i = 0; i < count; i++) {
        char value[STLS_VALUE_MAX];

        if (!is_shown(&words[i]))
            continue;
        stls_policy_value(&effective->policy, &words[i], value);
        put(json, stls_word_name(&words[i]));
        yajl_gen_map_open(json);
        put(json, "value");
        if (value[0] != '\0')
            put(json, value);
        else
            yajl_gen_null(json);
        put(json, "source");
        put_origin(json, &effective->origin[i]);
        yajl_gen_map_close(json);
    }
    yajl_gen_map_close(json);
    yajl_gen_get_buf(json, &text, &length);
    fwrite(text, 1, length, stdout);
    yajl_gen_free(json);
    return ferror(stdout) ? 1 : 0;
}

static int print(const struct stls_effective *effective, bool is_json)
{
    int ret = is_json ? print_json(effective) : print_text(effective);

    if (effective->contradiction == NULL)
        return ret;
    fprintf(stderr, "stricttls policy: nothing can obey this: %s\n",
            stls_word_name(effective->contradiction));
    return 1;
}

int stls_tool_policy_show(int argc, char **argv)
{
    return stls_tool_policy_with_effective(argc, argv, print);
}
