/* test_host.c - normalisation of reference identities. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "../../src/core/host.h"

struct row {
    char text[300];
    enum stls_host_kind kind;
    char want[64];
};

ParameterizedTestParameters(host, parse)
{
    static struct row rows[] = {
        {"example.com", STLS_HOST_NAME, "example.com"},
        {"Example.COM", STLS_HOST_NAME, "example.com"},
        {"example.com.", STLS_HOST_NAME, "example.com"},
        {"localhost:8443", STLS_HOST_NAME, "localhost"}, /* httrack, sstpc send this as SNI */
        {"example.com.:443", STLS_HOST_NAME, "example.com"},
        {"a_b.example", STLS_HOST_NAME, "a_b.example"},
        {"xn--bcher-kva.example", STLS_HOST_NAME, "xn--bcher-kva.example"},
        {"127.0.0.1", STLS_HOST_ADDRESS, "127.0.0.1"}, /* php-mysqli gives it as a DNS name */
        {"127.0.0.1:443", STLS_HOST_ADDRESS, "127.0.0.1"},
        {"127.1", STLS_HOST_ADDRESS, "127.0.0.1"}, /* as the resolver reads it: inet_aton(3) */
        {"0x7f000001", STLS_HOST_ADDRESS, "127.0.0.1"},
        {"127.0.0.1 x", STLS_HOST_NONE, ""},
        {"3com.example", STLS_HOST_NAME, "3com.example"},
        {"::1", STLS_HOST_ADDRESS, "::1"},
        {"[::1]", STLS_HOST_ADDRESS, "::1"},
        {"[::1]:443", STLS_HOST_ADDRESS, "::1"},
        {"2001:DB8::0:1", STLS_HOST_ADDRESS, "2001:db8::1"},
        {"fe80::1%eth0", STLS_HOST_ADDRESS, "fe80::1"},
        {"::ffff:192.0.2.7", STLS_HOST_ADDRESS, "192.0.2.7"},
        {"", STLS_HOST_NONE, ""},
        {".", STLS_HOST_NONE, ""},
        {".example.com", STLS_HOST_NONE, ""}, /* OpenSSL would take any subdomain */
        {"a..b", STLS_HOST_NONE, ""},
        {"a.b..", STLS_HOST_NONE, ""},
        {"*.example.com", STLS_HOST_NONE, ""}, /* a pattern is no identity */
        {"a b", STLS_HOST_NONE, ""},
        {"a\nb", STLS_HOST_NONE, ""},
        {"/run/socket", STLS_HOST_NONE, ""},
        {"[::1", STLS_HOST_NONE, ""},
        {"a:b:c", STLS_HOST_NONE, ""},
        {":443", STLS_HOST_NONE, ""},
    };

    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, host, parse)
{
    struct stls_host host;
    bool is_host = stls_host_parse(row->text, &host);

    cr_expect(is_host == (row->kind != STLS_HOST_NONE), "%s", row->text);
    cr_expect(host.kind == row->kind, "%s is of kind %d", row->text, (int)host.kind);
    cr_expect_str_eq(host.text, row->want);
}

Test(host, length)
{
    char name[400];
    struct stls_host host;

    memset(name, 'a', sizeof name);
    name[STLS_HOST_MAX - 1] = '\0';
    cr_expect(stls_host_parse(name, &host));
    cr_expect(strlen(host.text) == STLS_HOST_MAX - 1);
    name[STLS_HOST_MAX - 1] = 'a';
    name[STLS_HOST_MAX] = '\0';
    cr_expect(!stls_host_parse(name, &host));
    cr_expect(host.kind == STLS_HOST_NONE);
}
