/* verdict.c - see verdict.h */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "leaf_names.h"
#include "pins.h"
#include "report.h"

#include "../core/banned.h"

enum {
    DANE_EE = 3, /* RFC 7218 */
};

/* A TLSA record for the very key says by itself whose it is, if the program wants it so: the names
 * in the certificate are nobody's concern then (RFC 7671, section 5.1; mail servers: RFC 7672). */
static bool is_named_by_record(const struct stls_openssl *openssl, SSL *ssl)
{
    uint8_t usage = 0;

    return openssl->SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL) == 0 &&
           usage == DANE_EE &&
           (openssl->SSL_dane_set_flags(ssl, 0) & DANE_FLAG_NO_DANE_EE_NAMECHECKS) != 0;
}

void stls_verdict_check_names(const struct stls_openssl *openssl, SSL *ssl,
                              const struct stls_policy *policy, X509_STORE_CTX *chain,
                              struct stls_verdict *verdict)
{
    X509_VERIFY_PARAM *param = openssl->X509_STORE_CTX_get0_param(chain);
    X509 *leaf = openssl->X509_STORE_CTX_get0_cert(chain);

    if (is_named_by_record(openssl, ssl))
        return;
    verdict->rule = "CheckHost=require";
    switch (stls_leaf_names_check(openssl, ssl, policy, param, leaf, NULL)) {
    case STLS_LEAF_NAMES_MATCH:
        return;
    case STLS_LEAF_NAMES_MISMATCH:
        verdict->chain.error = X509_V_ERR_HOSTNAME_MISMATCH;
        return;
    case STLS_LEAF_NAMES_ADDRESS_MISMATCH:
        verdict->chain.error = X509_V_ERR_IP_ADDRESS_MISMATCH;
        return;
    case STLS_LEAF_NAMES_NOT_ALLOWED:
        verdict->chain.error = X509_V_ERR_HOSTNAME_MISMATCH;
        verdict->rule = "HostSources";
        verdict->reason = "the host is known from a source that is left out";
        return;
    case STLS_LEAF_NAMES_UNKNOWN:
        verdict->chain.error = X509_V_ERR_HOSTNAME_MISMATCH;
        verdict->rule = "UnknownHost=refuse";
        verdict->reason = "nobody knows which host the program meant";
        return;
    }
}

void stls_verdict_check_pins(const struct stls_openssl *openssl, const struct stls_policy *policy,
                             X509_STORE_CTX *chain, struct stls_verdict *verdict)
{
    if (!policy->pins.is_set ||
        stls_pins_match(openssl, &policy->pins, openssl->X509_STORE_CTX_get0_cert(chain)))
        return;
    verdict->chain.error = X509_V_ERR_CERT_REJECTED;
    verdict->rule = "PinSHA256";
    verdict->reason = "the server's key is not a pinned one";
}

void stls_verdict_report(struct stls_openssl *openssl, SSL *ssl, struct stls_connection *connection,
                         X509_STORE_CTX *chain, const struct stls_verdict *verdict)
{
    struct stls_refusal refusal = {.reason = verdict->reason,
                                   .rule = verdict->rule,
                                   .is_uncertain = verdict->is_uncertain,
                                   .is_refused_anyway = verdict->is_refused_anyway};
    struct stls_guard guard = stls_guard_enter(openssl);
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);
    char fault[STLS_TEXT_MAX + 128];

    if (verdict->chain.trust_error != 0) {
        char text[64];

        snprintf(fault, sizeof fault, "%s: %s",
                 policy->trust_store == STLS_TRUST_STORE_PATH ? policy->trust_path
                                                              : "the system's trust anchors",
                 strerror_r(verdict->chain.trust_error, text, sizeof text));
        refusal.reason = fault;
        refusal.rule = "TrustStore";
    }
    if (verdict->chain.fault.reason != NULL) {
        snprintf(fault, sizeof fault, "%s (certificate at depth %d)", verdict->chain.fault.reason,
                 verdict->chain.fault.depth);
        refusal.reason = fault;
        refusal.rule = policy->chain_rules == STLS_CHAIN_RULES_WEBPKI ? "ChainRules=webpki"
                                                                      : "ChainRules=rfc5280";
    }
    if (refusal.reason == NULL)
        refusal.reason = openssl->X509_verify_cert_error_string(verdict->chain.error);
    refusal.leaf = openssl->X509_STORE_CTX_get0_cert(chain);
    stls_report_refusal(openssl, ssl, connection, &refusal);
    stls_guard_leave(guard);
}
