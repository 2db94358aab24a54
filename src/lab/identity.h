/* identity.h - what a server or a client shows: a certificate, what goes with it, and the key.
 *
 * Owns: the authorities and the leaf keys of a lab, made once, and the identity of each case,
 * made when first asked for.
 * Must not: be used by anything but the lab.
 */
#ifndef STLS_LAB_IDENTITY_H
#define STLS_LAB_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "recipe.h"

struct stls_lab_identity {
    X509 *leaf;
    STACK_OF(X509) * above; /* sent after the leaf; may be empty */
    EVP_PKEY *key;
};

/* The case's, kept by the lab and valid as long as it; NULL with errno set. */
const struct stls_lab_identity *stls_lab_identity_of(struct stls_lab *lab,
                                                     const struct stls_lab_case *lab_case);

/* One that is the caller's, to be cleared; empty on failure. */
int stls_lab_identity_make(struct stls_lab *lab, const struct stls_lab_recipe *recipe,
                           struct stls_lab_identity *ret);
void stls_lab_identity_clear(struct stls_lab_identity *identity);

/* A server that shows the identity, in all else as the recipe says; NULL with errno set. */
SSL_CTX *stls_lab_context_of(const struct stls_lab_identity *identity,
                             const struct stls_lab_recipe *recipe);

/* A server on the context, which is then the server's, also on failure (NULL with errno set); for a
 * context of NULL errno stays as it is. */
struct stls_lab_server *stls_lab_serve_context(SSL_CTX *context);

/* PEM files of an identity: chain (leaf first) and key; of one certificate. */
int stls_lab_identity_write(const struct stls_lab_identity *identity, const char *chain_path,
                            const char *key_path);
int stls_lab_identity_write_root(X509 *root, const char *path);

/* Borrowed from the lab. */
X509 *stls_lab_identity_root(const struct stls_lab *lab);

#endif
