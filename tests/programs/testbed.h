/* testbed.h - what every row of the program matrix needs: the lab, its files, the environments.
 *
 * Owns: one lab PKI and one temporary directory; which variables a bare and a preloaded program
 * gets. Must not: know any program, or judge an outcome.
 *
 * Open, it may be used by several threads. Errors: functions that return int give 0 or a negative
 * errno.
 */
#ifndef STLS_TESTS_TESTBED_H
#define STLS_TESTS_TESTBED_H

#include <stdbool.h>

#include "../../src/lab/lab.h"
#include "../support/files.h"
#include "../support/process.h"

struct stls_testbed {
    struct stls_lab *lab;
    char directory[STLS_FILES_PATH_MAX];
    char root[STLS_FILES_PATH_MAX];        /* PEM of the lab's good root */
    char openssl_cnf[STLS_FILES_PATH_MAX]; /* allows all that OpenSSL still has */
    char library[STLS_FILES_PATH_MAX];     /* $STLS_LIBRARY, or build/libstricttls.so */
    char clients[STLS_FILES_PATH_MAX];     /* $STLS_CLIENTS, or tests/programs/clients */
};

/* The ways in which each program runs. */
enum stls_preload {
    STLS_BARE,
    STLS_PRELOADED,
    STLS_AUDITED, /* preloaded in audit mode: as bare, and tells what PRELOADED would refuse */
    STLS_MODE_COUNT,
};

enum {
    STLS_LOG_MAX = 4096,
    STLS_LOG_LINE_MAX = 512,
    STLS_ENVIRONMENT_MAX = 12,
};

/* The variables of one program; text of its own, so that it may be kept. */
struct stls_environment {
    const char *list[STLS_ENVIRONMENT_MAX];
    size_t count;
    char log[STLS_FILES_PATH_MAX]; /* where a preloaded program's events go */
    char text[STLS_ENVIRONMENT_MAX][STLS_FILES_PATH_MAX + 32];
};

/* Where the library or the clients are not there the error is -ENOENT and *ret_problem names what
 * is missing. ret_problem holds STLS_FILES_PATH_MAX + 64 bytes. */
int stls_testbed_open(struct stls_testbed *bed, char *ret_problem);
void stls_testbed_close(struct stls_testbed *bed);

/* A directory that any user may search, for programs that drop their privileges. */
int stls_testbed_make_directory(const struct stls_testbed *bed, char *path);

/* Starts with no event log, SSL_CERT_FILE at the lab's root and, for a preloaded program, the
 * library. The log is in `directory` and may be written by any user. */
void stls_environment_init(struct stls_environment *environment, const struct stls_testbed *bed,
                           const char *directory, enum stls_preload mode);
void stls_environment_add(struct stls_environment *environment, const char *name,
                          const char *value);

/* How many refusals, or would-be refusals, the event log holds, and the first line of all. ret_line
 * holds STLS_LOG_LINE_MAX bytes. Negative errno where the log can't be read. */
int stls_environment_read_log(const struct stls_environment *environment, char *ret_line);

/* chain.pem and key.pem of a case in `directory`. */
int stls_testbed_write_identity(struct stls_testbed *bed, const struct stls_lab_case *lab_case,
                                const char *directory);
/* client-good.pem or client-untrusted.pem in `directory`, and the same with .key. */
int stls_testbed_write_client_identity(struct stls_testbed *bed,
                                       enum stls_lab_client_identity which, const char *directory);

#endif
