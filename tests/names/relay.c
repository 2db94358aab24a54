/* relay.c - what stands between a victim and its server: another address family, a Unix socket, an
 * HTTP proxy. Owns: the process that does it, which ends with the victim.
 */
#include "victim.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <unistd.h>

int listen_on(const char *address, char port[8])
{
    struct address at = {.length = 0};
    int fd;

    if (inet_pton(AF_INET, address, &at.v4.sin_addr) == 1) {
        at.v4.sin_family = AF_INET;
        at.length = sizeof at.v4;
    } else if (inet_pton(AF_INET6, address, &at.v6.sin6_addr) == 1) {
        at.v6.sin6_family = AF_INET6;
        at.length = sizeof at.v6;
    }
    fd = socket(at.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, &at.generic, at.length) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, &at.generic, &at.length) != 0)
        die(address);
    snprintf(port, 8, "%u", ntohs(at.v4.sin_port));
    return fd;
}

int listen_on_path(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0)
        die(path);
    return fd;
}

static bool pass_on(int from, int to)
{
    char buffer[16384];
    ssize_t length = read(from, buffer, sizeof buffer);

    return length > 0 && write(to, buffer, (size_t)length) == length;
}

static bool is_proxy_greeted(int fd)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n";
    char last[4] = "";

    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        if (read(fd, last + 3, 1) != 1)
            return false;
    }
    return write(fd, answer, sizeof answer - 1) == sizeof answer - 1;
}

static bool answer(int fd, size_t asked, const char *text, size_t length)
{
    char byte;

    while (asked-- > 0)
        if (read(fd, &byte, 1) != 1)
            return false;
    return write(fd, text, length) == (ssize_t)length;
}

/* RFC 1928: no authentication, a name of any length. */
static bool is_socks_greeted(int fd)
{
    unsigned char request[5];

    return answer(fd, 3, "\5\0", 2) && read(fd, request, sizeof request) == sizeof request &&
           answer(fd, request[4] + 2U, "\5\0\0\1\0\0\0\0\0\0", 10);
}

static bool is_mail_greeted(int fd)
{
    return answer(fd, 0, "220 ready\r\n", 11) &&
           answer(fd, sizeof "STARTTLS\r\n" - 1, "220 go ahead\r\n", 14);
}

static bool is_greeted(int fd, enum relay_kind kind)
{
    switch (kind) {
    case RELAY_PLAIN:
        return true;
    case RELAY_PROXY:
        return is_proxy_greeted(fd);
    case RELAY_SOCKS:
        return is_socks_greeted(fd);
    case RELAY_MAIL:
        return is_mail_greeted(fd);
    }
    return false;
}

static void relay(int client, const char *port, enum relay_kind kind)
{
    struct address server = {.length = sizeof server.v4};
    int fd;

    if (!is_greeted(client, kind))
        return;
    server.v4.sin_family = AF_INET;
    server.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    set_port(&server, port);
    fd = go_to(&server);
    for (bool is_open = fd >= 0; is_open;) {
        struct pollfd ends[] = {{.fd = client, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

        if (poll(ends, 2, 10000) <= 0)
            break;
        if (ends[0].revents != 0)
            is_open = pass_on(client, fd);
        if (is_open && ends[1].revents != 0)
            is_open = pass_on(fd, client);
    }
    close(fd);
}

void start_relay(int listen_fd, const char *port, enum relay_kind kind)
{
    int client;

    if (fork() != 0) {
        close(listen_fd);
        return;
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while ((client = accept(listen_fd, NULL, NULL)) >= 0) {
        relay(client, port, kind);
        close(client);
    }
    _exit(0);
}
