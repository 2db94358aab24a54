/* chain_rules.h - ChainRules: does a verified chain keep the rules of a profile?
 *
 * Owns: handing the certificates of an OpenSSL chain to the core's profile rules.
 * Must not: verify anything, or know a rule.
 */
#ifndef STLS_CHAIN_RULES_H
#define STLS_CHAIN_RULES_H

#include "openssl.h"

#include "../core/profile.h"

/* The chain has the leaf first and the trust anchor last, as X509_verify_cert has accepted it;
 * rules is an enum stls_chain_rules, and with STLS_CHAIN_RULES_OPENSSL any chain keeps them.
 * is_server: we are; the chain is a client's. False with the first fault in *ret; a certificate
 * that can't be read is one, too. */
bool stls_chain_rules_keep(const struct stls_openssl *openssl, const OPENSSL_STACK *chain,
                           int rules, bool is_server, struct stls_profile_fault *ret);

#endif
