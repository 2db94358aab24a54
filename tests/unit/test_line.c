/* test_line.c - texts that no sink can be harmed by, and times without the C library. */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "../../src/core/line.h"

Test(line, every_byte_leaves_printable)
{
    for (unsigned quoting = 0; quoting < 2 * STLS_LINE_QUOTED; quoting++)
        for (int byte = 1; byte < 256; byte++) {
            char text[16], from[2] = {(char)byte, '\0'};
            struct stls_line line = stls_line_start(text, sizeof text);

            stls_line_add_foreign(&line, from, 8, quoting);
            cr_expect(line.length >= 1 && line.length <= 5 && !line.is_cut);
            for (size_t i = 0; i < line.length; i++)
                cr_expect(text[i] >= ' ' && text[i] <= '~', "%d", byte);
            cr_expect((quoting & STLS_LINE_WORD) == 0 || strpbrk(text, " ,;") == NULL);
        }
}

Test(line, quoting)
{
    static const struct {
        const char *from;
        unsigned quoting;
        const char *to;
    } rows[] = {
        {"a b\"c\\", STLS_LINE_PLAIN, "a b\"c\\x5c"},
        {"a b\"c\\", STLS_LINE_JSON, "a b\\\"c\\\\x5c"},
        {"a b\n", STLS_LINE_WORD, "a\\x20b\\x0a"},
        {"a;b, c", STLS_LINE_CLAUSE, "a\\x3bb, c"},
        {"a;b, c", STLS_LINE_WORD, "a\\x3bb\\x2c\\x20c"},
        {"a\\x00\"\n", STLS_LINE_QUOTED, "a\\x00\"\\x0a"},
        {"a\\x00\"\n", STLS_LINE_QUOTED | STLS_LINE_JSON, "a\\\\x00\\\"\\\\x0a"},
        {"\x1b\x9b\xff", STLS_LINE_JSON, "\\\\x1b\\\\x9b\\\\xff"},
    };
    char text[64];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stls_line line = stls_line_start(text, sizeof text);

        stls_line_add_foreign(&line, rows[i].from, 60, rows[i].quoting);
        cr_expect_str_eq(text, rows[i].to);
    }
}

Test(line, a_nul_is_a_byte)
{
    char text[64];
    struct stls_line line = stls_line_start(text, sizeof text);

    stls_line_add_bytes(&line, "bank.example\0.evil", 18, 60, STLS_LINE_WORD);
    cr_expect_str_eq(text, "bank.example\\x00.evil");
}

/* Never within an escape, and never past the end, whatever the room. */
Test(line, is_cut_between_characters)
{
    for (size_t size = 1; size < 40; size++)
        for (size_t max = 0; max < 40; max++) {
            char text[64];
            struct stls_line line;

            memset(text, '#', sizeof text);
            line = stls_line_start(text, size);
            stls_line_add_foreign(&line, "ab\n\"c\n", max, STLS_LINE_JSON);
            cr_expect(line.length < size && line.length <= max && line.length == strlen(text));
            cr_expect(strncmp("ab\\\\x0a\\\"c\\\\x0a", text, line.length) == 0);
            cr_expect(line.length < 2 || line.length == 2 || line.length == 7 || line.length == 9 ||
                          line.length == 10 || line.length == 15,
                      "%s", text);
            cr_expect_eq(text[size], '#');
        }
}

Test(line, all_of_our_own_text_or_nothing)
{
    char text[8];
    struct stls_line line = stls_line_start(text, sizeof text);

    stls_line_add(&line, "1234567");
    cr_expect(!line.is_cut && strcmp(text, "1234567") == 0);
    stls_line_add(&line, "8");
    cr_expect(line.is_cut && strcmp(text, "1234567") == 0);
}

Test(line, times_are_those_of_the_c_library)
{
    /* Every 19 hours or so for 300 years, leap days and centuries among them. */
    for (long long seconds = 0; seconds < 9500000000; seconds += 68767) {
        time_t when = (time_t)seconds;
        char text[64], expected[64];
        struct stls_line line = stls_line_start(text, sizeof text);
        struct tm parts;

        gmtime_r(&when, &parts);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000042Z", &parts);
        stls_line_add_time(&line, seconds, 42);
        cr_assert_str_eq(text, expected);
    }
}

Test(line, numbers)
{
    char text[32];
    struct stls_line line = stls_line_start(text, sizeof text);

    stls_line_add_number(&line, 0);
    stls_line_add_number(&line, 18446744073709551615u);
    cr_expect_str_eq(text, "018446744073709551615");
}
