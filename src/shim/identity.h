/* identity.h - whom the program meant: the reference identity of a client's handshake.
 *
 * Owns: the sources below the names that the program itself gave OpenSSL to check (those are
 * OpenSSL's, and verify leaves them to it). The first source that has an answer wins; a new source
 * is one function and one line that calls it.
 */
#ifndef STLS_IDENTITY_H
#define STLS_IDENTITY_H

#include "../core/host.h"
#include "../core/policy.h"

#include "names.h"
#include "openssl.h"

/* Several hosts only where the program gave several, or looked up one address under several names:
 * any of them will do. */
struct stls_identity {
    struct stls_host hosts[STLS_NAMES_MAX];
    size_t count;                /* 0: no source knows */
    enum stls_host_source known; /* from where; 0 without a host */
    const char *source; /* "sni", "bio", "resolver", "address", "connect"; "app"; NULL: the same */
};

enum {
    STLS_PEER_MAX = 46,       /* an address, terminated */
    STLS_PRESENTED_MAX = 256, /* names of a certificate, terminated */
};

/* Whether HostSources allows it is for the caller to say. A later source is never asked instead:
 * its answer would be another host, or none, and that no stricter. */
void stls_identity_find(const struct stls_openssl *openssl, const SSL *ssl,
                        struct stls_identity *ret);

/* The same where the names and the address come first that the program itself gave OpenSSL. */
void stls_identity_meant(const struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_identity *ret);

/* The peer's address as text, for events, empty if unknown; its port, then 0. */
unsigned stls_identity_peer(const struct stls_openssl *openssl, const SSL *ssl,
                            char text[STLS_PEER_MAX]);

/* The peer's port, or those of all connections that it may be about; their count, 0 if unknown. */
size_t stls_identity_ports(const struct stls_openssl *openssl, const SSL *ssl,
                           unsigned ports[STLS_NAMES_SOCKETS]);

/* The peer's certificate has been found to name this host: the connection that it is about, if that
 * is clear now, is no candidate for others. */
void stls_identity_claim(const struct stls_openssl *openssl, const SSL *ssl,
                         const struct stls_host *host);

/* The presented identities (RFC 9525): dNSNames and iPAddresses of the leaf as text, for events;
 * each quoted as STLS_LINE_WORD; "nothing" if it has none. Empty without a leaf. */
void stls_identity_presented(const struct stls_openssl *openssl, X509 *leaf,
                             char text[STLS_PRESENTED_MAX]);

#endif
