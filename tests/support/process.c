/* process.c - see process.h.
 *
 * Threads may use it at once: each call keeps its state in its own objects, and between fork and
 * exec the child calls async-signal-safe functions only.
 */
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ENVIRONMENT_MAX = 64,
    SERVER_OUTPUT_MAX = 1024 * 1024,
    STOP_TIMEOUT_MS = 5000,
    EXIT_EXEC_FAILED = 126,
};

struct child {
    pid_t pid;
    int pid_fd;
    int output_fd; /* -1 once it is at its end */
};

struct stls_process {
    struct child child;
    bool has_ended;
    bool has_crashed;
    size_t length;
    char *output; /* SERVER_OUTPUT_MAX bytes, kept terminated */
};

long long stls_process_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* The child's side of fork. */
static _Noreturn void child_exec(const struct stls_process_command *command, char *const *env,
                                 int input_fd, int output_fd, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    /* A test run that is killed takes its programs along. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *directory = command->home != NULL ? command->home : "/";
    if (getppid() != parent || dup2(input_fd, 0) < 0 || dup2(output_fd, 1) < 0 ||
        dup2(output_fd, 2) < 0 || close_range(3, ~0U, 0) != 0 || chdir(directory) != 0) {
        _exit(EXIT_EXEC_FAILED);
    }
    execve(command->argv[0], (char *const *)command->argv, env);
    _exit(EXIT_EXEC_FAILED);
}

/* The descriptor a child reads from: /dev/null, or a pipe that already holds the whole input. */
static int open_input(const char *input)
{
    if (input == NULL) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
    }
    size_t length = strlen(input);
    if (length > STLS_PROCESS_INPUT_MAX) {
        return -E2BIG;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -errno;
    }
    ssize_t written = write(ends[1], input, length);
    close(ends[1]);
    if (written != (ssize_t)length) {
        close(ends[0]);
        return -EIO;
    }
    return ends[0];
}

static int build_environment(const struct stls_process_command *command, char *home,
                             size_t home_size, const char **env)
{
    size_t count = 0;
    snprintf(home, home_size, "HOME=%s", command->home != NULL ? command->home : "/");
    env[count++] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    env[count++] = "LANG=C";
    env[count++] = "TERM=dumb";
    env[count++] = "TZ=UTC0";
    env[count++] = home;
    for (size_t i = 0; command->env != NULL && command->env[i] != NULL; i++) {
        if (count == ENVIRONMENT_MAX - 1) {
            return -E2BIG;
        }
        env[count++] = command->env[i];
    }
    env[count] = NULL;
    return 0;
}

static int spawn(const struct stls_process_command *command, struct child *ret_child)
{
    const char *env[ENVIRONMENT_MAX];
    char home[4096];
    int output[2] = {-1, -1};
    int input_fd = -1;
    int pid_fd = -1;
    pid_t pid = -1;

    int error = build_environment(command, home, sizeof(home), env);
    if (error == 0 && access(command->argv[0], X_OK) != 0) {
        error = -errno;
    }
    if (error != 0) {
        return error;
    }
    input_fd = open_input(command->input);
    if (input_fd < 0) {
        return input_fd;
    }
    if (pipe2(output, O_CLOEXEC | O_NONBLOCK) != 0 || fcntl(output[1], F_SETFL, 0) != 0) {
        error = -errno;
        goto done;
    }
    pid_t parent = getpid();
    pid = fork();
    if (pid < 0) {
        error = -errno;
        goto done;
    }
    if (pid == 0) {
        child_exec(command, (char *const *)env, input_fd, output[1], parent);
    }
    setpgid(pid, pid); /* also here, so that the group exists whoever runs first */
    pid_fd = pidfd_open(pid, 0);
    if (pid_fd < 0) {
        error = -errno;
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
        goto done;
    }
    *ret_child = (struct child){.pid = pid, .pid_fd = pid_fd, .output_fd = output[0]};
    output[0] = -1;

done:
    close_fd(&input_fd);
    close_fd(&output[0]);
    close_fd(&output[1]);
    return error;
}

/* Takes what is there, dropping what is past the buffer; closes the pipe at its end. */
static void drain(struct child *child, char *buffer, size_t size, size_t *length)
{
    char rest[4096] = {0};
    while (child->output_fd >= 0) {
        size_t space = size - 1 - *length;
        ssize_t got = read(child->output_fd, space > 0 ? buffer + *length : rest,
                           space > 0 ? space : sizeof(rest));
        if (got > 0) {
            *length += space > 0 ? (size_t)got : 0;
            buffer[*length] = '\0';
        } else if (got == 0) {
            close_fd(&child->output_fd);
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* Waits for output or for the end of the program; true where it ended. */
static bool wait_event(struct child *child, long long deadline)
{
    struct pollfd fds[2] = {
        {.fd = child->pid_fd, .events = POLLIN},
        {.fd = child->output_fd, .events = POLLIN}, /* poll ignores a negative one */
    };
    long long left = deadline - stls_process_now_ms();
    if (poll(fds, 2, left > 0 ? (int)left : 0) < 0) {
        return false;
    }
    return (fds[0].revents & POLLIN) != 0;
}

/* Ends the group while the unreaped leader still keeps its id from being given to others. */
static int reap(struct child *child)
{
    int status = 0;
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close_fd(&child->pid_fd);
    return status;
}

int stls_process_run(const struct stls_process_command *command, int deadline_ms,
                     struct stls_process_result *ret_result)
{
    struct child child;
    int error = spawn(command, &child);
    if (error != 0) {
        return error;
    }
    long long deadline = stls_process_now_ms() + deadline_ms;
    bool ended = false;
    ret_result->output_length = 0;
    ret_result->output[0] = '\0';
    while (!ended && stls_process_now_ms() < deadline) {
        ended = wait_event(&child, deadline);
        drain(&child, ret_result->output, sizeof(ret_result->output), &ret_result->output_length);
    }
    int status = reap(&child);
    drain(&child, ret_result->output, sizeof(ret_result->output), &ret_result->output_length);
    close_fd(&child.output_fd);

    if (!ended) {
        ret_result->end = STLS_PROCESS_TIMED_OUT;
        ret_result->code = 0;
    } else if (WIFSIGNALED(status)) {
        ret_result->end = STLS_PROCESS_SIGNALLED;
        ret_result->code = WTERMSIG(status);
    } else {
        ret_result->end = STLS_PROCESS_EXITED;
        ret_result->code = WEXITSTATUS(status);
    }
    return 0;
}

void stls_process_describe(const struct stls_process_result *result, char *text, size_t size)
{
    switch (result->end) {
    case STLS_PROCESS_EXITED:
        snprintf(text, size, "exited with %d", result->code);
        return;
    case STLS_PROCESS_SIGNALLED:
        snprintf(text, size, "died of signal %d (%s)", result->code,
                 sigdescr_np(result->code) != NULL ? sigdescr_np(result->code) : "unknown");
        return;
    case STLS_PROCESS_TIMED_OUT:
        snprintf(text, size, "did not end in time");
        return;
    }
}

struct stls_process *stls_process_start(const struct stls_process_command *command)
{
    struct stls_process *process = calloc(1, sizeof(*process));
    char *output = calloc(1, SERVER_OUTPUT_MAX);
    int error = process == NULL || output == NULL ? -ENOMEM : spawn(command, &process->child);
    if (error != 0) {
        free(output);
        free(process);
        errno = -error;
        return NULL;
    }
    process->output = output;
    return process;
}

const char *stls_process_output(struct stls_process *process, size_t *ret_length)
{
    drain(&process->child, process->output, SERVER_OUTPUT_MAX, &process->length);
    if (ret_length != NULL) {
        *ret_length = process->length;
    }
    return process->output;
}

int stls_process_wait_output(struct stls_process *process, size_t from, const char *needle,
                             int timeout_ms)
{
    long long deadline = stls_process_now_ms() + timeout_ms;
    bool ended = false;
    for (;;) {
        stls_process_output(process, NULL);
        if (from <= process->length && strstr(process->output + from, needle) != NULL) {
            return 0;
        }
        if (ended) {
            return -ECHILD;
        }
        if (stls_process_now_ms() >= deadline) {
            return -ETIMEDOUT;
        }
        ended = wait_event(&process->child, deadline);
    }
}

int stls_process_wait_exit(struct stls_process *process, int timeout_ms)
{
    long long deadline = stls_process_now_ms() + timeout_ms;
    bool ended = false;
    while (!ended && stls_process_now_ms() < deadline) {
        ended = wait_event(&process->child, deadline);
        stls_process_output(process, NULL);
    }
    return ended ? 0 : -ETIMEDOUT;
}

bool stls_process_end(struct stls_process *process)
{
    if (process->has_ended) {
        return !process->has_crashed;
    }
    bool ended = wait_event(&process->child, 0);
    long long deadline = stls_process_now_ms() + STOP_TIMEOUT_MS;
    process->has_ended = true;
    process->has_crashed = ended;
    if (!ended) {
        kill(process->child.pid, SIGTERM);
    }
    while (!ended && stls_process_now_ms() < deadline) {
        ended = wait_event(&process->child, deadline);
        stls_process_output(process, NULL); /* or a full pipe would keep it from ending */
    }
    int status = reap(&process->child);
    stls_process_output(process, NULL);
    close_fd(&process->child.output_fd);
    process->has_crashed = process->has_crashed && WIFSIGNALED(status);
    return !process->has_crashed;
}

bool stls_process_stop(struct stls_process *process)
{
    if (process == NULL) {
        return true;
    }
    bool is_well = stls_process_end(process);
    free(process->output);
    free(process);
    return is_well;
}

unsigned short stls_process_free_port(void)
{
    enum {
        FIRST = 20000,
        COUNT = 12000
    };
    static atomic_uint next;
    for (unsigned attempt = 0; attempt < 200; attempt++) {
        unsigned step = atomic_fetch_add(&next, 1) + (unsigned)getpid() * 97;
        unsigned short port = (unsigned short)(FIRST + step % COUNT);
        struct sockaddr_in address = {
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int failed = bind(fd, (const struct sockaddr *)&address, sizeof(address));
        close_fd(&fd);
        if (failed == 0) {
            return port;
        }
    }
    return 0;
}
