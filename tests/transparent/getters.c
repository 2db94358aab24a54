/* getters.c - what a program can ask OpenSSL about its contexts and connections. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

void stls_tell_errors(const char *who)
{
    int was = errno;
    unsigned long error;
    const char *file, *data;
    int line, flags;

    while ((error = ERR_get_error_line_data(&file, &line, &data, &flags)) != 0)
        printf("%s: error %08lx, line %d of %s: %s\n", who, error, line, file,
               (flags & ERR_TXT_STRING) != 0 ? data : "");
    printf("%s: errno %d\n", who, was);
    errno = 0;
}

static void tell_ciphers(const char *who, const STACK_OF(SSL_CIPHER) * ciphers)
{
    printf("%s: ciphers", who);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++)
        printf(" %s", SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
    printf("\n");
}

void stls_tell_context(const char *who, SSL_CTX *context)
{
    printf("%s: verify mode %d, depth %d, callback %d\n", who, SSL_CTX_get_verify_mode(context),
           SSL_CTX_get_verify_depth(context), SSL_CTX_get_verify_callback(context) != NULL);
    printf("%s: versions %ld to %ld, options %llx, mode %lx, level %d\n", who,
           (long)SSL_CTX_get_min_proto_version(context),
           (long)SSL_CTX_get_max_proto_version(context),
           (unsigned long long)SSL_CTX_get_options(context),
           (unsigned long)SSL_CTX_get_mode(context), SSL_CTX_get_security_level(context));
    printf("%s: info callback %d, cache mode %ld, session callback %d, key log %d\n", who,
           SSL_CTX_get_info_callback(context) != NULL,
           (long)SSL_CTX_get_session_cache_mode(context), SSL_CTX_sess_get_new_cb(context) != NULL,
           SSL_CTX_get_keylog_callback(context) != NULL);
    printf("%s: sessions %ld, connects %ld good %ld, accepts %ld good %ld, hits %ld\n", who,
           (long)SSL_CTX_sess_number(context), (long)SSL_CTX_sess_connect(context),
           (long)SSL_CTX_sess_connect_good(context), (long)SSL_CTX_sess_accept(context),
           (long)SSL_CTX_sess_accept_good(context), (long)SSL_CTX_sess_hits(context));
    tell_ciphers(who, SSL_CTX_get_ciphers(context));
}

static void tell_session(const char *who, SSL_SESSION *session)
{
    unsigned id_length, context_length;
    X509 *peer;

    if (session == NULL)
        return;
    SSL_SESSION_get_id(session, &id_length);
    SSL_SESSION_get0_id_context(session, &context_length);
    peer = SSL_SESSION_get0_peer(session);
    printf("%s: session id of %u, context of %u, ticket %d, resumable %d, peer %d, encoded %d\n",
           who, id_length, context_length, SSL_SESSION_has_ticket(session),
           SSL_SESSION_is_resumable(session), peer != NULL, i2d_SSL_SESSION(session, NULL));
}

static void tell_peer(const char *who, SSL *ssl)
{
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl), *built = SSL_get0_verified_chain(ssl);
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    const char *name = SSL_get0_peername(ssl);

    printf("%s: verify result %ld, chain sent %d, verified %d, peer name %s\n", who,
           SSL_get_verify_result(ssl), sent != NULL ? sk_X509_num(sent) : -1,
           built != NULL ? sk_X509_num(built) : -1, name != NULL ? name : "-");
    printf("%s: param flags %lx, depth %d, level %d, host flags %x\n", who,
           X509_VERIFY_PARAM_get_flags(param), X509_VERIFY_PARAM_get_depth(param),
           X509_VERIFY_PARAM_get_auth_level(param), X509_VERIFY_PARAM_get_hostflags(param));
}

void stls_tell_connection(const char *who, SSL *ssl)
{
    int digest = 0, type = 0;

    printf("%s: state %s, %s, %s, reused %d, in init %d, shutdown %d, pending %d\n", who,
           SSL_state_string_long(ssl), SSL_get_version(ssl), SSL_get_cipher_name(ssl),
           SSL_session_reused(ssl), SSL_in_init(ssl), SSL_get_shutdown(ssl), SSL_pending(ssl));
    SSL_get_peer_signature_nid(ssl, &digest);
    SSL_get_peer_signature_type_nid(ssl, &type);
    printf("%s: group %ld, signature %d by %d, renegotiation %ld, level %d, options %llx\n", who,
           (long)SSL_get_shared_group(ssl, 0), digest, type,
           (long)SSL_get_secure_renegotiation_support(ssl), SSL_get_security_level(ssl),
           (unsigned long long)SSL_get_options(ssl));
    printf("%s: verify mode %d, callback %d, info callback %d\n", who, SSL_get_verify_mode(ssl),
           SSL_get_verify_callback(ssl) != NULL, SSL_get_info_callback(ssl) != NULL);
    tell_ciphers(who, SSL_get_ciphers(ssl));
    tell_peer(who, ssl);
    tell_session(who, SSL_get_session(ssl));
}
