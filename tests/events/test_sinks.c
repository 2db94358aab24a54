/* test_sinks.c - the library's sinks: whole lines from many processes at once, what syslogd and
 * journald get, and sinks that are full, gone, slow or forbidden.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bed.h"

enum {
    WRITERS = 64,
    EVENTS = 1000,
    DATAGRAM_MAX = 16 * 1024,
    SKIPPED = 77, /* exit status of in-namespace */
};

/* -- many writers */

/* Marks what the lines of a file say; false for a line that is not whole. */
static bool take_lines(const char *path, unsigned char *seen)
{
    char *text = bed_read(path), *rest = text, *line;
    bool are_whole = *text == '\0' || text[strlen(text) - 1] == '\n';

    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        const char *host = strstr(line, "\"server.address\":\"");
        unsigned writer, event;

        if (strncmp(line, "{\"timestamp\":\"", 14) != 0 || line[strlen(line) - 1] != '}' ||
            bed_count(line, "timestamp") != 1 || host == NULL ||
            sscanf(host + 18, "%u-%u\"", &writer, &event) != 2 || writer >= WRITERS ||
            event >= EVENTS)
            are_whole = false;
        else
            seen[writer * EVENTS + event]++;
    }
    free(text);
    return are_whole;
}

Test(sinks, whole_lines_while_the_file_is_rotated, .timeout = 300)
{
    static unsigned char seen[WRITERS * EVENTS];
    struct stls_process *writers[WRITERS];
    char program[STLS_FILES_PATH_MAX], moved[STLS_FILES_PATH_MAX + 16], name[8], number[8];
    struct bed bed;
    unsigned rotations = 0, once = 0;
    long long deadline;

    bed_open(&bed);
    stls_files_join(program, STLS_EVENTS, "writer");
    snprintf(number, sizeof number, "%u", EVENTS);
    for (unsigned i = 0; i < WRITERS; i++) {
        const char *argv[] = {program, bed.sink, "json", number, name, NULL};
        struct stls_process_command command = {.argv = argv};

        snprintf(name, sizeof name, "%u", i);
        writers[i] = stls_process_start(&command);
        cr_assert(writers[i] != NULL);
    }
    deadline = stls_process_now_ms() + DEADLINE_MS;
    for (unsigned i = 0; i < WRITERS && stls_process_now_ms() < deadline; i++)
        while (stls_process_wait_exit(writers[i], 1) != 0 && stls_process_now_ms() < deadline) {
            snprintf(moved, sizeof moved, "%s.%u", bed.log, rotations);
            rotations += rename(bed.log, moved) == 0;
        }
    for (unsigned i = 0; i < WRITERS; i++) {
        cr_expect_eq(stls_process_wait_exit(writers[i], DEADLINE_MS), 0);
        cr_expect_str_eq(stls_process_output(writers[i], NULL), "0 lost\n");
        cr_expect(stls_process_stop(writers[i]));
    }
    cr_expect(rotations >= 3, "rotated %u times only", rotations);
    cr_expect(take_lines(bed.log, seen), "%s", bed.log);
    for (unsigned i = 0; i < rotations; i++) {
        snprintf(moved, sizeof moved, "%s.%u", bed.log, i);
        cr_expect(take_lines(moved, seen), "%s has a torn line", moved);
    }
    for (size_t i = 0; i < sizeof seen; i++)
        once += seen[i] == 1;
    cr_expect_eq(once, sizeof seen, "%zu lost or doubled", sizeof seen - once);
    bed_close(&bed);
}

/* -- daemons */

static int listen_at(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 5};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    cr_assert(type != SOCK_STREAM || listen(fd, 4) == 0);
    return fd;
}

/* Runs a program where the socket is the daemon's; false, and a line, where that can't be. */
static bool run_inside(struct bed *bed, const char *socket, const char *which,
                       const char *const *argv)
{
    const char *arguments[ARGUMENTS_MAX] = {STLS_SOURCES "/tests/events/in-namespace", socket,
                                            which};
    char program[STLS_FILES_PATH_MAX];

    for (size_t i = 0; argv[i] != NULL && i < ARGUMENTS_MAX - 4; i++)
        arguments[i + 3] = argv[i];
    stls_files_join(program, STLS_EVENTS, argv[0]);
    if (strchr(argv[0], '/') == NULL)
        arguments[3] = program;
    if (bed_run(bed, NULL, arguments))
        return true;
    cr_assert(bed->result.end == STLS_PROCESS_EXITED && bed->result.code == SKIPPED, "%s",
              bed->result.output);
    puts("SKIP: no mount namespace can be made here");
    return false;
}

static void receive(int fd, char text[DATAGRAM_MAX])
{
    ssize_t length = recv(fd, text, DATAGRAM_MAX - 1, 0);

    cr_assert(length > 0, "nothing came: %s", strerror(errno));
    cr_assert(memchr(text, '\0', (size_t)length) == NULL);
    text[length] = '\0';
}

static bool is_harmless(const char *text, bool has_newlines)
{
    for (; *text != '\0'; text++)
        if ((*text < ' ' || *text > '~') && !(*text == '\n' && has_newlines))
            return false;
    return true;
}

Test(sinks, syslog_gets_rfc_5424, .timeout = 120)
{
    char path[STLS_FILES_PATH_MAX], text[DATAGRAM_MAX], host[64], end[128];
    struct bed bed;
    int fd;

    bed_open(&bed);
    stls_files_join(path, bed.directory, "socket");
    fd = listen_at(path, SOCK_DGRAM);
    if (run_inside(&bed, path, "log",
                   (const char *const[]){"writer", "syslog", "text", "1", "host", NULL})) {
        receive(fd, text);
        cr_assert_eq(gethostname(host, sizeof host), 0);
        snprintf(end, sizeof end, "<84>1 2026-09-21T14:13:20.000000Z %s stricttls ", host);
        cr_expect_eq(strncmp(text, end, strlen(end)), 0, "%s", text);
        cr_expect(strstr(text, " refused - stricttls: refused: writer[") != NULL, "%s", text);
        cr_expect(is_harmless(text, false), "%s", text);
    }
    close(fd);
    bed_close(&bed);
}

/* As syslog-ng has it where it is told unix-stream; so does glibc's syslog(3). */
Test(sinks, syslog_may_be_a_stream, .timeout = 120)
{
    char path[STLS_FILES_PATH_MAX], text[DATAGRAM_MAX];
    struct bed bed;
    int listener;

    bed_open(&bed);
    stls_files_join(path, bed.directory, "socket");
    listener = listen_at(path, SOCK_STREAM);
    if (run_inside(&bed, path, "log",
                   (const char *const[]){"writer", "syslog", "text", "2", "host", NULL}))
        for (int i = 0; i < 2; i++) {
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            ssize_t length = recv(fd, text, sizeof text, MSG_WAITALL);

            cr_assert(length > 1, "nothing came: %s", strerror(errno));
            cr_expect_eq(memchr(text, '\0', (size_t)length), text + length - 1);
            cr_expect_eq(strncmp(text, "<84>1 2026-", 11), 0, "%s", text);
            cr_expect(is_harmless(text, false), "%s", text);
            close(fd);
        }
    close(listener);
    bed_close(&bed);
}

/* The value of a field, to its newline; NULL if there is none. As the protocol says: NAME=value, or
 * NAME, a length and the value, which is only needed for a newline in it. */
static const char *field(const char *text, const char *name, char value[512])
{
    size_t length = strlen(name);

    for (; text != NULL; text = strchr(text, '\n') != NULL ? strchr(text, '\n') + 1 : NULL)
        if (strncmp(text, name, length) == 0 && text[length] == '=') {
            snprintf(value, 512, "%.*s", (int)strcspn(text + length + 1, "\n"), text + length + 1);
            return value;
        }
    return NULL;
}

static void expect_field(const char *text, const char *name, const char *expected)
{
    char value[512];

    cr_expect(field(text, name, value) != NULL && strcmp(value, expected) == 0, "%s in %s", name,
              text);
}

static bool has_only_fields(const char *text)
{
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

        if (length == 0 || length > 64 || line[length] != '=' || *line == '_' ||
            strchr(line, '\n') == NULL)
            return false;
    }
    return true;
}

/* logger is the reference: what it says, the parser here must understand, and so must ours be. */
Test(sinks, journal_gets_fields, .timeout = 120)
{
    char path[STLS_FILES_PATH_MAX], entry[STLS_FILES_PATH_MAX], text[DATAGRAM_MAX], value[512];
    const char *logger[] = {"/usr/bin/logger", "--journald", NULL, NULL};
    char option[STLS_FILES_PATH_MAX + 16];
    struct bed bed;
    int fd;

    bed_open(&bed);
    stls_files_join(path, bed.directory, "socket");
    stls_files_join(entry, bed.directory, "entry");
    stls_files_write(entry, "MESSAGE=hello\nPRIORITY=4\nSYSLOG_IDENTIFIER=stricttls\n");
    snprintf(option, sizeof option, "--journald=%s", entry);
    logger[1] = option;
    fd = listen_at(path, SOCK_DGRAM);
    if (run_inside(&bed, path, "journal", logger)) {
        receive(fd, text);
        cr_expect(has_only_fields(text), "%s", text);
        expect_field(text, "MESSAGE", "hello");
        expect_field(text, "SYSLOG_IDENTIFIER", "stricttls");
        cr_assert(
            run_inside(&bed, path, "journal",
                       (const char *const[]){"writer", "journal", "text", "1", "host", NULL}));
        cr_expect_str_eq(bed.result.output, "0 lost\n");
        receive(fd, text);
        cr_expect(has_only_fields(text), "%s", text);
        cr_expect(field(text, "MESSAGE", value) != NULL &&
                  strncmp(value, "stricttls: refused: writer[", 27) == 0);
        expect_field(text, "PRIORITY", "4");
        expect_field(text, "SYSLOG_IDENTIFIER", "stricttls");
        expect_field(text, "SYSLOG_FACILITY", "10");
        expect_field(text, "STRICTTLS_VERDICT", "refused");
        expect_field(text, "STRICTTLS_REASON", "self-signed certificate");
        expect_field(text, "STRICTTLS_RULE", "VerifyPeer=require");
        expect_field(text, "STRICTTLS_ASKED_LESS", "no-verification");
        expect_field(text, "SERVER_ADDRESS", "host-0");
        expect_field(text, "PROCESS_EXECUTABLE_NAME", "writer");
        expect_field(text, "TIMESTAMP", "2026-09-21T14:13:20.000000Z");
        stls_files_write(entry, text);
        bed_validate(&bed, entry, 1);
    }
    close(fd);
    bed_close(&bed);
}

/* A real daemon, with a configuration of its own. Its special parser of old would take the version
 * number of RFC 5424 for the program's name. */
Test(sinks, rsyslogd_understands, .timeout = 120)
{
    char path[STLS_FILES_PATH_MAX], config[STLS_FILES_PATH_MAX], pid[STLS_FILES_PATH_MAX];
    char text[8 * STLS_FILES_PATH_MAX], *log = NULL;
    const char *argv[] = {"/usr/sbin/rsyslogd", "-n", "-f", config, "-i", pid, NULL};
    struct stls_process_command command = {.argv = argv};
    struct stls_process *daemon;
    struct bed bed;

    bed_open(&bed);
    stls_files_join(path, bed.directory, "socket");
    stls_files_join(config, bed.directory, "config");
    stls_files_join(pid, bed.directory, "pid");
    snprintf(text, sizeof text,
             "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
             "input(type=\"imuxsock\" Socket=\"%s\" UseSpecialParser=\"off\")\n"
             "template(name=\"fields\" type=\"string\" string=\"%%pri%%|%%app-name%%|%%msgid%%|"
             "%%timestamp:::date-rfc3339%%|%%msg%%\\n\")\n"
             "action(type=\"omfile\" file=\"%s\" template=\"fields\")\n",
             path, bed.log);
    stls_files_write(config, text);
    daemon = stls_process_start(&command);
    cr_assert(daemon != NULL);
    for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
        poll(NULL, 0, 20);
    /* The kernel keeps ten datagrams for a daemon that is busy, and we don't wait. */
    if (run_inside(
            &bed, path, "log",
            (const char *const[]){"writer", "syslog", "json", "100", "host", "slowly", NULL})) {
        size_t count = 100 - strtoul(bed.result.output, NULL, 10);
        char sum[32];

        cr_expect(count >= 50 && count <= 100, "%s", bed.result.output);
        for (int i = 0; i < 500; i++) {
            free(log);
            log = bed_read(bed.log);
            if (bed_count(log, "\n") >= count)
                break;
            poll(NULL, 0, 20);
        }
        cr_expect_eq(bed_count(log, "84|stricttls|refused|2026-"), count, "%s", log);
        cr_expect_eq(bed_count(log, "|{\"timestamp\":\"2026-09-21T14:13:20.000000Z\","), count);
        cr_expect_eq(bed_count(log, "}\n"), count);
        cr_expect_eq(bed_count(log, "\"host-"), count);
        free(log);
        /* And what it wrote is read again. */
        cr_expect(bed_run(&bed, NULL,
                          (const char *const[]){getenv("STLS_COMMAND"), "report", bed.log, NULL}));
        snprintf(sum, sizeof sum, "writer: %zu\n", count);
        cr_expect(strstr(bed.result.output, sum) != NULL, "%s", bed.result.output);
    }
    cr_expect(stls_process_stop(daemon));
    bed_close(&bed);
}

/* -- what an attacker may choose */

struct hostile {
    char sink[8], format[8];
};

static struct hostile hostile[] = {
    {"file", "text"},   {"file", "json"},   {"stderr", "text"},  {"stderr", "json"},
    {"syslog", "text"}, {"syslog", "json"}, {"journal", "text"},
};

ParameterizedTestParameters(sinks, nothing_but_printable_ascii)
{
    return cr_make_param_array(struct hostile, hostile, sizeof hostile / sizeof hostile[0]);
}

ParameterizedTest(struct hostile *row, sinks, nothing_but_printable_ascii, .timeout = 120)
{
    char path[STLS_FILES_PATH_MAX], text[DATAGRAM_MAX] = "";
    const char *argv[] = {"writer", row->sink, row->format, "1", "host", "hostile", NULL};
    bool is_datagram = strcmp(row->sink, "syslog") == 0 || strcmp(row->sink, "journal") == 0;
    struct bed bed;
    int fd = -1;

    bed_open(&bed);
    if (strcmp(row->sink, "file") == 0)
        argv[1] = bed.sink;
    stls_files_join(path, bed.directory, "socket");
    if (is_datagram) {
        fd = listen_at(path, SOCK_DGRAM);
        if (run_inside(&bed, path, row->sink[0] == 's' ? "log" : "journal", argv))
            receive(fd, text);
        close(fd);
    } else {
        cr_assert(bed_run(&bed, NULL, argv));
        stls_files_read(bed.log, text, sizeof text);
        if (strcmp(row->sink, "stderr") == 0)
            snprintf(text, sizeof text, "%.*s",
                     (int)(strstr(bed.result.output, "0 lost") - bed.result.output),
                     bed.result.output);
        cr_expect_eq(bed_count(text, "\n"), 1, "%s", text);
    }
    cr_expect(is_harmless(text, row->sink[0] == 'j' || !is_datagram), "%s", text);
    if (row->sink[0] == 'j')
        cr_expect(has_only_fields(text), "%s", text);
    cr_expect(text[0] == '\0' || strstr(text, "x1b[2J") != NULL, "%s", text);
    if (text[0] != '\0' && (strcmp(row->format, "json") == 0 || row->sink[0] == 'j')) {
        unlink(path);
        stls_files_write(path, row->sink[0] == 'j' ? text : strchr(text, '{'));
        bed_validate(&bed, path, 1);
    }
    bed_close(&bed);
}

/* -- sinks that do not take it */

/* Runs the writer as a child of our own making; its output is read from a pipe. */
static void run_writer(const char *sink, const char *count, int error_fd, rlim_t file_limit,
                       char *output, size_t size)
{
    char program[STLS_FILES_PATH_MAX];
    long long start = stls_process_now_ms();
    int out[2], status;
    ssize_t length;
    pid_t child;

    stls_files_join(program, STLS_EVENTS, "writer");
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        struct rlimit limit = {file_limit, file_limit};

        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
        dup2(out[1], STDOUT_FILENO);
        if (error_fd >= 0)
            dup2(error_fd, STDERR_FILENO);
        setrlimit(RLIMIT_FSIZE, &limit);
        execl(program, program, sink, "text", count, "host", (char *)NULL);
        _exit(126);
    }
    close(out[1]);
    length = read(out[0], output, size - 1);
    output[length > 0 ? length : 0] = '\0';
    close(out[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %#x", sink,
              (unsigned)status);
    cr_expect(stls_process_now_ms() - start < 10000, "%s: slow", sink);
}

Test(sinks, a_full_pipe_loses_events_and_nothing_else, .timeout = 60)
{
    char output[64];
    int pipes[2];

    cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
    run_writer("stderr", "1000", pipes[1], RLIM_INFINITY, output, sizeof output);
    cr_expect(strtol(output, NULL, 10) > 500 && strtol(output, NULL, 10) < 1000, "%s", output);
    cr_expect_eq(fcntl(pipes[1], F_GETFL) & O_NONBLOCK, 0, "the program's own stderr was changed");
    close(pipes[0]);
    close(pipes[1]);
}

Test(sinks, a_pipe_that_nobody_reads_raises_no_signal, .timeout = 60)
{
    char output[64];
    int pipes[2];

    cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
    close(pipes[0]);
    run_writer("stderr", "3", pipes[1], RLIM_INFINITY, output, sizeof output);
    cr_expect_str_eq(output, "3 lost\n");
    close(pipes[1]);
}

Test(sinks, a_socket_that_is_full_or_closed, .timeout = 60)
{
    char output[64];
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    run_writer("stderr", "9999", pair[1], RLIM_INFINITY, output, sizeof output);
    cr_expect(strtol(output, NULL, 10) > 1000, "%s", output);
    close(pair[0]);
    run_writer("stderr", "3", pair[1], RLIM_INFINITY, output, sizeof output);
    cr_expect_str_eq(output, "3 lost\n");
    close(pair[1]);
}

Test(sinks, a_file_past_its_limit_raises_no_signal, .timeout = 60)
{
    char output[64];
    struct bed bed;

    bed_open(&bed);
    run_writer(bed.sink, "20", -1, 1000, output, sizeof output);
    cr_expect(strtol(output, NULL, 10) >= 10 && strtol(output, NULL, 10) < 20, "%s", output);
    bed_close(&bed);
}

Test(sinks, a_full_disk_a_missing_directory_and_a_fifo_without_reader, .timeout = 60)
{
    char fifo[STLS_FILES_PATH_MAX], sink[STLS_FILES_PATH_MAX + 16], output[64];
    struct bed bed;

    bed_open(&bed);
    run_writer("file:/dev/full", "3", -1, RLIM_INFINITY, output, sizeof output);
    cr_expect_str_eq(output, "3 lost\n");
    run_writer("file:/nonexistent/log", "3", -1, RLIM_INFINITY, output, sizeof output);
    cr_expect_str_eq(output, "3 lost\n");
    stls_files_join(fifo, bed.directory, "fifo");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    snprintf(sink, sizeof sink, "file:%s", fifo);
    run_writer(sink, "3", -1, RLIM_INFINITY, output, sizeof output);
    cr_expect_str_eq(output, "3 lost\n");
    bed_close(&bed);
}

Test(sinks, a_daemon_that_is_slow_or_gone, .timeout = 120)
{
    char path[STLS_FILES_PATH_MAX];
    const char *argv[] = {"writer", "syslog", "text", "5000", "host", NULL};
    long long start;
    struct bed bed;
    int fd;

    bed_open(&bed);
    stls_files_join(path, bed.directory, "socket");
    fd = listen_at(path, SOCK_DGRAM);
    start = stls_process_now_ms();
    if (run_inside(&bed, path, "log", argv)) { /* nobody receives */
        cr_expect(strtol(bed.result.output, NULL, 10) > 4000, "%s", bed.result.output);
        cr_expect(stls_process_now_ms() - start < 10000);
        close(fd);
        cr_assert(run_inside(&bed, path, "log", argv));
        cr_expect_str_eq(bed.result.output, "5000 lost\n");
        argv[1] = "journal";
        cr_assert(run_inside(&bed, path, "journal", argv));
        cr_expect_str_eq(bed.result.output, "5000 lost\n");
    }
    bed_close(&bed);
}

/* A thread that is to end does so in the program's code, not in the middle of OpenSSL's. */
Test(sinks, are_no_points_of_cancellation, .timeout = 60)
{
    const char *argv[] = {"writer", NULL, "text", "3", "host", "cancelled", NULL};
    struct bed bed;

    bed_open(&bed);
    argv[1] = bed.sink;
    cr_assert(bed_run(&bed, NULL, argv));
    cr_expect_str_eq(bed.result.output, "0 lost\n");
    argv[1] = "syslog";
    cr_assert(bed_run(&bed, NULL, argv));
    cr_expect(strstr(bed.result.output, " lost\n") != NULL, "%s", bed.result.output);
    bed_close(&bed);
}
