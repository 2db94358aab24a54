/* codes.h - sets of code points: TLS cipher suites, groups, signature schemes.
 *
 * Owns: whether one is in a set. It is asked so many times a handshake, of each cipher, group and
 * scheme of either side, that this alone of the core is compiled to be fast.
 */
#ifndef STLS_CODES_H
#define STLS_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STLS_CODES_MAX = 32,
};

/* In the order in which the policy names them. */
struct stls_codes {
    uint16_t number[STLS_CODES_MAX];
    size_t count;
};

bool stls_codes_are(const uint16_t *numbers, size_t count, unsigned number);

static inline bool stls_codes_contain(const struct stls_codes *codes, unsigned number)
{
    return stls_codes_are(codes->number, codes->count, number);
}

#endif
