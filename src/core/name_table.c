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

static void take_out(struct stls_name_table *table, struct stls_name_entry *entry)
{
    struct stls_name_entry **link = chain_of(table, &entry->key);

    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    take_out_of_list(table, entry);
}

static void put_in(struct stls_name_table *table, struct stls_name_entry *entry)
{
    struct stls_name_entry **chain = chain_of(table, &entry->key);

    entry->chain = *chain;
    *chain = entry;
    put_in_list(table, entry);
}

/* Used again: it goes last. */
static void use(struct stls_name_table *table, struct stls_name_entry *entry)
{
    if (table->newest == entry && *chain_of(table, &entry->key) == entry)
        return;
    take_out(table, entry);
    put_in(table, entry);
}

/* Used together with all others of its chain, whose order stays. */
static void use_with_others(struct stls_name_table *table, struct stls_name_entry *entry)
{
    if (table->newest == entry)
        return;
    take_out_of_list(table, entry);
    put_in_list(table, entry);
}

/* The entry of that name and address, or the one that its address has to give up for it, or NULL.
 * In a chain, what was looked up or used last comes first. */
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
        if (stls_host_is_among(host, &entry->host, 1)) {
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

/* Where there is no room, one that is used goes: of that the address tells. */
static void add_recent(struct stls_name_recent *recent, struct stls_name_entry *entry)
{
    size_t kept = 0, used = STLS_NAME_RECENT;

    for (size_t i = 0; i < recent->count; i++) {
        const struct stls_name_own *own = &recent->names[i];

        if (!is_held(&own->name) || own->name.entry == entry ||
            (own->is_used && has_key(own->name.entry, &entry->key)))
            continue;
        if (own->is_used && used == STLS_NAME_RECENT)
            used = kept;
        recent->names[kept++] = *own;
    }
    if (kept < STLS_NAME_RECENT)
        used = kept++;
    recent->count = kept;
    if (used < STLS_NAME_RECENT)
        recent->names[used] = (struct stls_name_own){{entry, entry->serial}, entry->asked, false};
    else
        recent->has_lost = true;
}

/* A new name: in place of that entry, or of the oldest where there is no room. */
static struct stls_name_entry *add(struct stls_name_table *table, struct stls_name_entry *entry,
                                   const struct stls_host *host, const struct stls_name_key *key)
{
    if (entry == NULL && table->count == STLS_NAME_TABLE_ENTRIES)
        entry = table->oldest;
    if (entry != NULL)
        take_out(table, entry);
    else
        entry = &table->entries[table->count++];
    entry->serial = ++table->serial;
    entry->key = *key;
    copy_host(&entry->host, host);
    put_in(table, entry);
    return entry;
}

void stls_name_table_keep(struct stls_name_table *table, const struct stls_host *host,
                          const struct stls_name_key *key, struct stls_name_recent *recent)
{
    bool is_same;
    struct stls_name_entry *entry = find(table, key, host, &is_same);

    if (is_same)
        use(table, entry);
    else
        entry = add(table, entry, host, key);
    entry->asked = ++table->clock;
    entry->is_pending = true;
    add_recent(recent, entry);
}

/* What the thread looked up last for the address, if that is one; beside a name an address does not
 * count. From now on it is used. */
static const struct stls_name_own *use_recent(struct stls_name_recent *recent,
                                              const struct stls_name_key *key)
{
    const struct stls_name_own *found = NULL;
    bool is_one = true;

    for (size_t i = 0; i < recent->count; i++) {
        struct stls_name_own *own = &recent->names[i];
        struct stls_name_entry *entry = own->name.entry;

        if (!is_held(&own->name) || !has_key(entry, key))
            continue;
        own->is_used = true;
        entry->is_pending = false;
        is_one = is_one && (found == NULL || found->name.entry->host.kind != entry->host.kind);
        if (found == NULL || entry->host.kind == STLS_HOST_NAME)
            found = own;
    }
    if (recent->has_lost) {
        recent->count = 0;
        recent->has_lost = false;
        return NULL;
    }
    return is_one ? found : NULL;
}

/* A kernel counts cookies in ranges that processors take turns at, so they are mixed. */
static struct stls_named_socket *places_of(struct stls_name_table *table, uint64_t cookie)
{
    const size_t sets = STLS_NAME_TABLE_SOCKETS / STLS_NAME_TABLE_WAYS;

    return table->sockets[(cookie * 0x9e3779b97f4a7c15U >> 32) % sets];
}

/* The socket, if it went to that address. A datagram socket may go elsewhere later. Behind the
 * first place that nobody has, nobody has one. */
static const struct stls_named_socket *find_socket(struct stls_name_table *table, uint64_t cookie,
                                                   const struct stls_name_key *key)
{
    const struct stls_named_socket *places = places_of(table, cookie);

    for (size_t i = 0; i < STLS_NAME_TABLE_WAYS && places[i].cookie != 0; i++)
        if (places[i].cookie == cookie)
            return is_held(&places[i].name) && has_key(places[i].name.entry, key) ? &places[i]
                                                                                  : NULL;
    return NULL;
}

/* Also where it had another name before: the first one found counts. */
static void name_socket(struct stls_name_table *table, struct stls_named_socket socket)
{
    struct stls_named_socket *places = places_of(table, socket.cookie);

    memmove(places + 1, places, (STLS_NAME_TABLE_WAYS - 1) * sizeof *places);
    places[0] = socket;
}

void stls_name_table_connect(struct stls_name_table *table, const struct stls_name_key *key,
                             uint64_t cookie, struct stls_name_recent *recent)
{
    const struct stls_name_own *own;
    struct stls_named_socket socket = {.cookie = cookie};

    if (find_socket(table, cookie, key) != NULL) /* the program asks how it is going */
        return;
    own = use_recent(recent, key);
    for (struct stls_name_entry *entry = *chain_of(table, key); entry != NULL; entry = entry->chain)
        if (has_key(entry, key)) {
            use_with_others(table, entry);
            socket.is_doubtful =
                socket.is_doubtful ||
                (own != NULL && entry != own->name.entry && entry->is_pending &&
                 entry->host.kind == STLS_HOST_NAME && (int32_t)(entry->asked - own->asked) > 0);
        }
    if (own == NULL || cookie == 0)
        return;
    socket.name = own->name;
    if (!socket.is_doubtful)
        use(table, own->name.entry);
    name_socket(table, socket);
}

size_t stls_name_table_find(struct stls_name_table *table, const struct stls_name_key *key,
                            uint64_t cookie, struct stls_host *hosts, size_t room)
{
    const struct stls_named_socket *socket = find_socket(table, cookie, key);
    struct stls_name_entry *own = NULL;
    size_t count = 0;
    bool has_name = false;

    if (socket != NULL && room > 0) {
        own = socket->name.entry;
        use(table, own);
        copy_host(&hosts[count++], &own->host);
        if (!socket->is_doubtful)
            return count;
    }
    for (struct stls_name_entry *entry = *chain_of(table, key); entry != NULL; entry = entry->chain)
        has_name = has_name || (has_key(entry, key) && entry->host.kind == STLS_HOST_NAME);
    for (struct stls_name_entry *entry = *chain_of(table, key); entry != NULL && count < room;
         entry = entry->chain) {
        if (!has_key(entry, key) || entry == own)
            continue;
        use_with_others(table, entry);
        if (entry->host.kind == STLS_HOST_NAME || !has_name)
            copy_host(&hosts[count++], &entry->host);
    }
    return count;
}
