/* hooks_loader.c - dlopen, dlmopen, dlsym, dlvsym: ways to a libssl that pass by our other hooks.
 *
 * Two are left open by the linker: the address of SSL_CTX_new taken from a handle, and objects that
 * look into their own dependencies first (RTLD_DEEPBIND) or live in a namespace of their own. The
 * first gets our hook; at the second we attach. These functions look at who called them (RUNPATH,
 * $ORIGIN, RTLD_NEXT), so the real one must see the program's return address: where that matters it
 * is called last, as a tail call, which gcc makes a jump at -O2 (the tests would notice if it did
 * not).
 */
#include "hooks.h"

#include <dlfcn.h>

#include <stdatomic.h>
#include <string.h>

#include "attach.h"
#include "elf_symbols.h"
#include "environment.h"
#include "libssl_first.h"
#include "next.h"

#include "../core/banned.h"

/* An object was loaded by a tail call, so that we could not look at it yet: as one that may be out
 * of our other hooks' sight, or as any. */
static atomic_bool is_scan_due, is_look_due;

static bool is_real(const void *handle)
{
    return handle != RTLD_NEXT && handle != RTLD_DEFAULT;
}

static bool take(atomic_bool *is_due)
{
    return atomic_load_explicit(is_due, memory_order_relaxed) && atomic_exchange(is_due, false);
}

static void scan_if_due(void *handle)
{
    if (take(&is_scan_due))
        stls_attach_all(is_real(handle) ? handle : NULL);
    if (take(&is_look_due))
        stls_environment_look();
}

/* A name with a slash means the same file whoever asks. */
static bool is_caller_sensitive(const char *file)
{
    return file == NULL || strchr(file, '/') == NULL || strchr(file, '$') != NULL;
}

STLS_HOOK void *dlopen(const char *file, int mode)
{
    void *handle;

    if ((mode & RTLD_DEEPBIND) == 0) {
        atomic_store_explicit(&is_look_due, true, memory_order_relaxed);
        return STLS_NEXT(dlopen)(file, mode);
    }
    stls_attach_all(NULL); /* its constructors may make contexts of a libssl that is there */
    stls_libssl_first(LM_ID_BASE, file, mode, __builtin_return_address(0));
    if (is_caller_sensitive(file)) {
        atomic_store(&is_scan_due, true);
        return STLS_NEXT(dlopen)(file, mode);
    }
    handle = STLS_NEXT(dlopen)(file, mode);
    if (handle != NULL)
        stls_attach_all(NULL);
    return handle;
}

STLS_HOOK void *dlmopen(Lmid_t namespace, const char *file, int mode)
{
    void *handle;

    namespace = stls_libssl_first(namespace, file, mode, __builtin_return_address(0));
    if (is_caller_sensitive(file)) {
        atomic_store(&is_scan_due, true);
        return STLS_NEXT(dlmopen)(namespace, file, mode);
    }
    handle = STLS_NEXT(dlmopen)(namespace, file, mode);
    if (handle != NULL)
        stls_attach_all(handle);
    return handle;
}

/* All ways to a context go through SSL_CTX_new or SSL_CTX_new_ex. (No strncmp: see elf_symbols.c.)
 */
static bool makes_contexts(const char *name)
{
    return name != NULL && stls_elf_is_named(name, "SSL_CTX_new");
}

/* What comes next after the caller may be a real function. */
static void attach_for(const char *name)
{
    scan_if_due(NULL);
    if (makes_contexts(name))
        stls_attach_all(NULL);
}

/* A handle of the program's own means the same whoever asks, so we may ask first: where the answer
 * is a function that we stand in for, the program gets our hook, as it would by name. That attaches
 * when it is called, and not before: the program may still set its own memory functions. */
static void *hook_for(void *handle, void *function, const char *name)
{
    void *hook;

    scan_if_due(handle);
    if (makes_contexts(name))
        stls_openssl_scan(handle, NULL);
    hook = stls_openssl_hook_for(function, name);
    return hook != NULL ? hook : function;
}

STLS_HOOK void *dlsym(void *handle, const char *name)
{
    if (is_real(handle))
        return hook_for(handle, STLS_NEXT(dlsym)(handle, name), name);
    attach_for(name);
    return STLS_NEXT(dlsym)(handle, name);
}

STLS_HOOK void *dlvsym(void *handle, const char *name, const char *version)
{
    if (is_real(handle))
        return hook_for(handle, STLS_NEXT(dlvsym)(handle, name, version), name);
    attach_for(name);
    return STLS_NEXT(dlvsym)(handle, name, version);
}
