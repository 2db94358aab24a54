/* algorithms.h - versions, cipher suites, groups, signature algorithms: what is vetted.
 *
 * Owns: the policy's lists as this libssl knows them (a name it has never heard of is left out),
 * the answer of gate 3, and the lists that contexts and connections are given so that their getters
 * tell the truth and a list of the program's without any vetted entry becomes the vetted one.
 */
#ifndef STLS_ALGORITHMS_H
#define STLS_ALGORITHMS_H

#include "../core/policy.h"

#include "openssl.h"

enum stls_answer {
    STLS_KEEP,   /* the program's choice stands */
    STLS_REFUSE, /* the policy says no, whatever the program chose */
};

enum {
    STLS_LIST_MAX = 2048, /* bytes of a list of names, terminator included */
};

struct stls_algorithms {
    struct stls_codes ciphers;       /* up to TLS 1.2 */
    char cipher_list[STLS_LIST_MAX]; /* the same by name */
    char ciphersuite_list[STLS_LIST_MAX];
    char group_list[STLS_LIST_MAX]; /* empty: OpenSSL's own default is within the policy */
    char error[STLS_TEXT_MAX];      /* not empty: the policy makes no sense to this libssl */
};

/* Expanded at first use, then immutable. NULL only when out of memory. Calls SSL_CTX_new, so not
 * to be called from inside one. */
const struct stls_algorithms *stls_algorithms_of(struct stls_openssl *openssl);

/* True while this thread makes a context of our own, which nothing is to be done to. */
bool stls_algorithms_is_scratch(void);

/* A new context: level and lists. */
void stls_algorithms_prepare_context(struct stls_openssl *openssl, SSL_CTX *context);

/* After the program set a cipher list: what is vetted of it, in its order. */
void stls_algorithms_narrow_context(struct stls_openssl *openssl, SSL_CTX *context);
void stls_algorithms_narrow_connection(struct stls_openssl *openssl, SSL *ssl);

/* START: versions, options, level, and a list where none of it is vetted. */
void stls_algorithms_apply(struct stls_openssl *openssl, SSL *ssl, bool is_prepared);

/* Gate 3: op, number and other as in SSL_CTX_set_security_callback(3). */
enum stls_answer stls_algorithms_judge(struct stls_openssl *openssl, int op, int number,
                                       const void *other);

/* True for a version below the policy's floor, as it stands in a record or a hello. */
bool stls_algorithms_is_old(int version);

#endif
