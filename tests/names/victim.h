/* victim.h - a TLS client that resolves a name, connects, and never tells OpenSSL whom it means.
 *
 * Owns: what the ways have in common. A way is one habit of real programs; what must come of it
 * stands in the driver's table. No verification, no host, and no SNI unless the way is about it.
 */
#ifndef STLS_NAMES_VICTIM_H
#define STLS_NAMES_VICTIM_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

enum {
    ANSWERED = 0,
    FAILED = 1,
};

struct target {
    const char *name;
    const char *port;
};

struct address {
    union {
        struct sockaddr generic;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    };
    socklen_t length;
};

/* The ways look a name up (NULL: by getaddrinfo, IPv4), attach an SSL to the socket that was
 * connected there (NULL: SSL_set_fd), or do it all. */
struct way {
    const char *name; /* NULL ends a table */
    bool (*look_up)(const struct target *target, struct address *ret);
    bool (*attach)(SSL *ssl, int fd);
    int (*run)(const struct target *target);
};

extern const struct way ways_look_up[];
extern const struct way ways_attach[];
extern const struct way ways_order[];
extern const struct way ways_detour[];

bool look_up(const char *name, const char *port, int family, struct address *ret);
void set_port(struct address *address, const char *port);

/* Like look_up for IPv4, and fails the program where it can't. */
struct address must_look_up(const char *name, const char *port);

/* A connected stream socket, or -1. */
int go_to(const struct address *address);
int must_go_to(const struct address *address);

/* Handshake, request, answer; by that attachment. Closes fd. */
int talk(int fd, bool (*attach)(SSL *ssl, int fd), const char *server_name);

bool attach_fd(SSL *ssl, int fd);
bool attach_memory(SSL *ssl, int fd);

/* Moves what is in memory to and from the network, until the SSL can go on. */
bool pump(SSL *ssl);

enum relay_kind {
    RELAY_PLAIN,
    RELAY_PROXY, /* wants an HTTP CONNECT first */
    RELAY_SOCKS, /* SOCKS5 first */
    RELAY_MAIL,  /* STARTTLS of SMTP first */
};

/* A process that relays connections to that listening socket to 127.0.0.1:port; fd is closed. */
void start_relay(int listen_fd, const char *port, enum relay_kind kind);

/* Listening sockets on a port of the kernel's choice, which is returned. */
int listen_on(const char *address, char port[8]);
int listen_on_path(const char *path);

void die(const char *what) __attribute__((noreturn));

#endif
