/* object_file.h - what a shared object's file says about what is loaded with it.
 *
 * Owns: DT_NEEDED, DT_RUNPATH, DT_RPATH and DT_INIT_ARRAYSZ of an ELF file of this machine's word
 * size, read in the bytes of the file. Whatever these are, nothing outside of them is read.
 *
 * Source: System V gABI, chapters 4 and 5.
 */
#ifndef STLS_OBJECT_FILE_H
#define STLS_OBJECT_FILE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

struct stls_object_file {
    const ElfW(Dyn) * entries;
    size_t count;
    const char *strings; /* the last byte is NUL */
    size_t strings_size;
    const char *runpath;   /* separated by ":"; "" without */
    bool has_constructors; /* more than the one that every compiler adds */
    bool has_rpath;        /* DT_RPATH, which counts also for what is loaded on its behalf */
};

/* False if this is no shared object that could be loaded. ret points into bytes, which are aligned
 * as malloc and mmap do. */
bool stls_object_file_read(const void *bytes, size_t size, struct stls_object_file *ret);

/* The next name of a library that it needs; NULL after the last. Begin with *place == 0. */
const char *stls_object_file_needed(const struct stls_object_file *file, size_t *place);

#endif
