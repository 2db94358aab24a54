/* test_policy_sources.c - where a policy comes from, and what it is about: the system's file, the
 * file and the variables of the environment, sections of programs and hosts; and that nothing of
 * it gets lost in a chroot, with dropped privileges or in a setuid program.
 *
 * A row is a policy and what the victim then does with a server; each is also run alone, where it
 * must connect.
 */
#include "bed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define CONNECTED "connected *|"
#define REFUSED "refused: *|stricttls: refused: *"
#define NO_PEER "refused: certificate verify failed *|stricttls: refused: *"
#define NO_CONTEXT "no context: *"
#define ALONE "connected *"
#define EXCEPTION "Reason = a device\nExpires = 2999-12-31\n"
#define CONTRADICTION                                                                              \
    "[host/*]\nMinProtocol = TLSv1.3\n[host/localhost]\nMaxProtocol = TLSv1.2\n" EXCEPTION
#define PYTHON_REFUSED "refused: CERTIFICATE_VERIFY_FAILED\n|*"
#define LOG "[policy]\nLog = file:@LOG@\n"

static struct policy_bed bed;

static void open_bed(void)
{
    policy_bed_open(&bed);
}

static void close_bed(void)
{
    policy_bed_close(&bed);
}

TestSuite(sources, .init = open_bed, .fini = close_bed, .timeout = 120);

/* -- tables */

struct row {
    const char *what;
    const char *server, *options;
    const char *system, *own; /* texts of files; NULL: none */
    const char *setting;      /* one variable, NULL: none */
    const char *expected;
};

/* The command says of a policy what the library makes of it: that nothing passes, or not. It is not
 * preloaded itself, or it would have no OpenSSL to ask. */
static void expect_command_agrees(const struct row *row, const char *const *settings)
{
    const char *argv[] = {"/usr/bin/env", "-u",   "LD_PRELOAD", STLS_POLICY_TESTS "/stricttls",
                          "policy",       "show", NULL};
    bool is_refused = strncmp(row->expected, NO_CONTEXT, strlen("no context")) == 0;

    policy_bed_run_program(&bed, settings, argv);
    cr_expect(bed.result.code == (is_refused ? 1 : 0), "%s, by the command:\n%s", row->what,
              bed.text);
}

static void try_row(const struct row *row)
{
    const char *settings[4];
    char expected[POLICY_TEXT_MAX];
    size_t count = 0;

    policy_bed_serve(&bed, row->server);
    policy_bed_run_bare(&bed, row->options);
    cr_expect(policy_bed_is(&bed, ALONE), "%s, alone:\n%s", row->what, bed.text);
    policy_bed_write(&bed, POLICY_SYSTEM, row->system);
    policy_bed_write(&bed, "own.cnf", row->own);
    if (row->system == NULL)
        settings[count++] = "STRICTTLS_LOG=file:@LOG@";
    if (row->own != NULL)
        settings[count++] = "STRICTTLS_POLICY=@HERE@/own.cnf";
    if (row->setting != NULL)
        settings[count++] = row->setting;
    settings[count] = NULL;
    policy_bed_run(&bed, settings, row->options);
    policy_bed_expand(&bed, row->expected, expected);
    cr_expect(policy_bed_is(&bed, expected), "%s: expected %s, got\n%s", row->what, expected,
              bed.text);
    expect_command_agrees(row, settings);
}

static void try_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        try_row(&rows[i]);
}

#define TRY(rows) try_rows(rows, sizeof rows / sizeof rows[0])

/* -- sources and floors */

Test(sources, floors)
{
    static const struct row rows[] = {
        {"a file of the environment alone may weaken", "wrong-host", "", NULL,
         "[policy]\nCheckHost = app\n", NULL,
         "connected *|stricttls: policy: *the environment makes it weaker: CheckHost\n"},
        {"or for a host", "self-signed", "", NULL, "[host/localhost]\nVerifyPeer = app\n" EXCEPTION,
         NULL, "connected *|stricttls: policy: *the environment makes it weaker: VerifyPeer\n"},
        {"not below the system's", "wrong-host", "", LOG, "[policy]\nCheckHost = app\n", NULL,
         NO_PEER},
        {"but above it", "good-tls12", "", LOG, "[policy]\nMinProtocol = TLSv1.3\n", NULL, REFUSED},
        {"a variable comes after the file", "good-tls12", "", NULL,
         "[policy]\nMinProtocol = TLSv1.3\n", "STRICTTLS_MIN_PROTOCOL=TLSv1.2", CONNECTED},
        {"the system's may weaken what is built in", "wrong-host", "", LOG "CheckHost = app\n",
         NULL, NULL, CONNECTED},
        {"and the environment make it strict again", "wrong-host", "", LOG "CheckHost = app\n",
         NULL, "STRICTTLS_CHECK_HOST=require", NO_PEER},
        {"Policy in a file is a start", "good-tls12", "", LOG "Policy = strict\n", NULL, NULL,
         REFUSED},
        {"which other words change", "good-tls12", "",
         LOG "Policy = strict\nMinProtocol = TLSv1.2\nChainRules = openssl\n", NULL, NULL,
         CONNECTED},
        {"locked: neither file nor variable", "wrong-host", "",
         LOG "CheckHost = app\nLockEnvironment = yes\nTrustStore = @ROOT@\n",
         "[policy]\nPolicy = strict\n", "STRICTTLS_CHECK_HOST=require", CONNECTED},
        {"locked: not even what is wrong in it", "good-rsa", "",
         LOG "LockEnvironment = yes\nTrustStore = @ROOT@\n", "nonsense", "STRICTTLS_NONSENSE=1",
         CONNECTED},
        {"fewer sources of the host do not make it unknown", "wrong-host", "",
         LOG "UnknownHost = allow\n", NULL, "STRICTTLS_HOST_SOURCES=bio", NO_PEER},
        {"nor one that a section is not about", "good-rsa", "",
         LOG "CheckHost = app\n[host/localhost]\nPinSHA256 = @OTHER_PIN@\n", NULL,
         "STRICTTLS_HOST_SOURCES=bio", NO_PEER},
        {"but it has no exception", "self-signed", "",
         LOG "[host/localhost]\nVerifyPeer = app\n" EXCEPTION, NULL, "STRICTTLS_HOST_SOURCES=bio",
         NO_PEER},
        {"locked: not even a file that is not there", "good-rsa", "",
         LOG "LockEnvironment = yes\nTrustStore = @ROOT@\n", NULL,
         "STRICTTLS_POLICY=/nowhere/at/all.cnf", CONNECTED},
        {"a value that is none", "good-rsa", "", NULL, NULL, "STRICTTLS_MODE=enforced",
         NO_CONTEXT "STRICTTLS_MODE=enforced: expected enforce, audit, off*"},
        {"a path that is relative", "good-rsa", "", NULL, NULL, "STRICTTLS_POLICY=own.cnf",
         NO_CONTEXT "STRICTTLS_POLICY=own.cnf: expected intermediate, strict, audit, /PATH*"},
        {"a cipher that nobody knows", "good-rsa", "", NULL, NULL,
         "STRICTTLS_CIPHERS=ECDHE-RSA-AES128-GCM-SHA256:AES-NONSENSE",
         NO_CONTEXT "STRICTTLS_CIPHERS=*: OpenSSL knows no AES-NONSENSE*"},
        {"no cipher at all", "good-rsa", "", NULL, NULL, "STRICTTLS_CIPHERS=ALL:!ALL",
         NO_CONTEXT "STRICTTLS_CIPHERS=*: no cipher is left*"},
        {"a variable that nobody knows", "good-rsa", "", NULL, NULL, "STRICTTLS_NONSENSE=1",
         NO_CONTEXT "STRICTTLS_NONSENSE=1: no such variable*"},
        {"a contradiction", "good-rsa", "", LOG "Groups = P-256\n", "[policy]\nGroups = X25519\n",
         NULL, NO_CONTEXT "Groups: nothing is left that all sources allow*"},
    };

    TRY(rows);
}

/* SSL_CERT_FILE, which all that is run here has, is a variable too. */
Test(sources, the_system_and_its_anchors)
{
    static const struct row rows[] = {
        {"a variable's system is the variables'", "good-rsa", "", NULL, NULL,
         "STRICTTLS_TRUST_STORE=system", CONNECTED},
        {"so is a file's of the environment", "good-rsa", "", NULL,
         "[policy]\nTrustStore = system\n", NULL, CONNECTED},
        {"the administrator's is not", "good-rsa", "", LOG "TrustStore = system\n", NULL, NULL,
         NO_PEER},
        {"nor one of a section", "good-rsa", "",
         LOG "[app/victim]\nTrustStore = system\n" EXCEPTION, NULL, NULL, NO_PEER},
        {"who asks for nothing brings its own", "good-rsa", "", LOG, NULL, NULL, CONNECTED},
        {"locked: not even so", "good-rsa", "", LOG "LockEnvironment = yes\n", NULL, NULL, NO_PEER},
        {"a file that is not there", "good-rsa", "", LOG "TrustStore = @HERE@/none.pem\n", NULL,
         NULL, NO_PEER "@HERE@/none.pem: No such file or directory; rule TrustStore; *"},
        {"a file of something else", "good-rsa", "", LOG "TrustStore = @LOG@\n", NULL, NULL,
         NO_PEER "@LOG@: No data available; rule TrustStore; *"},
        {"an empty directory", "good-rsa", "", LOG "TrustStore = @HERE@\n", NULL, NULL,
         NO_PEER "unable to get local issuer certificate; *"},
        {"want of descriptors passes", "good-rsa", "starved times=2", NULL, NULL,
         "STRICTTLS_TRUST_STORE=system", "refused: *\nconnected *|"},
    };

    TRY(rows);
}

/* What is wrong with a file is said with file and line, and nothing passes. */
Test(sources, files_that_are_wrong)
{
    static const struct row rows[] = {
        {"a typing error", "good-rsa", "", "[policy]\nMinProtocl = TLSv1.3\n", NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":2: MinProtocl: there is no such word*"},
        {"the same in the environment's", "good-rsa", "", NULL,
         "[policy]\n\nMinProtocl = TLSv1.3\n", NULL,
         NO_CONTEXT "/own.cnf:3: MinProtocl: there is no such word*"},
        {"a section that weakens, without Reason", "good-rsa", "",
         "[host/*]\nCheckHost = app\nExpires = 2999-12-31\n", NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":2: CheckHost: weaker than * expected Reason and Expires*"},
        {"the same without Expires", "good-rsa", "",
         "[app/victim]\nCheckHost = app\nReason = none\n", NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":2: CheckHost: weaker than * expected Reason and Expires*"},
        {"a date that is none", "good-rsa", "", "[host/*]\nReason = none\nExpires = 2027-02-30\n",
         NULL, NULL, NO_CONTEXT POLICY_SYSTEM ":3: Expires: expected a date*"},
        {"Reason in [policy]", "good-rsa", "", "[policy]\nReason = none\n", NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":2: Reason: expected *"},
        {"an include", "good-rsa", "", "[policy]\n.include = /etc/other.cnf\n", NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":2: expected no directive*"},
        {"a variable of the environment", "good-rsa", "", "[policy]\nTrustStore = $ENV::HOME\n",
         NULL, NULL, NO_CONTEXT POLICY_SYSTEM ":2: *expected no '$'*"},
        {"a word twice", "good-rsa", "", "[policy]\nCheckHost = app\nCheckHost = require\n", NULL,
         NULL, NO_CONTEXT POLICY_SYSTEM ":3: CheckHost: expected each word once*"},
        {"a section that can't match", "good-rsa", "", "[host/a..b]\nMinProtocol = TLSv1.3\n", NULL,
         NULL, NO_CONTEXT POLICY_SYSTEM ":1: *"},
        {"a section of no kind", "good-rsa", "", "[hosts/a]\nMinProtocol = TLSv1.3\n", NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":1: *"},
        {"a server's word about a host", "good-rsa", "", "[host/*]\nVerifyClient = require\n", NULL,
         NULL, NO_CONTEXT POLICY_SYSTEM ":2: VerifyClient: *"},
        {"a cipher that nobody knows, for another program", "good-rsa", "",
         "[app/other]\nCipherString = AES-NONSENSE\n" EXCEPTION, NULL, NULL,
         NO_CONTEXT POLICY_SYSTEM ":2: CipherString=AES-NONSENSE: *"},
        {"a file that is not there", "good-rsa", "", NULL, NULL,
         "STRICTTLS_POLICY=/nowhere/at/all.cnf",
         NO_CONTEXT "/nowhere/at/all.cnf: expected a file that can be read*"},
    };

    TRY(rows);
}

static void expect_mode_refused(mode_t mode, bool is_refused)
{
    char path[STLS_FILES_PATH_MAX];

    cr_assert(stls_files_join(path, bed.here, POLICY_SYSTEM) == 0 && chmod(path, mode) == 0);
    policy_bed_run(&bed, NULL, "");
    cr_expect(
        policy_bed_is(&bed, is_refused ? NO_CONTEXT "nobody but its owner may write*" : CONNECTED),
        "mode %o:\n%s", mode, bed.text);
}

Test(sources, a_file_that_others_may_write)
{
    static const char *const off[] = {"STRICTTLS_MODE=off", NULL};
    char path[STLS_FILES_PATH_MAX];

    policy_bed_serve(&bed, "good-rsa");
    policy_bed_write(&bed, POLICY_SYSTEM, LOG);
    expect_mode_refused(0644, false);
    expect_mode_refused(0664, true);
    expect_mode_refused(0646, true);
    if (getuid() != 0)
        cr_skip("only root can make files of others");
    cr_assert(stls_files_join(path, bed.here, POLICY_SYSTEM) == 0);
    cr_assert(chmod(path, 0644) == 0 && chown(path, 65534, 0) == 0);
    policy_bed_run(&bed, off, "");
    cr_expect(policy_bed_is(&bed, NO_CONTEXT "expected a file of root's*"), "%s", bed.text);
    policy_bed_run(&bed, off, "nobody"); /* it was read before */
    cr_expect(policy_bed_is(&bed, NO_CONTEXT "expected a file of root's*"), "%s", bed.text);
}

/* Who put a link there wanted a policy, so that the environment can't switch it off. */
Test(sources, a_link_to_nowhere)
{
    static const char *const off[] = {"STRICTTLS_MODE=off", NULL};
    static const char *const links[] = {POLICY_SYSTEM, "etc/stricttls"};
    char path[STLS_FILES_PATH_MAX];

    policy_bed_serve(&bed, "self-signed");
    policy_bed_run(&bed, off, "");
    cr_expect(policy_bed_is(&bed, CONNECTED), "%s", bed.text);
    policy_bed_write(&bed, POLICY_SYSTEM, "");
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        cr_assert(stls_files_join(path, bed.here, links[i]) == 0 && remove(path) == 0);
        cr_assert(symlink("/nowhere/at/all", path) == 0);
        policy_bed_run(&bed, off, "resolve");
        cr_expect(policy_bed_is(&bed, NO_CONTEXT "expected a file that can be read*"), "%s: %s",
                  links[i], bed.text);
        cr_assert(remove(path) == 0);
    }
}

/* -- sections */

Test(sources, programs)
{
    static const struct row rows[] = {
        {"by name", "wrong-host", "", LOG "[app/victim]\nCheckHost = app\n" EXCEPTION, NULL, NULL,
         CONNECTED},
        {"another's", "wrong-host", "", LOG "[app/victims]\nCheckHost = app\n" EXCEPTION, NULL,
         NULL, NO_PEER},
        {"by a pattern", "wrong-host", "", LOG "[app/vic*]\nCheckHost = app\n" EXCEPTION, NULL,
         NULL, CONNECTED},
        {"by path", "wrong-host", "", LOG "[app//*/policy/victim]\nCheckHost = app\n" EXCEPTION,
         NULL, NULL, CONNECTED},
        {"by another path", "wrong-host", "",
         LOG "[app//usr/*/victim]\nCheckHost = app\n" EXCEPTION, NULL, NULL, NO_PEER},
        {"the path is more specific", "wrong-host", "",
         LOG "[app//*/policy/victim]\nCheckHost = app\n" EXCEPTION
             "[app/victim]\nCheckHost = require\n",
         NULL, NULL, CONNECTED},
        {"stricter needs no reason", "good-tls12", "", LOG "[app/victim]\nMinProtocol = TLSv1.3\n",
         NULL, NULL, REFUSED},
        {"the environment's section, below the system's", "wrong-host", "", LOG,
         "[app/victim]\nCheckHost = app\n" EXCEPTION, NULL, NO_PEER},
        {"anchors of a program", "good-rsa", "",
         LOG "[app/victim]\nTrustStore = @OTHER_ROOT@\n" EXCEPTION, NULL, NULL, NO_PEER},
        {"a server's word", "good-rsa", "serve=@IDENTITY@",
         LOG "[app/victim]\nVerifyClient = request\n", NULL, NULL, "connected * asked\n|"},
    };

    TRY(rows);
}

Test(sources, hosts)
{
    static const struct row rows[] = {
        {"by name", "self-signed", "", LOG "[host/localhost]\nVerifyPeer = app\n" EXCEPTION, NULL,
         NULL, CONNECTED},
        {"another's", "self-signed", "", LOG "[host/localhosts]\nVerifyPeer = app\n" EXCEPTION,
         NULL, NULL, NO_PEER},
        {"below a domain", "good-wildcard", "",
         LOG "[host/*.lab.example]\nMinProtocol = TLSv1.3\nMaxProtocol = TLSv1.3\n", NULL, NULL,
         "connected TLSv1.3 *|"},
        {"with the port", "self-signed", "",
         LOG "[host/localhost:@PORT@]\nVerifyPeer = app\n" EXCEPTION, NULL, NULL, CONNECTED},
        {"with another port", "self-signed", "",
         LOG "[host/localhost:1]\nVerifyPeer = app\n" EXCEPTION, NULL, NULL, NO_PEER},
        {"the more specific wins", "self-signed", "",
         LOG "[host/localhost]\nVerifyPeer = app\n" EXCEPTION "[host/*]\nVerifyPeer = require\n",
         NULL, NULL, CONNECTED},
        {"in either order", "self-signed", "",
         LOG "[host/*]\nVerifyPeer = require\n[host/localhost]\nVerifyPeer = app\n" EXCEPTION, NULL,
         NULL, CONNECTED},
        {"a host's over a program's", "self-signed", "",
         LOG "[app/victim]\nVerifyPeer = require\n[host/localhost]\nVerifyPeer = app\n" EXCEPTION,
         NULL, NULL, CONNECTED},
        {"MinProtocol", "good-tls12", "", LOG "[host/localhost]\nMinProtocol = TLSv1.3\n", NULL,
         NULL, REFUSED},
        {"MinProtocol, weaker", "tls11", "weak",
         LOG "[host/localhost]\nMinProtocol = TLSv1.1\nSecurityLevel = 0\nCipherString = "
             "ALL\n" EXCEPTION,
         NULL, NULL, "connected TLSv1.1 *|"},
        {"MinProtocol, weaker, for another host", "tls11", "weak",
         LOG
         "[host/other]\nMinProtocol = TLSv1.1\nSecurityLevel = 0\nCipherString = ALL\n" EXCEPTION,
         NULL, NULL, REFUSED},
        {"MaxProtocol", "good-rsa", "", LOG "[host/localhost]\nMaxProtocol = TLSv1.2\n" EXCEPTION,
         NULL, NULL, "connected TLSv1.2 *|"},
        {"CipherString", "good-tls12", "",
         LOG "[host/localhost]\nCipherString = ECDHE-RSA-AES128-GCM-SHA256\n", NULL, NULL,
         "connected TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 *|"},
        {"CipherString, weaker", "cbc", "weak",
         LOG "[host/localhost]\nCipherString = ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES128-SHA256:"
             "ECDHE-RSA-AES256-SHA\n" EXCEPTION,
         NULL, NULL, "connected TLSv1.2 *|"},
        {"Ciphersuites", "good-tls13", "",
         LOG "[host/localhost]\nCiphersuites = TLS_AES_128_GCM_SHA256\n", NULL, NULL,
         "connected TLSv1.3 TLS_AES_128_GCM_SHA256 *|"},
        {"Groups", "good-rsa", "", LOG "[host/localhost]\nGroups = P-256\n", NULL, NULL,
         "connected * prime256v1*|"},
        {"SecurityLevel", "good-rsa", "", LOG "[host/localhost]\nSecurityLevel = 3\n", NULL, NULL,
         REFUSED},
        {"CheckHost", "wrong-host", "", LOG "[host/localhost]\nCheckHost = app\n" EXCEPTION, NULL,
         NULL, CONNECTED},
        {"ChainRules", "rfc5280-rule", "", LOG "[host/localhost]\nChainRules = rfc5280\n", NULL,
         NULL, NO_PEER},
        {"TrustStore", "good-rsa", "",
         LOG "[host/localhost]\nTrustStore = @OTHER_ROOT@\n" EXCEPTION, NULL, NULL, NO_PEER},
        {"TrustStore of the one host", "good-rsa", "verify ca=@ROOT@",
         LOG "TrustStore = @OTHER_ROOT@\n[host/localhost]\nTrustStore = @ROOT@\n" EXCEPTION, NULL,
         NULL, CONNECTED},
        {"a pin besides the chain", "good-rsa", "", LOG "[host/localhost]\nPinSHA256 = @PIN@\n",
         NULL, NULL, CONNECTED},
        {"a pin is no chain", "self-signed", "", LOG "[host/localhost]\nPinSHA256 = @PIN@\n", NULL,
         NULL, NO_PEER},
        {"another key", "good-rsa", "", LOG "[host/localhost]\nPinSHA256 = @OTHER_PIN@\n", NULL,
         NULL, NO_PEER},
        {"a pin instead of the chain", "self-signed", "",
         LOG "[host/localhost]\nVerifyPeer = pin\nPinSHA256 = @OTHER_PIN@ @PIN@\n", NULL, NULL,
         CONNECTED},
        {"another key instead of the chain", "self-signed", "",
         LOG "[host/localhost]\nVerifyPeer = pin\nPinSHA256 = @OTHER_PIN@\n", NULL, NULL, NO_PEER},
        {"AllowDANE", "self-signed", "verify dane=@DANE@", LOG "[host/localhost]\nAllowDANE = no\n",
         NULL, NULL, NO_PEER},
        {"AllowPSK", "good-rsa", "psk", LOG "[host/localhost]\nAllowPSK = yes\n" EXCEPTION, NULL,
         NULL, CONNECTED},
        {"Mode audit", "self-signed", "", LOG "[host/localhost]\nMode = audit\n" EXCEPTION, NULL,
         NULL, "connected *|stricttls: would refuse: *"},
        {"Mode off", "self-signed", "", LOG "[host/localhost]\nMode = off\n" EXCEPTION, NULL, NULL,
         CONNECTED},
        {"Mode enforce where the rest is audited", "self-signed", "",
         LOG "Mode = audit\n[host/localhost]\nMode = enforce\n", NULL, NULL, NO_PEER},
        {"sections that contradict each other", "good-tls12", "", LOG CONTRADICTION, NULL, NULL,
         "refused: *|stricttls: refused: *contradict*"},
        {"the same in audit mode", "good-tls12", "", LOG "Mode = audit\n" CONTRADICTION, NULL, NULL,
         "connected *|stricttls: would refuse: *contradict*"},
        {"an end that has come", "self-signed", "",
         LOG "[host/localhost]\nVerifyPeer = app\nReason = old\nExpires = 2020-01-31\n", NULL, NULL,
         "refused: certificate verify failed *|stricttls: policy: *" POLICY_SYSTEM
         ":3: ?host/localhost? has expired and no longer applies\nstricttls: refused: *"},
        {"the environment's, above the system's", "good-rsa", "", LOG,
         "[host/localhost]\nPinSHA256 = @OTHER_PIN@\n", NULL, NO_PEER},
        {"the environment's, below the system's", "self-signed", "", LOG,
         "[host/localhost]\nVerifyPeer = app\n" EXCEPTION, NULL, NO_PEER},
    };

    TRY(rows);
}

/* More sections about one host than there is room for: no way to none at all. */
Test(sources, no_room_for_all_sections)
{
    static const char *const modes[] = {"enforce", "audit"};
    static const char *const expected[] = {"refused: *|stricttls: refused: *contradict*",
                                           "connected *|stricttls: would refuse: *contradict*"};
    char host[256] = "example";
    const char *argv[] = {"victim", host, bed.port, NULL};
    static const char *const none[] = {NULL};

    policy_bed_serve(&bed, "self-signed");
    for (size_t i = 0; i < 2; i++) {
        static char text[POLICY_TEXT_MAX];
        char domain[256] = "example";
        size_t used = (size_t)snprintf(text, sizeof text, LOG "Mode = %s\n", modes[i]);

        for (size_t j = 0; j < 65; j++) {
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "[host/*.%s]\nMinProtocol = TLSv1.2\n"
                                     "[host/*.%s:%s]\nMinProtocol = TLSv1.2\n",
                                     domain, domain, bed.port);
            memmove(domain + 2, domain, strlen(domain) + 1);
            memcpy(domain, "a.", 2);
        }
        memcpy(host, domain, sizeof domain);
        policy_bed_write(&bed, POLICY_SYSTEM, text);
        policy_bed_run_program(&bed, none, argv);
        cr_expect(policy_bed_is(&bed, expected[i]), "%s: %s", modes[i], bed.text);
    }
}

/* The event about a section's end is one, however many connections. */
Test(sources, an_end_is_told_once)
{
    const char *told;

    policy_bed_serve(&bed, "good-rsa");
    policy_bed_write(&bed, POLICY_SYSTEM,
                     LOG
                     "[host/localhost]\nVerifyPeer = app\nReason = old\nExpires = 2020-01-31\n");
    policy_bed_run(&bed, NULL, "times=3");
    told = strstr(bed.text, "has expired");
    cr_assert(told != NULL, "%s", bed.text);
    cr_expect(strstr(told + 1, "has expired") == NULL, "%s", bed.text);
    cr_expect(policy_bed_is(&bed, "connected *connected *connected *|*"), "%s", bed.text);
}

/* The last section of the policy ends tomorrow; the victim comes today, and twice in three days. */
static void try_end(const char *server, const char *options, const char *policy,
                    const char *setting, const char *expected)
{
    const char *settings[] = {setting, NULL};
    time_t tomorrow = time(NULL) + 24 * 60 * 60;
    char text[POLICY_TEXT_MAX], date[32];

    cr_assert(strftime(date, sizeof date, "%Y-%m-%d", gmtime(&tomorrow)) > 0);
    snprintf(text, sizeof text, LOG "%sReason = for now\nExpires = %s\n", policy, date);
    policy_bed_serve(&bed, server);
    policy_bed_run_bare(&bed, options);
    cr_expect(policy_bed_is(&bed, "connected *connected *connected *|"), "alone:\n%s", bed.text);
    policy_bed_write(&bed, POLICY_SYSTEM, text);
    policy_bed_run(&bed, settings, options);
    cr_expect(policy_bed_is(&bed, expected), "%s\nexpected %s, got\n%s", policy, expected,
              bed.text);
}

#define MEANWHILE "times=3 days=3"
#define ENDED "*has expired and no longer applies\nstricttls: refused: *"
#define REFUSED_THEN "connected *\nrefused: *\nrefused: *|"

/* A daemon does not start anew because a day is over. */
Test(sources, an_exception_that_ends_while_the_process_runs)
{
    try_end("self-signed", MEANWHILE, "[app/victim]\nMode = off\n", NULL, REFUSED_THEN ENDED);
    try_end("self-signed", MEANWHILE, "[app/victim]\nMode = audit\n", NULL,
            REFUSED_THEN "stricttls: would refuse: *" ENDED);
    try_end("self-signed", MEANWHILE, "[app/victim]\nVerifyPeer = app\n", NULL, REFUSED_THEN ENDED);
    try_end("self-signed", MEANWHILE, "[host/localhost]\nMode = off\n", NULL, REFUSED_THEN ENDED);
    try_end("self-signed", MEANWHILE, "[host/localhost]\nVerifyPeer = app\n", NULL,
            REFUSED_THEN ENDED);
    try_end("tls11", MEANWHILE " weak",
            "[app/victim]\nMinProtocol = TLSv1.1\nSecurityLevel = 0\nCipherString = ALL\n", NULL,
            REFUSED_THEN ENDED);
    try_end("cbc", MEANWHILE " weak", "[app/victim]\nCipherString = ALL\n", NULL,
            REFUSED_THEN ENDED);
    try_end("good-rsa", MEANWHILE, "Groups = P-256\n[app/victim]\nGroups = X25519\n",
            "STRICTTLS_GROUPS=X25519", REFUSED_THEN ENDED "contradict each other; rule Groups*");
}

/* An interpreter is known by its script. */
Test(sources, scripts)
{
    static const char script[] = "import os, socket, ssl\n"
                                 "os.chdir('/')\n"
                                 "c = ssl.create_default_context()\n"
                                 "c.check_hostname = False\n"
                                 "c.verify_mode = ssl.CERT_NONE\n"
                                 "s = socket.create_connection(('127.0.0.1', @PORT@), 10)\n"
                                 "try:\n"
                                 "    t = c.wrap_socket(s, server_hostname='localhost')\n"
                                 "    print('connected', t.version())\n"
                                 "except ssl.SSLError as e:\n"
                                 "    print('refused:', e.reason)\n";
    static const char *const none[] = {NULL};
    static const struct {
        const char *section, *arguments[4], *expected;
    } rows[] = {
        {"app/python3* */backup.py", {"backup.py"}, CONNECTED},
        {"app/python3*\t*/backup.py", {"-I", "./backup.py"}, CONNECTED},
        {"app/python3* */backup.py", {"-W", "ignore", "backup.py", "other.py"}, CONNECTED},
        {"app/python3* @HERE@/backup.py", {"-I", "@HERE@/etc/../backup.py"}, CONNECTED},
        {"app/python3* */backup.py", {"other.py", "backup.py"}, PYTHON_REFUSED},
        {"app/python3 */backup.py", {"backup.py"}, PYTHON_REFUSED},
    };

    policy_bed_serve(&bed, "self-signed");
    policy_bed_write(&bed, "backup.py", script);
    policy_bed_write(&bed, "other.py", script);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[POLICY_TEXT_MAX], expanded[4][POLICY_TEXT_MAX];
        const char *argv[6] = {"/usr/bin/python3"};

        for (size_t j = 0; j < 4 && rows[i].arguments[j] != NULL; j++) {
            policy_bed_expand(&bed, rows[i].arguments[j], expanded[j]);
            argv[j + 1] = expanded[j];
        }
        snprintf(text, sizeof text, LOG "[%s]\nVerifyPeer = app\n" EXCEPTION, rows[i].section);
        policy_bed_write(&bed, POLICY_SYSTEM, text);
        policy_bed_run_program(&bed, NULL, argv);
        cr_expect(policy_bed_is(&bed, ALONE), "%s", bed.text);
        policy_bed_run_program(&bed, none, argv);
        cr_expect(policy_bed_is(&bed, rows[i].expected), "[%s], %zu: expected %s, got\n%s",
                  rows[i].section, i, rows[i].expected, bed.text);
    }
    policy_bed_write(&bed, POLICY_SYSTEM,
                     "[app/python3* */backup.py]\nVerifyPeer = app\n" EXCEPTION);
    for (size_t i = 0; i < 2; i++) {
        const char *show[] = {"stricttls",
                              "policy",
                              "show",
                              "--app",
                              "python3",
                              "--script",
                              i == 0 ? "backup.py" : "other.py",
                              NULL};

        policy_bed_run_program(&bed, NULL, show);
        cr_expect(
            policy_bed_is(&bed, i == 0 ? "*VerifyPeer *= app\n*" : "*VerifyPeer *= require\n*"),
            "by the command: %s", bed.text);
    }
}

static void install(const char *name, mode_t mode)
{
    char from[STLS_FILES_PATH_MAX], to[STLS_FILES_PATH_MAX];
    const char *argv[] = {"/usr/bin/install", from, to, NULL};

    cr_assert(stls_files_join(from, STLS_POLICY_TESTS, name) == 0);
    cr_assert(stls_files_join(to, bed.here, name) == 0);
    policy_bed_run_program(&bed, NULL, argv);
    cr_assert(bed.result.code == 0 && chmod(to, mode) == 0, "%s", bed.text);
}

/* An update took its file away: it is still the program of that name. */
Test(sources, a_program_whose_file_was_replaced)
{
    static const char *const none[] = {NULL};
    static const char code[] = "import os, sys\n"
                               "f = os.open('victim', os.O_RDONLY)\n"
                               "os.unlink('victim')\n"
                               "os.execve(f, sys.argv, os.environ)\n";
    const char *argv[] = {"/usr/bin/python3", "-c", code, "localhost", bed.port, NULL};

    policy_bed_serve(&bed, "self-signed");
    policy_bed_write(&bed, POLICY_SYSTEM, LOG "[app/victim]\nVerifyPeer = app\n" EXCEPTION);
    install("victim", 0755);
    policy_bed_run_program(&bed, none, argv);
    cr_expect(policy_bed_is(&bed, CONNECTED), "%s", bed.text);
}

/* -- what a program does to itself */

/* A policy weaker than what is built in shows that it was read: the victim connects. */
static const char weaker[] = "[policy]\nCheckHost = app\n";

static void try_hidden(const char *options, mode_t mode)
{
    const char *own[] = {"STRICTTLS_POLICY=@HERE@/own.cnf", NULL};
    char path[STLS_FILES_PATH_MAX];

    policy_bed_write(&bed, POLICY_SYSTEM, weaker);
    cr_assert(stls_files_join(path, bed.here, POLICY_SYSTEM) == 0 && chmod(path, mode) == 0);
    policy_bed_run(&bed, NULL, options);
    cr_expect(policy_bed_is(&bed, ALONE), "%s, the system's:\n%s", options, bed.text);
    policy_bed_write(&bed, POLICY_SYSTEM, NULL);
    policy_bed_run(&bed, NULL, options);
    cr_expect(policy_bed_is(&bed, "refused: certificate verify failed *"), "%s, none:\n%s", options,
              bed.text);
    policy_bed_write(&bed, "own.cnf", weaker);
    cr_assert(stls_files_join(path, bed.here, "own.cnf") == 0 && chmod(path, mode) == 0);
    policy_bed_run(&bed, own, options);
    cr_expect(policy_bed_is(&bed, ALONE), "%s, the environment's:\n%s", options, bed.text);
}

Test(sources, policies_that_are_out_of_reach_when_the_context_is_made)
{
    static char root[16 * 1024];

    if (getuid() != 0)
        cr_skip("only root may chroot and change its user");
    policy_bed_serve(&bed, "wrong-host");
    cr_assert(stls_files_read(bed.root, root, sizeof root) == 0);
    policy_bed_write(&bed, "empty/root.pem", root);
    try_hidden("chroot=@HERE@/empty ca=/root.pem verify", 0644);
    try_hidden("nobody ca=@HERE@/empty/root.pem verify", 0600);
    try_hidden("chroot=@HERE@/empty nobody ca=/root.pem verify", 0600);
}

/* So are the anchors that a policy names. */
Test(sources, anchors_that_are_out_of_reach_when_the_context_is_made)
{
    static const char *const options[] = {"chroot=@HERE@/empty", "nobody",
                                          "chroot=@HERE@/empty nobody"};
    static const struct {
        const char *server, *policy, *setting, *expected;
    } rows[] = {
        {"good-rsa", "[policy]\nTrustStore = @HERE@/own/root.pem # ours\n", NULL, ALONE},
        {"good-rsa", "[policy]\n[host/localhost]\n TrustStore=@HERE@/own/root.pem\n" EXCEPTION,
         NULL, ALONE},
        {"good-rsa", NULL, "STRICTTLS_TRUST_STORE=@HERE@/own/root.pem", ALONE},
        {"self-signed", "[policy]\nTrustStore = @HERE@/own/root.pem\n", NULL,
         "refused: certificate verify failed *"},
    };
    static char root[16 * 1024];
    char path[STLS_FILES_PATH_MAX];

    if (getuid() != 0)
        cr_skip("only root may chroot and change its user");
    policy_bed_write(&bed, "empty/nothing", "");
    cr_assert(stls_files_join(path, bed.here, "own/root.pem") == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *settings[] = {rows[i].setting, NULL};

        policy_bed_serve(&bed, rows[i].server);
        policy_bed_write(&bed, POLICY_SYSTEM, rows[i].policy);
        cr_assert(stls_files_read(bed.root, root, sizeof root) == 0);
        policy_bed_write(&bed, "own/root.pem", root);
        cr_assert(chmod(path, 0600) == 0);
        for (size_t j = 0; j < sizeof options / sizeof options[0]; j++) {
            policy_bed_run_bare(&bed, options[j]);
            cr_expect(policy_bed_is(&bed, ALONE), "%s, alone:\n%s", options[j], bed.text);
            policy_bed_run(&bed, settings, options[j]);
            cr_expect(policy_bed_is(&bed, rows[i].expected), "%s, %s%s: expected %s, got\n%s",
                      options[j], rows[i].policy, rows[i].setting, rows[i].expected, bed.text);
        }
    }
}

/* The loader takes LD_PRELOAD of such a program only from /etc/ld.so.preload, which is no test's to
 * write: so this victim is linked with the library. */
Test(sources, a_setuid_program_ignores_the_environment)
{
    static const char *const settings[] = {"STRICTTLS_MODE=off", NULL};
    char program[STLS_FILES_PATH_MAX];
    const char *argv[] = {"/usr/bin/setpriv",
                          "--reuid=65534",
                          "--regid=65534",
                          "--clear-groups",
                          program,
                          "localhost",
                          bed.port,
                          NULL};
    struct statvfs where;

    cr_assert(statvfs(bed.here, &where) == 0);
    if (getuid() != 0 || (where.f_flag & ST_NOSUID) != 0 ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
        cr_skip("no setuid program can be made here");
    policy_bed_serve(&bed, "self-signed");
    cr_assert(stls_files_join(program, bed.here, "victim_linked") == 0);
    install("victim_linked", 0755);
    policy_bed_run_program(&bed, settings, argv);
    cr_expect(policy_bed_is(&bed, CONNECTED), "%s", bed.text);
    install("victim_linked", 04755);
    policy_bed_run_program(&bed, settings, argv);
    cr_expect(policy_bed_is(&bed, "refused: certificate verify failed *"), "%s", bed.text);
    policy_bed_write(&bed, POLICY_SYSTEM, LOG "[host/localhost]\nVerifyPeer = app\n" EXCEPTION);
    policy_bed_run_program(&bed, settings, argv);
    cr_expect(policy_bed_is(&bed, CONNECTED), "the system's policy:\n%s", bed.text);
}

/* -- from audit to exception */

/* The sections of a report, filled in and without the indent, as a policy file. */
static void paste_sections(const char *report)
{
    char text[POLICY_TEXT_MAX] = LOG;
    size_t used = strlen(text);

    while (*report != '\0') {
        int length = (int)strcspn(report, "\n");
        const char *said = report + strspn(report, " ");
        const char *filled = strncmp(said, "Reason =", 8) == 0    ? " an old device"
                             : strncmp(said, "Expires =", 9) == 0 ? " 2999-12-31"
                                                                  : "";

        if (strncmp(report, "      ", 6) == 0 && report[6] != ' ')
            used += (size_t)snprintf(text + used, sizeof text - used, "%.*s%s\n", length - 6,
                                     report + 6, filled);
        cr_assert(used < sizeof text);
        report += length + (report[length] == '\n');
    }
    policy_bed_write(&bed, POLICY_SYSTEM, text);
}

/* What audit mode saw, the report makes a section of, and with that the handshake is not refused.
 */
Test(sources, the_exception_that_a_report_proposes)
{
    static const struct {
        const char *server, *options;
    } rows[] = {{"self-signed", ""},     {"wrong-host", ""},     {"expired", ""},
                {"cn-only", ""},         {"tls11", "weak"},      {"tls10", "weak"},
                {"cbc", "weak"},         {"static-rsa", "weak"}, {"rsa-1024", "weak"},
                {"sha1-signed", "weak"}, {"good-rsa", "psk"}};
    static const char *const audit[] = {"STRICTTLS_MODE=audit", "STRICTTLS_LOG=file:@LOG@",
                                        "STRICTTLS_LOG_FORMAT=json", NULL};
    const char *command = getenv("STLS_COMMAND");

    cr_assert(command != NULL, "STLS_COMMAND is not set");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char audited[STLS_FILES_PATH_MAX];
        const char *report[] = {command, "report", audited, NULL};
        const char *check[] = {command, "policy", "check", POLICY_SYSTEM, NULL};

        policy_bed_serve(&bed, rows[i].server);
        policy_bed_write(&bed, POLICY_SYSTEM, NULL);
        policy_bed_run(&bed, audit, rows[i].options);
        cr_expect(policy_bed_is(&bed, "connected *|*would-refuse*"), "%s, audited:\n%s",
                  rows[i].server, bed.text);
        cr_assert(stls_files_join(audited, bed.here, "audited.json") == 0 &&
                  rename(bed.log, audited) == 0);
        policy_bed_run_program(&bed, NULL, report);
        paste_sections(bed.result.output);
        policy_bed_run_program(&bed, NULL, check);
        cr_expect(bed.result.code == 0, "%s: %s", rows[i].server, bed.text);
        policy_bed_run(&bed, NULL, rows[i].options);
        cr_expect(policy_bed_is(&bed, CONNECTED), "%s, excepted:\n%s", rows[i].server, bed.text);
    }
}
