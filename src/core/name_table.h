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
    STLS_NAME_TABLE_CHAINS = 512,
    STLS_NAME_TABLE_ENTRIES = 4096,
    STLS_NAME_TABLE_SOCKETS = 1024, /* between connect and handshake */
};

/* An IPv6 address, IPv4 as v4-mapped. */
struct stls_name_key {
    uint64_t half[2];
};

struct stls_name_entry {
    struct stls_name_entry *chain;         /* next in its hash chain: by look-up */
    struct stls_name_entry *newer, *older; /* in the list by use */
    uint32_t serial;                       /* another for each name that the entry ever held */
    uint32_t thread;                       /* that looked it up last */
    bool is_fresh;                         /* since that thread last connected there */
    struct stls_name_key key;
    struct stls_host host;
};

/* Its place is taken by another socket's in the end, and then the address tells. */
struct stls_named_socket {
    uint64_t cookie; /* 0: none */
    struct stls_name_entry *entry;
    uint32_t serial; /* of the entry, if it still holds that name */
};

struct stls_name_table {
    struct stls_name_entry *chains[STLS_NAME_TABLE_CHAINS];
    struct stls_name_entry *newest, *oldest;
    size_t count;
    uint32_t serial;
    struct stls_named_socket sockets[STLS_NAME_TABLE_SOCKETS];
    struct stls_name_entry entries[STLS_NAME_TABLE_ENTRIES]; /* the first `count` are in use */
};

void stls_name_table_clear(struct stls_name_table *table);

/* A look-up by a thread, whose number is its own. */
void stls_name_table_keep(struct stls_name_table *table, const struct stls_host *host,
                          const struct stls_name_key *key, uint32_t thread);

/* A connect by a thread. The one name that it looked up for the address since it last connected
 * there becomes the socket's; where there are several nobody can tell. cookie 0: no socket. */
void stls_name_table_connect(struct stls_name_table *table, const struct stls_name_key *key,
                             uint64_t cookie, uint32_t thread);

/* The socket's name, or else all names of the address, into hosts[STLS_NAMES_MAX]; their count. */
size_t stls_name_table_find(struct stls_name_table *table, const struct stls_name_key *key,
                            uint64_t cookie, struct stls_host *hosts);

#endif
