/* test_terminal.c - what only a terminal shows: a program that must not be stopped, and progress.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bed.h"

static pid_t start_behind_terminal(int *ret_terminal)
{
    pid_t child = forkpty(ret_terminal, NULL, NULL, NULL);

    cr_assert(child >= 0, "no terminal can be made");
    return child;
}

/* What it says, until it ends; its status. */
static int read_terminal(pid_t child, int terminal, char *text, size_t size)
{
    size_t length = 0;
    ssize_t count;
    int status = -1;

    while (length < size - 1 && (count = read(terminal, text + length, size - 1 - length)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    cr_assert_eq(waitpid(child, &status, 0), child);
    close(terminal);
    return status;
}

/* stty tostop: a program in the background that writes to the terminal is stopped, but not by us.
 */
static void run_in_background(const char *program)
{
    struct termios settings;
    pid_t child;
    int status = 0;

    tcgetattr(STDIN_FILENO, &settings);
    settings.c_lflag |= TOSTOP;
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    child = fork();
    if (child == 0) {
        setpgid(0, 0);
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execl(program, program, "stderr", "text", "1", "host", (char *)NULL);
        _exit(126);
    }
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGKILL);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

Test(terminal, a_background_program_is_not_stopped, .timeout = 60)
{
    char program[STLS_FILES_PATH_MAX], text[4096];
    int terminal, status;
    pid_t child;

    stls_files_join(program, STLS_EVENTS, "writer");
    child = start_behind_terminal(&terminal);
    if (child == 0)
        run_in_background(program);
    status = read_terminal(child, terminal, text, sizeof text);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x: %s", (unsigned)status,
              text);
    cr_expect(strstr(text, "stricttls: refused: writer[") != NULL, "%s", text);
}

/* Of a source that takes longer than a second; gone at the end, and not there for a quick one. */
Test(terminal, shows_progress_where_it_takes_long, .timeout = 60)
{
    static const char *const waits[] = {"1.5", "0"};

    cr_assert(getenv("STLS_COMMAND") != NULL, "STLS_COMMAND is not set");
    for (int i = 0; i < 2; i++) {
        char script[8 * STLS_FILES_PATH_MAX], text[8192];
        int terminal, status;
        pid_t child;

        snprintf(script, sizeof script,
                 "{ %s/generate 3000; sleep %s; %s/generate 3000; } | %s report - >/dev/null",
                 STLS_EVENTS, waits[i], STLS_EVENTS, getenv("STLS_COMMAND"));
        child = start_behind_terminal(&terminal);
        if (child == 0) {
            execl("/bin/sh", "sh", "-c", script, (char *)NULL);
            _exit(126);
        }
        status = read_terminal(child, terminal, text, sizeof text);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", text);
        cr_expect_eq(strstr(text, " events") != NULL, i == 0, "%s", text);
        cr_expect_eq(strstr(text, "\r\x1b[K") != NULL, i == 0, "%s", text);
    }
}
