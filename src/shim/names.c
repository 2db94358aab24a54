/* names.c - see names.h
 *
 * The table is mapped at the first look-up and never grows. The lock is on pages that are empty
 * again in the child of a fork: there it is free, whoever held it.
 */
#include "names.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "policy_load.h"

#include "../core/banned.h"

enum {
    LOCK_ATTEMPTS = 10000,
    LOCK_PAGES = 65536, /* bytes: whole pages, of whatever size */
};

static struct memory {
    union {
        atomic_bool is_locked;
        char pages[LOCK_PAGES];
    } lock;
    bool is_busy; /* while it is: who finds it so with the lock has what a fork tore apart */
    struct stls_name_table table;
} * _Atomic memory; /* NULL before the first look-up */

struct thread {
    struct stls_names_socket sockets[STLS_NAMES_SOCKETS]; /* that it connected, in turns */
    unsigned next_socket;
    uint64_t highest_cookie;        /* of those that it ever connected */
    struct stls_name_recent recent; /* under the lock: signal handlers look up and connect too */
    volatile bool is_locking; /* else a signal handler would wait for the code it interrupted */
};

static _Thread_local struct thread this_thread __attribute__((tls_model("initial-exec")));

static bool take_lock(struct memory *there)
{
    for (int i = 0; i < LOCK_ATTEMPTS; i++) {
        if (!atomic_exchange_explicit(&there->lock.is_locked, true, memory_order_acquire)) {
            if (there->is_busy)
                stls_name_table_clear(&there->table);
            there->is_busy = true;
            return true;
        }
        sched_yield();
    }
    return false;
}

static void unlock(struct memory *there)
{
    there->is_busy = false;
    atomic_store_explicit(&there->lock.is_locked, false, memory_order_release);
    this_thread.is_locking = false;
}

/* NULL at once before the first look-up, or in a signal handler that interrupted this thread at it,
 * and after a bounded wait for others: then something is not remembered. */
static struct memory *lock(void)
{
    struct memory *there = atomic_load_explicit(&memory, memory_order_acquire);

    if (there == NULL || this_thread.is_locking)
        return NULL;
    this_thread.is_locking = true;
    if (take_lock(there))
        return there;
    this_thread.is_locking = false;
    return NULL;
}

static struct stls_name_key key_of_v4(const void *four_bytes)
{
    unsigned char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct stls_name_key key;

    memcpy(bytes + 12, four_bytes, 4);
    memcpy(&key, bytes, sizeof key);
    return key;
}

static bool key_of_address(const struct sockaddr *address, struct stls_name_key *ret)
{
    if (address != NULL && address->sa_family == AF_INET) {
        *ret = key_of_v4(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
        return true;
    }
    if (address != NULL && address->sa_family == AF_INET6) {
        memcpy(ret, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, sizeof *ret);
        return true;
    }
    return false;
}

/* Pages come into being when they are written to. */
static void make_memory(void)
{
    struct memory *there = NULL, *made = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE,
                                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (made == MAP_FAILED)
        return;
    madvise(&made->lock, sizeof made->lock, MADV_WIPEONFORK);
    if (!atomic_compare_exchange_strong(&memory, &there, made))
        munmap(made, sizeof *made);
}

/* Before the first look-up: locked, if there is something to remember it by. */
static struct memory *begin(const char *asked, struct stls_host *ret_host)
{
    if (asked == NULL || stls_policy_is_off() || !stls_host_parse(asked, ret_host))
        return NULL;
    if (atomic_load_explicit(&memory, memory_order_relaxed) == NULL)
        make_memory();
    return lock();
}

void stls_names_remember_list(const char *asked, const struct addrinfo *list)
{
    int saved = errno;
    struct stls_host host;
    struct stls_name_key key, before = {{0, 0}};
    struct memory *there = list != NULL ? begin(asked, &host) : NULL;

    if (there != NULL) {
        for (; list != NULL; list = list->ai_next) {
            if (!key_of_address(list->ai_addr, &key) || memcmp(&key, &before, sizeof key) == 0)
                continue; /* an address comes once for each type of socket */
            stls_name_table_keep(&there->table, &host, &key, &this_thread.recent);
            before = key;
        }
        unlock(there);
    }
    errno = saved;
}

void stls_names_remember_entry(const char *asked, const struct hostent *entry)
{
    int saved = errno;
    struct stls_host host;
    struct stls_name_key key;
    struct memory *there = entry != NULL ? begin(asked, &host) : NULL;

    if (there != NULL) {
        for (char **address = entry->h_addr_list; *address != NULL; address++) {
            if (entry->h_addrtype == AF_INET && entry->h_length == 4)
                key = key_of_v4(*address);
            else if (entry->h_addrtype == AF_INET6 && entry->h_length == 16)
                memcpy(&key, *address, sizeof key);
            else
                break;
            stls_name_table_keep(&there->table, &host, &key, &this_thread.recent);
        }
        unlock(there);
    }
    errno = saved;
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;

    if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0)
        return 0;
    return cookie;
}

bool stls_names_is_open(const struct stls_names_socket *socket)
{
    return socket->is_there && cookie_of(socket->fd) == socket->cookie;
}

static bool has_socket(int fd, uint64_t cookie)
{
    const struct stls_names_socket *first = this_thread.sockets, *place;

    for (place = first; place < first + STLS_NAMES_SOCKETS; place++)
        if (place->cookie == cookie && place->fd == fd && place->is_there)
            return true;
    return false;
}

/* False if it is there: a program may connect again to ask how it is going. What a signal handler
 * connects in between has a place of its own. */
static bool add_socket(int fd, uint64_t cookie)
{
    if (cookie > this_thread.highest_cookie) /* as of nearly every socket that is new */
        this_thread.highest_cookie = cookie;
    else if (has_socket(fd, cookie))
        return false;
    this_thread.sockets[this_thread.next_socket++ % STLS_NAMES_SOCKETS] =
        (struct stls_names_socket){cookie, fd, true};
    return true;
}

size_t stls_names_unclaimed(struct stls_names_socket sockets[STLS_NAMES_SOCKETS])
{
    size_t count = 0;

    for (unsigned i = 1; i <= STLS_NAMES_SOCKETS; i++) {
        struct stls_names_socket *place =
            &this_thread.sockets[(this_thread.next_socket - i) % STLS_NAMES_SOCKETS];

        if (place->is_there && !stls_names_is_open(place))
            place->is_there = false;
        if (place->is_there)
            sockets[count++] = *place;
    }
    return count;
}

void stls_names_claim(int fd)
{
    for (size_t i = 0; i < STLS_NAMES_SOCKETS; i++)
        if (this_thread.sockets[i].fd == fd)
            this_thread.sockets[i].is_there = false;
}

void stls_names_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int saved = errno;
    struct stls_name_key key;
    struct memory *there;
    uint64_t cookie;

    if (length < sizeof address->sa_family ||
        length < (address->sa_family == AF_INET6 ? offsetof(struct sockaddr_in6, sin6_scope_id)
                                                 : sizeof(struct sockaddr_in)) ||
        stls_policy_is_off() || !key_of_address(address, &key))
        return;
    cookie = cookie_of(fd);
    there = add_socket(fd, cookie) ? lock() : NULL;
    if (there != NULL) {
        stls_name_table_connect(&there->table, &key, cookie, &this_thread.recent);
        unlock(there);
    }
    errno = saved;
}

size_t stls_names_of_socket(int fd, const struct sockaddr *peer, struct stls_host *hosts,
                            size_t room)
{
    int saved = errno;
    struct stls_name_key key;
    uint64_t cookie = cookie_of(fd);
    struct memory *there = key_of_address(peer, &key) ? lock() : NULL;
    size_t count = 0;

    if (there != NULL) {
        count = stls_name_table_find(&there->table, &key, cookie, hosts, room);
        unlock(there);
    }
    errno = saved;
    return count;
}
