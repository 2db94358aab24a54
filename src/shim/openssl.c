/* openssl.c - see openssl.h */
#include "openssl.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_symbols.h"
#include "next.h"

#include "../core/banned.h"

enum {
    LIBSSLS_MAX = 16, /* more than this in one process are refused as unknown */
};

static _Atomic(struct stls_openssl *) libssls[LIBSSLS_MAX];

/* The rows of openssl.def, in their order, as openssl_names.awk makes them: one text, so that there
 * is nothing for the loader to relocate in the many processes that never use TLS. */
static const char rows[] = ""
#include "openssl_names.h"
    ;

enum {
    ROW_SAME = 63, /* characters that are those of the name before */
    ROW_IS_OPTIONAL = 64,
    ROW_IS_HOOKED = 128, /* the others need not be looked for among our own names */
};

static bool contains(const struct stls_openssl *openssl, const void *address)
{
    return (const char *)address >= openssl->start && (const char *)address < openssl->end;
}

static struct stls_openssl *find_known(const void *address)
{
    for (size_t i = 0; i < LIBSSLS_MAX; i++) {
        struct stls_openssl *openssl = atomic_load_explicit(&libssls[i], memory_order_acquire);

        if (openssl == NULL)
            return NULL;
        if (contains(openssl, address))
            return openssl;
    }
    return NULL;
}

static struct stls_openssl *publish(struct stls_openssl *made)
{
    for (size_t i = 0; i < LIBSSLS_MAX; i++) {
        struct stls_openssl *there = NULL;

        if (atomic_compare_exchange_strong(&libssls[i], &there, made))
            return made;
        if (there->start == made->start) {
            free(made);
            return there;
        }
    }
    free(made);
    return NULL;
}

/* Where an object ends that was moved so far: from its program headers, which its first page holds.
 */
static const char *find_end(const char *base, ElfW(Addr) moved)
{
    const ElfW(Ehdr) *header = (const void *)base;
    const ElfW(Phdr) *segment = (const void *)(base + header->e_phoff);
    const char *ret = base;

    for (size_t i = 0; i < header->e_phnum; i++) {
        const char *end = (const char *)moved + segment[i].p_vaddr + segment[i].p_memsz;

        if (segment[i].p_type == PT_LOAD && end > ret)
            ret = end;
    }
    return ret;
}

/* The object that an address lies in, of whatever namespace; NULL if it is in none. */
static struct link_map *object_of(const void *address, Dl_info *ret_info)
{
    struct link_map *object = NULL;

    return STLS_NEXT(dladdr1)(address, ret_info, (void **)&object, RTLD_DL_LINKMAP) != 0 ? object
                                                                                         : NULL;
}

/* A handle whose dlsym looks into this object first, then into what it was linked with: so the
 * libcrypto is the one that this libssl itself uses. It keeps the object mapped. */
static void *open_again(struct link_map *object)
{
    Lmid_t namespace;

    if (object->l_name[0] == '\0')
        return STLS_NEXT(dlopen)(NULL, RTLD_LAZY);
    if (STLS_NEXT(dlinfo)(object, RTLD_DI_LMID, &namespace) != 0)
        return NULL;
    return STLS_NEXT(dlmopen)(namespace, object->l_name, RTLD_LAZY | RTLD_NOLOAD);
}

/* Where we stand in for a function, so may another preload library behind us, which expects to be
 * called: what comes next is then neither a libssl's nor ours. */
static void *prefer_next_library(void *function, const char *name)
{
    void *next = STLS_NEXT(dlsym)(RTLD_NEXT, name);
    /* What a real libssl or libcrypto has besides: of another generation it is no such library. */
    const char *telling = strncmp(name, "SSL_", 4) == 0 ? "SSL_CIPHER_get_name" : "OPENSSL_sk_num";

    if (next == NULL || next == function) /* as nearly always: the long search is spared */
        return function;
    next = stls_elf_find_next_library(name, telling);
    return function != NULL && next != NULL ? next : function;
}

/* The libssl, the libcrypto that it uses, and we. */
struct objects {
    void *handle;
    struct stls_elf_tables ssl, crypto, own;
};

static struct objects find_objects(void *handle, const struct link_map *libssl)
{
    return (struct objects){
        .handle = handle,
        .ssl = stls_elf_tables_of(libssl),
        .crypto = stls_elf_tables_at(STLS_NEXT(dlsym)(handle, "OPENSSL_sk_num")),
        .own = stls_elf_own_tables(),
    };
}

/* What dlsym would find, at a fifth of its price: there are many of them, and a program that makes
 * one connection should not notice. Nor does it pay for what is not there: dlsym would say why, in
 * the program's language, for which it opens files. */
static void *find_function(const struct objects *objects, struct stls_elf_name name, bool is_hooked)
{
    void *function = stls_elf_find_in(&objects->ssl, name);

    if (function == NULL)
        function = stls_elf_find_in(&objects->crypto, name);
    if (function == NULL && objects->crypto.symbols == NULL) /* in another namespace */
        function = STLS_NEXT(dlsym)(objects->handle, name.text);
    if (!is_hooked)
        return function;
    /* A program that defines some of these itself (static OpenSSL, exported) has us behind it in
     * the search order: our own hook is no real function. */
    if (function == stls_elf_find_in(&objects->own, name))
        function = NULL;
    return prefer_next_library(function, name.text);
}

/* In place of what a libssl that we do not know lacks: the hooks that its program calls, where that
 * is not refused, would call it for our own sake. */
static void *nothing(void)
{
    return NULL;
}

static struct stls_openssl *make(const void *address)
{
    struct stls_openssl *openssl;
    void **slots;
    char name[STLS_OPENSSL_NAME_MAX] = "";
    Dl_info info;
    struct link_map *object = object_of(address, &info);
    struct objects objects;
    void *handle;

    if (object == NULL || stls_elf_is_own(object))
        return NULL;
    handle = open_again(object);
    openssl = handle != NULL ? calloc(1, sizeof *openssl) : NULL;
    if (openssl == NULL)
        return NULL;
    objects = find_objects(handle, object);
    openssl->start = info.dli_fbase;
    openssl->end = find_end(openssl->start, object->l_addr);
    openssl->crypto_start = (const char *)objects.crypto.base; /* 0 in another namespace */
    if (openssl->crypto_start != NULL)
        openssl->crypto_end = find_end(openssl->crypto_start, objects.crypto.base);
    openssl->is_supported = true;
    slots = (void **)(void *)openssl;
    for (const char *row = rows; row < rows + sizeof rows - 1; row += strlen(row + 1) + 2) {
        void *function;

        memcpy(name + (*row & ROW_SAME), row + 1, strlen(row + 1) + 1);
        function = find_function(&objects, stls_elf_name(name), (*row & ROW_IS_HOOKED) != 0);
        if (function == NULL && !(*row & ROW_IS_OPTIONAL)) {
            function = (void *)(uintptr_t)&nothing;
            if (openssl->is_supported)
                snprintf(openssl->unsupported, sizeof openssl->unsupported,
                         "this libssl is none that stricttls knows: it has no %s", name);
            openssl->is_supported = false;
        }
        *slots++ = function;
    }
    (void)STLS_NEXT(dlerror)(); /* a function that is not there is no error of the program's */
    return publish(openssl);
}

struct stls_openssl *stls_openssl_of_address(const void *address)
{
    struct stls_openssl *openssl = find_known(address);

    return openssl != NULL ? openssl : make(address);
}

static int scan_object(struct dl_phdr_info *object, size_t size, void *arg)
{
    void **addresses = arg;
    void *address = stls_elf_find(object, "SSL_CTX_new");

    (void)size;
    if (stls_elf_find(object, "SSL_CIPHER_get_name") == NULL) /* another preload, or we */
        return 0;
    for (size_t i = 0; address != NULL && i < LIBSSLS_MAX; i++)
        if (addresses[i] == NULL) {
            addresses[i] = address;
            break;
        }
    return 0;
}

void stls_openssl_scan(void *handle, void (*found)(struct stls_openssl *openssl))
{
    /* One more than can be found: the last stays NULL. The loader's lock is held while objects
     * are visited, so they are only noted there. */
    void *addresses[LIBSSLS_MAX + 1] = {NULL};
    void *other = handle != NULL ? STLS_NEXT(dlsym)(handle, "SSL_CTX_new") : NULL;

    dl_iterate_phdr(scan_object, addresses);
    for (size_t i = 0; addresses[i] != NULL; i++) {
        struct stls_openssl *openssl = stls_openssl_of_address(addresses[i]);

        if (openssl != NULL && found != NULL)
            found(openssl);
    }
    if (other != NULL && stls_openssl_of_address(other) != NULL && found != NULL)
        found(stls_openssl_of_address(other));
}

static __attribute__((cold, noinline)) struct stls_openssl *find_first(void)
{
    stls_openssl_scan(NULL, NULL);
    return atomic_load_explicit(&libssls[0], memory_order_acquire);
}

/* An SSL_CTX and an SSL point to their SSL_METHOD, which lies in the libssl that made them, with
 * one of their first four words in every version from 1.1.1 to 4.0. */
static __attribute__((noinline)) struct stls_openssl *find_maker(const void *const *words)
{
    for (size_t i = 0; i < 4; i++) {
        struct stls_openssl *openssl = find_known(words[i]);

        if (openssl != NULL)
            return openssl;
    }
    return atomic_load_explicit(&libssls[0], memory_order_acquire);
}

struct stls_openssl *stls_openssl_of_object(const void *object)
{
    struct stls_openssl *first = atomic_load_explicit(&libssls[0], memory_order_acquire);

    if (first == NULL)
        first = find_first();
    if (object == NULL || atomic_load_explicit(&libssls[1], memory_order_acquire) == NULL)
        return first;
    return find_maker(object);
}

SSL *stls_openssl_ssl_of_chain(const struct stls_openssl *openssl, X509_STORE_CTX *chain)
{
    SSL *ssl =
        openssl->X509_STORE_CTX_get_ex_data(chain, openssl->SSL_get_ex_data_X509_STORE_CTX_idx());

    for (size_t i = 0; ssl == NULL && i < LIBSSLS_MAX; i++) {
        const struct stls_openssl *other = atomic_load_explicit(&libssls[i], memory_order_acquire);

        if (other == NULL)
            break;
        if (other->X509_STORE_CTX_get_ex_data == openssl->X509_STORE_CTX_get_ex_data)
            ssl = openssl->X509_STORE_CTX_get_ex_data(chain,
                                                      other->SSL_get_ex_data_X509_STORE_CTX_idx());
    }
    return ssl;
}

void *stls_openssl_hook_for(const void *function, const char *name)
{
    return function != NULL && find_known(function) != NULL ? stls_elf_find_own(name) : NULL;
}

void *stls_openssl_function_of_caller(const void *address, const char *name)
{
    void *handle, *function;
    Dl_info info;
    struct link_map *object = object_of(address, &info);

    if (object == NULL || (handle = open_again(object)) == NULL)
        return NULL;
    function = STLS_NEXT(dlsym)(handle, name);
    STLS_NEXT(dlclose)(handle);
    return function != stls_elf_find_own(name) ? function : NULL;
}

struct stls_openssl *stls_openssl_of_code(const void *address)
{
    struct stls_openssl *openssl = find_known(address);

    for (size_t i = 0; openssl == NULL && i < LIBSSLS_MAX; i++) {
        openssl = atomic_load_explicit(&libssls[i], memory_order_acquire);
        if (openssl == NULL)
            break;
        if ((const char *)address < openssl->crypto_start ||
            (const char *)address >= openssl->crypto_end)
            openssl = NULL;
    }
    return openssl;
}

struct stls_openssl *stls_openssl_of_caller(const void *address)
{
    struct stls_openssl *first = stls_openssl_of_code(address);
    void *function;

    if (first != NULL)
        return first;
    first = stls_openssl_of_object(NULL);
    if (atomic_load_explicit(&libssls[1], memory_order_acquire) == NULL)
        return first;
    function = stls_openssl_function_of_caller(address, "SSL_CIPHER_get_name"); /* no hook */
    return function != NULL && stls_openssl_of_address(function) != NULL
               ? stls_openssl_of_address(function)
               : first;
}

struct stls_guard stls_guard_enter(const struct stls_openssl *openssl)
{
    struct stls_guard guard = {.openssl = openssl, .saved_errno = errno};

    openssl->ERR_set_mark();
    return guard;
}

void stls_guard_leave(struct stls_guard guard)
{
    guard.openssl->ERR_pop_to_mark();
    errno = guard.saved_errno;
}

void stls_openssl_raise(const struct stls_openssl *openssl, int reason, const char *text)
{
    if (openssl->ERR_new != NULL && openssl->ERR_set_debug != NULL &&
        openssl->ERR_set_error != NULL) {
        openssl->ERR_new();
        openssl->ERR_set_debug("stricttls", 0, "stricttls");
        openssl->ERR_set_error(ERR_LIB_SSL, reason, NULL);
    } else if (openssl->ERR_put_error != NULL) {
        openssl->ERR_put_error(ERR_LIB_SSL, 0, reason, "stricttls", 0);
    }
    openssl->ERR_add_error_data(1, text);
}
