/* process.h - programs started by the tests: run to their end, or kept while a test uses them.
 *
 * Owns: the child's clean environment, its process group, its bounded output, its deadline.
 * Must not: sleep, wait without a bound, leave a child behind, or judge what a program did.
 *
 * The environment of a child is deterministic: PATH, HOME, LANG=C, TERM=dumb, TZ=UTC0 and what the
 * command adds, nothing of ours. Only descriptors 0, 1 and 2 reach it; 1 and 2 are one pipe.
 *
 * Errors: functions that return int give 0 or a negative errno; functions that return a pointer
 * give NULL and set errno.
 */
#ifndef STLS_TESTS_PROCESS_H
#define STLS_TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    STLS_PROCESS_OUTPUT_MAX = 16 * 1024,
    STLS_PROCESS_INPUT_MAX = 4096,
};

struct stls_process_command {
    const char *const *argv; /* argv[0] is an absolute path; ends with NULL */
    const char *const *env;  /* "NAME=value", ends with NULL; NULL: nothing to add */
    const char *input;       /* at most STLS_PROCESS_INPUT_MAX bytes; NULL: /dev/null */
    const char *home;        /* HOME and working directory; NULL: "/" */
};

/* How a program ended. A refusal is an exit, a crash is not. */
enum stls_process_end {
    STLS_PROCESS_EXITED,    /* by itself; code is its exit status */
    STLS_PROCESS_SIGNALLED, /* by a signal that we did not send; code is the signal */
    STLS_PROCESS_TIMED_OUT, /* by us, at the deadline */
};

struct stls_process_result {
    enum stls_process_end end;
    int code;
    size_t output_length; /* the first STLS_PROCESS_OUTPUT_MAX - 1 bytes are kept */
    char output[STLS_PROCESS_OUTPUT_MAX];
};

/* Runs a program to its end or to the deadline; its whole process group is gone on return.
 * -ENOENT if argv[0] is not an executable file. */
int stls_process_run(const struct stls_process_command *command, int deadline_ms,
                     struct stls_process_result *ret_result);

/* "exited with 60", "died of signal 11 (Segmentation fault)", "did not end in time". */
void stls_process_describe(const struct stls_process_result *result, char *text, size_t size);

struct stls_process; /* a program that runs until it is stopped */

struct stls_process *stls_process_start(const struct stls_process_command *command);

/* Waits until needle occurs in the output at or after offset `from`. -ETIMEDOUT, or -ECHILD where
 * the program ended without saying it. */
int stls_process_wait_output(struct stls_process *process, size_t from, const char *needle,
                             int timeout_ms);

/* What it wrote so far, and how much: read without waiting. The text is valid until the next call
 * on this process. */
const char *stls_process_output(struct stls_process *process, size_t *ret_length);

/* Waits until it ends by itself; -ETIMEDOUT where it does not. */
int stls_process_wait_exit(struct stls_process *process, int timeout_ms);

/* SIGTERM, then SIGKILL for the group after a bounded wait; from then on its output is complete.
 * False where the program had ended before of a signal, i.e. crashed. */
bool stls_process_end(struct stls_process *process);

/* Ends it, unless that is done, and forgets it with its output; returns the same. NULL is allowed
 * and true. */
bool stls_process_stop(struct stls_process *process);

/* A port of 127.0.0.1 on which nobody listens, from below the kernel's own range, so that no
 * outgoing connection takes it meanwhile. 0 where there is none. */
unsigned short stls_process_free_port(void);

/* Milliseconds of the monotonic clock. */
long long stls_process_now_ms(void);

#endif
