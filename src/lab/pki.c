/* pki.c - see pki.h */
#include "pki.h"

#include <errno.h>
#include <stdbool.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "../core/banned.h"

/* 20 octets, the most that RFC 5280 (4.1.2.2) allows, less the bit that would make it negative. */
#define SERIAL_BITS 159

EVP_PKEY *stls_lab_pki_key(enum stls_lab_key_kind kind)
{
    EVP_PKEY *key = NULL;

    switch (kind) {
    case STLS_LAB_KEY_RSA_2048:
        key = EVP_RSA_gen(2048);
        break;
    case STLS_LAB_KEY_RSA_1024:
        key = EVP_RSA_gen(1024);
        break;
    case STLS_LAB_KEY_P256:
        key = EVP_EC_gen("P-256");
        break;
    case STLS_LAB_KEY_KINDS:
        break;
    }
    if (key == NULL)
        errno = EPROTO;
    return key;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *serial = BN_new();
    bool is_set = serial != NULL &&
                  BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;

    BN_free(serial);
    return is_set;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    bool is_set =
        name != NULL &&
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"stricttls lab",
                                   -1, -1, 0) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1,
                                   -1, 0) == 1 &&
        X509_set_subject_name(certificate, name) == 1;

    X509_NAME_free(name);
    return is_set;
}

bool stls_lab_pki_extend(X509 *certificate, X509 *issuer, const char *name, const char *value)
{
    X509V3_CTX context = {0};
    X509_EXTENSION *extension;
    bool is_added;

    if (value == NULL)
        return true;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_nconf(NULL, &context, name, value);
    is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

X509 *stls_lab_pki_certificate(const struct stls_lab_certificate *wanted)
{
    const EVP_MD *digest = EVP_get_digestbyname(wanted->digest != NULL ? wanted->digest : "SHA256");
    EVP_PKEY *signer = wanted->issuer_key != NULL ? wanted->issuer_key : wanted->key;
    X509 *certificate = X509_new();
    X509 *issuer = wanted->issuer != NULL ? wanted->issuer : certificate;

    if (certificate != NULL && digest != NULL &&
        X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
        set_subject(certificate, wanted->common_name) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), wanted->not_before) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), wanted->not_after) != NULL &&
        X509_set_pubkey(certificate, wanted->key) == 1 &&
        stls_lab_pki_extend(certificate, issuer, "basicConstraints", wanted->basic_constraints) &&
        stls_lab_pki_extend(certificate, issuer, "keyUsage", wanted->key_usage) &&
        stls_lab_pki_extend(certificate, issuer, "extendedKeyUsage", wanted->extended_usage) &&
        stls_lab_pki_extend(certificate, issuer, "subjectAltName", wanted->alt_names) &&
        /* In this order: the authority's identifier of a root is its own subject's. */
        stls_lab_pki_extend(certificate, issuer, "subjectKeyIdentifier", "hash") &&
        stls_lab_pki_extend(certificate, issuer, "authorityKeyIdentifier", "keyid:always") &&
        X509_sign(certificate, signer, digest) > 0)
        return certificate;
    X509_free(certificate);
    errno = digest == NULL ? ENOTSUP : EPROTO;
    return NULL;
}
