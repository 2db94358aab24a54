/* event.h - what there is to say about a handshake, and how it is written down.
 *
 * Owns: the fields, their order and their names: a line of text for people, an object of JSON, and
 * the fields of a journal entry. Plain C, no output: a sink writes what this makes.
 * Each is printable ASCII (see line.h), and a line has exactly one newline, its last byte.
 * The names are OpenTelemetry's where it has one; schema/event-1.schema.json is the contract.
 */
#ifndef STLS_EVENT_H
#define STLS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stls_verdict {
    STLS_VERDICT_REFUSED,       /* the handshake failed because of the policy */
    STLS_VERDICT_WOULD_REFUSE,  /* audit: it would have */
    STLS_VERDICT_BROKEN_POLICY, /* every context is refused */
    STLS_VERDICT_ADJUSTED,      /* the program asked for less, and got (audit: would get) more */
    STLS_VERDICT_ACCEPTED,
    STLS_VERDICT_POLICY, /* a notice about the policy; nothing was refused */
};

enum {
    STLS_EVENT_SCHEMA = 1,
    STLS_EVENT_MAX = 4096, /* bytes of a line, newline and terminator included: PIPE_BUF */
    STLS_EVENT_HEADER_MAX = 384,
};

/* NULL or 0 where there is nothing to say. */
struct stls_event {
    enum stls_verdict verdict;
    bool is_audit;
    long long seconds; /* since 1970 */
    unsigned microseconds;
    const char *program;
    const char *executable; /* its path */
    unsigned pid;
    bool is_server;
    const char *host;        /* reference identity */
    const char *other_hosts; /* "b or c", where one address was looked up under several names */
    const char *host_source; /* where it came from: "sni" */
    const char *server_name; /* SNI, as it was sent */
    const char *peer;        /* address */
    unsigned peer_port;
    const char *reason;      /* "self-signed certificate" */
    const char *rule;        /* the policy's word that decided: "VerifyPeer=require" */
    bool is_verifying;       /* the program had asked for verification by itself */
    uint32_t asked;          /* a set of enum stls_asked */
    int forgiven;            /* with STLS_ASKED_FORGIVENESS: X509_V_ERR_* */
    const char *presented;   /* what the certificate names, each quoted as STLS_LINE_WORD */
    const char *sha256;      /* of the peer's leaf, 64 hex digits in upper case */
    const char *protocol;    /* "TLSv1.2" */
    const char *cipher;      /* RFC name */
    const char *cipher_name; /* OpenSSL's, as CipherString knows it */
    bool is_resumed;
    /* Of what would be refused. */
    bool is_uncertain;      /* the peer might have chosen otherwise */
    bool is_refused_anyway; /* it failed without us */
    uint32_t held_back;     /* events like this one, since the last (see rate.h) */
    uint32_t lost;          /* events of any kind that no sink took, since the last */
};

/* Each writes at most STLS_EVENT_MAX bytes, terminator included, and returns the length. */
size_t stls_event_text(const struct stls_event *event, char *line);
size_t stls_event_json(const struct stls_event *event, char *line);

/* Fields of journald's native protocol, one a line, MESSAGE not among them. */
size_t stls_event_journal(const struct stls_event *event, char *fields);

/* RFC 5424, all before the message: STLS_EVENT_HEADER_MAX bytes. */
size_t stls_event_syslog_header(const struct stls_event *event, const char *host, char *header);

#endif
