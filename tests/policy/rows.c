/* rows.c - see rows.h */
#include "rows.h"

#include <criterion/criterion.h>
#include <string.h>

/* The command says of a policy what the library makes of it: that nothing passes, or not. It is not
 * preloaded itself, or it would have no OpenSSL to ask. */
static void expect_command_agrees(struct policy_bed *bed, const struct policy_row *row,
                                  const char *const *settings)
{
    const char *argv[] = {"/usr/bin/env", "-u",   "LD_PRELOAD", STLS_POLICY_TESTS "/stricttls",
                          "policy",       "show", NULL};
    bool is_refused = strncmp(row->expected, NO_CONTEXT, strlen("no context")) == 0;

    policy_bed_run_program(bed, settings, argv);
    cr_expect(bed->result.code == (is_refused ? 1 : 0), "%s, by the command:\n%s", row->what,
              bed->text);
}

static void try_row(struct policy_bed *bed, const struct policy_row *row)
{
    const char *settings[4];
    char expected[POLICY_TEXT_MAX];
    size_t count = 0;

    policy_bed_serve(bed, row->server);
    policy_bed_run_bare(bed, row->options);
    cr_expect(policy_bed_is(bed, ALONE), "%s, alone:\n%s", row->what, bed->text);
    policy_bed_write(bed, POLICY_SYSTEM, row->system);
    policy_bed_write(bed, "own.cnf", row->own);
    if (row->system == NULL)
        settings[count++] = "STRICTTLS_LOG=file:@LOG@";
    if (row->own != NULL)
        settings[count++] = "STRICTTLS_POLICY=@HERE@/own.cnf";
    if (row->setting != NULL)
        settings[count++] = row->setting;
    settings[count] = NULL;
    policy_bed_run(bed, settings, row->options);
    policy_bed_expand(bed, row->expected, expected);
    cr_expect(policy_bed_is(bed, expected), "%s: expected %s, got\n%s", row->what, expected,
              bed->text);
    expect_command_agrees(bed, row, settings);
}

void policy_try_rows(struct policy_bed *bed, const struct policy_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        try_row(bed, &rows[i]);
}
