/* wire.c - see wire.h */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "wire.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/ssl.h>

/* A bounded piece of what is being read. */
struct reader {
    const unsigned char *at;
    size_t left;
};

void stls_wire_add(struct stls_wire *wire, const void *octets, size_t length)
{
    if (length > sizeof wire->octets - wire->length)
        length = sizeof wire->octets - wire->length;
    memcpy(wire->octets + wire->length, octets, length);
    wire->length += length;
}

static struct reader take(struct reader *from, size_t length)
{
    struct reader piece = {from->at, length < from->left ? length : from->left};

    from->at += piece.left;
    from->left -= piece.left;
    return piece;
}

static size_t take_number(struct reader *from, size_t octets)
{
    struct reader piece = take(from, octets);
    size_t number = 0;

    for (size_t i = 0; i < piece.left; i++)
        number = number << 8 | piece.at[i];
    return number;
}

static void print_field(const char *who, const char *name, struct reader value)
{
    printf("%s: %s ", who, name);
    for (size_t i = 0; i < value.left; i++)
        printf("%02x", value.at[i]);
    printf("\n");
}

static void print_field_or_length(const char *who, const char *name, struct reader value,
                                  bool is_masked)
{
    if (is_masked)
        printf("%s: %s of %zu octets\n", who, name, value.left);
    else
        print_field(who, name, value);
}

static void print_extensions(const char *who, struct reader extensions, bool has_ticket)
{
    while (extensions.left > 0) {
        size_t type = take_number(&extensions, 2);
        char name[32];

        snprintf(name, sizeof name, "extension %zu", type);
        print_field_or_length(who, name, take(&extensions, take_number(&extensions, 2)),
                              has_ticket &&
                                  (type == TLSEXT_TYPE_session_ticket || type == TLSEXT_TYPE_psk));
    }
}

static void print_hello(const char *who, struct reader hello, bool is_client, bool has_ticket)
{
    print_field(who, "version", take(&hello, 2));
    print_field(who, "random", take(&hello, 32));
    print_field_or_length(who, "session id", take(&hello, take_number(&hello, 1)), has_ticket);
    print_field(who, "cipher suites", take(&hello, is_client ? take_number(&hello, 2) : 2));
    print_field(who, "compression", take(&hello, is_client ? take_number(&hello, 1) : 1));
    print_extensions(who, take(&hello, take_number(&hello, 2)), has_ticket);
}

void stls_wire_print(const struct stls_wire *wire, const char *who, bool has_ticket)
{
    struct reader records = {wire->octets, wire->length};

    while (records.left > 0) {
        size_t type = take_number(&records, 1);
        size_t version = take_number(&records, 2);
        struct reader record = take(&records, take_number(&records, 2));
        struct reader messages = record;
        size_t message = take_number(&messages, 1);

        printf("%s: record %zu of version %04zx, %zu octets\n", who, type, version, record.left);
        if (type != SSL3_RT_HANDSHAKE || message > SSL3_MT_SERVER_HELLO || message == 0)
            continue;
        print_hello(who, take(&messages, take_number(&messages, 3)),
                    message == SSL3_MT_CLIENT_HELLO, has_ticket);
    }
}

static uint64_t sequence;

/* splitmix64: any well mixed sequence will do, as key generation tries until a number fits. */
static int give_numbers(unsigned char *octets, int length)
{
    for (int i = 0; i < length; i++) {
        uint64_t mixed = sequence += 0x9e3779b97f4a7c15;

        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        octets[i] = (unsigned char)(mixed ^ (mixed >> 31));
    }
    return 1;
}

static int is_ready(void)
{
    return 1;
}

void stls_wire_fix_random(void)
{
    static const RAND_METHOD fixed = {
        .bytes = give_numbers,
        .pseudorand = give_numbers,
        .status = is_ready,
    };

    sequence = 0;
    RAND_set_rand_method(&fixed);
}
