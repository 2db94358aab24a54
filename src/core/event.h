/* event.h - what there is to say about a handshake, and its line of text.
 *
 * Owns: the fields and their order. Plain C, no output: a sink writes what this makes.
 * Program names, host names and certificate texts are an attacker's to choose: every byte that is
 * not printable ASCII leaves here as \xNN, and the line has exactly one newline, its last byte.
 */
#ifndef STLS_EVENT_H
#define STLS_EVENT_H

#include <stdbool.h>
#include <stddef.h>

enum stls_verdict {
    STLS_VERDICT_REFUSED,       /* the handshake failed because of the policy */
    STLS_VERDICT_WOULD_REFUSE,  /* audit: it would have */
    STLS_VERDICT_BROKEN_POLICY, /* every context is refused */
};

enum {
    STLS_EVENT_MAX = 1024, /* bytes of a line, newline and terminator included */
};

/* NULL where there is nothing to say. */
struct stls_event {
    enum stls_verdict verdict;
    const char *program;
    long pid;
    bool is_server;
    const char *host;        /* reference identity */
    const char *host_source; /* where it came from: "sni" */
    const char *peer;        /* address:port */
    const char *reason;      /* "self-signed certificate" */
    const char *rule;        /* the policy's word that decided: "VerifyPeer=require" */
    const char *asked;       /* what the program had asked for */
    const char *presented;   /* what the certificate names instead */
    /* Of what would be refused. */
    bool is_uncertain;      /* the peer might have chosen otherwise */
    bool is_refused_anyway; /* it failed without us */
};

/* Writes the line, terminated, into line[STLS_EVENT_MAX]; returns its length. */
size_t stls_event_text(const struct stls_event *event, char *line);

#endif
