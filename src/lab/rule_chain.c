/* rule_chain.c - the chain of a rule's case, each certificate good but for its edits.
 *
 * Must not: keep anything, or know which edits there are.
 */
#include "lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "edit.h"
#include "identity.h"
#include "pki.h"

#include "../core/banned.h"

#define DAY (24 * 3600L)

/* What each certificate has unless an edit says otherwise. The subject's key identifier comes
 * before the authority's, which for a root is the same. */
static const struct field {
    char name[24];
    const char *values[STLS_LAB_CHAIN_LENGTH];
} extensions[] = {
    {"basicConstraints", {"critical,CA:FALSE", "critical,CA:TRUE,pathlen:0", "critical,CA:TRUE"}},
    {"keyUsage",
     {"critical,digitalSignature", "critical,keyCertSign,cRLSign", "critical,keyCertSign,cRLSign"}},
    {"extendedKeyUsage", {"serverAuth,clientAuth"}},
    {"subjectAltName", {"DNS:localhost"}},
    {"subjectKeyIdentifier", {"hash", "hash", "hash"}},
    {"authorityKeyIdentifier", {"keyid:always", "keyid:always"}},
};
static const char *const subjects[] = {"localhost", "stricttls lab rule intermediate",
                                       "stricttls lab rule root"};

/* What the edits say of this field of this certificate; otherwise what a good one has. */
static const char *value_of(const struct stls_lab_edit *edits, int depth, const char *what,
                            const char *otherwise)
{
    for (; edits != NULL && edits->what != NULL; edits++)
        if (edits->depth == depth && strcmp(edits->what, what) == 0)
            return edits->value;
    return otherwise;
}

/* "RSA" and bits, or a curve. */
static EVP_PKEY *make_key(const char *what)
{
    return strncmp(what, "RSA", 3) == 0 ? EVP_RSA_gen((unsigned)strtoul(what + 3, NULL, 10))
                                        : EVP_EC_gen(what);
}

static bool set_serial(X509 *certificate, const char *hex)
{
    BIGNUM *serial = NULL;
    bool is_set = BN_hex2bn(&serial, hex) > 0 &&
                  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;

    BN_free(serial);
    return is_set;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    bool is_set =
        name != NULL &&
        (common_name[0] == '\0' ||
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name,
                                    -1, -1, 0) == 1) &&
        X509_set_subject_name(certificate, name) == 1;

    X509_NAME_free(name);
    return is_set;
}

static bool set_time(ASN1_TIME *time, const char *text, long offset)
{
    return text != NULL ? ASN1_TIME_set_string(time, text) == 1
                        : X509_gmtime_adj(time, offset) != NULL;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct stls_lab_edit *edits,
                           int depth)
{
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        const char *name = extensions[i].name;

        if (!stls_lab_pki_extend(certificate, issuer, name,
                                 value_of(edits, depth, name, extensions[i].values[depth])))
            return false;
    }
    for (; edits != NULL && edits->what != NULL; edits++)
        if (edits->depth == depth && edits->what[0] == '+' &&
            !stls_lab_pki_extend(certificate, issuer, edits->what + 1, edits->value))
            return false;
    return true;
}

/* Only the inner algorithm is signed; this is the outer. */
static bool set_outer_algorithm(X509 *certificate, const char *name)
{
    const X509_ALGOR *algorithm;

    if (name == NULL)
        return true;
    X509_get0_signature(NULL, &algorithm, certificate);
    return X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm, OBJ_nid2obj(OBJ_sn2nid(name)),
                           V_ASN1_UNDEF, NULL) == 1;
}

/* Issuer NULL: itself. */
static X509 *make_certificate(const struct stls_lab_edit *edits, int depth, EVP_PKEY *key,
                              X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();
    const char *version = value_of(edits, depth, "version", "3");

    if (certificate != NULL && X509_set_version(certificate, strtol(version, NULL, 10) - 1) == 1 &&
        set_serial(certificate, value_of(edits, depth, "serial", "5713c7d15")) &&
        set_subject(certificate, value_of(edits, depth, "subject", subjects[depth])) &&
        X509_set_issuer_name(certificate,
                             X509_get_subject_name(issuer != NULL ? issuer : certificate)) == 1 &&
        set_time(X509_getm_notBefore(certificate), value_of(edits, depth, "notBefore", NULL),
                 -DAY) &&
        set_time(X509_getm_notAfter(certificate), value_of(edits, depth, "notAfter", NULL),
                 30 * DAY) &&
        X509_set_pubkey(certificate, key) == 1 &&
        add_extensions(certificate, issuer != NULL ? issuer : certificate, edits, depth) &&
        X509_sign(certificate, issuer_key,
                  EVP_get_digestbyname(value_of(edits, depth, "digest", "SHA256"))) > 0 &&
        set_outer_algorithm(certificate, value_of(edits, depth, "algorithm", NULL)))
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* From the root down. On failure ret is empty and errno set. */
static X509 *make_chain(const struct stls_lab_edit *edits, struct stls_lab_identity *ret)
{
    X509 *chain[STLS_LAB_CHAIN_LENGTH + 1] = {NULL};
    EVP_PKEY *keys[STLS_LAB_CHAIN_LENGTH + 1] = {NULL};

    *ret = (struct stls_lab_identity){.above = sk_X509_new_null()};
    for (int i = STLS_LAB_CHAIN_LENGTH - 1; i >= 0; i--) {
        keys[i] = make_key(value_of(edits, i, "key", "P-256"));
        if (keys[i] == NULL)
            break;
        chain[i] = make_certificate(edits, i, keys[i], chain[i + 1],
                                    chain[i + 1] != NULL ? keys[i + 1] : keys[i]);
        if (chain[i] == NULL)
            break;
    }
    EVP_PKEY_free(keys[1]);
    EVP_PKEY_free(keys[2]);
    ret->key = keys[0];
    ret->leaf = chain[0];
    if (chain[0] != NULL && ret->above != NULL && sk_X509_push(ret->above, chain[1]) > 0)
        return chain[2];
    X509_free(chain[1]);
    X509_free(chain[2]);
    stls_lab_identity_clear(ret);
    errno = EPROTO;
    return NULL;
}

static int make_and_write_root(const struct stls_lab_rule_case *rule_case, bool is_twin,
                               const char *root_path, struct stls_lab_identity *ret)
{
    X509 *root = make_chain(is_twin ? rule_case->twin : rule_case->flaw, ret);
    int error = root != NULL ? stls_lab_identity_write_root(root, root_path) : -errno;

    X509_free(root);
    return error;
}

struct stls_lab_server *stls_lab_serve_rule(const struct stls_lab_rule_case *rule_case,
                                            bool is_twin, const char *root_path)
{
    static const struct stls_lab_recipe good;
    struct stls_lab_identity identity;
    SSL_CTX *context = NULL;
    int error = make_and_write_root(rule_case, is_twin, root_path, &identity);

    if (error == 0)
        context = stls_lab_context_of(&identity, &good);
    else
        errno = -error;
    error = errno;
    stls_lab_identity_clear(&identity);
    errno = error;
    return stls_lab_serve_context(context);
}

int stls_lab_write_rule(const struct stls_lab_rule_case *rule_case, bool is_twin,
                        const char *root_path, const char *chain_path, const char *key_path)
{
    struct stls_lab_identity identity;
    int error = make_and_write_root(rule_case, is_twin, root_path, &identity);

    if (error == 0)
        error = stls_lab_identity_write(&identity, chain_path, key_path);
    stls_lab_identity_clear(&identity);
    return error;
}
