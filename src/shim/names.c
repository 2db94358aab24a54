/* names.c - see names.h
 *
 * Entries are kept by address in hash chains, and in one list by use. Two kinds share them: a name
 * looked up for an address, and the name of one socket (its kernel cookie, unique until reboot, in
 * place of the address). The lock is ours and tiny: a word with the holder's process, so that the
 * child of a fork can tell a lock that nobody will ever release.
 */
#include "names.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_load.h"

#include "../core/banned.h"

enum {
    CHAINS = 256,
    ENTRIES_MAX = 4096,
    LOCK_ATTEMPTS = 100000,
};

/* An IPv6 address (IPv4 as v4-mapped), or a socket's cookie behind a prefix that no address has. */
struct key {
    unsigned char bytes[16];
};

struct entry {
    struct entry *chain;         /* next in its hash chain */
    struct entry *newer, *older; /* in the list by use */
    struct key key;
    const void *thread; /* that looked it up last */
    bool is_fresh;      /* since that thread last connected there */
    struct stls_host *host;
};

static struct {
    _Atomic(pid_t) holder; /* 0: free */
    struct entry *chains[CHAINS];
    struct entry *newest, *oldest;
    size_t count;
} memory;

/* Where this thread connected to last. */
struct last {
    struct sockaddr_storage address;
    uint64_t cookie;
};

static _Thread_local struct last last __attribute__((tls_model("initial-exec")));

/* False after a bounded wait: connect may be called by a signal handler, in the middle of this very
 * thread's holding the lock. Then something is not remembered. */
static bool lock(void)
{
    pid_t self = getpid();

    for (int i = 0; i < LOCK_ATTEMPTS; i++) {
        pid_t holder = 0;

        if (atomic_compare_exchange_strong_explicit(&memory.holder, &holder, self,
                                                    memory_order_acquire, memory_order_relaxed))
            return true;
        if (holder != self && atomic_compare_exchange_strong(&memory.holder, &holder, self)) {
            /* Forked while another thread was at it: what it left may be torn. */
            memset(memory.chains, 0, sizeof memory.chains);
            memory.newest = memory.oldest = NULL;
            memory.count = 0;
            return true;
        }
        sched_yield();
    }
    return false;
}

static void unlock(void)
{
    atomic_store_explicit(&memory.holder, 0, memory_order_release);
}

static bool key_of_address(const struct sockaddr *address, struct key *ret)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (address != NULL && address->sa_family == AF_INET) {
        memcpy(ret->bytes, mapped, sizeof mapped);
        memcpy(ret->bytes + sizeof mapped,
               &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        return true;
    }
    if (address != NULL && address->sa_family == AF_INET6) {
        memcpy(ret->bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
        return true;
    }
    return false;
}

/* fe00::/9 below fe80:: has no addresses, and the look-up of none could come back with one. */
static struct key key_of_cookie(uint64_t cookie)
{
    struct key key = {.bytes = {0xfe, 0x00, 's', 'o', 'c', 'k', 'e', 't'}};

    memcpy(key.bytes + 8, &cookie, sizeof cookie);
    return key;
}

static struct entry **chain_of(const struct key *key)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < sizeof key->bytes; i++)
        hash = (hash ^ key->bytes[i]) * 16777619U;
    return &memory.chains[(hash ^ hash >> 16) % CHAINS];
}

static bool has_key(const struct entry *entry, const struct key *key)
{
    return memcmp(&entry->key, key, sizeof *key) == 0;
}

/* -- with the lock held */

static void unlink_from_list(struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &memory.newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &memory.oldest) = entry->newer;
}

static void take_out(struct entry *entry)
{
    struct entry **link = chain_of(&entry->key);

    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    unlink_from_list(entry);
    memory.count--;
}

/* host NULL: any entry of the key, of this kind there is one at most. */
static struct entry *find(const struct key *key, const struct stls_host *host)
{
    struct entry *entry = *chain_of(key);

    while (entry != NULL &&
           !(has_key(entry, key) && (host == NULL || (entry->host->kind == host->kind &&
                                                      strcmp(entry->host->text, host->text) == 0))))
        entry = entry->chain;
    return entry;
}

/* At the front of its chain and of the list: both are by use. */
static void put_in(struct entry *entry)
{
    struct entry **chain = chain_of(&entry->key);

    entry->chain = *chain;
    *chain = entry;
    entry->newer = NULL;
    entry->older = memory.newest;
    *(memory.newest != NULL ? &memory.newest->newer : &memory.oldest) = entry;
    memory.newest = entry;
    memory.count++;
}

/* -- */

static const void *this_thread(void)
{
    return &last; /* an address of its own in every thread alive */
}

static void free_entry(struct entry *entry)
{
    if (entry != NULL)
        free(entry->host);
    free(entry);
}

static struct entry *new_entry(const struct key *key, const struct stls_host *host)
{
    size_t size = offsetof(struct stls_host, text) + strlen(host->text) + 1;
    struct entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL || (entry->host = malloc(size)) == NULL) {
        free(entry);
        return NULL;
    }
    entry->key = *key;
    memcpy(entry->host, host, size); /* no longer than its text: most names are short */
    return entry;
}

/* A socket has one name: a later one replaces it. An address has many. */
static void keep(const struct key *key, const struct stls_host *host, bool is_only_one)
{
    struct entry *made = new_entry(key, host);
    struct entry *there;

    if (made == NULL)
        return;
    if (!lock()) {
        free_entry(made);
        return;
    }
    there = find(key, is_only_one ? NULL : host);
    if (there != NULL)
        take_out(there);
    put_in(made);
    if (there == NULL && memory.count > ENTRIES_MAX) {
        there = memory.oldest;
        take_out(there);
    }
    made->thread = this_thread();
    made->is_fresh = true;
    unlock();
    free_entry(there);
}

static void copy_host(struct stls_host *to, const struct stls_host *from)
{
    to->kind = from->kind;
    memcpy(to->text, from->text, strlen(from->text) + 1);
}

/* Most recent first. */
static size_t collect(const struct key *key, struct stls_host *hosts)
{
    size_t count = 0;

    if (!lock())
        return 0;
    for (const struct entry *entry = *chain_of(key); entry != NULL && count < STLS_NAMES_MAX;
         entry = entry->chain)
        if (has_key(entry, key))
            copy_host(&hosts[count++], entry->host);
    unlock();
    return count;
}

static bool is_off(void)
{
    return stls_policy()->mode == STLS_MODE_OFF;
}

void stls_names_remember(const char *asked, const struct sockaddr *address)
{
    int saved = errno;
    struct stls_host host;
    struct key key;

    if (asked != NULL && key_of_address(address, &key) && !is_off() &&
        stls_host_parse(asked, &host))
        keep(&key, &host, false);
    errno = saved;
}

/* The one name that this thread looked up for the address since it last connected there. */
static bool take_fresh(const struct key *key, struct stls_host *ret)
{
    size_t count = 0;

    if (!lock())
        return false;
    for (struct entry *entry = *chain_of(key); entry != NULL; entry = entry->chain)
        if (has_key(entry, key) && entry->is_fresh && entry->thread == this_thread()) {
            entry->is_fresh = false;
            copy_host(ret, entry->host);
            count++;
        }
    unlock();
    return count == 1;
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;

    if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0)
        return 0;
    return cookie;
}

void stls_names_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int saved = errno;
    struct stls_host host;
    struct key key;

    if (address != NULL && length >= sizeof(struct sockaddr_in) &&
        (address->sa_family != AF_INET6 || length >= sizeof(struct sockaddr_in6)) &&
        key_of_address(address, &key) && !is_off()) {
        memcpy(&last.address, address, length < sizeof last.address ? length : sizeof last.address);
        last.cookie = cookie_of(fd);
        if (take_fresh(&key, &host) && last.cookie != 0) {
            key = key_of_cookie(last.cookie);
            keep(&key, &host, true);
        }
    }
    errno = saved;
}

static size_t names_of(uint64_t cookie, const struct sockaddr *address, struct stls_host *hosts)
{
    struct key key = key_of_cookie(cookie);
    size_t count = cookie != 0 ? collect(&key, hosts) : 0;

    if (count == 0 && key_of_address(address, &key))
        count = collect(&key, hosts);
    return count;
}

size_t stls_names_of_socket(int fd, const struct sockaddr *address, struct stls_host *hosts)
{
    int saved = errno;
    size_t count = names_of(cookie_of(fd), address, hosts);

    errno = saved;
    return count;
}

struct sockaddr_storage stls_names_last_connect(void)
{
    return last.address;
}

size_t stls_names_of_last_connect(struct stls_host *hosts)
{
    return names_of(last.cookie, (const struct sockaddr *)(const void *)&last.address, hosts);
}
