/* sinks.c - see sinks.h */
#include "sinks.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "../core/event.h"

#include "../core/banned.h"

/* False for a full pipe, and for one that nobody reads any more, where write would raise SIGPIPE.
 */
static bool can_take(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLOUT};

    return poll(&entry, 1, 0) == 1 && (entry.revents & (POLLOUT | POLLERR)) == POLLOUT;
}

static void write_stderr(const char *line, size_t length)
{
    if (can_take(STDERR_FILENO) && write(STDERR_FILENO, line, length) < 0)
        return; /* lost */
}

static void write_syslog(const char *line, size_t length)
{
    struct sockaddr_un logger = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    char packet[STLS_EVENT_MAX + 16];
    int header = snprintf(packet, sizeof packet, "<%d>", LOG_AUTHPRIV | LOG_WARNING);
    int fd;

    /* Not syslog(3): its connection, its lock and its openlog belong to the program. */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    memcpy(packet + header, line, length);
    (void)sendto(fd, packet, (size_t)header + length - 1, MSG_NOSIGNAL, (struct sockaddr *)&logger,
                 sizeof logger);
    close(fd);
}

/* Opened for each line, so that a file rotated away is not written to any more. */
static void write_file(const char *path, const char *line, size_t length)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);

    if (fd < 0)
        return;
    if (can_take(fd) && write(fd, line, length) < 0)
        (void)fd; /* lost */
    close(fd);
}

void stls_sinks_write(const struct stls_policy *policy, const char *line, size_t length)
{
    switch ((enum stls_log)policy->log) {
    case STLS_LOG_AUTO:
        if (isatty(STDERR_FILENO))
            write_stderr(line, length);
        else
            write_syslog(line, length);
        return;
    case STLS_LOG_STDERR:
        write_stderr(line, length);
        return;
    case STLS_LOG_SYSLOG:
        write_syslog(line, length);
        return;
    case STLS_LOG_FILE:
        write_file(policy->log_path, line, length);
        return;
    case STLS_LOG_NONE:
        return;
    }
}
