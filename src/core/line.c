/* line.c - see line.h */
#include "line.h"

#include <string.h>

#include "banned.h"

struct stls_line stls_line_start(char *text, size_t size)
{
    text[0] = '\0';
    return (struct stls_line){.text = text, .size = size};
}

static void append(struct stls_line *line, const char *bytes, size_t length)
{
    if (length >= line->size - line->length) {
        line->is_cut = true;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
    line->text[line->length] = '\0';
}

void stls_line_add(struct stls_line *line, const char *text)
{
    append(line, text, strlen(text));
}

void stls_line_add_number(struct stls_line *line, unsigned long long number)
{
    char digits[24];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    append(line, digits + start, sizeof digits - start);
}

/* What one byte becomes; its length. */
static size_t quote(unsigned char c, unsigned quoting, char quoted[5])
{
    static const char hex[] = "0123456789abcdef";
    bool is_escape = c == '\\' && (quoting & STLS_LINE_QUOTED) == 0;
    bool ends_word = (c == ' ' || c == ',' || c == ';') && (quoting & STLS_LINE_WORD) != 0;
    bool ends_clause = c == ';' && (quoting & STLS_LINE_CLAUSE) != 0;
    bool is_plain = c >= ' ' && c < 0x7f && !is_escape && !ends_word && !ends_clause;
    size_t length = 0;

    if ((quoting & STLS_LINE_JSON) != 0 && (!is_plain || c == '"' || c == '\\'))
        quoted[length++] = '\\';
    if (is_plain) {
        quoted[length++] = (char)c;
        return length;
    }
    quoted[length++] = '\\';
    quoted[length++] = 'x';
    quoted[length++] = hex[c >> 4];
    quoted[length++] = hex[c & 15];
    return length;
}

void stls_line_add_bytes(struct stls_line *line, const void *bytes, size_t length, size_t max,
                         unsigned quoting)
{
    const unsigned char *byte = bytes, *end = byte + length;
    char quoted[5];

    for (; byte < end; byte++) {
        size_t count = quote(*byte, quoting, quoted);

        if (count > max || count >= line->size - line->length) {
            line->is_cut = line->is_cut || count <= max;
            return;
        }
        max -= count;
        append(line, quoted, count);
    }
}

void stls_line_add_foreign(struct stls_line *line, const char *text, size_t max, unsigned quoting)
{
    stls_line_add_bytes(line, text, strlen(text), max, quoting);
}

/* Behind a mark, if there is one. */
static void add_digits(struct stls_line *line, char before, unsigned number, size_t count)
{
    char text[8] = {before};
    size_t start = before == '\0';

    for (size_t i = count; i > 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
    append(line, text + start, count + 1 - start);
}

/* Not gmtime_r: it may read a file, under a lock. Days since 1970 to a date of the proleptic
 * Gregorian calendar, years counted from March so that the leap day comes last. */
void stls_line_add_date(struct stls_line *line, unsigned days)
{
    unsigned era = (days + 719468) / 146097, day = (days + 719468) % 146097;
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    unsigned of_year = day - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;

    day = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    add_digits(line, '\0', year + era * 400 + (month <= 2), 4);
    add_digits(line, '-', month, 2);
    add_digits(line, '-', day, 2);
}

void stls_line_add_time(struct stls_line *line, long long seconds, unsigned microseconds)
{
    unsigned long long total = seconds > 0 ? (unsigned long long)seconds : 0;
    unsigned second = (unsigned)(total % 86400);

    stls_line_add_date(line, (unsigned)(total / 86400));
    add_digits(line, 'T', second / 3600, 2);
    add_digits(line, ':', second / 60 % 60, 2);
    add_digits(line, ':', second % 60, 2);
    add_digits(line, '.', microseconds, 6);
    stls_line_add(line, "Z");
}
