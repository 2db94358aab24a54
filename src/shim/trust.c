/* trust.c - see trust.h */
#include "trust.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "policy_bytes.h"
#include "policy_load.h"

#include "../core/banned.h"

/* Where OpenSSL would look. Its own X509_STORE_set_default_paths reads the environment now, which
 * the program may have emptied. */
static const char *place(const char *variable, bool heeds_environment, const char *otherwise)
{
    const char *value = heeds_environment ? stls_environment_variable(variable) : NULL;

    return value != NULL ? value : otherwise;
}

/* The file and the directory are two sources, and either may be missing; not for want of
 * descriptors, which there may be again. */
static int fill_with_system(const struct stls_openssl *openssl, X509_STORE *store,
                            bool heeds_environment)
{
    const char *file =
        place("SSL_CERT_FILE", heeds_environment, openssl->X509_get_default_cert_file());
    const char *folder =
        place("SSL_CERT_DIR", heeds_environment, openssl->X509_get_default_cert_dir());

    errno = 0;
    if (!openssl->X509_STORE_load_locations(store, file, NULL) &&
        (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return errno;
    openssl->X509_STORE_load_locations(store, NULL, folder);
    return 0;
}

/* As X509_STORE_load_locations reads a file. */
static int add_all(const struct stls_openssl *openssl, X509_STORE *store,
                   const struct stls_policy_bytes *bytes)
{
    BIO *bio = openssl->BIO_new_mem_buf(bytes->text, (int)bytes->length);
    OPENSSL_STACK *found = NULL;
    bool has_any = false;

    if (bio != NULL) /* "" is the password of keys, or a person would be asked for it */
        found = (OPENSSL_STACK *)openssl->PEM_X509_INFO_read_bio(bio, NULL, NULL,
                                                                 (void *)(uintptr_t) "");
    for (int i = 0; i < openssl->OPENSSL_sk_num(found); i++) {
        const X509_INFO *one = openssl->OPENSSL_sk_value(found, i);

        if (one->x509 != NULL)
            has_any = openssl->X509_STORE_add_cert(store, one->x509) || has_any;
        if (one->crl != NULL)
            openssl->X509_STORE_add_crl(store, one->crl);
    }
    openssl->OPENSSL_sk_pop_free(found, (void (*)(void *))(uintptr_t)openssl->X509_INFO_free);
    openssl->BIO_free(bio);
    return has_any ? 0 : ENODATA;
}

static int fill_from(const struct stls_openssl *openssl, X509_STORE *store, const char *path)
{
    const struct stls_policy_bytes *kept =
        stls_policy_bytes_find_anchors(stls_policy_bytes_there(), path);
    struct stls_policy_bytes bytes = {.text = NULL};
    int error = 0;

    if (kept != NULL)
        bytes = *kept;
    else
        error = stls_policy_bytes_load(path, STLS_POLICY_ANCHORS_MAX, &bytes);
    if (error == EISDIR)
        return openssl->X509_STORE_load_locations(store, NULL, path) ? 0 : ENOMEM;
    if (error == 0)
        error = add_all(openssl, store, &bytes);
    if (kept == NULL)
        free((void *)(uintptr_t)bytes.text);
    return error;
}

/* Never taken away again, so that the list needs no lock. */
struct stls_trust {
    struct stls_trust *next;
    X509_STORE *store;
    /* Lives as long as the policy, which is for ever. NULL: the system's; "": the same, or where
     * the environment says that they are. */
    const char *path;
};

static bool is_for(const struct stls_trust *trust, const char *path)
{
    return trust->path == path ||
           (trust->path != NULL && path != NULL && strcmp(trust->path, path) == 0);
}

static struct stls_trust *make(const struct stls_openssl *openssl, const char *path, int *ret_error)
{
    struct stls_trust *made = calloc(1, sizeof *made);

    *ret_error = ENOMEM;
    if (made == NULL)
        return NULL;
    made->path = path;
    made->store = openssl->X509_STORE_new();
    if (made->store != NULL)
        *ret_error = path != NULL && *path != '\0'
                         ? fill_from(openssl, made->store, path)
                         : fill_with_system(openssl, made->store, path != NULL);
    if (*ret_error == 0)
        return made;
    openssl->X509_STORE_free(made->store);
    free(made);
    return NULL;
}

/* What the administrator said stands, whatever the environment says of the system. */
static bool heeds_environment(const struct stls_policy *policy)
{
    return stls_policy()->lock_environment == STLS_LOCK_ENVIRONMENT_NO &&
           (policy->trust_store == STLS_TRUST_STORE_APP ||
            stls_policy_get_sources()->system == NULL);
}

X509_STORE *stls_trust_store(struct stls_openssl *openssl, const struct stls_policy *policy,
                             int *ret_error)
{
    const char *path = heeds_environment(policy) ? "" : NULL;
    struct stls_trust *first = atomic_load_explicit(&openssl->trust, memory_order_acquire);
    struct stls_trust *made;
    struct stls_guard guard;

    if (policy->trust_store == STLS_TRUST_STORE_PATH)
        path = policy->trust_path;
    for (struct stls_trust *there = first; there != NULL; there = there->next)
        if (is_for(there, path))
            return there->store;
    guard = stls_guard_enter(openssl);
    made = make(openssl, path, ret_error);
    stls_guard_leave(guard);
    if (made == NULL)
        return NULL;
    do /* two threads may make the same: then one is not found again */
        made->next = first;
    while (!atomic_compare_exchange_weak(&openssl->trust, &first, made));
    return made->store;
}

X509_STORE *stls_trust_program_store(const struct stls_openssl *openssl, const SSL *ssl)
{
    X509_STORE *store = NULL;

    openssl->SSL_ctrl((SSL *)(uintptr_t)ssl, SSL_CTRL_GET_VERIFY_CERT_STORE, 0, &store);
    return store != NULL ? store : openssl->SSL_CTX_get_cert_store(openssl->SSL_get_SSL_CTX(ssl));
}
