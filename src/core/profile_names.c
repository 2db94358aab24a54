/* profile_names.c - the rules about the names that a certificate gives its subject (RFC 5280,
 * 4.1.2.6 and 4.2.1.6). Whether one of them is the host's is not asked here. */
#include "profile_rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "banned.h"

enum {
    NAME_MAX_OCTETS = 253,
    LABEL_MAX_OCTETS = 63,
};

static bool is_digit(unsigned char octet)
{
    return octet >= '0' && octet <= '9';
}

static bool is_letter(unsigned char octet)
{
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

static bool is_label(const unsigned char *at, size_t length, bool has_wildcards)
{
    if (length == 0 || length > LABEL_MAX_OCTETS || at[0] == '-' || at[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_digit(at[i]) && !is_letter(at[i]) && at[i] != '-' &&
            !(has_wildcards && at[i] == '*'))
            return false;
    return true;
}

/* Of the label that name begins with. */
static size_t label_length(struct stls_der name)
{
    const unsigned char *dot = memchr(name.at, '.', name.length);

    return dot != NULL ? (size_t)(dot - name.at) : name.length;
}

bool stls_profile_is_host_name(struct stls_der name, bool has_wildcards)
{
    bool is_number = true;

    if (name.length == 0 || name.length > NAME_MAX_OCTETS)
        return false;
    for (;;) {
        size_t length = label_length(name);

        if (!is_label(name.at, length, has_wildcards))
            return false;
        is_number = true;
        for (size_t i = 0; i < length; i++)
            is_number = is_number && is_digit(name.at[i]);
        if (length == name.length)
            return !is_number;
        name = (struct stls_der){name.at + length + 1, name.length - length - 1};
        if (name.length == 0)
            return false;
    }
}

/* RFC 5321, 4.1.2. A quoted local part may hold anything; its quotes are all that is looked at. */
bool stls_profile_is_mailbox(struct stls_der name)
{
    size_t local = name.length;
    struct stls_der host;

    while (local > 0 && name.at[local - 1] != '@')
        local--;
    if (local < 2)
        return false;
    host = (struct stls_der){name.at + local, name.length - local};
    local--;
    for (size_t i = 0; i < local; i++)
        if (name.at[i] <= ' ' || name.at[i] >= 0x7f || (name.at[i] == '@' && name.at[0] != '"'))
            return false;
    return stls_profile_is_host_name(host, false) || (host.length > 0 && host.at[0] == '[');
}

static bool are_all_names(const struct stls_profile_view *view,
                          bool (*is_good)(unsigned tag, struct stls_der name))
{
    struct stls_der rest = stls_profile_alt_names(view->certificate), name;
    unsigned tag;

    while (stls_der_next(&rest, &tag, &name))
        if (!is_good(tag, name))
            return false;
    return true;
}

/* 4.2.1.6. How asterisks are meant "is not addressed by this specification". */
static bool is_well_formed(unsigned tag, struct stls_der name)
{
    switch (tag) {
    case STLS_NAME_DNS:
        return stls_profile_is_host_name(name, true);
    case STLS_NAME_IP:
        return name.length == 4 || name.length == 16;
    case STLS_NAME_RFC822:
        return stls_profile_is_mailbox(name);
    case STLS_NAME_URI:
        return name.length > 0;
    default:
        return true;
    }
}

static bool has_well_formed_names(const struct stls_profile_view *view)
{
    return are_all_names(view, is_well_formed);
}

/* 4.1.2.6 */
static bool has_critical_names_if_alone(const struct stls_profile_view *view)
{
    const struct stls_extension *names =
        stls_profile_extension(view, STLS_EXTENSION_SUBJECT_ALT_NAME);

    return view->certificate->subject.length > 0 || (names->is_present && names->is_critical);
}

/* BR 7.1.2.7.12, also the next two */
static bool has_critical_names_only_if_alone(const struct stls_profile_view *view)
{
    return view->certificate->subject.length == 0 ||
           !stls_profile_extension(view, STLS_EXTENSION_SUBJECT_ALT_NAME)->is_critical;
}

static bool is_of_host(unsigned tag, struct stls_der name)
{
    (void)name;
    return tag == STLS_NAME_DNS || tag == STLS_NAME_IP;
}

static bool has_names_of_hosts_only(const struct stls_profile_view *view)
{
    return stls_profile_alt_names(view->certificate).length > 0 && are_all_names(view, is_of_host);
}

/* The first label is an asterisk and nothing else is, with a name of two labels or more behind it:
 * "*.com" and "*" would be a registry's (BR 3.2.2.6). Of registries with more labels only a list
 * knows. */
static bool is_name_or_wildcard(unsigned tag, struct stls_der name)
{
    if (tag != STLS_NAME_DNS)
        return true;
    if (name.length < 2 || name.at[0] != '*' || name.at[1] != '.')
        return stls_profile_is_host_name(name, false);
    name = (struct stls_der){name.at + 2, name.length - 2};
    return stls_profile_is_host_name(name, false) && label_length(name) < name.length;
}

/* Names with one label and addresses of private networks pass: they are Internal Names to the
 * public, but to whoever runs their own CA they are hosts. */
static bool has_whole_wildcards(const struct stls_profile_view *view)
{
    return are_all_names(view, is_name_or_wildcard);
}

/* The common names of the subject: how many, and the last. */
static size_t find_common_name(const struct stls_certificate *certificate, struct stls_der *ret)
{
    static const char common_name[] = "\x55\x04\x03";
    struct stls_der rest = certificate->subject, set, attribute, oid;
    size_t count = 0;
    unsigned tag;

    while (stls_der_take(&rest, STLS_DER_SET, &set))
        while (stls_der_take(&set, STLS_DER_SEQUENCE, &attribute))
            if (stls_der_take(&attribute, STLS_DER_OID, &oid) &&
                stls_der_equals_octets(oid, common_name, sizeof common_name - 1) &&
                stls_der_next(&attribute, &tag, ret))
                count++;
    return count;
}

/* In the text that BR 7.1.4.3 asks for: dotted decimal, or that of RFC 5952. */
static bool is_text_of_address(struct stls_der text, struct stls_der address)
{
    char canonical[INET6_ADDRSTRLEN];

    return (address.length == 4 || address.length == 16) &&
           inet_ntop(address.length == 4 ? AF_INET : AF_INET6, address.at, canonical,
                     sizeof canonical) != NULL &&
           stls_der_equals_octets(text, canonical, strlen(canonical));
}

/* Text that some program would take for an address: "0xC0A80101", "192.168.001.001", "::1". */
static bool looks_like_address(struct stls_der text)
{
    char copy[64];
    struct in_addr address;

    if (text.length >= sizeof copy || text.length == 0)
        return false;
    memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    return strchr(copy, ':') != NULL || inet_aton(copy, &address) != 0;
}

static bool is_below(struct stls_der name, struct stls_der domain)
{
    return name.length > domain.length + 1 &&
           memcmp(name.at + name.length - domain.length, domain.at, domain.length) == 0 &&
           name.at[name.length - domain.length - 1] == '.';
}

/* BR 7.1.4.3: a common name is one of the alternative names, character for character. Two others
 * pass, since they claim no host that the certificate isn't for and private CAs use them: the
 * domain that one of the names lies in, and a plain word where the names are all addresses. */
static bool has_common_name_from_names(const struct stls_profile_view *view)
{
    struct stls_der rest = stls_profile_alt_names(view->certificate), name, common = {NULL, 0};
    size_t count = find_common_name(view->certificate, &common);
    bool has_dns_names = false;
    unsigned tag;

    if (count == 0)
        return true;
    if (count > 1 || common.length == 0)
        return false;
    while (stls_der_next(&rest, &tag, &name)) {
        has_dns_names = has_dns_names || tag == STLS_NAME_DNS;
        if ((tag == STLS_NAME_DNS && (stls_der_equals(name, common) || is_below(name, common))) ||
            (tag == STLS_NAME_IP && is_text_of_address(common, name)))
            return true;
    }
    return !has_dns_names && !looks_like_address(common);
}

#define RULES(RULE)                                                                                \
    RULE(STLS_PROFILE_ANY, RFC5280, UNSUPPORTED_NAME_SYNTAX, has_well_formed_names,                \
         "subject alternative name is not well-formed")                                            \
    RULE(STLS_PROFILE_ANY, RFC5280, INVALID_EXTENSION, has_critical_names_if_alone,                \
         "neither a subject nor a critical subject alternative name")                              \
    RULE(STLS_PROFILE_SERVER, WEBPKI, INVALID_EXTENSION, has_critical_names_only_if_alone,         \
         "subject alternative name is critical beside a subject")                                  \
    RULE(STLS_PROFILE_SERVER, WEBPKI, UNSUPPORTED_NAME_SYNTAX, has_names_of_hosts_only,            \
         "subject alternative name has no names of hosts, or others too")                          \
    RULE(STLS_PROFILE_SERVER, WEBPKI, UNSUPPORTED_NAME_SYNTAX, has_whole_wildcards,                \
         "wildcard is not a whole first label with two more behind it")                            \
    RULE(STLS_PROFILE_SERVER, WEBPKI, UNSUPPORTED_NAME_SYNTAX, has_common_name_from_names,         \
         "common name is not one of the subject alternative names")

void stls_profile_check_names(struct stls_profile_view *view)
{
    view->reasons = RULES(STLS_PROFILE_REASON);
    RULES(STLS_PROFILE_CHECK)
}
