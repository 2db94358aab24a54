/* report.h - tells what happened: fills in an event and hands it to the sink.
 *
 * Owns: which facts of a handshake an event gets, which events are wanted, and how many. One event
 * a handshake.
 */
#ifndef STLS_REPORT_H
#define STLS_REPORT_H

#include "identity.h"
#include "openssl.h"
#include "state.h"

struct stls_refusal {
    const char *reason;
    const char *rule; /* "VerifyPeer=require" */
    X509 *leaf;       /* NULL, or what the peer presented in a handshake that has no session yet */
    /* Audit. */
    bool is_uncertain;      /* the peer might agree to something better, if it had to */
    bool is_refused_anyway; /* the handshake failed without the policy as well */
};

/* In mode audit it says "would refuse". */
void stls_report_refusal(struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_connection *connection, const struct stls_refusal *refusal);

/* A handshake that the policy has nothing against: as adjusted if the program had asked for less,
 * or if what is an adjustment (its reason and rule), else as accepted. NULL: it is none. */
void stls_report_success(struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_connection *connection, const struct stls_refusal *what);
/* What an administrator should know of the policy, though nothing is refused: the environment makes
 * it weaker, an exception has ended. */
void stls_report_policy(const char *notice);

/* Once a process. */
void stls_report_broken_policy(const char *reason);

#endif
