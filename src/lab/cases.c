/* cases.c - the table: one row a case, with how it is made.
 *
 * Owns: what the cases are. Each has one flaw, and is good in all else, so that a client that
 * connects is known to miss just that.
 * Must not: make anything.
 */
#include "lab.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/x509_vfy.h>

#include "recipe.h"

#include "../core/banned.h"

#define DAY (24 * 3600L)
#define RECIPE(...) (&(const struct stls_lab_recipe){__VA_ARGS__})
#define CBC_CIPHERS "ECDHE-RSA-AES128-SHA"

/* A row says in its recipe only what differs from a good server. */
static const struct stls_lab_case cases[] = {
    {
        .name = "good-rsa",
        .what = "RSA-2048 certificate",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(0),
    },
    {
        .name = "good-ecdsa",
        .what = "ECDSA P-256 certificate",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.key = STLS_LAB_KEY_P256),
    },
    {
        .name = "good-tls12",
        .what = "TLS 1.2 only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION),
    },
    {
        .name = "good-tls13",
        .what = "TLS 1.3 only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.min_protocol = TLS1_3_VERSION),
    },
    {
        .name = "good-intermediate",
        .what = "intermediate CA between root and certificate",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_INTERMEDIATE),
    },
    {
        .name = "good-ip",
        .what = "certificate names addresses only",
        .host = "127.0.0.1",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.common_name = "127.0.0.1", .alt_names = "IP:127.0.0.1,IP:::1"),
    },
    {
        .name = "good-wildcard",
        .what = "certificate names the host by *.lab.example",
        .host = "foo.lab.example",
        .flaw = STLS_LAB_FLAW_NONE,
        .expectation = STLS_LAB_MUST_CONNECT,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.common_name = "*.lab.example", .alt_names = "DNS:*.lab.example"),
    },

    /* Chains that do not verify. */
    {
        .name = "self-signed",
        .what = "certificate signed by itself",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_SELF_SIGNED),
    },
    {
        .name = "untrusted-root",
        .what = "root CA that nobody trusts",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_UNKNOWN_ROOT),
    },
    {
        .name = "expired",
        .what = "certificate ran out yesterday",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_CERT_HAS_EXPIRED,
        .recipe = RECIPE(.not_before = -30 * DAY, .not_after = -DAY),
    },
    {
        .name = "not-yet-valid",
        .what = "certificate is valid from tomorrow on",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_CERT_NOT_YET_VALID,
        .recipe = RECIPE(.not_before = DAY, .not_after = 30 * DAY),
    },
    {
        .name = "wrong-eku",
        .what = "certificate is for clients only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_INVALID_PURPOSE,
        .recipe = RECIPE(.extended_usage = "clientAuth"),
    },
    /* CVE-2002-0862, and again in every library that forgot: any site can sign for any other. */
    {
        .name = "ca-false-intermediate",
        .what = "issued by a certificate that is no CA",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_INVALID_CA,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_INTERMEDIATE_NOT_CA),
    },
    {
        .name = "forged-signature",
        .what = "names the good root as issuer, not signed by it",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_CERT_SIGNATURE_FAILURE,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_FORGED),
    },
    {
        .name = "missing-intermediate",
        .what = "intermediate CA not sent",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_INTERMEDIATE_OMITTED),
    },
    {
        .name = "rsa-1024",
        .what = "RSA key of 1024 bits",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_EE_KEY_TOO_SMALL,
        .recipe = RECIPE(.key = STLS_LAB_KEY_RSA_1024, .is_insecure_level = true),
    },
    {
        .name = "sha1-signed",
        .what = "certificate signed with SHA-1",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_CA_MD_TOO_WEAK,
        .recipe = RECIPE(.digest = "SHA1", .is_insecure_level = true),
    },
    {
        .name = "md5-signed",
        .what = "certificate signed with MD5",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CHAIN,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_CA_MD_TOO_WEAK,
        .recipe = RECIPE(.chain = STLS_LAB_CHAIN_INTERMEDIATE, .digest = "MD5",
                         .is_insecure_level = true),
    },

    /* Leaves that do not name the host (RFC 9525). */
    {
        .name = "wrong-host",
        .what = "certificate names another host",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NAME,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_HOSTNAME_MISMATCH,
        .recipe =
            RECIPE(.common_name = "other.example", .alt_names = "DNS:other.example,IP:192.0.2.1"),
    },
    {
        .name = "wrong-ip",
        .what = "certificate names another address",
        .host = "127.0.0.1",
        .flaw = STLS_LAB_FLAW_NAME,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_IP_ADDRESS_MISMATCH,
        .recipe = RECIPE(.alt_names = "DNS:localhost,IP:192.0.2.1"),
    },
    {
        .name = "cn-only",
        .what = "host is in the common name only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_NAME,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_HOSTNAME_MISMATCH,
        .recipe = RECIPE(.has_no_alt_names = true),
    },
    {
        .name = "partial-wildcard",
        .what = "certificate names f*.lab.example",
        .host = "foo.lab.example",
        .flaw = STLS_LAB_FLAW_NAME,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_HOSTNAME_MISMATCH,
        .recipe = RECIPE(.common_name = "f*.lab.example", .alt_names = "DNS:f*.lab.example"),
    },
    {
        .name = "wildcard-two-labels",
        .what = "certificate names *.example, the host has a label more",
        .host = "foo.lab.example",
        .flaw = STLS_LAB_FLAW_NAME,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_ERR_HOSTNAME_MISMATCH,
        .recipe = RECIPE(.common_name = "*.example", .alt_names = "DNS:*.example"),
    },

    /* Versions that RFC 8996 forbids. Their handshake signs with SHA-1 and MD5: hence the level. */
    {
        .name = "tls10",
        .what = "TLS 1.0 only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_PROTOCOL,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.min_protocol = TLS1_VERSION, .max_protocol = TLS1_VERSION,
                         .ciphers = CBC_CIPHERS, .is_insecure_level = true),
    },
    {
        .name = "tls11",
        .what = "TLS 1.1 only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_PROTOCOL,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.min_protocol = TLS1_1_VERSION, .max_protocol = TLS1_1_VERSION,
                         .ciphers = CBC_CIPHERS, .is_insecure_level = true),
    },

    /* Key exchanges and ciphers that RFC 9325 forbids or advises against. */
    {
        .name = "cbc",
        .what = "CBC cipher with SHA-1 MAC only (ECDHE-RSA-AES128-SHA)",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CIPHER,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION, .ciphers = CBC_CIPHERS),
    },
    {
        .name = "static-rsa",
        .what = "RSA key exchange, no forward secrecy",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CIPHER,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"),
    },
    {
        .name = "anonymous",
        .what = "no certificate (anonymous Diffie-Hellman)",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CIPHER,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION,
                         .ciphers = "AECDH-AES128-SHA:ADH-AES128-GCM-SHA256",
                         .dh_prime = BN_get_rfc3526_prime_2048, .is_insecure_level = true),
    },
    {
        .name = "null-cipher",
        .what = "no encryption",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CIPHER,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION,
                         .ciphers = "ECDHE-RSA-NULL-SHA:NULL-SHA256", .is_insecure_level = true),
    },
    /* Oakley group 2: within a state's reach, as the authors of Logjam (CVE-2015-4000) saw it. */
    {
        .name = "small-dh",
        .what = "Diffie-Hellman with 1024 bits",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CIPHER,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256",
                         .dh_prime = BN_get_rfc2409_prime_1024, .is_insecure_level = true),
    },
    {
        .name = "weak-group",
        .what = "ECDHE on P-192 only",
        .host = "localhost",
        .flaw = STLS_LAB_FLAW_CIPHER,
        .expectation = STLS_LAB_MUST_REFUSE,
        .verify_error = X509_V_OK,
        .recipe = RECIPE(.max_protocol = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256",
                         .groups = "P-192", .is_insecure_level = true),
    },
};

const struct stls_lab_case *stls_lab_cases(size_t *ret_count)
{
    *ret_count = sizeof cases / sizeof cases[0];
    return cases;
}

const struct stls_lab_case *stls_lab_find_case(const char *name)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    }
    return NULL;
}

bool stls_lab_case_index(const struct stls_lab_case *lab_case, size_t *ret_index)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (lab_case == &cases[i]) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

const char *stls_lab_outcome_name(enum stls_lab_outcome outcome)
{
    switch (outcome) {
    case STLS_LAB_NOTHING:
        return "nothing";
    case STLS_LAB_REFUSED:
        return "refused";
    case STLS_LAB_FINISHED:
        return "finished";
    case STLS_LAB_DATA:
        return "data";
    }
    return "unknown";
}
