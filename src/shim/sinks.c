/* sinks.c - see sinks.h */
#include "sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "next.h"

#include "../core/banned.h"

/* What standard error was; 0 before it was looked at, 1 if it was closed. */
static _Atomic(uint64_t) stderr_at_start;

static uint64_t identity_of_stderr(void)
{
    struct statx found;

    if (STLS_NEXT(statx)(STDERR_FILENO, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &found) != 0)
        return 1;
    return found.stx_ino ^ (uint64_t)found.stx_dev_minor << 32 ^
           (uint64_t)found.stx_dev_major << 44 ^ (uint64_t)found.stx_mode >> 12 << 60;
}

void stls_sinks_remember_stderr(void)
{
    int saved = errno;

    if (atomic_load(&stderr_at_start) == 0)
        atomic_store(&stderr_at_start, identity_of_stderr());
    errno = saved;
}

static bool is_stderr_there(void)
{
    return identity_of_stderr() == atomic_load(&stderr_at_start);
}

/* Too much for the stack of a thread that has little. */
struct texts {
    char line[STLS_EVENT_MAX], header[STLS_EVENT_HEADER_MAX], fields[STLS_EVENT_MAX];
};

static size_t make_line(const struct stls_policy *policy, const struct stls_event *event,
                        char line[STLS_EVENT_MAX])
{
    return policy->log_format == STLS_LOG_FORMAT_JSON ? stls_event_json(event, line)
                                                      : stls_event_text(event, line);
}

/* A pipe that nobody reads raises SIGPIPE, a file past its limit SIGXFSZ, both in this thread: held
 * back, and taken away if it was us who raised it. A terminal that background programs may not
 * write to stops them, unless they block SIGTTOU. */
static bool write_quietly(int fd, const char *line, size_t length)
{
    static const unsigned char signals[] = {SIGPIPE, SIGXFSZ, SIGTTOU};
    static const struct timespec now = {0};
    sigset_t ours, pending, before;
    ssize_t written;

    sigemptyset(&ours);
    sigpending(&pending);
    for (size_t i = 0; i < sizeof signals; i++)
        if (!sigismember(&pending, signals[i]))
            sigaddset(&ours, signals[i]);
    sigprocmask(SIG_BLOCK, &ours, &before);
    written = write(fd, line, length);
    if (written < 0 && (errno == EPIPE || errno == EFBIG))
        (void)sigtimedwait(&ours, NULL, &now);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return written == (ssize_t)length;
}

static bool write_and_close(int fd, const char *line, size_t length)
{
    bool is_written = fd >= 0 && write_quietly(fd, line, length);

    if (fd >= 0)
        close(fd);
    return is_written;
}

static bool can_take(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLOUT};

    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLOUT) != 0;
}

/* O_NONBLOCK belongs to whoever shares the program's stderr: so a pipe or terminal is opened once
 * more. Where that can't be done it is asked whether it would block. */
static bool write_stderr(const char *line, size_t length)
{
    ssize_t sent = send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    int fd;

    if (sent >= 0 || errno != ENOTSOCK)
        return sent == (ssize_t)length;
    if (lseek(STDERR_FILENO, 0, SEEK_CUR) >= 0) /* a file: its position is shared, too */
        return write_quietly(STDERR_FILENO, line, length);
    fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return can_take(STDERR_FILENO) && write_quietly(STDERR_FILENO, line, length);
    return write_and_close(fd, line, length);
}

/* So a file that was rotated away is not written to any more. */
static bool write_file(const char *path, const char *line, size_t length)
{
    return write_and_close(
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640), line,
        length);
}

enum {
    SOCKET_PATH = 32,
};
static const char syslog_socket[SOCKET_PATH] = "/dev/log";
static const char journal_socket[SOCKET_PATH] = "/run/systemd/journal/socket";

/* Neither syslog(3) nor sd-journal: connection, lock and openlog would be the program's. */
static bool send_to(const char path[SOCKET_PATH], int type, struct iovec *parts, size_t count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_sent;

    if (fd < 0)
        return false;
    memcpy(address.sun_path, path, SOCKET_PATH);
    is_sent = STLS_NEXT(connect)(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
              sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    close(fd);
    return is_sent;
}

/* No newline: one datagram is one message. Where syslogd takes a stream, its end is a zero byte. */
static bool write_syslog(const struct stls_policy *policy, const struct stls_event *event,
                         struct texts *texts)
{
    char host[256];
    struct iovec parts[] = {{.iov_base = texts->header}, {.iov_base = texts->line}};
    size_t length = make_line(policy, event, texts->line);

    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    parts[0].iov_len = stls_event_syslog_header(event, host, texts->header);
    parts[1].iov_len = length - 1;
    if (send_to(syslog_socket, SOCK_DGRAM, parts, 2))
        return true;
    texts->line[length - 1] = '\0';
    parts[1].iov_len = length;
    return errno == EPROTOTYPE && send_to(syslog_socket, SOCK_STREAM, parts, 2);
}

static bool write_journal(const struct stls_event *event, struct texts *texts)
{
    char message[] = "MESSAGE=";
    struct iovec parts[] = {
        {.iov_base = message, .iov_len = sizeof message - 1},
        {.iov_base = texts->line},
        {.iov_base = texts->fields},
    };

    parts[1].iov_len = stls_event_text(event, texts->line);
    parts[2].iov_len = stls_event_journal(event, texts->fields);
    return send_to(journal_socket, SOCK_DGRAM, parts, 3);
}

static bool write_to_sink(const struct stls_policy *policy, const struct stls_event *event,
                          struct texts *texts)
{
    char *line = texts->line;

    switch ((enum stls_log)policy->log) {
    case STLS_LOG_AUTO:
        if (!is_stderr_there() || !isatty(STDERR_FILENO))
            return write_syslog(policy, event, texts);
        return write_stderr(line, make_line(policy, event, line));
    case STLS_LOG_STDERR:
        return is_stderr_there() && write_stderr(line, make_line(policy, event, line));
    case STLS_LOG_SYSLOG:
        return write_syslog(policy, event, texts);
    case STLS_LOG_JOURNAL:
        return write_journal(event, texts);
    case STLS_LOG_FILE:
        return write_file(policy->log_path, line, make_line(policy, event, line));
    case STLS_LOG_NONE:
        return true;
    }
    return true;
}

bool stls_sinks_write(const struct stls_policy *policy, const struct stls_event *event)
{
    struct texts *texts = calloc(1, sizeof *texts);
    bool is_written;
    int state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    is_written = texts != NULL && write_to_sink(policy, event, texts);
    pthread_setcancelstate(state, NULL);
    free(texts);
    return is_written;
}
