/* texts.c - see texts.h */
#include "texts.h"

#include <string.h>

#include "banned.h"

const char *stls_texts_at(const char *texts, size_t number)
{
    for (; number > 0; number--)
        texts += strlen(texts) + 1;
    return texts;
}
