/* profile.c - see profile.h */
#include "profile.h"

#include <string.h>

#include "profile_rules.h"

#include "banned.h"

bool stls_profile_is_root(const struct stls_profile_view *view)
{
    return view->index + 1 == view->count && stls_certificate_is_self_issued(view->certificate);
}

struct stls_der stls_profile_elements(const struct stls_certificate *certificate,
                                      enum stls_extension_id id)
{
    struct stls_der rest = {NULL, 0};

    if (certificate->extensions[id].is_present)
        (void)stls_der_is_one(certificate->extensions[id].value, STLS_DER_SEQUENCE, &rest);
    return rest;
}

void stls_profile_check(struct stls_profile_view *view, unsigned rule,
                        bool (*is_kept)(const struct stls_profile_view *view))
{
    const char *reason = view->reasons;

    view->reasons += strlen(reason) + 1;
    if (view->fault->reason == NULL && (rule & view->roles) != 0 &&
        view->rules >= (int)(rule >> 8 & 0xff) && !is_kept(view))
        *view->fault = (struct stls_profile_fault){reason, (int)(rule >> 16), (int)view->index};
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
    *ret = (struct stls_profile_fault){.reason = NULL};
    for (size_t i = 0; i < count && ret->reason == NULL; i++) {
        struct stls_profile_view view = {
            .chain = chain,
            .count = count,
            .index = i,
            .certificate = &chain[i],
            .roles = roles_of(i, count, is_server),
            .rules = rules,
            .fault = ret,
        };

        if (chain[i].malformed != NULL && rules >= STLS_CHAIN_RULES_RFC5280)
            *ret = (struct stls_profile_fault){chain[i].malformed, X509_V_ERR_INVALID_EXTENSION,
                                               (int)i};
        stls_profile_check_fields(&view);
        stls_profile_check_extensions(&view);
        stls_profile_check_keys(&view);
        stls_profile_check_names(&view);
        stls_profile_check_constraints(&view);
    }
    return ret->reason == NULL;
}
