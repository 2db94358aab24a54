/* profile_rules.h - what a rule of a profile is; for profile*.c only. */
#ifndef STLS_PROFILE_RULES_H
#define STLS_PROFILE_RULES_H

#include <openssl/x509_vfy.h> /* the numbers of errors only */

#include "policy.h"
#include "profile.h"

/* What a certificate is in its chain. */
enum {
    STLS_PROFILE_LEAF = 1,
    STLS_PROFILE_SERVER = 2, /* a leaf that is a server's */
    STLS_PROFILE_INTERMEDIATE = 4,
    STLS_PROFILE_ANCHOR = 8,
    STLS_PROFILE_ISSUER = STLS_PROFILE_INTERMEDIATE | STLS_PROFILE_ANCHOR,
    STLS_PROFILE_ANY = STLS_PROFILE_LEAF | STLS_PROFILE_ISSUER,
};

/* One certificate, with the chain that it stands in, and what is asked of it. */
struct stls_profile_view {
    const struct stls_certificate *chain;
    size_t count, index;
    const struct stls_certificate *certificate; /* &chain[index] */
    unsigned roles;
    int rules; /* enum stls_chain_rules */
    struct stls_profile_fault
        *fault; /* out: the first rule that is not kept; .reason is NULL before */
};

/* One rule: whom it binds, from which level on, and the error if it is not kept; as one number,
 * since there are many. */
#define STLS_PROFILE_RULE(roles, from, error)                                                      \
    ((unsigned)(roles) | (unsigned)(from) << 8 | (unsigned)(error) << 16)

/* Notes the fault if the rule binds this certificate and is_kept says no. Only the first is noted:
 * then no more is asked. Calls rather than a table of pointers, which would cost every process
 * relocations. */
void stls_profile_check(const struct stls_profile_view *view, unsigned rule,
                        bool (*is_kept)(const struct stls_profile_view *view), const char *reason);

/* The rules, by theme; cheap ones and those that others rest on come first. */
void stls_profile_check_fields(const struct stls_profile_view *view);
void stls_profile_check_extensions(const struct stls_profile_view *view);
void stls_profile_check_keys(const struct stls_profile_view *view);
void stls_profile_check_names(const struct stls_profile_view *view);
void stls_profile_check_constraints(const struct stls_profile_view *view);

/* The last of its chain, and issued by itself: nothing above it that it could speak of. */
bool stls_profile_is_root(const struct stls_profile_view *view);

static inline const struct stls_extension *
stls_profile_extension(const struct stls_profile_view *view, enum stls_extension_id id)
{
    return &view->certificate->extensions[id];
}

/* GeneralName (RFC 5280, 4.2.1.6). */
enum {
    STLS_NAME_RFC822 = STLS_DER_CONTEXT(1),
    STLS_NAME_DNS = STLS_DER_CONTEXT(2),
    STLS_NAME_URI = STLS_DER_CONTEXT(6),
    STLS_NAME_IP = STLS_DER_CONTEXT(7),
};

/* What an extension that is a SEQUENCE holds; nothing where there is none. */
struct stls_der stls_profile_elements(const struct stls_certificate *certificate,
                                      enum stls_extension_id id);

static inline struct stls_der stls_profile_alt_names(const struct stls_certificate *certificate)
{
    return stls_profile_elements(certificate, STLS_EXTENSION_SUBJECT_ALT_NAME);
}

/* "Preferred name syntax" (RFC 1034, 3.5, and RFC 1123, 2.1): letters, digits and hyphens in labels
 * of 1 to 63, no trailing dot, and not an address: the last label isn't all digits. With
 * has_wildcards an asterisk counts as a letter. */
bool stls_profile_is_host_name(struct stls_der name, bool has_wildcards);

/* user@host, by form. */
bool stls_profile_is_mailbox(struct stls_der name);

#endif
