/* name_table.c - see name_table.h */
#include "name_table.h"

#include <string.h>

#include "banned.h"

void stls_name_table_clear(struct stls_name_table *table)
{
    uint32_t serial = table->serial;

    memset(table, 0, sizeof *table);
    table->serial = serial + 1; /* what refers to an entry of old finds nothing */
}

static bool has_key(const struct stls_name_entry *entry, const struct stls_name_key *key)
{
    return entry->key.half[0] == key->half[0] && entry->key.half[1] == key->half[1];
}

static struct stls_name_entry **chain_of(struct stls_name_table *table,
                                         const struct stls_name_key *key)
{
    uint64_t mixed = (key->half[0] ^ key->half[1] * 3) * 0x9e3779b97f4a7c15U;

    return &table->chains[mixed >> 32 & (STLS_NAME_TABLE_CHAINS - 1)];
}

static void take_out_of_list(struct stls_name_table *table, struct stls_name_entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &table->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &table->oldest) = entry->newer;
}

static void put_in_list(struct stls_name_table *table, struct stls_name_entry *entry)
{
    entry->newer = NULL;
    entry->older = table->newest;
    *(table->newest != NULL ? &table->newest->newer : &table->oldest) = entry;
    table->newest = entry;
}

/* Used again: it goes last. */
static void touch(struct stls_name_table *table, struct stls_name_entry *entry)
{
    if (table->newest == entry)
        return;
    take_out_of_list(table, entry);
    put_in_list(table, entry);
}

static void take_out_of_chain(struct stls_name_table *table, struct stls_name_entry *entry)
{
    struct stls_name_entry **link = chain_of(table, &entry->key);

    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
}

static void put_in_chain(struct stls_name_table *table, struct stls_name_entry *entry)
{
    struct stls_name_entry **chain = chain_of(table, &entry->key);

    entry->chain = *chain;
    *chain = entry;
}

/* The entry of that name and address, or the one that its address has to give up for it, or NULL.
 */
static struct stls_name_entry *find(struct stls_name_table *table, const struct stls_name_key *key,
                                    const struct stls_host *host, bool *ret_is_same)
{
    struct stls_name_entry *last = NULL;
    size_t count = 0;

    *ret_is_same = false;
    for (struct stls_name_entry *entry = *chain_of(table, key); entry != NULL;
         entry = entry->chain) {
        if (!has_key(entry, key))
            continue;
        if (entry->host.kind == host->kind && strcmp(entry->host.text, host->text) == 0) {
            *ret_is_same = true;
            return entry;
        }
        last = entry;
        count++;
    }
    return count < STLS_NAMES_MAX ? NULL : last;
}

static void copy_host(struct stls_host *to, const struct stls_host *from)
{
    to->kind = from->kind;
    memmove(to->text, from->text, strlen(from->text) + 1); /* most names are short */
}

static bool is_held(const struct stls_name_reference *name)
{
    return name->entry->serial == name->serial;
}

static void add_recent(struct stls_name_recent *recent, struct stls_name_entry *entry)
{
    for (size_t i = 0; i < recent->count; i++)
        if (recent->names[i].entry == entry && is_held(&recent->names[i]))
            return;
    if (recent->count < STLS_NAME_RECENT)
        recent->names[recent->count++] = (struct stls_name_reference){entry, entry->serial};
    else
        recent->has_lost = true;
}

void stls_name_table_keep(struct stls_name_table *table, const struct stls_host *host,
                          const struct stls_name_key *key, struct stls_name_recent *recent)
{
    bool is_same;
    struct stls_name_entry *entry = find(table, key, host, &is_same);

    if (entry == NULL && table->count == STLS_NAME_TABLE_ENTRIES)
        entry = table->oldest;
    if (entry != NULL) {
        take_out_of_chain(table, entry);
        take_out_of_list(table, entry);
    } else {
        entry = &table->entries[table->count++];
    }
    if (!is_same) {
        entry->serial = ++table->serial;
        entry->key = *key;
        copy_host(&entry->host, host);
    }
    put_in_chain(table, entry);
    put_in_list(table, entry);
    add_recent(recent, entry);
}

/* Takes those of the address, and those that are gone, out of what is recent. The entry if it was
 * one, else NULL. */
static struct stls_name_entry *take_recent(struct stls_name_recent *recent,
                                           const struct stls_name_key *key)
{
    struct stls_name_entry *found = NULL;
    bool is_one = !recent->has_lost;
    size_t kept = 0;

    for (size_t i = 0; i < recent->count; i++) {
        struct stls_name_reference *name = &recent->names[i];

        if (!is_held(name))
            continue;
        if (!has_key(name->entry, key)) {
            recent->names[kept++] = *name;
            continue;
        }
        is_one = is_one && found == NULL;
        found = name->entry;
    }
    recent->count = recent->has_lost ? 0 : kept;
    recent->has_lost = false;
    return is_one ? found : NULL;
}

/* A kernel counts cookies in ranges that processors take turns at, so they are mixed. */
static struct stls_named_socket *places_of(struct stls_name_table *table, uint64_t cookie)
{
    const size_t sets = STLS_NAME_TABLE_SOCKETS / STLS_NAME_TABLE_WAYS;

    return table->sockets[(cookie * 0x9e3779b97f4a7c15U >> 32) % sets];
}

/* Also where it had another name before: the first one found counts. */
static void name_socket(struct stls_name_table *table, uint64_t cookie,
                        struct stls_name_entry *entry)
{
    struct stls_named_socket *places = places_of(table, cookie);

    memmove(places + 1, places, (STLS_NAME_TABLE_WAYS - 1) * sizeof *places);
    places[0] = (struct stls_named_socket){cookie, {entry, entry->serial}};
}

void stls_name_table_connect(struct stls_name_table *table, const struct stls_name_key *key,
                             uint64_t cookie, struct stls_name_recent *recent)
{
    struct stls_name_entry *found = take_recent(recent, key);

    for (struct stls_name_entry *entry = *chain_of(table, key); entry != NULL; entry = entry->chain)
        if (has_key(entry, key))
            touch(table, entry);
    if (found != NULL && cookie != 0)
        name_socket(table, cookie, found);
}

static struct stls_name_entry *entry_of_socket(struct stls_name_table *table, uint64_t cookie,
                                               const struct stls_name_key *key)
{
    const struct stls_named_socket *places = places_of(table, cookie);

    for (size_t i = 0; cookie != 0 && i < STLS_NAME_TABLE_WAYS; i++)
        if (places[i].cookie == cookie)
            return is_held(&places[i].name) && has_key(places[i].name.entry, key)
                       ? places[i].name.entry
                       : NULL; /* a datagram socket may go elsewhere */
    return NULL;
}

size_t stls_name_table_find(struct stls_name_table *table, const struct stls_name_key *key,
                            uint64_t cookie, struct stls_host *hosts)
{
    struct stls_name_entry *entry = entry_of_socket(table, cookie, key);
    size_t count = 0, names = 0;
    bool has_name = false;

    if (entry != NULL) {
        touch(table, entry);
        copy_host(hosts, &entry->host);
        return 1;
    }
    for (entry = *chain_of(table, key); entry != NULL && count < STLS_NAMES_MAX;
         entry = entry->chain) {
        if (!has_key(entry, key))
            continue;
        touch(table, entry);
        has_name = has_name || entry->host.kind == STLS_HOST_NAME;
        copy_host(&hosts[count++], &entry->host);
    }
    for (size_t i = 0; has_name && i < count; i++)
        if (hosts[i].kind == STLS_HOST_NAME)
            copy_host(&hosts[names++], &hosts[i]);
    return has_name ? names : count;
}
