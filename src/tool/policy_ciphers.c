/* policy_ciphers.c - stricttls policy ciphers: what a policy's lists are on this machine's OpenSSL,
 * as "openssl ciphers -v" prints them. */
#include "policy_commands.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>

#include "../core/policy_values.h"

#include "../core/banned.h"

/* A list that merging made has several parts, with '&' between: what is in all of them. */
static bool is_in_each(SSL_CTX *context, const char *parts, const SSL_CIPHER *cipher)
{
    char part[STLS_TEXT_MAX];

    for (size_t length; *parts != '\0'; parts += length + (parts[length] == '&')) {
        const STACK_OF(SSL_CIPHER) * ciphers;
        bool is_in = false;

        length = strcspn(parts, "&");
        snprintf(part, sizeof part, "%.*s", (int)length, parts);
        if (SSL_CTX_set_cipher_list(context, part) != 1)
            return false;
        ciphers = SSL_CTX_get_ciphers(context);
        for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++)
            is_in = is_in || sk_SSL_CIPHER_value(ciphers, i) == cipher;
        if (!is_in)
            return false;
    }
    return true;
}

static bool is_tls13(const SSL_CIPHER *cipher)
{
    return SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any;
}

/* The list as a connection would offer it: by security level and versions, too. */
static bool print_ciphers(SSL_CTX *context, const struct stls_policy *policy)
{
    SSL_CTX *probe = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(context);
    STACK_OF(SSL_CIPHER) *ciphers = ssl != NULL ? SSL_get1_supported_ciphers(ssl) : NULL;
    char line[256];

    for (int i = 0; probe != NULL && i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);

        if (is_tls13(cipher) || is_in_each(probe, policy->cipher_string, cipher))
            fputs(SSL_CIPHER_description(cipher, line, sizeof line), stdout);
    }
    sk_SSL_CIPHER_free(ciphers);
    SSL_free(ssl);
    SSL_CTX_free(probe);
    return ferror(stdout) == 0;
}

static int print(const struct stls_effective *effective, bool is_json)
{
    const struct stls_policy *policy = &effective->policy;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    char first[STLS_TEXT_MAX], suites[STLS_VALUE_MAX];
    bool is_good;

    (void)is_json;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(policy->cipher_string, "&"),
             policy->cipher_string);
    stls_policy_value(policy, stls_policy_word_at(offsetof(struct stls_policy, ciphersuites)),
                      suites);
    is_good = context != NULL && SSL_CTX_set_min_proto_version(context, policy->min_protocol) &&
              SSL_CTX_set_max_proto_version(context, policy->max_protocol) &&
              SSL_CTX_set_cipher_list(context, first) == 1 &&
              SSL_CTX_set_ciphersuites(context, suites) == 1;
    if (is_good) {
        SSL_CTX_set_security_level(context, policy->security_level);
        is_good = print_ciphers(context, policy);
    } else {
        fputs("stricttls policy: this OpenSSL knows none of the ciphers\n", stderr);
    }
    SSL_CTX_free(context);
    return is_good ? 0 : 1;
}

int stls_tool_policy_ciphers(int argc, char **argv)
{
    return stls_tool_policy_with_effective(argc, argv, print);
}
