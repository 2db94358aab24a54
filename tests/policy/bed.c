/* bed.c - see bed.h */
#include "bed.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum {
    DEADLINE_MS = 20000,
    SETTLED_MS = 5000,
};

void policy_bed_open(struct policy_bed *bed)
{
    char problem[STLS_FILES_PATH_MAX + 64];
    const struct stls_lab_case *other = stls_lab_find_case("self-signed");

    memset(bed, 0, sizeof *bed);
    cr_assert(stls_testbed_open(&bed->testbed, problem) == 0, "%s", problem);
    cr_assert(stls_testbed_make_directory(&bed->testbed, bed->here) == 0);
    cr_assert(stls_files_join(bed->log, bed->here, "events.log") == 0);
    cr_assert(stls_files_join(bed->identity, bed->here, "chain.pem") == 0);
    cr_assert(stls_files_join(bed->other_root, bed->here, "other-root.pem") == 0);
    cr_assert(stls_files_join(bed->root, bed->here, "key.pem") == 0);
    cr_assert(stls_lab_write_identity(bed->testbed.lab, other, bed->other_root, bed->root) == 0);
    strcpy(bed->identity, bed->here);
}

void policy_bed_close(struct policy_bed *bed)
{
    stls_lab_server_stop(bed->server);
    stls_testbed_close(&bed->testbed);
}

/* SHA-256 of the public key in chain.pem, as PinSHA256 and as TLSA 3 1 1 say it. */
static void hash_key(struct policy_bed *bed, const char *chain)
{
    FILE *file = fopen(chain, "re");
    X509 *leaf = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    unsigned char *key = NULL, hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int length;

    cr_assert(leaf != NULL);
    length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &key);
    cr_assert(length > 0 && EVP_Digest(key, (size_t)length, hash, &size, EVP_sha256(), NULL));
    EVP_EncodeBlock((unsigned char *)bed->pin, hash, (int)size);
    for (unsigned i = 0; i < size; i++)
        snprintf(bed->dane + 2 * (size_t)i, 3, "%02x", hash[i]);
    OPENSSL_free(key);
    X509_free(leaf);
    fclose(file);
}

static void serve_rule(struct policy_bed *bed, enum stls_lab_profile profile, const char *chain,
                       const char *key)
{
    size_t count, i = 0;
    const struct stls_lab_rule_case *rules = stls_lab_rule_cases(&count);

    while (i < count && (rules[i].profile != profile || rules[i].depth != 0))
        i++;
    cr_assert(i < count);
    cr_assert(stls_files_join(bed->root, bed->here, "rule-root.pem") == 0);
    cr_assert(stls_lab_write_rule(&rules[i], false, bed->root, chain, key) == 0);
    bed->server = stls_lab_serve_rule(&rules[i], false, bed->root);
    strcpy(bed->host, "localhost");
}

static void serve_case(struct policy_bed *bed, const char *name, const char *chain, const char *key)
{
    const struct stls_lab_case *lab_case = stls_lab_find_case(name);

    cr_assert(lab_case != NULL, "the lab has no case %s", name);
    cr_assert(stls_lab_write_identity(bed->testbed.lab, lab_case, chain, key) == 0);
    strcpy(bed->root, bed->testbed.root);
    snprintf(bed->host, sizeof bed->host, "%s", lab_case->host);
    bed->server = stls_lab_serve(bed->testbed.lab, lab_case);
}

void policy_bed_serve(struct policy_bed *bed, const char *name)
{
    char chain[STLS_FILES_PATH_MAX], key[STLS_FILES_PATH_MAX];

    stls_lab_server_stop(bed->server);
    cr_assert(stls_files_join(chain, bed->here, "chain.pem") == 0);
    cr_assert(stls_files_join(key, bed->here, "key.pem") == 0);
    if (strcmp(name, "rfc5280-rule") == 0)
        serve_rule(bed, STLS_LAB_PROFILE_BOTH, chain, key);
    else if (strcmp(name, "webpki-rule") == 0)
        serve_rule(bed, STLS_LAB_PROFILE_WEBPKI, chain, key);
    else
        serve_case(bed, name, chain, key);
    cr_assert(bed->server != NULL, "%s can't be served", name);
    snprintf(bed->port, sizeof bed->port, "%u", stls_lab_server_port(bed->server));
    hash_key(bed, chain);
}

void policy_bed_expand(const struct policy_bed *bed, const char *text, char *ret)
{
    const struct {
        const char *name, *value;
    } names[] = {{"@PIN@", bed->pin},
                 {"@OTHER_PIN@", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
                 {"@DANE@", bed->dane},
                 {"@ROOT@", bed->root},
                 {"@OTHER_ROOT@", bed->other_root},
                 {"@IDENTITY@", bed->identity},
                 {"@LOG@", bed->log},
                 {"@PORT@", bed->port},
                 {"@HERE@", bed->here}};
    size_t used = 0;

    while (*text != '\0') {
        const char *value = NULL;

        for (size_t i = 0; i < sizeof names / sizeof names[0] && value == NULL; i++)
            if (strncmp(text, names[i].name, strlen(names[i].name)) == 0) {
                value = names[i].value;
                text += strlen(names[i].name);
            }
        used +=
            (size_t)(value != NULL ? snprintf(ret + used, POLICY_TEXT_MAX - used, "%s", value)
                                   : snprintf(ret + used, POLICY_TEXT_MAX - used, "%c", *text++));
        cr_assert(used < POLICY_TEXT_MAX);
    }
    ret[used] = '\0';
}

static void make_directories(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
}

void policy_bed_write(struct policy_bed *bed, const char *name, const char *text)
{
    char path[STLS_FILES_PATH_MAX], expanded[POLICY_TEXT_MAX];

    cr_assert(stls_files_join(path, bed->here, name) == 0);
    if (text == NULL) {
        (void)unlink(path);
        return;
    }
    make_directories(path);
    policy_bed_expand(bed, text, expanded);
    cr_assert(stls_files_write(path, expanded) == 0 && chmod(path, 0644) == 0);
}

static void run(struct policy_bed *bed, const char *const *env, const char *const *argv)
{
    char program[STLS_FILES_PATH_MAX], events[STLS_LOG_MAX];
    const char *list[POLICY_ARGUMENTS_MAX] = {argv[0]};
    struct stls_process_command command = {.argv = list, .env = env, .home = bed->here};

    for (size_t i = 1; argv[i] != NULL; i++) {
        cr_assert(i + 1 < POLICY_ARGUMENTS_MAX);
        list[i] = argv[i];
    }
    if (argv[0][0] != '/') {
        cr_assert(stls_files_join(program, STLS_POLICY_TESTS, argv[0]) == 0);
        list[0] = program;
    }
    cr_assert(stls_files_write(bed->log, "") == 0 && chmod(bed->log, 0666) == 0);
    cr_assert(stls_process_run(&command, DEADLINE_MS, &bed->result) == 0, "no %s", list[0]);
    cr_assert(bed->result.end == STLS_PROCESS_EXITED, "%s ended by %d: %s", list[0],
              bed->result.code, bed->result.output);
    cr_assert(stls_files_read(bed->log, events, sizeof events) == 0);
    snprintf(bed->text, sizeof bed->text, "%s|%s", bed->result.output, events);
}

void policy_bed_run_program(struct policy_bed *bed, const char *const *settings,
                            const char *const *argv)
{
    static char texts[POLICY_ARGUMENTS_MAX][POLICY_TEXT_MAX];
    const char *env[POLICY_ARGUMENTS_MAX + 1];
    size_t count = 0;

    snprintf(texts[count++], POLICY_TEXT_MAX, "SSL_CERT_FILE=%s", bed->root);
    if (settings != NULL)
        snprintf(texts[count++], POLICY_TEXT_MAX, "LD_PRELOAD=%s/libstricttls.so",
                 STLS_POLICY_TESTS);
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++) {
        cr_assert(count < POLICY_ARGUMENTS_MAX);
        policy_bed_expand(bed, settings[i], texts[count++]);
    }
    for (size_t i = 0; i < count; i++)
        env[i] = texts[i];
    env[count] = NULL;
    run(bed, env, argv);
}

static void run_victim(struct policy_bed *bed, const char *const *settings, const char *options)
{
    char expanded[POLICY_TEXT_MAX];
    const char *argv[POLICY_ARGUMENTS_MAX + 1] = {"victim", bed->host, bed->port};
    size_t count = 3;
    char *rest = expanded, *one;
    bool is_connected, is_data;

    policy_bed_expand(bed, options != NULL ? options : "", expanded);
    while ((one = strsep(&rest, " ")) != NULL)
        if (*one != '\0')
            argv[count++] = one;
    argv[count] = NULL;
    policy_bed_run_program(bed, settings, argv);
    cr_assert(bed->result.code <= 1, "%s", bed->result.output);
    is_connected = strstr(bed->result.output, "connected ") != NULL;
    is_data = stls_lab_server_take(bed->server, SETTLED_MS) == STLS_LAB_DATA;
    if (options == NULL || (strstr(options, "serve=") == NULL && strstr(options, "psk") == NULL))
        cr_assert(is_connected == is_data, "the server saw something else than\n%s", bed->text);
}

void policy_bed_run_bare(struct policy_bed *bed, const char *options)
{
    run_victim(bed, NULL, options);
}

void policy_bed_run(struct policy_bed *bed, const char *const *settings, const char *options)
{
    static const char *const none[] = {NULL};

    run_victim(bed, settings != NULL ? settings : none, options);
}

void policy_bed_install(struct policy_bed *bed, const char *name, mode_t mode)
{
    char from[STLS_FILES_PATH_MAX], to[STLS_FILES_PATH_MAX];
    const char *argv[] = {"/usr/bin/install", from, to, NULL};

    cr_assert(stls_files_join(from, STLS_POLICY_TESTS, name) == 0);
    cr_assert(stls_files_join(to, bed->here, name) == 0);
    policy_bed_run_program(bed, NULL, argv);
    cr_assert(bed->result.code == 0 && chmod(to, mode) == 0, "%s", bed->text);
}

bool policy_bed_is(const struct policy_bed *bed, const char *pattern)
{
    bool is_not = *pattern == '!';

    return (fnmatch(pattern + is_not, bed->text, 0) == 0) != is_not;
}
