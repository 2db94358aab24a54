/* loader.c - see loader.h */
#include "loader.h"

#include <stdatomic.h>
#include <stddef.h>

#include "elf_symbols.h"

#include "../core/banned.h"

/* Looked up at first use; two threads that do it at once find the same address. */
static void *find_once(_Atomic(void *) *slot, const char *name)
{
    void *address = atomic_load_explicit(slot, memory_order_relaxed);

    if (address == NULL) {
        address = stls_elf_find_next(name);
        atomic_store_explicit(slot, address, memory_order_relaxed);
    }
    return address;
}

__typeof__(&dlopen) stls_loader_dlopen(void)
{
    static _Atomic(void *) slot;

    return (__typeof__(&dlopen))find_once(&slot, "dlopen");
}

__typeof__(&dlmopen) stls_loader_dlmopen(void)
{
    static _Atomic(void *) slot;

    return (__typeof__(&dlmopen))find_once(&slot, "dlmopen");
}

__typeof__(&dlsym) stls_loader_dlsym(void)
{
    static _Atomic(void *) slot;

    return (__typeof__(&dlsym))find_once(&slot, "dlsym");
}

__typeof__(&dlvsym) stls_loader_dlvsym(void)
{
    static _Atomic(void *) slot;

    return (__typeof__(&dlvsym))find_once(&slot, "dlvsym");
}
