/* policy_stack.c - see policy_stack.h */
#include "policy_stack.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_merge.h"
#include "policy_values.h"

#include "banned.h"

/* What making one takes besides, if it is asked for: nothing of it is read before it is written.
 * Too much for the stack of a thread that has little. */
struct work {
    struct stls_policy before;
    struct stls_effective floor, other;
};

/* A policy in the making. */
struct layer {
    struct stls_effective *made;
    struct work *work;
    long today;
    stls_policy_expired *expired;
    void *arg;
};

static size_t index_of(const struct stls_word *word)
{
    size_t count;

    return (size_t)(word - stls_policy_words(&count));
}

static void start(struct stls_effective *made, const char *name)
{
    memset(made, 0, sizeof *made);
    made->last_day = LONG_MAX;
    stls_policy_shipped(&made->policy, name);
}

static void set(struct stls_effective *made, const struct stls_word *word, const char *value,
                struct stls_origin origin)
{
    char ignored[1];
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    if (!stls_policy_set(&made->policy, word, value, ignored, sizeof ignored))
        return;
    /* All words are from there; but of those that are not about strength nobody has said anything.
     */
    for (size_t i = 0; word->kind == STLS_WORD_BASE && i < count; i++)
        if (words[i].order != STLS_ORDER_FREE)
            made->origin[i] = origin;
    made->origin[index_of(word)] = origin;
}

/* A section without Reason and Expires makes nothing weaker, whatever it lies on. */
static void set_in_section(const struct layer *layer, const struct stls_policy_file *file,
                           const struct stls_policy_section *section,
                           const struct stls_policy_setting *setting)
{
    struct stls_origin origin = {
        .path = file->path, .section = section->name, .line = setting->line};
    struct stls_policy *policy = &layer->made->policy, *before = &layer->work->before;

    *before = *policy;
    set(layer->made, setting->word, setting->value, origin);
    if (section->kind != STLS_SECTION_POLICY && !stls_policy_section_is_exception(section) &&
        stls_policy_is_weaker_by(policy, before, setting->word))
        stls_policy_floor_word(policy, before, setting->word);
}

static void lay_section(const struct layer *layer, const struct stls_policy_file *file,
                        const struct stls_policy_section *section)
{
    if (section->expires >= 0 && section->expires < layer->today) {
        if (layer->expired != NULL)
            layer->expired(layer->arg, file, section);
        return;
    }
    if (section->expires >= 0 && section->expires < layer->made->last_day)
        layer->made->last_day = section->expires;
    for (size_t i = 0; i < section->count; i++)
        if (file->settings[section->first + i].word != NULL)
            set_in_section(layer, file, section, &file->settings[section->first + i]);
}

/* The sections about the program, the more specific later; of equals the later in the file. */
static void lay_app_sections(const struct layer *layer, const struct stls_policy_file *file,
                             const struct stls_match_program *program)
{
    unsigned done = 0;

    for (;;) {
        unsigned next = UINT_MAX;

        for (size_t i = 0; i < file->section_count; i++)
            if (file->sections[i].kind == STLS_SECTION_APP) {
                unsigned specific = stls_match_app(file->sections[i].pattern, program);

                if (specific > done && specific < next)
                    next = specific;
            }
        if (next == UINT_MAX)
            return;
        for (size_t i = 0; i < file->section_count; i++)
            if (file->sections[i].kind == STLS_SECTION_APP &&
                stls_match_app(file->sections[i].pattern, program) == next)
                lay_section(layer, file, &file->sections[i]);
        done = next;
    }
}

static void lay_file(const struct layer *layer, const struct stls_policy_file *file,
                     const struct stls_match_program *program, const uint16_t *hosts)
{
    for (size_t i = 0; i < file->section_count; i++)
        if (file->sections[i].kind == STLS_SECTION_POLICY)
            lay_section(layer, file, &file->sections[i]);
    lay_app_sections(layer, file, program);
    for (; hosts != NULL && *hosts != STLS_MATCHES_END; hosts++)
        lay_section(layer, file, &file->sections[*hosts]);
}

static void add_match(struct stls_policy_matches *ret, uint16_t section)
{
    if (ret->count < STLS_MATCHES_MAX)
        ret->section[ret->count++] = section;
    else
        ret->has_overflowed = true;
}

static void match_file(const struct stls_policy_file *file, const struct stls_match_peer *peer,
                       struct stls_policy_matches *ret)
{
    unsigned specific[STLS_MATCHES_MAX];
    size_t first = ret->count;

    for (size_t i = 0; file != NULL && file->host_count > 0 && i < file->section_count; i++) {
        unsigned found = file->sections[i].kind == STLS_SECTION_HOST
                             ? stls_match_host(file->sections[i].pattern, peer)
                             : 0;
        size_t at = ret->count;

        if (found == 0)
            continue;
        ret->has_any = true;
        add_match(ret, (uint16_t)i);
        if (ret->has_overflowed)
            return;
        for (; at > first && specific[at - 1 - first] > found; at--) {
            specific[at - first] = specific[at - 1 - first];
            ret->section[at] = ret->section[at - 1];
        }
        specific[at - first] = found;
        ret->section[at] = (uint16_t)i;
    }
    add_match(ret, STLS_MATCHES_END);
}

static const uint16_t *skip_lists(const uint16_t *hosts)
{
    for (int i = 0; i < 2; i++)
        while (*hosts++ != STLS_MATCHES_END)
            ;
    return hosts;
}

/* Whether an earlier host has the lists that begin there. */
static bool are_repeated(const struct stls_policy_matches *matches, size_t first)
{
    const uint16_t *last = matches->section + first;
    size_t size = (matches->count - first) * sizeof *last;

    for (const uint16_t *lists = matches->section; lists < last; lists = skip_lists(lists))
        if (lists + (matches->count - first) <= last && memcmp(lists, last, size) == 0)
            return true;
    return false;
}

void stls_policy_match(const struct stls_policy_sources *sources,
                       const struct stls_match_peer *peer, struct stls_policy_matches *ret)
{
    size_t first = ret->count;

    if (ret->has_overflowed)
        return;
    match_file(sources->system, peer, ret);
    match_file(sources->file, peer, ret);
    if (ret->has_overflowed)
        ret->host_count = 0;
    else if (are_repeated(ret, first))
        ret->count = first;
    else
        ret->host_count++;
}

/* The environment's values, on the policy that it names or, without one, on what lies below. */
static void lay_environment(const struct layer *layer, const struct stls_policy_sources *sources,
                            const uint16_t *hosts)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    struct stls_effective *made = layer->made;

    if (sources->file != NULL) {
        start(made, "intermediate");
        lay_file(layer, sources->file, &sources->program, hosts);
    } else if (sources->shipped != NULL) {
        start(made, sources->shipped);
        for (size_t i = 0; i < STLS_WORDS_MAX; i++)
            made->origin[i].variable = stls_word_variable(&words[0]);
    }
    for (size_t i = 0; sources->variable != NULL && i < count; i++) {
        const char *value = stls_word_variable(&words[i])[0] != '\0'
                                ? sources->variable(stls_word_variable(&words[i]))
                                : NULL;

        if (value != NULL && words[i].kind != STLS_WORD_BASE)
            set(made, &words[i], value,
                (struct stls_origin){.variable = stls_word_variable(&words[i])});
    }
}

static bool is_built_in(const struct stls_origin *origin)
{
    return origin->path == NULL && origin->variable == NULL;
}

/* The environment's policy, made no weaker than the system's by any word. */
static bool lay_floor(struct stls_effective *made, const struct stls_effective *floor)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    bool has_room = true;

    for (size_t i = 0; i < count; i++) {
        bool is_floors;

        if (words[i].kind == STLS_WORD_BASE || words[i].place == STLS_PLACE_SECTION)
            continue;
        is_floors = words[i].order == STLS_ORDER_FREE
                        ? !is_built_in(&floor->origin[i])
                        : !stls_policy_is_within(&made->policy, &floor->policy, &words[i]);
        if (words[i].order == STLS_ORDER_FREE && is_floors)
            stls_policy_copy_word(&made->policy, &floor->policy, &words[i]);
        has_room = stls_policy_floor_word(&made->policy, &floor->policy, &words[i]) && has_room;
        if (is_floors || stls_policy_is_same(&made->policy, &floor->policy, &words[i]))
            made->origin[i] = floor->origin[i];
    }
    if (floor->last_day < made->last_day)
        made->last_day = floor->last_day;
    return has_room;
}

static bool is_locked(const struct stls_policy *policy)
{
    return policy->lock_environment == STLS_LOCK_ENVIRONMENT_YES;
}

/* For one host, or none: hosts points to its two lists, or is NULL. */
static bool resolve_one(const struct stls_policy_sources *sources, const uint16_t *hosts,
                        struct layer layer)
{
    const uint16_t *own_hosts = hosts;
    struct stls_effective *floor = &layer.work->floor;

    start(layer.made, "intermediate");
    if (hosts != NULL)
        while (*own_hosts++ != STLS_MATCHES_END)
            ;
    if (sources->system == NULL) {
        lay_environment(&layer, sources, own_hosts);
        return true;
    }
    lay_file(&layer, sources->system, &sources->program, hosts);
    if (is_locked(&layer.made->policy))
        return true;
    *floor = *layer.made;
    lay_environment(&layer, sources, own_hosts);
    return lay_floor(layer.made, floor);
}

bool stls_policy_resolve(const struct stls_policy_sources *sources,
                         const struct stls_policy_matches *matches, long today,
                         stls_policy_expired *expired, void *arg, struct stls_effective *ret)
{
    struct work *work = malloc(sizeof *work);
    struct layer layer = {ret, work, today, expired, arg};
    const uint16_t *hosts = matches != NULL && matches->host_count > 0 ? matches->section : NULL;
    const struct stls_word *trust = stls_policy_word_at(offsetof(struct stls_policy, trust_store));
    bool is_possible;

    if (work == NULL)
        return false;
    is_possible = resolve_one(sources, hosts, layer);
    is_possible = is_possible && (matches == NULL || !matches->has_overflowed);
    /* An address under several names: it must be good enough for each of them. */
    for (size_t i = 1; hosts != NULL && i < matches->host_count; i++) {
        hosts = skip_lists(hosts);
        layer.made = &work->other;
        is_possible = resolve_one(sources, hosts, layer) && is_possible;
        is_possible = stls_policy_is_same(&ret->policy, &work->other.policy, trust) && is_possible;
        is_possible = lay_floor(ret, &work->other) && is_possible;
    }
    free(work);
    ret->contradiction = is_possible ? stls_policy_contradiction(&ret->policy) : trust;
    if (ret->contradiction != NULL && ret->policy.mode == STLS_MODE_OFF)
        ret->policy.mode = STLS_MODE_ENFORCE;
    return true;
}

/* Some section about a host, which the process's own policy has nothing of. */
static bool is_weaker_for_host(const struct stls_policy_file *file, long today,
                               const struct stls_word *word, const struct stls_policy *built_in,
                               struct stls_policy *made)
{
    for (size_t i = 0; file != NULL && i < file->setting_count; i++) {
        const struct stls_policy_setting *setting = &file->settings[i];
        const struct stls_policy_section *section = file->sections;
        char ignored[1];

        while (i >= section->first + section->count)
            section++;
        if (setting->word != word || section->kind != STLS_SECTION_HOST || section->expires < today)
            continue;
        *made = *built_in;
        if (stls_policy_set(made, word, setting->value, ignored, sizeof ignored) &&
            stls_policy_is_weaker_by(made, built_in, word))
            return true;
    }
    return false;
}

void stls_policy_environment_weakens(const struct stls_policy_sources *sources, long today,
                                     void (*weaker)(void *arg, const struct stls_word *word),
                                     void *arg)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    struct {
        struct stls_effective made;
        struct stls_policy built_in, for_host;
    } *work = sources->system == NULL ? calloc(1, sizeof *work) : NULL; /* else it can't */
    bool is_known;

    if (work == NULL)
        return;
    stls_policy_shipped(&work->built_in, "intermediate");
    is_known = stls_policy_resolve(sources, NULL, today, NULL, NULL, &work->made);
    for (size_t i = 0; is_known && i < count; i++)
        if (stls_policy_is_weaker_by(&work->made.policy, &work->built_in, &words[i]) ||
            is_weaker_for_host(sources->file, today, &words[i], &work->built_in, &work->for_host))
            weaker(arg, &words[i]);
    free(work);
}

void stls_origin_text(const struct stls_origin *origin, char *text, size_t size)
{
    if (origin->path != NULL)
        snprintf(text, size, "%s:%u [%s]", origin->path, origin->line, origin->section);
    else
        snprintf(text, size, "%s", origin->variable != NULL ? origin->variable : "built-in");
}
