/* profile_rules.h - what a rule of a profile is; for profile*.c only. */
#ifndef STLS_PROFILE_RULES_H
#define STLS_PROFILE_RULES_H

#include <openssl/x509_vfy.h> /* the numbers of errors only */

#include "certificate.h"
#include "policy.h"

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
    int rules;           /* enum stls_chain_rules */
    const char *reasons; /* of the rules that are still to be asked */
    const char *fault;   /* out: why the first is not kept that is not; NULL before */
    int error;           /* the same, as X509_V_ERR_* */
};

/* One rule: whom it binds, from which level on, and the error if it is not kept; as one number,
 * since there are many. */
#define STLS_PROFILE_RULE(roles, from, error)                                                      \
    ((unsigned)(roles) | (unsigned)STLS_CHAIN_RULES_##from << 8 |                                  \
     (unsigned)X509_V_ERR_##error << 16)

/* Rules are lists of rows: RULE(roles, from, error, is_kept, reason). From one come the reasons,
 * one text behind the other, and the calls that ask the rules in turn. Calls rather than a table of
 * pointers, which would cost every process relocations. */
#define STLS_PROFILE_REASON(roles, from, error, is_kept, reason) reason "\0"
#define STLS_PROFILE_CHECK(roles, from, error, is_kept, reason)                                    \
    stls_profile_check(view, STLS_PROFILE_RULE(roles, from, error), is_kept);

/* Notes the fault if the rule binds this certificate and is_kept says no; its reason is the next of
 * view->reasons. Only the first fault is noted: then no more is asked. */
void stls_profile_check(struct stls_profile_view *view, unsigned rule,
                        bool (*is_kept)(const struct stls_profile_view *view));

/* The rules, by theme; cheap ones and those that others rest on come first. */
void stls_profile_check_fields(struct stls_profile_view *view);
void stls_profile_check_extensions(struct stls_profile_view *view);
void stls_profile_check_keys(struct stls_profile_view *view);
void stls_profile_check_names(struct stls_profile_view *view);
void stls_profile_check_constraints(struct stls_profile_view *view);

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
