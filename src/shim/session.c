/* session.c - see session.h */
#include "session.h"

#include <stdatomic.h>

#include "leaf_names.h"
#include "state.h"

#include "../core/banned.h"

static const enum stls_anchors marks[] = {STLS_ANCHORS_PROGRAM, STLS_ANCHORS_SYSTEM};

static int index_of(const struct stls_openssl *openssl)
{
    return atomic_load_explicit(&openssl->registration, memory_order_acquire)->session;
}

static const enum stls_anchors *mark_of(const struct stls_openssl *openssl, const SSL *ssl)
{
    const SSL_SESSION *session = openssl->SSL_get_session(ssl);

    return session != NULL ? openssl->SSL_SESSION_get_ex_data(session, index_of(openssl)) : NULL;
}

void stls_session_mark(const struct stls_openssl *openssl, const SSL *ssl,
                       enum stls_anchors anchors)
{
    SSL_SESSION *session = openssl->SSL_get_session(ssl);

    if (session != NULL) /* without a mark it is merely not resumed */
        openssl->SSL_SESSION_set_ex_data(session, index_of(openssl),
                                         (void *)(uintptr_t)&marks[anchors]);
}

bool stls_session_is_vetted(const struct stls_openssl *openssl, const SSL *ssl)
{
    return mark_of(openssl, ssl) != NULL;
}

void stls_session_drop_unvetted(const struct stls_openssl *openssl, SSL *ssl, bool is_verifying)
{
    const SSL_SESSION *session = openssl->SSL_get_session(ssl);
    const enum stls_anchors *mark;
    X509 *leaf;

    if (session == NULL)
        return;
    mark = mark_of(openssl, ssl);
    leaf = openssl->SSL_SESSION_get0_peer((SSL_SESSION *)(uintptr_t)session);
    if (mark != NULL && leaf != NULL && !(is_verifying && *mark == STLS_ANCHORS_SYSTEM) &&
        stls_leaf_names_check(openssl, ssl, openssl->SSL_get0_param(ssl), leaf) ==
            STLS_LEAF_NAMES_MATCH)
        return;
    openssl->SSL_set_session(ssl, NULL);
}
