/* libssl_first.h - a plugin's libssl, opened before the plugin.
 *
 * What is opened with RTLD_DEEPBIND, or into a namespace of its own, calls its libssl past our
 * hooks, and may do so in a constructor: when the loader returns, it is too late to attach.
 *
 * Owns: reading in the files what the loader is going to load, as the loader looks for it, and
 * having it load the libssl among that first.
 * Must not: change which libssl the program gets. Where a file leaves that to DT_RPATH, which
 * counts for all that is loaded on its behalf, nothing is opened.
 */
#ifndef STLS_LIBSSL_FIRST_H
#define STLS_LIBSSL_FIRST_H

#include <dlfcn.h>

/* Before file is opened by the code at the address caller, in that mode and namespace: attaches to
 * the libssl that will come with it. Returns the namespace to open it in: the same, or a new one
 * that has that libssl.
 */
Lmid_t stls_libssl_first(Lmid_t namespace, const char *file, int mode, const void *caller);

#endif
