/* programs.h - the client programs of the matrix, each as insecure as its own options allow.
 *
 * Owns: the table of command lines, and what each program can be made to reach. Must not: run any.
 */
#ifndef STLS_TESTS_PROGRAMS_H
#define STLS_TESTS_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "arguments.h"

enum {
    STLS_PROGRAM_EXCEPTIONS_MAX = 4,
};

/* For which hosts the program can be brought to 127.0.0.1. */
enum stls_program_reach {
    STLS_REACH_ANY_NAME, /* it is told name and address apart */
    STLS_REACH_RESOLVED, /* it looks the name up: localhost and 127.0.0.1 only */
};

struct stls_program {
    const char *name;
    /* argv[0] is an absolute path. {host}, {port}, {ca}, {clients} are replaced. */
    const char *argv[STLS_ARGUMENTS_MAX];
    const char *input;
    enum stls_program_reach reach;
    bool hides_address;    /* shows the library nothing of an address it connects to */
    bool verifies;         /* runs with its own verification on, to show that it stays right */
    bool connects_often;   /* a load generator */
    const char *complaint; /* what its message for a bad certificate has before OpenSSL's text */
    struct {
        const char *case_name;
        const char *reason;
    } exceptions[STLS_PROGRAM_EXCEPTIONS_MAX]; /* cases that it can't be brought to */
};

const struct stls_program *stls_programs(size_t *ret_count);

#endif
