/* der.h - reads DER (X.690), element by element, and never past its end.
 *
 * Must not: allocate, or know what the elements mean.
 */
#ifndef STLS_DER_H
#define STLS_DER_H

#include <stdbool.h>
#include <stddef.h>

/* Identifier octets. */
enum {
    STLS_DER_BOOLEAN = 0x01,
    STLS_DER_INTEGER = 0x02,
    STLS_DER_BIT_STRING = 0x03,
    STLS_DER_OCTET_STRING = 0x04,
    STLS_DER_OID = 0x06,
    STLS_DER_UTC_TIME = 0x17,
    STLS_DER_GENERALIZED_TIME = 0x18,
    STLS_DER_SEQUENCE = 0x30,
    STLS_DER_SET = 0x31,
};
#define STLS_DER_CONTEXT(number) (0x80u | (number))             /* [number] IMPLICIT, primitive */
#define STLS_DER_CONTEXT_CONSTRUCTED(number) (0xa0u | (number)) /* [number], constructed */

/* Octets that belong to somebody else: one or more elements, or the contents of one. */
struct stls_der {
    const unsigned char *at;
    size_t length;
};

/* Takes the first element of rest: its identifier octet and its contents. False, with nothing
 * changed, at the end and where there is no DER: a length that is indefinite, not the shortest or
 * beyond the end, a tag number of 31 or more. */
bool stls_der_next(struct stls_der *rest, unsigned *ret_tag, struct stls_der *ret_contents);

/* The same for an element that must have this tag. */
bool stls_der_take(struct stls_der *rest, unsigned tag, struct stls_der *ret_contents);

/* The same for an optional one: true with *ret_contents = {NULL, 0} where another or none follows;
 * false only where what follows is no DER. */
bool stls_der_take_optional(struct stls_der *rest, unsigned tag, struct stls_der *ret_contents);

/* The contents of a SEQUENCE, all of them. form has the identifier octet of each in turn, with '?'
 * behind it where it is OPTIONAL: "\x06\x01?\x04" is an Extension. One into ret[] for each, {NULL,
 * 0} for what is not there. */
bool stls_der_read(struct stls_der contents, const char *form, struct stls_der *ret);

/* The same of all that a SEQUENCE has inside, which is all that there is. */
bool stls_der_read_sequence(struct stls_der all, const char *form, struct stls_der *ret);

/* All of it is one element with this tag. */
bool stls_der_is_one(struct stls_der all, unsigned tag, struct stls_der *ret_contents);

bool stls_der_equals(struct stls_der a, struct stls_der b);
bool stls_der_equals_octets(struct stls_der der, const void *octets, size_t length);

/* One of a constant list, which is DER: one OBJECT IDENTIFIER after the other. */
bool stls_der_is_among(struct stls_der oid, const char *list, size_t length);

#endif
