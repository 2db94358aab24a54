/* policy_pins.h - hashes of public keys: read, written, compared. */
#ifndef STLS_POLICY_PINS_H
#define STLS_POLICY_PINS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    STLS_PINS_MAX = 16,
    STLS_PIN_SIZE = 32,
    STLS_PIN_TEXT = 44, /* characters of base64, '=' included */
};

/* SHA-256 hashes of public keys (SubjectPublicKeyInfo). is_set with none: no key will do. */
struct stls_pins {
    unsigned char hash[STLS_PINS_MAX][STLS_PIN_SIZE];
    size_t count;
    bool is_set;
};

/* From base64, separated by ':' or spaces, or "none". False if it is neither. */
bool stls_pins_read(const char *value, struct stls_pins *ret);

/* As base64, without a terminator. */
void stls_pin_write(const unsigned char hash[STLS_PIN_SIZE], char ret[STLS_PIN_TEXT]);

bool stls_pins_contain(const struct stls_pins *pins, const unsigned char hash[STLS_PIN_SIZE]);

#endif
