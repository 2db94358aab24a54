/* test_policy_merge.c - the laws of merging, over policies made at random and word by word. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/policy_merge.h"
#include "../../src/core/policy_values.h"

static const char *const values[][7] = {
    {"Mode", "enforce", "audit", "off"},
    {"MinProtocol", "TLSv1", "TLSv1.2", "TLSv1.3"},
    {"MaxProtocol", "TLSv1.2", "TLSv1.3"},
    {"CipherString", "ECDHE-ECDSA-AES128-GCM-SHA256",
     "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "HIGH:!aNULL", "DEFAULT",
     "DHE-RSA-AES256-GCM-SHA384"},
    {"Ciphersuites", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"},
    {"Groups", "X25519:P-256", "P-256:P-384", "X448"},
    {"SignatureAlgorithms", "ed25519:RSA+SHA256", "RSA+SHA256", "ed448"},
    {"SecurityLevel", "0", "2", "5"},
    {"VerifyPeer", "require", "pin", "app"},
    {"VerifyClient", "require", "request", "app"},
    {"CheckHost", "require", "app"},
    {"ChainRules", "openssl", "rfc5280", "webpki"},
    {"UnknownHost", "refuse", "allow"},
    {"HostSources", "app:sni", "sni:resolver", "connect"},
    {"AllowPSK", "no", "yes"},
    {"AllowRawPublicKey", "no", "yes"},
    {"AllowDANE", "no", "yes"},
    {"LockEnvironment", "no", "yes"},
    {"PinSHA256", "none", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
     "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="},
};

enum {
    ROWS = sizeof values / sizeof values[0],
    RUNS = 3000,
};

static void set(struct stls_policy *policy, const char *name, const char *value)
{
    char error[256];

    cr_assert(stls_policy_set(policy, stls_policy_find_word(name, strlen(name)), value, error,
                              sizeof error),
              "%s=%s: %s", name, value, error);
}

static size_t count_values(size_t row)
{
    size_t count = 0;

    while (count + 1 < 7 && values[row][count + 1] != NULL)
        count++;
    return count;
}

static unsigned next_random(void)
{
    static unsigned state = 12345;

    state = state * 1103515245u + 12345u;
    return state >> 16;
}

static bool lay_floor(struct stls_policy *policy, const struct stls_policy *floor)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    bool has_room = true;

    for (size_t i = 0; i < count; i++)
        has_room = stls_policy_floor_word(policy, floor, &words[i]) && has_room;
    return has_room;
}

static void make_random(struct stls_policy *policy)
{
    stls_policy_shipped(policy, "intermediate");
    for (size_t i = 0; i < ROWS; i++)
        set(policy, values[i][0], values[i][1 + next_random() % count_values(i)]);
}

static bool is_same(const struct stls_policy *a, const struct stls_policy *b)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++)
        if (words[i].kind != STLS_WORD_BASE && words[i].kind != STLS_WORD_TEXT &&
            words[i].kind != STLS_WORD_DATE && !stls_policy_is_same(a, b, &words[i]))
            return false;
    return true;
}

/* A word with an order that has no row here would be tested by nothing. */
Test(merge, every_word_with_an_order_has_a_row)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++) {
        bool has_row = words[i].order == STLS_ORDER_NONE || words[i].order == STLS_ORDER_FREE ||
                       words[i].kind == STLS_WORD_BASE;

        for (size_t j = 0; j < ROWS; j++)
            has_row = has_row || strcmp(values[j][0], stls_word_name(&words[i])) == 0;
        cr_expect(has_row, "%s", stls_word_name(&words[i]));
    }
}

Test(merge, a_floor_under_itself_changes_nothing)
{
    for (int i = 0; i < RUNS; i++) {
        struct stls_policy policy, floor, once;

        make_random(&policy);
        floor = policy;
        cr_assert(lay_floor(&policy, &floor) && is_same(&policy, &floor));
        make_random(&floor);
        lay_floor(&policy, &floor);
        once = policy;
        cr_assert(lay_floor(&policy, &floor) && is_same(&policy, &once));
    }
}

Test(merge, what_comes_out_is_weaker_than_neither)
{
    for (int i = 0; i < RUNS; i++) {
        struct stls_policy policy, before, floor;

        make_random(&policy);
        make_random(&floor);
        before = policy;
        cr_assert(lay_floor(&policy, &floor));
        cr_assert(stls_policy_is_weaker(&policy, &floor) == NULL, "%s",
                  stls_word_name(stls_policy_is_weaker(&policy, &floor)));
        cr_assert(stls_policy_is_weaker(&policy, &before) == NULL, "%s",
                  stls_word_name(stls_policy_is_weaker(&policy, &before)));
    }
}

Test(merge, the_order_of_floors_does_not_matter)
{
    for (int i = 0; i < RUNS; i++) {
        struct stls_policy one, other, a, b;

        make_random(&one);
        make_random(&a);
        make_random(&b);
        other = one;
        lay_floor(&one, &a);
        lay_floor(&one, &b);
        lay_floor(&other, &b);
        lay_floor(&other, &a);
        cr_assert(is_same(&one, &other));
        other = a; /* nor which of the two is the floor */
        lay_floor(&a, &b);
        lay_floor(&b, &other);
        cr_assert(is_same(&a, &b));
    }
}

Test(merge, who_is_weaker)
{
    static const struct {
        const char *word, *weaker, *stricter;
    } rows[] = {
        {"Mode", "audit", "enforce"},
        {"Mode", "off", "audit"},
        {"MinProtocol", "TLSv1.2", "TLSv1.3"},
        {"MaxProtocol", "TLSv1.2", "TLSv1.3"},
        {"CipherString", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
         "ECDHE-RSA-AES128-GCM-SHA256"},
        {"Ciphersuites", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
        {"Groups", "P-256:P-384", "P-384"},
        {"SignatureAlgorithms", "ed25519:ed448", "ed448"},
        {"SecurityLevel", "1", "2"},
        {"VerifyPeer", "app", "pin"},
        {"VerifyPeer", "app", "require"},
        {"VerifyClient", "app", "request"},
        {"CheckHost", "app", "require"},
        {"ChainRules", "openssl", "webpki"},
        {"UnknownHost", "allow", "refuse"},
        {"HostSources", "app:sni", "app"},
        {"AllowPSK", "yes", "no"},
        {"AllowRawPublicKey", "yes", "no"},
        {"AllowDANE", "yes", "no"},
        {"PinSHA256", "none", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
        {"LockEnvironment", "no", "yes"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stls_policy weaker, stricter;
        const struct stls_word *word;

        stls_policy_shipped(&weaker, "intermediate");
        stricter = weaker;
        set(&weaker, rows[i].word, rows[i].weaker);
        set(&stricter, rows[i].word, rows[i].stricter);
        word = stls_policy_is_weaker(&weaker, &stricter);
        cr_expect(word != NULL && strcmp(stls_word_name(word), rows[i].word) == 0, "row %zu", i);
        cr_expect(stls_policy_is_weaker(&stricter, &weaker) == NULL, "row %zu, turned round", i);
        lay_floor(&weaker, &stricter);
        cr_expect(is_same(&weaker, &stricter), "row %zu: not raised", i);
    }
}

/* A pinned key is no weaker than a chain; both together are what a floor makes of them. */
Test(merge, pin_and_require)
{
    struct stls_policy pin, require;

    stls_policy_shipped(&pin, "intermediate");
    require = pin;
    set(&pin, "VerifyPeer", "pin");
    set(&pin, "PinSHA256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    cr_expect(stls_policy_is_weaker(&pin, &require) == NULL);
    lay_floor(&pin, &require);
    cr_expect(pin.verify_peer == STLS_VERIFY_PEER_REQUIRE && pin.pins.count == 1);
}

/* Where only OpenSSL can say what a string stands for, both are kept. */
Test(merge, cipher_strings)
{
    struct stls_policy a, b;

    stls_policy_shipped(&a, "intermediate");
    b = a;
    set(&a, "CipherString", "HIGH:!aNULL");
    set(&b, "CipherString", "ECDHE-RSA-AES128-GCM-SHA256");
    lay_floor(&a, &b);
    cr_expect_str_eq(a.cipher_string, "ECDHE-RSA-AES128-GCM-SHA256&HIGH:!aNULL");
    set(&a, "CipherString", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384");
    lay_floor(&a, &b);
    cr_expect_str_eq(a.cipher_string, "ECDHE-RSA-AES128-GCM-SHA256");
}

Test(merge, contradictions)
{
    static const struct {
        const char *word, *value, *other, *other_value, *found;
    } rows[] = {
        {"Groups", "P-256", "Groups", "P-384", "Groups"},
        {"CipherString", "ECDHE-RSA-AES128-GCM-SHA256", "CipherString",
         "ECDHE-RSA-AES256-GCM-SHA384", "CipherString"},
        {"HostSources", "app", "HostSources", "sni", "HostSources"},
        {"PinSHA256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "PinSHA256",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "PinSHA256"},
        {"MinProtocol", "TLSv1.3", "MaxProtocol", "TLSv1.2", NULL}, /* the higher Max stands */
    };
    struct stls_policy policy;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stls_policy floor;
        const struct stls_word *word;

        stls_policy_shipped(&policy, "intermediate");
        floor = policy;
        set(&policy, rows[i].word, rows[i].value);
        set(&floor, rows[i].other, rows[i].other_value);
        lay_floor(&policy, &floor);
        word = stls_policy_contradiction(&policy);
        cr_expect((word == NULL) == (rows[i].found == NULL), "row %zu", i);
        if (word != NULL && rows[i].found != NULL)
            cr_expect_str_eq(stls_word_name(word), rows[i].found);
    }
    stls_policy_shipped(&policy, "intermediate");
    cr_expect(stls_policy_contradiction(&policy) == NULL);
    set(&policy, "VerifyPeer", "pin");
    cr_expect_str_eq(stls_word_name(stls_policy_contradiction(&policy)), "PinSHA256");
    stls_policy_shipped(&policy, "strict");
    set(&policy, "MaxProtocol", "TLSv1.2");
    cr_expect_str_eq(stls_word_name(stls_policy_contradiction(&policy)), "MaxProtocol");
}

/* What a value is written as reads back as the same. */
Test(merge, values_as_text)
{
    for (int i = 0; i < RUNS; i++) {
        struct stls_policy policy, again;
        size_t count;
        const struct stls_word *words = stls_policy_words(&count);

        make_random(&policy);
        stls_policy_shipped(&again, "strict");
        for (size_t j = 0; j < count; j++) {
            char text[STLS_VALUE_MAX];

            stls_policy_value(&policy, &words[j], text);
            if (text[0] != '\0')
                set(&again, stls_word_name(&words[j]), text);
        }
        cr_assert(is_same(&policy, &again));
    }
}
