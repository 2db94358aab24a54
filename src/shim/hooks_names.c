/* hooks_names.c - the resolver and connect: to remember which name the program meant.
 *
 * Each does what the program asked and changes nothing of it. A result is remembered before the
 * program sees it.
 */
#include "hooks.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "names.h"
#include "next.h"
#include "seldom.h"

#include "../core/banned.h"

STLS_HOOK int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                          struct addrinfo **result)
{
    int ret = STLS_NEXT(getaddrinfo)(name, service, hints, result);

    if (ret == 0)
        stls_names_remember_list(name, *result);
    return ret;
}

STLS_HOOK struct hostent *gethostbyname(const char *name)
{
    struct hostent *entry = STLS_NEXT(gethostbyname)(name);

    stls_names_remember_entry(name, entry);
    return entry;
}

STLS_HOOK struct hostent *gethostbyname2(const char *name, int family)
{
    struct hostent *entry = STLS_NEXT(gethostbyname2)(name, family);

    stls_names_remember_entry(name, entry);
    return entry;
}

STLS_HOOK int gethostbyname_r(const char *name, struct hostent *entry, char *buffer, size_t size,
                              struct hostent **result, int *error)
{
    int ret = STLS_NEXT(gethostbyname_r)(name, entry, buffer, size, result, error);

    if (ret == 0)
        stls_names_remember_entry(name, *result);
    return ret;
}

STLS_HOOK int gethostbyname2_r(const char *name, int family, struct hostent *entry, char *buffer,
                               size_t size, struct hostent **result, int *error)
{
    int ret = STLS_NEXT(gethostbyname2_r)(name, family, entry, buffer, size, result, error);

    if (ret == 0)
        stls_names_remember_entry(name, *result);
    return ret;
}

/* Requests without an answer so far; the oldest gives way. Once answered, a request and its result
 * are the program's to free, and nobody tells us when. */
enum {
    PENDING_MAX = 256,
};
static _Atomic(struct gaicb *) pending[PENDING_MAX] STLS_SELDOM_WRITTEN;

static void add_pending(struct gaicb *request)
{
    static atomic_uint next;

    atomic_store(&pending[atomic_fetch_add(&next, 1) % PENDING_MAX], request);
}

static bool take_pending(struct gaicb *request)
{
    bool was_there = false;

    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct gaicb *there = request;

        if (atomic_load_explicit(&pending[i], memory_order_relaxed) == request &&
            atomic_compare_exchange_strong(&pending[i], &there, NULL))
            was_there = true;
    }
    return was_there;
}

/* With GAI_WAIT the answers are there on return; else the first gai_error that has one brings it.
 */
STLS_HOOK int getaddrinfo_a(int mode, struct gaicb *list[], int count, struct sigevent *event)
{
    int ret;

    for (int i = 0; i < count; i++)
        if (list[i] != NULL) {
            (void)take_pending(list[i]); /* one of old, which the program never asked about */
            if (mode == GAI_NOWAIT)
                add_pending(list[i]);
        }
    ret = STLS_NEXT(getaddrinfo_a)(mode, list, count, event);
    for (int i = 0; mode == GAI_WAIT && i < count; i++)
        if (list[i] != NULL && STLS_NEXT(gai_error)(list[i]) == 0)
            stls_names_remember_list(list[i]->ar_name, list[i]->ar_result);
    return ret;
}

STLS_HOOK int gai_error(struct gaicb *request)
{
    int ret = STLS_NEXT(gai_error)(request);

    if (ret != EAI_INPROGRESS && take_pending(request) && ret == 0)
        stls_names_remember_list(request->ar_name, request->ar_result);
    return ret;
}

/* The address is looked at when the kernel has done so: it need not be one. A connect that failed
 * went nowhere; one that is under way (or goes on after a signal) counts. */
STLS_HOOK int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int ret = STLS_NEXT(connect)(fd, address, length);

    if (ret == 0 || errno == EINPROGRESS || errno == EINTR)
        stls_names_connect(fd, address, length);
    return ret;
}
