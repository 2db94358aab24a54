/* fuzz_certificate.c - any octets as a chain of two certificates under ChainRules: for libFuzzer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy.h"
#include "core/profile.h"

static bool is_read(const uint8_t *octets, size_t length, struct stls_certificate *ret)
{
    return stls_certificate_read((struct stls_der){octets, length}, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first = size > 1 ? ((size_t)data[0] << 8 | data[1]) : 0;
    struct stls_certificate chain[2];
    struct stls_profile_fault fault = {.reason = NULL};
    uint8_t *leaf, *root;

    if (size < 2 || first > size - 2)
        return 0;
    /* in memory of their own, so that a read past the end is seen */
    leaf = malloc(first + !first);
    root = malloc(size - 2 - first + 1);
    memcpy(leaf, data + 2, first);
    memcpy(root, data + 2 + first, size - 2 - first);
    if (is_read(leaf, first, &chain[0]) && is_read(root, size - 2 - first, &chain[1]))
        for (int rules = STLS_CHAIN_RULES_RFC5280; rules <= STLS_CHAIN_RULES_WEBPKI; rules++)
            for (int is_server = 0; is_server < 2; is_server++)
                if (!stls_profile_is_kept(chain, 2, rules, is_server != 0, &fault) &&
                    fault.reason == NULL)
                    abort();
    free(leaf);
    free(root);
    return 0;
}
