/* elf_symbols.c - see elf_symbols.h */
#include "elf_symbols.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/banned.h"

/* glibc relocates d_ptr in place for most objects, but not for the vDSO; other loaders don't. */
static const void *at(ElfW(Addr) base, ElfW(Addr) pointer)
{
    return pointer == 0 ? NULL : (const void *)(pointer < base ? base + pointer : pointer);
}

/* Of the many entries few are asked for, and at the start of every process: no chain of questions
 * for each. */
static struct stls_elf_tables read_dynamic(ElfW(Addr) base, const ElfW(Dyn) * entry)
{
    ElfW(Addr) by_tag[DT_SONAME + 1] = {0}, gnu_hash = 0;

    for (; entry != NULL && entry->d_tag != DT_NULL; entry++)
        if ((ElfW(Addr))entry->d_tag <= DT_SONAME)
            by_tag[entry->d_tag] = entry->d_un.d_ptr;
        else if (entry->d_tag == DT_GNU_HASH)
            gnu_hash = entry->d_un.d_ptr;
    return (struct stls_elf_tables){.base = base,
                                    .symbols = at(base, by_tag[DT_SYMTAB]),
                                    .strings = at(base, by_tag[DT_STRTAB]),
                                    .gnu_hash = at(base, gnu_hash),
                                    .sysv_hash = at(base, by_tag[DT_HASH]),
                                    .soname = by_tag[DT_SONAME]};
}

struct stls_elf_tables stls_elf_tables_of(const struct link_map *object)
{
    return read_dynamic(object->l_addr, object->l_ld);
}

struct stls_elf_name stls_elf_name(const char *text)
{
    struct stls_elf_name name = {text, 5381};

    for (const char *c = text; *c != '\0'; c++)
        name.hash = name.hash * 33 + (unsigned char)*c;
    return name;
}

/* No strcmp: a sanitizer's, which looks by dlsym for what it stands before, would be called before
 * it has found it. */
static bool is_same(const char *a, const char *b)
{
    while (*a == *b && *a != '\0')
        a++, b++;
    return *a == *b;
}

static void *address_if(const struct stls_elf_tables *tables, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];

    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0 ||
        !is_same(tables->strings + symbol->st_name, name))
        return NULL;
    return (void *)(tables->base + symbol->st_value);
}

static void *find_gnu(const struct stls_elf_tables *tables, struct stls_elf_name name)
{
    const uint32_t *table = tables->gnu_hash;
    uint32_t bucket_count = table[0], first = table[1], bloom_count = table[2], shift = table[3];
    const ElfW(Addr) *bloom = (const void *)(table + 4);
    const uint32_t *buckets = (const void *)(bloom + bloom_count);
    const uint32_t *chain = buckets + bucket_count;
    const unsigned bits = sizeof(ElfW(Addr)) * 8;
    ElfW(Addr) word = bloom[name.hash / bits % bloom_count];
    ElfW(Addr) mask = (ElfW(Addr))1 << name.hash % bits | (ElfW(Addr))1
                                                              << (name.hash >> shift) % bits;

    if ((word & mask) != mask || buckets[name.hash % bucket_count] < first)
        return NULL;
    for (uint32_t i = buckets[name.hash % bucket_count];; i++) {
        if ((chain[i - first] | 1) == (name.hash | 1)) {
            void *address = address_if(tables, i, name.text);

            if (address != NULL)
                return address;
        }
        if (chain[i - first] & 1)
            return NULL;
    }
}

static void *find_sysv(const struct stls_elf_tables *tables, const char *name)
{
    const uint32_t *table = tables->sysv_hash;
    uint32_t bucket_count = table[0], hash = 0;
    const uint32_t *buckets = table + 2, *chain = buckets + bucket_count;

    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash << 4) + (unsigned char)*c;
        hash = (hash ^ (hash & 0xf0000000) >> 24) & 0x0fffffff;
    }
    for (uint32_t i = buckets[hash % bucket_count]; i != 0; i = chain[i]) {
        void *address = address_if(tables, i, name);

        if (address != NULL)
            return address;
    }
    return NULL;
}

void *stls_elf_find_in(const struct stls_elf_tables *tables, struct stls_elf_name name)
{
    if (tables->symbols == NULL || tables->strings == NULL)
        return NULL;
    if (tables->gnu_hash != NULL)
        return find_gnu(tables, name);
    if (tables->sysv_hash != NULL)
        return find_sysv(tables, name.text);
    return NULL;
}

static struct stls_elf_tables tables_of(const struct dl_phdr_info *object)
{
    struct stls_elf_tables tables = {0};

    for (size_t i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            tables = read_dynamic(object->dlpi_addr,
                                  (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr));
    return tables;
}

void *stls_elf_find(const struct dl_phdr_info *object, const char *name)
{
    struct stls_elf_tables tables = tables_of(object);

    return stls_elf_find_in(&tables, stls_elf_name(name));
}

static bool has_address(const struct dl_phdr_info *object, ElfW(Addr) address)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        ElfW(Addr) start = object->dlpi_addr + header->p_vaddr;

        if (header->p_type == PT_LOAD && address >= start && address < start + header->p_memsz)
            return true;
    }
    return false;
}

static bool is_this_library(const struct dl_phdr_info *object)
{
    return has_address(object, (ElfW(Addr)) & is_this_library);
}

struct place {
    const void *address;
    struct stls_elf_tables tables;
};

static int visit_place(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct place *place = arg;

    (void)size;
    if (!has_address(object, (ElfW(Addr))place->address))
        return 0;
    place->tables = tables_of(object);
    return 1;
}

struct stls_elf_tables stls_elf_tables_at(const void *address)
{
    struct place place = {.address = address};

    dl_iterate_phdr(visit_place, &place);
    return place.tables;
}

/* Of objects in the loader's order; is_after_us is false at first. */
static bool is_behind_us(const struct dl_phdr_info *object, bool *is_after_us)
{
    if (*is_after_us)
        return true;
    *is_after_us = is_this_library(object);
    return false;
}

struct search {
    const char *name;
    const char *mark; /* NULL, or what tells that the object is not the one that is wanted */
    bool is_after_us;
    void *address;
};

static int visit_next(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct search *search = arg;

    (void)size;
    if (!is_behind_us(object, &search->is_after_us))
        return 0;
    search->address = stls_elf_find(object, search->name);
    if (search->address == NULL)
        return 0;
    if (search->mark != NULL && stls_elf_find(object, search->mark) != NULL)
        search->address = NULL;
    return 1;
}

void *stls_elf_find_next_library(const char *name, const char *mark)
{
    struct search search = {.name = name, .mark = mark};

    dl_iterate_phdr(visit_next, &search);
    return search.address;
}

/* The linker's names for our own first byte and our own table: no need to ask the loader which
 * object we are. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

struct stls_elf_tables stls_elf_own_tables(void)
{
    return read_dynamic((ElfW(Addr)) & __ehdr_start, _DYNAMIC);
}

static int visit_copy(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct search *search = arg;
    struct stls_elf_tables tables;

    (void)size;
    if (!is_behind_us(object, &search->is_after_us))
        return 0;
    tables = tables_of(object);
    return tables.strings != NULL && is_same(tables.strings + tables.soname, search->name);
}

bool stls_elf_has_copy_behind(void)
{
    struct stls_elf_tables own = stls_elf_own_tables();
    struct search search = {.name = own.strings + own.soname};

    return dl_iterate_phdr(visit_copy, &search) != 0;
}

bool stls_elf_is_own(const struct link_map *object)
{
    return object->l_ld == _DYNAMIC;
}

void *stls_elf_find_own(const char *name)
{
    struct stls_elf_tables tables = stls_elf_own_tables();

    return stls_elf_find_in(&tables, stls_elf_name(name));
}

/* The loader leaves it in our second slot of lazy binding; nothing where LD_BIND_NOW is set. */
static const struct link_map *own_link_map(void)
{
    ElfW(Addr) base = (ElfW(Addr)) & __ehdr_start;

    for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_PLTGOT)
            return ((const struct link_map *const *)at(base, entry->d_un.d_ptr))[1];
    return NULL;
}

/* No lock of the loader's, which a thread may have held when another forked: what libc or a library
 * before it defines was there from the start and stays. */
void *stls_elf_find_next(const char *text)
{
    const struct link_map *object = own_link_map();
    struct stls_elf_name name = stls_elf_name(text);
    void *address = NULL;

    if (object == NULL)
        return stls_elf_find_next_library(text, NULL);
    while (address == NULL && (object = object->l_next) != NULL) {
        struct stls_elf_tables tables = stls_elf_tables_of(object);

        address = stls_elf_find_in(&tables, name);
    }
    return address;
}

static int visit_program(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct search *search = arg;

    (void)size;
    search->address = stls_elf_find(object, search->name);
    return 1; /* it comes first */
}

void *stls_elf_find_in_program(const char *name)
{
    const struct link_map *object = own_link_map();
    struct search search = {.name = name};
    struct stls_elf_tables tables;

    if (object == NULL) {
        dl_iterate_phdr(visit_program, &search);
        return search.address;
    }
    while (object->l_prev != NULL)
        object = object->l_prev;
    tables = stls_elf_tables_of(object);
    return stls_elf_find_in(&tables, stls_elf_name(name));
}

bool stls_elf_is_named(const char *path, const char *prefix)
{
    const char *name = path;

    for (; *path != '\0'; path++)
        if (*path == '/')
            name = path + 1;
    while (*prefix != '\0' && *name == *prefix)
        name++, prefix++;
    return *prefix == '\0';
}

static int visit_named(struct dl_phdr_info *object, size_t size, void *prefix)
{
    (void)size;
    return stls_elf_is_named(object->dlpi_name, prefix);
}

bool stls_elf_is_loaded(const char *prefix, bool is_start)
{
    const struct link_map *object = is_start ? own_link_map() : NULL;

    if (object == NULL)
        return dl_iterate_phdr(visit_named, (void *)(uintptr_t)prefix) != 0;
    while ((object = object->l_next) != NULL && !stls_elf_is_named(object->l_name, prefix))
        ;
    return object != NULL;
}
