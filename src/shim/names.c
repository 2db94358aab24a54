/* names.c - see names.h
 *
 * The table is mapped at the first look-up and never grows. The lock is a word with the holder's
 * process, so that the child of a fork can tell a lock that nobody will ever release.
 */
#include "names.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "policy_load.h"

#include "../core/banned.h"

enum {
    LOCK_ATTEMPTS = 10000,
    PORT_DNS = 53,
};

static struct {
    _Atomic(pid_t) holder;         /* 0: free */
    struct stls_name_table *table; /* NULL before the first look-up; under the lock */
} names;

struct thread {
    struct sockaddr_storage address; /* where it connected to last */
    uint64_t cookie;
    struct stls_name_recent recent; /* under the lock: signal handlers look up and connect too */
    volatile bool is_locking; /* else a signal handler would wait for the code it interrupted */
};

static _Thread_local struct thread this_thread __attribute__((tls_model("initial-exec")));

static bool take_lock(void)
{
    pid_t self = getpid();

    for (int i = 0; i < LOCK_ATTEMPTS; i++) {
        pid_t holder = 0;

        if (atomic_compare_exchange_strong_explicit(&names.holder, &holder, self,
                                                    memory_order_acquire, memory_order_relaxed))
            return true;
        if (holder != self && atomic_compare_exchange_strong(&names.holder, &holder, self)) {
            /* Forked while another thread was at it: what it left may be torn. */
            if (names.table != NULL)
                stls_name_table_clear(names.table);
            return true;
        }
        sched_yield();
    }
    return false;
}

static void unlock(void)
{
    atomic_store_explicit(&names.holder, 0, memory_order_release);
    this_thread.is_locking = false;
}

/* False at once in a signal handler that interrupted this thread at it, and after a bounded wait
 * for others: then something is not remembered. */
static bool lock(void)
{
    if (this_thread.is_locking)
        return false;
    this_thread.is_locking = true;
    if (take_lock())
        return true;
    this_thread.is_locking = false;
    return false;
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
static struct stls_name_table *get_table(void)
{
    void *mapped;

    if (names.table == NULL) {
        mapped = mmap(NULL, sizeof *names.table, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        names.table = mapped != MAP_FAILED ? mapped : NULL;
    }
    return names.table;
}

/* Before the first look-up: true if there is something to remember it by; then locked. */
static bool begin(const char *asked, struct stls_host *ret_host)
{
    if (asked == NULL || stls_policy_is_off() || !stls_host_parse(asked, ret_host) || !lock())
        return false;
    if (get_table() != NULL)
        return true;
    unlock();
    return false;
}

void stls_names_remember_list(const char *asked, const struct addrinfo *list)
{
    int saved = errno;
    struct stls_host host;
    struct stls_name_key key, before = {{0, 0}};

    if (list != NULL && begin(asked, &host)) {
        for (; list != NULL; list = list->ai_next) {
            if (!key_of_address(list->ai_addr, &key) || memcmp(&key, &before, sizeof key) == 0)
                continue; /* an address comes once for each type of socket */
            stls_name_table_keep(names.table, &host, &key, &this_thread.recent);
            before = key;
        }
        unlock();
    }
    errno = saved;
}

void stls_names_remember_entry(const char *asked, const struct hostent *entry)
{
    int saved = errno;
    struct stls_host host;
    struct stls_name_key key;

    if (entry != NULL && begin(asked, &host)) {
        for (char **address = entry->h_addr_list; *address != NULL; address++) {
            if (entry->h_addrtype == AF_INET && entry->h_length == 4)
                key = key_of_v4(*address);
            else if (entry->h_addrtype == AF_INET6 && entry->h_length == 16)
                memcpy(&key, *address, sizeof key);
            else
                break;
            stls_name_table_keep(names.table, &host, &key, &this_thread.recent);
        }
        unlock();
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

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static void connect_to(int fd, const struct sockaddr *address, socklen_t length,
                       const struct stls_name_key *key)
{
    memcpy(&this_thread.address, address,
           length < sizeof this_thread.address ? length : sizeof this_thread.address);
    this_thread.cookie = cookie_of(fd);
    if (!lock())
        return;
    if (names.table != NULL)
        stls_name_table_connect(names.table, key, this_thread.cookie, &this_thread.recent);
    unlock();
}

/* Nobody speaks TLS to a name server's plain port, but resolvers in the program do connect there
 * between a connect that matters and its handshake. sin6_port is at the same place. */
static bool is_to_name_server(const struct sockaddr *address)
{
    return ((const struct sockaddr_in *)(const void *)address)->sin_port == htons(PORT_DNS);
}

void stls_names_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int saved = errno;
    struct stls_name_key key;

    if (length < sizeof address->sa_family || stls_policy_is_off())
        return;
    if (address->sa_family == AF_UNIX && is_stream(fd))
        this_thread.address.ss_family = AF_UNSPEC;
    else if (length >= (address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                       : sizeof(struct sockaddr_in)) &&
             key_of_address(address, &key) && !is_to_name_server(address))
        connect_to(fd, address, length, &key);
    errno = saved;
}

static size_t names_of(uint64_t cookie, const struct sockaddr *address, struct stls_host *hosts)
{
    struct stls_name_key key;
    size_t count = 0;

    if (!key_of_address(address, &key) || !lock())
        return 0;
    if (names.table != NULL)
        count = stls_name_table_find(names.table, &key, cookie, hosts);
    unlock();
    return count;
}

size_t stls_names_of_socket(int fd, const struct sockaddr *peer, struct stls_host *hosts)
{
    int saved = errno;
    size_t count = names_of(cookie_of(fd), peer, hosts);

    errno = saved;
    return count;
}

struct sockaddr_storage stls_names_last_connect(void)
{
    return this_thread.address;
}

size_t stls_names_of_last_connect(struct stls_host *hosts)
{
    return names_of(this_thread.cookie, (const struct sockaddr *)(const void *)&this_thread.address,
                    hosts);
}
