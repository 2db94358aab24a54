/* test_chain_rules.c - ChainRules, rule by rule: a chain of the lab's that breaks only that, and
 * its twin, each shown to a real client with and without the library, and seen from the server's
 * side.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/policy.h"
#include "../../src/core/profile.h"
#include "../../src/lab/lab.h"
#include "../support/files.h"
#include "../support/process.h"

enum {
    DEADLINE_MS = 20000,
    ANCHORS_MIN = 100,
};
#define ANCHORS "/etc/ssl/certs/ca-certificates.crt"

static char directory[STLS_FILES_PATH_MAX], root[STLS_FILES_PATH_MAX];

static void make_files(void)
{
    cr_assert(stls_files_make_directory(directory) == 0);
    cr_assert(stls_files_join(root, directory, "root.pem") == 0);
}

static void remove_files(void)
{
    stls_files_remove_directory(directory);
}

TestSuite(chain_rules, .init = make_files, .fini = remove_files);

struct environment {
    char preload[STLS_FILES_PATH_MAX + 16], rules[64];
    const char *list[5];
};

/* rules NULL: bare, without the library. more: one variable more, or NULL. */
static const char *const *environment(struct environment *ret, const char *rules, const char *more)
{
    const char *library = getenv("STLS_LIBRARY");

    cr_assert(library != NULL, "STLS_LIBRARY is not set");
    *ret = (struct environment){.list = {more}};
    if (rules == NULL)
        return ret->list;
    snprintf(ret->preload, sizeof ret->preload, "LD_PRELOAD=%s", library);
    snprintf(ret->rules, sizeof ret->rules, "STRICTTLS_CHAIN_RULES=%s", rules);
    ret->list[0] = ret->preload;
    ret->list[1] = ret->rules;
    ret->list[2] = "STRICTTLS_LOG=stderr";
    ret->list[3] = more;
    return ret->list;
}

/* A client that verifies: is it connected? */
static bool connects(struct stls_lab_server *server, const char *rules, const char *more,
                     struct stls_process_result *ret)
{
    char address[32];
    const char *const argv[] = {"/usr/bin/openssl",
                                "s_client",
                                "-brief",
                                "-connect",
                                address,
                                "-verify_hostname",
                                "localhost",
                                "-verify_return_error",
                                "-partial_chain",
                                "-CAfile",
                                root,
                                NULL};
    struct environment env;
    struct stls_process_command what = {.argv = argv};
    bool is_connected;

    snprintf(address, sizeof address, "localhost:%u", stls_lab_server_port(server));
    what.env = environment(&env, rules, more);
    cr_assert(stls_process_run(&what, DEADLINE_MS, ret) == 0);
    is_connected = stls_lab_server_take(server, DEADLINE_MS) >= STLS_LAB_FINISHED;
    cr_expect(ret->end == STLS_PROCESS_EXITED && (ret->code == 0) == is_connected,
              "openssl s_client ended otherwise than the server saw it:\n%s", ret->output);
    return is_connected;
}

static bool is_refused_by(const struct stls_lab_rule_case *row, bool is_webpki)
{
    return row->profile != (is_webpki ? STLS_LAB_PROFILE_RFC5280 : STLS_LAB_PROFILE_WEBPKI);
}

/* The event says what is wrong, with which certificate, and by which word; and the client's own
 * callback has heard of it. */
static void expect_refusal(const struct stls_lab_rule_case *row, const char *rules,
                           const struct stls_process_result *result)
{
    char event[256], depth[16];

    snprintf(event, sizeof event, ": %s (certificate at depth %d); rule ChainRules=%s;", row->what,
             row->depth, rules);
    snprintf(depth, sizeof depth, "depth=%d ", row->depth);
    cr_expect(strstr(result->output, event) != NULL, "no \"%s\" in:\n%s", event, result->output);
    cr_expect(strstr(result->output, "verify error:num=") != NULL &&
                  strstr(result->output, depth) != NULL,
              "the client's callback did not hear of \"%s\":\n%s", row->what, result->output);
}

static void judge_flaw(const struct stls_lab_rule_case *row)
{
    static const char *const profiles[] = {"rfc5280", "webpki"};
    struct stls_lab_server *server = stls_lab_serve_rule(row, false, root);
    struct stls_process_result result;

    cr_assert(server != NULL, "%s: %s", row->what, strerror(errno));
    cr_expect(connects(server, NULL, NULL, &result), "bare: %s at depth %d:\n%s", row->what,
              row->depth, result.output);
    cr_expect(connects(server, "openssl", NULL, &result), "openssl: %s at depth %d:\n%s", row->what,
              row->depth, result.output);
    for (size_t i = 0; i < 2; i++) {
        bool is_refused = !connects(server, profiles[i], NULL, &result);

        cr_expect(is_refused == is_refused_by(row, i == 1), "%s: %s at depth %d is %s:\n%s",
                  profiles[i], row->what, row->depth, is_refused ? "refused" : "accepted",
                  result.output);
        if (is_refused)
            expect_refusal(row, profiles[i], &result);
    }
    stls_lab_server_stop(server);
}

static void judge_twin(const struct stls_lab_rule_case *row)
{
    struct stls_lab_server *server = stls_lab_serve_rule(row, true, root);
    struct stls_process_result result;

    cr_assert(server != NULL, "%s: %s", row->what, strerror(errno));
    cr_expect(connects(server, "rfc5280", NULL, &result), "rfc5280: twin of %s:\n%s", row->what,
              result.output);
    cr_expect(connects(server, "webpki", NULL, &result), "webpki: twin of %s:\n%s", row->what,
              result.output);
    stls_lab_server_stop(server);
}

Test(chain_rules, each_flaw_is_refused, .timeout = 300)
{
    size_t count;
    const struct stls_lab_rule_case *rows = stls_lab_rule_cases(&count);

    for (size_t i = 0; i < count; i++)
        judge_flaw(&rows[i]);
}

Test(chain_rules, each_twin_is_accepted, .timeout = 300)
{
    size_t count;
    const struct stls_lab_rule_case *rows = stls_lab_rule_cases(&count);

    for (size_t i = 0; i < count; i++)
        judge_twin(&rows[i]);
}

/* curl has no callback of its own, and what it has verified is not verified again. */
static void audit_with_curl(struct stls_lab_server *server, struct stls_process_result *ret)
{
    char url[64];
    const char *const argv[] = {"/usr/bin/curl", "-sS", "--cacert", root, url, NULL};
    struct environment env;
    struct stls_process_command what = {.argv = argv};

    snprintf(url, sizeof url, "https://localhost:%u/", stls_lab_server_port(server));
    what.env = environment(&env, "webpki", "STRICTTLS_MODE=audit");
    cr_assert(stls_process_run(&what, DEADLINE_MS, ret) == 0);
    cr_expect(ret->end == STLS_PROCESS_EXITED && ret->code == 0, "%s", ret->output);
}

Test(chain_rules, audit_connects_and_says_so)
{
    size_t count;
    const struct stls_lab_rule_case *rows = stls_lab_rule_cases(&count);

    for (int is_twin = 0; is_twin < 2; is_twin++) {
        struct stls_lab_server *server = stls_lab_serve_rule(&rows[0], is_twin == 1, root);
        struct stls_process_result results[2];

        cr_assert(server != NULL);
        cr_expect(connects(server, "webpki", "STRICTTLS_MODE=audit", &results[0]), "%s",
                  results[0].output);
        audit_with_curl(server, &results[1]);
        for (size_t i = 0; i < 2; i++)
            cr_expect((strstr(results[i].output, "would refuse") != NULL &&
                       strstr(results[i].output, rows[0].what) != NULL &&
                       strstr(results[i].output, "rule ChainRules=webpki") != NULL) ==
                          (is_twin == 0),
                      "%s", results[i].output);
        stls_lab_server_stop(server);
    }
}

/* A client that does not verify, whose chain is judged by the system's anchors. */
Test(chain_rules, the_systems_anchors_make_no_difference)
{
    size_t count;
    const struct stls_lab_rule_case *rows = stls_lab_rule_cases(&count);

    for (int is_twin = 0; is_twin < 2; is_twin++) {
        struct stls_lab_server *server = stls_lab_serve_rule(&rows[0], is_twin == 1, root);
        char address[32], anchors[STLS_FILES_PATH_MAX + 16];
        const char *const argv[] = {"/usr/bin/openssl", "s_client", "-brief", "-connect", address,
                                    "-no-CAfile",       NULL};
        struct environment env;
        struct stls_process_command what = {.argv = argv};
        struct stls_process_result result;

        cr_assert(server != NULL);
        snprintf(address, sizeof address, "localhost:%u", stls_lab_server_port(server));
        snprintf(anchors, sizeof anchors, "SSL_CERT_FILE=%s", root);
        what.env = environment(&env, "webpki", anchors);
        cr_assert(stls_process_run(&what, DEADLINE_MS, &result) == 0);
        cr_expect((stls_lab_server_take(server, DEADLINE_MS) >= STLS_LAB_FINISHED) ==
                      (is_twin == 1),
                  "%s", result.output);
        cr_expect((strstr(result.output, rows[0].what) == NULL) == (is_twin == 1), "%s",
                  result.output);
        stls_lab_server_stop(server);
    }
}

/* Server role: the client's chain. */
static bool server_accepts(const struct stls_lab_rule_case *row, bool is_twin, const char *mode,
                           struct stls_process_result *ret_client, char *ret_output, size_t size)
{
    char chain[STLS_FILES_PATH_MAX], key[STLS_FILES_PATH_MAX], address[32], port[16];
    const char *const server_argv[] = {
        "/usr/bin/openssl", "s_server", "-accept", port, "-cert", chain, "-key", key,
        "-cert_chain",      chain,      "-CAfile", root, "-www",  NULL};
    const char *const client_argv[] = {
        "/usr/bin/openssl", "s_client", "-connect", address, "-cert",   chain,
        "-cert_chain",      chain,      "-key",     key,     "-CAfile", root,
        "-quiet",           NULL};
    struct environment env, bare;
    struct stls_process_command server_command = {.argv = server_argv};
    struct stls_process_command client = {.argv = client_argv, .input = "GET / HTTP/1.0\r\n\r\n"};
    struct stls_process *server;

    cr_assert(stls_files_join(chain, directory, "chain.pem") == 0);
    cr_assert(stls_files_join(key, directory, "key.pem") == 0);
    cr_assert(stls_lab_write_rule(row, is_twin, root, chain, key) == 0);
    snprintf(port, sizeof port, "%u", stls_process_free_port());
    snprintf(address, sizeof address, "127.0.0.1:%s", port);
    snprintf(port, sizeof port, "%s", strchr(address, ':') + 1);
    server_command.env = environment(&env, "webpki", mode);
    client.env = environment(&bare, NULL, NULL);
    server = stls_process_start(&server_command);
    cr_assert(server != NULL);
    cr_assert(stls_process_wait_output(server, 0, "ACCEPT", DEADLINE_MS) == 0);
    cr_assert(stls_process_run(&client, DEADLINE_MS, ret_client) == 0);
    cr_expect(stls_process_end(server));
    snprintf(ret_output, size, "%s", stls_process_output(server, NULL));
    stls_process_stop(server);
    return strstr(ret_client->output, "200 ok") != NULL;
}

Test(chain_rules, clients_are_judged_as_well, .timeout = 60)
{
    static const char *const wanted[] = {"certificate is not version 3",
                                         "no authority key identifier"};
    size_t count;
    const struct stls_lab_rule_case *rows = stls_lab_rule_cases(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < 2; j++) {
            struct stls_process_result client;
            char output[STLS_PROCESS_OUTPUT_MAX];

            if (strcmp(rows[i].what, wanted[j]) != 0 || rows[i].depth != 0)
                continue;
            cr_expect(!server_accepts(&rows[i], false, "STRICTTLS_VERIFY_CLIENT=require", &client,
                                      output, sizeof output));
            cr_expect(strstr(output, wanted[j]) != NULL &&
                          strstr(output, "rule ChainRules=webpki") != NULL,
                      "%s", output);
            cr_expect(server_accepts(&rows[i], true, "STRICTTLS_VERIFY_CLIENT=require", &client,
                                     output, sizeof output),
                      "%s\n%s", output, client.output);
            cr_expect(server_accepts(&rows[i], false, "STRICTTLS_VERIFY_CLIENT=app", &client,
                                     output, sizeof output),
                      "%s\n%s", output, client.output);
        }
}

static struct stls_der encode(X509 *certificate)
{
    unsigned char *octets = NULL;
    int length = i2d_X509(certificate, &octets);

    cr_assert(length > 0);
    return (struct stls_der){octets, (size_t)length};
}

/* No public chain may be refused for its root: below each of them stands a leaf that keeps all
 * rules, which the rules, unlike OpenSSL, don't mind. */
Test(chain_rules, every_anchor_of_the_system_passes)
{
    size_t rows_count, count = 0;
    const struct stls_lab_rule_case *rows = stls_lab_rule_cases(&rows_count);
    char chain_path[STLS_FILES_PATH_MAX], key[STLS_FILES_PATH_MAX];
    struct stls_certificate chain[2];
    struct stls_der leaf, anchor;
    X509 *certificate;
    FILE *file;

    cr_assert(stls_files_join(chain_path, directory, "chain.pem") == 0);
    cr_assert(stls_files_join(key, directory, "key.pem") == 0);
    cr_assert(stls_lab_write_rule(&rows[0], true, root, chain_path, key) == 0);
    file = fopen(chain_path, "r");
    cr_assert(file != NULL);
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    leaf = encode(certificate);
    X509_free(certificate);
    cr_assert(stls_certificate_read(leaf, &chain[0]));

    file = fopen(ANCHORS, "r");
    cr_assert(file != NULL, ANCHORS);
    while ((certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        char *name = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);

        anchor = encode(certificate);
        cr_expect(stls_certificate_read(anchor, &chain[1]), "%s", name);
        for (int rules = STLS_CHAIN_RULES_RFC5280; rules <= STLS_CHAIN_RULES_WEBPKI; rules++) {
            struct stls_profile_fault fault;

            cr_expect(stls_profile_is_kept(chain, 2, rules, false, &fault), "%s: %s", name,
                      fault.reason);
        }
        OPENSSL_free(name);
        OPENSSL_free((void *)(uintptr_t)anchor.at);
        X509_free(certificate);
        count++;
    }
    fclose(file);
    OPENSSL_free((void *)(uintptr_t)leaf.at);
    cr_expect(count >= ANCHORS_MIN, "only %zu", count);
}
