/* host.c - see host.h */
#include "host.h"

#include <arpa/inet.h>
#include <string.h>

#include "banned.h"

/* True if text[0..length) is an address; then it is in ret. */
static bool parse_address(const char *text, size_t length, struct stls_host *ret)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char copy[INET6_ADDRSTRLEN];
    struct in_addr v4;
    unsigned char bytes[16];
    const char *zone = memchr(text, '%', length);

    if (zone != NULL)
        length = (size_t)(zone - text);
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (copy[strcspn(copy, " \t\n\v\f\r")] == '\0' && inet_aton(copy, &v4) == 1) /* "127.1" too */
        inet_ntop(AF_INET, &v4, ret->text, sizeof ret->text);
    else if (inet_pton(AF_INET6, copy, bytes) != 1)
        return false;
    else if (memcmp(bytes, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, bytes + sizeof mapped, ret->text, sizeof ret->text);
    else
        inet_ntop(AF_INET6, bytes, ret->text, sizeof ret->text);
    ret->kind = STLS_HOST_ADDRESS;
    return true;
}

/* Length of text without a ":port" at its end. */
static size_t length_without_port(const char *text)
{
    const char *colon = strrchr(text, ':');

    if (colon == NULL || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return strlen(text);
    return (size_t)(colon - text);
}

static bool may_stand_in_name(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != '*' && c != ':' && c != '/';
}

/* Most names are not, at first sight: this runs at each look-up. */
static bool may_be_address(const char *text)
{
    return (text[0] >= '0' && text[0] <= '9') || text[0] == '[' || strchr(text, ':') != NULL;
}

bool stls_host_parse(const char *text, struct stls_host *ret)
{
    size_t length = strlen(text);

    ret->kind = STLS_HOST_NONE;
    ret->text[0] = '\0';
    if (may_be_address(text)) {
        if (parse_address(text, length, ret)) /* before ':' is taken for a port's */
            return true;
        if (text[0] == '[') {
            const char *end = strchr(text, ']');

            return end != NULL && parse_address(text + 1, (size_t)(end - text) - 1, ret);
        }
        length = length_without_port(text);
        if (parse_address(text, length, ret))
            return true;
    }
    if (length > 0 && text[length - 1] == '.')
        length--;
    if (length == 0 || length >= sizeof ret->text)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        ret->text[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        if (c >= 'a' && c <= 'z') /* nearly all are */
            continue;
        if (!may_stand_in_name((unsigned char)c) ||
            (c == '.' && (i == 0 || i + 1 == length || text[i + 1] == '.'))) { /* an empty label */
            ret->text[0] = '\0';
            return false;
        }
    }
    ret->text[length] = '\0';
    ret->kind = STLS_HOST_NAME;
    return true;
}

bool stls_host_is_among(const struct stls_host *host, const struct stls_host *hosts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hosts[i].kind == host->kind && strcmp(hosts[i].text, host->text) == 0)
            return true;
    return false;
}
