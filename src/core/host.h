/* host.h - a reference identity (RFC 9525): the host a program meant, in one normal form.
 *
 * Owns: normalisation of what programs write where a host name belongs. Plain C, no look-ups.
 */
#ifndef STLS_HOST_H
#define STLS_HOST_H

#include <stdbool.h>
#include <stddef.h>

enum stls_host_kind {
    STLS_HOST_NONE,
    STLS_HOST_NAME,    /* compared with dNSName */
    STLS_HOST_ADDRESS, /* compared with iPAddress, and with nothing else */
};

enum {
    STLS_HOST_MAX = 256, /* bytes, terminator included: a DNS name has at most 253 */
};

struct stls_host {
    enum stls_host_kind kind;
    char text[STLS_HOST_MAX]; /* lower case, no trailing dot, no port, no brackets, no zone */
};

/* Takes "Host.Example.:443", "[::1]:443", "127.0.0.1", "127.1", "fe80::1%eth0", … False, with kind
 * NONE, if it is no name that a certificate could present: empty, too long, a leading dot, a
 * wildcard, control characters or white space. A v4-mapped address is the IPv4 address. */
bool stls_host_parse(const char *text, struct stls_host *ret);

bool stls_host_is_among(const struct stls_host *host, const struct stls_host *hosts, size_t count);

#endif
