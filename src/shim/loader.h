/* loader.h - the dynamic loader's own functions, behind our hooks of the same names.
 *
 * Owns: the real dlopen, dlmopen, dlsym and dlvsym (what comes after us in the loader's order, so
 * that another preload library still gets its turn). Never NULL: libc has them all.
 */
#ifndef STLS_LOADER_H
#define STLS_LOADER_H

#include <dlfcn.h>

__typeof__(&dlopen) stls_loader_dlopen(void);
__typeof__(&dlmopen) stls_loader_dlmopen(void);
__typeof__(&dlsym) stls_loader_dlsym(void);
__typeof__(&dlvsym) stls_loader_dlvsym(void);

#endif
