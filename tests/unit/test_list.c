/* test_list.c - names put behind each other in too little room, and found again. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/core/list.h"

Test(list, names_and_what_does_not_fit)
{
    char text[8] = "";

    cr_expect(stls_list_append(text, sizeof text, ", ", "ab") && strcmp(text, "ab") == 0);
    cr_expect(stls_list_append(text, sizeof text, ", ", "cde") && strcmp(text, "ab, cde") == 0);
    cr_expect(!stls_list_append(text, sizeof text, ", ", "f") && strcmp(text, "ab, cde") == 0);
    text[5] = '\0';
    cr_expect(!stls_list_append(text, sizeof text, ":", "fgh") && strcmp(text, "ab, c") == 0);
    cr_expect(stls_list_append(text, sizeof text, ":", "f") && strcmp(text, "ab, c:f") == 0);
}

Test(list, walk)
{
    static const char *const names[] = {"a", "bc", "d"};
    const char *at = "::a: bc:\td ";
    size_t count = 0;

    for (size_t length; (length = stls_list_next(&at, ": \t")) > 0; at += length) {
        cr_assert(count < 3 && strlen(names[count]) == length);
        cr_expect(memcmp(at, names[count], length) == 0);
        count++;
    }
    cr_expect(count == 3 && *at == '\0');
    cr_expect(stls_list_next(&at, ":") == 0);
}
