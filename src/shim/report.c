/* report.c - see report.h */
#include "report.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "policy_load.h"
#include "sinks.h"

#include "../core/event.h"

#include "../core/banned.h"

static void emit(struct stls_event *event)
{
    char line[STLS_EVENT_MAX];

    event->program = stls_policy_program();
    event->pid = getpid();
    stls_sinks_write(stls_policy(), line, stls_event_text(event, line));
}

static const char *asked_text(const struct stls_connection *connection, bool is_server)
{
    if (is_server)
        return NULL;
    return connection->asked_verify & SSL_VERIFY_PEER ? "program asked for verification"
                                                      : "program asked for no verification";
}

enum {
    STLS_HOSTS_MAX = 512, /* bytes of the names of one address, terminator included */
};

/* "a or b": an address under several names is ambiguous, and the event says so. */
static const char *join_hosts(const struct stls_identity *identity, char text[STLS_HOSTS_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < identity->count; i++) {
        int added = snprintf(text + used, STLS_HOSTS_MAX - used, "%s%s", i > 0 ? " or " : "",
                             identity->hosts[i].text);

        if (added < 0 || (size_t)added >= STLS_HOSTS_MAX - used)
            break;
        used += (size_t)added;
    }
    return text;
}

void stls_report_refusal(struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_connection *connection, const struct stls_refusal *refusal)
{
    bool is_audit = stls_policy()->mode == STLS_MODE_AUDIT;
    struct stls_event event = {
        .verdict = is_audit ? STLS_VERDICT_WOULD_REFUSE : STLS_VERDICT_REFUSED,
        .is_server = openssl->SSL_is_server(ssl) != 0,
        .host = refusal->host,
        .host_source = refusal->source,
        .reason = refusal->reason,
        .rule = refusal->rule,
        .is_uncertain = refusal->is_uncertain,
        .is_refused_anyway = refusal->is_refused_anyway,
    };
    struct stls_identity identity;
    char peer[STLS_PEER_MAX];
    char hosts[STLS_HOSTS_MAX];
    char names[STLS_PRESENTED_MAX];

    if (connection->is_reported)
        return;
    connection->is_reported = true;
    event.asked = asked_text(connection, event.is_server);
    if (event.host == NULL && !event.is_server) {
        stls_identity_find(openssl, ssl, &identity);
        event.host_source = identity.source;
        event.host = identity.count > 0 ? join_hosts(&identity, hosts) : NULL;
    }
    stls_identity_peer(openssl, ssl, peer);
    event.peer = peer[0] != '\0' ? peer : NULL;
    stls_identity_presented(openssl, refusal->leaf, names);
    event.presented = names[0] != '\0' ? names : NULL;
    emit(&event);
}

void stls_report_broken_policy(const char *reason)
{
    static atomic_flag is_done = ATOMIC_FLAG_INIT;
    struct stls_event event = {.verdict = STLS_VERDICT_BROKEN_POLICY, .reason = reason};

    if (!atomic_flag_test_and_set(&is_done))
        emit(&event);
}
