/* fuzz_policy.c - any text as a policy file, any values as the environment: for libFuzzer.
 *
 * Up to the first 0 the input is the text of a file; each line behind it is the value of one
 * variable, in the order of the table. What must hold is asserted: what is written reads back as
 * the same, and the environment never makes weaker what a file of the system says.
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

static void use(const struct stls_policy_file *file)
{
    static const struct stls_host host = {STLS_HOST_NAME, "www.corp.example"};
    static const struct stls_match_peer peers[] = {{&host, 443}, {&host, 8443}};
    struct stls_policy_sources sources = {.program = {"/usr/bin/curl", "/opt/backup.py"}};
    static struct stls_policy_matches matches;
    static struct stls_effective floor, made;

    sources.system = file;
    stls_policy_match(&sources, peers, 2, &matches);
    stls_policy_resolve(&sources, NULL, TODAY, NULL, NULL, &floor);
    check_values(&floor.policy);
    sources.variable = variable;
    stls_policy_resolve(&sources, NULL, TODAY, NULL, NULL, &made);
    check(made.contradiction != NULL || stls_policy_is_weaker(&made.policy, &floor.policy) == NULL);
    sources.file = file;
    stls_policy_match(&sources, peers, 2, &matches);
    stls_policy_resolve(&sources, matches.has_any ? &matches : NULL, TODAY, NULL, NULL, &made);
    sources.system = NULL;
    sources.shipped = variable("STRICTTLS_POLICY");
    stls_policy_resolve(&sources, NULL, TODAY, NULL, NULL, &made);
    check_values(&made.policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, 0, size);
    size_t length = end != NULL ? (size_t)(end - data) : size;
    size_t problems = 0;
    CONF *conf = NULL;
    struct stls_policy_parser parser = {load, value, &conf};
    struct stls_policy_file file;
    char *text = malloc(length + 1);
    void *memory;

    memcpy(text, data, length);
    text[length] = '\0';
    memory = malloc(stls_policy_file_size(text, length));
    read_values((const char *)data + length + (end != NULL), size - length - (end != NULL));
    if (stls_policy_file_read(&file, "fuzz.cnf", text, length, memory, &parser, ignore, &problems))
        use(&file);
    else
        check(problems > 0);
    NCONF_free(conf);
    free(memory);
    free(text);
    ERR_clear_error();
    return 0;
}
