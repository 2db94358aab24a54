/* identity.c - see identity.h */
#include "identity.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "state.h"

#include "param_names.h"

#include "../core/line.h"
#include "../core/texts.h"

#include "../core/banned.h"

union address {
    struct sockaddr generic;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
};

/* The descriptor below a BIO, through whatever lies between; -1 if there is none. A BIO of the
 * program's own may answer the question too. */
static int descriptor_of(const struct stls_openssl *openssl, BIO *bio)
{
    for (; bio != NULL; bio = openssl->BIO_next(bio)) {
        int fd = -1;

        if (openssl->BIO_ctrl(bio, BIO_C_GET_FD, 0, &fd) > 0 && fd >= 0)
            return fd;
    }
    return -1;
}

static int own_descriptor(const struct stls_openssl *openssl, const SSL *ssl)
{
    int fd = descriptor_of(openssl, openssl->SSL_get_rbio(ssl));

    return fd >= 0 ? fd : descriptor_of(openssl, openssl->SSL_get_wbio(ssl));
}

/* Who is at the other end of an SSL. */
struct peer {
    int fd;                /* -1: the SSL has no descriptor of its own */
    union address address; /* family AF_UNSPEC if it is no socket, or not connected */
};

static bool find_peer(struct peer *peer, int fd)
{
    socklen_t size = sizeof peer->address;

    if (fd < 0)
        return false;
    peer->fd = fd;
    return getpeername(fd, &peer->address.generic, &size) == 0;
}

static struct peer peer_of(const struct stls_openssl *openssl, const SSL *ssl)
{
    struct peer peer = {.fd = -1};
    BIO *bio = openssl->SSL_get_rbio(ssl);

    if (find_peer(&peer, descriptor_of(openssl, bio)) ||
        find_peer(&peer, descriptor_of(openssl, openssl->SSL_get_wbio(ssl))))
        return peer;
    /* A datagram BIO on an unconnected socket keeps its peer itself. */
    memset(&peer.address, 0, sizeof peer.address);
    bio = bio != NULL ? openssl->BIO_find_type(bio, BIO_TYPE_DGRAM) : NULL;
    if (bio == NULL ||
        openssl->BIO_ctrl(bio, BIO_CTRL_DGRAM_GET_PEER, sizeof peer.address, &peer.address) <= 0)
        peer.address.storage.ss_family = AF_UNSPEC;
    return peer;
}

static bool address_text(const union address *address, char *text, socklen_t size, unsigned *port)
{
    if (address->storage.ss_family == AF_INET) {
        *port = ntohs(address->v4.sin_port);
        return inet_ntop(AF_INET, &address->v4.sin_addr, text, size) != NULL;
    }
    if (address->storage.ss_family == AF_INET6) {
        *port = ntohs(address->v6.sin6_port);
        return inet_ntop(AF_INET6, &address->v6.sin6_addr, text, size) != NULL;
    }
    return false;
}

static size_t from_sni(const struct stls_openssl *openssl, const SSL *ssl, struct stls_host *ret)
{
    const char *name = openssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const SSL_SESSION *session = openssl->SSL_get_session(ssl);

    /* Where the program set none, OpenSSL answers with the one that a session was made with. */
    if (session != NULL && name == openssl->SSL_SESSION_get0_hostname(session))
        return 0;
    return name != NULL && stls_host_parse(name, ret);
}

static size_t from_bio(const struct stls_openssl *openssl, const SSL *ssl, struct stls_host *ret)
{
    BIO *bio = openssl->SSL_get_rbio(ssl);
    const char *name = NULL;

    bio = bio != NULL ? openssl->BIO_find_type(bio, BIO_TYPE_CONNECT) : NULL;
    if (bio != NULL) /* BIO_get_conn_hostname */
        name = openssl->BIO_ptr_ctrl(bio, BIO_C_GET_CONNECT, 0);
    return name != NULL && stls_host_parse(name, ret);
}

static size_t from_resolver(const struct stls_openssl *openssl, const SSL *ssl,
                            struct stls_host *ret)
{
    struct peer peer = peer_of(openssl, ssl);
    size_t count = stls_names_of_socket(peer.fd, &peer.address.generic, ret, STLS_NAMES_MAX);

    /* What was looked up as an address, and nothing else, is no name: from_address has it. */
    return count == 1 && ret[0].kind == STLS_HOST_ADDRESS ? 0 : count;
}

static size_t host_of_address(const union address *address, struct stls_host *ret)
{
    char text[INET6_ADDRSTRLEN];
    unsigned port;

    return address_text(address, text, sizeof text, &port) && stls_host_parse(text, ret);
}

/* Only where no name was ever looked up for it: from_resolver comes first. */
static size_t from_address(const struct stls_openssl *openssl, const SSL *ssl,
                           struct stls_host *ret)
{
    struct peer peer = peer_of(openssl, ssl);

    return host_of_address(&peer.address, ret);
}

/* For an SSL without a descriptor of its own: what it was found to be about, or else what this
 * thread is connected to and no other SSL was found to be about. */
static size_t find_candidates(const struct stls_openssl *openssl, const SSL *ssl,
                              struct peer peers[STLS_NAMES_SOCKETS])
{
    const struct stls_connection *connection = stls_connection_of(openssl, ssl);
    struct stls_names_socket sockets[STLS_NAMES_SOCKETS];
    int wanted = openssl->SSL_is_dtls(ssl) ? SOCK_DGRAM : SOCK_STREAM, type;
    size_t count = 1, found = 0;

    if (connection != NULL && stls_names_is_open(&connection->socket))
        sockets[0] = connection->socket;
    else
        count = stls_names_unclaimed(sockets);
    for (size_t i = 0; i < count; i++) {
        socklen_t size = sizeof type;

        if (getsockopt(sockets[i].fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == wanted &&
            find_peer(&peers[found], sockets[i].fd))
            found++;
    }
    return found;
}

/* Those that are not there yet. */
static size_t add_hosts(struct stls_host hosts[STLS_NAMES_MAX], size_t count,
                        const struct peer *peer)
{
    size_t end = count + stls_names_of_socket(peer->fd, &peer->address.generic, hosts + count,
                                              STLS_NAMES_MAX - count);

    if (end == count && count < STLS_NAMES_MAX)
        end += host_of_address(&peer->address, &hosts[count]);
    for (size_t i = count; i < end; i++)
        if (!stls_host_is_among(&hosts[i], hosts, count))
            hosts[count++] = hosts[i];
    return count;
}

static size_t from_connect(const struct stls_openssl *openssl, const SSL *ssl,
                           struct stls_host *ret)
{
    struct peer peers[STLS_NAMES_SOCKETS];
    size_t count = 0, found;

    if (own_descriptor(openssl, ssl) >= 0)
        return 0;
    found = find_candidates(openssl, ssl, peers);
    for (size_t i = 0; i < found; i++)
        count = add_hosts(ret, count, &peers[i]);
    return count;
}

/* The one that has the name; a proxy does not, and then it must be the only one. */
static const struct peer *choose(const struct peer *peers, size_t count,
                                 const struct stls_host *host)
{
    struct stls_host *hosts = calloc(STLS_NAMES_MAX, sizeof *hosts); /* much for a little stack */
    const struct peer *found = count == 1 ? &peers[0] : NULL;

    for (size_t i = 0; hosts != NULL && found == NULL && i < count; i++)
        if (stls_host_is_among(host, hosts, add_hosts(hosts, 0, &peers[i])))
            found = &peers[i];
    free(hosts);
    return found;
}

/* For an SSL without a descriptor of its own; -1 if none can be said to be its. */
static int claim_candidate(const struct stls_openssl *openssl, const SSL *ssl,
                           const struct stls_host *host)
{
    struct stls_connection *connection = stls_connection_of(openssl, ssl);
    struct stls_names_socket sockets[STLS_NAMES_SOCKETS];
    struct peer peers[STLS_NAMES_SOCKETS];
    size_t count = stls_names_unclaimed(sockets);
    const struct peer *chosen = NULL;

    if (count > 0)
        chosen = choose(peers, find_candidates(openssl, ssl, peers), host);
    for (size_t i = 0; chosen != NULL && connection != NULL && i < count; i++)
        if (sockets[i].fd == chosen->fd) {
            connection->socket = sockets[i];
            return chosen->fd;
        }
    return -1;
}

void stls_identity_claim(const struct stls_openssl *openssl, const SSL *ssl,
                         const struct stls_host *host)
{
    int fd = own_descriptor(openssl, ssl);

    if (fd < 0)
        fd = claim_candidate(openssl, ssl, host);
    if (fd >= 0)
        stls_names_claim(fd);
}

/* The sources in their order, as enum stls_host_source has them behind the program's own names.
 * Calls rather than a table of pointers, which would cost every process relocations. */
static const char source_names[] = "sni\0bio\0resolver\0address\0connect";

static size_t ask_source(unsigned number, const struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_host *ret)
{
    switch (STLS_HOST_SOURCE_SNI << number) {
    case STLS_HOST_SOURCE_SNI:
        return from_sni(openssl, ssl, ret);
    case STLS_HOST_SOURCE_BIO:
        return from_bio(openssl, ssl, ret);
    case STLS_HOST_SOURCE_RESOLVER:
        return from_resolver(openssl, ssl, ret);
    case STLS_HOST_SOURCE_ADDRESS:
        return from_address(openssl, ssl, ret);
    default:
        return from_connect(openssl, ssl, ret);
    }
}

void stls_identity_find(const struct stls_openssl *openssl, const SSL *ssl,
                        struct stls_identity *ret)
{
    ret->known = 0;
    ret->source = NULL;
    ret->count = 0;
    for (unsigned i = 0; STLS_HOST_SOURCE_SNI << i <= STLS_HOST_SOURCE_CONNECT; i++) {
        ret->count = ask_source(i, openssl, ssl, ret->hosts);
        if (ret->count > 0) {
            ret->known = STLS_HOST_SOURCE_SNI << i;
            ret->source = stls_texts_at(source_names, i);
            return;
        }
    }
}

/* The names and the address that the program itself gave OpenSSL to check. */
static size_t find_program_hosts(const struct stls_openssl *openssl, const SSL *ssl,
                                 struct stls_host *ret)
{
    X509_VERIFY_PARAM *param = openssl->SSL_get0_param((SSL *)(uintptr_t)ssl);
    size_t count = 0;
    const char *name;

    for (int i = 0;
         count < STLS_NAMES_MAX && (name = stls_param_names_host(openssl, param, i)) != NULL; i++)
        count += stls_host_parse(name, &ret[count]);
    if (count == 0)
        count = stls_param_names_address(openssl, param, &ret[0]);
    return count;
}

void stls_identity_meant(const struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_identity *ret)
{
    ret->known = STLS_HOST_SOURCE_APP;
    ret->source = "app";
    ret->count = find_program_hosts(openssl, ssl, ret->hosts);
    if (ret->count == 0)
        stls_identity_find(openssl, ssl, ret);
}

unsigned stls_identity_peer(const struct stls_openssl *openssl, const SSL *ssl,
                            char text[STLS_PEER_MAX])
{
    struct peer peer = peer_of(openssl, ssl);
    unsigned port;

    if (address_text(&peer.address, text, STLS_PEER_MAX, &port))
        return port;
    text[0] = '\0';
    return 0;
}

size_t stls_identity_ports(const struct stls_openssl *openssl, const SSL *ssl,
                           unsigned ports[STLS_NAMES_SOCKETS])
{
    struct peer peers[STLS_NAMES_SOCKETS] = {peer_of(openssl, ssl)};
    char host[INET6_ADDRSTRLEN];
    size_t count = 1, found = 0;

    if (peers[0].fd < 0 && peers[0].address.storage.ss_family == AF_UNSPEC)
        count = find_candidates(openssl, ssl, peers);
    for (size_t i = 0; i < count; i++)
        found += address_text(&peers[i].address, host, sizeof host, &ports[found]);
    return found;
}

static bool append_name(const struct stls_openssl *openssl, const GENERAL_NAME *name,
                        struct stls_line *line)
{
    int type;
    const ASN1_STRING *value = openssl->GENERAL_NAME_get0_value(name, &type);
    const void *data = openssl->ASN1_STRING_get0_data(value);
    size_t length = (size_t)openssl->ASN1_STRING_length(value), start = line->length;
    char address[INET6_ADDRSTRLEN];

    if (type == GEN_IPADD && (length == 4 || length == 16)) {
        data = inet_ntop(length == 4 ? AF_INET : AF_INET6, data, address, sizeof address);
        length = data != NULL ? strlen(data) : 0;
    } else if (type != GEN_DNS) {
        return true;
    }
    stls_line_add(line, start > 0 ? ", " : "");
    stls_line_add_bytes(line, data, length, line->size, STLS_LINE_WORD);
    if (!line->is_cut)
        return true;
    line->length = start;
    return false;
}

void stls_identity_presented(const struct stls_openssl *openssl, X509 *leaf,
                             char text[STLS_PRESENTED_MAX])
{
    static const char more[] = ", ...";
    struct stls_line line = stls_line_start(text, STLS_PRESENTED_MAX - (sizeof more - 1));
    GENERAL_NAMES *names;

    if (leaf == NULL)
        return;
    names = openssl->X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < openssl->OPENSSL_sk_num((OPENSSL_STACK *)names); i++)
        if (!append_name(openssl, openssl->OPENSSL_sk_value((OPENSSL_STACK *)names, i), &line))
            break;
    openssl->GENERAL_NAMES_free(names);
    line.size = STLS_PRESENTED_MAX;
    text[line.length] = '\0';
    if (line.is_cut)
        stls_line_add(&line, line.length > 0 ? more : more + 2);
    else if (line.length == 0)
        stls_line_add(&line, "nothing");
}
