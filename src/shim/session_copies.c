/* session_copies.c - see session_copies.h */
#include "session_copies.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#include "../core/banned.h"

enum {
    COPIES_MAX = 512,
    DIGEST_LENGTH = 32,
};

struct copy {
    const struct stls_openssl *openssl;
    struct stls_session_mark *mark; /* NULL: a free place */
    unsigned char digest[DIGEST_LENGTH];
};

static struct {
    atomic_flag is_busy;
    struct copy *_Atomic copies; /* made when the first is written */
    size_t next;
} table = {.is_busy = ATOMIC_FLAG_INIT};

/* Nobody waits: a copy that is missed is merely not resumed, and a child that was forked while
 * another thread was in here does without. */
static bool enter(void)
{
    for (int i = 0; i < 1000; i++)
        if (!atomic_flag_test_and_set_explicit(&table.is_busy, memory_order_acquire))
            return true;
    return false;
}

static void leave(void)
{
    atomic_flag_clear_explicit(&table.is_busy, memory_order_release);
}

static struct copy *find(const struct stls_openssl *openssl, const unsigned char *digest)
{
    for (size_t i = 0; table.copies != NULL && i < COPIES_MAX; i++)
        if (table.copies[i].mark != NULL && table.copies[i].openssl == openssl &&
            memcmp(table.copies[i].digest, digest, DIGEST_LENGTH) == 0)
            return &table.copies[i];
    return NULL;
}

/* Takes over made, and returns what has to make room for it. */
static struct copy put(const struct copy *made)
{
    struct copy old = *made;

    if (table.copies == NULL)
        table.copies = calloc(COPIES_MAX, sizeof *table.copies);
    if (table.copies == NULL || find(made->openssl, made->digest) != NULL)
        return old;
    old = table.copies[table.next];
    table.copies[table.next] = *made;
    table.next = (table.next + 1) % COPIES_MAX;
    return old;
}

void stls_session_copies_written(const struct stls_openssl *openssl, const SSL_SESSION *session,
                                 const unsigned char *bytes, size_t length)
{
    struct copy copy = {.openssl = openssl, .mark = stls_session_share_mark(openssl, session)};

    if (copy.mark == NULL)
        return;
    if (openssl->SHA256(bytes, length, copy.digest) != NULL && enter()) {
        copy = put(&copy);
        leave();
    }
    if (copy.mark != NULL) /* of a table that calloc has cleared there may be none */
        stls_session_release_mark(copy.openssl, copy.mark);
}

void stls_session_copies_read(const struct stls_openssl *openssl, SSL_SESSION *session,
                              const unsigned char *bytes, size_t length)
{
    unsigned char digest[DIGEST_LENGTH];
    struct stls_session_mark *mark = NULL;
    const struct copy *found;

    /* A server that reads its own tickets has no copies. A program whose library context is without
     * providers has no SHA256. */
    if (table.copies != NULL && openssl->SHA256(bytes, length, digest) != NULL && enter()) {
        found = find(openssl, digest);
        if (found != NULL)
            mark = stls_session_retain_mark(found->mark);
        leave();
    }
    stls_session_replace_mark(openssl, session, mark);
}
