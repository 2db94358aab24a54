/* allocation_fails.c - to be preloaded: the ALLOCATION_FAILS-th malloc or calloc of libstricttls.so
 * gets no memory.
 */
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern char **environ;

static const char *start, *end;

static int find(struct dl_phdr_info *object, size_t size, void *arg)
{
    (void)size, (void)arg;
    if (strstr(object->dlpi_name, "/libstricttls.so") == NULL)
        return 0;
    start = (const char *)object->dlpi_addr;
    for (size_t i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_LOAD && (object->dlpi_phdr[i].p_flags & PF_X) != 0)
            end = start + object->dlpi_phdr[i].p_vaddr + object->dlpi_phdr[i].p_memsz;
    return 1;
}

static long which(void)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, "ALLOCATION_FAILS=", 17) == 0)
            return strtol(*entry + 17, NULL, 10);
    return 0;
}

static bool fails(const char *caller)
{
    static long calls;
    static _Thread_local bool is_looking;

    if (start == NULL && !is_looking) {
        is_looking = true;
        dl_iterate_phdr(find, NULL);
        is_looking = false;
    }
    return start != NULL && caller >= start && caller < end && ++calls == which();
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}
