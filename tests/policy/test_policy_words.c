/* test_policy_words.c - every word of the policy, by what a handshake shows of it.
 *
 * Of each row: the program alone connects; the default; each value as the system's policy and as a
 * variable; each as the system's with each as a variable, where the stricter of the two must hold;
 * the same with LockEnvironment, where the system's must; a value that is none.
 */
#include "bed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/policy_values.h"

enum {
    VALUES_MAX = 6,
};

struct row {
    const char *word;
    const char *server, *options; /* as for the bed */
    const char *also;             /* what else must be said for it to show: "WORD = VALUE\n..." */
    const char *bare;             /* what the program says alone; NULL: that it connected */
    /* From the weakest to the strictest, unless is_unordered: then none of two of them is, and the
     * variable's can't stand against the system's. */
    struct {
        const char *value, *expected;
    } values[VALUES_MAX + 1];
    const char *bad; /* NULL: another row of the word has it */
    bool is_unordered, is_log;
};

#define CONNECTED "connected *|"
#define REFUSED "refused: *|stricttls: refused: *"
#define NO_PEER "refused: certificate verify failed *|stricttls: refused: *"
#define OLD "SecurityLevel = 0\nCipherString = ALL\n"
#define MANY "*refused: *refused: *"

/* AllowRawPublicKey shows since OpenSSL 3.2 only: rows raw-key of the escape suite. Where syslog
 * and the journal are, and what they get, is for test_sinks. */
static const struct row rows[] = {
    {"Policy", "self-signed", "", .bad = "lenient",
     .values = {{"audit", "connected *|stricttls: would refuse: *"},
                {"intermediate", NO_PEER},
                {"strict", NO_PEER}}},
    {"Policy", "good-tls12", "",
     .values = {{"audit", CONNECTED}, {"intermediate", CONNECTED}, {"strict", REFUSED}}},
    {"Mode", "self-signed", "", .bad = "enforced",
     .values = {{"off", CONNECTED},
                {"audit", "connected *|stricttls: would refuse: *"},
                {"enforce", NO_PEER}}},
    {"MinProtocol", "tls10", "weak", .also = OLD, .bad = "TLSv1.4",
     .values = {{"TLSv1", "connected TLSv1 *|"},
                {"TLSv1.1", REFUSED},
                {"TLSv1.2", REFUSED},
                {"TLSv1.3", REFUSED}}},
    {"MinProtocol", "tls11", "weak", .also = OLD,
     .values = {{"TLSv1", "connected TLSv1.1 *|"},
                {"TLSv1.1", "connected TLSv1.1 *|"},
                {"TLSv1.2", REFUSED},
                {"TLSv1.3", REFUSED}}},
    {"MinProtocol", "good-tls12", "",
     .values = {{"TLSv1.1", CONNECTED}, {"TLSv1.2", CONNECTED}, {"TLSv1.3", REFUSED}}},
    {"MaxProtocol", "good-rsa", "", .also = "MinProtocol = TLSv1\n", .bad = "tls13",
     .values = {{"TLSv1", REFUSED},
                {"TLSv1.1", REFUSED},
                {"TLSv1.2", "connected TLSv1.2 *|"},
                {"TLSv1.3", "connected TLSv1.3 *|"}}},
    {"CipherString", "good-tls12", "", .bad = "AES128-NONSENSE",
     .values = {{"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
                 "connected TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 *|"},
                {"ECDHE-RSA-AES128-GCM-SHA256",
                 "connected TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 *|"}}},
    {"Ciphersuites", "good-tls13", "", .bad = "TLS_NONSENSE",
     .values = {{"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
                 "connected TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 *|"},
                {"TLS_AES_128_GCM_SHA256", "connected TLSv1.3 TLS_AES_128_GCM_SHA256 *|"}}},
    {"Groups", "good-rsa", "", .bad = "P-1",
     .values = {{"X25519:P-256", "connected * X25519*|"}, {"P-256", "connected * prime256v1*|"}}},
    {"SignatureAlgorithms", "good-tls12", "", .bad = "md4",
     .values = {{"rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256", CONNECTED},
                {"ecdsa_secp256r1_sha256", REFUSED}}},
    {"SecurityLevel", "rsa-1024", "weak", .bad = "6",
     .values = {{"0", CONNECTED}, {"1", CONNECTED}, {"2", REFUSED}}},
    {"SecurityLevel", "good-rsa", "",
     .values = {{"2", CONNECTED}, {"3", REFUSED}, {"4", REFUSED}, {"5", REFUSED}}},
    {"VerifyPeer", "self-signed", "", .also = "PinSHA256 = @PIN@\n", .bad = "yes",
     .values = {{"app", CONNECTED}, {"pin", CONNECTED}, {"require", NO_PEER}}},
    {"VerifyPeer", "self-signed", "", .also = "PinSHA256 = @OTHER_PIN@\n",
     .values = {{"app", NO_PEER}, {"pin", NO_PEER}, {"require", NO_PEER}}},
    {"PinSHA256", "good-rsa", "", .bad = "AAAA",
     .values = {{"none", CONNECTED}, {"@PIN@:@OTHER_PIN@", CONNECTED}, {"@OTHER_PIN@", NO_PEER}}},
    {"PinSHA256", "good-rsa", "",
     .values = {{"none", CONNECTED}, {"@OTHER_PIN@ @PIN@", CONNECTED}, {"@PIN@", CONNECTED}}},
    {"VerifyClient", "good-rsa", "serve=@IDENTITY@", .bad = "demand",
     .values = {{"app", "connected * X25519\n|"},
                {"request", "connected * asked\n|"},
                {"require", "refused: peer did not return a certificate*|*"}}},
    {"CheckHost", "wrong-host", "", .bad = "no",
     .values = {{"app", CONNECTED}, {"require", NO_PEER}}},
    {"ChainRules", "rfc5280-rule", "", .bad = "rfc2459",
     .values = {{"openssl", CONNECTED}, {"rfc5280", NO_PEER}, {"webpki", NO_PEER}}},
    {"ChainRules", "webpki-rule", "",
     .values = {{"openssl", CONNECTED}, {"rfc5280", CONNECTED}, {"webpki", NO_PEER}}},
    {"UnknownHost", "good-rsa", "serve=@IDENTITY@ nameless", .bad = "deny",
     .values = {{"allow", CONNECTED}, {"refuse", NO_PEER}}},
    {"HostSources", "good-wildcard", "", .bad = "dns",
     .values = {{"app:sni:bio:resolver:address:connect", CONNECTED},
                {"sni:address", CONNECTED},
                {"address", NO_PEER}}},
    {"HostSources", "good-rsa", "nameless",
     .values = {{"app address", CONNECTED}, {"app", NO_PEER}}},
    {"HostSources", "good-rsa", "", .values = {{"sni:address", CONNECTED}, {"address", NO_PEER}}},
    {"HostSources", "good-rsa", "bio nameless",
     .values = {{"app:bio", CONNECTED}, {"app", NO_PEER}}},
    {"HostSources", "good-rsa", "resolve nameless",
     .values = {{"app:resolver", CONNECTED}, {"app", NO_PEER}}},
    {"HostSources", "good-rsa", "serve=@IDENTITY@ nameless connect",
     .values = {{"app:connect", CONNECTED}, {"app:address", NO_PEER}}},
    {"TrustStore", "good-rsa", "verify ca=@OTHER_ROOT@", .bad = "mine", .is_unordered = true,
     .bare = "refused: *|",
     .values = {{"app", NO_PEER}, {"@ROOT@", CONNECTED}, {"@OTHER_ROOT@", NO_PEER}}},
    {"TrustStore", "self-signed", "verify ca=@IDENTITY@/chain.pem", .is_unordered = true,
     .values = {{"app", CONNECTED}, {"system", NO_PEER}}},
    {"AllowPSK", "good-rsa", "psk", .bad = "maybe",
     .values = {{"yes", CONNECTED}, {"no", REFUSED}}},
    {"AllowRawPublicKey", "good-rsa", "", .bad = "true",
     .values = {{"yes", CONNECTED}, {"no", CONNECTED}}},
    {"AllowDANE", "self-signed", "verify dane=@DANE@", .bad = "1",
     .values = {{"yes", CONNECTED}, {"no", NO_PEER}}},
    {"Log", "self-signed", "", .bad = "/file", .is_unordered = true, .is_log = true,
     .values = {{"none", "refused: *\n|"},
                {"stderr", "*stricttls: refused: *|"},
                {"file:@LOG@", "refused: *\n|stricttls: refused: *"},
                {"auto", "refused: *\n|"},
                {"syslog", "refused: *\n|"},
                {"journal", "refused: *\n|"}}},
    {"LogFormat", "self-signed", "", .bad = "xml", .is_unordered = true,
     .values = {{"text", "*|stricttls: refused: *"}, {"json", "*|{*"}}},
    {"LogEvents", "good-rsa", "", .bad = "some", .is_unordered = true,
     .values = {{"refused", CONNECTED},
                {"accepted", CONNECTED},
                {"adjusted:refused", "connected *|stricttls: adjusted: *"},
                {"all", "connected *|stricttls: adjusted: *"}}},
    {"LogEvents", "good-rsa", "exemplary", .is_unordered = true,
     .values = {{"refused adjusted", CONNECTED},
                {"accepted", "connected *|stricttls: accepted: *"},
                {"all", "connected *|stricttls: accepted: *"}}},
    {"LogRate", "self-signed", "times=3", .bad = "-1", .is_unordered = true,
     .values = {{"0", "*|" MANY "*refused: *"}, {"1", "!*|" MANY "*refused: *"}, {"2", "*|" MANY}}},
};

static struct policy_bed bed;

static void open_bed(void)
{
    policy_bed_open(&bed);
}

static void close_bed(void)
{
    policy_bed_close(&bed);
}

TestSuite(words, .init = open_bed, .fini = close_bed, .timeout = 300);

/* The system's policy: the row's other words, and one value. */
static void write_system(const struct row *row, const char *value, bool is_locked)
{
    char text[POLICY_TEXT_MAX];
    int length =
        snprintf(text, sizeof text, "[policy]\n%s%s%s", row->is_log ? "" : "Log = file:@LOG@\n",
                 is_locked ? "LockEnvironment = yes\n" : "", row->also != NULL ? row->also : "");

    /* SSL_CERT_FILE is a variable too. */
    if (is_locked && strcmp(row->word, "TrustStore") != 0)
        length += snprintf(text + length, sizeof text - (size_t)length, "TrustStore = @ROOT@\n");
    if (value != NULL)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "%s = %s\n", row->word, value);
    cr_assert(length > 0 && (size_t)length < sizeof text);
    policy_bed_write(&bed, POLICY_SYSTEM, text);
}

static const char *variable_of(const char *word)
{
    const struct stls_word *found = stls_policy_find_word(word, strlen(word));

    cr_assert(found != NULL, "there is no word %s", word);
    return stls_word_variable(found);
}

/* The row's value as a variable, with nothing of the row said by variables but that. */
static void run(const struct row *row, const char *value)
{
    char setting[POLICY_TEXT_MAX];
    const char *settings[] = {setting, NULL};

    if (value != NULL)
        snprintf(setting, sizeof setting, "%s=%s", variable_of(row->word), value);
    policy_bed_run(&bed, value != NULL ? settings : NULL, row->options);
}

/* All by variables, without a policy of the system. */
static void run_by_variables(const struct row *row, const char *value)
{
    char texts[POLICY_ARGUMENTS_MAX][POLICY_TEXT_MAX], also[POLICY_TEXT_MAX];
    const char *settings[POLICY_ARGUMENTS_MAX];
    size_t count = 0;
    char *rest = also, *line;

    policy_bed_write(&bed, POLICY_SYSTEM, NULL);
    snprintf(also, sizeof also, "%s", row->also != NULL ? row->also : "");
    snprintf(texts[count++], POLICY_TEXT_MAX, "%s=%s", variable_of(row->word), value);
    if (!row->is_log)
        snprintf(texts[count++], POLICY_TEXT_MAX, "STRICTTLS_LOG=file:@LOG@");
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *equals = strstr(line, " = ");

        if (equals == NULL)
            continue;
        *equals = '\0';
        snprintf(texts[count++], POLICY_TEXT_MAX, "%s=%s", variable_of(line), equals + 3);
    }
    for (size_t i = 0; i < count; i++)
        settings[i] = texts[i];
    settings[count] = NULL;
    policy_bed_run(&bed, settings, row->options);
}

#define EXPECT(pattern, format, ...)                                                               \
    cr_expect(policy_bed_is(&bed, pattern), "%s on %s, " format ": expected %s, got\n%s",          \
              row->word, row->server, __VA_ARGS__, pattern, bed.text)

/* Unless a variable is told of: an event says that the environment makes it weaker. */
static void expect_by_variables(const struct row *row, const char *value, const char *pattern)
{
    static const char weaker[] = "the environment makes it weaker";
    char *told = strstr(bed.text, "stricttls: policy: ");

    if (told != NULL && strstr(told, weaker) != NULL) {
        char *end = strchr(told, '\n');

        memmove(told, end + 1, strlen(end + 1) + 1);
    }
    EXPECT(pattern, "variable %s", value);
}

static void try_default(const struct row *row)
{
    const struct stls_word *word = stls_policy_find_word(row->word, strlen(row->word));
    char initial[STLS_VALUE_MAX];

    stls_word_initial(word, initial);
    for (size_t i = 0; row->values[i].value != NULL; i++)
        if (strcmp(row->values[i].value, initial) == 0) {
            write_system(row, NULL, false);
            run(row, NULL);
            EXPECT(row->values[i].expected, "default %s", initial);
        }
}

static void try_bad(const struct row *row)
{
    char expected[POLICY_TEXT_MAX];

    if (row->bad == NULL)
        return;
    write_system(row, row->bad, false);
    run(row, NULL);
    snprintf(expected, sizeof expected, "no context: *%s:*%s*", POLICY_SYSTEM, row->word);
    EXPECT(expected, "%s in the file", row->bad);
    write_system(row, NULL, false);
    run(row, row->bad);
    snprintf(expected, sizeof expected, "no context: *%s=%s: *", variable_of(row->word), row->bad);
    EXPECT(expected, "%s as a variable", row->bad);
}

static void try_both(const struct row *row, size_t i, size_t j)
{
    const char *floor = row->values[i].value, *over = row->values[j].value;
    size_t strict = row->is_unordered || i > j ? i : j;

    write_system(row, floor, false);
    run(row, over);
    EXPECT(row->values[strict].expected, "system %s, variable %s", floor, over);
    write_system(row, floor, true);
    run(row, over);
    EXPECT(strcmp(floor, "system") == 0 ? NO_PEER : row->values[i].expected,
           "locked %s, variable %s", floor, over);
}

static void try_row(const struct row *row)
{
    policy_bed_serve(&bed, row->server);
    policy_bed_run_bare(&bed, row->options);
    EXPECT(row->bare != NULL ? row->bare : CONNECTED, "%s", "alone");
    try_default(row);
    try_bad(row);
    for (size_t i = 0; row->values[i].value != NULL; i++) {
        write_system(row, row->values[i].value, false);
        run(row, NULL);
        EXPECT(row->values[i].expected, "system %s", row->values[i].value);
        run_by_variables(row, row->values[i].value);
        expect_by_variables(row, row->values[i].value, row->values[i].expected);
        for (size_t j = 0; row->values[j].value != NULL; j++)
            if (i != j)
                try_both(row, i, j);
    }
}

Test(words, each_value_is_seen_in_a_handshake)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        try_row(&rows[i]);
}

static bool is_tried(const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t j = 0; strcmp(rows[i].word, word) == 0 && rows[i].values[j].value != NULL; j++)
            if (value == NULL || strstr(rows[i].values[j].value, value) != NULL)
                return true;
    return false;
}

/* A word that is new has no row, and fails here. */
Test(words, all_have_a_row)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++) {
        const struct stls_choice *choices = stls_word_choices(&words[i]);

        /* LockEnvironment is tried in each row; Reason and Expires are for sections. */
        if (stls_word_variable(&words[i])[0] == '\0')
            continue;
        cr_expect(is_tried(stls_word_name(&words[i]), NULL), "%s is not tried",
                  stls_word_name(&words[i]));
        for (size_t j = 0; choices != NULL && choices[j].name[0] != '\0'; j++)
            cr_expect(is_tried(stls_word_name(&words[i]), choices[j].name), "%s = %s is not tried",
                      stls_word_name(&words[i]), choices[j].name);
    }
}
