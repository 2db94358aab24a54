/* chain_rules.c - see chain_rules.h */
#include "chain_rules.h"

#include <stdlib.h>

#include "../core/policy.h"

#include "../core/banned.h"

/* A certificate and the octets that it is made of. */
struct encoded {
    unsigned char *octets;
    int length;
};

static int encode(const struct stls_openssl *openssl, const OPENSSL_STACK *chain, int count,
                  struct encoded *ret)
{
    for (int i = 0; i < count; i++) {
        X509 *certificate = openssl->OPENSSL_sk_value(chain, i);

        ret[i].length = openssl->i2d_X509(certificate, &ret[i].octets);
        if (ret[i].length <= 0)
            return i;
    }
    return count;
}

static void free_encoded(const struct stls_openssl *openssl, struct encoded *encoded, int count)
{
    for (int i = 0; encoded != NULL && i < count; i++)
        openssl->CRYPTO_free(encoded[i].octets, "stricttls", 0);
    free(encoded);
}

static bool judge(const struct encoded *encoded, int count, int rules, bool is_server,
                  struct stls_certificate *certificates, struct stls_profile_fault *ret)
{
    for (int i = 0; i < count; i++) {
        struct stls_der der = {encoded[i].octets, (size_t)encoded[i].length};

        if (!stls_certificate_read(der, &certificates[i])) {
            *ret = (struct stls_profile_fault){"certificate is malformed", X509_V_ERR_CERT_REJECTED,
                                               i};
            return false;
        }
    }
    return stls_profile_is_kept(certificates, (size_t)count, rules, is_server, ret);
}

bool stls_chain_rules_keep(const struct stls_openssl *openssl, const OPENSSL_STACK *chain,
                           int rules, bool is_server, struct stls_profile_fault *ret)
{
    int count = openssl->OPENSSL_sk_num(chain);
    struct stls_certificate *certificates;
    struct encoded *encoded;
    struct stls_guard guard;
    bool is_kept = false;
    int made;

    if (rules == STLS_CHAIN_RULES_OPENSSL)
        return true;
    *ret = (struct stls_profile_fault){"no chain to judge", X509_V_ERR_UNSPECIFIED, 0};
    if (count <= 0)
        return false;
    *ret = (struct stls_profile_fault){"out of memory", X509_V_ERR_OUT_OF_MEM, 0};
    guard = stls_guard_enter(openssl);
    certificates = calloc((size_t)count, sizeof *certificates);
    encoded = calloc((size_t)count, sizeof *encoded);
    if (certificates != NULL && encoded != NULL) {
        made = encode(openssl, chain, count, encoded);
        ret->depth = made < count ? made : 0;
        is_kept = made == count && judge(encoded, count, rules, is_server, certificates, ret);
    }
    free_encoded(openssl, encoded, count);
    free(certificates);
    stls_guard_leave(guard);
    return is_kept;
}
