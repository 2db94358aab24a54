/* registry.c - see registry.h */
#include "registry.h"

#include <string.h>
#include <strings.h>

#include "banned.h"

/* Each row is a struct stls_code, and the one behind the last of a registry has no name. */
static const char rows[] =
#define CODE(octets, name) octets name "\0"
#define END CODE("\0\0", "")
#include "registry.def"
#undef CODE
#undef END
    ;

static const struct stls_code *next(const struct stls_code *row)
{
    return (const void *)(row->name + strlen(row->name) + 1);
}

static bool is_end(const struct stls_code *row)
{
    return row->name[0] == '\0';
}

static const struct stls_code *first(enum stls_registry registry)
{
    const struct stls_code *row = (const void *)rows;

    for (unsigned ends = registry; ends > 0; row = next(row))
        ends -= is_end(row);
    return row;
}

const struct stls_code *stls_registry_find_name(enum stls_registry registry, const char *name,
                                                size_t length)
{
    for (const struct stls_code *row = first(registry); !is_end(row); row = next(row))
        if (strlen(row->name) == length && strncasecmp(row->name, name, length) == 0)
            return row;
    return NULL;
}

const struct stls_code *stls_registry_find_number(enum stls_registry registry, uint16_t number)
{
    for (const struct stls_code *row = first(registry); !is_end(row); row = next(row))
        if (stls_code_number(row) == number)
            return row;
    return NULL;
}
