/* test_report.c - stricttls report: counts, groups, the exception to paste, and what is no event.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "bed.h"

static const char *command(void)
{
    cr_assert(getenv("STLS_COMMAND") != NULL, "STLS_COMMAND is not set");
    return getenv("STLS_COMMAND");
}

/* An event with so much of it as the report looks at. */
static void add_event(FILE *file, const char *verdict, const char *program, const char *host,
                      const char *reason, const char *rule, const char *more)
{
    fprintf(file,
            "{\"timestamp\":\"2026-09-21T14:13:20.000000Z\",\"event.name\":\"stricttls.event\","
            "\"stricttls.schema\":1,\"stricttls.verdict\":\"%s\",\"stricttls.mode\":\"audit\","
            "\"stricttls.reason\":\"%s\",\"stricttls.rule\":\"%s\","
            "\"process.executable.name\":\"%s\",\"process.pid\":7,\"stricttls.role\":\"client\","
            "\"server.address\":\"%s\"%s}\n",
            verdict, reason, rule, program, host, more);
}

static FILE *create(const struct bed *bed)
{
    FILE *file = fopen(bed->log, "w");

    cr_assert(file != NULL);
    return file;
}

static void expect_text(const struct bed *bed, const char *expected)
{
    cr_expect(strstr(bed->result.output, expected) != NULL, "no \"%s\" in: %s", expected,
              bed->result.output);
}

static void write_some(const struct bed *bed)
{
    FILE *file = create(bed);

    for (int i = 0; i < 3; i++)
        add_event(file, "would-refuse", "curl", "a.example", "self-signed certificate",
                  "VerifyPeer=require", "");
    add_event(file, "would-refuse", "curl", "b.example", "hostname mismatch", "CheckHost=require",
              ",\"stricttls.held_back\":9");
    add_event(file, "refused", "old", "b.example", "protocol version too low", "MinProtocol",
              ",\"tls.protocol.version\":\"1.1\",\"stricttls.lost\":4");
    add_event(file, "would-refuse", "old", "c.example", "cipher suite is not vetted",
              "CipherString", ",\"stricttls.cipher\":\"AES128-SHA\",\"stricttls.uncertain\":true");
    add_event(file, "would-refuse", "curl", "a.example", "self-signed certificate",
              "VerifyPeer=require", ",\"stricttls.refused_anyway\":true");
    add_event(file, "adjusted", "curl", "a.example", "x", "MinProtocol", "");
    add_event(file, "accepted", "curl", "a.example", "x", "y", "");
    fputs("half a line {\"timestamp\":\"2026-\n{}\n[1,2]\n{\"event.name\":\"other\"}\nno JSON\n",
          file);
    fputs("Nov 24 03:28:00 host stricttls[7]: ", file); /* as a syslog daemon writes it */
    add_event(file, "would-refuse", "behind-syslog", "d.example", "hostname mismatch",
              "CheckHost=require", "");
    for (int i = 0; i < 2; i++) /* torn, where a disk was full */
        fputs("{\"timestamp\":\"2026-09-21T14:13:20.0000", file);
    add_event(file, "would-refuse", "behind-torn", "d.example", "hostname mismatch",
              "CheckHost=require", "");
    fclose(file);
}

Test(report, groups_by_program_with_the_exception_to_paste, .timeout = 60)
{
    struct bed bed;

    bed_open(&bed);
    write_some(&bed);
    cr_assert(bed_run(&bed, NULL, (const char *const[]){command(), "report", bed.log, NULL}));
    expect_text(&bed, "11 events; 17 handshakes break under the policy, by program:\n\ncurl: 13\n");
    expect_text(&bed, "      [app/curl]\n      CheckHost = app\n      VerifyPeer = app\n"
                      "      Reason =\n      Expires =\n");
    expect_text(&bed, "      [app/old]\n      MinProtocol = TLSv1.1\n      SecurityLevel = 0\n"
                      "      CipherString = ECDHE-");
    expect_text(&bed, ":ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA\n      Reason =\n");
    expect_text(&bed, "the peer might have chosen otherwise");
    expect_text(&bed, "behind-syslog: 1\n");
    expect_text(&bed, "behind-torn: 1\n");
    expect_text(&bed, "\n1 would fail without the policy as well");
    expect_text(&bed, "\n1 got more than the program had asked for\n1 accepted\n"
                      "9 of these were held back by LogRate");
    expect_text(&bed, "\n4 events were lost");
    expect_text(&bed, "\n5 lines are no events\n");
    bed_close(&bed);
}

Test(report, groups_by_host_and_reason, .timeout = 60)
{
    struct bed bed;

    bed_open(&bed);
    write_some(&bed);
    cr_assert(bed_run(&bed, NULL,
                      (const char *const[]){command(), "report", "--by", "host", bed.log, NULL}));
    expect_text(&bed, "\nb.example: 11\n");
    expect_text(&bed, "      [host/b.example]\n      CheckHost = app\n"
                      "      MinProtocol = TLSv1.1\n");
    cr_assert(bed_run(&bed, NULL,
                      (const char *const[]){command(), "report", "--by", "reason", bed.log, NULL}));
    expect_text(&bed, "\nhostname mismatch: 12\n");
    expect_text(&bed, "[app/curl]\n      CheckHost = app\n      Reason =\n      Expires =\n"
                      "      [app/behind-");
    bed_close(&bed);
}

/* Read again by another parser. */
Test(report, json, .timeout = 60)
{
    char json[STLS_FILES_PATH_MAX];
    struct bed bed;

    bed_open(&bed);
    write_some(&bed);
    stls_files_join(json, bed.directory, "json");
    cr_assert(
        bed_run(&bed, NULL, (const char *const[]){command(), "report", "--json", bed.log, NULL}));
    stls_files_write(json, bed.result.output);
    cr_expect(
        bed_run(&bed, NULL,
                (const char *const[]){
                    "/usr/bin/python3", "-c",
                    "import json, sys\n"
                    "r = json.load(open(sys.argv[1]))\n"
                    "assert r['events'] == 11 and r['breaking'] == 17 and r['not_events'] == 5\n"
                    "g = r['groups'][0]\n"
                    "assert g['program'] == 'curl' and g['count'] == 13\n"
                    "assert sum(k['count'] for k in g['kinds']) == 13\n"
                    "assert g['exception'].startswith('[app/curl]\\n')\n"
                    "assert sum(g['count'] for g in r['groups']) == 17\n",
                    json, NULL}),
        "%s", bed.result.output);
    bed_close(&bed);
}

static struct {
    char since[32];
    bool is_counted;
} times[] = {
    {"2026-09-21", true},
    {"2026-09-22", false},
    {"2026-09-21T14:13:20Z", true},
    {"2026-09-21T14:13:21Z", false},
    {"2026-09-21T14:13:20.000000Z", true},
    {"2026-09-21T14:13:20.000001Z", false},
    {"36500d", true},
    {"1m", false},
};

Test(report, since, .timeout = 60)
{
    struct bed bed;
    FILE *file;

    bed_open(&bed);
    file = create(&bed);
    add_event(file, "refused", "curl", "a.example", "x", "y", "");
    fclose(file);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (time(NULL) < 1790000000 + 3600 && times[i].since[1] == 'm')
            continue; /* the machine's clock is not yet past the event's */
        cr_assert(bed_run(&bed, NULL,
                          (const char *const[]){command(), "report", "--since", times[i].since,
                                                bed.log, NULL}),
                  "%s", bed.result.output);
        cr_expect_eq(strstr(bed.result.output, "\ncurl: 1\n") != NULL, times[i].is_counted,
                     "%s: %s", times[i].since, bed.result.output);
    }
    bed_close(&bed);
}

static struct {
    const char *argv[6];
} wrong[] = {
    {{"report"}},
    {{"report", "--journal", "/dev/null"}},
    {{"report", "--by", "weather", "/dev/null"}},
    {{"report", "--by"}},
    {{"report", "--since", "yesterday", "/dev/null"}},
    {{"report", "--since", "2026-9-1", "/dev/null"}},
    {{"report", "--since", "2026-99-99", "/dev/null"}},
    {{"report", "--since", "2026-02-30", "/dev/null"}},
    {{"report", "--since", "2026-09-21T24:00:00Z", "/dev/null"}},
    {{"report", "--since", "2026-09-21T14:13:20.000000", "/dev/null"}},
    {{"report", "--frobnicate", "/dev/null"}},
};

Test(report, help, .timeout = 60)
{
    static const char *const commands[] = {"run", "report", "policy"};
    struct bed bed;

    bed_open(&bed);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        cr_expect(
            bed_run(&bed, NULL, (const char *const[]){command(), commands[i], "--help", NULL}));
        expect_text(&bed, "usage: stricttls ");
        expect_text(&bed, commands[i]);
    }
    bed_close(&bed);
}

Test(report, usage_errors, .timeout = 60)
{
    struct bed bed;

    bed_open(&bed);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *argv[8] = {command()};

        memcpy(argv + 1, wrong[i].argv, sizeof wrong[i].argv);
        cr_expect(!bed_run(&bed, NULL, argv) && bed.result.code == 2, "%zu: %s", i,
                  bed.result.output);
        expect_text(&bed, "stricttls report: ");
    }
    cr_expect(
        !bed_run(&bed, NULL, (const char *const[]){command(), "report", "/nonexistent", NULL}));
    cr_expect_eq(bed.result.code, 1);
    expect_text(&bed, "/nonexistent: No such file or directory");
    bed_close(&bed);
}

/* Whoever can write to the log can write such events: the terminal and the policy stay clean. */
Test(report, made_up_events_do_no_harm, .timeout = 60)
{
    struct bed bed;
    FILE *file;

    bed_open(&bed);
    file = create(&bed);
    add_event(file, "refused", "x]\\nMode = off\\n[", "\\u001b[2Jh\\u009b\\u202e", "\\u0007r",
              "VerifyPeer=\\nMode = off", "");
    add_event(file, "refused", "y", "z", "\xff\xc3", "MinProtocol",
              ",\"tls.protocol.version\":\"1.1\\nMode = off\",\"nested\":{\"a\":[{}]}");
    fputs("{\"timestamp\":\"", file);
    for (int i = 0; i < 3000000; i++)
        fputc('[', file);
    fputs("\n", file);
    for (int i = 0; i < 3000; i++) /* deep, but not long */
        fputs("{\"a\":", file);
    fputs("\n", file);
    fclose(file);
    for (int json = 0; json < 2; json++) {
        cr_assert(bed_run(&bed, NULL,
                          (const char *const[]){command(), "report", json ? "--json" : "--text",
                                                bed.log, NULL}),
                  "%s", bed.result.output);
        cr_expect(strstr(bed.result.output, "\nMode") == NULL &&
                      strstr(bed.result.output, " Mode = off\n") == NULL,
                  "%s", bed.result.output);
        for (const char *c = bed.result.output; *c != '\0'; c++)
            cr_expect((*c >= ' ' && *c <= '~') || *c == '\n', "byte %#x", (unsigned char)*c);
    }
    expect_text(&bed, "\"events\":2,");
    expect_text(&bed, "\"not_events\":2,");
    bed_close(&bed);
}

/* More kinds than the table holds: counted still, and memory has its bound. */
Test(report, more_kinds_than_fit, .timeout = 120)
{
    char generate[STLS_FILES_PATH_MAX], script[8 * STLS_FILES_PATH_MAX];
    unsigned long long beyond = 0;
    const char *found;
    struct bed bed;

    bed_open(&bed);
    stls_files_join(generate, STLS_EVENTS, "generate");
    snprintf(script, sizeof script,
             "%s 300000 1000 100000 >%s && ulimit -v 150000 && %s report %s | "
             "tail -n 3",
             generate, bed.log, command(), bed.log);
    cr_assert(bed_run(&bed, NULL, (const char *const[]){"/bin/sh", "-c", script, NULL}), "%s",
              bed.result.output);
    found = strstr(bed.result.output, " more break: too many kinds");
    cr_assert(found != NULL, "%s", bed.result.output);
    while (found > bed.result.output && found[-1] != '\n')
        found--;
    beyond = strtoull(found, NULL, 10);
    cr_expect(beyond > 100000 && beyond < 240000 - 60000, "%llu", beyond);
    expect_text(&bed, "\n30000 accepted\n");
    bed_close(&bed);
}

/* What can't be counted is no all-clear. */
Test(report, logs_without_events_that_count, .timeout = 60)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"stricttls: refused: curl[7]: x\n", ": has events in text, which are not counted"},
        {"Nov 24 03:28:00 h stricttls[7]: stricttls: refused: curl[7]: x\n", "events in text"},
        {"\x1f\x8b\x08 cut short", ": is compressed, and damaged or cut short"},
        {"[1]\n", ": has no events"},
    };
    struct bed bed;

    bed_open(&bed);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stls_files_write(bed.log, rows[i].text);
        cr_expect(!bed_run(&bed, NULL, (const char *const[]){command(), "report", bed.log, NULL}));
        cr_expect_eq(bed.result.code, 1);
        expect_text(&bed, rows[i].says);
    }
    cr_expect(bed_run(&bed, NULL, (const char *const[]){command(), "report", "/dev/null", NULL}));
    bed_close(&bed);
}

Test(report, of_a_log_that_was_rotated_and_compressed, .timeout = 60)
{
    char rotated[STLS_FILES_PATH_MAX + 16];
    struct bed bed;

    bed_open(&bed);
    write_some(&bed);
    cr_assert(bed_run(&bed, NULL, (const char *const[]){"/bin/gzip", "-k", bed.log, NULL}));
    snprintf(rotated, sizeof rotated, "%s.gz", bed.log);
    cr_assert(
        bed_run(&bed, NULL, (const char *const[]){command(), "report", bed.log, rotated, NULL}));
    expect_text(&bed, "22 events; 34 handshakes break");
    bed_close(&bed);
}

/* Counts that somebody made up, and more sections than fit: none of them is cut. */
Test(report, numbers_and_sections_without_bounds, .timeout = 60)
{
    char rule[300];
    const char *found;
    struct bed bed;
    FILE *file;

    bed_open(&bed);
    file = create(&bed);
    add_event(file, "refused", "my prog", "h", "r", "VerifyPeer=require",
              ",\"stricttls.held_back\":99999999999999999999,\"stricttls.lost\":-7");
    for (int i = 0; i < 200; i++) {
        snprintf(rule, sizeof rule, "%0*d", 200, i);
        add_event(file, "refused", "many", "h", "r", rule, "");
    }
    for (int i = 0; i < 2; i++)
        add_event(file, "refused", i ? "a" : "b", "h", "other", "VerifyPeer=require", "");
    fclose(file);
    cr_assert(bed_run(&bed, NULL, (const char *const[]){command(), "report", bed.log, NULL}));
    expect_text(&bed, "203 events; 4294967498 handshakes break");
    expect_text(&bed, "\n      # my prog: to name it, a section needs a pattern");
    expect_text(&bed, "\n      # a section of many would be too long\n");
    cr_expect(strstr(bed.result.output, "[app/many]") == NULL);
    for (found = bed.result.output; (found = strstr(found, "[app/")) != NULL; found++)
        cr_expect(strncmp(strchr(found, '\n'),
                          "\n      VerifyPeer = app\n      Reason =\n      Expires =\n", 53) == 0,
                  "%.80s", found);
    bed_close(&bed);
}

/* journalctl's own format: upper case, numbers and truth as text, repeated fields as arrays. */
Test(report, journal, .timeout = 60)
{
    char path[STLS_FILES_PATH_MAX + 32], script[STLS_FILES_PATH_MAX];
    struct bed bed;

    bed_open(&bed);
    stls_files_join(script, bed.directory, "journalctl");
    snprintf(path, sizeof path, "PATH=%s:/usr/bin:/bin", bed.directory);
    stls_files_write(
        script,
        "#!/bin/sh\n"
        "[ \"$*\" = '--quiet --no-pager --output=json SYSLOG_IDENTIFIER=stricttls + "
        "_TRANSPORT=syslog SYSLOG_FACILITY=10 --since=2026-09-20 00:00:00 UTC' ] || exit 3\n"
        "echo '{\"__CURSOR\":\"s=2\",\"MESSAGE\":\"session opened {for user root}\"}'\n"
        "printf '%s\\n' '{\"PRIORITY\":\"4\",\"_COMM\":\"wget\",\"MESSAGE\":\"1 "
        "2026-09-21T14:13:20.000000Z "
        "h "
        "stricttls 7 refused - {\\\"timestamp\\\":\\\"2026-09-21T14:13:20.000000Z\\\","
        "\\\"event.name\\\":\\\"stricttls.event\\\",\\\"stricttls.schema\\\":1,"
        "\\\"stricttls.verdict\\\":\\\"refused\\\",\\\"stricttls.reason\\\":\\\"a "
        "\\\\\\\"b\\\\\\\" c\\\","
        "\\\"process.executable.name\\\":\\\"wget\\\"}\"}'\n"
        "echo '{\"__CURSOR\":\"s=1\",\"PRIORITY\":\"4\",\"EVENT_NAME\":\"stricttls.event\","
        "\"STRICTTLS_SCHEMA\":\"1\",\"STRICTTLS_VERDICT\":\"would-refuse\","
        "\"TIMESTAMP\":\"2026-09-21T14:13:20.000000Z\",\"STRICTTLS_HELD_BACK\":\"2\","
        "\"STRICTTLS_REASON\":\"hostname mismatch\",\"STRICTTLS_RULE\":\"CheckHost=require\","
        "\"STRICTTLS_ASKED_LESS\":[\"ciphers\",\"groups\"],"
        "\"PROCESS_EXECUTABLE_NAME\":\"curl\",\"SERVER_ADDRESS\":\"a.example\"}'\n");
    cr_assert_eq(chmod(script, 0700), 0);
    cr_assert(bed_run(&bed, NULL,
                      (const char *const[]){"/usr/bin/env", path, command(), "report", "--since",
                                            "2026-09-20", "--journal", NULL}),
              "%s", bed.result.output);
    expect_text(&bed, "2 events; 4 handshakes break");
    expect_text(&bed, "(as a server, or host unknown): a \"b\" c;");
    cr_expect(strstr(bed.result.output, "no events") == NULL, "%s", bed.result.output);
    expect_text(&bed, "a.example: hostname mismatch; rule CheckHost=require");
    stls_files_write(script, "#!/bin/sh\nexit 1\n");
    cr_expect(!bed_run(
        &bed, NULL,
        (const char *const[]){"/usr/bin/env", path, command(), "report", "--journal", NULL}));
    expect_text(&bed, "journalctl: failed");
    bed_close(&bed);
}

/* From the library's own events to the exception, with nothing between. */
Test(report, reads_what_the_library_writes, .timeout = 60)
{
    char setting[STLS_FILES_PATH_MAX + 32];
    const char *settings[] = {setting, "STRICTTLS_LOG_FORMAT=json", "STRICTTLS_MODE=mayb", NULL};
    struct bed bed;

    bed_open(&bed);
    snprintf(setting, sizeof setting, "STRICTTLS_LOG=%s", bed.sink);
    bed_run_preloaded(&bed, settings,
                      (const char *const[]){"client", "1", "/dev/null", "1", "careful", NULL});
    cr_assert(bed_run(&bed, NULL, (const char *const[]){command(), "report", bed.log, NULL}));
    expect_text(&bed, "\n1 processes could not obey their policy");
    bed_close(&bed);
}
