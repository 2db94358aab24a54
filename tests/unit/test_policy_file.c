/* test_policy_file.c - sections, patterns, what is refused with which line, and who wins.
 *
 * Values are read by a parser as simple as can be; that OpenSSL's agrees is tested with the
 * library.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/policy_stack.h"
#include "../../src/core/policy_values.h"

/* A parser of "[section]" and "word = value" lines. */
struct parser {
    const char *text;
    char value[256];
};

static bool load(void *arg, const char *text, size_t length, long *ret_line)
{
    struct parser *parser = arg;

    (void)length, (void)ret_line;
    parser->text = text;
    return true;
}

static const char *value(void *arg, const char *section, const char *name)
{
    struct parser *parser = arg;
    char head[64];
    const char *line, *end;

    snprintf(head, sizeof head, "[%s", section);
    for (line = parser->text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, head, strlen(head)) == 0 && strchr(" ]", line[strlen(head)]) != NULL)
            break;
    }
    for (line = line != NULL ? strchr(line, '\n') : NULL; line != NULL && line[1] != '[';
         line = strchr(line + 1, '\n'))
        if (strncmp(line + 1, name, strlen(name)) == 0 &&
            strchr(" =", line[1 + strlen(name)]) != NULL) {
            line = strchr(line, '=') + 1;
            line += strspn(line, " ");
            end = strchr(line, '\n');
            snprintf(parser->value, sizeof parser->value, "%.*s", (int)(end - line), line);
            return parser->value;
        }
    return NULL;
}

struct problems {
    char text[2048];
};

static void note(void *arg, unsigned line, const char *word, const char *expected)
{
    struct problems *problems = arg;
    size_t used = strlen(problems->text);

    snprintf(problems->text + used, sizeof problems->text - used, "%u %s: %s\n", line, word,
             expected);
}

/* The file lives as long as the test process: a few bytes. */
static bool read_file(struct stls_policy_file *file, const char *text, struct problems *problems)
{
    char *copy = strdup(text);
    struct parser parser = {.text = copy};
    const struct stls_policy_parser callbacks = {load, value, &parser};
    void *memory = malloc(stls_policy_file_size(copy, strlen(copy)));

    problems->text[0] = '\0';
    cr_assert(memory != NULL);
    return stls_policy_file_read(file, "test.cnf", copy, strlen(copy), memory, &callbacks, note,
                                 problems);
}

Test(file, everything_wrong_is_told_at_once)
{
    static const char text[] = "MinProtocol = TLSv1.3\n" /* 1: before any section */
                               "[policy]\n"
                               "Mode = maybe\n"        /* 3: bad value */
                               "Modus = audit\n"       /* 4: unknown word */
                               "Log = $HOME/log\n"     /* 5: expansion */
                               ".include /etc/other\n" /* 6: directive */
                               "SecurityLevel 2\n"     /* 7: no '=' */
                               "CheckHost = app\n"
                               "CheckHost = require\n" /* 9: twice */
                               "Reason = none\n"       /* 10: not here */
                               "[app/]\n"              /* 11: matches nothing */
                               "[host/a.example]\n"
                               "VerifyPeer = app\n"       /* 13: weaker */
                               "VerifyClient = require\n" /* 14: not for a host */
                               "[host/a.example]\n"       /* 15: twice */
                               "Expires = 2027-02-29\n";  /* 16: no such day */
    struct problems problems;
    struct stls_policy_file file;
    char *rest = problems.text, *line;
    unsigned lines[32], count = 0;
    static const unsigned expected[] = {1, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 16};

    cr_expect(!read_file(&file, text, &problems));
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0' && count < 32)
        lines[count++] = (unsigned)strtoul(line, NULL, 10);
    cr_assert(count == sizeof expected / sizeof expected[0], "%u messages", count);
    for (size_t i = 0; i < count; i++) {
        bool is_there = false;

        for (size_t j = 0; j < count; j++)
            is_there = is_there || lines[j] == expected[i];
        cr_expect(is_there, "nothing about line %u", expected[i]);
    }
}

Test(file, one_mistake_each)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"[policy]\nMode = audit\n", NULL},
        {"# $HOME in a comment\n[policy] # too\n\n", NULL},
        {"[policy]\nMode = audit # $HOME\n", "2 : expected no '$'"},
        {"[policy]\n# \x01\n", "2 : expected text"},
        {"[policy\n", "1 : expected [policy]"},
        {"[policy] Mode = off\n", "1 : expected [policy]"},
        {"[ENV]\n", "1 ENV: nothing could match"},
        {"[x]\nMode = audit\n", "1 x: nothing could match"},
        {"[host/*.example]\nMode = off\n", "2 Mode: weaker"},
        {"[host/*.example]\nMode = off\nReason = test\n", "2 Mode: weaker"},
        {"[host/*.example]\nMode = off\nReason = test\nExpires = 2027-01-31\n", NULL},
        {"[host/*x.example]\n", "1 host/*x.example: nothing"},
        {"[host/a.example:0]\n", "nothing"},
        {"[host/a.example:99999]\n", "nothing"},
        {"[host/a.example:443]\n", NULL},
        {"[host/[::1]:443]\n", NULL},
        {"[host/::1]\n", NULL},
        {"[host/*]\n", NULL},
        {"[app/bin/x]\n", "nothing"},
        {"[app//bin/x]\n", NULL},
        {"[app/python3 backup.py]\n", "nothing"},
        {"[app/python3 */backup.py]\n", NULL},
        {"[host/a]\nVerifyPeer = pin\n", "2 PinSHA256"},
        {"[host/a]\nVerifyPeer = pin\nPinSHA256 = "
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
         NULL},
        {"[policy]\nMinProtocol = TLSv1.3\nMaxProtocol = TLSv1.2\n", "3 MaxProtocol: expected"},
        {"[policy]\nPolicy = strict\n[host/a]\nMinProtocol = TLSv1.2\n", "4 MinProtocol: weaker"},
        {"[app/a]\nPolicy = strict\n", "2 Policy: expected in section [policy]"},
        {"[app/a]\nLockEnvironment = yes\n", "2 LockEnvironment: expected in"},
        {"[policy]\nPolicy = /etc/x\n", "2 Policy: expected intermediate, strict, audit\n"},
        {"[policy]\nMode = \n", "2 Mode: expected"},
        {"[host/b\xc3\xbc"
         "cher.example]\n",
         "nothing could match it; expected the name as it is"},
        {"[host/xn--bcher-kva.example]\n", NULL},
        {"[host/_sip.a-b.example]\n", NULL},
        {"[host/exa?mple.com]\n", "1 host/exa?mple.com: nothing"},
        {"[host/*.exa?mple.com]\n", "nothing"},
        {"[host/8443]\n", "nothing"},
        {"[host/127.1]\n", "nothing"},
        {"[host/127.0.0.1]\n", NULL},
        {"[host/:443]\n", "nothing"},
        {"[app//usr/bin/../bin/x]\n", "nothing"},
        {"[app//usr//bin/x]\n", "nothing"},
        {"[app//usr/./x]\n", "nothing"},
        {"[app//usr/bin/]\n", "nothing"},
        {"[app//usr/b..n/..x]\n", NULL},
        {"[app/python3* */../backup.py]\n", "nothing"},
        {"[host/A.example]\n[host/a.example.]\n", "2 host/a.example.: expected each section once"},
        {"[host/a:443]\n[host/a:0443]\n", "2 host/a:0443: expected each section once"},
        {"[host/*.A]\n[host/*.a]\n", "2 host/*.a: expected each section once"},
        {"[host/[::1]:443]\n[host/[0::1]:443]\n", "2 host/[0::1]:443: expected each section once"},
        {"[host/::1]\n[host/[::1]:443]\n[host/a]\n[host/a:1]\n[app/a]\n[host/*]\n[host/*:1]\n",
         NULL},
        {"[app/sh /x]\n[app/sh  \t/x]\n", "2 app/sh  \t/x: expected each section once"},
        {"[policy]\n[policy]\n", "2 policy: expected each section once"},
        {"[hosts/a]\nMode = maybe\n", "2 Mode: expected"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct problems problems;
        struct stls_policy_file file;
        bool is_good = read_file(&file, rows[i].text, &problems);

        cr_expect(is_good == (rows[i].says == NULL), "row %zu: %s", i, problems.text);
        if (rows[i].says != NULL)
            cr_expect(strstr(problems.text, rows[i].says) != NULL, "row %zu: %s", i, problems.text);
    }
}

Test(file, too_many_sections)
{
    static char text[64 * 1024];
    struct problems problems;
    struct stls_policy_file file;
    size_t used = 0;

    for (size_t i = 0; i < 1024; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "[host/*.h%zu.example]\n", i);
    cr_expect(read_file(&file, text, &problems), "%s", problems.text);
    snprintf(text + used, sizeof text - used, "[app/one]\n[app/more]\n");
    cr_expect(!read_file(&file, text, &problems));
    cr_expect_str_eq(problems.text, "1025 : expected no more than 1024 sections\n");
}

Test(match, globs)
{
    cr_expect(stls_match_glob("*", "") && stls_match_glob("a*c", "abbc"));
    cr_expect(stls_match_glob("/usr/*/x?", "/usr/lib/a/x1") && !stls_match_glob("a?", "a"));
    cr_expect(!stls_match_glob("a*b", "acbc") && stls_match_glob("*a*b*", "xaxbx"));
}

Test(match, programs)
{
    static const struct stls_match_program program = {"/usr/bin/python3.11", "/opt/x/backup.py"};
    static const char *const order[] = {
        "*",
        "python3*",
        "python3.11",
        "/usr/*",
        "/usr/bin/python3.11",
        "python3* *",
        "python3* */backup.py",
    };
    unsigned before = 0;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        unsigned specific = stls_match_app(order[i], &program);

        cr_expect(specific > before, "%s", order[i]);
        before = specific;
    }
    cr_expect(stls_match_app("python3", &program) == 0);
    cr_expect(stls_match_app("/usr/bin", &program) == 0);
    cr_expect(stls_match_app("python3.11 */other.py", &program) == 0);
    cr_expect(stls_match_app("*", &(struct stls_match_program){NULL, NULL}) == 0);
}

Test(match, hosts)
{
    struct stls_host name, address;
    struct stls_match_peer peer = {&name, 443}, numeric = {&address, 0};
    static const char *const order[] = {"*",           "*:443",       "*.example",
                                        "*.b.example", "a.b.example", "A.b.example.:443"};
    unsigned before = 0;

    cr_assert(stls_host_parse("a.b.example", &name) && stls_host_parse("[::1]", &address));
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        unsigned specific = stls_match_host(order[i], &peer);

        cr_expect(specific > before, "%s", order[i]);
        before = specific;
    }
    cr_expect(stls_match_host("a.b.example:444", &peer) == 0);
    cr_expect(stls_match_host("*.a.b.example", &peer) == 0);
    cr_expect(stls_match_host("b.example", &peer) == 0);
    cr_expect(stls_match_host("::1", &numeric) != 0 && stls_match_host("[::1]", &numeric) != 0);
    cr_expect(stls_match_host("[::1]:443", &numeric) == 0, "it has no port");
    cr_expect(stls_match_host("*.example", &numeric) == 0);
    numeric.port = STLS_MATCH_ANY_PORT;
    cr_expect(stls_match_host("[::1]:443", &numeric) != 0 && stls_match_host("::1", &numeric) != 0);
}

static const char *variables[8]; /* NAME=value */

static const char *variable(const char *name)
{
    for (size_t i = 0; i < 8 && variables[i] != NULL; i++)
        if (strncmp(variables[i], name, strlen(name)) == 0 && variables[i][strlen(name)] == '=')
            return variables[i] + strlen(name) + 1;
    return NULL;
}

static unsigned count_expired;

static void expired(void *arg, const struct stls_policy_file *file,
                    const struct stls_policy_section *section)
{
    (void)arg, (void)file, (void)section;
    count_expired++;
}

static void resolve(struct stls_policy_sources *sources, const char *host, const char *today,
                    struct stls_effective *ret)
{
    struct stls_policy_matches matches = {.count = 0};
    struct stls_host parsed;
    const struct stls_match_peer peer = {&parsed, 443};

    count_expired = 0;
    sources->variable = variable;
    if (host != NULL) {
        cr_assert(stls_host_parse(host, &parsed));
        stls_policy_match(sources, &peer, &matches);
    }
    cr_assert(stls_policy_resolve(sources, host != NULL ? &matches : NULL, stls_policy_day(today),
                                  expired, NULL, ret));
}

static const char site[] = "[policy]\n"
                           "MinProtocol = TLSv1.2\n"
                           "Groups = X25519:P-256\n"
                           "Log = syslog\n"
                           "[app/curl]\n"
                           "MinProtocol = TLSv1.3\n"
                           "[host/*.example]\n"
                           "SecurityLevel = 3\n"
                           "[host/old.example]\n"
                           "MinProtocol = TLSv1\n"
                           "Reason = a printer\n"
                           "Expires = 2026-12-31\n"
                           "[host/new.example]\n"
                           "MinProtocol = TLSv1.2\n";

Test(stack, the_most_specific_section_wins)
{
    struct stls_policy_file file;
    struct problems problems;
    struct stls_policy_sources sources = {.system = &file};
    struct stls_effective made;

    cr_assert(read_file(&file, site, &problems), "%s", problems.text);
    resolve(&sources, "x.example", "2026-11-24", &made);
    cr_expect(made.policy.security_level == 3 && made.policy.min_protocol == 0x0303);
    cr_expect(made.last_day == LONG_MAX);
    resolve(&sources, "old.example", "2026-11-24", &made);
    cr_expect(made.policy.security_level == 3 && made.policy.min_protocol == 0x0301);
    cr_expect(made.last_day == stls_policy_day("2026-12-31"));
    resolve(&sources, "old.example", "2026-12-31", &made);
    cr_expect(made.policy.min_protocol == 0x0301, "the last day counts");
    cr_expect(count_expired == 0);
    resolve(&sources, "old.example", "2027-01-01", &made);
    cr_expect(made.policy.min_protocol == 0x0303 && count_expired == 1);
    sources.program.executable = "/usr/bin/curl";
    resolve(&sources, "old.example", "2026-11-24", &made);
    cr_expect(made.policy.min_protocol == 0x0301, "an exception is one for every program");
    resolve(&sources, "new.example", "2026-11-24", &made);
    cr_expect(made.policy.min_protocol == 0x0304, "what is no exception weakens no section");
    resolve(&sources, NULL, "2026-11-24", &made);
    cr_expect(made.policy.min_protocol == 0x0304 && made.policy.security_level == 2);
}

Test(stack, the_environment_only_tightens_the_system)
{
    struct stls_policy_file file;
    struct problems problems;
    struct stls_policy_sources sources = {.system = &file};
    struct stls_effective made;
    char text[128];

    cr_assert(read_file(&file, site, &problems), "%s", problems.text);
    variables[0] = "STRICTTLS_MIN_PROTOCOL=TLSv1";
    variables[1] = "STRICTTLS_SECURITY_LEVEL=4";
    variables[2] = "STRICTTLS_GROUPS=P-256:X448";
    variables[3] = "STRICTTLS_TRUST_STORE=/tmp/mine";
    variables[4] = "STRICTTLS_LOG=none";
    resolve(&sources, NULL, "2026-11-24", &made);
    cr_expect(made.policy.min_protocol == 0x0303);
    cr_expect(made.policy.security_level == 4);
    cr_expect(made.policy.groups.count == 1 && made.policy.groups.number[0] == 0x17);
    cr_expect(made.policy.trust_store == STLS_TRUST_STORE_APP);
    cr_expect(made.policy.log == STLS_LOG_SYSLOG, "the system says where");
    stls_origin_text(&made.origin[stls_policy_find_word("SecurityLevel", 13) -
                                  stls_policy_find_word("Policy", 6)],
                     text, sizeof text);
    cr_expect_str_eq(text, "STRICTTLS_SECURITY_LEVEL");
    stls_origin_text(
        &made.origin[stls_policy_find_word("MinProtocol", 11) - stls_policy_find_word("Policy", 6)],
        text, sizeof text);
    cr_expect_str_eq(text, "test.cnf:2 [policy]");
    sources.shipped = "strict";
    resolve(&sources, NULL, "2026-11-24", &made);
    cr_expect(made.policy.chain_rules == STLS_CHAIN_RULES_WEBPKI);
    sources.system = NULL;
    sources.shipped = NULL;
    resolve(&sources, NULL, "2026-11-24", &made);
    cr_expect(made.policy.min_protocol == 0x0301, "without a system's policy it may");
    cr_expect(made.policy.trust_store == STLS_TRUST_STORE_PATH);
}

/* Policy is a start, and says nothing of where events go. */
Test(stack, a_shipped_policy_leaves_the_log_to_the_environment)
{
    struct stls_policy_file file;
    struct problems problems;
    struct stls_policy_sources sources = {.system = &file};
    struct stls_effective made;

    cr_assert(read_file(&file, "[policy]\nPolicy = strict\nLogFormat = text\n", &problems));
    variables[0] = "STRICTTLS_LOG=stderr";
    variables[1] = "STRICTTLS_LOG_FORMAT=json";
    variables[2] = "STRICTTLS_MIN_PROTOCOL=TLSv1.2";
    variables[3] = NULL;
    resolve(&sources, NULL, "2026-11-24", &made);
    cr_expect(made.policy.log == STLS_LOG_STDERR && made.policy.log_format == STLS_LOG_FORMAT_TEXT);
    cr_expect(made.policy.min_protocol == 0x0304);
}

Test(stack, a_locked_environment_is_not_heeded)
{
    struct stls_policy_file file;
    struct problems problems;
    struct stls_policy_sources sources = {.system = &file, .shipped = "strict"};
    struct stls_effective made;

    cr_assert(read_file(&file, "[policy]\nLockEnvironment = yes\n", &problems));
    variables[0] = "STRICTTLS_MIN_PROTOCOL=TLSv1.3";
    variables[1] = NULL;
    resolve(&sources, NULL, "2026-11-24", &made);
    cr_expect(made.policy.min_protocol == 0x0303);
}

Test(stack, several_hosts_of_one_address)
{
    struct stls_policy_file file;
    struct problems problems;
    const struct stls_policy_sources sources = {.system = &file};
    struct stls_policy_matches matches = {.count = 0};
    struct stls_effective made;
    struct stls_host a, b;

    cr_assert(read_file(&file, site, &problems), "%s", problems.text);
    cr_assert(stls_host_parse("old.example", &a) && stls_host_parse("other.test", &b));
    stls_policy_match(&sources, &(struct stls_match_peer){&a, 443}, &matches);
    stls_policy_match(&sources, &(struct stls_match_peer){&b, 443}, &matches);
    cr_assert(
        stls_policy_resolve(&sources, &matches, stls_policy_day("2026-11-24"), NULL, NULL, &made));
    cr_expect(made.policy.min_protocol == 0x0303, "good enough for both");
    cr_expect(made.policy.security_level == 3);
}

/* "a.a.a. ... example", of so many labels. */
static const char *deep_name(size_t labels)
{
    static char name[STLS_HOST_MAX];

    name[0] = '\0';
    while (labels-- > 0)
        strcat(name, "a.");
    strcat(name, "example");
    return name;
}

/* Sections for the domains above a deep name: two for each. */
static void read_deep(struct stls_policy_file *file, const char *policy, size_t domains)
{
    static char text[128 * 1024];
    struct problems problems;
    size_t used = (size_t)snprintf(text, sizeof text, "[policy]\n%s", policy);

    for (size_t i = 0; i < domains; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "[host/*.%s]\nMinProtocol = TLSv1.2\n"
                                 "[host/*.%s:443]\nMinProtocol = TLSv1.3\n",
                                 deep_name(i), deep_name(i));
    cr_assert(read_file(file, text, &problems), "%s", problems.text);
}

/* No number of matches, and no contradiction, is a way to no policy at all. */
Test(stack, more_matches_than_there_is_room_for)
{
    static const struct {
        const char *policy;
        int mode;
    } rows[] = {{"", STLS_MODE_ENFORCE},
                {"Mode = audit\n", STLS_MODE_AUDIT},
                {"Mode = off\n", STLS_MODE_ENFORCE}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stls_policy_file file;
        struct stls_policy_sources sources = {.system = &file};
        struct stls_effective made;

        read_deep(&file, rows[i].policy, 60);
        resolve(&sources, deep_name(60), "2026-11-24", &made);
        cr_expect(made.contradiction == NULL && made.policy.min_protocol == 0x0304);
        read_deep(&file, rows[i].policy, 100);
        resolve(&sources, deep_name(100), "2026-11-24", &made);
        cr_expect(made.contradiction != NULL && made.policy.mode == rows[i].mode, "row %zu", i);
        cr_expect(made.policy.min_protocol == 0x0303 && made.policy.groups.count > 0);
    }
}

/* Names with the same sections need room for one; one that differs counts all the same. */
Test(stack, many_names_of_one_address)
{
    struct stls_host host;
    struct stls_policy_file file;
    const struct stls_policy_sources sources = {.system = &file};
    struct stls_policy_matches matches = {.count = 0};
    struct stls_effective made;

    read_deep(&file, "", 20);
    for (size_t i = 0; i < 16; i++) {
        cr_assert(stls_host_parse(deep_name(i == 15 ? 1 : 30), &host));
        host.text[0] = (char)('b' + i);
        stls_policy_match(&sources, &(struct stls_match_peer){&host, 443}, &matches);
    }
    cr_expect(matches.host_count == 2 && matches.count == 2 * 20 + 2 + 2 + 2);
    cr_assert(stls_policy_resolve(&sources, &matches, 0, NULL, NULL, &made));
    cr_expect(made.contradiction == NULL && made.policy.min_protocol == 0x0304);
}

static char weakened[256];

static void weaker(void *arg, const struct stls_word *word)
{
    (void)arg;
    snprintf(weakened + strlen(weakened), sizeof weakened - strlen(weakened), "%s ",
             stls_word_name(word));
}

Test(stack, the_environment_weakens)
{
    static const char exceptions[] =
        "[app/curl]\nMinProtocol = TLSv1\nReason = old\nExpires = 2026-12-31\n"
        "[app/wget]\nMode = off\nReason = another's\nExpires = 2026-12-31\n"
        "[host/*]\nVerifyPeer = app\nReason = old\nExpires = 2026-12-31\n"
        "[host/a]\nSecurityLevel = 3\n";
    struct stls_policy_sources sources = {.variable = variable};
    struct stls_policy_file file;
    struct problems problems;

    weakened[0] = '\0';
    variables[0] = "STRICTTLS_MODE=audit";
    variables[1] = "STRICTTLS_CHECK_HOST=app";
    variables[2] = "STRICTTLS_SECURITY_LEVEL=3";
    variables[3] = NULL;
    stls_policy_environment_weakens(&sources, 0, weaker, NULL);
    cr_expect_str_eq(weakened, "Mode CheckHost ");
    variables[0] = NULL;
    sources.program.executable = "/usr/bin/curl";
    cr_assert(read_file(&file, exceptions, &problems), "%s", problems.text);
    sources.file = &file;
    weakened[0] = '\0';
    stls_policy_environment_weakens(&sources, stls_policy_day("2026-12-31"), weaker, NULL);
    cr_expect_str_eq(weakened, "MinProtocol VerifyPeer ");
    weakened[0] = '\0';
    stls_policy_environment_weakens(&sources, stls_policy_day("2027-01-01"), weaker, NULL);
    cr_expect_str_eq(weakened, "", "what has ended");
}

Test(day, dates)
{
    cr_expect(stls_policy_day("1970-01-01") == 0);
    cr_expect(stls_policy_day("2000-03-01") == 11017);
    cr_expect(stls_policy_day("2026-11-24") == 20781);
    cr_expect(stls_policy_day("2028-02-29") == stls_policy_day("2028-03-01") - 1);
    cr_expect(stls_policy_day("2027-02-29") == -1 && stls_policy_day("2027-13-01") == -1);
    cr_expect(stls_policy_day("27-1-1") == -1 && stls_policy_day("2027-06-3x") == -1);
}

Test(policy_file, whose_file_it_may_be)
{
    static const struct {
        unsigned mode, owner, reader, system;
        bool is_good;
    } rows[] = {
        {0644, 0, 0, 0, true},
        {0644, 0, 1000, 0, true}, /* root's */
        {0600, 1000, 1000, 0, true},
        {0644, 1000, 0, 0, false},
        {0644, 1001, 1000, 0, false},
        {0664, 0, 0, 0, false},
        {0646, 1000, 1000, 0, false},
        {0644, 65534, 1000, 65534, true}, /* a namespace without root */
        {0644, 65534, 1000, 0, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect((stls_policy_file_owner_fault(rows[i].mode, rows[i].owner, rows[i].reader,
                                                rows[i].system) == NULL) == rows[i].is_good,
                  "row %zu", i);
}
