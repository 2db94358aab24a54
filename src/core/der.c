/* der.c - see der.h */
#include "der.h"

#include <string.h>

#include "banned.h"

bool stls_der_next(struct stls_der *rest, unsigned *ret_tag, struct stls_der *ret_contents)
{
    const unsigned char *at = rest->at;
    size_t header = 2, length;

    if (rest->length < header || (at[0] & 0x1f) == 0x1f)
        return false;
    length = at[1];
    if (length >= 0x80) {
        size_t octets = length - 0x80;

        if (octets == 0 || octets > 4 || rest->length - header < octets || at[header] == 0)
            return false;
        length = 0;
        for (size_t i = 0; i < octets; i++)
            length = length << 8 | at[header + i];
        if (length < 0x80)
            return false;
        header += octets;
    }
    if (length > rest->length - header)
        return false;
    *ret_tag = at[0];
    *ret_contents = (struct stls_der){at + header, length};
    *rest = (struct stls_der){at + header + length, rest->length - header - length};
    return true;
}

bool stls_der_take(struct stls_der *rest, unsigned tag, struct stls_der *ret_contents)
{
    struct stls_der after = *rest, contents;
    unsigned found;

    if (!stls_der_next(&after, &found, &contents) || found != tag)
        return false;
    *rest = after;
    *ret_contents = contents;
    return true;
}

bool stls_der_take_optional(struct stls_der *rest, unsigned tag, struct stls_der *ret_contents)
{
    if (rest->length > 0 && rest->at[0] == tag)
        return stls_der_take(rest, tag, ret_contents);
    *ret_contents = (struct stls_der){NULL, 0};
    return true;
}

bool stls_der_is_one(struct stls_der all, unsigned tag, struct stls_der *ret_contents)
{
    struct stls_der contents;

    if (!stls_der_take(&all, tag, &contents) || all.length > 0)
        return false;
    *ret_contents = contents;
    return true;
}

bool stls_der_read(struct stls_der contents, const char *form, struct stls_der *ret)
{
    for (; *form != '\0'; form++, ret++) {
        unsigned tag = (unsigned char)*form;
        bool is_optional = form[1] == '?';

        if (is_optional ? !stls_der_take_optional(&contents, tag, ret)
                        : !stls_der_take(&contents, tag, ret))
            return false;
        form += is_optional;
    }
    return contents.length == 0;
}

bool stls_der_read_sequence(struct stls_der all, const char *form, struct stls_der *ret)
{
    struct stls_der contents;

    return stls_der_is_one(all, STLS_DER_SEQUENCE, &contents) && stls_der_read(contents, form, ret);
}

bool stls_der_equals(struct stls_der a, struct stls_der b)
{
    return stls_der_equals_octets(a, b.at, b.length);
}

bool stls_der_equals_octets(struct stls_der der, const void *octets, size_t length)
{
    return der.length == length && (length == 0 || memcmp(der.at, octets, length) == 0);
}

bool stls_der_is_among(struct stls_der oid, const char *list, size_t length)
{
    struct stls_der rest = {(const unsigned char *)list, length}, one;

    while (stls_der_take(&rest, STLS_DER_OID, &one))
        if (stls_der_equals(oid, one))
            return true;
    return false;
}
