/* wire.h - the two hellos of a handshake, field by field.
 *
 * Owns: reading ClientHello and ServerHello out of the records that went over the wire, and a
 * random generator that gives the same numbers in every run, so that nothing in them needs to be
 * masked.
 */
#ifndef STLS_TRANSPARENT_WIRE_H
#define STLS_TRANSPARENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    STLS_WIRE_MAX = 65536,
};

/* What one side sent. */
struct stls_wire {
    unsigned char octets[STLS_WIRE_MAX];
    size_t length;
};

void stls_wire_add(struct stls_wire *wire, const void *octets, size_t length);

/* A line for each field of a hello, and for each record. Tickets hold the time of day, and so does
 * what is made of one: of these, where has_ticket says so, only the length is printed. */
void stls_wire_print(const struct stls_wire *wire, const char *who, bool has_ticket);

/* From now on OpenSSL's random numbers are a sequence, begun anew. */
void stls_wire_fix_random(void);

#endif
