/* test_policy_sections.c - what a section of a policy is about: programs, scripts and hosts; when
 * it ends; and that the section which a report of audit mode proposes is the right one.
 */
#include "rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONTRADICTION                                                                              \
    "[host/*]\nMinProtocol = TLSv1.3\n[host/localhost]\nMaxProtocol = TLSv1.2\n" EXCEPTION
#define PYTHON_REFUSED "refused: CERTIFICATE_VERIFY_FAILED\n|*"

static struct policy_bed bed;

static void open_bed(void)
{
    policy_bed_open(&bed);
}

static void close_bed(void)
{
    policy_bed_close(&bed);
}

TestSuite(sections, .init = open_bed, .fini = close_bed, .timeout = 120);

Test(sections, programs)
{
    static const struct policy_row rows[] = {
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

    POLICY_TRY(&bed, rows);
}

Test(sections, hosts)
{
    static const struct policy_row rows[] = {
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

    POLICY_TRY(&bed, rows);
}

/* More sections about one host than there is room for: no way to none at all. */
Test(sections, no_room_for_all_sections)
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
Test(sections, an_end_is_told_once)
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
Test(sections, an_exception_that_ends_while_the_process_runs)
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
Test(sections, scripts)
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

/* An update took its file away: it is still the program of that name. */
Test(sections, a_program_whose_file_was_replaced)
{
    static const char *const none[] = {NULL};
    static const char code[] = "import os, sys\n"
                               "f = os.open('victim', os.O_RDONLY)\n"
                               "os.unlink('victim')\n"
                               "os.execve(f, sys.argv, os.environ)\n";
    const char *argv[] = {"/usr/bin/python3", "-c", code, "localhost", bed.port, NULL};

    policy_bed_serve(&bed, "self-signed");
    policy_bed_write(&bed, POLICY_SYSTEM, LOG "[app/victim]\nVerifyPeer = app\n" EXCEPTION);
    policy_bed_install(&bed, "victim", 0755);
    policy_bed_run_program(&bed, none, argv);
    cr_expect(policy_bed_is(&bed, CONNECTED), "%s", bed.text);
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
Test(sections, the_exception_that_a_report_proposes)
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
