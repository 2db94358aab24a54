/* policy_parser.c - see policy_parser.h */
#include "policy_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/banned.h"

struct parser {
    const struct stls_openssl *openssl;
    CONF *conf;
};

static bool load(void *arg, const char *text, size_t length, long *ret_line)
{
    struct parser *parser = arg;
    BIO *bio = parser->openssl->BIO_new_mem_buf(text, (int)length);
    bool is_read;

    parser->conf = parser->openssl->NCONF_new(NULL);
    is_read = bio != NULL && parser->conf != NULL &&
              parser->openssl->NCONF_load_bio(parser->conf, bio, ret_line) > 0;
    parser->openssl->BIO_free(bio);
    return is_read;
}

static const char *value(void *arg, const char *section, const char *name)
{
    const struct parser *parser = arg;

    return parser->openssl->NCONF_get_string(parser->conf, section, name);
}

struct first_problem {
    const char *path;
    char *text;
    size_t size;
    bool is_there;
};

static void note(void *arg, unsigned line, const char *word, const char *expected)
{
    struct first_problem *first = arg;

    if (!first->is_there)
        snprintf(first->text, first->size, "%s:%u: %s%s%.512s", first->path, line, word,
                 *word != '\0' ? ": " : "", expected);
    first->is_there = true;
}

bool stls_policy_parse(const struct stls_openssl *openssl, const char *path, const char *text,
                       size_t length, struct stls_policy_file *ret, char *error, size_t size)
{
    struct parser parser = {.openssl = openssl};
    const struct stls_policy_parser callbacks = {load, value, &parser};
    struct first_problem first = {path, error, size, false};
    void *memory = calloc(1, stls_policy_file_size(text, length));
    char *copy = calloc(1, length + 1);
    struct stls_guard guard;
    bool is_good = false;

    snprintf(error, size, "%s: out of memory", path);
    if (memory != NULL && copy != NULL) {
        memcpy(copy, text, length);
        guard = stls_guard_enter(openssl);
        is_good = stls_policy_file_read(ret, path, copy, length, memory, &callbacks, note, &first);
        openssl->NCONF_free(parser.conf);
        stls_guard_leave(guard);
    }
    free(copy);
    if (!is_good)
        free(memory);
    return is_good;
}
