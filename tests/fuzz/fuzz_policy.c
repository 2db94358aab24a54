/* fuzz_policy.c - any text as a policy file, any values as the environment: for libFuzzer.
 *
 * Up to the first 0 the input is the text of a file; each line behind it is the value of one
 * variable, in the order of the table; behind another 0 is a second file, which the environment
 * names. How long it is says how many hosts there are. What must hold is asserted: what is written
 * reads back as the same, and the environment never makes weaker what a file of the system says,
 * for the process or for any of its hosts.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>

#include "core/policy_merge.h"
#include "core/policy_stack.h"
#include "core/policy_values.h"

enum {
    VALUE_SIZE = 512,
    TODAY = 20000,
};

static char values[STLS_WORDS_MAX][VALUE_SIZE];

static const char *variable(const char *name)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    const struct stls_word *word = stls_policy_find_variable(name, strlen(name));

    return word != NULL && values[word - words][0] != '\0' ? values[word - words] : NULL;
}

static void read_values(const char *text, size_t length)
{
    memset(values, 0, sizeof values);
    for (size_t i = 0, at = 0; i < STLS_WORDS_MAX && at < length; i++) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end != NULL ? (size_t)(end - text) - at : length - at;

        if (size < VALUE_SIZE && memchr(text + at, '\0', size) == NULL)
            memcpy(values[i], text + at, size);
        at += size + 1;
    }
}

static bool load(void *arg, const char *text, size_t length, long *ret_line)
{
    CONF **conf = arg;
    BIO *bio = BIO_new_mem_buf(text, (int)length);
    bool is_good;

    *conf = NCONF_new(NULL);
    is_good = NCONF_load_bio(*conf, bio, ret_line) == 1;
    BIO_free(bio);
    return is_good;
}

static const char *value(void *arg, const char *section, const char *name)
{
    CONF **conf = arg;

    return NCONF_get_string(*conf, section, name);
}

static void ignore(void *arg, unsigned line, const char *word, const char *expected)
{
    size_t *problems = arg;

    (void)line;
    if (word == NULL || expected == NULL)
        abort();
    ++*problems;
}

static void check(int is_true)
{
    if (!is_true)
        abort();
}

static void check_values(const struct stls_policy *policy)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    struct stls_policy again = *policy;

    for (size_t i = 0; i < count; i++) {
        char text[STLS_VALUE_MAX], error[256];

        stls_policy_value(policy, &words[i], text);
        if (text[0] == '\0' || words[i].kind == STLS_WORD_BASE ||
            strchr(text, '&') != NULL) /* what only merging makes */
            continue;
        check(stls_policy_set(&again, &words[i], text, error, sizeof error));
        check(stls_policy_is_same(&again, policy, &words[i]));
    }
}

/* So many hosts of one address that there may be no room for all their sections. */
enum {
    HOSTS = 17,
};
static struct stls_host hosts[HOSTS];
static struct stls_match_peer peers[HOSTS];

static void make_peers(void)
{
    for (size_t i = 0; i < HOSTS; i++) {
        hosts[i].kind = STLS_HOST_NAME;
        snprintf(hosts[i].text, sizeof hosts[i].text, "%c.x.e", (char)('a' + i));
        peers[i] = (struct stls_match_peer){&hosts[i], 443};
    }
    strcpy(hosts[HOSTS - 1].text, "www.corp.example");
    peers[HOSTS - 1].port = 8443;
}

static void ignore_weaker(void *arg, const struct stls_word *word)
{
    (void)arg;
    check(word != NULL);
}

/* count: 0 is the process. Whatever happens, what can't be obeyed is not off. */
static void resolve(const struct stls_policy_sources *sources, const struct stls_match_peer *first,
                    size_t count, struct stls_effective *ret)
{
    struct stls_policy_matches matches = {.count = 0};

    for (size_t i = 0; i < count; i++)
        stls_policy_match(sources, &first[i], &matches);
    check(stls_policy_resolve(sources, matches.has_any ? &matches : NULL, TODAY, NULL, NULL, ret));
    check(!matches.has_overflowed || ret->contradiction != NULL);
    check(ret->contradiction == NULL || ret->policy.mode != STLS_MODE_OFF);
}

static void check_no_weaker(const struct stls_effective *made, const struct stls_effective *floor)
{
    check(made->contradiction != NULL || floor->contradiction != NULL ||
          stls_policy_is_weaker(&made->policy, &floor->policy) == NULL);
}

/* For the last hosts, or none of them: the process. What is for many is good enough for each. */
static void use(const struct stls_policy_file *system, const struct stls_policy_file *own,
                size_t count)
{
    const struct stls_match_peer *first = &peers[HOSTS - count];
    static struct stls_effective floor, made;
    struct stls_policy_sources alone = {.system = system,
                                        .program = {"/usr/bin/curl", "/opt/backup.py"}};
    struct stls_policy_sources all = alone;

    all.variable = variable;
    all.file = own;
    if (own == NULL && variable("STRICTTLS_POLICY") != NULL &&
        stls_policy_shipped(&floor.policy, variable("STRICTTLS_POLICY")))
        all.shipped = variable("STRICTTLS_POLICY");
    resolve(&all, first, count, &made);
    check_values(&made.policy);
    if (system != NULL) {
        resolve(&alone, first, count, &floor);
        check_no_weaker(&made, &floor);
    }
    if (count > 1) {
        resolve(&all, &peers[HOSTS - 1], 1, &floor);
        check_no_weaker(&made, &floor);
    }
    all.system = NULL;
    stls_policy_environment_weakens(&all, TODAY, ignore_weaker, NULL);
}

/* A file with what it was read from and into. */
struct opened {
    struct stls_policy_file file;
    CONF *conf;
    char *text;
    void *memory;
};

static bool open_file(struct opened *ret, const uint8_t *data, size_t length)
{
    struct stls_policy_parser parser = {load, value, &ret->conf};
    size_t problems = 0;
    bool is_good;

    ret->conf = NULL;
    ret->text = malloc(length + 1);
    if (length > 0)
        memcpy(ret->text, data, length);
    ret->text[length] = '\0';
    ret->memory = malloc(stls_policy_file_size(ret->text, length));
    is_good = stls_policy_file_read(&ret->file, "fuzz.cnf", ret->text, length, ret->memory, &parser,
                                    ignore, &problems);
    check(is_good == (problems == 0));
    return is_good;
}

static void close_file(struct opened *opened)
{
    NCONF_free(opened->conf);
    free(opened->memory);
    free(opened->text);
}

/* The input up to the next 0. */
static size_t take_part(const uint8_t **data, size_t *size, const uint8_t **ret)
{
    const uint8_t *end = *size > 0 ? memchr(*data, 0, *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;

    *ret = *data;
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t counts[] = {0, 1, 2, HOSTS};
    const size_t count = counts[size % 4];
    const uint8_t *part;
    size_t length = take_part(&data, &size, &part);
    struct opened system, own;
    bool is_system, is_own;

    make_peers();
    is_system = open_file(&system, part, length);
    length = take_part(&data, &size, &part);
    read_values((const char *)part, length);
    is_own = open_file(&own, data, size) && size > 0;
    if (is_system || is_own)
        use(is_system ? &system.file : NULL, is_own ? &own.file : NULL, count);
    close_file(&system);
    close_file(&own);
    ERR_clear_error();
    return 0;
}
