/* ways_detour.c - proxies, Unix sockets and other addresses on the way. */
#include "victim.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define PROXY "other.example"

/* A connection to the target through a proxy, which has a name too. */
static int go_by_proxy(const struct target *target)
{
    char port[8], text[256], last;
    struct address address;
    int fd, length, newlines = 0;

    start_relay(listen_on("127.0.0.1", port), target->port, RELAY_PROXY);
    address = must_look_up(PROXY, port);
    fd = must_go_to(&address);
    length =
        snprintf(text, sizeof text, "CONNECT %s:%s HTTP/1.1\r\n\r\n", target->name, target->port);
    if (write(fd, text, (size_t)length) != length)
        die("proxy");
    while (newlines < 2 && read(fd, &last, 1) == 1)
        newlines += last == '\n';
    return fd;
}

static int proxy(const struct target *target)
{
    return talk(go_by_proxy(target), attach_fd, target->name);
}

static int proxy_without_name(const struct target *target)
{
    return talk(go_by_proxy(target), attach_fd, NULL);
}

static int proxy_in_memory(const struct target *target)
{
    return talk(go_by_proxy(target), attach_memory, target->name);
}

static void say(int fd, const void *text, size_t length, size_t answered)
{
    char byte;

    if (write(fd, text, length) != (ssize_t)length)
        die("relay");
    while (answered-- > 0)
        if (read(fd, &byte, 1) != 1)
            die("relay");
}

/* To a relay that is known by this name. */
static int go_by_relay(const struct target *target, const char *name, enum relay_kind kind)
{
    struct address address;
    char port[8];

    start_relay(listen_on("127.0.0.1", port), target->port, kind);
    address = must_look_up(name, port);
    return must_go_to(&address);
}

static int go_by_socks(const struct target *target)
{
    int fd = go_by_relay(target, PROXY, RELAY_SOCKS);
    size_t length = strlen(target->name);
    char request[5 + 255 + 2] = "\5\1\0\3";

    request[4] = (char)length;
    memcpy(request + 5, target->name, length); /* the port after it counts for nothing here */
    say(fd, "\5\1\0", 3, 2);
    say(fd, request, 5 + length + 2, 10);
    return fd;
}

static int socks(const struct target *target)
{
    return talk(go_by_socks(target), attach_fd, target->name);
}

static int socks_without_name(const struct target *target)
{
    return talk(go_by_socks(target), attach_fd, NULL);
}

/* STARTTLS: the mail server has the name that was looked up, and TLS begins after a few lines. */
static int start_tls(const struct target *target)
{
    int fd = go_by_relay(target, target->name, RELAY_MAIL);

    say(fd, "", 0, sizeof "220 ready\r\n" - 1);
    say(fd, "STARTTLS\r\n", 10, sizeof "220 go ahead\r\n" - 1);
    return talk(fd, attach_fd, NULL);
}

static int go_to_path(const struct target *target)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "relay.%d", (int)getpid());
    start_relay(listen_on_path(at.sun_path), target->port, RELAY_PLAIN);
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) != 0)
        die(at.sun_path);
    return fd;
}

/* Even where a name was looked up and connected to before. */
static int unix_socket(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    close(must_go_to(&address));
    return talk(go_to_path(target), attach_fd, NULL);
}

static int unix_socket_in_memory(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    close(must_go_to(&address));
    return talk(go_to_path(target), attach_memory, NULL);
}

/* The program's own resolver asks a name server while the handshake is to come. */
static int name_server_between(const struct target *target)
{
    struct address server = {.length = sizeof server.v4};
    struct address address = must_look_up(target->name, target->port);
    int fd = must_go_to(&address);
    int query = socket(AF_INET, SOCK_DGRAM, 0);

    server.v4.sin_family = AF_INET;
    server.v4.sin_port = htons(53);
    inet_pton(AF_INET, "127.0.0.53", &server.v4.sin_addr);
    if (connect(query, &server.generic, server.length) != 0)
        die("connect");
    close(query);
    return talk(fd, attach_memory, NULL);
}

/* What else a program connects while the handshake is to come. */
static int others_between(const struct target *target)
{
    struct address nowhere = must_look_up("nowhere.example", "1");
    struct address address = must_look_up(target->name, target->port);
    int datagram = socket(AF_INET, SOCK_DGRAM, 0);
    int fd = must_go_to(&address);

    if (connect(datagram, &nowhere.generic, nowhere.length) != 0 || go_to(&nowhere) >= 0)
        die("connect");
    go_to_path(target);
    return talk(fd, attach_memory, NULL);
}

static int go_elsewhere(void)
{
    char port[8];
    struct address address;

    listen_on("127.0.0.1", port);
    address = must_look_up(PROXY, port);
    return must_go_to(&address);
}

/* Two connections at once, and no socket: which of them is it? */
static int two_at_once(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    int fd = must_go_to(&address);

    go_elsewhere();
    return talk(fd, attach_memory, NULL);
}

static int named_two_at_once(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    int fd = must_go_to(&address);

    go_elsewhere();
    return talk(fd, attach_memory, target->name);
}

static int named_in_memory(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    return talk(must_go_to(&address), attach_memory, target->name);
}

/* The first of two has shaken hands: then the second is not it. It meant another name. */
static int second_of_two(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    int first = must_go_to(&address), second;

    address = must_look_up(PROXY, target->port);
    second = must_go_to(&address);
    if (talk(first, attach_memory, NULL) != ANSWERED)
        die("the first");
    return talk(second, attach_memory, NULL);
}

/* No socket, and the last connect was to someone else: that is whom this thread talks to. */
static int last_connect(const struct target *target)
{
    char port[8];
    int listener = listen_on("127.0.0.1", port);
    struct address address = must_look_up(PROXY, port);

    close(must_go_to(&address));
    close(listener);
    address = must_look_up(target->name, target->port);
    return talk(must_go_to(&address), attach_memory, NULL);
}

const struct way ways_detour[] = {
    {.name = "proxy", .run = proxy},
    {.name = "proxy-without-name", .run = proxy_without_name},
    {.name = "proxy-in-memory", .run = proxy_in_memory},
    {.name = "socks", .run = socks},
    {.name = "socks-without-name", .run = socks_without_name},
    {.name = "start-tls", .run = start_tls},
    {.name = "unix-socket", .run = unix_socket},
    {.name = "unix-socket-in-memory", .run = unix_socket_in_memory},
    {.name = "name-server-between", .run = name_server_between},
    {.name = "others-between", .run = others_between},
    {.name = "two-at-once", .run = two_at_once},
    {.name = "named-two-at-once", .run = named_two_at_once},
    {.name = "named-in-memory", .run = named_in_memory},
    {.name = "second-of-two", .run = second_of_two},
    {.name = "last-connect", .run = last_connect},
    {.name = NULL},
};
