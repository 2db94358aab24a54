/* next.h - the real function behind a hook on libc or the loader.
 *
 * STLS_NEXT(dlopen) is what comes after us in the loader's order: another preload library still
 * gets its turn. Never NULL for a function that libc has. Also for what we call of libc ourselves
 * where a direct call would bind us to a newer version of a symbol than all the others: each
 * version that a library names is looked up when it is loaded, and an older glibc may not have it.
 */
#ifndef STLS_NEXT_H
#define STLS_NEXT_H

#include <stdatomic.h>
#include <stddef.h>

/* Looked up at first use; two threads that do it at once find the same address. */
void *stls_next_find(_Atomic(void *) *slot, const char *name);

#define STLS_NEXT(name)                                                                            \
    __extension__({                                                                                \
        static _Atomic(void *) slot_;                                                              \
        (__typeof__(&(name)))stls_next_find(&slot_, #name);                                        \
    })

#endif
