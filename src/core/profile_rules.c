/* profile_rules.c - see profile_rules.h */
#include "profile_rules.h"

#include <string.h>

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
    if (view->fault != NULL || (rule & view->roles) == 0 || view->rules < (int)(rule >> 8 & 0xff) ||
        is_kept(view))
        return;
    view->fault = reason;
    view->error = (int)(rule >> 16);
}
