/* test_der.c - a SEQUENCE read by its form: what must be there, what may be, and nothing else. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/core/der.h"

#define DER(text) ((struct stls_der){(const unsigned char *)(text), sizeof(text) - 1})

/* An Extension: OID, BOOLEAN OPTIONAL, OCTET STRING. */
static const char form[] = "\x06\x01?\x04";

Test(der, forms)
{
    struct stls_der part[3];

    cr_assert(stls_der_read(DER("\x06\x01\x55\x01\x01\xff\x04\x00"), form, part));
    cr_expect(stls_der_equals(part[0], DER("\x55")) && stls_der_equals(part[1], DER("\xff")));
    cr_expect(part[2].at != NULL && part[2].length == 0);
    cr_assert(stls_der_read(DER("\x06\x01\x55\x04\x01z"), form, part));
    cr_expect(part[1].at == NULL && part[1].length == 0 && stls_der_equals(part[2], DER("z")));
}

Test(der, what_is_none_of_a_form)
{
    static const struct {
        const char *text;
        size_t length;
    } rows[] = {
        {"", 0},                                 /* nothing */
        {"\x06\x01\x55", 3},                     /* the last is missing */
        {"\x01\x01\xff\x04\x00", 5},             /* the first is missing */
        {"\x06\x01\x55\x04\x00\x05\x00", 7},     /* one more behind it */
        {"\x06\x01\x55\x04\x00\x01\x01\xff", 8}, /* another order */
        {"\x06\x01\x55\x04\x02z", 6},            /* longer than what is there */
    };
    struct stls_der part[3];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(
            !stls_der_read((struct stls_der){(const unsigned char *)rows[i].text, rows[i].length},
                           form, part),
            "%zu", i);
}

Test(der, sequences)
{
    struct stls_der part[3];

    cr_expect(stls_der_read_sequence(DER("\x30\x05\x06\x01\x55\x04\x00"), form, part));
    cr_expect(!stls_der_read_sequence(DER("\x31\x05\x06\x01\x55\x04\x00"), form, part));
    cr_expect(!stls_der_read_sequence(DER("\x30\x05\x06\x01\x55\x04\x00\x00"), form, part));
}
