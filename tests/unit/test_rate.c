/* test_rate.c - how many events of a kind, and how many were held back. */
#include <criterion/criterion.h>

#include "../../src/core/rate.h"

static unsigned allowed(struct stls_rate *rate, uint32_t kind, unsigned limit, uint32_t minute,
                        unsigned tries, uint32_t *ret_held_back)
{
    unsigned count = 0;
    uint32_t held_back;

    *ret_held_back = 0;
    for (unsigned i = 0; i < tries; i++)
        if (stls_rate_allows(rate, kind, limit, minute, &held_back)) {
            *ret_held_back += held_back;
            count++;
        }
    return count;
}

Test(rate, so_many_a_minute_and_the_rest_is_told_in_the_next)
{
    struct stls_rate rate = {0};
    uint32_t held_back;

    cr_expect_eq(allowed(&rate, 5, 20, 1000, 39, &held_back), 20);
    cr_expect_eq(held_back, 0);
    cr_expect_eq(allowed(&rate, 5, 20, 1001, 1, &held_back), 1);
    cr_expect_eq(held_back, 19);
    cr_expect_eq(allowed(&rate, 5, 20, 1001, 38, &held_back), 19);
    cr_expect_eq(allowed(&rate, 5, 20, 900, 1, &held_back), 1); /* a clock that was set back */
    cr_expect_eq(held_back, 19);
}

/* The process may end, or nothing come any more: more than half of them is told at any time. */
Test(rate, each_doubling_is_told)
{
    struct stls_rate rate = {0};
    uint32_t held_back, all = 0;

    for (uint32_t i = 1; i <= 1000; i++) {
        if (stls_rate_allows(&rate, 5, 20, 1000, &held_back))
            all += 1 + held_back;
        cr_expect(all <= i && all > i / 2, "%u of %u", all, i);
    }
    cr_expect_eq(all, 640);
    cr_expect_eq(allowed(&rate, 5, 20, 1001, 1, &held_back), 1);
    cr_expect_eq(all + held_back, 1000);
}

Test(rate, no_limit)
{
    struct stls_rate rate = {0};
    uint32_t held_back;

    cr_expect_eq(allowed(&rate, 5, 0, 1000, 100000, &held_back), 100000);
    cr_expect_eq(held_back, 0);
}

Test(rate, kinds_have_their_own_count)
{
    struct stls_rate rate = {0};
    uint32_t held_back;

    cr_expect_eq(allowed(&rate, 5, 20, 1000, 39, &held_back), 20);
    for (uint32_t home = 1; home < 500; home++) { /* from one slot, and the next ones */
        cr_expect_eq(allowed(&rate, 5 + home / 2 * STLS_RATE_SLOTS + home % 2, 20, 1000,
                             home == 1 ? 1 : 39, &held_back),
                     home == 1 ? 1 : 20);
        cr_expect_eq(held_back, 0);
    }
    cr_expect_eq(allowed(&rate, 5, 20, 1001, 1, &held_back), 1);
    cr_expect_eq(held_back, 19);
    cr_expect_eq(atomic_load(&rate.unknown), 0);
}

Test(rate, kinds_by_their_texts)
{
    uint32_t a = stls_rate_kind(stls_rate_kind(1, "ab"), "c");

    cr_expect_eq(a, stls_rate_kind(stls_rate_kind(1, "ab"), "c"));
    cr_expect_neq(a, stls_rate_kind(stls_rate_kind(1, "a"), "bc"));
    cr_expect_neq(a, stls_rate_kind(stls_rate_kind(2, "ab"), "c"));
    cr_expect_eq(stls_rate_kind(1, NULL), stls_rate_kind(1, ""));
}

/* However many kinds there are, a process writes no more than all slots allow; what it can't tell
 * apart is counted. */
Test(rate, has_a_bound)
{
    struct stls_rate rate = {0};
    uint32_t held_back, kind = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < 100000; i++) {
        kind = stls_rate_kind(kind, "host");
        count += allowed(&rate, kind, 20, 1000, 1, &held_back);
    }
    cr_expect_eq(count, STLS_RATE_SLOTS);
    cr_expect_eq(atomic_load(&rate.unknown), 100000 - count);
    cr_expect_eq(allowed(&rate, kind, 20, 1001, 1, &held_back), 1); /* there is room again */
}

/* What was held back of a kind whose slot another one needs is not told as the other's. */
Test(rate, a_slot_that_changes_hands)
{
    struct stls_rate rate = {0};
    uint32_t held_back;

    for (uint32_t kind = 1; kind <= STLS_RATE_SLOTS; kind++)
        cr_expect_eq(allowed(&rate, kind, 20, 1000, 30, &held_back), 20);
    cr_expect_eq(allowed(&rate, 5 + STLS_RATE_SLOTS, 20, 1001, 1, &held_back), 1);
    cr_expect_eq(held_back, 0);
    cr_expect_eq(atomic_load(&rate.unknown), 10);
}
