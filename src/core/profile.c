/* profile.c - see profile.h */
#include "profile.h"

#include "profile_rules.h"

#include "banned.h"

bool stls_profile_is_root(const struct stls_profile_view *view)
{
    return view->index + 1 == view->count && stls_certificate_is_self_issued(view->certificate);
}

bool stls_profile_holds(const struct stls_profile_view *view, unsigned roles,
                        enum stls_chain_rules from, bool is_kept, int error, const char *reason)
{
    if (is_kept || (roles & view->roles) == 0 || view->rules < (int)from)
        return true;
    *view->fault = (struct stls_profile_fault){reason, error, (int)view->index};
    return false;
}

static unsigned roles_of(size_t index, size_t count, bool is_server)
{
    if (index == 0)
        return STLS_PROFILE_LEAF | (is_server ? 0 : STLS_PROFILE_SERVER);
    return index + 1 == count ? STLS_PROFILE_ANCHOR : STLS_PROFILE_INTERMEDIATE;
}

bool stls_profile_is_kept(const struct stls_certificate *chain, size_t count, int rules,
                          bool is_server, struct stls_profile_fault *ret)
{
    for (size_t i = 0; i < count; i++) {
        struct stls_profile_view view = {chain, count, i, &chain[i], roles_of(i, count, is_server),
                                         rules, ret};

        if (!stls_profile_holds(&view, STLS_PROFILE_ANY, STLS_CHAIN_RULES_RFC5280,
                                chain[i].malformed == NULL, X509_V_ERR_INVALID_EXTENSION,
                                chain[i].malformed) ||
            !stls_profile_keeps_fields(&view) || !stls_profile_keeps_extensions(&view) ||
            !stls_profile_keeps_keys(&view) || !stls_profile_keeps_names(&view) ||
            !stls_profile_keeps_constraints(&view))
            return false;
    }
    return true;
}
