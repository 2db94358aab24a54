/* test_policy_variables.c - which entries of an environment are ours, and what is wrong with them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../../src/core/policy_variables.h"

static char said[512];

static void note(void *arg, const char *entry, const char *expected)
{
    (void)arg;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s: %s\n", entry, expected);
}

Test(variables, one_each)
{
    static const struct {
        const char *entry, *says;
    } rows[] = {
        {"PATH=/bin", ""},
        {"STRICTTLS_MODE=audit", ""},
        {"STRICTTLS_MODE=enforced", "STRICTTLS_MODE=enforced: expected enforce, audit, off\n"},
        {"STRICTTLS_MODE=", "STRICTTLS_MODE=: expected enforce, audit, off\n"},
        {"STRICTTLS_MODE", "STRICTTLS_MODE: expected enforce, audit, off\n"},
        {"STRICTTLS_NONSENSE=1", "STRICTTLS_NONSENSE=1: no such variable\n"},
        {"STRICTTLS_", "STRICTTLS_: no such variable\n"},
        {"STRICTTLS_REASON=x", "STRICTTLS_REASON=x: no such variable\n"},
        {"STRICTTLS_POLICY=strict", ""},
        {"STRICTTLS_POLICY=/nowhere", ""},
        {"STRICTTLS_POLICY=rel.cnf",
         "STRICTTLS_POLICY=rel.cnf: expected intermediate, strict, audit, /PATH\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char entry[64];
        char *const entries[] = {entry, NULL};

        snprintf(entry, sizeof entry, "%s", rows[i].entry);
        said[0] = '\0';
        stls_policy_check_variables(entries, note, NULL);
        cr_expect_str_eq(said, rows[i].says);
    }
}
