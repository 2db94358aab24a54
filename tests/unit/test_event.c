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
    cr_expect_str_eq(line, "stricttls: refused: x\\x0astricttls: fake[1]: "
                           "\\x1b[2J\\x7f\\xc3\\xa9\\xff\\x5c\n");
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
