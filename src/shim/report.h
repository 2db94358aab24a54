/* report.h - tells what happened: fills in an event and hands it to the sink.
 *
 * Owns: which facts of a handshake an event gets. One event a handshake.
 */
#ifndef STLS_REPORT_H
#define STLS_REPORT_H

#include "identity.h"
#include "openssl.h"
#include "state.h"

struct stls_refusal {
    const char *reason;
    const char *rule; /* "VerifyPeer=require" */
    const char *host; /* NULL: looked up */
    const char *source;
    X509 *leaf; /* NULL, or what the peer presented */
    /* Audit. */
    bool is_uncertain;      /* the peer might agree to something better, if it had to */
    bool is_refused_anyway; /* the handshake failed without the policy as well */
};

/* In mode audit it says "would refuse". */
void stls_report_refusal(struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_connection *connection, const struct stls_refusal *refusal);

/* Once a process. */
void stls_report_broken_policy(const char *reason);

#endif
