/* policy_source.c - see policy_source.h */
#include "policy_source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "../core/policy_variables.h"

#include "../core/banned.h"

#define SYSTEM_POLICY STLS_SYSCONFDIR "/stricttls/policy.cnf"

enum {
    FILE_MAX = 1 << 20, /* bytes of a policy file */
};

static bool load(void *arg, const char *text, size_t length, long *ret_line)
{
    CONF **conf = arg;
    BIO *bio = BIO_new_mem_buf(text, (int)length);
    bool is_good;

    *conf = NCONF_new(NULL);
    is_good = bio != NULL && *conf != NULL && NCONF_load_bio(*conf, bio, ret_line) == 1;
    BIO_free(bio);
    return is_good;
}

static const char *value(void *arg, const char *section, const char *name)
{
    CONF **conf = arg;

    return NCONF_get_string(*conf, section, name);
}

/* What is wrong is found in several goes, and told in the order of the lines. */
struct complaint {
    unsigned line;
    char *text;
};

struct complaints {
    const char *path;
    struct complaint *each;
    size_t count;
};

static void complain(void *arg, unsigned line, const char *word, const char *expected)
{
    struct complaints *complaints = arg;
    struct complaint *more =
        realloc(complaints->each, (complaints->count + 1) * sizeof *complaints->each);
    struct complaint made = {.line = line};

    if (more == NULL)
        return;
    complaints->each = more;
    if (asprintf(&made.text, "%s:%u: %s%s%s\n", complaints->path, line, word,
                 *word != '\0' ? ": " : "", expected) >= 0)
        complaints->each[complaints->count++] = made;
}

static int compare(const void *a, const void *b)
{
    const struct complaint *one = a, *other = b;

    return (one->line > other->line) - (one->line < other->line);
}

static void print_complaints(struct complaints *complaints)
{
    if (complaints->count > 0)
        qsort(complaints->each, complaints->count, sizeof *complaints->each, compare);
    for (size_t i = 0; i < complaints->count; i++) {
        fputs(complaints->each[i].text, stderr);
        free(complaints->each[i].text);
    }
    free(complaints->each);
}

/* What stands in a cipher string that OpenSSL does not know, and would skip in silence; as the
 * library has it, names that we know are good everywhere. False with what is wrong. */
static bool check_ciphers(const char *string, char *error, size_t size)
{
    SSL_CTX *context = NULL; /* where it is needed */
    bool is_good = true;
    char name[STLS_TEXT_MAX];

    snprintf(error, size, "no cipher is left");
    for (const char *rest = string; is_good && *(rest += strspn(rest, ":, \t")) != '\0';
         rest += strlen(name)) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, ":, \t"), rest);
        if (stls_registry_find_name(STLS_REGISTRY_CIPHER, name, strlen(name)) != NULL)
            continue;
        if (context == NULL && (context = SSL_CTX_new(TLS_method())) == NULL) {
            snprintf(error, size, "OpenSSL can't be asked");
            return false;
        }
        is_good = strchr("-+!", *name) != NULL || SSL_CTX_set_cipher_list(context, name);
        if (!is_good)
            snprintf(error, size, "OpenSSL knows no %.64s", name);
    }
    is_good = is_good && (context == NULL || SSL_CTX_set_cipher_list(context, string));
    SSL_CTX_free(context);
    ERR_clear_error();
    return is_good;
}

/* What a text can't tell: whether this OpenSSL knows the ciphers, and the anchors are there. These
 * may be on another machine: no more than a warning. */
static bool check_here(const struct stls_policy_file *file, struct complaints *complaints)
{
    bool is_good = true;
    char error[STLS_TEXT_MAX + 128];

    for (size_t i = 0; i < file->setting_count; i++) {
        const struct stls_policy_setting *setting = &file->settings[i];

        if (setting->word == NULL || setting->value == NULL)
            continue;
        if (setting->word->kind == STLS_WORD_CIPHERS &&
            !check_ciphers(setting->value, error, sizeof error)) {
            complain(complaints, setting->line, stls_word_name(setting->word), error);
            is_good = false;
        } else if (setting->word->offset == offsetof(struct stls_policy, trust_store) &&
                   *setting->value == '/' && access(setting->value, R_OK) != 0) {
            snprintf(error, sizeof error, "warning: %s: %s", setting->value, strerror(errno));
            complain(complaints, setting->line, stls_word_name(setting->word), error);
        }
    }
    return is_good;
}

static char *read_file(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "re");
    struct stat status, system = {.st_uid = 0};
    const char *fault = NULL;
    char *text = NULL;

    (void)stat("/usr", &system);

    if (file == NULL || fstat(fileno(file), &status) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX) {
        fprintf(stderr, "%s: not a file of up to %d bytes\n", path, FILE_MAX);
    } else if ((fault = stls_policy_file_owner_fault(status.st_mode, status.st_uid, geteuid(),
                                                     system.st_uid)) != NULL) {
        fprintf(stderr, "%s: %s\n", path, fault);
    } else if ((text = malloc((size_t)status.st_size + 1)) != NULL) {
        *ret_length = fread(text, 1, (size_t)status.st_size, file);
        text[*ret_length] = '\0';
    }
    if (file != NULL)
        fclose(file);
    return text;
}

bool stls_tool_policy_open(const char *path, struct stls_tool_policy_file *ret)
{
    struct complaints complaints = {.path = path};
    CONF *conf = NULL;
    struct stls_policy_parser parser = {load, value, &conf};
    bool is_good = false;
    size_t length = 0;

    memset(ret, 0, sizeof *ret);
    ret->text = read_file(path, &length);
    if (ret->text == NULL)
        return false;
    ret->memory = malloc(stls_policy_file_size(ret->text, length));
    if (ret->memory != NULL) {
        is_good = stls_policy_file_read(&ret->file, path, ret->text, length, ret->memory, &parser,
                                        complain, &complaints);
        is_good = check_here(&ret->file, &complaints) && is_good;
    }
    print_complaints(&complaints);
    ret->parser = conf;
    return is_good;
}

void stls_tool_policy_close(struct stls_tool_policy_file *file)
{
    NCONF_free(file->parser);
    free(file->memory);
    free(file->text);
}

static const char *variable(const char *name)
{
    size_t length = strlen(name);

    for (char **entry = environ; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static void find_real(const char *path, char ret[PATH_MAX])
{
    char *real = realpath(path, NULL);

    snprintf(ret, PATH_MAX, "%s", real != NULL ? real : path);
    free(real);
}

/* As a shell would find it; where it can't be found, sections by base name still match. */
static void find_executable(const char *app, char path[PATH_MAX])
{
    const char *folders = variable("PATH");

    snprintf(path, PATH_MAX, "%s", app);
    if (strchr(app, '/') != NULL) {
        find_real(app, path);
        return;
    }
    for (size_t length; folders != NULL && *folders != '\0';
         folders += length + (folders[length] == ':')) {
        char candidate[PATH_MAX];

        length = strcspn(folders, ":");
        snprintf(candidate, sizeof candidate, "%.*s/%.255s", (int)length, folders, app);
        if (access(candidate, X_OK) == 0) {
            find_executable(candidate, path);
            return;
        }
    }
}

static void complain_of_variable(void *arg, const char *entry, const char *expected)
{
    bool *is_good = arg;

    *is_good = false;
    fprintf(stderr, "%s: %s\n", entry, expected);
}

/* The environment, as the library reads it. */
static bool read_environment(struct stls_tool_policy_sources *ret)
{
    const char *named = variable("STRICTTLS_POLICY"), *ciphers = variable("STRICTTLS_CIPHERS");
    char error[128];
    bool is_good = true;

    ret->sources.variable = variable;
    stls_policy_check_variables(environ, complain_of_variable, &is_good);
    if (is_good && ciphers != NULL && !check_ciphers(ciphers, error, sizeof error)) {
        fprintf(stderr, "STRICTTLS_CIPHERS=%s: %s\n", ciphers, error);
        is_good = false;
    }
    if (named == NULL || *named != '/') {
        ret->sources.shipped = named;
        return is_good;
    }
    ret->sources.file = &ret->own.file;
    return stls_tool_policy_open(named, &ret->own) && is_good;
}

bool stls_tool_policy_sources(const char *app, const char *script,
                              struct stls_tool_policy_sources *ret)
{
    bool is_good = true;

    memset(ret, 0, sizeof *ret);
    if (app != NULL) {
        find_executable(app, ret->executable);
        ret->sources.program.executable = ret->executable;
    }
    if (script != NULL) {
        find_real(script, ret->script);
        ret->sources.program.script = ret->script;
    }
    if (faccessat(AT_FDCWD, SYSTEM_POLICY, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        is_good = stls_tool_policy_open(SYSTEM_POLICY, &ret->system);
        ret->sources.system = &ret->system.file;
    }
    if (is_good && !stls_policy_file_locks(ret->sources.system))
        is_good = read_environment(ret);
    return is_good;
}

void stls_tool_policy_sources_close(struct stls_tool_policy_sources *sources)
{
    stls_tool_policy_close(&sources->system);
    stls_tool_policy_close(&sources->own);
}

/* The port of "name:443" and "[::1]:443"; 0 without one. */
static unsigned port_of(const char *host)
{
    const char *colon = strrchr(host, ':');

    if (colon == NULL || (strchr(host, ':') != colon && strchr(host, ']') == NULL) ||
        (strchr(host, ']') != NULL && colon < strchr(host, ']')))
        return 0;
    return (unsigned)strtoul(colon + 1, NULL, 10);
}

static void tell_expired(void *arg, const struct stls_policy_file *file,
                         const struct stls_policy_section *section)
{
    (void)arg;
    fprintf(stderr, "%s:%u: [%s] has expired and no longer applies\n", file->path, section->line,
            section->name);
}

bool stls_tool_policy_resolve(const struct stls_tool_policy_sources *sources, const char *host,
                              struct stls_effective *ret)
{
    static struct stls_policy_matches matches;
    struct stls_host parsed = {.kind = STLS_HOST_NONE};
    struct stls_match_peer peer = {.host = &parsed};

    if (host != NULL && !stls_host_parse(host, &parsed)) {
        fprintf(stderr, "stricttls policy: %s: not a host name or address\n", host);
        return false;
    }
    if (host != NULL) {
        peer.port = port_of(host);
        stls_policy_match(&sources->sources, &peer, &matches);
    }
    if (stls_policy_resolve(&sources->sources, host != NULL && matches.has_any ? &matches : NULL,
                            time(NULL) / 86400, tell_expired, NULL, ret))
        return true;
    fprintf(stderr, "stricttls policy: out of memory\n");
    return false;
}
