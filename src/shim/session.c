/* session.c - see session.h */
#include "session.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "leaf_names.h"
#include "policy_load.h"
#include "safe_chain.h"
#include "state.h"
#include "trust.h"

#include "../core/banned.h"

struct stls_session_mark {
    atomic_uint references;
    const struct stls_policy *policy; /* under which the peer was verified */
    enum stls_anchors anchors;
    X509 *anchor;
    X509_STORE *store; /* where the anchor is one of the program's; none is ever taken out again */
    stls_leaf_names_memo host; /* of the peer's certificate */
};

/* Where the session has our slot, or NULL if it was made in a library context that has none. With
 * one library context, as nearly always, a slot that was never written to is ours. */
static const struct stls_registration *find_slot(const struct stls_openssl *openssl,
                                                 const SSL_SESSION *session,
                                                 struct stls_session_mark **ret_mark)
{
    const struct stls_registration *ours =
        atomic_load_explicit(&openssl->registration, memory_order_acquire);
    bool is_only = ours != NULL && ours->next == NULL;
    void *slot;

    for (; session != NULL && ours != NULL; ours = ours->next) {
        slot = openssl->SSL_SESSION_get_ex_data(session, ours->index[CRYPTO_EX_INDEX_SSL_SESSION]);
        *ret_mark = stls_slot_record(slot);
        if (stls_slot_is_ours(slot) || (slot == NULL && is_only))
            return ours;
    }
    *ret_mark = NULL;
    return NULL;
}

static struct stls_session_mark *mark_of(const struct stls_openssl *openssl,
                                         const SSL_SESSION *session)
{
    struct stls_session_mark *mark;

    find_slot(openssl, session, &mark);
    return mark;
}

void stls_session_release_mark(const struct stls_openssl *openssl, struct stls_session_mark *mark)
{
    if (mark == NULL || atomic_fetch_sub(&mark->references, 1) != 1)
        return;
    openssl->X509_free(mark->anchor);
    openssl->X509_STORE_free(mark->store);
    free(mark->host);
    free(mark);
}

struct stls_session_mark *stls_session_retain_mark(struct stls_session_mark *mark)
{
    if (mark != NULL)
        atomic_fetch_add(&mark->references, 1);
    return mark;
}

struct stls_session_mark *stls_session_share_mark(const struct stls_openssl *openssl,
                                                  const SSL_SESSION *session)
{
    return stls_session_retain_mark(mark_of(openssl, session));
}

void stls_session_replace_mark(const struct stls_openssl *openssl, SSL_SESSION *session,
                               struct stls_session_mark *mark)
{
    struct stls_session_mark *old;
    const struct stls_registration *ours = find_slot(openssl, session, &old);

    if (ours != NULL && old != mark &&
        openssl->SSL_SESSION_set_ex_data(session, ours->index[CRYPTO_EX_INDEX_SSL_SESSION],
                                         stls_slot_of(mark)))
        mark = old;
    stls_session_release_mark(openssl, mark);
}

int stls_session_copy_mark(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **slot, int index,
                           long argl, void *argp)
{
    (void)to, (void)from, (void)index, (void)argl, (void)argp;
    stls_session_retain_mark(stls_slot_record(*slot));
    return 1;
}

void stls_session_free_mark(void *parent, void *slot, CRYPTO_EX_DATA *ad, int index, long argl,
                            void *argp)
{
    const struct stls_openssl *openssl = argp;

    (void)parent, (void)argl;
    if (!stls_slot_is_ours(slot))
        return;
    openssl->CRYPTO_set_ex_data(ad, index, NULL);
    stls_session_release_mark(openssl, stls_slot_record(slot));
}

void stls_session_mark(const struct stls_openssl *openssl, const SSL *ssl,
                       struct stls_connection *connection, enum stls_anchors anchors, X509 *anchor)
{
    SSL_SESSION *session = openssl->SSL_get_session(ssl);
    struct stls_session_mark *mark;
    X509_STORE *store;

    if (session == NULL || mark_of(openssl, session) != NULL)
        return;
    mark = calloc(1, sizeof *mark);
    if (mark == NULL) /* without a mark it is merely not resumed */
        return;
    mark->references = 1;
    mark->policy = stls_policy_of(openssl, ssl);
    mark->anchors = anchors;
    if (anchor != NULL && openssl->X509_up_ref(anchor))
        mark->anchor = anchor;
    store = stls_trust_program_store(openssl, ssl);
    if (mark->anchor != NULL && anchors == STLS_ANCHORS_PROGRAM &&
        openssl->SSL_get0_dane_authority((SSL *)(uintptr_t)ssl, NULL, NULL) < 0 &&
        openssl->X509_STORE_up_ref(store))
        mark->store = store;
    stls_session_replace_mark(openssl, session, mark);
    connection->vouched = mark_of(openssl, session);
}

bool stls_session_has_mark(const struct stls_openssl *openssl, const SSL_SESSION *session)
{
    return mark_of(openssl, session) != NULL;
}

bool stls_session_is_vetted(const struct stls_openssl *openssl, const SSL *ssl)
{
    return mark_of(openssl, openssl->SSL_get_session(ssl)) != NULL;
}

/* True if the program's own store has the anchor that the peer was verified by. One that a TLSA
 * record stood for is in none: such a session is not resumed. */
static bool is_trusted(const struct stls_openssl *openssl, const SSL *ssl,
                       const struct stls_session_mark *mark)
{
    X509_STORE *store = stls_trust_program_store(openssl, ssl);
    X509_STORE_CTX *chain;
    bool is_found;

    if (mark->policy->trust_store != STLS_TRUST_STORE_APP)
        return true;
    if (mark->anchors != STLS_ANCHORS_PROGRAM || mark->anchor == NULL)
        return false;
    if (mark->store == store)
        return true;
    chain = openssl->X509_STORE_CTX_new();
    is_found = chain != NULL && openssl->X509_STORE_CTX_init(chain, store, NULL, NULL) &&
               stls_safe_chain_is_anchor(openssl, chain, mark->anchor);
    openssl->X509_STORE_CTX_free(chain);
    return is_found;
}

static bool is_for_this_host(const struct stls_openssl *openssl, const SSL *ssl,
                             const struct stls_connection *connection, SSL_SESSION *session,
                             struct stls_session_mark *mark)
{
    const struct stls_policy *policy = stls_policy_of_connection(connection);
    bool is_verifying = (connection->asked_verify & SSL_VERIFY_PEER) != 0;
    X509 *leaf = openssl->SSL_SESSION_get0_peer(session);

    if (leaf == NULL || mark->policy != policy ||
        (is_verifying && mark != connection->vouched && !is_trusted(openssl, ssl, mark)))
        return false;
    return policy->verify_peer != STLS_VERIFY_PEER_REQUIRE || /* the pinned key is its name */
           stls_leaf_names_check(openssl, ssl, policy,
                                 openssl->SSL_get0_param((SSL *)(uintptr_t)ssl), leaf,
                                 &mark->host) == STLS_LEAF_NAMES_MATCH;
}

bool stls_session_may_resume(const struct stls_openssl *openssl, const SSL *ssl,
                             const struct stls_connection *connection)
{
    SSL_SESSION *session = openssl->SSL_get_session(ssl);
    struct stls_session_mark *mark = mark_of(openssl, session);

    return mark != NULL && (mark == connection->vouched ||
                            is_for_this_host(openssl, ssl, connection, session, mark));
}

/* A session in use, after early data or in a renegotiation, must not be taken away. */
void stls_session_drop_unvetted(const struct stls_openssl *openssl, SSL *ssl,
                                struct stls_connection *connection)
{
    SSL_SESSION *session = openssl->SSL_get_session(ssl);
    struct stls_session_mark *mark = mark_of(openssl, session);

    if (mark != NULL && !is_for_this_host(openssl, ssl, connection, session, mark))
        mark = NULL;
    connection->vouched = mark;
    if (session != NULL && mark == NULL && openssl->SSL_in_before(ssl))
        openssl->SSL_set_session(ssl, NULL);
}
