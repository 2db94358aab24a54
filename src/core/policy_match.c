/* policy_match.c - see policy_match.h */
#include "policy_match.h"

#include <stdio.h>
#include <string.h>

#include "banned.h"

enum {
    PATTERN_MAX = 512,
    WHOLE = 1 << 20, /* added to what counts as more specific than any number of characters */
};

bool stls_match_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;

    /* Only the last star ever needs to take more: time is at worst the product of the lengths. */
    while (*text != '\0')
        if (*pattern == '*') {
            star = pattern++;
            again = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++again;
        } else {
            return false;
        }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static unsigned count_literals(const char *pattern)
{
    unsigned count = 1;
    bool is_whole = true;

    for (; *pattern != '\0'; pattern++)
        if (*pattern == '*' || *pattern == '?')
            is_whole = false;
        else
            count++;
    return is_whole ? count + WHOLE : count;
}

/* The pattern's two parts, at the first blank; script is "" without one. */
static bool split(const char *pattern, char executable[PATTERN_MAX], const char **ret_script)
{
    size_t length = strcspn(pattern, " \t");

    if (length == 0 || length >= PATTERN_MAX)
        return false;
    memcpy(executable, pattern, length);
    executable[length] = '\0';
    *ret_script = pattern + length + strspn(pattern + length, " \t");
    return true;
}

/* The kernel's paths have no ".", "..", or two slashes, and end in a name. */
static bool is_resolved(const char *path)
{
    for (size_t length; (path = strchr(path, '/')) != NULL; path += length) {
        path++;
        length = strcspn(path, "/");
        if (length == 0 || (length == 1 && path[0] == '.') ||
            (length == 2 && path[0] == '.' && path[1] == '.'))
            return false;
    }
    return true;
}

bool stls_match_read_app(const char *pattern, char ret[STLS_MATCH_MAX])
{
    char executable[PATTERN_MAX];
    const char *script;

    if (!split(pattern, executable, &script) || !is_resolved(executable) || !is_resolved(script))
        return false;
    /* A name has no slash, a path begins with one; a script is known by its path. */
    if ((executable[0] != '/' && strchr(executable, '/') != NULL) ||
        (*script != '\0' && *script != '/' && *script != '*' && *script != '?'))
        return false;
    return snprintf(ret, STLS_MATCH_MAX, "%s%s%s", executable, *script != '\0' ? " " : "", script) <
           STLS_MATCH_MAX;
}

unsigned stls_match_app(const char *pattern, const struct stls_match_program *program)
{
    char executable[PATTERN_MAX];
    const char *script, *base;
    unsigned specific;

    if (program->executable == NULL || !split(pattern, executable, &script))
        return 0;
    base = strrchr(program->executable, '/');
    base = base != NULL ? base + 1 : program->executable;
    if (!stls_match_glob(executable, executable[0] == '/' ? program->executable : base))
        return 0;
    specific = count_literals(executable) + (executable[0] == '/' ? 2 * WHOLE : 0);
    if (*script == '\0')
        return specific;
    if (program->script == NULL || !stls_match_glob(script, program->script))
        return 0;
    return specific + count_literals(script) + 4 * WHOLE;
}

/* A host pattern taken apart. */
struct pattern {
    struct stls_host host; /* of *.DOMAIN the domain; of * kind NONE */
    bool is_wildcard;
    unsigned port; /* 0: any */
};

static bool read_port(const char *text, unsigned *ret)
{
    *ret = 0;
    for (; *text >= '0' && *text <= '9' && *ret <= 65535; text++)
        *ret = *ret * 10 + (unsigned)(*text - '0');
    return *text == '\0' && *ret >= 1 && *ret <= 65535;
}

/* The last colon, unless it is inside of an IPv6 address. */
static const char *find_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    const char *bracket = strrchr(text, ']');

    if (colon == NULL || (bracket != NULL && bracket > colon))
        return NULL;
    return bracket != NULL || strchr(text, ':') == colon ? colon : NULL;
}

/* Letters, digits, '-' and '_': a name as it is looked up and as a certificate has it. And not an
 * address that is written as no file should have it: "8443" is 0.0.32.251. */
static bool is_plain(const struct stls_host *host, const char *written)
{
    if (host->kind == STLS_HOST_NAME)
        return host->text[strspn(host->text, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0';
    return strchr(written, ':') != NULL || strcmp(host->text, written) == 0;
}

static bool read_pattern(const char *text, struct pattern *ret)
{
    const char *colon = find_port(text);
    char name[PATTERN_MAX];
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);

    *ret = (struct pattern){.port = 0};
    if (length == 0 || length >= sizeof name ||
        (colon != NULL && !read_port(colon + 1, &ret->port)))
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    ret->is_wildcard = name[0] == '*';
    if (!ret->is_wildcard)
        return stls_host_parse(name, &ret->host) && is_plain(&ret->host, name);
    if (name[1] == '\0')
        return true;
    return name[1] == '.' && stls_host_parse(name + 2, &ret->host) &&
           ret->host.kind == STLS_HOST_NAME && is_plain(&ret->host, name);
}

bool stls_match_read_host(const char *pattern, char ret[STLS_MATCH_MAX])
{
    struct pattern read;
    const char *wildcard = "", *open = "", *close = "";
    char port[16] = "";

    if (!read_pattern(pattern, &read))
        return false;
    if (read.is_wildcard)
        wildcard = read.host.kind == STLS_HOST_NONE ? "*" : "*.";
    if (read.port != 0 && strchr(read.host.text, ':') != NULL)
        open = "[", close = "]";
    if (read.port != 0)
        snprintf(port, sizeof port, ":%u", read.port);
    return snprintf(ret, STLS_MATCH_MAX, "%s%s%s%s%s", wildcard, open, read.host.text, close,
                    port) < STLS_MATCH_MAX;
}

static bool is_below(const char *name, const char *domain)
{
    size_t length = strlen(name), end = strlen(domain);

    return length > end + 1 && name[length - end - 1] == '.' &&
           strcmp(name + length - end, domain) == 0;
}

unsigned stls_match_host(const char *text, const struct stls_match_peer *peer)
{
    struct pattern pattern;
    unsigned specific;

    if (peer->host->kind == STLS_HOST_NONE || !read_pattern(text, &pattern) ||
        (pattern.port != 0 && pattern.port != peer->port && peer->port != STLS_MATCH_ANY_PORT))
        return 0;
    if (!pattern.is_wildcard) {
        if (pattern.host.kind != peer->host->kind ||
            strcmp(pattern.host.text, peer->host->text) != 0)
            return 0;
        specific = WHOLE;
    } else if (pattern.host.kind == STLS_HOST_NONE) {
        specific = 1;
    } else {
        if (peer->host->kind != STLS_HOST_NAME || !is_below(peer->host->text, pattern.host.text))
            return 0;
        specific = 1 + (unsigned)strlen(pattern.host.text);
    }
    return 2 * specific + (pattern.port != 0); /* a port decides between two of the same name */
}
