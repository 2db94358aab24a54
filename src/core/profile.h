/* profile.h - does a chain keep the rules of a certificate profile?
 *
 * Owns: the rules of RFC 5280 (the profile of the Internet) and of the CA/Browser Forum's Baseline
 * Requirements for TLS certificates (section 7.1; "BR" in the sources), as far as they can be seen
 * in the chain itself and are not OpenSSL's business anyway: who signed whom, dates, path lengths,
 * purposes and names that lie in the permitted subtrees are already known to be right.
 * Must not: allocate, call OpenSSL, or look names up.
 *
 * A trust anchor is held to the rules as well, but for what nobody relies on: its own signature,
 * how its dates are encoded, that it names an authority's key, a serial number of zero.
 */
#ifndef STLS_PROFILE_H
#define STLS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "certificate.h"

struct stls_profile_fault {
    const char *reason; /* one phrase, static */
    int error;          /* the nearest X509_V_ERR_*, of those that each OpenSSL numbers alike */
    int depth;          /* of the certificate, 0 for the leaf */
};

/* The chain has the leaf first and the trust anchor last; of a single certificate, the leaf is its
 * own anchor. rules is an enum stls_chain_rules. is_server: we are; the chain is a client's, for
 * which BR has no names and no key purposes to ask for. False with the first fault in *ret. */
bool stls_profile_is_kept(const struct stls_certificate *chain, size_t count, int rules,
                          bool is_server, struct stls_profile_fault *ret);

#endif
