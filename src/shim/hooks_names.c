/* hooks_names.c - the resolver and connect: to remember which name the program meant.
 *
 * Each does what the program asked and changes nothing of it. A result is remembered before the
 * program sees it, a connect before it is made, since a server may answer at once.
 */
#include "hooks.h"

#include <netdb.h>
#include <sys/socket.h>

#include "names.h"
#include "next.h"

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

/* With GAI_WAIT the answers are there on return; else gai_error brings them. */
STLS_HOOK int getaddrinfo_a(int mode, struct gaicb *list[], int count, struct sigevent *event)
{
    int ret = STLS_NEXT(getaddrinfo_a)(mode, list, count, event);

    for (int i = 0; mode == GAI_WAIT && i < count; i++)
        if (list[i] != NULL && STLS_NEXT(gai_error)(list[i]) == 0)
            stls_names_remember_list(list[i]->ar_name, list[i]->ar_result);
    return ret;
}

STLS_HOOK int gai_error(struct gaicb *request)
{
    int ret = STLS_NEXT(gai_error)(request);

    if (ret == 0)
        stls_names_remember_list(request->ar_name, request->ar_result);
    return ret;
}

STLS_HOOK int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    stls_names_connect(fd, address, length);
    return STLS_NEXT(connect)(fd, address, length);
}
