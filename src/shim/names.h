/* names.h - which names this process asked for, and which addresses it got.
 *
 * Owns: the memory of look-ups and connects from which a reference identity is made where the
 * program told OpenSSL none (RFC 9525: the name that was asked for, never a CNAME, never a reverse
 * look-up). Nothing is kept in mode off.
 * Must not: call into OpenSSL, hold its lock across any call out, or use malloc: connect may be
 * called by a signal handler. A child of fork has the memory of its parent; should a thread have
 * held the lock just then, the child starts with none.
 */
#ifndef STLS_NAMES_H
#define STLS_NAMES_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../core/name_table.h"

/* A look-up: what was asked, and what came back. Numeric hosts are remembered too, as the addresses
 * they are. errno stays. */
void stls_names_remember_list(const char *asked, const struct addrinfo *list);
void stls_names_remember_entry(const char *asked, const struct hostent *entry);

/* A connect that did not fail: this thread goes to this address by this socket, whose name is from
 * now on what it looked up last for the address, if that is one. errno stays. */
void stls_names_connect(int fd, const struct sockaddr *address, socklen_t length);

/* The names for the peer of a connected socket, into hosts[room]; their count. One if the socket's
 * name is known, else all that were looked up for the address. */
size_t stls_names_of_socket(int fd, const struct sockaddr *peer, struct stls_host *hosts,
                            size_t room);

enum {
    STLS_NAMES_SOCKETS = 16,
};

/* A descriptor, as long as it is the same socket. */
struct stls_names_socket {
    uint64_t cookie;
    int fd;
    bool is_there;
};

bool stls_names_is_open(const struct stls_names_socket *socket);

/* The sockets that this thread connected last and that no handshake claimed, the last one first, if
 * they are open; their count. Some may not be connected (any more). */
size_t stls_names_unclaimed(struct stls_names_socket sockets[STLS_NAMES_SOCKETS]);

/* A handshake is about this one. */
void stls_names_claim(int fd);

#endif
