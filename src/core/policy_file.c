/* policy_file.c - see policy_file.h */
#include "policy_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_match.h"
#include "policy_merge.h"
#include "policy_text.h"
#include "policy_values.h"

#include "banned.h"

/* Too much for the stack of a thread that has little. */
struct work {
    struct stls_policy base, made;
    char error[STLS_TEXT_MAX];
};

/* A file while it is read. */
struct reading {
    struct stls_policy_file *file;
    const struct stls_policy_parser *parser;
    stls_policy_problem *problem;
    void *arg;
    char *strings, *strings_end;
    struct work *work;
    bool is_good;
};

static void complain(struct reading *reading, unsigned line, const char *word, const char *expected)
{
    reading->is_good = false;
    reading->problem(reading->arg, line, word, expected);
}

/* Sections and settings are at most as many as the signs that make them; a string is never longer
 * than what it was made from, which has room for the terminator, too. */
static void count_at_most(const char *text, size_t length, size_t *sections, size_t *settings)
{
    *sections = *settings = 0;
    for (size_t i = 0; i < length; i++) {
        *sections += text[i] == '[';
        *settings += text[i] == '=';
    }
    if (*sections > STLS_SECTIONS_MAX)
        *sections = STLS_SECTIONS_MAX;
}

size_t stls_policy_file_size(const char *text, size_t length)
{
    size_t sections, settings;

    count_at_most(text, length, &sections, &settings);
    return sections * sizeof(struct stls_policy_section) +
           settings * sizeof(struct stls_policy_setting) + 2 * length + 2;
}

/* NULL where there is no room, which a parser would have to make up text for. */
static const char *keep(struct reading *reading, const char *text, size_t length)
{
    char *kept = reading->strings;

    if (length >= (size_t)(reading->strings_end - kept))
        return NULL;
    memcpy(kept, text, length);
    kept[length] = '\0';
    reading->strings += length + 1;
    return kept;
}

static struct stls_policy_section *current(const struct reading *reading)
{
    const struct stls_policy_file *file = reading->file;

    return file->section_count > 0 ? &file->sections[file->section_count - 1] : NULL;
}

/* What a section is about, by its name; false if nothing could match it. */
static bool read_name(struct reading *reading, struct stls_policy_section *section)
{
    static const char app[] = "app/", host[] = "host/";
    char pattern[STLS_MATCH_MAX];
    const char *name;

    section->pattern = "";
    if (strcmp(section->name, "policy") == 0) {
        section->kind = STLS_SECTION_POLICY;
        section->pattern = section->name;
        return true;
    }
    if (strncmp(section->name, app, sizeof app - 1) == 0) {
        section->kind = STLS_SECTION_APP;
        if (!stls_match_read_app(section->name + sizeof app - 1, pattern))
            return false;
    } else {
        section->kind = STLS_SECTION_HOST;
        if (strncmp(section->name, host, sizeof host - 1) != 0 ||
            !stls_match_read_host(section->name + sizeof host - 1, pattern))
            return false;
    }
    name = keep(reading, pattern, strlen(pattern));
    if (name != NULL)
        section->pattern = name;
    return name != NULL;
}

static const char *why_nothing_matches(const struct stls_policy_section *section)
{
    if (section->kind == STLS_SECTION_HOST)
        for (const char *c = section->name; *c != '\0'; c++)
            if (((unsigned char)*c & 0x80) != 0)
                return "nothing could match it; expected the name as it is looked up, xn--...";
    return "nothing could match it; expected policy, app/NAME, app//PATH, app/NAME SCRIPT, "
           "host/NAME or host/*.DOMAIN, the last two with :PORT or without";
}

/* False if there is no room for more. */
static bool add_section(struct reading *reading, const struct stls_text_item *item)
{
    struct stls_policy_file *file = reading->file;
    struct stls_policy_section *section = &file->sections[file->section_count];
    const char *name;

    if (file->section_count == STLS_SECTIONS_MAX) {
        complain(reading, item->line, "", "expected no more than 1024 sections");
        return false;
    }
    name = keep(reading, item->name, item->length);
    *section = (struct stls_policy_section){.name = name != NULL ? name : "",
                                            .line = item->line,
                                            .expires = -1,
                                            .first = file->setting_count};
    if (!read_name(reading, section))
        complain(reading, item->line, section->name, why_nothing_matches(section));
    for (size_t i = 0; *section->pattern != '\0' && i < file->section_count; i++)
        if (file->sections[i].kind == section->kind && file->sections[i].pattern != NULL &&
            strcmp(file->sections[i].pattern, section->pattern) == 0) {
            complain(reading, item->line, section->name, "expected each section once");
            break;
        }
    /* A name that is too short for a number is none of these. */
    if (!stls_policy_text_renumber(item, (unsigned)file->section_count)) {
        stls_policy_text_blank(item);
        section->pattern = NULL;
        reading->is_good = false;
    }
    file->host_count += section->kind == STLS_SECTION_HOST;
    file->section_count++;
    return true;
}

static const char *why_misplaced(const struct stls_word *word, enum stls_section_kind kind)
{
    if (word->place == STLS_PLACE_POLICY && kind != STLS_SECTION_POLICY)
        return "expected in section [policy] only";
    if (word->place == STLS_PLACE_SECTION && kind == STLS_SECTION_POLICY)
        return "expected in a section [app/...] or [host/...] only";
    if (word->role == STLS_ROLE_SERVER && kind == STLS_SECTION_HOST)
        return "expected elsewhere: a server knows no host";
    return NULL;
}

static const char *why_wrong(const struct reading *reading, const struct stls_word *word)
{
    const struct stls_policy_file *file = reading->file;
    const struct stls_policy_section *section = current(reading);

    if (section == NULL)
        return "expected a section before the first word";
    if (word == NULL)
        return "there is no such word";
    for (size_t i = section->first; i < file->setting_count; i++)
        if (file->settings[i].word == word)
            return "expected each word once in a section";
    return why_misplaced(word, section->kind);
}

static void complain_of(struct reading *reading, const struct stls_text_item *item,
                        const char *expected)
{
    char name[64] = "";

    if (item->length > 0)
        snprintf(name, sizeof name, "%.*s", (int)(item->length < 63 ? item->length : 63),
                 item->name);
    complain(reading, item->line, name, expected);
}

static void add_setting(struct reading *reading, const struct stls_text_item *item)
{
    struct stls_policy_file *file = reading->file;
    struct stls_policy_setting made = {.word = stls_policy_find_word(item->name, item->length),
                                       .line = item->line};
    const char *why = why_wrong(reading, made.word);
    struct stls_policy_setting *first, *last;

    if (why != NULL) {
        complain_of(reading, item, why);
        return;
    }
    first = &file->settings[current(reading)->first];
    last = &file->settings[file->setting_count++];
    *last = made;
    if (made.word->kind == STLS_WORD_BASE) { /* it replaces all others */
        *last = *first;
        *first = made;
    }
    current(reading)->count++;
}

static void scan(struct reading *reading, char *text, size_t length)
{
    struct stls_text_scan scan = {.text = text, .length = length};
    struct stls_text_item item;

    for (;;) {
        stls_policy_text_next(&scan, &item);
        switch (item.kind) {
        case STLS_TEXT_END:
            return;
        case STLS_TEXT_SECTION:
            if (!add_section(reading, &item))
                return;
            break;
        case STLS_TEXT_WORD:
            add_setting(reading, &item);
            break;
        case STLS_TEXT_FAULT:
            complain_of(reading, &item, item.what);
            stls_policy_text_blank(&item);
            break;
        }
    }
}

static void read_value(struct reading *reading, struct stls_policy_section *section,
                       const char *parser_name, struct stls_policy_setting *setting)
{
    const char *value =
        reading->parser->value(reading->parser->arg, parser_name, stls_word_name(setting->word));
    struct work *work = reading->work;

    value = value != NULL ? keep(reading, value, strlen(value)) : NULL;
    setting->value = value;
    if (value == NULL) {
        complain(reading, setting->line, stls_word_name(setting->word),
                 "OpenSSL reads no value here");
        setting->word = NULL; /* it takes part in nothing more */
    } else if (!stls_policy_set(&work->made, setting->word, value, work->error,
                                sizeof work->error)) {
        complain(reading, setting->line, stls_word_name(setting->word),
                 setting->word->kind == STLS_WORD_BASE ? "expected intermediate, strict, audit"
                                                       : work->error);
        setting->word = NULL;
    } else if (setting->word->kind == STLS_WORD_TEXT) {
        section->reason = value;
    } else if (setting->word->kind == STLS_WORD_DATE) {
        section->expires = stls_policy_day(value);
    }
}

static void read_values(struct reading *reading)
{
    struct stls_policy_file *file = reading->file;

    for (size_t i = 0; i < file->section_count; i++) {
        char name[STLS_SECTION_NAME_MAX];

        stls_policy_text_section((unsigned)i, name);
        for (size_t j = 0; file->sections[i].pattern != NULL && j < file->sections[i].count; j++)
            read_value(reading, &file->sections[i], name,
                       &file->settings[file->sections[i].first + j]);
    }
}

const char *stls_policy_file_owner_fault(unsigned mode, unsigned owner, unsigned reader,
                                         unsigned system)
{
    if ((mode & 022) != 0)
        return "expected a file that nobody but its owner may write";
    if (owner != 0 && owner != reader && owner != system)
        return "expected a file of root's, or of the user's who reads it";
    return NULL;
}

bool stls_policy_section_is_exception(const struct stls_policy_section *section)
{
    return section->reason != NULL && section->expires >= 0;
}

void stls_policy_file_base(const struct stls_policy_file *file, struct stls_policy *ret)
{
    char ignored[1];

    stls_policy_shipped(ret, "intermediate");
    for (size_t i = 0; i < file->section_count; i++)
        for (size_t j = 0;
             file->sections[i].kind == STLS_SECTION_POLICY && j < file->sections[i].count; j++) {
            const struct stls_policy_setting *setting =
                &file->settings[file->sections[i].first + j];

            if (setting->word != NULL)
                stls_policy_set(ret, setting->word, setting->value, ignored, sizeof ignored);
        }
}

bool stls_policy_file_locks(const struct stls_policy_file *file)
{
    struct stls_policy *base;
    bool is_locked;

    if (file == NULL)
        return false;
    base = calloc(1, sizeof *base);
    if (base == NULL)
        return true;
    stls_policy_file_base(file, base);
    is_locked = base->lock_environment == STLS_LOCK_ENVIRONMENT_YES;
    free(base);
    return is_locked;
}

/* The line of a word in a section; the section's own without it. */
static unsigned line_of(const struct stls_policy_file *file,
                        const struct stls_policy_section *section, const struct stls_word *word)
{
    for (size_t i = 0; i < section->count; i++)
        if (file->settings[section->first + i].word == word)
            return file->settings[section->first + i].line;
    return section->line;
}

static void check_contradiction(struct reading *reading, const struct stls_policy_section *section,
                                const struct stls_policy *policy)
{
    const struct stls_word *word = stls_policy_contradiction(policy);
    const struct stls_word *verify = stls_policy_word_at(offsetof(struct stls_policy, verify_peer));
    unsigned line;

    if (word == NULL)
        return;
    line = line_of(reading->file, section, word);
    if (line == section->line && word->kind == STLS_WORD_PINS) /* it is missing */
        line = line_of(reading->file, section, verify);
    complain(reading, line, stls_word_name(word),
             word->kind == STLS_WORD_PROTOCOL ? "expected no less than MinProtocol"
                                              : "expected at least one, with what else is said");
}

/* What a section makes of the base: only as an exception it may be weaker. */
static void check_section(struct reading *reading, const struct stls_policy_section *section)
{
    const struct stls_policy *base = &reading->work->base;
    struct stls_policy *made = &reading->work->made;
    char ignored[1];

    *made = *base;
    for (size_t i = 0; i < section->count; i++) {
        const struct stls_policy_setting *setting = &reading->file->settings[section->first + i];

        if (setting->word == NULL)
            continue;
        stls_policy_set(made, setting->word, setting->value, ignored, sizeof ignored);
        if (!stls_policy_section_is_exception(section) &&
            stls_policy_is_weaker_by(made, base, setting->word))
            complain(reading, setting->line, stls_word_name(setting->word),
                     "weaker than [policy]: expected Reason and Expires in this section");
    }
    check_contradiction(reading, section, made);
}

static void check_sections(struct reading *reading)
{
    const struct stls_policy_file *file = reading->file;
    struct stls_policy *base = &reading->work->base;

    stls_policy_file_base(file, base);
    for (size_t i = 0; i < file->section_count; i++)
        if (file->sections[i].pattern == NULL)
            continue;
        else if (file->sections[i].kind == STLS_SECTION_POLICY)
            check_contradiction(reading, &file->sections[i], base);
        else
            check_section(reading, &file->sections[i]);
}

bool stls_policy_file_read(struct stls_policy_file *file, const char *path, char *text,
                           size_t length, void *memory, const struct stls_policy_parser *parser,
                           stls_policy_problem *problem, void *arg)
{
    struct reading reading = {.file = file,
                              .parser = parser,
                              .problem = problem,
                              .arg = arg,
                              .work = calloc(1, sizeof *reading.work),
                              .is_good = true};
    size_t sections, settings;
    long line = 0;

    count_at_most(text, length, &sections, &settings);
    *file = (struct stls_policy_file){.path = path, .sections = memory};
    file->settings = (void *)(file->sections + sections);
    reading.strings = (char *)(file->settings + settings);
    reading.strings_end = reading.strings + 2 * length + 2;
    if (reading.work == NULL) {
        complain(&reading, 1, "", "out of memory");
        return false;
    }
    scan(&reading, text, length);
    if (!parser->load(parser->arg, text, length, &line)) {
        /* What we complained about already may be why. */
        if (reading.is_good)
            complain(&reading, line > 0 && line < INT_MAX ? (unsigned)line : 1, "",
                     "OpenSSL can't read it");
        reading.is_good = false;
    } else {
        read_values(&reading);
        check_sections(&reading);
    }
    free(reading.work);
    return reading.is_good;
}
