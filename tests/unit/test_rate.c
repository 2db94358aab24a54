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

    cr_expect_eq(allowed(&rate, 5, 20, 1000, 100, &held_back), 20);
    cr_expect_eq(held_back, 0);
    cr_expect_eq(allowed(&rate, 5, 20, 1001, 1, &held_back), 1);
    cr_expect_eq(held_back, 80);
    cr_expect_eq(allowed(&rate, 5, 20, 1001, 100, &held_back), 19);
    cr_expect_eq(allowed(&rate, 5, 20, 900, 1, &held_back), 1); /* a clock that was set back */
    cr_expect_eq(held_back, 81);
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

    cr_expect_eq(allowed(&rate, 5, 20, 1000, 100, &held_back), 20);
    cr_expect_eq(allowed(&rate, 6, 20, 1000, 100, &held_back), 20);
}

Test(rate, kinds_by_their_texts)
{
    uint32_t a = stls_rate_kind(stls_rate_kind(1, "ab"), "c");

    cr_expect_eq(a, stls_rate_kind(stls_rate_kind(1, "ab"), "c"));
    cr_expect_neq(a, stls_rate_kind(stls_rate_kind(1, "a"), "bc"));
    cr_expect_neq(a, stls_rate_kind(stls_rate_kind(2, "ab"), "c"));
    cr_expect_eq(stls_rate_kind(1, NULL), stls_rate_kind(1, ""));
}

/* However many kinds there are, a process writes no more than all slots allow. */
Test(rate, has_a_bound)
{
    struct stls_rate rate = {0};
    uint32_t held_back, kind = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < 100000; i++) {
        kind = stls_rate_kind(kind, "host");
        count += allowed(&rate, kind, 20, 1000, 1, &held_back);
    }
    cr_expect_eq(count, 20 * STLS_RATE_SLOTS);
}
