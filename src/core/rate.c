/* rate.c - see rate.h */
#include "rate.h"

#include <stddef.h>

#include "banned.h"

/* FNV-1a, over the terminator too, so that "ab", "c" is not "a", "bc". */
uint32_t stls_rate_kind(uint32_t kind, const char *text)
{
    for (const char *at = text != NULL ? text : "";; at++) {
        kind = (kind ^ (unsigned char)*at) * 16777619u;
        if (*at == '\0')
            return kind;
    }
}

enum {
    COUNT_MAX = (1 << 24) - 1,
};

/* Up to which of so many events of a minute somebody was told. */
static uint32_t told(uint32_t count, uint32_t limit)
{
    uint32_t last = limit;

    if (limit == 0 || count <= limit)
        return count;
    while (last <= count / 2)
        last *= 2;
    return last;
}

/* The kind's slot, else one that is free or whose minute is over; NULL if there is none. */
static _Atomic uint64_t *find(struct stls_rate *rate, uint32_t kind, uint32_t minute)
{
    _Atomic uint64_t *idle = NULL;

    for (uint32_t i = 0; i < STLS_RATE_SLOTS; i++) {
        _Atomic uint64_t *slot = &rate->slots[(kind + i) % STLS_RATE_SLOTS];
        uint64_t seen = atomic_load(slot);

        if (seen == 0)
            return idle != NULL ? idle : slot;
        if (seen >> 32 == kind)
            return slot;
        if (idle == NULL && (uint8_t)(seen >> 24) != (uint8_t)minute)
            idle = slot;
    }
    return idle;
}

bool stls_rate_allows(struct stls_rate *rate, uint32_t kind, unsigned limit, uint32_t minute,
                      uint32_t *ret_held_back)
{
    uint64_t minute_of_kind = (uint64_t)kind << 32 | (uint64_t)(uint8_t)minute << 24, seen;
    _Atomic uint64_t *slot = find(rate, kind, minute);
    uint32_t count, held_back;

    if (slot == NULL) {
        atomic_fetch_add(&rate->unknown, 1);
        return false;
    }
    seen = atomic_load(slot);
    do {
        count = (uint32_t)seen & COUNT_MAX;
        held_back = count - told(count, limit);
        count = seen >> 24 != minute_of_kind >> 24 ? 1 : count < COUNT_MAX ? count + 1 : count;
    } while (!atomic_compare_exchange_weak(slot, &seen, minute_of_kind | count));
    if (seen >> 32 != kind) { /* another kind had it, of which nothing more is to come */
        atomic_fetch_add(&rate->unknown, held_back);
        held_back = 0;
    }
    if (told(count, limit) != count)
        return false;
    *ret_held_back = held_back;
    return true;
}
