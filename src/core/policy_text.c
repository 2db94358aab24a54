/* policy_text.c - see policy_text.h */
#include "policy_text.h"

#include <stdio.h>
#include <string.h>

#include "banned.h"

/* A line with those that its last backslash continues. */
struct line {
    char *start, *end;
    unsigned number;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool take_line(struct stls_text_scan *scan, struct line *ret)
{
    bool is_continued = true;

    if (scan->at >= scan->length)
        return false;
    ret->start = scan->text + scan->at;
    ret->number = scan->line + 1;
    while (is_continued && scan->at < scan->length) {
        const char *start = scan->text + scan->at;
        const char *end = memchr(start, '\n', scan->length - scan->at);
        size_t length = end != NULL ? (size_t)(end - start) : scan->length - scan->at;

        scan->at += length + (end != NULL);
        scan->line++;
        while (length > 0 && start[length - 1] == '\r')
            length--;
        is_continued =
            length > 0 && start[length - 1] == '\\' && (length == 1 || start[length - 2] != '\\');
        ret->end = (char *)start + length;
    }
    return true;
}

static void trim(struct line *line)
{
    while (line->start < line->end && is_blank(*line->start))
        line->start++;
    while (line->end > line->start && is_blank(line->end[-1]))
        line->end--;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The parser would end at a 0, as if the file did. */
static const char *find_bad_byte(const struct line *line)
{
    bool is_comment = line->start < line->end && *line->start == '#';

    for (const char *c = line->start; c < line->end; c++) {
        if (*c == '$' && !is_comment)
            return "expected no '$': nothing is expanded in a policy";
        if (((unsigned char)*c < ' ' && !is_blank(*c)) || *c == 0x7f)
            return "expected text: a control character stands here";
    }
    return NULL;
}

static void read_section(const struct line *line, struct stls_text_item *ret)
{
    char *comment = memchr(line->start, '#', (size_t)(line->end - line->start));
    char *end = comment != NULL ? comment : line->end;

    while (end > line->start && is_blank(end[-1]))
        end--;
    ret->what = "expected [policy], [app/NAME] or [host/NAME] and nothing behind it";
    if (end[-1] != ']' || memchr(line->start, '\n', (size_t)(end - line->start)) != NULL)
        return;
    ret->name = line->start + 1;
    end--;
    while (ret->name < end && is_blank(*ret->name))
        ret->name++;
    while (end > ret->name && is_blank(end[-1]))
        end--;
    ret->length = (size_t)(end - ret->name);
    ret->kind = STLS_TEXT_SECTION;
}

static void read_word(const struct line *line, struct stls_text_item *ret)
{
    char *end = line->start;

    ret->name = line->start;
    while (end < line->end && is_letter(*end))
        end++;
    ret->length = (size_t)(end - line->start);
    while (end < line->end && (*end == ' ' || *end == '\t'))
        end++;
    ret->what = "expected WORD = VALUE";
    if (ret->length > 0 && end < line->end && *end == '=')
        ret->kind = STLS_TEXT_WORD;
}

void stls_policy_text_next(struct stls_text_scan *scan, struct stls_text_item *ret)
{
    struct line line = {.number = 0};

    do {
        *ret = (struct stls_text_item){.kind = STLS_TEXT_END, .line = scan->line, .name = NULL};
        if (!take_line(scan, &line))
            return;
        trim(&line);
        ret->what = find_bad_byte(&line);
    } while (ret->what == NULL && (line.start == line.end || *line.start == '#'));
    ret->kind = STLS_TEXT_FAULT;
    ret->line = line.number;
    ret->name = ret->start = line.start;
    ret->end = line.end;
    if (ret->what != NULL)
        return;
    if (*line.start == '.')
        ret->what = "expected no directive: a policy is one file";
    else if (*line.start == '[')
        read_section(&line, ret);
    else
        read_word(&line, ret);
}

void stls_policy_text_section(unsigned number, char name[STLS_SECTION_NAME_MAX])
{
    snprintf(name, STLS_SECTION_NAME_MAX, "s%u", number);
}

void stls_policy_text_blank(const struct stls_text_item *item)
{
    memset(item->start, ' ', (size_t)(item->end - item->start));
}

bool stls_policy_text_renumber(const struct stls_text_item *section, unsigned number)
{
    char name[STLS_SECTION_NAME_MAX];
    size_t length;

    stls_policy_text_section(number, name);
    length = strlen(name);
    if (length > section->length)
        return false;
    memcpy(section->name, name, length);
    memset(section->name + length, ' ', section->length - length);
    return true;
}
