/* trust.c - see trust.h */
#include "trust.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_load.h"

#include "../core/banned.h"

/* Where OpenSSL would look. Its own X509_STORE_set_default_paths reads the environment now, which
 * the program may have emptied. */
static const char *place(const char *variable, const char *otherwise)
{
    const char *value = stls_policy()->lock_environment == STLS_LOCK_ENVIRONMENT_NO
                            ? stls_policy_variable(variable)
                            : NULL;

    return value != NULL ? value : otherwise;
}

/* The file and the directory are two sources, and either may be missing. */
static void fill_with_system(const struct stls_openssl *openssl, X509_STORE *store)
{
    const char *file = place("SSL_CERT_FILE", openssl->X509_get_default_cert_file());
    const char *folder = place("SSL_CERT_DIR", openssl->X509_get_default_cert_dir());

    openssl->X509_STORE_load_locations(store, file, NULL);
    openssl->X509_STORE_load_locations(store, NULL, folder);
}

static bool is_directory(const char *path)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && close(fd) == 0;
}

static void fill(const struct stls_openssl *openssl, X509_STORE *store, const char *path)
{
    if (path == NULL)
        fill_with_system(openssl, store);
    else if (is_directory(path))
        openssl->X509_STORE_load_locations(store, NULL, path);
    else
        openssl->X509_STORE_load_locations(store, path, NULL);
}

/* Never taken away again, so that the list needs no lock. */
struct stls_trust {
    struct stls_trust *next;
    X509_STORE *store;
    const char *path; /* NULL: the system's; lives as long as the policy, which is for ever */
};

static bool is_for(const struct stls_trust *trust, const char *path)
{
    return trust->path == path ||
           (trust->path != NULL && path != NULL && strcmp(trust->path, path) == 0);
}

static struct stls_trust *make(const struct stls_openssl *openssl, const char *path)
{
    struct stls_trust *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->path = path;
    made->store = openssl->X509_STORE_new();
    if (made->store == NULL) {
        free(made);
        return NULL;
    }
    fill(openssl, made->store, path);
    return made;
}

X509_STORE *stls_trust_store(struct stls_openssl *openssl, const struct stls_policy *policy)
{
    const char *path = policy->trust_store == STLS_TRUST_STORE_PATH ? policy->trust_path : NULL;
    struct stls_trust *first = atomic_load_explicit(&openssl->trust, memory_order_acquire);
    struct stls_trust *made;
    struct stls_guard guard;

    for (struct stls_trust *there = first; there != NULL; there = there->next)
        if (is_for(there, path))
            return there->store;
    guard = stls_guard_enter(openssl);
    made = make(openssl, path);
    stls_guard_leave(guard);
    if (made == NULL)
        return NULL;
    do /* two threads may make the same: then one is not found again */
        made->next = first;
    while (!atomic_compare_exchange_weak(&openssl->trust, &first, made));
    return made->store;
}
