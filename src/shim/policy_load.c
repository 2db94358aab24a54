/* policy_load.c - see policy_load.h */
#include "policy_load.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "elf_symbols.h"
#include "next.h"

#include "../core/banned.h"

#define PREFIX "STRICTTLS_"

struct loaded {
    struct stls_policy policy;
    bool is_broken;
    char error[2 * STLS_TEXT_MAX];
};

/* Copies of "STRICTTLS_X=value", ended by NULL. Set once; NULL until then. */
static _Atomic(char **) copied;
static _Atomic(struct loaded *) current;

static char program[NAME_MAX + 1];

/* The constructor runs in every process: here and in what it calls no function of libc is used
 * before there is something to copy, as the first call of each costs a look-up by the loader. */
static bool starts_with(const char *text, const char *prefix)
{
    while (*prefix != '\0' && *text == *prefix)
        text++, prefix++;
    return *prefix == '\0';
}

static bool is_ours(const char *entry)
{
    return starts_with(entry, PREFIX);
}

static bool is_wanted(const char *entry)
{
    return *entry == 'S' && (is_ours(entry) || starts_with(entry, "SSL_CERT_FILE=") ||
                             starts_with(entry, "SSL_CERT_DIR="));
}

static void copy_base_name(const char *path)
{
    size_t length = 0;

    for (; *path != '\0'; path++)
        if (*path == '/')
            length = 0;
        else if (length < sizeof program - 1)
            program[length++] = *path;
    program[length] = '\0';
}

static size_t count_wanted(char **environment)
{
    size_t count = 0;

    for (; environment != NULL && *environment != NULL; environment++)
        count += is_wanted(*environment);
    return count;
}

void stls_policy_start(const char *name, char **environment)
{
    static char *none[] = {NULL};
    size_t count = count_wanted(environment);
    char **there = NULL;
    char **copy = none;

    if (atomic_load_explicit(&copied, memory_order_acquire) != NULL)
        return;
    if (count > 0 && STLS_NEXT(getauxval)(AT_SECURE) == 0)
        copy = calloc(count + 1, sizeof *copy);
    if (copy == NULL) /* out of memory: the shipped policy, which is no weaker than most */
        copy = none;
    for (size_t i = 0, j = 0; copy != none && j < count && environment[i] != NULL; i++)
        if (is_wanted(environment[i]) && (copy[j] = strdup(environment[i])) != NULL)
            j++;
    copy_base_name(name);
    atomic_compare_exchange_strong(&copied, &there, copy);
    /* Whoever lost the race leaks its copy, once per process: freeing it would need to know that
     * nobody reads it. */
}

/* Another library's constructor used TLS, or looked up a name, before ours ran. */
static void start_early(void)
{
    const char *name;
    char ***variables;

    if (atomic_load_explicit(&copied, memory_order_acquire) != NULL)
        return;
    name = (const char *)STLS_NEXT(getauxval)(AT_EXECFN);
    variables = stls_elf_find_next("environ");
    stls_policy_start(name != NULL ? name : "", variables != NULL ? *variables : NULL);
}

const char *stls_policy_program(void)
{
    return program;
}

const char *stls_policy_variable(const char *variable)
{
    size_t length = strlen(variable);

    for (char **entry = atomic_load_explicit(&copied, memory_order_acquire); *entry != NULL;
         entry++)
        if (strncmp(*entry, variable, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static void find_unknown(struct loaded *made)
{
    for (char **entry = atomic_load_explicit(&copied, memory_order_acquire); *entry != NULL;
         entry++)
        if (is_ours(*entry) && stls_policy_find_variable(*entry, strcspn(*entry, "=")) == NULL) {
            made->is_broken = true;
            snprintf(made->error, sizeof made->error, "%s: no such variable", *entry);
        }
}

static void load(struct loaded *made)
{
    char expected[STLS_TEXT_MAX];
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    stls_policy_shipped(&made->policy, words[0].initial);
    for (size_t i = 0; i < count; i++) {
        const char *value = stls_policy_variable(words[i].variable);

        if (value == NULL ||
            stls_policy_set(&made->policy, &words[i], value, expected, sizeof expected))
            continue;
        made->is_broken = true;
        snprintf(made->error, sizeof made->error, "%s=%.512s: %s", words[i].variable, value,
                 expected);
    }
    find_unknown(made);
    if (made->is_broken)
        made->policy.mode = STLS_MODE_ENFORCE;
}

/* Filled now, with what is always the same: initialised, it would be part of the file. */
static struct loaded *out_of_memory(void)
{
    static struct loaded nothing;

    nothing.policy.mode = STLS_MODE_ENFORCE;
    nothing.is_broken = true;
    memcpy(nothing.error, "out of memory", sizeof "out of memory");
    return &nothing;
}

static __attribute__((cold, noinline)) struct loaded *make_current(void)
{
    struct loaded *there = NULL;
    struct loaded *made;

    start_early();
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return out_of_memory();
    load(made);
    if (atomic_compare_exchange_strong(&current, &there, made))
        return made;
    free(made);
    return there;
}

/* Asked for several times in each question of a handshake. */
static inline struct loaded *get(void)
{
    struct loaded *there = atomic_load_explicit(&current, memory_order_acquire);

    return there != NULL ? there : make_current();
}

const struct stls_policy *stls_policy(void)
{
    return &get()->policy;
}

bool stls_policy_is_off(void)
{
    const struct loaded *loaded = atomic_load_explicit(&current, memory_order_acquire);
    const char *mode;

    if (loaded != NULL)
        return loaded->policy.mode == STLS_MODE_OFF;
    start_early();
    mode = stls_policy_variable("STRICTTLS_MODE");
    return mode != NULL && strcmp(mode, "off") == 0;
}

const char *stls_policy_broken(void)
{
    const struct loaded *loaded = get();

    return loaded->is_broken ? loaded->error : NULL;
}
