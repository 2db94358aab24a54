/* policy_stack.h - the policy that holds for a program and a host, from all sources together.
 *
 * Owns: the order of sources (built-in, the system's file, STRICTTLS_POLICY, single variables), of
 * sections within a file, and for each word where its value came from. Plain C, pure functions.
 */
#ifndef STLS_POLICY_STACK_H
#define STLS_POLICY_STACK_H

#include "policy_file.h"
#include "policy_match.h"

/* What there is to merge. The environment's part is left out where it is not to be heeded. */
struct stls_policy_sources {
    const struct stls_policy_file *system; /* NULL: there is no such file */
    const struct stls_policy_file *file;   /* that STRICTTLS_POLICY names; NULL if none */
    const char *shipped;                   /* or the shipped policy that it names; NULL if none */
    /* The value of a variable of the environment, NULL if it is not set; and NULL: there is none */
    const char *(*variable)(const char *name);
    struct stls_match_program program;
};

/* Where a value came from: all NULL for the built-in one. */
struct stls_origin {
    const char *path;     /* a policy file */
    const char *section;  /* of it: "app/curl" */
    unsigned line;        /* of it */
    const char *variable; /* of the environment */
};

/* The sections about the hosts of a connection, as indices: in the system's file, then in the
 * environment's, the more specific later, each list ended. Equal lists make equal policies, so that
 * hosts which have the same ones share them. */
enum {
    STLS_MATCHES_MAX = 128,
    STLS_MATCHES_END = 0xffff,
};
struct stls_policy_matches {
    uint16_t section[STLS_MATCHES_MAX];
    size_t count;
    size_t host_count;   /* lists of two files each; none where they have overflowed */
    bool has_any;        /* else the program's own policy holds */
    bool has_overflowed; /* more than there is room for: nothing may pass */
};

struct stls_effective {
    struct stls_policy policy;
    struct stls_origin origin[STLS_WORDS_MAX]; /* by the word's place in the table */
    const struct stls_word *contradiction;     /* NULL, or why nothing can obey it */
    long last_day;                             /* on which it holds; LONG_MAX: no end */
};

/* A section whose Expires is past, and which would have matched. */
typedef void stls_policy_expired(void *arg, const struct stls_policy_file *file,
                                 const struct stls_policy_section *section);

/* Adds the sections that are about this host to those about others that may be the one. */
void stls_policy_match(const struct stls_policy_sources *sources,
                       const struct stls_match_peer *peer, struct stls_policy_matches *ret);

/* matches: NULL for the program's own policy. today: days since 1970. expired may be NULL. A policy
 * with a contradiction is never off. False only when out of memory. */
bool stls_policy_resolve(const struct stls_policy_sources *sources,
                         const struct stls_policy_matches *matches, long today,
                         stls_policy_expired *expired, void *arg, struct stls_effective *ret);

/* Calls for every word by which the environment makes the policy weaker, for all hosts or for one.
 */
void stls_policy_environment_weakens(const struct stls_policy_sources *sources, long today,
                                     void (*weaker)(void *arg, const struct stls_word *word),
                                     void *arg);

/* "policy.cnf:12 [app/curl]", "STRICTTLS_MODE", "built-in". */
void stls_origin_text(const struct stls_origin *origin, char *text, size_t size);

#endif
