/* environment.c - see environment.h */
#include "environment.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "elf_symbols.h"
#include "next.h"
#include "sinks.h"

#include "../core/banned.h"

#define PREFIX "STRICTTLS_"
#define LIBRARY_PATH "LD_LIBRARY_PATH="

/* Copies of "STRICTTLS_X=value", ended by NULL. Set once; NULL until then. */
static _Atomic(char **) copied;

static char program[NAME_MAX + 1];
static char **arguments;         /* as main gets them; the program may write to them */
static const char *library_path; /* likewise: a copy would be paid for in many processes */

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

/* How much is to be copied; what is only remembered is remembered. */
static size_t look_through(char **environment)
{
    size_t count = 0;

    for (; environment != NULL && *environment != NULL; environment++) {
        count += is_wanted(*environment);
        if (starts_with(*environment, LIBRARY_PATH))
            library_path = *environment;
    }
    return count;
}

/* The file that a variable names. */
static const char *path_in(const char *variable)
{
    const char *value = stls_environment_variable(variable);

    return value != NULL && *value == '/' ? value : NULL;
}

const struct stls_policy_surroundings *stls_environment_read(void)
{
    return stls_policy_bytes_read(path_in("STRICTTLS_POLICY"), path_in("STRICTTLS_TRUST_STORE"),
                                  arguments);
}

/* Where nobody asks for it, it is looked at when the policy is read. */
static bool names_stderr(const char *log)
{
    return log != NULL && (starts_with(log, "stderr") || starts_with(log, "auto"));
}

void stls_environment_start(char **given, char **environment)
{
    static char *none[] = {NULL};
    size_t count = look_through(environment);
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
    copy_base_name(given != NULL && given[0] != NULL ? given[0] : "");
    arguments = given;
    atomic_compare_exchange_strong(&copied, &there, copy);
    if (copy != none && names_stderr(stls_environment_variable("STRICTTLS_LOG")))
        stls_sinks_remember_stderr();
    /* Whoever lost the race leaks its copy, once per process: freeing it would need to know that
     * nobody reads it. */
    if (stls_elf_is_loaded("libssl.", true))
        stls_environment_read();
}

void stls_environment_look(void)
{
    if (stls_policy_bytes_there() == NULL &&
        atomic_load_explicit(&copied, memory_order_acquire) != NULL &&
        stls_elf_is_loaded("libssl.", false))
        stls_environment_read();
}

void stls_environment_start_early(void)
{
    char *name[2] = {NULL, NULL};
    char ***variables;

    if (atomic_load_explicit(&copied, memory_order_acquire) != NULL)
        return;
    name[0] = (char *)STLS_NEXT(getauxval)(AT_EXECFN);
    variables = stls_elf_find_next("environ");
    stls_environment_start(name, variables != NULL ? *variables : NULL);
    arguments = NULL;
}

char **stls_environment_variables(void)
{
    return atomic_load_explicit(&copied, memory_order_acquire);
}

bool stls_environment_has_policy(void)
{
    char **entry = stls_environment_variables();

    while (*entry != NULL && !is_ours(*entry))
        entry++;
    return *entry != NULL;
}

const char *stls_environment_program(void)
{
    return program;
}

const char *stls_environment_variable(const char *variable)
{
    size_t length = strlen(variable);

    for (char **entry = stls_environment_variables(); *entry != NULL; entry++)
        if (strncmp(*entry, variable, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

const char *stls_environment_library_path(void)
{
    return library_path != NULL && starts_with(library_path, LIBRARY_PATH)
               ? library_path + sizeof LIBRARY_PATH - 1
               : NULL;
}
