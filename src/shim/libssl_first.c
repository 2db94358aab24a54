/* libssl_first.c - see libssl_first.h */
#include "libssl_first.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attach.h"
#include "elf_symbols.h"
#include "environment.h"
#include "next.h"
#include "policy_load.h"

#include "../core/object_file.h"

#include "../core/banned.h"

enum {
    FILES_MAX = 64, /* that are looked into for one plugin */
};

/* The files that will be loaded, in the loader's order. */
struct search {
    Lmid_t namespace;
    int mode;
    Dl_serinfo *system; /* where the caller's own libraries are looked for */
    size_t count;
    char *paths[FILES_MAX];
    char found[PATH_MAX], program[PATH_MAX]; /* for a moment: too much for some stacks */
};

static void add(struct search *search, const char *path)
{
    for (size_t i = 0; i < search->count; i++)
        if (strcmp(search->paths[i], path) == 0)
            return;
    if (search->count < FILES_MAX && (search->paths[search->count] = strdup(path)) != NULL)
        search->count++;
}

/* A path in which $ORIGIN comes first, as it nearly always does: the directory of that object.
 * False if the path is too long, has another of the loader's words, or this one in a privileged
 * program, where the loader is as careful. */
static bool expand(const char *text, size_t length, const char *object, const char *name,
                   char ret[PATH_MAX])
{
    static const char word[] = "$ORIGIN";
    size_t skipped = strncmp(text, word, sizeof word - 1) == 0 ? sizeof word - 1 : 0;
    const char *slash = skipped > 0 ? strrchr(object, '/') : NULL;
    int origin = slash != NULL ? (int)(slash - object) : 0;
    int written = snprintf(ret, PATH_MAX, "%.*s%.*s%s%s", origin, object, (int)(length - skipped),
                           text + skipped, name[0] != '\0' ? "/" : "", name);

    return written > 0 && written < PATH_MAX && strchr(ret, '$') == NULL &&
           (skipped == 0 || STLS_NEXT(getauxval)(AT_SECURE) == 0);
}

static bool find_in_list(const char *list, const char *object, const char *name, char ret[PATH_MAX])
{
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ":");

        if (length > 0 && expand(list, length, object, name, ret) && access(ret, R_OK) == 0)
            return true;
        list += length + (list[length] == ':');
    }
    return false;
}

static bool find_in_system(const struct search *search, const char *name, char ret[PATH_MAX])
{
    for (size_t i = 0; search->system != NULL && i < search->system->dls_cnt; i++)
        if (find_in_list(search->system->dls_serpath[i].dls_name, "/", name, ret))
            return true;
    return false;
}

/* NULL also if, with RTLD_NOLOAD, it is not there yet. */
static void *open_in(const struct search *search, const char *name, int mode)
{
    if (search->namespace == LM_ID_NEWLM && (mode & RTLD_NOLOAD) != 0)
        return NULL;
    return STLS_NEXT(dlmopen)(search->namespace, name, RTLD_LAZY | mode);
}

/* One library that an object needs. The loader takes one of that name that is there, or looks for
 * it in LD_LIBRARY_PATH, in the object's DT_RUNPATH, in its cache, which is its own, and in the
 * system's directories. */
static void follow(struct search *search, const char *object, const char *runpath, const char *name,
                   bool is_openssl)
{
    void *handle = open_in(search, name, RTLD_NOLOAD);
    char *path = search->found;

    if (handle == NULL) {
        bool is_first = find_in_list(stls_environment_library_path(), "/", name, path);
        bool is_own = !is_first && find_in_list(runpath, object, name, path);

        if (is_openssl) /* with that mode, which decides what it calls in its turn */
            handle = open_in(search, is_own ? path : name, search->mode & RTLD_DEEPBIND);
        else if (is_first || is_own || find_in_system(search, name, path))
            add(search, path);
    }
    if (handle == NULL)
        return;
    STLS_NEXT(dlinfo)(handle, RTLD_DI_LMID, &search->namespace);
    if (is_openssl)
        stls_attach_all(handle); /* libcrypto stays as well: libssl comes next */
    else
        STLS_NEXT(dlclose)(handle);
}

/* libcrypto first: where it is found is the object's to say, not its libssl's. */
enum {
    CRYPTO,
    SSL_ITSELF,
    OTHER,
};

static int kind_of(const char *path)
{
    if (stls_elf_is_named(path, "libcrypto"))
        return CRYPTO;
    return stls_elf_is_named(path, "libssl") ? SSL_ITSELF : OTHER;
}

/* What comes first into a new namespace is what all others there look for symbols in: that stays
 * the plugin's place, unless it has constructors that could make a context. */
static void follow_all(struct search *search, const char *object,
                       const struct stls_object_file *file)
{
    bool is_late = search->namespace == LM_ID_NEWLM && !file->has_constructors;

    for (int kind = is_late ? OTHER : CRYPTO; kind <= OTHER; kind++) {
        const char *name;
        size_t place = 0;

        while ((name = stls_object_file_needed(file, &place)) != NULL)
            if (kind_of(name) == kind)
                follow(search, object, file->runpath, name, kind != OTHER);
    }
}

static void visit(struct search *search, const char *object)
{
    int fd = open(object, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    void *bytes = size <= 0 ? MAP_FAILED : mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    struct stls_object_file file;

    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED)
        return;
    if (stls_object_file_read(bytes, (size_t)size, &file) && !file.has_rpath)
        follow_all(search, object, &file);
    munmap(bytes, (size_t)size);
}

/* Where the caller's own libraries are looked for; NULL if that can't be said. */
static Dl_serinfo *system_of(struct link_map *caller)
{
    Dl_serinfo size, *ret = NULL;

    if (STLS_NEXT(dlinfo)(caller, RTLD_DI_SERINFOSIZE, &size) == 0)
        ret = calloc(1, size.dls_size);
    if (ret == NULL)
        return NULL;
    *ret = size;
    if (STLS_NEXT(dlinfo)(caller, RTLD_DI_SERINFO, ret) != 0)
        ret->dls_cnt = 0;
    return ret;
}

/* A path in the directory of the program. dlinfo knows that of one that was started by the loader's
 * name, and crashes for any other. ret is all NUL before. */
static void find_program(struct link_map *program, char ret[PATH_MAX])
{
    if (readlink("/proc/self/exe", ret, PATH_MAX - 1) < 0)
        ret[0] = '\0';
    if (STLS_NEXT(getauxval)(AT_BASE) == 0 && STLS_NEXT(dlinfo)(program, RTLD_DI_ORIGIN, ret) == 0)
        memcpy(ret + strlen(ret), "/", 2);
}

static void find_plugin(struct search *search, struct link_map *caller, const char *file)
{
    char *program = search->program, *path = search->found;
    bool is_program = caller->l_name[0] == '\0';

    if (is_program)
        find_program(caller, program);
    if (strchr(file, '/') == NULL
            ? find_in_system(search, file, path)
            : expand(file, strlen(file), is_program ? program : caller->l_name, "", path))
        add(search, path);
}

Lmid_t stls_libssl_first(Lmid_t namespace, const char *file, int mode, const void *caller)
{
    struct link_map *map = NULL;
    struct search *search;
    Dl_info info;

    if (file == NULL || (mode & RTLD_NOLOAD) != 0 ||
        (namespace == LM_ID_BASE && (mode & RTLD_DEEPBIND) == 0) || stls_policy_is_off() ||
        STLS_NEXT(dladdr1)(caller, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL ||
        (search = calloc(1, sizeof *search)) == NULL)
        return namespace;
    search->namespace = namespace;
    search->mode = mode;
    search->system = system_of(map);
    find_plugin(search, map, file);
    for (size_t i = 0; i < search->count; i++)
        visit(search, search->paths[i]);
    namespace = search->namespace;
    for (size_t i = 0; i < search->count; i++)
        free(search->paths[i]);
    free(search->system);
    free(search);
    (void)STLS_NEXT(dlerror)(); /* what was not found is no error of the program's */
    return namespace;
}
