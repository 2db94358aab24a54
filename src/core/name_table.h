/* name_table.h - host names by the addresses that they were looked up for, and sockets by name.
 *
 * Owns: what is remembered, which of several names of one address is meant, and what is forgotten
 * first: what was longest neither looked up nor used. Plain C over memory of the caller's: no
 * allocation, no lock, no global. All zero is an empty table.
 */
#ifndef STLS_NAME_TABLE_H
#define STLS_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"

enum {
    STLS_NAMES_MAX = 16, /* of one address, most recent first; more are forgotten */
    STLS_NAME_RECENT = 16,
    STLS_NAME_TABLE_CHAINS = 256,
    STLS_NAME_TABLE_ENTRIES = 4096,
    STLS_NAME_TABLE_SOCKETS = 2048, /* between connect and handshake */
    STLS_NAME_TABLE_WAYS = 8,       /* places that one socket may have, most recent first */
};

/* An IPv6 address, IPv4 as v4-mapped. */
struct stls_name_key {
    uint64_t half[2];
};

struct stls_name_entry {
    struct stls_name_entry *chain;         /* next in its hash chain */
    struct stls_name_entry *newer, *older; /* in the list by use */
    uint32_t serial;                       /* another for each name that the entry ever held */
    uint32_t asked;                        /* when it was looked up last */
    bool is_pending;                       /* no thread that looked it up has connected since */
    struct stls_name_key key;
    struct stls_host host;
};

/* An entry, as long as it holds the name that it did. */
struct stls_name_reference {
    struct stls_name_entry *entry;
    uint32_t serial;
};

/* Its place is taken by another socket's in the end, and then the address tells. */
struct stls_named_socket {
    uint64_t cookie; /* 0: none */
    struct stls_name_reference name;
    bool is_doubtful; /* what another thread looked up may be meant as well */
};

/* What a thread looked up last for an address. */
struct stls_name_own {
    struct stls_name_reference name;
    uint32_t asked;
    bool is_used; /* it connected there since: its next look-up replaces this one */
};

/* Kept by the thread. */
struct stls_name_recent {
    struct stls_name_own names[STLS_NAME_RECENT];
    size_t count;
    bool has_lost; /* there were more that are not used */
};

/* What a process that looks up a few names needs begins on one page. */
struct stls_name_table {
    struct stls_name_entry *newest, *oldest;
    size_t count;
    uint32_t serial, clock;
    struct stls_name_entry *chains[STLS_NAME_TABLE_CHAINS];
    struct stls_name_entry entries[STLS_NAME_TABLE_ENTRIES]; /* the first `count` are in use */
    struct stls_named_socket sockets[STLS_NAME_TABLE_SOCKETS / STLS_NAME_TABLE_WAYS]
                                    [STLS_NAME_TABLE_WAYS];
};

void stls_name_table_clear(struct stls_name_table *table);

/* A look-up by the thread of recent. */
void stls_name_table_keep(struct stls_name_table *table, const struct stls_host *host,
                          const struct stls_name_key *key, struct stls_name_recent *recent);

/* A connect by that thread. What it looked up last for the address is the socket's name; where that
 * is more than one since it connected there before, nobody can tell. What other threads looked up
 * since, and none of them connected by, is as good: some threads only resolve. cookie 0: no socket.
 */
void stls_name_table_connect(struct stls_name_table *table, const struct stls_name_key *key,
                             uint64_t cookie, struct stls_name_recent *recent);

/* The socket's name, or else all names of the address, into hosts[room]; their count.
 * What was looked up as an address stands there only if no name was, or for the socket itself. */
size_t stls_name_table_find(struct stls_name_table *table, const struct stls_name_key *key,
                            uint64_t cookie, struct stls_host *hosts, size_t room);

#endif
