/* way.h - one way around a naive preload library, and the two or three programs that walk it.
 *
 * Owns: the row of which the tables in ways_*.c are made, what a victim is told, how it exits.
 * A victim is an ordinary program: it knows nothing of the library under test, and does in its own
 * habit what the row's text says. The sources are built for every OpenSSL from 1.1.1 to 4.0.
 */
#ifndef STLS_ESCAPE_WAY_H
#define STLS_ESCAPE_WAY_H

#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED /* what is old is what we want to try */
#endif

#include <stdbool.h>
#include <stddef.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum {
    STLS_ANSWERED = 0,     /* an application's answer came over TLS */
    STLS_FAILED = 1,       /* an ordinary failure */
    STLS_UNAVAILABLE = 77, /* this OpenSSL can't be used in this way; the reason is on stdout */
};

/* What must be so when the library is preloaded. In the first two, the bare run must connect. */
enum stls_expectation {
    STLS_EXPECT_REFUSED, /* no application data reaches the bad server */
    STLS_EXPECT_CLAMPED, /* or it does, but over what the policy allows */
    STLS_EXPECT_RESUMED, /* connects and resumes, bare and preloaded */
    STLS_EXPECT_SAME,    /* connects, and reports the same, bare and preloaded */
    STLS_EXPECT_STRICT,  /* refused bare as well, and still: we never make it weaker */
};

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#define STLS_LIBSSL "libssl.so.1.1"
#elif OPENSSL_VERSION_NUMBER < 0x40000000L
#define STLS_LIBSSL "libssl.so.3"
#else
#define STLS_LIBSSL "libssl.so.4"
#endif

struct stls_target {
    const char *host;    /* whom the victim means; it is at 127.0.0.1 */
    const char *port;    /* or several, separated by ',' */
    const char *ca_file; /* the root a victim may load */
};

struct stls_way {
    const char *name;
    const char *attack; /* what it does, and why a naive library misses it */
    enum stls_expectation expectation;
    bool is_server; /* the victim is the server; bad and good name clients */

    /* "lab:CASE" or "peer:MODE"; NULL: "lab:self-signed" and "lab:good-rsa". A server-role way
     * names the mode of the peer that comes as client. */
    const char *bad;
    const char *good;     /* "-": there is no good run, and the attack's text says why */
    const char *bad_host; /* target.host of the bad run; NULL: the lab case's own, or localhost */

    const char *before;  /* a way that the driver walks first, bare, to the same server */
    const char *program; /* the victim that walks it; NULL: the one that lists it */
    /* More environment, separated by ' '. "%D" is the directory of the victims, "%T" a temporary
     * one. BEFORE= and AFTER= name libraries that are preloaded besides. */
    const char *env;

    /* Either run does it all, or the common client (client.h) does it with these two, which may be
     * NULL, between making the object and using it. */
    int (*run)(const struct stls_target *target);
    void (*context)(SSL_CTX *context, const struct stls_target *target);
    void (*connection)(SSL *ssl, const struct stls_target *target);
};

/* Ends with a row whose name is NULL. */
#define STLS_WAYS_END                                                                              \
    {                                                                                              \
        .name = NULL                                                                               \
    }

extern const struct stls_way stls_ways_entry[];
extern const struct stls_way stls_ways_bio[];
extern const struct stls_way stls_ways_loading[];
extern const struct stls_way stls_ways_handle[];
extern const struct stls_way stls_ways_plugin[];
extern const struct stls_way stls_ways_verify[];
extern const struct stls_way stls_ways_right[];
extern const struct stls_way stls_ways_chain[];
extern const struct stls_way stls_ways_flip[];
extern const struct stls_way stls_ways_identity[];
extern const struct stls_way stls_ways_session[];
extern const struct stls_way stls_ways_resume[];
extern const struct stls_way stls_ways_nocert[];
extern const struct stls_way stls_ways_protocol[];
extern const struct stls_way stls_ways_algorithms[];
extern const struct stls_way stls_ways_server[];
extern const struct stls_way stls_ways_clients[];
extern const struct stls_way stls_ways_clients_flip[];
extern const struct stls_way stls_ways_same[];
extern const struct stls_way stls_ways_objects[];
extern const struct stls_way stls_ways_quic[];
extern const struct stls_way stls_ways_recent[];
extern const struct stls_way stls_ways_ech[];
extern const struct stls_way stls_ways_left[];
extern const struct stls_way stls_ways_rare[];

struct stls_area {
    const char *name; /* NULL ends a list of areas */
    const struct stls_way *ways;
};

/* The main function of every victim: NAME HOST PORT CAFILE, or --list. */
int stls_victim_main(const struct stls_area *areas, int argc, char **argv,
                     int (*common)(const struct stls_way *way, const struct stls_target *target));

#endif
