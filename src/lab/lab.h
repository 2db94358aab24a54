/* lab.h - TLS servers on loopback, good and bad, and their PKI, made in memory.
 *
 * Owns: the table of cases, the keys and certificates of each, the servers. Used by the command
 * and by the tests; knows nothing of the preload library or of its policy.
 * Must not: listen anywhere but 127.0.0.1, wait without a bound, print, or exit.
 *
 * Errors: functions that return int give 0 or a negative errno; functions that return a pointer
 * give NULL and set errno. An OpenSSL failure is EPROTO, with its own words on OpenSSL's queue; a
 * case that this OpenSSL was built without (TLS 1.0, P-192, MD5 ...) is ENOTSUP.
 *
 * Threads: a struct stls_lab may be shared. A struct stls_lab_server is one caller's, except that
 * stls_lab_server_port may be asked by any.
 */
#ifndef STLS_LAB_H
#define STLS_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* What a strict client must do with a case's server. */
enum stls_lab_expectation {
    STLS_LAB_MUST_CONNECT,
    STLS_LAB_MUST_REFUSE,
};

/* What kind of flaw a case has: decides which clients can be made to connect to it. */
enum stls_lab_flaw {
    STLS_LAB_FLAW_NONE,
    STLS_LAB_FLAW_CHAIN,    /* the certificate chain does not verify */
    STLS_LAB_FLAW_NAME,     /* the leaf does not name the host */
    STLS_LAB_FLAW_PROTOCOL, /* version below TLS 1.2 */
    STLS_LAB_FLAW_CIPHER,   /* cipher suite, key exchange or group too weak, or no certificate */
};

struct stls_lab_recipe; /* how the case is made: the lab's own */

struct stls_lab_case {
    const char *name; /* "self-signed"; unique, fit for a command line */
    const char *what; /* what is wrong (or notable), one phrase for people */
    const char *host; /* whom a client must mean: a name for 127.0.0.1, or that address */
    enum stls_lab_flaw flaw;
    enum stls_lab_expectation expectation;
    int verify_error; /* X509_V_ERR_* that a refusal should show, X509_V_OK where none applies */
    const struct stls_lab_recipe *recipe;
};

/* How far a client came, as the server saw it. Ordered: a later value is further. */
enum stls_lab_outcome {
    STLS_LAB_NOTHING,  /* nobody connected */
    STLS_LAB_REFUSED,  /* connected, but the handshake did not finish */
    STLS_LAB_FINISHED, /* handshake finished, no application data came */
    STLS_LAB_DATA,     /* application data arrived */
};

struct stls_lab;        /* the PKI */
struct stls_lab_server; /* one listening case */

/* The cases, in the order in which a table shows them. */
const struct stls_lab_case *stls_lab_cases(size_t *ret_count);
const struct stls_lab_case *stls_lab_find_case(const char *name);
const char *stls_lab_outcome_name(enum stls_lab_outcome outcome);

/* Makes the roots. Leaves and chains are made when a case first needs them. */
struct stls_lab *stls_lab_new(void);
void stls_lab_free(struct stls_lab *lab);

/* Makes client trust the good root, besides what it trusts already. */
int stls_lab_trust_root(struct stls_lab *lab, SSL_CTX *client);

/* PEM files for programs: the good root; a case's chain (leaf first) and key (mode 0600). */
int stls_lab_write_root(struct stls_lab *lab, const char *path);
int stls_lab_write_identity(struct stls_lab *lab, const struct stls_lab_case *lab_case,
                            const char *chain_path, const char *key_path);

enum stls_lab_client_identity {
    STLS_LAB_CLIENT_GOOD,      /* clientAuth leaf under the good root */
    STLS_LAB_CLIENT_UNTRUSTED, /* clientAuth leaf under a root nobody trusts */
};
int stls_lab_write_client_identity(struct stls_lab *lab, enum stls_lab_client_identity which,
                                   const char *chain_path, const char *key_path);

/* A new SSL_CTX that serves what the case says: no sessions shared with another. It is the
 * caller's. */
SSL_CTX *stls_lab_server_context(struct stls_lab *lab, const struct stls_lab_case *lab_case);

/* Starts a thread that serves the case on 127.0.0.1, port chosen by the kernel, answering a
 * request with a short HTTP/1.0 response; a few connections at a time, each bounded in time. The
 * server keeps what it needs: it may outlive the lab. */
struct stls_lab_server *stls_lab_serve(struct stls_lab *lab, const struct stls_lab_case *lab_case);
uint16_t stls_lab_server_port(const struct stls_lab_server *server);

/* How often a handshake finished by resumption since the last stls_lab_server_take, which resets
 * this: ask first. Settled for a connection once its response has arrived. */
unsigned stls_lab_server_resumptions(const struct stls_lab_server *server);

/* The furthest outcome since the last call, after every connection begun has ended, those that the
 * kernel has queued included; waits at most timeout_ms for them. Resets outcome and counts. */
enum stls_lab_outcome stls_lab_server_take(struct stls_lab_server *server, int timeout_ms);
void stls_lab_server_stop(struct stls_lab_server *server);

/* Rules about certificates that OpenSSL's default verification forgives: for each a chain (root,
 * intermediate, leaf for localhost) that breaks only that, and its twin, which is good. */
enum stls_lab_profile {
    STLS_LAB_PROFILE_BOTH,    /* RFC 5280 and the CA/Browser Forum's baseline ask for it */
    STLS_LAB_PROFILE_RFC5280, /* the baseline makes an exception */
    STLS_LAB_PROFILE_WEBPKI,  /* only the baseline asks */
};

struct stls_lab_edit; /* what differs from a good chain: the lab's own */

struct stls_lab_rule_case {
    const char *what; /* what is wrong, one phrase */
    int depth;        /* of the certificate that is at fault, 0 for the leaf */
    enum stls_lab_profile profile;
    const struct stls_lab_edit *flaw, *twin; /* twin may be NULL: a plain good chain */
};

const struct stls_lab_rule_case *stls_lab_rule_cases(size_t *ret_count);

/* Serves the case's chain, or its twin's, as stls_lab_serve does. Its root, which is its own, is
 * written to a PEM file. */
struct stls_lab_server *stls_lab_serve_rule(const struct stls_lab_rule_case *rule_case,
                                            bool is_twin, const char *root_path);

/* The chain (leaf first) and key as PEM files, for a client that shows them. */
int stls_lab_write_rule(const struct stls_lab_rule_case *rule_case, bool is_twin,
                        const char *root_path, const char *chain_path, const char *key_path);

#endif
