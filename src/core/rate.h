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
    STLS_RATE_SLOTS = 64,
};

/* Zeroed at first. Kinds that fall into the same slot share its count: more is held back then,
 * never less, and memory stays what it is however many reasons and hosts there are. */
struct stls_rate {
    _Atomic uint64_t slots[STLS_RATE_SLOTS]; /* minute << 32 | events in it */
    _Atomic uint32_t held_back[STLS_RATE_SLOTS];
};

/* A kind's number, of its texts; NULL is an empty one. */
uint32_t stls_rate_kind(uint32_t kind, const char *text);

/* True if an event of the kind may be written; then ret_held_back are those of the slot that were
 * held back since the last one that was. limit: a minute; 0 for no limit. */
bool stls_rate_allows(struct stls_rate *rate, uint32_t kind, unsigned limit, uint32_t minute,
                      uint32_t *ret_held_back);

#endif
