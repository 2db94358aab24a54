/* next.c - see next.h */
#include "next.h"

#include "elf_symbols.h"

#include "../core/banned.h"

void *stls_next_find(_Atomic(void *) *slot, const char *name)
{
    void *address = atomic_load_explicit(slot, memory_order_relaxed);

    if (address == NULL) {
        address = stls_elf_find_next(name);
        atomic_store_explicit(slot, address, memory_order_relaxed);
    }
    return address;
}
