/* codes.c - see codes.h */
#include "codes.h"

#include "banned.h"

bool stls_codes_are(const uint16_t *numbers, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return false;
}
