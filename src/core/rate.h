/* rate.h - how many events of a kind a process may write in a minute, and how many it held back.
 *
 * Owns: the counts. Plain C, no clock: the caller says what time it is. Any number of threads.
 */
#ifndef STLS_RATE_H
#define STLS_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    STLS_RATE_SLOTS = 1024, /* kinds that can be told apart in a minute */
};

/* Zeroed at first. */
struct stls_rate {
    _Atomic uint64_t slots[STLS_RATE_SLOTS]; /* kind << 32 | minute << 24 | events in it */
    _Atomic uint32_t unknown; /* events of which nobody was told: the caller's to take and add to */
};

/* A kind's number, of its texts; NULL is an empty one. */
uint32_t stls_rate_kind(uint32_t kind, const char *text);

/* True if an event of the kind may be written: in each minute the first ones, up to the limit, and
 * then that with which their number has doubled, so that never more than half of them are not told.
 * ret_held_back becomes how many were held back since the last one. limit: 0 for none. Kinds beyond
 * those that can be told apart are unknown. */
bool stls_rate_allows(struct stls_rate *rate, uint32_t kind, unsigned limit, uint32_t minute,
                      uint32_t *ret_held_back);

#endif
