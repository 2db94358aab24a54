/* connection.c - see connection.h */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "../core/banned.h"

/* Long enough for a client under a debugger's tools: one that is only slow must not look like one
 * that refused. */
#define PHASE_MS 5000

/* Only courtesy: the response has been sent, the client should read it before it sees a reset. */
#define DRAIN_MS 1000

static const char response[] = "HTTP/1.0 200 OK\r\n"
                               "Content-Type: text/plain\r\n"
                               "Content-Length: 14\r\n"
                               "Connection: close\r\n"
                               "\r\n"
                               "stricttls lab\n";

int64_t stls_lab_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void enter(struct stls_lab_connection *connection, enum stls_lab_phase phase)
{
    connection->phase = phase;
    connection->events = POLLIN;
    connection->deadline =
        stls_lab_now_ms() + (phase == STLS_LAB_PHASE_DRAIN ? DRAIN_MS : PHASE_MS);
    if (phase == STLS_LAB_PHASE_DRAIN)
        shutdown(connection->fd, SHUT_WR);
}

int stls_lab_connection_open(struct stls_lab_connection *connection, SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);

    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        close(fd);
        return -ENOMEM;
    }
    *connection = (struct stls_lab_connection){
        .ssl = ssl, .fd = fd, .reached = STLS_LAB_REFUSED, /* until it has come further */
    };
    enter(connection, STLS_LAB_PHASE_HANDSHAKE);
    return 0;
}

void stls_lab_connection_close(struct stls_lab_connection *connection)
{
    if (connection->phase == STLS_LAB_PHASE_FREE)
        return;
    SSL_free(connection->ssl);
    close(connection->fd);
    connection->phase = STLS_LAB_PHASE_FREE;
}

/* After a call into OpenSSL that did not do what the phase wants. True if that is final. */
static bool wait_or_end(struct stls_lab_connection *connection, int result)
{
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        connection->events = POLLIN;
        return false;
    case SSL_ERROR_WANT_WRITE:
        connection->events = POLLOUT;
        return false;
    default:
        enter(connection, STLS_LAB_PHASE_DRAIN);
        return true;
    }
}

static bool step_handshake(struct stls_lab_connection *connection)
{
    int result = SSL_accept(connection->ssl);

    if (result != 1)
        return wait_or_end(connection, result);
    connection->reached = STLS_LAB_FINISHED;
    connection->is_resumed = SSL_session_reused(connection->ssl) == 1;
    enter(connection, STLS_LAB_PHASE_REQUEST);
    return true;
}

/* Whatever arrives is a request: the lab is for any TLS client, not only for those of HTTP. */
static bool step_request(struct stls_lab_connection *connection)
{
    char bytes[4096];
    int result = SSL_read(connection->ssl, bytes, sizeof bytes);

    if (SSL_get_error(connection->ssl, result) == SSL_ERROR_ZERO_RETURN) {
        enter(connection, STLS_LAB_PHASE_CLOSE_NOTIFY);
        return true;
    }
    if (result <= 0)
        return wait_or_end(connection, result);
    connection->reached = STLS_LAB_DATA;
    enter(connection, STLS_LAB_PHASE_RESPONSE);
    return true;
}

static bool step_response(struct stls_lab_connection *connection)
{
    int result = SSL_write(connection->ssl, response, sizeof response - 1);

    if (result <= 0)
        return wait_or_end(connection, result);
    enter(connection, STLS_LAB_PHASE_CLOSE_NOTIFY);
    return true;
}

static bool step_close_notify(struct stls_lab_connection *connection)
{
    int result = SSL_shutdown(connection->ssl);

    if (result < 0)
        return wait_or_end(connection, result);
    enter(connection, STLS_LAB_PHASE_DRAIN);
    return true;
}

/* A socket closed with bytes unread sends a reset, which can overtake our last words. */
static bool step_drain(struct stls_lab_connection *connection)
{
    char bytes[4096];
    ssize_t result = recv(connection->fd, bytes, sizeof bytes, 0);

    if (result == 0 || (result < 0 && errno != EAGAIN && errno != EINTR))
        stls_lab_connection_close(connection);
    return false;
}

bool stls_lab_connection_step(struct stls_lab_connection *connection)
{
    ERR_clear_error(); /* SSL_get_error also judges by what is in the queue */
    switch (connection->phase) {
    case STLS_LAB_PHASE_FREE:
        break;
    case STLS_LAB_PHASE_HANDSHAKE:
        return step_handshake(connection);
    case STLS_LAB_PHASE_REQUEST:
        return step_request(connection);
    case STLS_LAB_PHASE_RESPONSE:
        return step_response(connection);
    case STLS_LAB_PHASE_CLOSE_NOTIFY:
        return step_close_notify(connection);
    case STLS_LAB_PHASE_DRAIN:
        return step_drain(connection);
    }
    return false;
}
