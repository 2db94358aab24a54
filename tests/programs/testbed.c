/* testbed.c - see testbed.h. */
#include "testbed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The weakest words that OpenSSL 3.0 understands: what a careless administrator could write. */
static const char openssl_cnf_text[] = "openssl_conf = init\n"
                                       "[init]\n"
                                       "ssl_conf = ssl\n"
                                       "[ssl]\n"
                                       "system_default = weak\n"
                                       "[weak]\n"
                                       "MinProtocol = TLSv1\n"
                                       "CipherString = ALL:eNULL:@SECLEVEL=0\n"
                                       "Groups = X25519:P-256:P-384:P-521:P-224:P-192\n"
                                       "Options = UnsafeLegacyRenegotiation\n";

static int find_file(const char *variable, const char *fallback, char *path, char *ret_problem)
{
    const char *name = secure_getenv(variable);
    char *absolute = realpath(name != NULL ? name : fallback, NULL);
    if (absolute == NULL || strlen(absolute) >= STLS_FILES_PATH_MAX) {
        free(absolute);
        snprintf(ret_problem, STLS_FILES_PATH_MAX + 64, "%s is not there (%s names another)",
                 name != NULL ? name : fallback, variable);
        return -ENOENT;
    }
    strcpy(path, absolute);
    free(absolute);
    return 0;
}

static int write_files(struct stls_testbed *bed)
{
    int error = stls_files_join(bed->root, bed->directory, "root.pem");
    if (error == 0) {
        error = stls_files_join(bed->openssl_cnf, bed->directory, "openssl.cnf");
    }
    if (error == 0) {
        error = stls_lab_write_root(bed->lab, bed->root);
    }
    if (error == 0) {
        error = stls_files_write(bed->openssl_cnf, openssl_cnf_text);
    }
    if (error == 0 && (chmod(bed->directory, 0755) != 0 || chmod(bed->root, 0644) != 0 ||
                       chmod(bed->openssl_cnf, 0644) != 0)) {
        error = -errno;
    }
    return error;
}

int stls_testbed_open(struct stls_testbed *bed, char *ret_problem)
{
    *bed = (struct stls_testbed){.lab = NULL};
    int error = find_file("STLS_LIBRARY", "build/libstricttls.so", bed->library, ret_problem);
    if (error == 0) {
        error = find_file("STLS_CLIENTS", "tests/programs/clients", bed->clients, ret_problem);
    }
    if (error != 0) {
        return error;
    }
    error = stls_files_make_directory(bed->directory);
    if (error != 0) {
        snprintf(ret_problem, STLS_FILES_PATH_MAX + 64, "no temporary directory: %s",
                 strerror(-error));
        return error;
    }
    bed->lab = stls_lab_new();
    error = bed->lab == NULL ? -errno : write_files(bed);
    if (error != 0) {
        snprintf(ret_problem, STLS_FILES_PATH_MAX + 64, "no lab: %s", strerror(-error));
        stls_testbed_close(bed);
    }
    return error;
}

void stls_testbed_close(struct stls_testbed *bed)
{
    stls_lab_free(bed->lab);
    stls_files_remove_directory(bed->directory);
}

int stls_testbed_make_directory(const struct stls_testbed *bed, char *path)
{
    int error = stls_files_join(path, bed->directory, "row-XXXXXX");
    if (error == 0 && (mkdtemp(path) == NULL || chmod(path, 0755) != 0)) {
        error = -errno;
    }
    return error;
}

void stls_environment_add(struct stls_environment *environment, const char *name, const char *value)
{
    size_t at = environment->count;
    if (at >= STLS_ENVIRONMENT_MAX - 1) {
        abort(); /* a row that asks for more than the tests have room for */
    }
    snprintf(environment->text[at], sizeof(environment->text[at]), "%s=%s", name, value);
    environment->list[at] = environment->text[at];
    environment->list[at + 1] = NULL;
    environment->count = at + 1;
}

void stls_environment_init(struct stls_environment *environment, const struct stls_testbed *bed,
                           const char *directory, enum stls_preload mode)
{
    char sink[STLS_FILES_PATH_MAX + 8];
    environment->count = 0;
    environment->list[0] = NULL;
    stls_environment_add(environment, "SSL_CERT_FILE", bed->root);
    if (stls_files_join(environment->log, directory,
                        mode == STLS_BARE ? "bare.log" : "events.log") != 0 ||
        stls_files_write(environment->log, "") != 0 || chmod(environment->log, 0666) != 0) {
        abort(); /* in our own directory: nothing can be tested then */
    }
    snprintf(sink, sizeof(sink), "file:%s", environment->log);
    if (mode != STLS_BARE) {
        stls_environment_add(environment, "LD_PRELOAD", bed->library);
        stls_environment_add(environment, "STRICTTLS_LOG", sink);
    }
    if (mode == STLS_AUDITED) {
        stls_environment_add(environment, "STRICTTLS_MODE", "audit");
    }
}

int stls_environment_read_log(const struct stls_environment *environment, char *ret_line)
{
    static const char refused[] = "stricttls: refused: ", would[] = "stricttls: would refuse: ";
    char text[STLS_LOG_MAX];
    int count = 0;
    int error = stls_files_read(environment->log, text, sizeof(text));
    snprintf(ret_line, STLS_LOG_LINE_MAX, "%.*s", (int)strcspn(text, "\n"), text);
    for (const char *line = text; line != NULL && *line != '\0';) {
        count += strncmp(line, refused, sizeof(refused) - 1) == 0 ||
                 strncmp(line, would, sizeof(would) - 1) == 0;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return error != 0 ? error : count;
}

int stls_testbed_write_identity(struct stls_testbed *bed, const struct stls_lab_case *lab_case,
                                const char *directory)
{
    char chain[STLS_FILES_PATH_MAX];
    char key[STLS_FILES_PATH_MAX];
    int error = stls_files_join(chain, directory, "chain.pem");
    if (error == 0) {
        error = stls_files_join(key, directory, "key.pem");
    }
    if (error == 0) {
        error = stls_lab_write_identity(bed->lab, lab_case, chain, key);
    }
    return error;
}

int stls_testbed_write_client_identity(struct stls_testbed *bed,
                                       enum stls_lab_client_identity which, const char *directory)
{
    bool is_good = which == STLS_LAB_CLIENT_GOOD;
    char chain[STLS_FILES_PATH_MAX];
    char key[STLS_FILES_PATH_MAX];
    int error =
        stls_files_join(chain, directory, is_good ? "client-good.pem" : "client-untrusted.pem");
    if (error == 0) {
        error =
            stls_files_join(key, directory, is_good ? "client-good.key" : "client-untrusted.key");
    }
    if (error == 0) {
        error = stls_lab_write_client_identity(bed->lab, which, chain, key);
    }
    return error;
}
