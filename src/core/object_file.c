/* object_file.c - see object_file.h */
#include "object_file.h"

#include <string.h>

#include "banned.h"

struct bytes {
    const char *start;
    size_t size;
};

/* count things of that size each; NULL if the file has not that much there. */
static const void *at(struct bytes bytes, ElfW(Off) offset, size_t count, size_t size)
{
    return offset <= bytes.size && count <= (bytes.size - offset) / size ? bytes.start + offset
                                                                         : NULL;
}

static const char *text(const struct stls_object_file *file, ElfW(Xword) offset)
{
    return offset < file->strings_size ? file->strings + offset : "";
}

/* The bytes at an address of the object as it will be loaded. */
static const void *loaded_at(struct bytes bytes, const ElfW(Phdr) * segments, size_t count,
                             ElfW(Addr) address, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        ElfW(Addr) offset = address - segments[i].p_vaddr;

        if (segments[i].p_type == PT_LOAD && address >= segments[i].p_vaddr &&
            offset < segments[i].p_filesz)
            return at(bytes, segments[i].p_offset + offset, size, 1);
    }
    return NULL;
}

static bool is_object(const ElfW(Ehdr) * header)
{
    return header != NULL && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == (sizeof(ElfW(Addr)) == 8 ? ELFCLASS64 : ELFCLASS32) &&
           header->e_phoff % sizeof(ElfW(Addr)) == 0;
}

bool stls_object_file_read(const void *start, size_t size, struct stls_object_file *ret)
{
    struct bytes bytes = {.start = start, .size = size};
    const ElfW(Ehdr) *header = at(bytes, 0, 1, sizeof *header);
    const ElfW(Phdr) * segments;
    ElfW(Addr) strings = 0, runpath = 0;

    *ret = (struct stls_object_file){.runpath = ""};
    if (!is_object(header))
        return false;
    segments = at(bytes, header->e_phoff, header->e_phnum, sizeof *segments);
    for (size_t i = 0; segments != NULL && i < header->e_phnum; i++)
        if (segments[i].p_type == PT_DYNAMIC && segments[i].p_offset % sizeof(ElfW(Addr)) == 0) {
            ret->count = segments[i].p_filesz / sizeof *ret->entries;
            ret->entries = at(bytes, segments[i].p_offset, ret->count, sizeof *ret->entries);
        }
    if (ret->entries == NULL)
        return false;
    for (const ElfW(Dyn) *entry = ret->entries; entry < ret->entries + ret->count; entry++)
        switch (entry->d_tag) {
        case DT_STRTAB:
            strings = entry->d_un.d_ptr;
            break;
        case DT_STRSZ:
            ret->strings_size = entry->d_un.d_val;
            break;
        case DT_RUNPATH:
            runpath = entry->d_un.d_val;
            break;
        case DT_INIT_ARRAYSZ:
            ret->has_constructors = entry->d_un.d_val > sizeof(ElfW(Addr));
            break;
        case DT_RPATH:
            ret->has_rpath = true;
            break;
        }
    ret->strings = loaded_at(bytes, segments, header->e_phnum, strings, ret->strings_size);
    if (ret->strings == NULL || ret->strings_size == 0 ||
        ret->strings[ret->strings_size - 1] != '\0')
        return false;
    ret->runpath = text(ret, runpath);
    return true;
}

const char *stls_object_file_needed(const struct stls_object_file *file, size_t *place)
{
    while (*place < file->count) {
        const ElfW(Dyn) *entry = &file->entries[(*place)++];

        if (entry->d_tag == DT_NEEDED)
            return text(file, entry->d_un.d_val);
    }
    return NULL;
}
