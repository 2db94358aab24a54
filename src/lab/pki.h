/* pki.h - keys and certificates, each made from a plain description.
 *
 * Must not: know of cases, or keep anything.
 */
#ifndef STLS_LAB_PKI_H
#define STLS_LAB_PKI_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "recipe.h"

struct stls_lab_certificate {
    const char *common_name;
    EVP_PKEY *key;        /* the subject's */
    X509 *issuer;         /* NULL: issued by itself */
    EVP_PKEY *issuer_key; /* signs; for a forgery not the key of issuer. NULL: key */
    const char *digest;   /* NULL: SHA256 */
    long not_before;      /* seconds from now */
    long not_after;
    const char *basic_constraints; /* extensions in the words of x509v3_config(5) */
    const char *key_usage;
    const char *extended_usage; /* NULL: without this extension */
    const char *alt_names;      /* NULL: without this extension */
};

/* Both: the caller's to free, or NULL with errno set. */
EVP_PKEY *stls_lab_pki_key(enum stls_lab_key_kind kind);
X509 *stls_lab_pki_certificate(const struct stls_lab_certificate *wanted);

/* Adds an extension in the words of x509v3_config(5). True, too, if there is no value and so
 * nothing to add. */
bool stls_lab_pki_extend(X509 *certificate, X509 *issuer, const char *name, const char *value);

#endif
