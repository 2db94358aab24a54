/* main.c - what all victims have in common: their command line, and how they list their ways. */
#include "way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *expectation_name(enum stls_expectation expectation)
{
    switch (expectation) {
    case STLS_EXPECT_REFUSED:
        return "refused";
    case STLS_EXPECT_CLAMPED:
        return "clamped";
    case STLS_EXPECT_RESUMED:
        return "resumed";
    case STLS_EXPECT_SAME:
        return "same";
    case STLS_EXPECT_STRICT:
        return "strict";
    }
    return "?";
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* One line a way, its fields separated by tabs, "-" for none. */
static void list(const struct stls_area *area, const struct stls_way *way)
{
    const char *bad =
        way->expectation == STLS_EXPECT_RESUMED || way->expectation == STLS_EXPECT_SAME
            ? "lab:good-rsa"
            : "lab:self-signed";

    printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", area->name, way->name,
           expectation_name(way->expectation), way->is_server ? "server" : "client",
           or_else(way->bad, bad), or_else(way->good, "lab:good-rsa"), or_else(way->bad_host, "-"),
           or_else(way->before, "-"), or_else(way->program, "-"), or_else(way->env, "-"),
           way->attack);
}

int stls_victim_main(const struct stls_area *areas, int argc, char **argv,
                     int (*common)(const struct stls_way *way, const struct stls_target *target))
{
    bool is_list = argc == 2 && strcmp(argv[1], "--list") == 0;
    struct stls_target target;

    if (!is_list && argc != 5) {
        fprintf(stderr, "usage: %s WAY HOST PORT CAFILE | --list\n", argv[0]);
        return STLS_FAILED;
    }
    for (; areas->name != NULL; areas++)
        for (const struct stls_way *way = areas->ways; way->name != NULL; way++) {
            if (is_list) {
                list(areas, way);
            } else if (strcmp(way->name, argv[1]) == 0) {
                target = (struct stls_target){.host = argv[2], .port = argv[3], .ca_file = argv[4]};
                return way->run != NULL ? way->run(&target) : common(way, &target);
            }
        }
    if (is_list)
        return STLS_ANSWERED;
    fprintf(stderr, "%s: no such way\n", argv[1]);
    return STLS_FAILED;
}
