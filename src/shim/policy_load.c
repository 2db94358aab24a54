/* policy_load.c - see policy_load.h */
#include "policy_load.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "elf_symbols.h"
#include "environment.h"
#include "openssl.h"
#include "policy_bytes.h"
#include "policy_parser.h"
#include "seldom.h"

#include "../core/list.h"
#include "../core/policy_variables.h"

#include "../core/banned.h"

struct loaded {
    struct stls_policy_sources sources;
    struct stls_policy_file system, own;
    _Atomic(struct stls_effective *) process;
    bool is_broken;
    bool has_hosts, has_host_modes, leaves_contexts;
    char error[2 * STLS_TEXT_MAX];
};

static _Atomic(struct loaded *) current;

static void break_policy(struct loaded *made, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (!made->is_broken)
        vsnprintf(made->error, sizeof made->error, format, arguments);
    va_end(arguments);
    made->is_broken = true;
}

static void break_by_variable(void *made, const char *entry, const char *expected)
{
    break_policy(made, "%.600s: %s", entry, expected);
}

static const struct stls_policy_file *parse(struct loaded *made, const char *path,
                                            const struct stls_policy_bytes *bytes,
                                            struct stls_policy_file *ret)
{
    const struct stls_openssl *openssl = stls_openssl_of_object(NULL);
    char error[sizeof made->error];

    if (bytes->fault != NULL)
        break_policy(made, "%s: %s", path, bytes->fault);
    if (bytes->text == NULL)
        return NULL;
    if (openssl == NULL || !openssl->is_supported)
        break_policy(made, "%s: this libssl can't read it", path);
    else if (stls_policy_parse(openssl, path, bytes->text, bytes->length, ret, error, sizeof error))
        return ret;
    else
        break_policy(made, "%s", error);
    return NULL;
}

static void read_variables(struct loaded *made, const struct stls_policy_bytes *own)
{
    const char *named = stls_environment_variable("STRICTTLS_POLICY");

    if (!stls_environment_has_policy()) /* as in most processes */
        return;
    made->sources.variable = stls_environment_variable;
    stls_policy_check_variables(stls_environment_variables(), break_by_variable, made);
    if (named != NULL && *named == '/')
        made->sources.file = parse(made, named, own, &made->own);
    else if (!made->is_broken)
        made->sources.shipped = named;
}

/* What there is in a file that concerns more than one answer. */
static void survey(struct loaded *made, const struct stls_policy_file *file)
{
    for (size_t i = 0; file != NULL && i < file->section_count; i++) {
        const struct stls_policy_section *section = &file->sections[i];

        made->has_hosts = made->has_hosts || section->kind == STLS_SECTION_HOST;
        for (size_t j = 0; section->kind == STLS_SECTION_HOST && j < section->count; j++) {
            const struct stls_word *word = file->settings[section->first + j].word;
            bool is_mode = word->offset == offsetof(struct stls_policy, mode) &&
                           word->kind == STLS_WORD_CHOICE;

            made->has_host_modes = made->has_host_modes || is_mode;
            if (stls_policy_section_is_exception(section) &&
                (is_mode || word->kind == STLS_WORD_CIPHERS || word->kind == STLS_WORD_CODES ||
                 word->kind == STLS_WORD_NUMBER))
                made->leaves_contexts = true;
        }
    }
}

long stls_policy_today(void)
{
    return (long)(time(NULL) / (24 * 60 * 60));
}

static struct stls_effective *resolve(const struct loaded *made, stls_policy_expired *expired,
                                      void *arg)
{
    struct stls_effective *effective = malloc(sizeof *effective);

    if (effective != NULL &&
        stls_policy_resolve(&made->sources, NULL, stls_policy_today(), expired, arg, effective))
        return effective;
    free(effective);
    return NULL;
}

/* What never changes, but is dear to find out. Two threads may both ask. */
static bool ask_once(_Atomic int *known, bool (*ask)(void))
{
    enum {
        UNASKED,
        NO,
        YES
    };

    if (atomic_load_explicit(known, memory_order_relaxed) == UNASKED)
        atomic_store_explicit(known, ask() ? YES : NO, memory_order_relaxed);
    return atomic_load_explicit(known, memory_order_relaxed) == YES;
}

/* Asked by a program that connects before it uses TLS, and again when it does. */
static bool has_copy_behind(void)
{
    static _Atomic int known;

    return ask_once(&known, stls_elf_has_copy_behind);
}

/* Two copies would take each other's callbacks for the program's. The one that holds is the last,
 * which is the administrator's. */
static bool load_off(struct loaded *made)
{
    struct stls_effective *process = calloc(1, sizeof *process);

    if (process == NULL)
        return false;
    process->policy.mode = STLS_MODE_OFF;
    process->last_day = LONG_MAX;
    atomic_store(&made->process, process);
    return true;
}

static const char *path_or_null(const char *path)
{
    return path[0] != '\0' ? path : NULL;
}

/* False when out of memory. */
static bool load(struct loaded *made)
{
    const struct stls_policy_surroundings *around = stls_environment_read();
    struct stls_effective *process;

    if (has_copy_behind())
        return load_off(made);
    if (around == NULL)
        return false;
    if (around->paths != NULL) {
        made->sources.program.executable = path_or_null(around->paths->executable);
        made->sources.program.script = path_or_null(around->paths->script);
    }
    made->sources.system = parse(made, STLS_POLICY_SYSTEM_PATH, &around->system, &made->system);
    if (!stls_policy_file_locks(made->sources.system))
        read_variables(made, &around->own);
    survey(made, made->sources.system);
    survey(made, made->sources.file);
    process = resolve(made, NULL, NULL);
    if (process == NULL)
        return false;
    if (process->contradiction != NULL)
        break_policy(made, "%s: nothing is left that all sources allow",
                     stls_word_name(process->contradiction));
    if (made->is_broken) { /* nothing passes; the variables may say where that is told */
        made->sources.system = made->sources.file = NULL;
        made->sources.variable = stls_environment_variable;
        made->has_hosts = made->has_host_modes = made->leaves_contexts = false;
        if (!stls_policy_resolve(&made->sources, NULL, 0, NULL, NULL, process))
            return false;
        process->policy.mode = STLS_MODE_ENFORCE;
    }
    atomic_store(&made->process, process);
    return true;
}

/* Filled now, with what is always the same: initialised, it would be part of the file. */
static struct loaded *out_of_memory(void)
{
    static struct stls_effective effective STLS_SELDOM_WRITTEN;
    static struct loaded nothing STLS_SELDOM_WRITTEN;

    effective.policy.mode = STLS_MODE_ENFORCE;
    effective.policy.min_protocol = effective.policy.max_protocol = 0x0304;
    effective.last_day = LONG_MAX;
    nothing.is_broken = true;
    memcpy(nothing.error, "out of memory", sizeof "out of memory");
    atomic_store(&nothing.process, &effective);
    return &nothing;
}

static __attribute__((cold, noinline)) struct loaded *make_current(void)
{
    struct loaded *there = NULL;
    struct loaded *made;
    int saved_errno = errno;

    stls_environment_start_early();
    made = calloc(1, sizeof *made);
    if (made == NULL || !load(made)) {
        free(made);
        errno = saved_errno;
        return out_of_memory();
    }
    errno = saved_errno;
    if (atomic_compare_exchange_strong(&current, &there, made))
        return made;
    return there; /* ours is lost, with what it refers to: once a process at most */
}

/* Asked for several times in each question of a handshake. */
static inline struct loaded *get(void)
{
    struct loaded *there = atomic_load_explicit(&current, memory_order_acquire);

    return there != NULL ? there : make_current();
}

const struct stls_policy *stls_policy(void)
{
    return &atomic_load_explicit(&get()->process, memory_order_acquire)->policy;
}

static void tell_expired(const struct loaded *loaded, void (*tell)(const char *notice))
{
    struct stls_policy_teller teller = {tell};

    free(resolve(loaded, stls_policy_tell_expired, &teller));
}

const struct stls_policy *stls_policy_renew(void (*tell)(const char *notice),
                                            const char **ret_contradiction)
{
    struct loaded *loaded = get();
    struct stls_effective *now = atomic_load_explicit(&loaded->process, memory_order_acquire);
    struct stls_effective *made;

    if (now->last_day != LONG_MAX && stls_policy_today() > now->last_day &&
        (made = resolve(loaded, NULL, NULL)) != NULL) {
        if (made->contradiction != NULL)
            made->policy.mode = STLS_MODE_ENFORCE;
        /* The one before is kept: connections have it. Without memory it is what there is. */
        if (atomic_compare_exchange_strong(&loaded->process, &now, made)) {
            now = made;
            tell_expired(loaded, tell);
        } else {
            free(made);
        }
    }
    if (now->contradiction != NULL)
        *ret_contradiction = stls_word_name(now->contradiction);
    return &now->policy;
}

bool stls_policy_has_hosts(void)
{
    return get()->has_hosts;
}

bool stls_policy_leaves_contexts(void)
{
    return get()->leaves_contexts;
}

/* Before the policy is loaded. */
static bool is_off_already(void)
{
    int saved = errno;
    bool is_off = has_copy_behind();

    if (!is_off) {
        const char *mode;

        stls_environment_start_early();
        mode = stls_environment_variable("STRICTTLS_MODE");
        /* A policy of the system's would not let the environment switch it off. */
        is_off = mode != NULL && strcmp(mode, "off") == 0 && !stls_policy_bytes_has_system();
    }
    errno = saved;
    return is_off;
}

bool stls_policy_is_off(void)
{
    static _Atomic int known;
    const struct loaded *loaded = atomic_load_explicit(&current, memory_order_acquire);
    const struct stls_effective *process;

    if (loaded == NULL)
        return ask_once(&known, is_off_already);
    process = atomic_load_explicit(&loaded->process, memory_order_acquire);
    return process->policy.mode == STLS_MODE_OFF && process->last_day == LONG_MAX &&
           !loaded->has_host_modes;
}

const char *stls_policy_broken(void)
{
    const struct loaded *loaded = get();

    return loaded->is_broken ? loaded->error : NULL;
}

const struct stls_policy_sources *stls_policy_get_sources(void)
{
    return &get()->sources;
}

/* Mode has no need to be told: off says nothing, and audit says "would refuse". */
static void add_weaker(void *arg, const struct stls_word *word)
{
    if (word->offset != offsetof(struct stls_policy, mode) || word->kind != STLS_WORD_CHOICE)
        stls_list_append(arg, STLS_TEXT_MAX, ", ", stls_word_name(word));
}

void stls_policy_tell_expired(void *arg, const struct stls_policy_file *file,
                              const struct stls_policy_section *section)
{
    const struct stls_policy_teller *teller = arg;
    char text[STLS_TEXT_MAX];

    if (__atomic_exchange_n((bool *)(uintptr_t)&section->is_told, true, __ATOMIC_RELAXED))
        return;
    snprintf(text, sizeof text, "%s:%u: [%s] has expired and no longer applies", file->path,
             section->line, section->name);
    teller->tell(text);
}

void stls_policy_notices(void (*tell)(const char *notice))
{
    const struct loaded *loaded = get();
    char words[STLS_TEXT_MAX] = "", text[STLS_TEXT_MAX + 64];

    if (loaded->is_broken || (loaded->sources.variable == NULL && loaded->sources.system == NULL))
        return;
    stls_policy_environment_weakens(&loaded->sources, stls_policy_today(), add_weaker, words);
    if (words[0] != '\0') {
        snprintf(text, sizeof text, "the environment makes it weaker: %s", words);
        tell(text);
    }
    tell_expired(loaded, tell);
}

static bool find_cipher_string(const struct stls_policy_file *file, size_t *number,
                               struct stls_policy_place *ret)
{
    for (size_t i = 0; file != NULL && i < file->setting_count; i++)
        if (file->settings[i].word->kind == STLS_WORD_CIPHERS && (*number)-- == 0) {
            ret->value = file->settings[i].value;
            snprintf(ret->text, sizeof ret->text, "%.1000s:%u: %s=", file->path,
                     file->settings[i].line, stls_word_name(file->settings[i].word));
            return true;
        }
    return false;
}

bool stls_policy_cipher_string(size_t number, struct stls_policy_place *ret)
{
    static const char variable[] = "STRICTTLS_CIPHERS";
    const struct stls_policy_sources *sources = stls_policy_get_sources();

    if (find_cipher_string(sources->system, &number, ret) ||
        find_cipher_string(sources->file, &number, ret))
        return true;
    ret->value = sources->variable != NULL ? sources->variable(variable) : NULL;
    snprintf(ret->text, sizeof ret->text, "%s=", variable);
    return ret->value != NULL && number == 0;
}
