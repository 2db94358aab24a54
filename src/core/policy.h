/* policy.h - what a policy is.
 *
 * Owns: struct stls_policy, and the order of what its members may be. Plain C, no OpenSSL call, no
 * global state.
 */
#ifndef STLS_POLICY_H
#define STLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codes.h"
#include "policy_pins.h"

/* Every enum is ordered: a later value is stricter. Of those that leave something to the program
 * the strictest is 0: memory that nobody filled in allows nothing. */
enum stls_mode {
    STLS_MODE_OFF = -2,
    STLS_MODE_AUDIT,
    STLS_MODE_ENFORCE,
};
enum stls_verify_peer {
    STLS_VERIFY_PEER_APP = -2,
    STLS_VERIFY_PEER_PIN, /* as the program does, and one of the pins: no weakening of the next */
    STLS_VERIFY_PEER_REQUIRE,
};
enum stls_verify_client {
    STLS_VERIFY_CLIENT_APP = -2,
    STLS_VERIFY_CLIENT_REQUEST,
    STLS_VERIFY_CLIENT_REQUIRE,
};
enum stls_check_host {
    STLS_CHECK_HOST_APP = -1,
    STLS_CHECK_HOST_REQUIRE,
};
enum stls_unknown_host {
    STLS_UNKNOWN_HOST_ALLOW = -1,
    STLS_UNKNOWN_HOST_REFUSE,
};
enum stls_chain_rules {
    STLS_CHAIN_RULES_OPENSSL,
    STLS_CHAIN_RULES_RFC5280,
    STLS_CHAIN_RULES_WEBPKI,
};
enum stls_allow {
    STLS_ALLOW_YES = -1,
    STLS_ALLOW_NO,
};
enum stls_lock_environment {
    STLS_LOCK_ENVIRONMENT_NO,
    STLS_LOCK_ENVIRONMENT_YES,
};
/* A set: where a reference identity may come from. The fewer, the stricter. */
enum stls_host_source {
    STLS_HOST_SOURCE_APP = 1,
    STLS_HOST_SOURCE_SNI = 2,
    STLS_HOST_SOURCE_BIO = 4,
    STLS_HOST_SOURCE_RESOLVER = 8,
    STLS_HOST_SOURCE_ADDRESS = 16,
    STLS_HOST_SOURCE_CONNECT = 32,
};
/* Not ordered: neither the program's anchors nor the system's are the stricter set. */
enum stls_trust_store {
    STLS_TRUST_STORE_APP,
    STLS_TRUST_STORE_SYSTEM,
    STLS_TRUST_STORE_PATH,
};
enum stls_log {
    STLS_LOG_AUTO,
    STLS_LOG_STDERR,
    STLS_LOG_SYSLOG,
    STLS_LOG_JOURNAL,
    STLS_LOG_FILE,
    STLS_LOG_NONE,
};
enum stls_log_format {
    STLS_LOG_FORMAT_TEXT,
    STLS_LOG_FORMAT_JSON,
};
/* A set. */
enum stls_log_events {
    STLS_LOG_EVENTS_REFUSED = 1,
    STLS_LOG_EVENTS_ADJUSTED = 2,
    STLS_LOG_EVENTS_ACCEPTED = 4,
    STLS_LOG_EVENTS_ALL = 7,
};

enum {
    STLS_TEXT_MAX = 1024, /* bytes of a cipher string or path, terminator included */
};

struct stls_policy {
    int mode;          /* enum stls_mode */
    int min_protocol;  /* TLS code point; DTLS follows */
    int max_protocol;  /* the same */
    int verify_peer;   /* enum stls_verify_peer */
    int verify_client; /* enum stls_verify_client */
    int check_host;    /* enum stls_check_host */
    int chain_rules;   /* enum stls_chain_rules */
    int unknown_host;  /* enum stls_unknown_host */
    int allow_psk;     /* enum stls_allow, like the next two */
    int allow_raw_public_key;
    int allow_dane;
    int host_sources; /* bits of enum stls_host_source */
    int trust_store;  /* enum stls_trust_store */
    int log;          /* enum stls_log */
    int log_format;   /* enum stls_log_format */
    int log_events;   /* bits of enum stls_log_events */
    int log_rate;     /* events of a kind and minute; 0: no limit */
    int security_level;
    int lock_environment; /* enum stls_lock_environment */
    struct stls_pins pins;
    struct stls_codes ciphersuites;
    struct stls_codes groups;
    struct stls_codes sigalgs;
    /* TLS 1.2, in OpenSSL's syntax; only OpenSSL can expand it. Several with '&' between them are
     * what merging makes: what is in all of them. */
    char cipher_string[STLS_TEXT_MAX];
    char trust_path[STLS_TEXT_MAX]; /* with STLS_TRUST_STORE_PATH */
    char log_path[STLS_TEXT_MAX];   /* with STLS_LOG_FILE */
};

/* True if a client's handshake depends on the server's certificate, whatever the program wants. */
static inline bool stls_policy_verifies_server(const struct stls_policy *policy)
{
    return policy->verify_peer != STLS_VERIFY_PEER_APP || policy->pins.is_set;
}

#endif
