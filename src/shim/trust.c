/* trust.c - see trust.h */
#include "trust.h"

#include <stdatomic.h>
#include <sys/stat.h>

#include "policy_load.h"

#include "../core/banned.h"

static bool fill(const struct stls_openssl *openssl, X509_STORE *store)
{
    const char *path = stls_policy()->trust_path;
    struct stat status;

    if (stls_policy()->trust_store != STLS_TRUST_STORE_PATH)
        return openssl->X509_STORE_set_default_paths(store) == 1;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return openssl->X509_STORE_load_locations(store, NULL, path) == 1;
    return openssl->X509_STORE_load_locations(store, path, NULL) == 1;
}

X509_STORE *stls_trust_store(struct stls_openssl *openssl)
{
    X509_STORE *there = atomic_load_explicit(&openssl->trust, memory_order_acquire);
    X509_STORE *made;

    if (there != NULL)
        return there;
    made = openssl->X509_STORE_new();
    if (made != NULL && fill(openssl, made) &&
        atomic_compare_exchange_strong(&openssl->trust, &there, made))
        return made;
    openssl->X509_STORE_free(made);
    return there;
}
