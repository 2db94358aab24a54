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

bool stls_rate_allows(struct stls_rate *rate, uint32_t kind, unsigned limit, uint32_t minute,
                      uint32_t *ret_held_back)
{
    size_t i = (kind ^ kind >> 16) % STLS_RATE_SLOTS;
    uint64_t seen = atomic_load(&rate->slots[i]), next;

    do {
        next = (uint64_t)minute << 32;
        if (seen >> 32 == minute)
            next |= (uint32_t)seen;
        if (limit != 0 && (uint32_t)next >= limit) {
            atomic_fetch_add(&rate->held_back[i], 1);
            return false;
        }
        next++;
    } while (!atomic_compare_exchange_weak(&rate->slots[i], &seen, next));
    *ret_held_back = atomic_exchange(&rate->held_back[i], 0);
    return true;
}
