/* test_verdicts.c - what audit mode says of a handshake is what enforcing does to it.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"

struct row {
    char side[8], key[8];
    char client[100], server[100]; /* settings */
    char policy[80];
    char verdict[16], rule[24]; /* in audit mode */
    bool is_uncertain;
};

#define GCM "CipherString=ECDHE+AESGCM MinProtocol=TLSv1.2"
#define GCM_12 GCM " MaxProtocol=TLSv1.2"

static struct row rows[] = {
    {"client", "rsa", GCM, GCM, "", "accepted", "", false},
    {"server", "rsa", GCM, GCM, "", "accepted", "", false},
    /* MaxProtocol */
    {"client", "rsa", GCM, "MinProtocol=TLSv1.3", "STRICTTLS_MAX_PROTOCOL=TLSv1.2", "would-refuse",
     "MaxProtocol", true},
    {"server", "rsa", "MinProtocol=TLSv1.3", GCM, "STRICTTLS_MAX_PROTOCOL=TLSv1.2", "would-refuse",
     "MaxProtocol", false},
    {"server", "rsa", GCM, GCM, "STRICTTLS_MAX_PROTOCOL=TLSv1.2", "adjusted", "MaxProtocol", false},
    /* the security level: of ciphers, groups, the program's own key */
    {"client", "rsa", GCM, "Ciphersuites=TLS_AES_128_GCM_SHA256", "STRICTTLS_SECURITY_LEVEL=4",
     "would-refuse", "SecurityLevel", true},
    {"client", "rsa", GCM, "Groups=X25519", "STRICTTLS_SECURITY_LEVEL=4", "would-refuse",
     "SecurityLevel", true},
    {"server", "rsa1024", "CipherString=ALL:@SECLEVEL=0", "CipherString=ALL:@SECLEVEL=0", "",
     "would-refuse", "SecurityLevel", false},
    /* what a server signs with, and the curve of a key */
    {"server", "rsa",
     "CipherString=ECDHE+AESGCM:@SECLEVEL=0 SignatureAlgorithms=RSA+SHA1 MaxProtocol=TLSv1.2",
     "CipherString=ECDHE+AESGCM:@SECLEVEL=0 MinProtocol=TLSv1.2", "", "would-refuse",
     "SignatureAlgorithms", false},
    {"client", "p521", GCM_12, GCM_12, "", "would-refuse", "Groups", true},
    {"server", "p521", GCM_12, GCM_12, "", "would-refuse", "Groups", false},
    {"client", "ed25519", GCM, GCM, "STRICTTLS_SIGNATURE_ALGORITHMS=ECDSA+SHA256:RSA-PSS+SHA256",
     "would-refuse", "SignatureAlgorithms", true},
    {"server", "ed25519", GCM, GCM, "STRICTTLS_SIGNATURE_ALGORITHMS=ECDSA+SHA256:RSA-PSS+SHA256",
     "would-refuse", "SignatureAlgorithms", false},
    /* groups: one that the policy allows beyond the usual, one that rules out vetted ciphers */
    {"client", "rsa", GCM " Groups=ffdhe2048", GCM, "STRICTTLS_GROUPS=X25519:ffdhe2048", "accepted",
     "", false},
    {"server", "rsa", "CipherString=AES128-SHA:ECDHE+AESGCM Groups=P-521 MaxProtocol=TLSv1.2",
     "CipherString=AES128-SHA:ECDHE+AESGCM MinProtocol=TLSv1.2 Options=ServerPreference", "",
     "would-refuse", "CipherString", false},
    {"server", "rsa", "CipherString=AES128-SHA MaxProtocol=TLSv1.2",
     "CipherString=AES128-SHA:ECDHE+AESGCM MinProtocol=TLSv1.2", "", "would-refuse", "CipherString",
     false},
    /* old versions that are offered, and that are not */
    {"client", "rsa", "CipherString=ECDHE+AESGCM:@SECLEVEL=0", GCM, "", "adjusted", "MinProtocol",
     false},
    {"client", "rsa", "CipherString=ECDHE+AESGCM:@SECLEVEL=0 Protocol=-TLSv1,-TLSv1.1", GCM, "",
     "adjusted", "SecurityLevel", false},
    {"client", "rsa", "CipherString=ECDHE+AESGCM", GCM, "", "accepted", "", false},
    /* failures that the policy has nothing to do with */
    {"client", "rsa", GCM_12, GCM " VerifyMode=Require", "", "", "", false},
    {"server", "rsa", GCM_12, GCM " VerifyMode=Require", "", "", "", false},
    {"client", "rsa", GCM, "CipherString=ALL:@SECLEVEL=0 MaxProtocol=TLSv1", "", "", "", false},
    /* what a server did not ask for may be anything */
    {"server", "rsa", GCM, GCM, "STRICTTLS_VERIFY_CLIENT=request", "adjusted", "VerifyClient",
     true},
    {"client", "rsa", GCM, GCM, "STRICTTLS_CIPHERS=FOO-BAR", "broken-policy", "", false},
};

static bool is_connected(struct bed *bed, const struct row *row, const char *mode)
{
    char log[STLS_FILES_PATH_MAX + 32], mode_setting[32];
    const char *settings[] = {
        log,          "STRICTTLS_LOG_FORMAT=json", "STRICTTLS_LOG_EVENTS=all",
        mode_setting, "STRICTTLS_VERIFY_PEER=app", row->policy[0] != '\0' ? row->policy : NULL,
        NULL};

    snprintf(log, sizeof log, "STRICTTLS_LOG=%s", bed->sink);
    snprintf(mode_setting, sizeof mode_setting, "STRICTTLS_MODE=%s", mode);
    remove(bed->log);
    cr_assert(bed_run_preloaded(bed, settings,
                                (const char *const[]){"pair", row->side, row->key, row->client,
                                                      row->server, NULL}),
              "%s: %s", row->client, bed->result.output);
    return strcmp(bed->result.output, "connected\n") == 0;
}

ParameterizedTestParameters(verdicts, are_what_enforcing_does)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, verdicts, are_what_enforcing_does, .timeout = 60)
{
    bool is_bare_connected, is_audit_connected, is_enforced_connected, is_refusing;
    char verdict[64], rule[64];
    struct bed bed;
    char *events;

    bed_open(&bed);
    is_bare_connected = is_connected(&bed, row, "off");
    is_audit_connected = is_connected(&bed, row, "audit");
    events = bed_read(bed.log);
    is_enforced_connected = is_connected(&bed, row, "enforce");
    snprintf(verdict, sizeof verdict, "\"stricttls.verdict\":\"%s\"", row->verdict);
    snprintf(rule, sizeof rule, "\"stricttls.rule\":\"%s\"", row->rule);
    is_refusing =
        strcmp(row->verdict, "would-refuse") == 0 || strcmp(row->verdict, "broken-policy") == 0;
    cr_expect_eq(is_audit_connected, is_bare_connected, "%s %s: audit is seen", row->side,
                 row->client);
    cr_expect_eq(is_enforced_connected, is_bare_connected && !is_refusing, "%s %s: %s", row->side,
                 row->client, bed.result.output);
    if (row->verdict[0] != '\0')
        cr_expect(strstr(events, verdict) != NULL, "%s %s: %s", row->side, row->client, events);
    else
        cr_expect(strstr(events, "refuse") == NULL, "%s %s: %s", row->side, row->client, events);
    if (row->rule[0] != '\0')
        cr_expect(strstr(events, rule) != NULL, "%s %s: %s", row->side, row->client, events);
    cr_expect_eq(strstr(events, "\"stricttls.uncertain\":true") != NULL, row->is_uncertain,
                 "%s %s: %s", row->side, row->client, events);
    free(events);
    bed_close(&bed);
}
