/* next.h - the real function behind a hook on libc or the loader.
 *
 * STLS_NEXT(dlopen) is what comes after us in the loader's order: another preload library still
 * gets its turn. Never NULL for a function that libc has. Also for what we call of libc ourselves
 * where a direct call would bind us to a newer version of a symbol than all the others: each
 * version that a library names is looked up when it is loaded, and an older glibc may not have it.
 */
#ifndef STLS_NEXT_H
#define STLS_NEXT_H

enum stls_next {
#define NEXT(name) STLS_NEXT_##name,
#include "next.def"
#undef NEXT
    STLS_NEXT_COUNT,
};

/* Looked up at first use; two threads that do it at once find the same address. */
void *stls_next_find(enum stls_next number);

#define STLS_NEXT(name) ((__typeof__(&(name)))stls_next_find(STLS_NEXT_##name))

#endif
