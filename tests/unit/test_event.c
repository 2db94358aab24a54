/* test_event.c - the line of text that people read. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../src/core/asked.h"
#include "../../src/core/event.h"

Test(event, refusal)
{
    struct stls_event event = {
        .verdict = STLS_VERDICT_REFUSED,
        .program = "curl",
        .pid = 7,
        .host = "localhost",
        .host_source = "sni",
        .peer = "127.0.0.1",
        .peer_port = 443,
        .reason = "self-signed certificate",
        .rule = "VerifyPeer=require",
        .asked = STLS_ASKED_NO_VERIFICATION,
    };
    char line[STLS_EVENT_MAX];

    cr_expect(stls_event_text(&event, line) == strlen(line));
    cr_expect_str_eq(line, "stricttls: refused: curl[7], server localhost (sni) at 127.0.0.1:443: "
                           "self-signed certificate; rule VerifyPeer=require; program asked for no "
                           "verification\n");
}

Test(event, says_nothing_where_nothing_is_known)
{
    struct stls_event event = {.verdict = STLS_VERDICT_BROKEN_POLICY, .program = "a", .pid = 1};
    char line[STLS_EVENT_MAX];

    stls_event_text(&event, line);
    cr_expect_str_eq(line, "stricttls: refused all TLS: a[1]\n");
}

Test(event, what_qualifies_a_foretold_refusal)
{
    struct stls_event event = {.verdict = STLS_VERDICT_WOULD_REFUSE,
                               .program = "a",
                               .pid = 1,
                               .reason = "cipher suite is not vetted",
                               .is_uncertain = true,
                               .is_refused_anyway = true};
    char line[STLS_EVENT_MAX];

    stls_event_text(&event, line);
    cr_expect_str_eq(line,
                     "stricttls: would refuse: a[1]: cipher suite is not vetted; the peer might "
                     "have chosen otherwise; failed in any case\n");
}

/* A certificate's name must not be able to forge a line, colour a terminal or hide text. */
Test(event, hostile_bytes)
{
    struct stls_event event = {.verdict = STLS_VERDICT_REFUSED,
                               .program = "x\nstricttls: fake",
                               .pid = 1,
                               .reason = "\x1b[2J\x7f\xc3\xa9\xff\\"};
    char line[STLS_EVENT_MAX];

    stls_event_text(&event, line);
    cr_expect_str_eq(line, "stricttls: refused: x\\x0astricttls:\\x20fake[1]: "
                           "\\x1b[2J\\x7f\\xc3\\xa9\\xff\\x5c\n");
}

/* What others chose reads as theirs: it can't go on with words of ours. */
Test(event, no_words_of_ours)
{
    struct stls_event event = {.verdict = STLS_VERDICT_REFUSED,
                               .program = "a[2], server b (app)",
                               .pid = 1,
                               .host = "c (app) at 192.0.2.1: x",
                               .host_source = "sni",
                               .reason = "d; rule none",
                               .rule = "e",
                               .presented = "f, g\\x3b\\x20rule"};
    char line[STLS_EVENT_MAX];

    stls_event_text(&event, line);
    cr_expect_str_eq(line,
                     "stricttls: refused: a[2]\\x2c\\x20server\\x20b\\x20(app)[1], server "
                     "c\\x20(app)\\x20at\\x20192.0.2.1:\\x20x (sni): d\\x3b rule none; rule e; "
                     "certificate names f, g\\x3b\\x20rule\n");
    stls_event_json(&event, line);
    cr_expect(strstr(line, "\"stricttls.presented\":\"f, g\\\\x3b\\\\x20rule\"") != NULL, "%s",
              line);
    cr_expect(strstr(line, "\"stricttls.reason\":\"d; rule none\"") != NULL, "%s", line);
}

Test(event, long_text_is_cut_and_stays_one_line)
{
    char text[3 * STLS_EVENT_MAX];
    struct stls_event event = {.verdict = STLS_VERDICT_REFUSED, .program = text, .pid = 1};
    char line[STLS_EVENT_MAX];
    size_t length;

    memset(text, '\n', sizeof text); /* each takes four bytes */
    text[sizeof text - 1] = '\0';
    length = stls_event_text(&event, line);
    cr_expect(length == strlen(line) && length < STLS_EVENT_MAX);
    cr_expect(strchr(line, '\n') == line + length - 1);
}

Test(event, peer_with_an_address_of_version_6_and_several_names)
{
    struct stls_event event = {.verdict = STLS_VERDICT_ADJUSTED,
                               .program = "a",
                               .pid = 1,
                               .host = "b",
                               .other_hosts = "c or d",
                               .host_source = "resolver",
                               .peer = "::1",
                               .peer_port = 443,
                               .held_back = 3,
                               .lost = 2};
    char line[STLS_EVENT_MAX];

    stls_event_text(&event, line);
    cr_expect_str_eq(line, "stricttls: adjusted: a[1], server b or c or d (resolver) at [::1]:443; "
                           "3 more of this kind not told; 2 events lost\n");
}

Test(event, what_was_asked)
{
    struct stls_event event = {.verdict = STLS_VERDICT_ACCEPTED,
                               .program = "a",
                               .pid = 1,
                               .is_verifying = true,
                               .forgiven = 18,
                               .asked = STLS_ASKED_FORGIVENESS | STLS_ASKED_CIPHER_LIST |
                                        STLS_ASKED_CIPHER_LIST << 1};
    char line[STLS_EVENT_MAX];

    stls_event_text(&event, line);
    cr_expect_str_eq(
        line,
        "stricttls: accepted: a[1]; program asked for verification, forgiveness of error 18, "
        "cipher suites that are not vetted (SSL_CTX_set_cipher_list) (SSL_set_cipher_list)\n");
    stls_event_json(&event, line);
    cr_expect(strstr(line, "\"stricttls.asked.less\":[\"forgiveness\",\"ciphers\"],"
                           "\"stricttls.asked.calls\":[\"SSL_CTX_set_cipher_list\","
                           "\"SSL_set_cipher_list\"],\"stricttls.asked.forgiven\":18}\n") != NULL,
              "%s", line);
}

/* Every bit has its own words. */
Test(event, each_kind_of_asking_is_told)
{
    for (uint32_t bit = 1; bit != STLS_ASKED_END; bit <<= 1) {
        struct stls_asked_word word = stls_asked_word(bit);

        cr_expect(word.token[0] != '\0' && word.phrase[0] != '\0' && word.rule[0] != '\0');
        cr_expect_eq(word.call[0] != '\0',
                     bit == STLS_ASKED_OWN_VERIFIER || bit > STLS_ASKED_LOW_PROTOCOL);
    }
}

static size_t count_spaces(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == ' ';
    return count;
}

/* All there is, all of it as long and as bad as can be: still one line, of whole fields. */
Test(event, the_longest_lines)
{
    static char bad[4096];
    char line[STLS_EVENT_MAX];
    struct stls_event event = {.verdict = STLS_VERDICT_WOULD_REFUSE,
                               .is_audit = true,
                               .seconds = 1790000000,
                               .program = bad,
                               .executable = bad,
                               .pid = 4194304,
                               .host = bad,
                               .other_hosts = bad,
                               .host_source = bad,
                               .server_name = bad,
                               .peer = bad,
                               .peer_port = 65535,
                               .reason = bad,
                               .rule = bad,
                               .is_verifying = true,
                               .asked = STLS_ASKED_END - 1,
                               .forgiven = 18,
                               .presented = bad,
                               .sha256 = bad,
                               .protocol = "TLSv1.2",
                               .cipher = bad,
                               .cipher_name = bad,
                               .is_resumed = true,
                               .is_uncertain = true,
                               .is_refused_anyway = true,
                               .held_back = UINT32_MAX,
                               .lost = UINT32_MAX};
    size_t length;

    memset(bad, '\x1b', sizeof bad - 1);
    for (int i = 0; i < 3; i++) {
        length = i == 0   ? stls_event_text(&event, line)
                 : i == 1 ? stls_event_json(&event, line)
                          : stls_event_journal(&event, line);
        cr_expect(length == strlen(line) && length < STLS_EVENT_MAX);
        cr_expect(line[length - 1] == '\n');
        cr_expect(i == 2 || strchr(line, '\n') == line + length - 1);
        cr_expect(i != 1 || (line[0] == '{' && line[length - 2] == '}'));
        /* Nothing had to be left out but of the journal, where names are repeated. */
        cr_expect(i == 2 || strstr(line, i == 0 ? "events lost"
                                                : "\"stricttls.refused_anyway\":true}") != NULL,
                  "%s", line);
        for (const char *field = line; i == 2 && *field != '\0'; field = strchr(field, '\n') + 1)
            cr_expect(field[strspn(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '=', "%s",
                      field);
    }
    stls_event_syslog_header(&event, bad, line);
    cr_expect(strchr(line, '\n') == NULL && count_spaces(line) == 7, "%s", line);
}
