/* bed.h - what the tests of policies at work share: servers of the lab, the victim, and a
 * directory whose etc/stricttls/policy.cnf is the system's policy for what is started in it.
 *
 * In all texts that are given here a name between '@' stands for what is only known now:
 * @PIN@ (the server's key), @OTHER_PIN@ (nobody's), @DANE@ (@PIN@ in hex), @ROOT@ and @OTHER_ROOT@
 * (files of anchors: the server's, and one that verifies nothing), @IDENTITY@ (directory of the
 * server's chain and key), @LOG@ (file of the events), @PORT@, @HERE@ (the directory).
 */
#ifndef STLS_TESTS_POLICY_BED_H
#define STLS_TESTS_POLICY_BED_H

#include <stdbool.h>
#include <sys/types.h>

#include "programs/testbed.h"

enum {
    POLICY_TEXT_MAX = 16 * 1024,
    POLICY_ARGUMENTS_MAX = 12,
};

struct policy_bed {
    struct stls_testbed testbed;
    char here[STLS_FILES_PATH_MAX];
    char log[STLS_FILES_PATH_MAX];
    struct stls_lab_server *server;
    char host[64], port[8], pin[64], dane[80];
    char root[STLS_FILES_PATH_MAX], other_root[STLS_FILES_PATH_MAX];
    char identity[STLS_FILES_PATH_MAX];
    struct stls_process_result result;
    /* What the last program said, '|', and what the events are. */
    char text[STLS_PROCESS_OUTPUT_MAX + STLS_LOG_MAX + 2];
};

void policy_bed_open(struct policy_bed *bed);
void policy_bed_close(struct policy_bed *bed);

/* Serves a case of the lab, or "rfc5280-rule" or "webpki-rule": a chain that OpenSSL forgives and
 * that profile does not. The one before is stopped. */
void policy_bed_serve(struct policy_bed *bed, const char *name);

/* A file below the directory, mode 0644, with its directories; NULL: away with it. */
void policy_bed_write(struct policy_bed *bed, const char *name, const char *text);
#define POLICY_SYSTEM "etc/stricttls/policy.cnf"

/* Runs the victim against the server; options are separated by spaces, settings are
 * "STRICTTLS_X=value". What it says it did is what the server saw, or the test fails. */
void policy_bed_run_bare(struct policy_bed *bed, const char *options);
void policy_bed_run(struct policy_bed *bed, const char *const *settings, const char *options);

/* The same for any program: argv[0] is looked for beside the victim where it has no slash. */
void policy_bed_run_program(struct policy_bed *bed, const char *const *settings,
                            const char *const *argv);

/* Copies a program from beside the victim into the directory, with this mode. */
void policy_bed_install(struct policy_bed *bed, const char *name, mode_t mode);

/* True if the text is as the pattern of fnmatch(3) says, or with '!' before it, if it is not. */
bool policy_bed_is(const struct policy_bed *bed, const char *pattern);

/* The text with all between '@' replaced; ret holds POLICY_TEXT_MAX bytes. */
void policy_bed_expand(const struct policy_bed *bed, const char *text, char *ret);

#endif
