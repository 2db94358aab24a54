/* report.c - see report.h */
#include "report.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"
#include "next.h"
#include "param_names.h"
#include "policy_load.h"
#include "seldom.h"
#include "sinks.h"

#include "../core/asked.h"
#include "../core/event.h"
#include "../core/list.h"
#include "../core/rate.h"

#include "../core/banned.h"

static struct stls_rate rate STLS_SELDOM_WRITTEN;
static _Atomic(pid_t) counting; /* the process whose counts these are */

static bool is_wanted(const struct stls_policy *policy, int kinds)
{
    return policy->log != STLS_LOG_NONE && (policy->log_events & kinds) != 0;
}

/* What a process counted before it forked is its own to tell. */
static pid_t own_counts(void)
{
    pid_t self = getpid(), before = atomic_exchange(&counting, self);

    if (before != self && before != 0)
        memset(&rate, 0, sizeof rate);
    return self;
}

static void emit(const struct stls_policy *policy, struct stls_event *event)
{
    uint32_t kind = (uint32_t)event->verdict << 1 | event->is_refused_anyway;
    unsigned limit = (unsigned)policy->log_rate;
    char path[PATH_MAX / 4];
    struct timespec now;
    ssize_t length;

    STLS_NEXT(clock_gettime)(CLOCK_REALTIME, &now);
    event->pid = (unsigned)own_counts();
    kind = stls_rate_kind(stls_rate_kind(kind, event->reason), event->host);
    if (!stls_rate_allows(&rate, kind, limit, (uint32_t)(now.tv_sec / 60), &event->held_back))
        return;
    length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    event->executable = path;
    event->seconds = now.tv_sec;
    event->microseconds = (unsigned)(now.tv_nsec / 1000);
    event->is_audit = policy->mode == STLS_MODE_AUDIT;
    event->program = stls_environment_program();
    event->lost = atomic_exchange(&rate.unknown, 0);
    if (!stls_sinks_write(policy, event))
        atomic_fetch_add(&rate.unknown, event->lost + event->held_back + 1);
}

enum {
    STLS_HOSTS_MAX = 512, /* bytes of the names of one address, terminator included */
};

/* What the facts of an event point to; too much for the stack of a thread that has little. */
struct facts {
    struct stls_identity identity;
    char others[STLS_HOSTS_MAX];
    char peer[STLS_PEER_MAX];
    char presented[STLS_PRESENTED_MAX];
    char sha256[2 * 32 + 1];
};

/* "b or c": an address under several names is ambiguous, and the event says so. */
static const char *join_others(const struct stls_identity *identity, char text[STLS_HOSTS_MAX])
{
    text[0] = '\0';
    for (size_t i = 1; i < identity->count; i++)
        if (!stls_list_append(text, STLS_HOSTS_MAX, " or ", identity->hosts[i].text))
            break;
    return text;
}

static void add_host(const struct stls_openssl *openssl, const SSL *ssl, struct stls_event *event,
                     struct facts *facts)
{
    event->server_name = openssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    event->peer_port = stls_identity_peer(openssl, ssl, facts->peer);
    event->peer = facts->peer[0] != '\0' ? facts->peer : NULL;
    if (event->is_server)
        return;
    stls_identity_meant(openssl, ssl, &facts->identity);
    event->host_source = facts->identity.source;
    if (facts->identity.count == 0)
        return;
    event->host = facts->identity.hosts[0].text;
    event->other_hosts = join_others(&facts->identity, facts->others);
}

static void add_leaf(const struct stls_openssl *openssl, X509 *leaf, struct stls_event *event,
                     struct facts *facts)
{
    static const char hex[] = "0123456789ABCDEF";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (leaf == NULL)
        return;
    stls_identity_presented(openssl, leaf, facts->presented);
    event->presented = facts->presented;
    if (!openssl->X509_digest(leaf, openssl->EVP_sha256(), digest, &length) || length != 32)
        return;
    for (size_t i = 0; i < length; i++) {
        facts->sha256[2 * i] = hex[digest[i] >> 4];
        facts->sha256[2 * i + 1] = hex[digest[i] & 15];
    }
    facts->sha256[2 * length] = '\0';
    event->sha256 = facts->sha256;
}

/* The version means something once there is a cipher. */
static void add_agreement(const struct stls_openssl *openssl, const SSL *ssl,
                          struct stls_event *event)
{
    const SSL_CIPHER *cipher = openssl->SSL_get_current_cipher(ssl);

    if (cipher == NULL)
        cipher = openssl->SSL_get_pending_cipher(ssl);
    if (cipher == NULL)
        return;
    event->protocol = openssl->SSL_get_version(ssl);
    event->cipher = openssl->SSL_CIPHER_standard_name(cipher);
    event->cipher_name = openssl->SSL_CIPHER_get_name(cipher);
    event->is_resumed = openssl->SSL_session_reused((SSL *)(uintptr_t)ssl) != 0;
}

static bool gave_no_name(const struct stls_openssl *openssl, const SSL *ssl)
{
    X509_VERIFY_PARAM *param = openssl->SSL_get0_param((SSL *)(uintptr_t)ssl);
    struct stls_host address;

    return stls_param_names_are_legible(openssl, param) &&
           stls_param_names_host(openssl, param, 0) == NULL &&
           !stls_param_names_address(openssl, param, &address);
}

/* What the program asked for that is less than the policy. */
static uint32_t asked_of(const struct stls_openssl *openssl, const SSL *ssl,
                         const struct stls_connection *connection, bool is_server)
{
    const struct stls_context *context = stls_context_of_ssl(openssl, ssl);
    uint32_t asked = connection->asked;

    if (context != NULL)
        asked |= context->asked;
    if (!stls_policy_wants_verification(openssl, ssl))
        return asked;
    if (context != NULL && context->program_cert_verify != NULL)
        asked |= STLS_ASKED_OWN_VERIFIER;
    if ((connection->asked_verify & SSL_VERIFY_PEER) == 0)
        asked |= STLS_ASKED_NO_VERIFICATION;
    if (!is_server && stls_policy_of(openssl, ssl)->check_host == STLS_CHECK_HOST_REQUIRE &&
        gave_no_name(openssl, ssl))
        asked |= STLS_ASKED_NO_HOST_NAME;
    return asked;
}

static void tell(struct stls_openssl *openssl, const SSL *ssl, struct stls_connection *connection,
                 const struct stls_refusal *what, enum stls_verdict verdict)
{
    SSL_SESSION *session = openssl->SSL_get_session(ssl);
    struct facts *facts = calloc(1, sizeof *facts);
    struct stls_event event = {
        .verdict = verdict,
        .is_server = openssl->SSL_is_server(ssl) != 0,
        .is_verifying = (connection->asked_verify & SSL_VERIFY_PEER) != 0,
        .reason = what->reason,
        .rule = what->rule,
        .is_uncertain = what->is_uncertain,
        .is_refused_anyway = what->is_refused_anyway,
        .forgiven = connection->forgiven,
    };
    X509 *leaf = what->leaf;

    event.asked = asked_of(openssl, ssl, connection, event.is_server);
    if (leaf == NULL && session != NULL)
        leaf = openssl->SSL_SESSION_get0_peer(session);
    if (facts != NULL) {
        add_host(openssl, ssl, &event, facts);
        add_leaf(openssl, leaf, &event, facts);
    }
    add_agreement(openssl, ssl, &event);
    emit(stls_policy_of(openssl, ssl), &event);
    free(facts);
}

void stls_report_refusal(struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_connection *connection, const struct stls_refusal *refusal)
{
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);

    if (connection->is_reported)
        return;
    connection->is_reported = true;
    if (is_wanted(policy, STLS_LOG_EVENTS_REFUSED))
        tell(openssl, ssl, connection, refusal,
             policy->mode == STLS_MODE_AUDIT ? STLS_VERDICT_WOULD_REFUSE : STLS_VERDICT_REFUSED);
}

/* What of it the policy made more of. */
static uint32_t lowering(uint32_t asked)
{
    return asked & ~(uint32_t)(STLS_ASKED_OWN_VERIFIER | STLS_ASKED_FORGIVENESS);
}

void stls_report_success(struct stls_openssl *openssl, const SSL *ssl,
                         struct stls_connection *connection, const struct stls_refusal *what)
{
    const struct stls_policy *policy = stls_policy_of(openssl, ssl);
    struct stls_refusal adjusted = {.reason = NULL};
    char reason[96];
    uint32_t less;

    if (connection->is_reported ||
        !is_wanted(policy, STLS_LOG_EVENTS_ADJUSTED | STLS_LOG_EVENTS_ACCEPTED))
        return;
    connection->is_reported = true;
    less = lowering(asked_of(openssl, ssl, connection, openssl->SSL_is_server(ssl) != 0));
    if (less != 0) {
        struct stls_asked_word word = stls_asked_word(less);

        snprintf(reason, sizeof reason, "the program asked for %s", word.phrase);
        adjusted.reason = reason;
        adjusted.rule = word.rule;
        if (openssl->SSL_is_server(ssl) && (less & STLS_ASKED_NO_VERIFICATION) != 0) {
            adjusted.rule = "VerifyClient";
            adjusted.is_uncertain = policy->mode == STLS_MODE_AUDIT; /* whom would it show? */
        }
    } else if (what != NULL) {
        adjusted = *what;
    }
    if (adjusted.reason == NULL && is_wanted(policy, STLS_LOG_EVENTS_ACCEPTED))
        tell(openssl, ssl, connection, &adjusted, STLS_VERDICT_ACCEPTED);
    else if (adjusted.reason != NULL && is_wanted(policy, STLS_LOG_EVENTS_ADJUSTED))
        tell(openssl, ssl, connection, &adjusted, STLS_VERDICT_ADJUSTED);
}

void stls_report_policy(const char *notice)
{
    struct stls_event event = {.verdict = STLS_VERDICT_POLICY, .reason = notice};

    if (stls_policy()->log != STLS_LOG_NONE)
        emit(stls_policy(), &event);
}

void stls_report_broken_policy(const char *reason)
{
    static atomic_flag is_done = ATOMIC_FLAG_INIT;
    struct stls_event event = {.verdict = STLS_VERDICT_BROKEN_POLICY, .reason = reason};

    if (!atomic_flag_test_and_set(&is_done) && stls_policy()->log != STLS_LOG_NONE)
        emit(stls_policy(), &event);
}
