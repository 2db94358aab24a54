/* profile.c - see profile.h */
#include "profile.h"

#include "profile_rules.h"

#include "banned.h"

static const struct stls_profile_rule *(*const themes[])(size_t *) = {
    stls_profile_rules_of_fields, stls_profile_rules_of_extensions,  stls_profile_rules_of_keys,
    stls_profile_rules_of_names,  stls_profile_rules_of_constraints,
};

bool stls_profile_is_root(const struct stls_profile_view *view)
{
    return view->index + 1 == view->count && stls_certificate_is_self_issued(view->certificate);
}

static unsigned roles_of(const struct stls_profile_view *view, bool is_server)
{
    if (view->index == 0)
        return STLS_PROFILE_LEAF | (is_server ? 0 : STLS_PROFILE_SERVER);
    return view->index + 1 == view->count ? STLS_PROFILE_ANCHOR : STLS_PROFILE_INTERMEDIATE;
}

static bool is_asked(const struct stls_profile_rule *rule, unsigned roles, int rules)
{
    return (rule->roles & roles) != 0 && rules >= (int)rule->from &&
           (rule->but == STLS_CHAIN_RULES_OPENSSL || rules != (int)rule->but);
}

static bool keeps(const struct stls_profile_view *view, unsigned roles, int rules,
                  struct stls_profile_fault *ret)
{
    for (size_t i = 0; i < sizeof themes / sizeof themes[0]; i++) {
        size_t count;
        const struct stls_profile_rule *rule = themes[i](&count);

        for (; count > 0; count--, rule++)
            if (is_asked(rule, roles, rules) && !rule->is_kept(view)) {
                *ret = (struct stls_profile_fault){rule->reason, rule->error, (int)view->index};
                return false;
            }
    }
    return true;
}

bool stls_profile_is_kept(const struct stls_certificate *chain, size_t count, int rules,
                          bool is_server, struct stls_profile_fault *ret)
{
    for (size_t i = 0; i < count; i++) {
        struct stls_profile_view view = {chain, count, i, &chain[i]};

        if (rules >= STLS_CHAIN_RULES_RFC5280 && chain[i].malformed != NULL) {
            *ret = (struct stls_profile_fault){chain[i].malformed, X509_V_ERR_INVALID_EXTENSION,
                                               (int)i};
            return false;
        }
        if (!keeps(&view, roles_of(&view, is_server), rules, ret))
            return false;
    }
    return true;
}
