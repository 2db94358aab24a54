/* asked.h - what a program asked of OpenSSL that is less than the policy, and by which call.
 *
 * Owns: the bits kept beside a context and a connection, and their words in an event. Plain C.
 */
#ifndef STLS_ASKED_H
#define STLS_ASKED_H

#include <stddef.h>
#include <stdint.h>

/* A set. The calls have a bit for the context's function, and the next one for the connection's. */
enum stls_asked {
    STLS_ASKED_NO_VERIFICATION = 1 << 0,
    STLS_ASKED_OWN_VERIFIER = 1 << 1,
    STLS_ASKED_FORGIVENESS = 1 << 2, /* a verify callback that went on at an error */
    STLS_ASKED_NO_HOST_NAME = 1 << 3,
    STLS_ASKED_LOW_PROTOCOL = 1 << 4, /* by OpenSSL's default, or a call that we do not see */
    STLS_ASKED_MIN_PROTOCOL = 1 << 5,
    STLS_ASKED_MAX_PROTOCOL = 1 << 7,
    STLS_ASKED_CIPHER_LIST = 1 << 9,
    STLS_ASKED_CIPHERSUITES = 1 << 11,
    STLS_ASKED_SECURITY_LEVEL = 1 << 13,
    STLS_ASKED_GROUPS = 1 << 15,
    STLS_ASKED_SIGALGS = 1 << 17,
    STLS_ASKED_END = 1 << 19,
};

struct stls_asked_word {
    const char *token;  /* for machines: "min-protocol" */
    const char *phrase; /* after "the program asked for" */
    const char *rule;   /* the policy's word that says otherwise */
    const char *call;   /* the function that asked; empty where none did */
};

/* For the lowest bit of the set, which must not be empty. */
struct stls_asked_word stls_asked_word(uint32_t set);

#endif
