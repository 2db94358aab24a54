/* ways_right.c - programs that are right in what they do, and look much like those that are wrong:
 * what only they demand is theirs to forgive, and a chain may be completed. Where it matters, the
 * same program meets a bad server.
 */
#include "client.h"

static int answer_one(int ok, X509_STORE_CTX *chain)
{
    (void)ok, (void)chain;
    return 1;
}

static int answer_zero(X509_STORE_CTX *chain, void *arg)
{
    (void)chain, (void)arg;
    return 0;
}

/* Under SSL_VERIFY_NONE OpenSSL does not look at the answer. */
static void look_only(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_cert_verify_callback(context, answer_zero, NULL);
}

static void demand_lists(SSL_CTX *context)
{
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_CRL_CHECK);
}

static void careless_with_lists(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, answer_one);
    demand_lists(context);
}

static void lists_for_nobody(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    demand_lists(context);
}

static int forgive_missing_list(int ok, X509_STORE_CTX *chain)
{
    if (X509_STORE_CTX_get_error(chain) != X509_V_ERR_UNABLE_TO_GET_CRL)
        return ok;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void lists_where_there_are(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, forgive_missing_list);
    demand_lists(context);
}

/* A chain of the program's own, with the callback of the one under way. */
static int verify_another(int ok, X509_STORE_CTX *chain)
{
    static bool is_nested;
    X509_STORE_CTX *other = is_nested ? NULL : X509_STORE_CTX_new();

    if (other == NULL)
        return ok;
    is_nested = true;
    X509_STORE_CTX_init(other, X509_STORE_CTX_get0_store(chain), X509_STORE_CTX_get0_cert(chain),
                        X509_STORE_CTX_get0_untrusted(chain));
    X509_STORE_CTX_set_verify_cb(other, X509_STORE_CTX_get_verify_cb(chain));
    ok = X509_verify_cert(other) == 1 && ok;
    X509_STORE_CTX_free(other);
    is_nested = false;
    return ok;
}

static void nested(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify_another);
}

/* An anchor of its own for the depth of two, and a callback that does not mind that it says less.
 */
static void shallow(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, answer_one);
    SSL_CTX_set_verify_depth(context, 0);
}

static int trust_what_is_sent(int ok, X509_STORE_CTX *chain)
{
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(chain);

    for (int i = 0; !ok && i < sk_X509_num(sent); i++)
        X509_STORE_add_cert(X509_STORE_CTX_get0_store(chain), sk_X509_value(sent, i));
    return 1;
}

static void shallow_and_trusting(SSL_CTX *context, const struct stls_target *target)
{
    struct stls_target other = *target;

    other.ca_file = stls_client_path("bad.pem");
    shallow(context, &other);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, trust_what_is_sent);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

/* As squid does, which fetches what a server did not send. */
static void complete(X509_STORE_CTX *chain)
{
    STACK_OF(X509) *completed = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(chain));
    BIO *file = BIO_new_file(stls_client_path("above.pem"), "r");

    X509_free(PEM_read_bio_X509(file, NULL, NULL, NULL)); /* another's, below it */
    sk_X509_push(completed, PEM_read_bio_X509(file, NULL, NULL, NULL));
    BIO_free(file);
    X509_STORE_CTX_set0_untrusted(chain, completed);
}

static int verify_completed(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    complete(chain);
    return X509_verify_cert(chain);
}

static int verify_completed_or_trust(X509_STORE_CTX *chain, void *arg)
{
    if (verify_completed(chain, arg) != 1)
        trust_what_is_sent(0, chain);
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void completing(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_completed, NULL);
}

static void completing_or_trusting(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, verify_completed_or_trust, NULL);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

#define NO_SYSTEM_ROOT .env = "SSL_CERT_FILE=/nonexistent"

const struct stls_way stls_ways_right[] = {
    {.name = "right-look-only",
     .attack = "SSL_VERIFY_NONE, and a cert-verify callback that answers 0: it only looks",
     .context = look_only},
    {.name = "right-lists-for-nobody",
     .attack = "SSL_VERIFY_NONE, and revocation lists are asked for, of which there are none",
     .context = lists_for_nobody},
    {.name = "right-careless-with-lists",
     .attack = "the same with SSL_VERIFY_PEER and a callback that answers 1",
     .context = careless_with_lists},
    {.name = "right-lists-where-there-are",
     .attack = "verify callback forgives that there is no revocation list, and nothing else",
     .expectation = STLS_EXPECT_SAME,
     .context = lists_where_there_are},
    {.name = "right-nested",
     .attack = "verify callback verifies a chain of its own, with the callback it finds",
     .expectation = STLS_EXPECT_SAME,
     .context = nested},
    {.name = "right-shallow",
     .attack = "a depth that is too small for the chain, which the verify callback forgives",
     .expectation = STLS_EXPECT_SAME,
     .bad = "lab:good-intermediate",
     NO_SYSTEM_ROOT,
     .context = shallow},
    {.name = "right-shallow-and-trusting",
     .attack = "the same, and the callback puts what the server sent among its anchors",
     .bad = "lab:good-intermediate",
     .good = "-", /* an anchor that was there already is right-shallow's */
     NO_SYSTEM_ROOT,
     .context = shallow_and_trusting},
    {.name = "right-completing",
     .attack = "cert-verify callback adds the certificate that the server did not send",
     .expectation = STLS_EXPECT_SAME,
     .bad = "lab:missing-intermediate",
     .context = completing},
    {.name = "right-completing-or-trusting",
     .attack = "the same, and where that does not help it trusts what the server sent",
     .bad = "lab:untrusted-root",
     .good = "lab:missing-intermediate",
     .context = completing_or_trusting},
    STLS_WAYS_END,
};
