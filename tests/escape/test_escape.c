/* test_escape.c - every way around, walked bare and preloaded, judged from the other side.
 *
 * A refusal is no crash: a victim that dies of a signal, or does not end, has failed whatever its
 * opponent saw. A way that this OpenSSL does not have is a counted skip.
 *
 * STLS_ESCAPE_ONLY=NAME chooses; STLS_ESCAPE_REPORT=FILE gets one line a way: area, name, verdict,
 * what the bad opponent saw bare and what preloaded, why. scripts/test-generations reads it.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "walk.h"

enum {
    WAYS_MIN = 20, /* fewer: a table was not listed */
    TEXT_MAX = 8192,
};

/* What the bad opponent saw of the victim, in one word each. */
struct sights {
    const char *bare, *preloaded; /* "-": not walked */
};

static void write_verdict(const struct stls_row *row, const char *verdict, struct sights sights,
                          const char *text)
{
    const char *path = getenv("STLS_ESCAPE_REPORT");
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
    int length = (int)strcspn(text, "\n");

    if (fd < 0)
        return;
    dprintf(fd, "%s\t%s\t%s\t%s\t%s\t%.*s\n", row->area, row->name, verdict, sights.bare,
            sights.preloaded, length, text);
    close(fd);
}

static const char *describe(const struct stls_row *row, enum stls_side side,
                            const struct stls_step *step, const struct stls_step *bare,
                            const char *verdict)
{
    static char text[TEXT_MAX];
    bool is_bad = side != STLS_SIDE_BARE_GOOD && side != STLS_SIDE_PRELOADED_GOOD;
    bool does_differ = strcmp(verdict, "DIFFERS") == 0;
    char end[128];

    stls_process_describe(&step->victim, end, sizeof end);
    snprintf(text, sizeof text,
             "%s: %s (%s): %s; the opponent saw %s, %u resumed, weak: %s; the victim %s\n"
             "  way: %s\n  events: %.1500s\n  output: %.2000s%s%.3000s",
             row->name, verdict, stls_side_name(side), is_bad ? row->bad : row->good,
             stls_lab_outcome_name(step->seen.outcome), step->seen.resumptions,
             step->seen.weak[0] != '\0' ? step->seen.weak : "?", end, row->attack, step->events,
             step->victim.output, does_differ ? "\n  bare: " : "",
             does_differ ? bare->victim.output : "");
    return text;
}

static bool has_connected(const struct stls_step *step)
{
    return step->seen.outcome == STLS_LAB_DATA;
}

static bool is_weak(const struct stls_step *step)
{
    return strcmp(step->seen.weak, "none") != 0;
}

static const char *sight_of(const struct stls_row *row, const struct stls_step *step)
{
    if (!has_connected(step))
        return "refused";
    if (row->expectation == STLS_EXPECT_CLAMPED)
        return is_weak(step) ? step->seen.weak : "strong";
    if (row->expectation == STLS_EXPECT_RESUMED)
        return step->seen.resumptions > 0 ? "resumes" : "anew";
    return "connects";
}

/* The run itself, or why not. NULL: it ended as programs do. */
static const char *walk(struct stls_arena *arena, const struct stls_row *row, enum stls_side side,
                        struct stls_step *step)
{
    int error = stls_walk(arena, row, side, step);

    if (error != 0)
        return strerror(-error);
    if (strstr(step->victim.output, "cannot be preloaded") != NULL)
        return "NOT PRELOADED";
    if (!step->is_unavailable && step->victim.end == STLS_PROCESS_SIGNALLED)
        return "CRASH";
    if (!step->is_unavailable && step->victim.end == STLS_PROCESS_TIMED_OUT)
        return "TIME-OUT";
    return NULL;
}

/* The lines that a victim begins with "report: ", joined. */
static void reports_of(const struct stls_step *step, char *text, size_t size)
{
    const char *at = step->victim.output;
    size_t length = 0;

    text[0] = '\0';
    while ((at = strstr(at, "report: ")) != NULL && length + 1 < size) {
        int line = (int)strcspn(at, "\n");

        length += (size_t)snprintf(text + length, size - length, "%.*s\n", line, at);
        at += line;
    }
}

/* Bare against the bad opponent: else the row shows nothing. */
static const char *judge_bare(const struct stls_row *row, const struct stls_step *step)
{
    switch (row->expectation) {
    case STLS_EXPECT_REFUSED:
        return has_connected(step) ? NULL : "BROKEN ROW: does not connect bare";
    case STLS_EXPECT_CLAMPED:
        return has_connected(step) && is_weak(step) ? NULL : "BROKEN ROW: is not weak bare";
    case STLS_EXPECT_RESUMED:
        return has_connected(step) && step->seen.resumptions > 0
                   ? NULL
                   : "BROKEN ROW: does not resume bare";
    case STLS_EXPECT_SAME:
        return has_connected(step) && step->victim.code == STLS_ANSWERED
                   ? NULL
                   : "BROKEN ROW: does not connect bare";
    case STLS_EXPECT_STRICT:
        return has_connected(step) ? "BROKEN ROW: connects bare" : NULL;
    }
    return "?";
}

static const char *judge_preloaded(const struct stls_row *row, const struct stls_step *step,
                                   const struct stls_step *bare)
{
    char reports[2][TEXT_MAX];

    switch (row->expectation) {
    case STLS_EXPECT_REFUSED:
    case STLS_EXPECT_STRICT:
        return has_connected(step) ? "ESCAPE" : NULL;
    case STLS_EXPECT_CLAMPED:
        return has_connected(step) && is_weak(step) ? "ESCAPE" : NULL;
    case STLS_EXPECT_RESUMED:
        if (!has_connected(step))
            return "BREAKS";
        return step->seen.resumptions > 0 ? NULL : "NO RESUMPTION";
    case STLS_EXPECT_SAME:
        if (!has_connected(step) || step->victim.code != STLS_ANSWERED)
            return "BREAKS";
        reports_of(bare, reports[0], sizeof reports[0]);
        reports_of(step, reports[1], sizeof reports[1]);
        return strcmp(reports[0], reports[1]) == 0 ? NULL : "DIFFERS";
    }
    return "?";
}

/* True if a line of the events says that the policy alone would refuse. */
static bool is_foretold(const char *events, bool is_certain)
{
    for (size_t length; *events != '\0'; events += length + (events[length] == '\n')) {
        char line[TEXT_MAX];

        length = strcspn(events, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, events);
        if (strstr(line, ":\"would-refuse\",") != NULL &&
            strstr(line, "\"stricttls.refused_anyway\"") == NULL &&
            (!is_certain || strstr(line, "\"stricttls.uncertain\"") == NULL))
            return true;
    }
    return false;
}

/* Audit mode changes nothing, and foretells what enforcement does. Where the server might have
 * chosen better, it says that it can't know. */
static const char *judge_audited(const struct stls_row *row, const struct stls_step *step,
                                 const struct stls_step *bare, bool is_refused)
{
    char reports[2][TEXT_MAX];

    reports_of(bare, reports[0], sizeof reports[0]);
    reports_of(step, reports[1], sizeof reports[1]);
    if (step->seen.outcome != bare->seen.outcome || step->victim.code != bare->victim.code ||
        step->seen.resumptions != bare->seen.resumptions ||
        strcmp(step->seen.weak, bare->seen.weak) != 0 || strcmp(reports[0], reports[1]) != 0)
        return "AUDIT CHANGES";
    if (row->expectation == STLS_EXPECT_STRICT)
        return is_foretold(step->events, false) ? "AUDIT WRONG: it fails in any case" : NULL;
    if (is_refused)
        return is_foretold(step->events, false) ? NULL : "AUDIT MISSES";
    return is_foretold(step->events, true) ? "AUDIT WRONG" : NULL;
}

/* One verdict a way; what is wrong first is told. */
static void judge(struct stls_arena *arena, const struct stls_row *row, struct stls_step *bare,
                  struct stls_step *step)
{
    enum stls_side side = STLS_SIDE_BARE_BAD;
    const char *verdict = walk(arena, row, side, bare);
    struct sights sights = {"-", "-"};

    *step = *bare;
    if (verdict == NULL && bare->is_unavailable) {
        const char *why = strstr(bare->victim.output, "unavailable: ");

        why = why != NULL ? why + strlen("unavailable: ") : "no reason given";
        write_verdict(row, "skip", sights, why);
        printf("SKIP: escape %s: %.*s\n", row->name, (int)strcspn(why, "\n"), why);
        return;
    }
    if (verdict == NULL) {
        sights.bare = sight_of(row, bare);
        verdict = judge_bare(row, bare);
    }
    if (verdict == NULL) {
        side = STLS_SIDE_PRELOADED_BAD;
        verdict = walk(arena, row, side, step);
        sights.preloaded = sight_of(row, step);
        if (verdict == NULL)
            verdict = judge_preloaded(row, step, bare);
    }
    if (verdict == NULL) {
        bool is_refused = !has_connected(step);

        side = STLS_SIDE_AUDITED_BAD;
        verdict = walk(arena, row, side, step);
        if (verdict == NULL)
            verdict = judge_audited(row, step, bare, is_refused);
    }
    if (verdict == NULL && row->good[0] != '\0') {
        side = STLS_SIDE_PRELOADED_GOOD;
        verdict = walk(arena, row, side, step);
        if (verdict == NULL && !has_connected(step)) {
            verdict = "BREAKS";
            if (walk(arena, row, STLS_SIDE_BARE_GOOD, bare) != NULL || !has_connected(bare))
                verdict = "BROKEN ROW: does not connect to the good opponent bare";
        }
    }
    write_verdict(row, verdict != NULL ? verdict : "ok", sights,
                  verdict != NULL ? strchr(describe(row, side, step, bare, verdict), ':') + 2 : "");
    cr_assert(verdict == NULL, "%s", describe(row, side, step, bare, verdict));
}

/* Else a victim that can't list its ways would be a suite without failures. */
Test(escape, all_ways_are_listed)
{
    struct stls_row *rows = calloc(STLS_ROWS_MAX, sizeof *rows);
    size_t count = 0;

    unsetenv("STLS_ESCAPE_ONLY");
    cr_assert(rows != NULL);
    cr_assert_eq(stls_rows_read(rows, STLS_ROWS_MAX, &count), 0, "a victim can't list its ways");
    cr_assert_geq(count, (size_t)WAYS_MIN, "only %zu ways", count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            cr_assert(strcmp(rows[i].name, rows[j].name) != 0, "%s: twice", rows[i].name);
    free(rows);
}

Test(escape, the_library_is_there)
{
    const char *library = getenv("STLS_LIBRARY");

    cr_assert(library != NULL && access(library, R_OK) == 0, "STLS_LIBRARY is not set");
}

static void free_rows(struct criterion_test_params *parameters)
{
    cr_free(parameters->params);
}

ParameterizedTestParameters(escape, way)
{
    struct stls_row *rows = cr_malloc(STLS_ROWS_MAX * sizeof *rows);
    size_t count = 0;

    if (rows == NULL || stls_rows_read(rows, STLS_ROWS_MAX, &count) != 0)
        count = 0; /* all_ways_are_listed says so */
    return cr_make_param_array(struct stls_row, rows, count, free_rows);
}

ParameterizedTest(struct stls_row *row, escape, way, .timeout = 120)
{
    struct stls_arena *arena = stls_arena_new();
    struct stls_step *steps = calloc(2, sizeof *steps);

    cr_assert(arena != NULL && steps != NULL, "%s: no lab: %s", row->name, strerror(errno));
    judge(arena, row, &steps[0], &steps[1]);
    free(steps);
    stls_arena_free(arena);
}
