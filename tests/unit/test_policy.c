/* test_policy.c - every word: its default, its values, a bad value. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "../../src/core/policy_values.h"

static const struct stls_word *word_of(const char *variable)
{
    return stls_policy_find_variable(variable, strlen(variable));
}

Test(policy, shipped)
{
    struct stls_policy intermediate, strict, audit;

    cr_assert(stls_policy_shipped(&intermediate, "intermediate"));
    cr_assert(stls_policy_shipped(&strict, "strict"));
    cr_assert(stls_policy_shipped(&audit, "audit"));
    cr_expect(intermediate.mode == STLS_MODE_ENFORCE);
    cr_expect(intermediate.min_protocol == 0x0303);
    cr_expect(intermediate.security_level == 2);
    cr_expect(intermediate.verify_peer == STLS_VERIFY_PEER_REQUIRE);
    cr_expect(intermediate.verify_client == STLS_VERIFY_CLIENT_APP);
    cr_expect(intermediate.check_host == STLS_CHECK_HOST_REQUIRE);
    cr_expect(intermediate.unknown_host == STLS_UNKNOWN_HOST_REFUSE);
    cr_expect(intermediate.trust_store == STLS_TRUST_STORE_APP);
    cr_expect(strict.mode == STLS_MODE_ENFORCE && strict.min_protocol == 0x0304);
    cr_expect(audit.mode == STLS_MODE_AUDIT && audit.min_protocol == 0x0303);
}

Test(policy, unknown_name_leaves_the_policy_alone)
{
    struct stls_policy policy = {.min_protocol = 42};

    cr_expect(!stls_policy_shipped(&policy, "lax"));
    cr_expect(policy.min_protocol == 42);
}

/* Rules about what is shipped, whoever edits the lists. */
Test(policy, nothing_weak_is_vetted)
{
    static const char *const names[] = {"intermediate", "strict", "audit"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stls_policy policy;
        char list[STLS_TEXT_MAX], *rest = list;

        cr_assert(stls_policy_shipped(&policy, names[i]));
        memcpy(list, policy.cipher_string, sizeof list);
        for (const char *cipher; (cipher = strsep(&rest, ":")) != NULL;) {
            bool is_aead = strstr(cipher, "-GCM-") != NULL || strstr(cipher, "CHACHA20") != NULL;

            cr_expect(strncmp(cipher, "ECDHE-", 6) == 0, "%s has no forward secrecy", cipher);
            cr_expect(is_aead, "%s is not AEAD", cipher);
        }
        cr_expect(!stls_codes_contain(&policy.sigalgs, 0x0201), "rsa_pkcs1_sha1");
        cr_expect(!stls_codes_contain(&policy.sigalgs, 0x0203), "ecdsa_sha1");
        cr_expect(policy.min_protocol >= 0x0303);
        cr_expect(policy.verify_peer == STLS_VERIFY_PEER_REQUIRE);
    }
}

struct row {
    char variable[32];
    char value[128];
    bool is_good;
};

ParameterizedTestParameters(policy, values)
{
    static struct row rows[] = {
        {"STRICTTLS_POLICY", "strict", true},
        {"STRICTTLS_POLICY", "modern", false},
        {"STRICTTLS_MODE", "enforce", true},
        {"STRICTTLS_MODE", "audit", true},
        {"STRICTTLS_MODE", "off", true},
        {"STRICTTLS_MODE", "Enforce", false},
        {"STRICTTLS_MODE", "", false},
        {"STRICTTLS_MIN_PROTOCOL", "TLSv1", true},
        {"STRICTTLS_MIN_PROTOCOL", "TLSv1.3", true},
        {"STRICTTLS_MIN_PROTOCOL", "SSLv3", false},
        {"STRICTTLS_MIN_PROTOCOL", "1.2", false},
        {"STRICTTLS_CIPHERS", "ECDHE+AESGCM:!aNULL", true},
        {"STRICTTLS_CIPHERS", "", false},
        {"STRICTTLS_CIPHERS", "ALL:@SECLEVEL=0", false},
        {"STRICTTLS_CIPHERSUITES", "TLS_AES_256_GCM_SHA384", true},
        {"STRICTTLS_CIPHERSUITES", "tls_aes_256_gcm_sha384:TLS_AES_128_GCM_SHA256", true},
        {"STRICTTLS_CIPHERSUITES", "TLS_AES_256_GCM_SHA384:", false},
        {"STRICTTLS_CIPHERSUITES", "TLS_NULL", false},
        {"STRICTTLS_GROUPS", "P-256:x25519", true},
        {"STRICTTLS_GROUPS", "P-192", false},
        {"STRICTTLS_SIGNATURE_ALGORITHMS", "ed25519", true},
        {"STRICTTLS_SIGNATURE_ALGORITHMS", "RSA+SHA1", false},
        {"STRICTTLS_SECURITY_LEVEL", "0", true},
        {"STRICTTLS_SECURITY_LEVEL", "5", true},
        {"STRICTTLS_SECURITY_LEVEL", "6", false},
        {"STRICTTLS_SECURITY_LEVEL", "22", false},
        {"STRICTTLS_SECURITY_LEVEL", "", false},
        {"STRICTTLS_VERIFY_PEER", "require", true},
        {"STRICTTLS_VERIFY_PEER", "app", true},
        {"STRICTTLS_VERIFY_PEER", "pin", true},
        {"STRICTTLS_VERIFY_PEER", "none", false},
        {"STRICTTLS_MAX_PROTOCOL", "TLSv1.2", true},
        {"STRICTTLS_MAX_PROTOCOL", "TLSv1.4", false},
        {"STRICTTLS_PIN_SHA256", "none", true},
        {"STRICTTLS_PIN_SHA256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", true},
        {"STRICTTLS_PIN_SHA256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", false},
        {"STRICTTLS_PIN_SHA256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==", false},
        {"STRICTTLS_PIN_SHA256", "", false},
        {"STRICTTLS_VERIFY_CLIENT", "request", true},
        {"STRICTTLS_VERIFY_CLIENT", "yes", false},
        {"STRICTTLS_CHECK_HOST", "app", true},
        {"STRICTTLS_CHECK_HOST", "no", false},
        {"STRICTTLS_UNKNOWN_HOST", "allow", true},
        {"STRICTTLS_UNKNOWN_HOST", "maybe", false},
        {"STRICTTLS_TRUST_STORE", "system", true},
        {"STRICTTLS_TRUST_STORE", "/etc/ssl/certs", true},
        {"STRICTTLS_TRUST_STORE", "certs", false},
        {"STRICTTLS_LOG", "auto", true},
        {"STRICTTLS_LOG", "file:/tmp/x", true},
        {"STRICTTLS_LOG", "file:x", false},
        {"STRICTTLS_LOG", "/tmp/x", false},
    };

    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, policy, values)
{
    struct stls_policy policy, before;
    char error[128] = "";
    bool is_good;

    cr_assert(stls_policy_shipped(&policy, "intermediate"));
    before = policy;
    is_good = stls_policy_set(&policy, word_of(row->variable), row->value, error, sizeof error);
    cr_expect(is_good == row->is_good, "%s=%s: %s", row->variable, row->value, error);
    if (!is_good) {
        cr_expect(error[0] != '\0', "%s=%s: no reason given", row->variable, row->value);
        cr_expect(memcmp(&policy, &before, sizeof policy) == 0, "a bad value changed the policy");
    }
}

/* A value that is set, and read back where it belongs. */
Test(policy, set)
{
    struct stls_policy policy;
    char error[64];

    cr_assert(stls_policy_shipped(&policy, "intermediate"));
    stls_policy_set(&policy, word_of("STRICTTLS_GROUPS"), "P-384:secp256r1:P-256", error, 64);
    cr_expect(policy.groups.count == 2, "another spelling is no other group");
    cr_expect(policy.groups.number[0] == 0x18 && policy.groups.number[1] == 0x17);
    stls_policy_set(&policy, word_of("STRICTTLS_LOG"), "file:/var/log/x", error, 64);
    cr_expect(policy.log == STLS_LOG_FILE);
    cr_expect_str_eq(policy.log_path, "/var/log/x");
    stls_policy_set(&policy, word_of("STRICTTLS_TRUST_STORE"), "/ca", error, 64);
    cr_expect(policy.trust_store == STLS_TRUST_STORE_PATH);
    cr_expect_str_eq(policy.trust_path, "/ca");
}

Test(policy, every_word_is_told_about)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++) {
        cr_expect(stls_word_meaning(&words[i])[0] != '\0' &&
                  stls_word_values(&words[i])[0] != '\0');
        cr_expect(stls_word_since(&words[i])[0] != '\0', "%s: since when?",
                  stls_word_name(&words[i]));
        cr_expect(stls_policy_find_word(stls_word_name(&words[i]),
                                        strlen(stls_word_name(&words[i]))) == &words[i],
                  "%s stands twice", stls_word_name(&words[i]));
        if (stls_word_variable(&words[i])[0] == '\0')
            continue;
        cr_expect(strncmp(stls_word_variable(&words[i]), "STRICTTLS_", 10) == 0);
        cr_expect(word_of(stls_word_variable(&words[i])) == &words[i], "%s stands twice",
                  stls_word_variable(&words[i]));
    }
}
