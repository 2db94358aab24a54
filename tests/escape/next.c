/* next.c - another preload library, that wraps functions in the way of the manual: what comes next
 * is asked for by dlsym(RTLD_NEXT). It must go on finding what it found before.
 */
#include "way.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_ours(const void *address)
{
    Dl_info info, ours;

    return dladdr(address, &info) != 0 && dladdr((const void *)(uintptr_t)&is_ours, &ours) != 0 &&
           info.dli_fbase == ours.dli_fbase;
}

/* Finding itself would be an endless recursion: that is a crash, as it would be in life. */
static void *next(const char *name)
{
    void *address = dlsym(RTLD_NEXT, name);

    printf("report: %s is %s\n", name,
           address == NULL    ? "nowhere"
           : is_ours(address) ? "itself"
                              : "found");
    fflush(stdout);
    if (address == NULL || is_ours(address))
        abort();
    return address;
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    __typeof__(&SSL_CTX_new) real;

    *(void **)&real = next("SSL_CTX_new");
    return real(method);
}

int SSL_connect(SSL *ssl)
{
    __typeof__(&SSL_connect) real;

    *(void **)&real = next("SSL_connect");
    return real(ssl);
}

void SSL_CTX_set_verify(SSL_CTX *context, int mode, SSL_verify_cb callback)
{
    __typeof__(&SSL_CTX_set_verify) real;

    *(void **)&real = next("SSL_CTX_set_verify");
    real(context, mode, callback);
}

void *dlopen(const char *file, int mode)
{
    __typeof__(&dlopen) real;

    *(void **)&real = next("dlopen");
    return real(file, mode);
}
