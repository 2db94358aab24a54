/* test_name_table.c - which name a socket has, and what is forgotten first. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../../src/core/name_table.h"

static struct stls_name_table table;
static struct stls_name_recent threads[4];
static struct stls_host hosts[STLS_NAMES_MAX];

static struct stls_name_key key(uint64_t number)
{
    return (struct stls_name_key){{0, number}};
}

static void look_up(const char *name, uint64_t address, unsigned thread)
{
    struct stls_name_key at = key(address);
    struct stls_host host;

    cr_assert(stls_host_parse(name, &host));
    stls_name_table_keep(&table, &host, &at, &threads[thread]);
}

static void go(uint64_t address, uint64_t cookie, unsigned thread)
{
    struct stls_name_key at = key(address);

    stls_name_table_connect(&table, &at, cookie, &threads[thread]);
}

/* The names, most recent first, with a space between two. */
static const char *names(uint64_t address, uint64_t cookie)
{
    static char text[512];
    struct stls_name_key at = key(address);
    size_t count = stls_name_table_find(&table, &at, cookie, hosts, STLS_NAMES_MAX);

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 hosts[i].text);
    return text;
}

Test(name_table, what_a_thread_looked_up_before_it_connects_is_the_name)
{
    look_up("a.example", 1, 1);
    go(1, 100, 1);
    look_up("b.example", 1, 1);
    go(1, 101, 1);
    cr_expect_str_eq(names(1, 100), "a.example");
    cr_expect_str_eq(names(1, 101), "b.example");
    cr_expect_str_eq(names(1, 102), "b.example a.example"); /* another socket */
    cr_expect_str_eq(names(2, 100), "");                    /* the socket, but it went elsewhere */
    go(1, 103, 1);                                          /* by the same look-up */
    cr_expect_str_eq(names(1, 103), "b.example");
}

Test(name_table, two_look_ups_before_a_connect_are_two_names)
{
    look_up("a.example", 1, 1);
    look_up("b.example", 1, 1);
    go(1, 100, 1);
    go(1, 101, 1);
    cr_expect_str_eq(names(1, 100), "b.example a.example");
    cr_expect_str_eq(names(1, 101), "b.example a.example");
    look_up("a.example", 1, 1);
    go(1, 102, 1);
    cr_expect_str_eq(names(1, 102), "a.example");
}

/* Which of the others only resolves, nobody knows. */
Test(name_table, another_threads_later_look_up_may_be_for_this_thread)
{
    look_up("a.example", 1, 1);
    look_up("b.example", 1, 2);
    go(1, 100, 1);
    go(1, 101, 1);
    go(1, 102, 2);
    go(1, 103, 3);
    go(1, 104, 1);
    cr_expect_str_eq(names(1, 100), "a.example b.example");
    cr_expect_str_eq(names(1, 101), "a.example b.example");
    cr_expect_str_eq(names(1, 102), "b.example");
    cr_expect_str_eq(names(1, 103), "b.example a.example");
    cr_expect_str_eq(names(1, 104), "a.example"); /* by b.example its own thread has gone */
    look_up("b.example", 1, 2);
    look_up("a.example", 1, 1);
    go(1, 105, 1);
    cr_expect_str_eq(names(1, 105), "a.example");
}

/* They all look up both: who did so last is not who connects. */
Test(name_table, a_threads_look_up_is_its_own_whoever_comes_later)
{
    look_up("a.example", 1, 1);
    look_up("b.example", 1, 2);
    look_up("a.example", 1, 3);
    look_up("b.example", 1, 3);
    go(1, 99, 3);
    go(1, 100, 1);
    go(1, 101, 2);
    cr_expect_str_eq(names(1, 99), "b.example a.example");
    cr_expect_str_eq(names(1, 100), "a.example");
    cr_expect_str_eq(names(1, 101), "b.example");
}

/* More than a thread can keep apart: then it knows none, until it has connected. */
Test(name_table, a_thread_that_looks_up_many_names_knows_none)
{
    for (uint64_t i = 0; i < STLS_NAME_RECENT; i++)
        look_up("other.example", 1000 + i, 1);
    look_up("a.example", 1, 1);
    look_up("b.example", 2, 1);
    look_up("c.example", 2, 2);
    go(2, 100, 1);
    cr_expect_str_eq(names(2, 100), "c.example b.example");
    look_up("b.example", 2, 1);
    go(2, 101, 1);
    cr_expect_str_eq(names(2, 101), "b.example");
}

/* Those that it connected by make room. */
Test(name_table, a_thread_that_looks_up_and_connects_by_many_names_knows_the_last)
{
    look_up("a.example", 1, 1);
    for (uint64_t i = 0; i < 3 * STLS_NAME_RECENT; i++) {
        look_up("other.example", 1000 + i, 1);
        go(1000 + i, 0, 1);
    }
    look_up("c.example", 1, 2);
    go(1, 99, 2);
    go(1, 100, 1);
    cr_expect_str_eq(names(1, 100), "a.example");
}

Test(name_table, an_address_counts_where_no_name_does)
{
    look_up("127.0.0.1", 1, 1);
    cr_expect_str_eq(names(1, 0), "127.0.0.1");
    look_up("a.example", 1, 2);
    look_up("127.0.0.1", 1, 3);
    look_up("b.example", 1, 2);
    cr_expect_str_eq(names(1, 0), "b.example a.example");
    go(1, 100, 3); /* or for it another thread resolves b.example */
    cr_expect_str_eq(names(1, 100), "127.0.0.1 b.example a.example");
    go(1, 101, 2);
    cr_expect_str_eq(names(1, 101), "b.example a.example");
    go(1, 102, 3);
    cr_expect_str_eq(names(1, 102), "127.0.0.1");
}

Test(name_table, without_a_socket_the_address_tells)
{
    look_up("a.example", 1, 1);
    go(1, 0, 1);
    look_up("b.example", 1, 1);
    go(1, 0, 1);
    cr_expect_str_eq(names(1, 0), "b.example a.example");
}

Test(name_table, an_address_has_so_many_names)
{
    char name[32];

    for (unsigned i = 0; i < 3 * STLS_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        look_up(name, 1, 1);
        look_up("always.example", 1, 1);
    }
    cr_expect_eq(table.count, (size_t)STLS_NAMES_MAX);
    cr_expect_str_eq(names(1, 0), "always.example n47.example n46.example n45.example n44.example "
                                  "n43.example n42.example n41.example n40.example n39.example "
                                  "n38.example n37.example n36.example n35.example n34.example "
                                  "n33.example");
}

Test(name_table, of_one_address_too_what_is_used_stays)
{
    char name[32];

    look_up("used.example", 1, 1);
    look_up("forgotten.example", 1, 2);
    for (unsigned i = 0; i < STLS_NAMES_MAX - 1; i++) {
        go(1, 100, 1);
        names(1, 100);
        snprintf(name, sizeof name, "n%u.example", i);
        look_up(name, 1, 2);
        go(1, 101, 2);
    }
    cr_expect(strstr(names(1, 0), "used.example") != NULL);
    cr_expect(strstr(names(1, 0), "forgotten.example") == NULL);
}

Test(name_table, what_is_used_stays_and_the_rest_goes)
{
    look_up("connected.example", 1, 1);
    look_up("asked-for.example", 2, 1);
    look_up("forgotten.example", 3, 1);
    for (uint64_t i = 0; i < 3 * STLS_NAME_TABLE_ENTRIES; i++) {
        look_up("other.example", 1000 + i, 2);
        if (i % 1000 == 0) {
            go(1, 0, 1);
            names(2, 0);
        }
    }
    cr_expect_eq(table.count, (size_t)STLS_NAME_TABLE_ENTRIES);
    cr_expect_str_eq(names(1, 0), "connected.example");
    cr_expect_str_eq(names(2, 0), "asked-for.example");
    cr_expect_str_eq(names(3, 0), "");
}

Test(name_table, a_socket_does_not_take_on_a_later_name_of_its_entry)
{
    look_up("a.example", 1, 1);
    go(1, 100, 1);
    for (uint64_t i = 0; i < 2 * STLS_NAME_TABLE_ENTRIES; i++)
        look_up("other.example", 1000 + i, 2);
    look_up("b.example", 1, 2);
    look_up("c.example", 1, 2);
    cr_expect_str_eq(names(1, 100), "c.example b.example");
}

Test(name_table, many_sockets_lose_no_look_up)
{
    look_up("a.example", 1, 1);
    for (uint64_t i = 1; i < 3 * STLS_NAME_TABLE_SOCKETS; i++) {
        look_up("b.example", 1, 1);
        go(1, i, 1);
    }
    cr_expect_str_eq(names(1, 3 * STLS_NAME_TABLE_SOCKETS - 1), "b.example");
    cr_expect_str_eq(names(1, 3 * STLS_NAME_TABLE_SOCKETS - 64), "b.example");
    cr_expect_str_eq(names(1, 1), "b.example a.example");
}

Test(name_table, cleared_it_is_empty)
{
    look_up("a.example", 1, 1);
    go(1, 100, 1);
    look_up("a.example", 1, 2);
    stls_name_table_clear(&table);
    cr_expect_str_eq(names(1, 100), "");
    go(1, 101, 2);
    cr_expect_str_eq(names(1, 101), "");
    look_up("b.example", 1, 1);
    cr_expect_str_eq(names(1, 0), "b.example");
}
