/* report_exception.c - stricttls report: the section of a policy that would let pass what breaks.
 */
#include <string.h>

#include "report.h"

#include "../core/line.h"
#include "../core/policy_values.h"

#include "../core/banned.h"

enum {
    REMARK_MAX = STLS_REPORT_TEXT_MAX + 80,
};

const char *stls_report_clean(const char *text, char cleaned[STLS_REPORT_TEXT_MAX])
{
    size_t i;

    for (i = 0; i < STLS_REPORT_TEXT_MAX - 1 && text[i] != '\0'; i++)
        cleaned[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
    cleaned[i] = '\0';
    return cleaned;
}

/* What a section's name may be made of; another one would be read as something else. */
static bool is_section_name(const char *name)
{
    return *name != '\0' && strlen(name) < 256 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+:-") ==
               strlen(name);
}

/* What a section has to say: each word once, whatever asked for it. */
struct loosened {
    const char *protocol; /* the lowest; NULL: MinProtocol stays */
    char ciphers[STLS_VALUE_MAX], ciphersuites[STLS_VALUE_MAX]; /* "": they stay */
};

/* OpenSSL calls them weak for what they are, not for how long they are. */
static bool is_no_protection(const char *cipher)
{
    return strstr(cipher, "NULL") != NULL || strncmp(cipher, "ADH-", 4) == 0 ||
           strncmp(cipher, "AECDH-", 6) == 0 || strncmp(cipher, "EXP", 3) == 0;
}

static const char *older_protocol(const char *protocol)
{
    return strcmp(protocol, "1.0") == 0 ? "TLSv1" : strcmp(protocol, "1.1") == 0 ? "TLSv1.1" : NULL;
}

/* Adds a cipher to what the policy has, once; false where it does not fit. */
static bool add_cipher(char list[STLS_VALUE_MAX], const char *word, const char *cipher)
{
    const char *found = list;
    size_t used;

    if (list[0] == '\0')
        stls_word_initial(stls_policy_find_word(word, strlen(word)), list);
    while ((found = strstr(found, cipher)) != NULL) {
        char after = found[strlen(cipher)];

        if ((found == list || found[-1] == ':') && (after == ':' || after == '\0'))
            return true;
        found++;
    }
    used = strlen(list);
    return used + strlen(cipher) + 2 < STLS_TEXT_MAX &&
           snprintf(list + used, STLS_TEXT_MAX - used, ":%s", cipher) > 0;
}

/* What lets pass the cell: a line, or nothing where it is among what was loosened. False where only
 * a person can tell. */
static bool loosen(const struct stls_report_cell *cell, struct loosened *made,
                   const char **ret_line)
{
    static const char *const lines[][2] = {
        {"VerifyPeer=", "VerifyPeer = app"},     {"VerifyClient=", "VerifyClient = app"},
        {"CheckHost=", "CheckHost = app"},       {"UnknownHost=", "UnknownHost = allow"},
        {"ChainRules=", "ChainRules = openssl"}, {"AllowRawPublicKey=", "AllowRawPublicKey = yes"},
        {"AllowPSK=", "AllowPSK = yes"},
    };
    const char *older = older_protocol(cell->protocol);
    bool has_cipher = is_section_name(cell->cipher) && !is_no_protection(cell->cipher);

    *ret_line = NULL;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strncmp(cell->rule, lines[i][0], strlen(lines[i][0])) == 0)
            *ret_line = lines[i][1];
    if (*ret_line != NULL)
        return true;
    if (strcmp(cell->rule, "Ciphersuites") == 0)
        return stls_registry_find_name(STLS_REGISTRY_CIPHERSUITE, cell->cipher,
                                       strlen(cell->cipher)) != NULL &&
               add_cipher(made->ciphersuites, "Ciphersuites", cell->cipher);
    if (strcmp(cell->rule, "MinProtocol") == 0 ? older == NULL
                                               : strcmp(cell->rule, "CipherString") != 0)
        return false;
    if (older != NULL && (made->protocol == NULL || strcmp(older, made->protocol) < 0))
        made->protocol = older;
    return has_cipher ? add_cipher(made->ciphers, "CipherString", cell->cipher) : older != NULL;
}

/* Adds a line, once in each section. */
static void add_line(struct stls_line *text, size_t section, const char *line)
{
    char whole[STLS_VALUE_MAX + 64];

    snprintf(whole, sizeof whole, "\n%s\n", line);
    if (strstr(text->text + section, whole) == NULL)
        stls_line_add(text, whole + 1);
}

static void add_word(struct stls_line *text, size_t section, const char *word, const char *value)
{
    char line[STLS_VALUE_MAX + 32];

    if (value == NULL || value[0] == '\0')
        return;
    snprintf(line, sizeof line, "%s = %s", word, value);
    add_line(text, section, line);
}

/* The section to paste for a program or a host: what would let pass the cells of that name. All of
 * it or nothing. */
static void add_section(const struct stls_report_group *group, enum stls_report_by about,
                        const char *name, struct stls_line *text)
{
    char line[STLS_REPORT_TEXT_MAX + 64], cleaned[STLS_REPORT_TEXT_MAX];
    struct loosened made = {.protocol = NULL};
    size_t section = text->length;

    snprintf(line, sizeof line, "[%s/%s]", about == STLS_REPORT_BY_HOST ? "host" : "app", name);
    add_line(text, section, line);
    for (size_t i = 0; i < group->count; i++) {
        const char *loosening;

        if (strcmp(group->cells[i].key[about], name) != 0)
            continue;
        if (!loosen(&group->cells[i], &made, &loosening)) {
            snprintf(line, sizeof line, "# %s: nothing can be proposed",
                     stls_report_clean(group->cells[i].rule, cleaned));
            loosening = line;
        }
        if (loosening != NULL)
            add_line(text, section, loosening);
    }
    add_word(text, section, "MinProtocol", made.protocol);
    /* Below TLS 1.2 OpenSSL 3 knows no signature that is any better. */
    add_word(text, section, "SecurityLevel", made.protocol != NULL ? "0" : NULL);
    add_word(text, section, "CipherString", made.ciphers);
    add_word(text, section, "Ciphersuites", made.ciphersuites);
    add_line(text, section, "Reason =");
    add_line(text, section, "Expires =");
    if (text->is_cut) {
        text->length = section;
        text->text[section] = '\0';
    }
}

/* By reason there can be several programs: the most frequent ones. */
void stls_report_exception(const struct stls_report_group *group, enum stls_report_by by,
                           char text[STLS_REPORT_EXCEPTION_MAX])
{
    enum stls_report_by about = by == STLS_REPORT_BY_REASON ? STLS_REPORT_BY_PROGRAM : by;
    struct stls_line all = stls_line_start(text, STLS_REPORT_EXCEPTION_MAX - REMARK_MAX);
    char cleaned[STLS_REPORT_TEXT_MAX], remark[REMARK_MAX] = "";

    for (size_t i = 0; i < group->count && i < STLS_REPORT_DETAILS_MAX; i++) {
        const char *name = group->cells[i].key[about];
        bool is_new = true;

        for (size_t j = 0; j < i; j++)
            is_new = is_new && strcmp(group->cells[j].key[about], name) != 0;
        if (is_new && is_section_name(name))
            add_section(group, about, name, &all);
        else if (is_new && *name != '\0')
            snprintf(remark, sizeof remark,
                     "# %s: to name it, a section needs a pattern, with ? for a character\n",
                     stls_report_clean(name, cleaned));
        if (all.is_cut)
            snprintf(remark, sizeof remark, "# a section of %s would be too long\n", name);
        all.is_cut = false;
    }
    all.size = STLS_REPORT_EXCEPTION_MAX;
    stls_line_add(&all, remark);
}
