/* registry.c - see registry.h */
#include "registry.h"

#include <string.h>
#include <strings.h>

#include "banned.h"

/* Each row is a struct stls_code, and the one behind the last of a registry has no name. */
#define CODE(octets, name) octets name "\0"
#define BEGIN(registry) static const char registry[] =
#define END CODE("\0\0", "");
#include "registry.def"
#undef CODE
#undef BEGIN
#undef END

static const struct stls_code *first(enum stls_registry registry)
{
    switch (registry) {
    case STLS_REGISTRY_PROTOCOL:
        return (const void *)protocols;
    case STLS_REGISTRY_CIPHER:
        return (const void *)ciphers;
    case STLS_REGISTRY_CIPHERSUITE:
        return (const void *)ciphersuites;
    case STLS_REGISTRY_GROUP:
        return (const void *)groups;
    case STLS_REGISTRY_SIGALG:
        return (const void *)sigalgs;
    }
    __builtin_unreachable();
}

/* The row behind one with a name of that length; NULL behind the last. */
static const struct stls_code *next(const struct stls_code *row, size_t length)
{
    row = (const void *)(row->name + length + 1);
    return row->name[0] != '\0' ? row : NULL;
}

const struct stls_code *stls_registry_find_name(enum stls_registry registry, const char *name,
                                                size_t length)
{
    const struct stls_code *row = first(registry);

    while (row != NULL) {
        size_t row_length = strlen(row->name);

        if (row_length == length && strncasecmp(row->name, name, length) == 0)
            break;
        row = next(row, row_length);
    }
    return row;
}

const struct stls_code *stls_registry_find_number(enum stls_registry registry, uint16_t number)
{
    const struct stls_code *row = first(registry);

    while (row != NULL && stls_code_number(row) != number)
        row = next(row, strlen(row->name));
    return row;
}
