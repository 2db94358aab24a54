/* profile_constraints.c - the rules about name constraints (RFC 5280, 4.2.1.10). That plain names
 * lie in the permitted subtrees, and in none excluded, is OpenSSL's to check. */
#include "profile_rules.h"

#include "banned.h"

/* One subtree: GeneralName and the two distances of the syntax. */
struct subtree {
    unsigned tag;
    struct stls_der base;
};

enum kind {
    PERMITTED,
    EXCLUDED,
};

/* The subtrees of this kind; none where there is no extension. */
static struct stls_der subtrees_of(const struct stls_certificate *certificate, enum kind kind)
{
    struct stls_der lists[2] = {{NULL, 0}, {NULL, 0}};

    (void)stls_der_read(stls_profile_elements(certificate, STLS_EXTENSION_NAME_CONSTRAINTS),
                        "\xa0?\xa1?", lists);
    return lists[kind];
}

/* Minimum and maximum "are not used with any name forms". */
static bool take_subtree(struct stls_der *rest, struct subtree *ret)
{
    struct stls_der subtree, minimum;

    return stls_der_take(rest, STLS_DER_SEQUENCE, &subtree) &&
           stls_der_next(&subtree, &ret->tag, &ret->base) &&
           stls_der_take_optional(&subtree, STLS_DER_CONTEXT(0), &minimum) &&
           (minimum.at == NULL || stls_der_equals_octets(minimum, "", 1)) && subtree.length == 0;
}

/* The bits of a CIDR mask are a run of ones (RFC 4632). */
static bool is_network(struct stls_der base)
{
    size_t half = base.length / 2;
    bool has_ended = false;

    if (base.length != 8 && base.length != 32)
        return false;
    for (size_t i = half; i < base.length; i++)
        for (int bit = 7; bit >= 0; bit--) {
            bool is_set = (base.at[i] >> bit & 1) != 0;

            if (is_set && has_ended)
                return false;
            has_ended = has_ended || !is_set;
        }
    return true;
}

/* A host, or with a period before it what lies below. */
static bool is_host_or_domain(struct stls_der base)
{
    if (base.length > 0 && base.at[0] == '.')
        base = (struct stls_der){base.at + 1, base.length - 1};
    return stls_profile_is_host_name(base, false);
}

/* A period in front has a meaning for mail and URIs, but none for dNSName. */
static bool is_base(const struct subtree *subtree)
{
    switch (subtree->tag) {
    case STLS_NAME_DNS:
        return subtree->base.length == 0 || stls_profile_is_host_name(subtree->base, false);
    case STLS_NAME_IP:
        return is_network(subtree->base);
    case STLS_NAME_RFC822:
        return subtree->base.length == 0 || is_host_or_domain(subtree->base) ||
               stls_profile_is_mailbox(subtree->base);
    case STLS_NAME_URI:
        return subtree->base.length == 0 || is_host_or_domain(subtree->base);
    default:
        return true;
    }
}

static bool are_subtrees(struct stls_der list)
{
    struct subtree subtree;

    while (list.length > 0)
        if (!take_subtree(&list, &subtree) || !is_base(&subtree))
            return false;
    return true;
}

static bool has_well_formed_constraints(const struct stls_profile_view *view)
{
    struct stls_der permitted = subtrees_of(view->certificate, PERMITTED);
    struct stls_der excluded = subtrees_of(view->certificate, EXCLUDED);

    if (!stls_profile_extension(view, STLS_EXTENSION_NAME_CONSTRAINTS)->is_present)
        return true;
    return permitted.length + excluded.length > 0 &&
           (permitted.at == NULL || permitted.length > 0) &&
           (excluded.at == NULL || excluded.length > 0) && are_subtrees(permitted) &&
           are_subtrees(excluded);
}

static bool has_constraints_as_ca_only(const struct stls_profile_view *view)
{
    return view->certificate->is_ca ||
           !stls_profile_extension(view, STLS_EXTENSION_NAME_CONSTRAINTS)->is_present;
}

/* BR 7.1.2.10.8 lets them not be so, "as an explicit exception from RFC 5280". OpenSSL heeds them
 * either way. */
static bool has_critical_constraints(const struct stls_profile_view *view)
{
    const struct stls_extension *constraints =
        stls_profile_extension(view, STLS_EXTENSION_NAME_CONSTRAINTS);

    return !constraints->is_present || constraints->is_critical ||
           view->rules == STLS_CHAIN_RULES_WEBPKI;
}

static unsigned char to_lower(unsigned char octet)
{
    return octet >= 'A' && octet <= 'Z' ? (unsigned char)(octet + 'a' - 'A') : octet;
}

/* The domain itself or a name below it. */
static bool is_within(struct stls_der name, struct stls_der domain)
{
    size_t before = name.length - domain.length;

    if (domain.length == 0)
        return true;
    if (name.length < domain.length || (before > 0 && name.at[before - 1] != '.'))
        return false;
    for (size_t i = 0; i < domain.length; i++)
        if (to_lower(name.at[before + i]) != to_lower(domain.at[i]))
            return false;
    return true;
}

/* Exactly one label below the domain. */
static bool is_child(struct stls_der name, struct stls_der domain)
{
    if (name.length < domain.length + 2 || !is_within(name, domain))
        return false;
    for (size_t i = 0; i + 1 < name.length - domain.length; i++)
        if (name.at[i] == '.')
            return false;
    return true;
}

/* The next name "*.domain". OpenSSL compares the asterisk as if it were a label like others, but it
 * stands for each: CVE-2025-61727. */
static bool take_wildcard(struct stls_der *rest, struct stls_der *ret_domain)
{
    struct stls_der name;
    unsigned tag;

    while (stls_der_next(rest, &tag, &name))
        if (tag == STLS_NAME_DNS && name.length > 2 && name.at[0] == '*' && name.at[1] == '.') {
            *ret_domain = (struct stls_der){name.at + 2, name.length - 2};
            return true;
        }
    return false;
}

static bool is_excluded(struct stls_der domain, struct stls_der list)
{
    struct subtree subtree;

    while (take_subtree(&list, &subtree))
        if (subtree.tag == STLS_NAME_DNS && is_child(subtree.base, domain))
            return true;
    return false;
}

/* Names times subtrees: OpenSSL, which comes first, gives up at 2^20 (NAME_CHECK_MAX). */
static bool has_wildcards_not_excluded(const struct stls_profile_view *view)
{
    struct stls_der rest = stls_profile_alt_names(view->certificate), domain;

    while (take_wildcard(&rest, &domain))
        for (size_t i = 1; i < view->count; i++)
            if (is_excluded(domain, subtrees_of(&view->chain[i], EXCLUDED)))
                return false;
    return true;
}

#define RULES(RULE)                                                                                \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_constraints_as_ca_only,                 \
         "name constraints in a certificate that is no CA's")                                      \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_critical_constraints,                   \
         "name constraints are not critical")                                                      \
    RULE(STLS_PROFILE_ANY, RFC5280, UNSUPPORTED_CONSTRAINT_SYNTAX, has_well_formed_constraints,    \
         "name constraints are not well-formed")                                                   \
    RULE(STLS_PROFILE_LEAF, RFC5280, EXCLUDED_VIOLATION, has_wildcards_not_excluded,               \
         "wildcard reaches into an excluded subtree")

void stls_profile_check_constraints(struct stls_profile_view *view)
{
    view->reasons = RULES(STLS_PROFILE_REASON);
    RULES(STLS_PROFILE_CHECK)
}
