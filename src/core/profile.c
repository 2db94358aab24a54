/* profile.c - see profile.h */
#include "profile.h"

#include "profile_rules.h"

#include "banned.h"

static unsigned roles_of(size_t index, size_t count, bool is_server)
{
    if (index == 0)
        return STLS_PROFILE_LEAF | (is_server ? 0 : STLS_PROFILE_SERVER);
    return index + 1 == count ? STLS_PROFILE_ANCHOR : STLS_PROFILE_INTERMEDIATE;
}

bool stls_profile_is_kept(const struct stls_certificate *chain, size_t count, int rules,
                          bool is_server, struct stls_profile_fault *ret)
{
    *ret = (struct stls_profile_fault){.reason = NULL};
    for (size_t i = 0; i < count && ret->reason == NULL; i++) {
        struct stls_profile_view view = {
            .chain = chain,
            .count = count,
            .index = i,
            .certificate = &chain[i],
            .roles = roles_of(i, count, is_server),
            .rules = rules,
        };

        if (chain[i].malformed != NULL && rules >= STLS_CHAIN_RULES_RFC5280) {
            view.fault = chain[i].malformed;
            view.error = X509_V_ERR_INVALID_EXTENSION;
        }
        stls_profile_check_fields(&view);
        stls_profile_check_extensions(&view);
        stls_profile_check_keys(&view);
        stls_profile_check_names(&view);
        stls_profile_check_constraints(&view);
        *ret = (struct stls_profile_fault){view.fault, view.error, (int)i};
    }
    return ret->reason == NULL;
}
