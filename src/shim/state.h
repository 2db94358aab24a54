/* state.h - what we keep beside each SSL_CTX, SSL and SSL_SESSION.
 *
 * Owns: the records, kept in OpenSSL's ex_data so that they live exactly as long as their object.
 * A context's record is written when the context is made and by the program's own setters, which
 * OpenSSL already forbids to race with handshakes; a connection's record by the one thread that
 * works on the connection.
 */
#ifndef STLS_STATE_H
#define STLS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"
#include "openssl.h"
#include "policy_load.h"

typedef void stls_info_callback(const SSL *ssl, int where, int ret);
typedef int stls_security_callback(const SSL *ssl, const SSL_CTX *context, int op, int bits,
                                   int nid, void *other, void *ex);
typedef int stls_cert_verify_callback(X509_STORE_CTX *chain, void *arg);

/* Our ex_data indices, each under the number of its class, in one library context of a libcrypto. A
 * process may have several (OSSL_LIB_CTX_set0_default), whose indices need not be the same: so ours
 * are a list, to which they are only ever added. */
struct stls_registration {
    int index[CRYPTO_EX_INDEX_SSL_SESSION + 1];
    struct stls_registration *next;
};

/* What gate 3 was asked about that the policy takes away from the program. A bit for each kind of
 * thing, by its number in SSL_SECOP_OTHER_TYPE. */
enum stls_denied {
    STLS_DENIED_VERSION = 1 << 0, /* below the floor */
    STLS_DENIED_CIPHER = 1 << 1,
    STLS_DENIED_GROUP = 1 << 2,
    STLS_DENIED_WEAK = 1 << 3, /* by the security level */
    STLS_DENIED_DH = 1 << 4,
    STLS_DENIED_SIGNATURE = 1 << 5,
    STLS_DENIED_KEY = 1 << 6,     /* our own certificate */
    STLS_DENIED_CEILING = 1 << 7, /* versions above it */
    STLS_DENIED_ALL = 0xff,
    STLS_DENIED_CHOICE = 8, /* shifted by so much: not an offer, but what the peer chose */
    STLS_DENIED_LEVEL = 16, /* the same, only by the security level */
    STLS_DENIED_GROUPS_MAX = 16,
};

struct stls_denied_group {
    int nid;
    bool is_by_level; /* alone */
};

struct stls_context {
    uint32_t number;  /* counts contexts of this process, across fork */
    bool is_prepared; /* the hook has set its lists */
    bool is_client;   /* made with a client-only method */
    bool has_session_id_context;
    bool is_level_raised; /* its security level, by us */
    bool had_no_level;    /* its security level was 0 before it was raised */
    uint32_t asked;       /* enum stls_asked, of its setters */
    uint32_t denied;      /* enum stls_denied, of its setters */
    stls_info_callback *program_info;
    stls_security_callback *program_security; /* OpenSSL's own at first */
    stls_cert_verify_callback *program_cert_verify;
    void *program_cert_verify_arg;
};

struct stls_connection {
    const struct stls_policy *policy; /* of the handshake under way, or the last; NULL before */
    bool is_started;                  /* the policy was applied to the handshake under way */
    bool is_reported;                 /* one event a handshake */
    bool is_refused;                  /* for good: nothing passes gate 3 any more */
    bool is_foreseeing;               /* audit: gate 3 answers as if enforcing, to us alone */
    bool has_session_id_context;
    bool is_verify_raised;                    /* by us, from what asked_verify says */
    int raised_verify;                        /* to this */
    int asked_verify;                         /* SSL_VERIFY_* as the program wanted it */
    uint32_t asked;                           /* enum stls_asked */
    struct stls_names_socket socket;          /* it is about this one, without its own */
    uint32_t denied;                          /* enum stls_denied */
    int forgiven;                             /* X509_V_ERR_* that its verify callback let pass */
    stls_info_callback *program_info;         /* NULL: the context's */
    const struct stls_session_mark *vouched;  /* of the session that may be resumed; to compare */
    stls_security_callback *program_security; /* NULL: none */
    const SSL_CTX *context;                   /* that it is from, or was set with */
    unsigned denied_count;
    struct stls_denied_group denied_groups[STLS_DENIED_GROUPS_MAX];
};

/* NULL for a context that attach never saw, one that is being freed, and in mode off. */
struct stls_context *stls_context_of(const struct stls_openssl *openssl, const SSL_CTX *context);

/* Of the context that an SSL has now. */
struct stls_context *stls_context_of_ssl(const struct stls_openssl *openssl, const SSL *ssl);

/* The same of an SSL, whose record is made with it. NULL also where there was no memory. */
struct stls_connection *stls_connection_of(const struct stls_openssl *openssl, const SSL *ssl);

/* Both at once: whose it is, and our record of it. */
struct stls_found_context {
    struct stls_openssl *openssl;
    struct stls_context *record;
};
struct stls_found_connection {
    struct stls_openssl *openssl;
    struct stls_connection *record;
};
struct stls_found_context stls_find_context(const SSL_CTX *context);
struct stls_found_connection stls_find_connection(const SSL *ssl);

/* What holds for a connection: from START on with the sections about its host; before that, and for
 * NULL, what holds for the process. */
const struct stls_policy *stls_policy_of(const struct stls_openssl *openssl, const SSL *ssl);
static inline const struct stls_policy *
stls_policy_of_connection(const struct stls_connection *connection)
{
    return connection->policy != NULL ? connection->policy : stls_policy();
}

static inline bool stls_policy_is_enforced(const struct stls_openssl *openssl, const SSL *ssl)
{
    return stls_policy_of(openssl, ssl)->mode == STLS_MODE_ENFORCE;
}

/* The role decides whether gate 2 has a word to say. */
bool stls_policy_wants_verification(const struct stls_openssl *openssl, const SSL *ssl);

/* What a slot of ex_data holds of ours is told from what a program keeps under the same index in
 * another library context without a look at where it points: it points into our record, to where no
 * object of a program's begins. So a leak checker still finds the record. A slot that is ours may
 * be empty. */
enum {
    STLS_SLOT_OFFSET = 3,
    STLS_SLOT_ALIGNMENT = 8, /* of a record, at least */
};

static inline void *stls_slot_of(void *record)
{
    return (void *)((uintptr_t)record + STLS_SLOT_OFFSET);
}

static inline bool stls_slot_is_ours(const void *slot)
{
    return (uintptr_t)slot % STLS_SLOT_ALIGNMENT == STLS_SLOT_OFFSET;
}

static inline void *stls_slot_record(void *slot)
{
    return stls_slot_is_ours(slot) ? (void *)((uintptr_t)slot - STLS_SLOT_OFFSET) : NULL;
}

/* For attach. */
struct stls_context *stls_context_make(void);

/* As ex_data callbacks; argp is the struct stls_openssl. */
void stls_state_free(void *parent, void *slot, CRYPTO_EX_DATA *ad, int index, long argl,
                     void *argp);
int stls_connection_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **slot, int index,
                         long argl, void *argp);

#endif
