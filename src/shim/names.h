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
#include <sys/socket.h>

#include "../core/name_table.h"

/* A look-up: what was asked, and what came back. Numeric hosts are remembered too, as the addresses
 * they are. errno stays. */
void stls_names_remember_list(const char *asked, const struct addrinfo *list);
void stls_names_remember_entry(const char *asked, const struct hostent *entry);

/* A connect that did not fail: this thread goes to this address by this socket. Where it looked up
 * one name for the address since it last connected there, that is the socket's name from now on.
 * errno stays. */
void stls_names_connect(int fd, const struct sockaddr *address, socklen_t length);

/* The names for the peer of a connected socket, into hosts[STLS_NAMES_MAX]; their count. One if the
 * socket's name is known, else all that were looked up for the address. */
size_t stls_names_of_socket(int fd, const struct sockaddr *peer, struct stls_host *hosts);

/* Where this thread connected to last; family AF_UNSPEC if nowhere, or to a Unix socket. */
struct sockaddr_storage stls_names_last_connect(void);

/* The names for that connect, as for a socket. */
size_t stls_names_of_last_connect(struct stls_host *hosts);

#endif
