/* test_policy_command.c - stricttls policy, and the shipped policies: as files, expanded, by rules.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy_values.h"
#include "support/files.h"
#include "support/process.h"

enum {
    DEADLINE_MS = 20000,
};

static const char *const shipped[] = {"intermediate", "strict", "audit"};

static void run(const char *const *arguments, const char *const *env,
                struct stls_process_result *result)
{
    const char *argv[10] = {getenv("STLS_COMMAND"), "policy"};
    struct stls_process_command what = {.argv = argv, .env = env, .home = "."};
    char directory[STLS_FILES_PATH_MAX];

    cr_assert(argv[0] != NULL, "STLS_COMMAND is not set");
    cr_assert(realpath(".", directory) != NULL);
    what.home = directory;
    for (size_t i = 0; arguments[i] != NULL; i++)
        argv[i + 2] = arguments[i];
    cr_assert(stls_process_run(&what, DEADLINE_MS, result) == 0);
    cr_assert(result->end == STLS_PROCESS_EXITED, "%s", result->output);
}

#define RUN(result, env, ...) run((const char *const[]){__VA_ARGS__, NULL}, env, &(result))

/* -- check */

Test(check, shipped_and_examples_are_silent)
{
    struct stls_process_result result;

    RUN(result, NULL, "check", "policy/intermediate.cnf", "policy/strict.cnf", "policy/audit.cnf");
    cr_expect(result.code == 0 && result.output_length == 0, "%s", result.output);
    RUN(result, NULL, "check", "policy/examples/openvpn.cnf", "policy/examples/bacula.cnf",
        "policy/examples/puppet.cnf", "policy/examples/postfix.cnf");
    cr_expect(result.code == 0 && result.output_length == 0, "%s", result.output);
}

Test(check, ten_mistakes)
{
    static const char *const messages[] = {
        "ten_mistakes.cnf:3: MinProtocl: there is no such word\n",
        "ten_mistakes.cnf:4: MinProtocol: expected TLSv1, TLSv1.1, TLSv1.2, TLSv1.3\n",
        "ten_mistakes.cnf:6: CheckHost: expected each word once in a section\n",
        "ten_mistakes.cnf:7: expected no '$'",
        "ten_mistakes.cnf:8: Ciphersuites: expected WORD = VALUE\n",
        "ten_mistakes.cnf:9: AllowPSK: expected no, yes\n",
        "ten_mistakes.cnf:11: MinProtocol: weaker than [policy]: expected Reason and Expires",
        "ten_mistakes.cnf:13: Mode: weaker than [policy]: expected Reason and Expires",
        "ten_mistakes.cnf:15: Expires: expected a date",
        "ten_mistakes.cnf:16: expected no directive",
    };
    struct stls_process_result result;
    const char *at = result.output;
    size_t lines = 0;

    RUN(result, NULL, "check", "tests/policy/ten_mistakes.cnf");
    cr_expect(result.code == 1);
    for (size_t i = 0; i < result.output_length; i++)
        lines += result.output[i] == '\n';
    cr_expect(lines == sizeof messages / sizeof messages[0], "%s", result.output);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        const char *found = strstr(at, messages[i]);

        cr_assert(found != NULL, "%s is not in its place in\n%s", messages[i], result.output);
        at = found;
    }
}

/* Ciphers that OpenSSL does not know, with which the library would let nothing pass; and anchors
 * that are not here, which may be there where the policy goes. */
Test(check, what_this_machine_knows)
{
    struct stls_process_result result;

    RUN(result, NULL, "check", "tests/policy/here.cnf");
    cr_expect(result.code == 1);
    cr_expect_str_eq(result.output,
                     "tests/policy/here.cnf:3: CipherString: OpenSSL knows no "
                     "ECDHE-RSA-AES128-GMC-SHA256\n"
                     "tests/policy/here.cnf:7: TrustStore: warning: /nowhere/at/all.pem: No such "
                     "file or directory\n"
                     "tests/policy/here.cnf:12: CipherString: no cipher is left\n");
}

Test(check, a_file_that_is_not_there)
{
    struct stls_process_result result;

    RUN(result, NULL, "check", "tests/policy/none.cnf");
    cr_expect(result.code == 1);
    cr_expect(strstr(result.output, "tests/policy/none.cnf: No such file") != NULL);
}

/* -- what a shipped policy is */

Test(shipped, files_are_what_is_built_in)
{
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        struct stls_process_result result;
        char path[64];

        snprintf(path, sizeof path, "policy/%s.cnf", shipped[i]);
        RUN(result, NULL, "diff", shipped[i], path);
        cr_expect(result.code == 0 && result.output_length == 0, "%s", result.output);
    }
}

/* A change of a shipped policy is a change of these files, to be seen in review. */
Test(shipped, golden)
{
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        char variable[64], golden[64], *text = NULL;
        size_t size;
        FILE *shown = open_memstream(&text, &size);
        const char *env[] = {variable, NULL};
        const char *diff[] = {"/usr/bin/diff", "-u", golden, "-", NULL};
        struct stls_process_command what = {.argv = diff};
        struct stls_process_result result;
        char directory[STLS_FILES_PATH_MAX];

        snprintf(variable, sizeof variable, "STRICTTLS_POLICY=%s", shipped[i]);
        snprintf(golden, sizeof golden, "tests/policy/golden/%s.txt", shipped[i]);
        RUN(result, env, "show");
        cr_assert(result.code == 0, "%s", result.output);
        for (char *rest = result.output, *one; (one = strsep(&rest, "\n")) != NULL;)
            if (*one != ' ' && *one != '\0') /* the source is told below each word */
                fprintf(shown, "%s\n", one);
        cr_assert(fclose(shown) == 0);
        cr_assert(realpath(".", directory) != NULL);
        what.home = directory;
        what.input = text;
        cr_assert(stls_process_run(&what, DEADLINE_MS, &result) == 0);
        cr_expect(result.end == STLS_PROCESS_EXITED && result.code == 0, "%s", result.output);
        free(text);
    }
}

/* Rules that every shipped policy must keep, and for each a value that breaks it. */

static bool each_element(const char *list, bool (*is_good)(const char *element))
{
    char *copy = strdup(list);
    bool are_good = copy != NULL && *copy != '\0';

    for (char *rest = copy, *one; are_good && (one = strsep(&rest, ":")) != NULL;)
        are_good = is_good(one);
    free(copy);
    return are_good;
}

static bool is_ephemeral(const char *cipher)
{
    return strncmp(cipher, "ECDHE-", 6) == 0;
}

static bool is_aead(const char *cipher)
{
    return strstr(cipher, "-GCM-") != NULL || strstr(cipher, "CHACHA20-POLY1305") != NULL;
}

static bool has_forward_secrecy(const struct stls_policy *policy)
{
    return each_element(policy->cipher_string, is_ephemeral);
}

static bool is_aead_only(const struct stls_policy *policy)
{
    return each_element(policy->cipher_string, is_aead);
}

static bool has_no_sha1(const struct stls_policy *policy)
{
    for (size_t i = 0; i < policy->sigalgs.count; i++)
        if (policy->sigalgs.number[i] >> 8 == 2) /* the hash of a scheme of TLS 1.2 */
            return false;
    return policy->sigalgs.count > 0 && policy->security_level >= 2;
}

static bool is_tls12_or_later(const struct stls_policy *policy)
{
    return policy->min_protocol >= 0x0303 && policy->max_protocol >= policy->min_protocol;
}

static bool is_verifying(const struct stls_policy *policy)
{
    return policy->mode != STLS_MODE_OFF && policy->verify_peer == STLS_VERIFY_PEER_REQUIRE &&
           policy->check_host == STLS_CHECK_HOST_REQUIRE &&
           policy->unknown_host == STLS_UNKNOWN_HOST_REFUSE && policy->allow_psk == STLS_ALLOW_NO &&
           policy->allow_raw_public_key == STLS_ALLOW_NO;
}

Test(shipped, rules)
{
    static const struct {
        const char *name;
        bool (*is_kept)(const struct stls_policy *policy);
        const char *word, *value; /* by which it would be broken */
    } rules[] = {
        {"forward secrecy", has_forward_secrecy, "CipherString",
         "ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256"},
        {"AEAD only", is_aead_only, "CipherString", "ECDHE-RSA-AES128-SHA256"},
        {"no SHA-1", has_no_sha1, "SecurityLevel", "1"},
        {"TLS 1.2 or later", is_tls12_or_later, "MinProtocol", "TLSv1.1"},
        {"verification on", is_verifying, "VerifyPeer", "app"},
        {"verification on", is_verifying, "CheckHost", "app"},
        {"verification on", is_verifying, "UnknownHost", "allow"},
        {"verification on", is_verifying, "AllowPSK", "yes"},
    };

    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        for (size_t j = 0; j < sizeof rules / sizeof rules[0]; j++) {
            const struct stls_word *word =
                stls_policy_find_word(rules[j].word, strlen(rules[j].word));
            struct stls_policy policy;
            char error[256];

            cr_assert(stls_policy_shipped(&policy, shipped[i]));
            cr_expect(rules[j].is_kept(&policy), "%s: %s", shipped[i], rules[j].name);
            cr_assert(stls_policy_set(&policy, word, rules[j].value, error, sizeof error));
            cr_expect(!rules[j].is_kept(&policy), "%s with %s = %s: %s", shipped[i], rules[j].word,
                      rules[j].value, rules[j].name);
        }
}

/* -- show, ciphers, diff */

static void expect_shown(const struct stls_process_result *result, const char *value,
                         const char *source)
{
    const char *found = strstr(result->output, value);
    char line[1024];

    cr_assert(result->code == 0 && found != NULL, "no \"%s\" in\n%s", value, result->output);
    found = strchr(found, '\n');
    cr_assert(found != NULL);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(found + 1, "\n"), found + 1);
    cr_expect(strstr(line, source) != NULL, "%s is not from %s but from %s", value, source, line);
}

/* "STRICTTLS_POLICY=/.../name" */
static const char *policy_variable(const char *name)
{
    static char text[STLS_FILES_PATH_MAX + 32];
    char path[STLS_FILES_PATH_MAX];

    cr_assert(realpath(name, path) != NULL);
    snprintf(text, sizeof text, "STRICTTLS_POLICY=%s", path);
    return text;
}

Test(show, sources)
{
    const char *env[] = {policy_variable("tests/policy/sections.cnf"),
                         "STRICTTLS_UNKNOWN_HOST=allow", NULL};
    struct stls_process_result result;

    RUN(result, env, "show");
    expect_shown(&result, "MinProtocol         = TLSv1.3", "/tests/policy/sections.cnf:3 [policy]");
    expect_shown(&result, "UnknownHost         = allow", "# STRICTTLS_UNKNOWN_HOST");
    expect_shown(&result, "CheckHost           = require", "# built-in");
    RUN(result, env, "show", "--app", "/usr/bin/curl");
    expect_shown(&result, "MinProtocol         = TLSv1.2",
                 "/tests/policy/sections.cnf:6 [app/curl]");
    RUN(result, env, "show", "--app", "/usr/bin/curl", "--host", "old.corp.example:8443");
    expect_shown(&result, "CheckHost           = app",
                 "/tests/policy/sections.cnf:11 [host/*.corp.example:8443]");
    RUN(result, env, "show", "--app", "/usr/bin/curl", "--host", "old.corp.example:443");
    expect_shown(&result, "CheckHost           = require", "# built-in");
    RUN(result, env, "show", "--app", "/usr/bin/python3", "--script", "/opt/backup.py");
    expect_shown(&result, "AllowPSK            = yes",
                 "/tests/policy/sections.cnf:21 [app/python3* */backup.py]");
    /* past its date */
    RUN(result, env, "show", "--host", "past.example");
    expect_shown(&result, "CheckHost           = require", "# built-in");
    cr_expect(strstr(result.output,
                     "sections.cnf:15: [host/past.example] has expired and no longer "
                     "applies\n") != NULL,
              "%s", result.output);
}

Test(show, json)
{
    const char *env[] = {"STRICTTLS_MIN_PROTOCOL=TLSv1.3", NULL};
    struct stls_process_result result;

    RUN(result, env, "show", "--json");
    cr_expect(strstr(result.output,
                     "\"MinProtocol\": {\n"
                     "        \"value\": \"TLSv1.3\",\n"
                     "        \"source\": {\n"
                     "            \"variable\": \"STRICTTLS_MIN_PROTOCOL\"\n") != NULL,
              "%s", result.output);
}

Test(show, a_source_that_is_wrong)
{
    static const struct {
        const char *variable, *says;
    } rows[] = {
        {"STRICTTLS_MODE=enforced", "STRICTTLS_MODE=enforced: expected enforce, audit, off\n"},
        {"STRICTTLS_NONSENSE=1", "STRICTTLS_NONSENSE=1: no such variable\n"},
        {"STRICTTLS_POLICY=tests/policy/sections.cnf",
         "expected intermediate, strict, audit, /PATH"},
        {"STRICTTLS_CIPHERS=NONSENSE", "STRICTTLS_CIPHERS=NONSENSE: OpenSSL knows no NONSENSE\n"},
    };
    const char *env[] = {policy_variable("tests/policy/ten_mistakes.cnf"), NULL};
    struct stls_process_result result;

    RUN(result, env, "show");
    cr_expect(result.code == 1 && strstr(result.output, "ten_mistakes.cnf:3: ") != NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        env[0] = rows[i].variable;
        RUN(result, env, "show");
        cr_expect(result.code == 1 && strstr(result.output, rows[i].says) != NULL, "%s: %s",
                  rows[i].variable, result.output);
    }
}

Test(show, host_that_is_none)
{
    struct stls_process_result result;

    RUN(result, NULL, "show", "--host", "*.example");
    cr_expect(result.code == 1 && strstr(result.output, "not a host name") != NULL);
}

Test(ciphers, as_openssl_prints_them)
{
    const char *openssl[] = {
        "/usr/bin/openssl", "ciphers", "-v",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
        NULL};
    struct stls_process_command what = {.argv = openssl};
    struct stls_process_result result, expected;
    const char *tls12;

    RUN(result, NULL, "ciphers");
    cr_assert(stls_process_run(&what, DEADLINE_MS, &expected) == 0);
    tls12 = strstr(expected.output, "ECDHE-");
    cr_assert(result.code == 0 && tls12 != NULL);
    cr_expect(strncmp(result.output, "TLS_AES_128_GCM_SHA256 ", 23) == 0, "%s", result.output);
    cr_expect(strstr(result.output, tls12) != NULL, "%s", result.output);
}

Test(ciphers, tls13_only)
{
    const char *env[] = {"STRICTTLS_POLICY=strict", NULL};
    struct stls_process_result result;

    RUN(result, env, "ciphers");
    cr_expect(result.code == 0 && strstr(result.output, "TLSv1.2") == NULL, "%s", result.output);
}

Test(ciphers, by_level)
{
    const char *env[] = {"STRICTTLS_SECURITY_LEVEL=4", NULL};
    struct stls_process_result result;

    RUN(result, env, "ciphers");
    cr_expect(result.code == 0 && strstr(result.output, "AES_256_GCM") != NULL &&
                  strstr(result.output, "AES128") == NULL &&
                  strstr(result.output, "AES_128") == NULL,
              "%s", result.output);
}

Test(diff, sections_that_differ)
{
    struct stls_process_result result;

    RUN(result, NULL, "diff", "tests/policy/sections.cnf", "tests/policy/sections_changed.cnf");
    cr_expect(result.code == 1);
    cr_expect_str_eq(result.output,
                     "--- tests/policy/sections.cnf\n+++ tests/policy/sections_changed.cnf\n"
                     " [app/curl]\n-MinProtocol = TLSv1.2\n+MinProtocol = TLSv1.1\n"
                     " [host/*.corp.example:8443]\n+AllowPSK = no\n"
                     "-Expires = 2999-12-31\n+Expires = 2998-12-31\n"
                     "-[app/python3* */backup.py]\n-AllowPSK = yes\n"
                     "-Reason = a key of its own\n-Expires = 2999-12-31\n"
                     "+[app/wget]\n+SecurityLevel = 3\n");
    RUN(result, NULL, "diff", "tests/policy/sections.cnf", "tests/policy/sections.cnf");
    cr_expect(result.code == 0 && result.output_length == 0, "%s", result.output);
    RUN(result, NULL, "diff", "strict", "tests/policy/sections_changed.cnf");
    cr_expect(result.code == 1 && strstr(result.output, "+[app/wget]\n") != NULL);
}

Test(diff, words_that_differ)
{
    struct stls_process_result result;

    RUN(result, NULL, "diff", "intermediate", "strict");
    cr_expect(result.code == 1);
    cr_expect_str_eq(result.output, "--- intermediate\n+++ strict\n-MinProtocol = TLSv1.2\n"
                                    "+MinProtocol = TLSv1.3\n-ChainRules = openssl\n"
                                    "+ChainRules = webpki\n");
    RUN(result, NULL, "diff", "intermediate", "nonsense");
    cr_expect(result.code == 2);
}

/* -- documents */

Test(documents, are_made_from_the_table)
{
    static const struct {
        const char *path, *format;
    } rows[] = {{"policy/README.md", "markdown"}, {"policy/stricttls-policy.5", "roff"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static char text[64 * 1024];
        struct stls_process_result result;

        RUN(result, NULL, "words", rows[i].format);
        cr_assert(result.code == 0 && result.output_length > 1000);
        cr_assert(stls_files_read(rows[i].path, text, sizeof text) == 0);
        cr_expect(strstr(text, result.output) != NULL, "%s is stale: run make docs", rows[i].path);
    }
}
