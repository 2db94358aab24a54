/* client.c - see client.h */
#include "client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static unsigned short port_of(const struct stls_target *target, unsigned index)
{
    const char *text = target->port;

    for (; index > 0 && text != NULL; index--) {
        text = strchr(text, ',');
        text = text != NULL ? text + 1 : NULL;
    }
    return (unsigned short)(text != NULL ? strtoul(text, NULL, 10) : 0);
}

static int make_socket(const struct stls_target *target, unsigned index, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port_of(target, index)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    perror("connect");
    if (fd >= 0)
        close(fd);
    return -1;
}

int stls_client_socket(const struct stls_target *target, unsigned index)
{
    return make_socket(target, index, SOCK_STREAM);
}

SSL_CTX *stls_client_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL)
        stls_client_failed(NULL, "SSL_CTX_new");
    return context;
}

void stls_client_verify(SSL_CTX *context, const struct stls_target *target)
{
    if (SSL_CTX_load_verify_locations(context, target->ca_file, NULL) != 1)
        stls_client_failed(NULL, "SSL_CTX_load_verify_locations");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
}

void stls_client_verify_lax(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, 0);
}

void stls_client_conf(SSL_CTX *context, SSL *ssl, const char *name, const char *value)
{
    SSL_CONF_CTX *commands = SSL_CONF_CTX_new();

    SSL_CONF_CTX_set_flags(commands,
                           SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_CERTIFICATE);
    if (context != NULL)
        SSL_CONF_CTX_set_ssl_ctx(commands, context);
    else
        SSL_CONF_CTX_set_ssl(commands, ssl);
    if (SSL_CONF_cmd(commands, name, value) <= 0 || SSL_CONF_CTX_finish(commands) != 1)
        stls_client_failed(NULL, name);
    SSL_CONF_CTX_free(commands);
}

SSL_CTX *stls_client_verifying_context(const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();

    if (context != NULL)
        stls_client_verify(context, target);
    return context;
}

static const char *path_in(const char *variable, const char *name)
{
    static char path[512];
    const char *directory = getenv(variable);

    snprintf(path, sizeof path, "%s/%s", directory != NULL ? directory : ".", name);
    return path;
}

const char *stls_client_path(const char *name)
{
    return path_in("STLS_DIRECTORY", name);
}

const char *stls_client_victim(const char *name)
{
    return path_in("STLS_VICTIMS", name);
}

void stls_client_identify(SSL_CTX *context)
{
    if (SSL_CTX_use_certificate_chain_file(context, stls_client_path("client.pem")) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, stls_client_path("client.key"), SSL_FILETYPE_PEM) != 1)
        stls_client_failed(NULL, "client certificate");
}

SSL *stls_client_new(SSL_CTX *context, const struct stls_target *target, unsigned index)
{
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    int fd = ssl != NULL ? stls_client_socket(target, index) : -1;
    BIO *bio = fd >= 0 ? BIO_new_socket(fd, BIO_CLOSE) : NULL;

    if (bio == NULL) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_tlsext_host_name(ssl, target->host);
    return ssl;
}

SSL *stls_client_new_datagram(SSL_CTX *context, const struct stls_target *target)
{
    struct timeval limit = {.tv_sec = 3};
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    SSL *ssl = SSL_new(context);
    int fd = make_socket(target, 0, SOCK_DGRAM);
    BIO *bio = fd >= 0 ? BIO_new_dgram(fd, BIO_CLOSE) : NULL;

    if (ssl == NULL || bio == NULL || getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        SSL_free(ssl);
        return NULL;
    }
    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &address);
    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_RECV_TIMEOUT, 0, &limit);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_tlsext_host_name(ssl, target->host);
    return ssl;
}

static int stutter_read(BIO *bio, char *data, int size)
{
    bool is_turn = BIO_get_data(bio) != NULL;

    BIO_clear_retry_flags(bio);
    BIO_set_data(bio, is_turn ? NULL : bio);
    if (is_turn)
        return size > 0 ? BIO_read(BIO_next(bio), data, 1) : 0;
    BIO_set_retry_read(bio);
    return -1;
}

static int stutter_write(BIO *bio, const char *data, int length)
{
    return BIO_write(BIO_next(bio), data, length);
}

static long stutter_ctrl(BIO *bio, int command, long number, void *pointer)
{
    return BIO_ctrl(BIO_next(bio), command, number, pointer);
}

static int stutter_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

void stls_client_stutter(SSL *ssl)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "stutter");
    BIO *below = SSL_get_rbio(ssl);
    BIO *bio;

    BIO_meth_set_read(method, stutter_read);
    BIO_meth_set_write(method, stutter_write);
    BIO_meth_set_ctrl(method, stutter_ctrl);
    BIO_meth_set_create(method, stutter_create);
    bio = BIO_new(method);
    BIO_up_ref(below);
    BIO_push(bio, below);
    SSL_set_bio(ssl, bio, bio);
}

int stls_client_exchange(SSL *ssl)
{
    char answer[512];

    if (SSL_write(ssl, STLS_REQUEST, (int)strlen(STLS_REQUEST)) <= 0)
        return stls_client_failed(ssl, "SSL_write");
    if (SSL_read(ssl, answer, sizeof answer) <= 0)
        return stls_client_failed(ssl, "SSL_read");
    SSL_shutdown(ssl);
    return STLS_ANSWERED;
}

int stls_client_talk(SSL *ssl)
{
    if (SSL_connect(ssl) != 1)
        return stls_client_failed(ssl, "SSL_connect");
    return stls_client_exchange(ssl);
}

int stls_client_finish(SSL_CTX *context, SSL *ssl)
{
    int ret = ssl != NULL ? stls_client_talk(ssl) : stls_client_failed(NULL, "SSL_new");

    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

int stls_client_finish_early(SSL_CTX *context, SSL *ssl)
{
    char answer[512];
    int ret = STLS_ANSWERED;

    if (SSL_connect(ssl) != 1 || SSL_read(ssl, answer, sizeof answer) <= 0)
        ret = stls_client_failed(ssl, "after early data");
    SSL_free(ssl);
    SSL_CTX_free(context);
    return ret;
}

int stls_client_common(const struct stls_way *way, const struct stls_target *target)
{
    SSL_CTX *context = stls_client_context();
    SSL *ssl;

    if (context != NULL && way->context != NULL)
        way->context(context, target);
    ssl = stls_client_new(context, target, 0);
    if (ssl != NULL && way->connection != NULL)
        way->connection(ssl, target);
    return stls_client_finish(context, ssl);
}

int stls_client_failed(const SSL *ssl, const char *what)
{
    fflush(stdout);
    fprintf(stderr, "%s failed", what);
    if (ssl != NULL)
        fprintf(stderr, "; verify result %ld (%s)", SSL_get_verify_result(ssl),
                X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    fputc('\n', stderr);
    ERR_print_errors_fp(stderr);
    return STLS_FAILED;
}

int stls_client_unavailable(const char *why)
{
    printf("unavailable: %s\n", why);
    return STLS_UNAVAILABLE;
}

SSL_SESSION *stls_client_session;

/* TLS 1.3: sessions come after the handshake, and more than one. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(stls_client_session);
    stls_client_session = session;
    return 1;
}

static void keep_sessions(SSL_CTX *context)
{
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, on_session);
}

int stls_client_talk_first(SSL_CTX *context, const struct stls_target *target)
{
    SSL *ssl;
    int ret;

    keep_sessions(context);
    ssl = stls_client_new(context, target, 0);
    ret = ssl != NULL ? stls_client_talk(ssl) : STLS_FAILED;
    SSL_free(ssl);
    return ret;
}

int stls_client_talk_again(SSL_CTX *context, const struct stls_target *target, const char *name)
{
    SSL *ssl = stls_client_new(context, target, 0);

    if (ssl != NULL) {
        SSL_set_tlsext_host_name(ssl, name);
        SSL_set_session(ssl, stls_client_session);
    }
    return stls_client_finish(context, ssl);
}
