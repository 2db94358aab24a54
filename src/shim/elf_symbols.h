/* elf_symbols.h - which loaded object defines a name.
 *
 * Owns: look-up in the dynamic symbol table of one loaded object. Needed because the library
 * interposes dlsym and dlvsym themselves, and because a libssl is told by what it defines, not by
 * its file name (bundled copies are renamed).
 * Source: System V gABI chapter 5; DT_GNU_HASH as in the GNU linker.
 */
#ifndef STLS_ELF_SYMBOLS_H
#define STLS_ELF_SYMBOLS_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* Address of a function or object that the loaded object defines, in any version, or NULL. */
void *stls_elf_find(const struct dl_phdr_info *object, const char *name);

/* The same for many names of one object, which must stay loaded. */
struct stls_elf_tables {
    ElfW(Addr) base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const uint32_t *sysv_hash;
    size_t soname; /* offset in strings; 0: none */
};
struct stls_elf_tables stls_elf_tables_of(const struct link_map *object);
struct stls_elf_tables stls_elf_own_tables(void); /* of this library */

/* Of the object that an address lies in; none, so that nothing is found in them, if that is not in
 * the base namespace. dladdr would go through all its symbols. */
struct stls_elf_tables stls_elf_tables_at(const void *address);

/* The same for one name in many objects: it is hashed once. */
struct stls_elf_name {
    const char *text;
    uint32_t hash; /* as DT_GNU_HASH has it */
};
struct stls_elf_name stls_elf_name(const char *text);

void *stls_elf_find_in(const struct stls_elf_tables *tables, struct stls_elf_name name);

/* The first object after this library, in the loader's order, that defines the name: what
 * dlsym(RTLD_NEXT, name) means. NULL if there is none. */
void *stls_elf_find_next(const char *name);

/* Address of a name that the program itself defines, and not a library of its; or NULL. */
void *stls_elf_find_in_program(const char *name);

/* True if the last part of the path begins so. */
bool stls_elf_is_named(const char *path, const char *prefix);

/* True if an object loaded after this library in the loader's order has a file name that begins so:
 * "libssl.". At the start, when nobody loads anything beside us, a few instructions an object, and
 * no call. */
bool stls_elf_is_loaded(const char *prefix, bool is_start);

bool stls_elf_is_own(const struct link_map *object); /* it is this library */

/* True if there is another copy of this library behind us (by its DT_SONAME), as where
 * /etc/ld.so.preload has one and LD_PRELOAD another. */
bool stls_elf_has_copy_behind(void);

/* Address of a name that this library itself exports, or NULL. */
void *stls_elf_find_own(const char *name);

/* As stls_elf_find_next, but NULL if the object that defines the name defines mark as well. */
void *stls_elf_find_next_library(const char *name, const char *mark);

#endif
