/* ways_flip.c - verification is on when the handshake begins, and is turned off by a callback of
 * the program's while it is under way: between any two looks that a library might take.
 */
#include "client.h"

#include <string.h>

static void flip(SSL *ssl)
{
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
}

static void on_info_start(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where & SSL_CB_HANDSHAKE_START)
        flip((SSL *)(uintptr_t)ssl);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)where, (void)ret;
    flip((SSL *)(uintptr_t)ssl);
}

static void info_start(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_info_callback(context, on_info_start);
}

static void info_always(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_info_callback(context, on_info);
}

static void info_connection(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_info_callback(ssl, on_info);
}

static void on_message(int is_written, int version, int type, const void *buffer, size_t length,
                       SSL *ssl, void *arg)
{
    (void)is_written, (void)version, (void)type, (void)buffer, (void)length, (void)arg;
    flip(ssl);
}

static void message(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_msg_callback(context, on_message);
}

static void on_key(const SSL *ssl, const char *line)
{
    (void)line;
    flip((SSL *)(uintptr_t)ssl);
}

static void keylog(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_keylog_callback(context, on_key);
}

/* The last moment: the chain has failed, and libssl has yet to look at the mode. */
static int on_step(int ok, X509_STORE_CTX *chain)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());

    flip(ssl);
    return ok;
}

static void verify_step(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_step);
}

static int on_chain(X509_STORE_CTX *chain, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());

    (void)arg;
    flip(ssl);
    return X509_verify_cert(chain) > 0;
}

static void cert_verify(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, on_chain, NULL);
}

static int on_psk_session(SSL *ssl, const EVP_MD *digest, const unsigned char **id, size_t *length,
                          SSL_SESSION **session)
{
    (void)digest;
    flip(ssl);
    *id = NULL;
    *length = 0;
    *session = NULL;
    return 1;
}

static void psk_session(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_psk_use_session_callback(context, on_psk_session);
}

static int on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
                       void *other, void *ex)
{
    (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    if (ssl != NULL)
        flip((SSL *)(uintptr_t)ssl);
    return 1;
}

static void security(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_security_callback(context, on_security);
}

static int on_extension_add(SSL *ssl, unsigned type, unsigned where, const unsigned char **out,
                            size_t *length, X509 *certificate, size_t index, int *alert, void *arg)
{
    (void)type, (void)where, (void)certificate, (void)index, (void)alert, (void)arg;
    flip(ssl);
    *out = NULL;
    *length = 0;
    return 1;
}

static int on_extension_parse(SSL *ssl, unsigned type, unsigned where, const unsigned char *in,
                              size_t length, X509 *certificate, size_t index, int *alert, void *arg)
{
    (void)type, (void)where, (void)in, (void)length, (void)certificate, (void)index;
    (void)alert, (void)arg;
    flip(ssl);
    return 1;
}

static void extension(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    if (SSL_CTX_add_custom_ext(context, 65300,
                               SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
                                   SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS | SSL_EXT_TLS1_3_CERTIFICATE,
                               on_extension_add, NULL, NULL, on_extension_parse, NULL) != 1)
        stls_client_failed(NULL, "SSL_CTX_add_custom_ext");
}

static int on_ticket(SSL *ssl, const unsigned char *data, int length, void *arg)
{
    (void)data, (void)length, (void)arg;
    flip(ssl);
    return 1;
}

static void ticket_extension(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_session_ticket_ext_cb(ssl, on_ticket, NULL);
}

static void client_certificate(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    stls_client_identify(context);
}

/* Takes away the callbacks that a library may have put on the connection. */
static void on_message_unhook(int is_written, int version, int type, const void *buffer,
                              size_t length, SSL *ssl, void *arg)
{
    (void)is_written, (void)version, (void)type, (void)buffer, (void)length, (void)arg;
    SSL_set_info_callback(ssl, NULL);
    SSL_CTX_set_info_callback(SSL_get_SSL_CTX(ssl), NULL);
    SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(ssl), NULL, NULL);
    flip(ssl);
}

static void message_unhook(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_msg_callback(context, on_message_unhook);
}

static SSL_CTX *spare;

static void on_info_other_context(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if ((where & SSL_CB_LOOP) == 0)
        return;
    SSL_set_SSL_CTX((SSL *)(uintptr_t)ssl, spare);
    flip((SSL *)(uintptr_t)ssl);
}

static void other_context(SSL_CTX *context, const struct stls_target *target)
{
    spare = stls_client_context();
    stls_client_verify(context, target);
    SSL_CTX_set_info_callback(context, on_info_other_context);
}

static int on_accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static void on_message_other_verify(int is_written, int version, int type, const void *buffer,
                                    size_t length, SSL *ssl, void *arg)
{
    (void)is_written, (void)version, (void)type, (void)buffer, (void)length, (void)arg;
    SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(ssl), on_accept_chain, NULL);
}

static void message_other_verify(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_msg_callback(context, on_message_other_verify);
}

/* Not in a callback, but between two steps of a handshake that does not block. */
static int run_between(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl = stls_client_new(context, target, 0);
    char answer[512];
    int done, ret = STLS_FAILED;

    if (ssl == NULL)
        return STLS_FAILED;
    stls_client_stutter(ssl);
    while ((done = SSL_connect(ssl)) != 1 && SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ) {
        SSL_set_info_callback(ssl, NULL);
        SSL_CTX_set_cert_verify_callback(context, NULL, NULL);
        flip(ssl);
    }
    if (done == 1 && SSL_write(ssl, STLS_REQUEST, (int)strlen(STLS_REQUEST)) > 0) {
        while ((done = SSL_read(ssl, answer, sizeof answer)) <= 0 &&
               SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ)
            continue;
        ret = done > 0 ? STLS_ANSWERED : STLS_FAILED;
    }
    if (ret != STLS_ANSWERED)
        stls_client_failed(ssl, "non-blocking connection");
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

/* The verification is put off, and when it is taken up again it is another. */
#ifdef SSL_set_retry_verify
static bool is_put_off;

static int put_off(X509_STORE_CTX *chain, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());

    (void)arg;
    if (!is_put_off)
        (void)SSL_set_retry_verify(ssl);
    is_put_off = true;
    return 1;
}
#endif

static int run_retry(const struct stls_target *target)
{
#ifdef SSL_set_retry_verify
    SSL_CTX *context = stls_client_verifying_context(target);
    SSL *ssl;
    int done, ret;

    SSL_CTX_set_cert_verify_callback(context, put_off, NULL);
    ssl = stls_client_new(context, target, 0);
    done = SSL_connect(ssl);
    if (done != 1 && SSL_get_error(ssl, done) == SSL_ERROR_WANT_RETRY_VERIFY) {
        flip(ssl);
        done = SSL_connect(ssl);
    }
    ret = done == 1 ? stls_client_exchange(ssl) : stls_client_failed(ssl, "SSL_connect");
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
#else
    (void)target;
    return stls_client_unavailable("SSL_set_retry_verify is there since OpenSSL 3.0");
#endif
}

const struct stls_way stls_ways_flip[] = {
    {.name = "flip-info-start",
     .attack = "info callback turns verification off at the start of the handshake",
     .context = info_start},
    {.name = "flip-info", .attack = "info callback, at every step", .context = info_always},
    {.name = "flip-info-connection",
     .attack = "info callback of the SSL, at every step",
     .context = stls_client_verify,
     .connection = info_connection},
    {.name = "flip-message",
     .attack = "message callback, which runs after a message is read and before it is acted on",
     .context = message},
    {.name = "flip-keylog",
     .attack = "keylog callback: in TLS 1.3 between ServerHello and Certificate",
     .context = keylog},
    {.name = "flip-verify-step",
     .attack = "verify callback turns verification off and refuses",
     .context = verify_step},
    {.name = "flip-cert-verify",
     .attack = "cert-verify callback turns verification off and refuses",
     .context = cert_verify},
    {.name = "flip-psk-session",
     .attack = "PSK use-session callback, while ClientHello is built",
     .context = psk_session},
    {.name = "flip-security",
     .attack = "security callback, at every question",
     .context = security},
    {.name = "flip-extension",
     .attack = "callbacks of an extension of the program's own",
     .context = extension},
    {.name = "flip-ticket-extension",
     .attack = "session ticket extension callback, while ServerHello is read",
     .context = stls_client_verify,
     .connection = ticket_extension,
     .bad = "peer:tls12-bad"},
    {.name = "client-certificate",
     .attack = "no verification, but a client certificate for whoever asks",
     .bad = "peer:request-bad",
     .good = "peer:request-good",
     .context = client_certificate},
    {.name = "flip-message-unhook",
     .attack = "message callback clears info and cert-verify callbacks and the verify mode",
     .context = message_unhook},
    {.name = "flip-other-context",
     .attack = "info callback moves the SSL to another context, verification off",
     .context = other_context},
    {.name = "flip-message-other-verify",
     .attack = "message callback sets a cert-verify callback that answers 1",
     .context = message_other_verify},
    {.name = "flip-between",
     .attack = "verification and callbacks are taken away between two calls of SSL_connect",
     .run = run_between},
    {.name = "retry-verify",
     .attack = "SSL_set_retry_verify puts the verification off; then it is turned off",
     .run = run_retry},
    STLS_WAYS_END,
};
