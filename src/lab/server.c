/* server.c - the thread that serves one case, and what it saw.
 *
 * Owns: the listening socket, the connections (the thread's alone), the record of the furthest
 * outcome (shared, under the lock).
 * Must not: sleep, except in poll; let a signal of the program's be handled in its thread.
 */
#include "lab.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"

#include "../core/banned.h"

#define MAX_CONNECTIONS 32 /* more wait in the kernel's queue */
#define BACKLOG 128
#define ACCEPT_PAUSE_MS 100 /* when the process is out of descriptors or memory */

enum {
    SLOT_WAKE,
    SLOT_LISTEN,
    SLOT_CONNECTIONS,
};

struct stls_lab_server {
    /* Set before the thread starts, then never changed. */
    pthread_t thread;
    SSL_CTX *context;
    int listen_fd;
    int wake_fd;
    uint16_t port;

    /* The thread's alone. */
    struct stls_lab_connection connections[MAX_CONNECTIONS];
    int64_t no_accept_before;

    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t settled;
    bool is_stopping;
    uint64_t asked;    /* how often somebody has asked for the outcome */
    uint64_t answered; /* up to which question all that had begun before it has ended */
    enum stls_lab_outcome furthest;
    unsigned resumptions;
};

static void record(struct stls_lab_server *server, const struct stls_lab_connection *connection)
{
    pthread_mutex_lock(&server->lock);
    if (connection->reached > server->furthest)
        server->furthest = connection->reached;
    if (connection->reached == STLS_LAB_FINISHED && connection->is_resumed)
        server->resumptions++;
    pthread_mutex_unlock(&server->lock);
}

/* Each outcome is recorded as soon as it is reached, so before the client has its response, and
 * only then: what an earlier stls_lab_server_take has told is not told again. */
static void advance(struct stls_lab_server *server, struct stls_lab_connection *connection)
{
    enum stls_lab_outcome before;
    bool has_more;

    do {
        before = connection->reached;
        has_more = stls_lab_connection_step(connection);
        if (connection->reached > before)
            record(server, connection);
    } while (has_more);
}

static struct stls_lab_connection *find_free(struct stls_lab_server *server)
{
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        if (server->connections[i].phase == STLS_LAB_PHASE_FREE)
            return &server->connections[i];
    }
    return NULL;
}

/* True once the kernel has none left. */
static bool accept_queued(struct stls_lab_server *server)
{
    struct stls_lab_connection *slot;

    while ((slot = find_free(server)) != NULL) {
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0 && stls_lab_connection_open(slot, server->context, fd) == 0)
            record(server, slot);
        else if (fd < 0 && errno == EAGAIN)
            return true;
        else if (fd >= 0 || (errno != EINTR && errno != ECONNABORTED)) {
            server->no_accept_before = stls_lab_now_ms() + ACCEPT_PAUSE_MS;
            return false;
        }
    }
    return false;
}

static bool is_idle(const struct stls_lab_server *server)
{
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        if (server->connections[i].phase != STLS_LAB_PHASE_FREE)
            return false;
    }
    return true;
}

/* Waits for something to do; the slots of poll_set are those of server. */
static void wait_for_work(struct stls_lab_server *server, struct pollfd *poll_set)
{
    int64_t now = stls_lab_now_ms();
    int64_t next = INT64_MAX;
    bool may_accept = now >= server->no_accept_before && find_free(server) != NULL;

    if (now < server->no_accept_before)
        next = server->no_accept_before;
    poll_set[SLOT_WAKE] = (struct pollfd){.fd = server->wake_fd, .events = POLLIN};
    poll_set[SLOT_LISTEN] =
        (struct pollfd){.fd = may_accept ? server->listen_fd : -1, .events = POLLIN};
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        const struct stls_lab_connection *connection = &server->connections[i];
        bool is_open = connection->phase != STLS_LAB_PHASE_FREE;

        poll_set[SLOT_CONNECTIONS + i] =
            (struct pollfd){.fd = is_open ? connection->fd : -1, .events = connection->events};
        if (is_open && connection->deadline < next)
            next = connection->deadline;
    }
    if (next == INT64_MAX)
        poll(poll_set, SLOT_CONNECTIONS + MAX_CONNECTIONS, -1);
    else
        poll(poll_set, SLOT_CONNECTIONS + MAX_CONNECTIONS, next > now ? (int)(next - now) : 0);
}

static void serve_connections(struct stls_lab_server *server, const struct pollfd *poll_set)
{
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        struct stls_lab_connection *connection = &server->connections[i];

        if (connection->phase == STLS_LAB_PHASE_FREE)
            continue;
        if (poll_set[SLOT_CONNECTIONS + i].revents != 0)
            advance(server, connection);
        if (stls_lab_now_ms() >= connection->deadline)
            stls_lab_connection_close(connection);
    }
}

static void *serve(void *argument)
{
    struct stls_lab_server *server = argument;
    struct pollfd poll_set[SLOT_CONNECTIONS + MAX_CONNECTIONS];

    for (;;) {
        eventfd_t ignored;
        uint64_t question;
        bool is_stopping;
        bool is_settled;

        wait_for_work(server, poll_set);
        if (poll_set[SLOT_WAKE].revents != 0)
            eventfd_read(server->wake_fd, &ignored);
        pthread_mutex_lock(&server->lock);
        question = server->asked;
        is_stopping = server->is_stopping;
        pthread_mutex_unlock(&server->lock);
        if (is_stopping)
            return NULL;
        serve_connections(server, poll_set);
        /* After the question was read: who had connected when it was asked is in the queue now. */
        is_settled = accept_queued(server) && is_idle(server);
        if (is_settled) {
            pthread_mutex_lock(&server->lock);
            server->answered = question;
            pthread_cond_broadcast(&server->settled);
            pthread_mutex_unlock(&server->lock);
        }
    }
}

static int listen_on_loopback(struct stls_lab_server *server)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof address;

    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listen_fd < 0 ||
        bind(server->listen_fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server->listen_fd, BACKLOG) < 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&address, &length) < 0)
        return -errno;
    server->port = ntohs(address.sin_port);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return server->wake_fd < 0 ? -errno : 0;
}

/* The program's signals stay with the program's threads, and SIGPIPE from a client that went away
 * kills nobody. */
static int start_thread(struct stls_lab_server *server)
{
    sigset_t all;
    sigset_t before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

static void free_server(struct stls_lab_server *server)
{
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        stls_lab_connection_close(&server->connections[i]);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    if (server->wake_fd >= 0)
        close(server->wake_fd);
    SSL_CTX_free(server->context);
    pthread_cond_destroy(&server->settled);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct stls_lab_server *stls_lab_serve_context(SSL_CTX *context)
{
    struct stls_lab_server *server = calloc(1, sizeof *server);
    pthread_condattr_t attributes;
    int error;

    if (server == NULL || context == NULL) {
        error = server == NULL ? ENOMEM : errno;
        free(server);
        SSL_CTX_free(context);
        errno = error;
        return NULL;
    }
    server->listen_fd = -1;
    server->wake_fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->settled, &attributes);
    pthread_condattr_destroy(&attributes);
    server->context = context;
    error = listen_on_loopback(server);
    if (error == 0)
        error = start_thread(server);
    if (error < 0) {
        free_server(server);
        errno = -error;
        return NULL;
    }
    return server;
}

struct stls_lab_server *stls_lab_serve(struct stls_lab *lab, const struct stls_lab_case *lab_case)
{
    return stls_lab_serve_context(stls_lab_server_context(lab, lab_case));
}

uint16_t stls_lab_server_port(const struct stls_lab_server *server)
{
    return server->port;
}

unsigned stls_lab_server_resumptions(const struct stls_lab_server *server)
{
    /* Const for the caller; no server is ever made const. */
    pthread_mutex_t *lock = (pthread_mutex_t *)&server->lock;
    unsigned resumptions;

    pthread_mutex_lock(lock);
    resumptions = server->resumptions;
    pthread_mutex_unlock(lock);
    return resumptions;
}

enum stls_lab_outcome stls_lab_server_take(struct stls_lab_server *server, int timeout_ms)
{
    int64_t until = stls_lab_now_ms() + (timeout_ms > 0 ? timeout_ms : 0);
    struct timespec deadline = {
        .tv_sec = until / 1000,
        .tv_nsec = until % 1000 * 1000000,
    };
    enum stls_lab_outcome outcome;
    uint64_t question;
    int error = 0;

    pthread_mutex_lock(&server->lock);
    question = ++server->asked;
    eventfd_write(server->wake_fd, 1);
    while (server->answered < question && error == 0)
        error = pthread_cond_timedwait(&server->settled, &server->lock, &deadline);
    outcome = server->furthest;
    server->furthest = STLS_LAB_NOTHING;
    server->resumptions = 0;
    pthread_mutex_unlock(&server->lock);
    return outcome;
}

void stls_lab_server_stop(struct stls_lab_server *server)
{
    if (server == NULL)
        return;
    pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    pthread_mutex_unlock(&server->lock);
    eventfd_write(server->wake_fd, 1);
    pthread_join(server->thread, NULL);
    free_server(server);
}
