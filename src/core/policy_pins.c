/* policy_pins.c - see policy_pins.h */
#include "policy_pins.h"

#include <stdint.h>
#include <string.h>

#include "list.h"

#include "banned.h"

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool read_pin(const char *text, size_t length, unsigned char ret[STLS_PIN_SIZE])
{
    uint32_t bits = 0;
    size_t used = 0;

    if (length != STLS_PIN_TEXT || text[STLS_PIN_TEXT - 1] != '=')
        return false;
    for (size_t i = 0; i < STLS_PIN_TEXT; i++) {
        const char *digit = i < STLS_PIN_TEXT - 1 ? strchr(base64, text[i]) : base64;

        if (digit == NULL || *digit == '\0')
            return false;
        bits = bits << 6 | (uint32_t)(digit - base64);
        if (i % 4 == 3)
            for (int shift = 16; shift >= 0 && used < STLS_PIN_SIZE; shift -= 8)
                ret[used++] = (unsigned char)(bits >> shift);
    }
    return (bits & 0xff) == 0; /* nothing behind the last byte */
}

bool stls_pins_read(const char *value, struct stls_pins *ret)
{
    static const char separators[] = ": \t";
    struct stls_pins pins = {.is_set = true};

    if (strcmp(value, "none") == 0) {
        *ret = (struct stls_pins){.is_set = false};
        return true;
    }
    for (size_t length; (length = stls_list_next(&value, separators)) > 0; value += length) {
        if (pins.count == STLS_PINS_MAX || !read_pin(value, length, pins.hash[pins.count]))
            return false;
        pins.count++;
    }
    if (pins.count == 0)
        return false;
    *ret = pins;
    return true;
}

void stls_pin_write(const unsigned char hash[STLS_PIN_SIZE], char ret[STLS_PIN_TEXT])
{
    for (size_t i = 0, at = 0; at < STLS_PIN_SIZE + 1; at += 3) {
        uint32_t bits = (uint32_t)hash[at] << 16 | (uint32_t)hash[at + 1] << 8 |
                        (at + 2 < STLS_PIN_SIZE ? hash[at + 2] : 0);

        for (int shift = 18; shift >= 0; shift -= 6)
            ret[i++] = base64[bits >> shift & 63];
    }
    ret[STLS_PIN_TEXT - 1] = '=';
}

bool stls_pins_contain(const struct stls_pins *pins, const unsigned char hash[STLS_PIN_SIZE])
{
    for (size_t i = 0; i < pins->count; i++)
        if (memcmp(pins->hash[i], hash, STLS_PIN_SIZE) == 0)
            return true;
    return false;
}
