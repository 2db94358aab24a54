/* policy_match.h - which sections of a policy file are about this program and this host.
 *
 * Owns: the patterns behind [app/...] and [host/...], and which of two that match is the more
 * specific. Plain C, pure functions.
 *
 * Behind app/ stands
 *   NAME          base name of the executable; '*' any characters, '?' any one
 *   /PATH         path of the executable, the same signs
 *   NAME SCRIPT   an interpreter, and the path of what it runs, with the same signs
 * and behind host/
 *   NAME          a host name, or an address
 *   *.DOMAIN      all names below, at any depth; "*" alone is any host
 *   ...:PORT      the same at one port; an IPv6 address then stands in brackets
 */
#ifndef STLS_POLICY_MATCH_H
#define STLS_POLICY_MATCH_H

#include <stdbool.h>

#include "host.h"

/* True if the whole text is what the pattern with '*' and '?' says. */
bool stls_match_glob(const char *pattern, const char *text);

/* A program. Paths are absolute; NULL where unknown. */
struct stls_match_program {
    const char *executable;
    const char *script;
};

/* A place to connect to. */
struct stls_match_peer {
    const struct stls_host *host; /* of kind NONE no section matches */
    unsigned port;                /* 0: no section with a port matches */
};

enum {
    STLS_MATCH_ANY_PORT = 1 << 16,
    STLS_MATCH_MAX = 1024, /* bytes of a pattern, terminator included */
};

/* What stands behind "app/" or "host/": false, if nothing could match it. Else ret is the pattern
 * in the one form for all that match the same: "A.example.:443" is "a.example:443". */
bool stls_match_read_app(const char *pattern, char ret[STLS_MATCH_MAX]);
bool stls_match_read_host(const char *pattern, char ret[STLS_MATCH_MAX]);

/* 0 if it does not match; else the greater, the more specific. */
unsigned stls_match_app(const char *pattern, const struct stls_match_program *program);
unsigned stls_match_host(const char *pattern, const struct stls_match_peer *peer);

#endif
