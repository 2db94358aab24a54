/* profile.h - does a chain keep the rules of a certificate profile?
 *
 * Owns: the rules of RFC 5280 (the profile of the Internet) and of the CA/Browser Forum's Baseline
 * Requirements for TLS certificates (section 7.1; "BR" in the sources), as far as they can be seen
 * in the chain itself and OpenSSL has not seen to them: who signed whom, dates, path lengths,
 * purposes, names that lie in the permitted subtrees, and that each critical extension is a known
 * one, hold already. The lists of rules are at the end of each profile_*.c.
 * Must not: allocate, call OpenSSL, or look names up.
 *
 * A trust anchor is held to the rules as well, but for what nobody relies on: its own signature,
 * how its dates are encoded, that it names an authority's key, a serial number of zero, a key usage
 * that is not there at all; and for what public roots from before BR are allowed to have.
 * Not looked at: certificate policies, transparency, public suffixes, how long a leaf is valid.
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
