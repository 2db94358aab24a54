/* report.c - stricttls report: what would break under the policy, from the events in log files or
 * in the journal.
 *
 * Streams: a line is read, counted and forgotten.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "tool.h"

#include "../core/line.h"

#include "../core/banned.h"

enum {
    BUFFER = 1 << 20,
    BAR_WIDTH = 40,
    DAY = 10, /* bytes of a time up to there */
    SECOND = 19,
};

struct report {
    struct stls_report_counts counts;
    struct stls_report_reader *reader;
    char since[32];
    char *buffer;
    /* progress */
    bool is_shown;
    unsigned long long total, done; /* bytes; total is 0 if unknown */
    struct timespec start, last;
};

static int fail(int status, const char *what, const char *why)
{
    fprintf(stderr, "stricttls report: %s: %s\n", what, why);
    return status;
}

/* -- progress, where it takes long and somebody looks */

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static void show_progress(struct report *report)
{
    char bar[BAR_WIDTH + 1];
    struct timespec now;
    double part;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!report->is_shown || seconds_between(&report->start, &now) < 1 ||
        seconds_between(&report->last, &now) < 0.1)
        return;
    report->last = now;
    if (report->total == 0) {
        fprintf(stderr, "\r%llu events", report->counts.events);
        return;
    }
    part = (double)report->done / (double)report->total;
    part = part < 1 ? part : 1;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(part * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3d %%, %llu events", bar, (int)(part * 100), report->counts.events);
}

static void end_progress(const struct report *report)
{
    if (report->last.tv_sec != 0)
        fputs("\r\033[K", stderr);
}

/* -- reading */

static const char for_people[] = "stricttls: "; /* LogFormat = text; see event.c */

static void take_line(struct report *report, char *line, size_t length)
{
    const struct stls_report_event *event;

    if (length == 0)
        return;
    event = stls_report_read(report->reader, line, length);
    if (event != NULL)
        stls_report_count(&report->counts, event, report->since);
    else if (memmem(line, length, for_people, sizeof for_people - 1) != NULL)
        report->counts.for_people++;
    else
        report->counts.not_events++;
}

/* Lines of the buffer, the last of which may be unfinished: what is left of it moves to the start.
 * Returns its length. */
static size_t take_lines(struct report *report, size_t length)
{
    char *line = report->buffer, *end = line + length, *newline;

    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        take_line(report, line, (size_t)(newline - line));
        line = newline + 1;
    }
    memmove(report->buffer, line, (size_t)(end - line));
    return (size_t)(end - line);
}

/* Plain or compressed. NULL, or why not all of it could be read. */
static const char *take_all(struct report *report, gzFile file)
{
    const unsigned long long before = report->done;
    size_t used = 0;
    bool is_skipping = false; /* the rest of a line that is too long to be an event */
    int count, error;
    z_off_t offset;

    while ((count = gzread(file, report->buffer + used, (unsigned)(BUFFER - used))) > 0) {
        char *newline;

        offset = gzoffset(file); /* -1 for a pipe */
        report->done = before + (offset > 0 ? (unsigned long long)offset : 0);
        used += (size_t)count;
        newline = is_skipping ? memchr(report->buffer, '\n', used) : NULL;
        if (newline != NULL) {
            used -= (size_t)(newline + 1 - report->buffer);
            memmove(report->buffer, newline + 1, used);
            is_skipping = false;
        } else if (is_skipping) {
            used = 0;
        }
        used = take_lines(report, used);
        if (used > STLS_REPORT_LINE_MAX) {
            report->counts.not_events++;
            is_skipping = true;
            used = 0;
        }
        show_progress(report);
    }
    if (!is_skipping)
        take_line(report, report->buffer, used);
    (void)gzerror(file, &error);
    return error == Z_OK || error == Z_STREAM_END ? NULL
           : error == Z_ERRNO                     ? strerror(errno)
                                                  : "is compressed, and damaged or cut short";
}

static const char *take_descriptor(struct report *report, int fd)
{
    gzFile file = gzdopen(fd, "rb");
    const char *fault = file != NULL ? take_all(report, file) : strerror(ENOMEM);

    if (file != NULL)
        gzclose(file);
    else
        close(fd);
    return fault;
}

/* What a file had no event of, nobody is to take for an all-clear. */
static bool take_file(struct report *report, const char *path)
{
    const struct stls_report_counts before = report->counts;
    const struct stls_report_counts *now = &report->counts;
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    const char *fault = fd < 0 ? strerror(errno) : take_descriptor(report, fd);

    if (fault == NULL && now->for_people > before.for_people)
        fault = "has events in text, which are not counted: log them with LogFormat = json";
    if (fault == NULL && now->not_events > before.not_events && now->events == before.events &&
        now->too_old == before.too_old)
        fault = "has no events";
    if (fault != NULL)
        fail(1, path, fault);
    return fault == NULL;
}

/* What a journal has of ours. journalctl reads it: of its files, which nobody else needs to know,
 * and with the rights of a group that we need not have. Of what came by syslog journald does not
 * know whose it is. */
static int take_journal(struct report *report)
{
    const unsigned long long not_events = report->counts.not_events;
    char since[64] = "";
    char *argv[] = {"journalctl",
                    "--quiet",
                    "--no-pager",
                    "--output=json",
                    "SYSLOG_IDENTIFIER=stricttls",
                    "+",
                    "_TRANSPORT=syslog",
                    "SYSLOG_FACILITY=10",
                    NULL,
                    NULL};
    int pipes[2], status;
    const char *fault;
    pid_t child;

    /* A time of ours in words of journalctl's, which takes "2026-11-24 03:28:00 UTC". */
    if (report->since[0] != '\0') {
        snprintf(since, sizeof since, "--since=%.10s %.8s UTC", report->since, report->since + 11);
        argv[8] = since;
    }
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return fail(-errno, "pipe", strerror(errno));
    child = fork();
    if (child < 0)
        return fail(-errno, "fork", strerror(errno));
    if (child == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(pipes[1]);
    fault = take_descriptor(report, pipes[0]);
    report->counts.not_events = not_events; /* others' messages */
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (fault == NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return fail(-EIO, "journalctl",
                WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "can't be run" : "failed");
}

/* -- arguments */

/* A day that there is, and a time of it. */
static bool is_in_calendar(const char *text)
{
    struct tm asked = {0}, found;
    time_t seconds;

    if (strptime(text, "%Y-%m-%dT%H:%M:%S", &asked) == NULL)
        return false;
    found = asked;
    seconds = timegm(&found);
    return gmtime_r(&seconds, &found) != NULL && found.tm_mday == asked.tm_mday;
}

/* "2026-11-24", "2026-11-24T03:28:00Z", "90m", "12h", "7d", or an event's timestamp. */
static bool parse_since(const char *text, char since[32])
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    struct stls_line line = stls_line_start(since, 32);
    size_t length = strlen(text);
    char *unit;
    unsigned long number = strtoul(text, &unit, 10);
    long scale;

    if (text[0] >= '0' && text[0] <= '9' && length < 8 && unit[0] != '\0' && unit[1] == '\0') {
        scale = *unit == 'm' ? 60 : *unit == 'h' ? 3600 : *unit == 'd' ? 86400 : 0;
        stls_line_add_time(&line, (long long)time(NULL) - (long)number * scale, 0);
        return scale != 0;
    }
    if (length != DAY && length != SECOND + 1 && length != sizeof pattern - 1)
        return false;
    for (size_t i = 0; i < length; i++)
        if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9'
                              : text[i] != (i == length - 1 && i > DAY ? 'Z' : pattern[i]))
            return false;
    /* Without the Z, it sorts before all timestamps of that second. */
    snprintf(since, 32, "%.*s%s", (int)(length > DAY ? length - 1 : length), text,
             length == DAY ? "T00:00:00" : "");
    return is_in_calendar(since);
}

struct arguments {
    enum stls_report_by by;
    bool is_json, is_journal;
    int first_file;
};

static bool parse_by(const char *text, enum stls_report_by *ret)
{
    static const char *const names[STLS_REPORT_BY_END] = {"program", "host", "reason"};

    for (int i = 0; text != NULL && i < STLS_REPORT_BY_END; i++)
        if (strcmp(names[i], text) == 0) {
            *ret = (enum stls_report_by)i;
            return true;
        }
    return false;
}

/* 0, or the exit status of a usage error. */
static int parse_arguments(int argc, char **argv, struct report *report,
                           struct arguments *arguments)
{
    int i;

    for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--text") == 0) {
            arguments->is_json = argv[i][2] == 'j';
        } else if (strcmp(argv[i], "--journal") == 0) {
            arguments->is_journal = true;
        } else if (strcmp(argv[i], "--by") == 0) {
            if (!parse_by(value, &arguments->by))
                return fail(2, "--by", "expected program, host or reason");
            i++;
        } else if (strcmp(argv[i], "--since") == 0) {
            if (value == NULL || !parse_since(value, report->since))
                return fail(2, "--since",
                            "expected a date (2026-11-24), a time (2026-11-24T03:28:00Z) or how "
                            "long ago (90m, 12h, 7d)");
            i++;
        } else {
            return fail(2, argv[i], "no such option; see stricttls --help");
        }
    }
    arguments->first_file = i;
    if ((i < argc) == arguments->is_journal)
        return fail(2, "what to read", "expected files (- is standard input) or --journal");
    return 0;
}

static void add_size(struct report *report, const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        report->total += (unsigned long long)status.st_size;
}

static int take_sources(struct report *report, const struct arguments *arguments, int argc,
                        char **argv)
{
    int failures = 0;

    if (arguments->is_journal)
        return take_journal(report) == 0 ? 0 : 1;
    for (int i = arguments->first_file; i < argc; i++)
        add_size(report, argv[i]);
    for (int i = arguments->first_file; i < argc; i++)
        failures += !take_file(report, argv[i]);
    return failures > 0 ? 1 : 0;
}

int stls_tool_report(int argc, char **argv)
{
    struct arguments arguments = {.by = STLS_REPORT_BY_PROGRAM};
    struct report report = {.is_shown = isatty(STDERR_FILENO) != 0};
    int status = parse_arguments(argc, argv, &report, &arguments);

    if (status != 0)
        return status;
    clock_gettime(CLOCK_MONOTONIC, &report.start);
    report.buffer = malloc(BUFFER);
    report.reader = stls_report_reader_new();
    if (report.buffer == NULL || report.reader == NULL ||
        !stls_report_counts_init(&report.counts)) {
        status = fail(125, "start", strerror(ENOMEM));
    } else {
        status = take_sources(&report, &arguments, argc, argv);
        end_progress(&report);
        if (!stls_report_print(&report.counts, arguments.by, arguments.is_json, stdout))
            status = fail(125, "output", strerror(errno));
        stls_report_counts_free(&report.counts);
    }
    stls_report_reader_free(report.reader);
    free(report.buffer);
    return status;
}
