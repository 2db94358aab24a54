/* next.c - see next.h */
#include "next.h"

#include <stdatomic.h>
#include <stddef.h>

#include "elf_symbols.h"

#include "../core/banned.h"

static const char names[] =
#define NEXT(name) #name "\0"
#include "next.def"
#undef NEXT
    ;

static const char *name_of(enum stls_next number)
{
    const char *name = names;

    for (; number > 0; number--)
        while (*name++ != '\0')
            ;
    return name;
}

void *stls_next_find(enum stls_next number)
{
    static _Atomic(void *) found[STLS_NEXT_COUNT];
    void *address = atomic_load_explicit(&found[number], memory_order_relaxed);

    if (address == NULL) {
        address = stls_elf_find_next(name_of(number));
        atomic_store_explicit(&found[number], address, memory_order_relaxed);
    }
    return address;
}
