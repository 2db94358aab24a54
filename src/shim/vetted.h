/* vetted.h - the policy's lists as one libssl knows them.
 *
 * Owns: their expansion, once per libssl and policy: a cipher string that only OpenSSL can read
 * becomes code points.
 */
#ifndef STLS_VETTED_H
#define STLS_VETTED_H

#include "../core/policy.h"
#include "../core/registry.h"

#include "openssl.h"

enum {
    STLS_LIST_MAX = 2048, /* bytes of a list of a policy's names, terminator included */
    /* All the ciphers that an OpenSSL has, weak ones included: 1.1.1 has 163, in 3.6 KB. */
    STLS_CIPHERS_MAX = 256,
    STLS_CIPHER_LIST_MAX = 3 * STLS_LIST_MAX,
};

struct stls_ciphers {
    uint16_t number[STLS_CIPHERS_MAX];
    size_t count;
};

/* The longest comes last: of most nothing but the beginning is written to. */
struct stls_vetted {
    const struct stls_policy *policy;
    struct stls_vetted *next;
    struct stls_ciphers ciphers;    /* up to TLS 1.2 */
    bool are_default_groups_vetted; /* so that a new context's need not be touched */
    char error[STLS_TEXT_MAX];      /* not empty: the policy makes no sense to this libssl */
    char ciphersuite_list[STLS_LIST_MAX];
    char cipher_list[STLS_CIPHER_LIST_MAX]; /* of ciphers, by name */
};

/* Expanded at first use, then immutable. NULL only when out of memory. Only for a cipher string
 * that is more than names does it need a context of its own, so it is not called from inside
 * SSL_CTX_new. */
const struct stls_vetted *stls_vetted_of(struct stls_openssl *openssl,
                                         const struct stls_policy *policy);

/* Whether this libssl can read every cipher string that a policy file has; error (size bytes) says
 * where one stands that it can't. */
bool stls_vetted_check_files(struct stls_openssl *openssl, char *error, size_t size);

/* True while this thread makes a context of our own, which nothing is to be done to. */
bool stls_vetted_is_scratch(void);

static inline bool stls_ciphers_contain(const struct stls_ciphers *ciphers, unsigned number)
{
    return stls_codes_are(ciphers->number, ciphers->count, number);
}

/* The names of code points, as a list. */
void stls_vetted_names(enum stls_registry registry, const struct stls_codes *codes,
                       char list[STLS_LIST_MAX]);

/* TLS 1.3 suites stand in the same stacks as ciphers, and are told by having no key exchange. */
bool stls_vetted_is_tls13(const struct stls_openssl *openssl, const SSL_CIPHER *cipher);

/* Over a stack of ciphers, NULL included. */
int stls_vetted_count(const struct stls_openssl *openssl, const STACK_OF(SSL_CIPHER) * ciphers);
const SSL_CIPHER *stls_vetted_at(const struct stls_openssl *openssl,
                                 const STACK_OF(SSL_CIPHER) * ciphers, int index);

#endif
