/* trust.c - see trust.h */
#include "trust.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "policy_load.h"

#include "../core/banned.h"

/* Where OpenSSL would look. Its own X509_STORE_set_default_paths reads the environment now, which
 * the program may have emptied. */
static const char *place(const char *variable, const char *otherwise)
{
    const char *value = stls_policy_variable(variable);

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

static void fill(const struct stls_openssl *openssl, X509_STORE *store)
{
    const char *path = stls_policy()->trust_path;

    if (stls_policy()->trust_store != STLS_TRUST_STORE_PATH)
        fill_with_system(openssl, store);
    else if (is_directory(path))
        openssl->X509_STORE_load_locations(store, NULL, path);
    else
        openssl->X509_STORE_load_locations(store, path, NULL);
}

X509_STORE *stls_trust_store(struct stls_openssl *openssl)
{
    X509_STORE *there = atomic_load_explicit(&openssl->trust, memory_order_acquire);
    struct stls_guard guard;
    X509_STORE *made;

    if (there != NULL)
        return there;
    guard = stls_guard_enter(openssl);
    made = openssl->X509_STORE_new();
    if (made != NULL) {
        fill(openssl, made);
        if (atomic_compare_exchange_strong(&openssl->trust, &there, made))
            there = made;
        else
            openssl->X509_STORE_free(made);
    }
    stls_guard_leave(guard);
    return there;
}
