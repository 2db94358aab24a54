/* ways_look_up.c - every function of libc that makes addresses of names. */
#include "victim.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool take_first(const struct hostent *entry, const char *port, struct address *ret)
{
    if (entry == NULL || entry->h_addr_list[0] == NULL)
        return false;
    memset(ret, 0, sizeof *ret);
    ret->generic.sa_family = (sa_family_t)entry->h_addrtype;
    if (entry->h_addrtype == AF_INET) {
        memcpy(&ret->v4.sin_addr, entry->h_addr_list[0], 4);
        ret->length = sizeof ret->v4;
    } else {
        memcpy(&ret->v6.sin6_addr, entry->h_addr_list[0], 16);
        ret->length = sizeof ret->v6;
    }
    set_port(ret, port);
    return true;
}

static bool by_gethostbyname(const struct target *target, struct address *ret)
{
    return take_first(gethostbyname(target->name), target->port, ret);
}

static bool by_gethostbyname2(const struct target *target, struct address *ret)
{
    return take_first(gethostbyname2(target->name, AF_INET), target->port, ret);
}

static bool by_gethostbyname_r(const struct target *target, struct address *ret)
{
    struct hostent entry, *found = NULL;
    char buffer[8192];
    int error;

    return gethostbyname_r(target->name, &entry, buffer, sizeof buffer, &found, &error) == 0 &&
           take_first(found, target->port, ret);
}

static bool by_gethostbyname2_r(const struct target *target, struct address *ret)
{
    struct hostent entry, *found = NULL;
    char buffer[8192];
    int error;

    return gethostbyname2_r(target->name, AF_INET, &entry, buffer, sizeof buffer, &found, &error) ==
               0 &&
           take_first(found, target->port, ret);
}

static bool by_getaddrinfo_a(const struct target *target, int mode, struct address *ret)
{
    static const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct gaicb request = {
        .ar_name = target->name, .ar_service = target->port, .ar_request = &hints};
    struct gaicb *list[] = {NULL, &request};
    const struct gaicb *waited[] = {NULL, &request};

    if (getaddrinfo_a(mode, list, 2, NULL) != 0)
        return false;
    while (mode == GAI_NOWAIT && gai_error(&request) == EAI_INPROGRESS)
        gai_suspend(waited, 2, NULL);
    if (mode == GAI_NOWAIT && gai_error(&request) != 0)
        return false;
    memcpy(&ret->storage, request.ar_result->ai_addr, request.ar_result->ai_addrlen);
    ret->length = request.ar_result->ai_addrlen;
    freeaddrinfo(request.ar_result);
    return true;
}

static bool by_getaddrinfo_a_wait(const struct target *target, struct address *ret)
{
    return by_getaddrinfo_a(target, GAI_WAIT, ret);
}

static bool by_getaddrinfo_a_later(const struct target *target, struct address *ret)
{
    return by_getaddrinfo_a(target, GAI_NOWAIT, ret);
}

static bool without_service(const struct target *target, struct address *ret)
{
    bool is_found = look_up(target->name, NULL, AF_INET, ret);

    set_port(ret, target->port);
    return is_found;
}

/* The memory of a freed answer, given a content that nobody can follow. */
static void spoil_heap(void)
{
    void *blocks[16];

    for (size_t i = 0; i < 16; i++)
        if ((blocks[i] = malloc(64)) != NULL)
            memset(blocks[i], 0x41, 64);
    for (size_t i = 0; i < 16; i++)
        free(blocks[i]);
}

/* The answer is freed, and then the program asks once more how it went. */
static bool by_getaddrinfo_a_again(const struct target *target, struct address *ret)
{
    struct gaicb request = {.ar_name = target->name};
    struct gaicb *list[] = {&request};
    const struct gaicb *waited[] = {&request};

    if (!by_getaddrinfo_a(target, GAI_NOWAIT, ret) || getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
        return false;
    while (gai_error(&request) == EAI_INPROGRESS)
        gai_suspend(waited, 1, NULL);
    freeaddrinfo(request.ar_result);
    spoil_heap();
    return gai_error(&request) == 0;
}

/* All families and socket types, as in programs that give no hints. */
static bool without_hints(const struct target *target, struct address *ret)
{
    struct addrinfo *list;
    bool is_found = false;

    if (getaddrinfo(target->name, target->port, NULL, &list) != 0)
        return false;
    for (const struct addrinfo *item = list; item != NULL && !is_found; item = item->ai_next)
        if (item->ai_family == AF_INET && item->ai_socktype == SOCK_STREAM) {
            memcpy(&ret->storage, item->ai_addr, item->ai_addrlen);
            ret->length = item->ai_addrlen;
            is_found = true;
        }
    freeaddrinfo(list);
    return is_found;
}

static bool as_ipv6(const struct target *target, struct address *ret)
{
    char port[8];

    start_relay(listen_on("::1", port), target->port, RELAY_PLAIN);
    return look_up(target->name, port, AF_INET6, ret);
}

static void map(struct address *address)
{
    struct in_addr v4 = address->v4.sin_addr;
    in_port_t port = address->v4.sin_port;

    memset(address, 0, sizeof *address);
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = port;
    memset(address->v6.sin6_addr.s6_addr + 10, 0xff, 2);
    memcpy(address->v6.sin6_addr.s6_addr + 12, &v4, 4);
    address->length = sizeof address->v6;
}

/* One socket for both families. */
static bool as_v4_mapped(const struct target *target, struct address *ret)
{
    bool is_found = look_up(target->name, target->port, AF_INET, ret);

    map(ret);
    return is_found;
}

static bool by_literal(const struct target *target, struct address *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->v4.sin_family = AF_INET;
    ret->length = sizeof ret->v4;
    set_port(ret, target->port);
    return inet_pton(AF_INET, target->name, &ret->v4.sin_addr) == 1;
}

const struct way ways_look_up[] = {
    {.name = "getaddrinfo"},
    {.name = "gethostbyname", .look_up = by_gethostbyname},
    {.name = "gethostbyname2", .look_up = by_gethostbyname2},
    {.name = "gethostbyname_r", .look_up = by_gethostbyname_r},
    {.name = "gethostbyname2_r", .look_up = by_gethostbyname2_r},
    {.name = "getaddrinfo_a", .look_up = by_getaddrinfo_a_wait},
    {.name = "getaddrinfo_a-later", .look_up = by_getaddrinfo_a_later},
    {.name = "getaddrinfo_a-again", .look_up = by_getaddrinfo_a_again},
    {.name = "no-service", .look_up = without_service},
    {.name = "no-hints", .look_up = without_hints},
    {.name = "ipv6", .look_up = as_ipv6},
    {.name = "v4-mapped", .look_up = as_v4_mapped},
    {.name = "literal", .look_up = by_literal},
    {.name = NULL},
};
