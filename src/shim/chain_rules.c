/* chain_rules.c - see chain_rules.h */
#include "chain_rules.h"

#include <stdint.h>
#include <stdlib.h>

#include "../core/policy.h"

#include "../core/banned.h"

/* Each has octets of its own. False with why not in *ret, and with what was read so far. */
static bool read_all(const struct stls_openssl *openssl, const OPENSSL_STACK *chain, int count,
                     struct stls_certificate *certificates, struct stls_profile_fault *ret)
{
    for (int i = 0; i < count; i++) {
        unsigned char *octets = NULL;
        int length = openssl->i2d_X509(openssl->OPENSSL_sk_value(chain, i), &octets);

        ret->depth = i;
        if (length <= 0)
            return false;
        if (!stls_certificate_read((struct stls_der){octets, (size_t)length}, &certificates[i])) {
            ret->reason = "certificate is malformed";
            ret->error = X509_V_ERR_CERT_REJECTED;
            return false;
        }
    }
    return true;
}

static void free_all(const struct stls_openssl *openssl, struct stls_certificate *certificates,
                     int count)
{
    for (int i = 0; certificates != NULL && i < count; i++)
        openssl->CRYPTO_free((void *)(uintptr_t)certificates[i].whole.at, "stricttls", 0);
    free(certificates);
}

bool stls_chain_rules_keep(const struct stls_openssl *openssl, const OPENSSL_STACK *chain,
                           int rules, bool is_server, struct stls_profile_fault *ret)
{
    int count = openssl->OPENSSL_sk_num(chain);
    struct stls_certificate *certificates;
    struct stls_guard guard;
    bool is_kept;

    if (rules == STLS_CHAIN_RULES_OPENSSL)
        return true;
    *ret = (struct stls_profile_fault){"no chain to judge", X509_V_ERR_UNSPECIFIED, 0};
    if (count <= 0)
        return false;
    *ret = (struct stls_profile_fault){"out of memory", X509_V_ERR_OUT_OF_MEM, 0};
    guard = stls_guard_enter(openssl);
    certificates = calloc((size_t)count, sizeof *certificates);
    is_kept = certificates != NULL && read_all(openssl, chain, count, certificates, ret) &&
              stls_profile_is_kept(certificates, (size_t)count, rules, is_server, ret);
    free_all(openssl, certificates, count);
    stls_guard_leave(guard);
    return is_kept;
}
