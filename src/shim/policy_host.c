/* policy_host.c - see policy_host.h */
#include "policy_host.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "policy_load.h"
#include "report.h"

#include "../core/banned.h"

struct merged {
    struct merged *next;
    struct stls_policy_matches matches;
    struct stls_effective effective;
};

static _Atomic(struct merged *) all;

static bool is_for(const struct merged *merged, const struct stls_policy_matches *matches)
{
    return merged->matches.host_count == matches->host_count &&
           merged->matches.count == matches->count &&
           memcmp(merged->matches.section, matches->section,
                  matches->count * sizeof matches->section[0]) == 0 &&
           stls_policy_today() <= merged->effective.last_day;
}

static const struct merged *make(const struct stls_policy_matches *matches)
{
    struct stls_policy_teller teller = {stls_report_policy};
    struct merged *first = atomic_load_explicit(&all, memory_order_acquire);
    struct merged *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->matches = *matches;
    if (!stls_policy_resolve(stls_policy_get_sources(), matches, stls_policy_today(),
                             stls_policy_tell_expired, &teller, &made->effective)) {
        free(made);
        return NULL;
    }
    do
        made->next = first;
    while (!atomic_compare_exchange_weak(&all, &first, made));
    return made;
}

static const struct merged *find(const struct stls_policy_matches *matches)
{
    const struct merged *there = atomic_load_explicit(&all, memory_order_acquire);

    while (there != NULL && !is_for(there, matches))
        there = there->next;
    return there != NULL ? there : make(matches);
}

const struct stls_policy *stls_policy_for_host(const struct stls_openssl *openssl, const SSL *ssl,
                                               const char **ret_contradiction)
{
    static const struct stls_host nobody = {.kind = STLS_HOST_NONE};
    const struct stls_policy_sources *sources = stls_policy_get_sources();
    struct stls_policy_matches matches = {.count = 0};
    struct stls_identity identity;
    const struct merged *merged;
    unsigned ports[STLS_NAMES_SOCKETS] = {0, STLS_MATCH_ANY_PORT};
    size_t port_count = stls_identity_ports(openssl, ssl, ports);

    if (port_count == 0) /* any may be the one, or none of those that have sections */
        port_count = 2;
    stls_identity_meant(openssl, ssl, &identity);
    for (size_t i = 0; i < identity.count; i++)
        for (size_t j = 0; j < port_count; j++)
            stls_policy_match(sources, &(struct stls_match_peer){&identity.hosts[i], ports[j]},
                              &matches);
    /* From where it may not be known: then it is no reason for an exception. */
    if (((unsigned)stls_policy()->host_sources & identity.known) == 0)
        stls_policy_match(sources, &(struct stls_match_peer){&nobody, 0}, &matches);
    if (!matches.has_any)
        return stls_policy();
    merged = find(&matches);
    if (merged == NULL || merged->effective.contradiction != NULL)
        *ret_contradiction =
            merged != NULL ? stls_word_name(merged->effective.contradiction) : "out of memory";
    return merged != NULL ? &merged->effective.policy : stls_policy();
}
