/* test_policy_sources.c - where a policy comes from: the system's file, the file and the variables
 * of the environment; and that nothing of it gets lost in a chroot, with dropped privileges or in a
 * setuid program.
 */
#include "rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

/* -- sources and floors */

Test(sources, floors)
{
    static const struct policy_row rows[] = {
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

    POLICY_TRY(&bed, rows);
}

/* SSL_CERT_FILE, which all that is run here has, is a variable too. */
Test(sources, the_system_and_its_anchors)
{
    static const struct policy_row rows[] = {
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

    POLICY_TRY(&bed, rows);
}

/* What is wrong with a file is said with file and line, and nothing passes. */
Test(sources, files_that_are_wrong)
{
    static const struct policy_row rows[] = {
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

    POLICY_TRY(&bed, rows);
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
    policy_bed_install(&bed, "victim_linked", 0755);
    policy_bed_run_program(&bed, settings, argv);
    cr_expect(policy_bed_is(&bed, CONNECTED), "%s", bed.text);
    policy_bed_install(&bed, "victim_linked", 04755);
    policy_bed_run_program(&bed, settings, argv);
    cr_expect(policy_bed_is(&bed, "refused: certificate verify failed *"), "%s", bed.text);
    policy_bed_write(&bed, POLICY_SYSTEM, LOG "[host/localhost]\nVerifyPeer = app\n" EXCEPTION);
    policy_bed_run_program(&bed, settings, argv);
    cr_expect(policy_bed_is(&bed, CONNECTED), "the system's policy:\n%s", bed.text);
}
