/* rows.h - tables of policies: a row is a policy and what the victim then does with a server; each
 * is also run alone, where it must connect. The texts are as in bed.h.
 */
#ifndef STLS_TESTS_POLICY_ROWS_H
#define STLS_TESTS_POLICY_ROWS_H

#include "bed.h"

/* What the victim says, and the events. */
#define CONNECTED "connected *|"
#define REFUSED "refused: *|stricttls: refused: *"
#define NO_PEER "refused: certificate verify failed *|stricttls: refused: *"
#define NO_CONTEXT "no context: *"
#define ALONE "connected *"

/* Parts of policies. */
#define EXCEPTION "Reason = a device\nExpires = 2999-12-31\n"
#define LOG "[policy]\nLog = file:@LOG@\n"

struct policy_row {
    const char *what;
    const char *server, *options;
    const char *system, *own; /* texts of files; NULL: none */
    const char *setting;      /* one variable, NULL: none */
    const char *expected;
};

void policy_try_rows(struct policy_bed *bed, const struct policy_row *rows, size_t count);

#define POLICY_TRY(bed, rows) policy_try_rows(bed, rows, sizeof(rows) / sizeof((rows)[0]))

#endif
