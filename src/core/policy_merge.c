/* policy_merge.c - see policy_merge.h */
#include "policy_merge.h"

#include <string.h>

#include "list.h"

#include "banned.h"

static int number_of(const struct stls_policy *policy, const struct stls_word *word)
{
    const void *field = (const char *)policy + word->offset;

    return *(const int *)field;
}

static const struct stls_codes *codes_of(const struct stls_policy *policy,
                                         const struct stls_word *word)
{
    const void *field = (const char *)policy + word->offset;

    return field;
}

static bool is_subset(const struct stls_codes *a, const struct stls_codes *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!stls_codes_contain(b, a->number[i]))
            return false;
    return true;
}

static bool are_pins_subset(const struct stls_pins *a, const struct stls_pins *b)
{
    if (!a->is_set)
        return !b->is_set;
    for (size_t i = 0; b->is_set && i < a->count; i++)
        if (!stls_pins_contain(b, a->hash[i]))
            return false;
    return true;
}

static bool has_element(const char *text, const char *separator, const char *element, size_t length)
{
    for (size_t there; (there = stls_list_next(&text, separator)) > 0; text += there)
        if (there == length && memcmp(text, element, length) == 0)
            return true;
    return false;
}

static bool has_all(const char *text, const char *separator, const char *elements)
{
    for (size_t length; (length = stls_list_next(&elements, separator)) > 0; elements += length)
        if (!has_element(text, separator, elements, length))
            return false;
    return true;
}

/* A cipher string of names only, so that it is a set without OpenSSL's help. */
static bool is_names(const char *ciphers, size_t length)
{
    const char *end = ciphers + length;

    for (; (length = stls_list_next(&ciphers, ":")) > 0 && ciphers < end; ciphers += length) {
        if (length > (size_t)(end - ciphers))
            length = (size_t)(end - ciphers);
        if (stls_registry_find_name(STLS_REGISTRY_CIPHER, ciphers, length) == NULL)
            return false;
    }
    return true;
}

static void join(char ret[STLS_TEXT_MAX], const char *separator, const char *element, size_t length)
{
    size_t used = strlen(ret);

    if (used > 0)
        ret[used++] = *separator;
    memcpy(ret + used, element, length);
    ret[used + length] = '\0';
}

/* A cipher string's conjuncts: at most one of names, and those that only OpenSSL can read. Empty,
 * it allows nothing. */
struct ciphers {
    bool is_nothing, has_names;
    char names[STLS_TEXT_MAX], others[STLS_TEXT_MAX];
};

static void split(const char *text, struct ciphers *ret)
{
    ret->is_nothing = *text == '\0';
    ret->has_names = false;
    ret->names[0] = ret->others[0] = '\0';
    for (size_t length; (length = stls_list_next(&text, "&")) > 0; text += length)
        if (is_names(text, length)) {
            ret->has_names = true;
            join(ret->names, ":", text, length);
        } else {
            join(ret->others, "&", text, length);
        }
}

/* Where only OpenSSL knows what a string stands for, more conjuncts are the stricter, and nothing
 * else is known to be. */
static bool are_ciphers_subset(const char *a_text, const char *b_text)
{
    struct ciphers a, b;

    split(a_text, &a);
    split(b_text, &b);
    if (a.is_nothing || b.is_nothing)
        return a.is_nothing;
    return (!b.has_names || (a.has_names && has_all(b.names, ":", a.names))) &&
           has_all(a.others, "&", b.others);
}

static bool floor_ciphers(char text[STLS_TEXT_MAX], const char *floor_text)
{
    struct ciphers made, floor;
    const char *rest = made.names;
    const char *others = floor.others;
    char names[STLS_TEXT_MAX] = "";

    split(text, &made);
    split(floor_text, &floor);
    for (size_t length; (length = stls_list_next(&rest, ":")) > 0; rest += length)
        if (!floor.has_names || has_element(floor.names, ":", rest, length))
            join(names, ":", rest, length);
    if (!made.has_names)
        memcpy(names, floor.names, sizeof names);
    text[0] = '\0';
    if (made.is_nothing || floor.is_nothing ||
        ((made.has_names || floor.has_names) && names[0] == '\0'))
        return true;
    if (strlen(names) + strlen(made.others) + strlen(floor.others) + 3 > STLS_TEXT_MAX)
        return false;
    if (names[0] != '\0')
        join(text, "&", names, strlen(names));
    if (made.others[0] != '\0')
        join(text, "&", made.others, strlen(made.others));
    for (size_t length; (length = stls_list_next(&others, "&")) > 0; others += length)
        if (!has_element(made.others, "&", others, length))
            join(text, "&", others, length);
    return true;
}

static const char *text_of(const struct stls_policy *policy, const struct stls_word *word)
{
    return (const char *)policy + word->text_offset;
}

/* True if a allows nothing by this word that b does not. */
static bool is_within(const struct stls_policy *a, const struct stls_policy *b,
                      const struct stls_word *word)
{
    switch (word->kind) {
    case STLS_WORD_CHOICE:
    case STLS_WORD_PROTOCOL:
    case STLS_WORD_NUMBER:
    case STLS_WORD_COUNT:
        return number_of(a, word) >= number_of(b, word);
    case STLS_WORD_SET:
        return ((unsigned)number_of(a, word) & ~(unsigned)number_of(b, word)) == 0;
    case STLS_WORD_PATH: /* none is within another */
        return number_of(a, word) == number_of(b, word) &&
               (number_of(a, word) != word->path_value ||
                strcmp(text_of(a, word), text_of(b, word)) == 0);
    case STLS_WORD_CODES:
        return is_subset(codes_of(a, word), codes_of(b, word));
    case STLS_WORD_CIPHERS:
        return are_ciphers_subset(text_of(a, word), text_of(b, word));
    case STLS_WORD_PINS:
        return are_pins_subset(&a->pins, &b->pins);
    case STLS_WORD_BASE:
    case STLS_WORD_TEXT:
    case STLS_WORD_DATE:
        return true;
    }
    return false;
}

bool stls_policy_is_same(const struct stls_policy *a, const struct stls_policy *b,
                         const struct stls_word *word)
{
    return is_within(a, b, word) && is_within(b, a, word);
}

bool stls_policy_is_weaker_by(const struct stls_policy *a, const struct stls_policy *b,
                              const struct stls_word *word)
{
    if (word->order == STLS_ORDER_NONE || word->order == STLS_ORDER_FREE)
        return false;
    if (word->offset == offsetof(struct stls_policy, verify_peer) &&
        word->kind == STLS_WORD_CHOICE && a->verify_peer == STLS_VERIFY_PEER_PIN)
        return false;
    return !is_within(a, b, word);
}

const struct stls_word *stls_policy_is_weaker(const struct stls_policy *a,
                                              const struct stls_policy *b)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++)
        if (stls_policy_is_weaker_by(a, b, &words[i]))
            return &words[i];
    return NULL;
}

static void floor_codes(struct stls_codes *codes, const struct stls_codes *floor)
{
    struct stls_codes made = {.count = 0};

    for (size_t i = 0; i < codes->count; i++)
        if (stls_codes_contain(floor, codes->number[i]))
            made.number[made.count++] = codes->number[i];
    *codes = made;
}

static void floor_pins(struct stls_pins *pins, const struct stls_pins *floor)
{
    struct stls_pins made = {.is_set = true};

    if (!floor->is_set)
        return;
    if (!pins->is_set) {
        *pins = *floor;
        return;
    }
    for (size_t i = 0; i < pins->count; i++)
        if (stls_pins_contain(floor, pins->hash[i]))
            memcpy(made.hash[made.count++], pins->hash[i], STLS_PIN_SIZE);
    *pins = made;
}

void stls_policy_copy_word(struct stls_policy *policy, const struct stls_policy *from,
                           const struct stls_word *word)
{
    size_t size = word->kind == STLS_WORD_CODES  ? sizeof(struct stls_codes)
                  : word->kind == STLS_WORD_PINS ? sizeof(struct stls_pins)
                                                 : sizeof(int);

    if (word->kind == STLS_WORD_CIPHERS || word->kind == STLS_WORD_PATH)
        memcpy((char *)policy + word->text_offset, text_of(from, word), STLS_TEXT_MAX);
    if (word->kind != STLS_WORD_CIPHERS)
        memcpy((char *)policy + word->offset, (const char *)from + word->offset, size);
}

bool stls_policy_floor_word(struct stls_policy *policy, const struct stls_policy *floor,
                            const struct stls_word *word)
{
    void *field = (char *)policy + word->offset;
    int *number = field;

    if (word->order == STLS_ORDER_FREE || is_within(policy, floor, word))
        return true;
    switch (word->kind) {
    case STLS_WORD_SET: /* none: contradiction */
        *number = (int)((unsigned)*number & (unsigned)number_of(floor, word));
        return true;
    case STLS_WORD_CODES:
        floor_codes(field, codes_of(floor, word));
        return true;
    case STLS_WORD_CIPHERS:
        return floor_ciphers((char *)policy + word->text_offset, text_of(floor, word));
    case STLS_WORD_PINS:
        floor_pins(field, &floor->pins);
        return true;
    default:
        stls_policy_copy_word(policy, floor, word);
        return true;
    }
}

bool stls_policy_floor(struct stls_policy *policy, const struct stls_policy *floor)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);
    bool has_room = true;

    for (size_t i = 0; i < count; i++)
        has_room = stls_policy_floor_word(policy, floor, &words[i]) && has_room;
    return has_room;
}

const struct stls_word *stls_policy_contradiction(const struct stls_policy *policy)
{
    size_t count;
    const struct stls_word *words = stls_policy_words(&count);

    for (size_t i = 0; i < count; i++)
        if ((words[i].kind == STLS_WORD_CODES && codes_of(policy, &words[i])->count == 0) ||
            (words[i].kind == STLS_WORD_CIPHERS && *text_of(policy, &words[i]) == '\0') ||
            (words[i].kind == STLS_WORD_SET && words[i].order == STLS_ORDER_FEWER &&
             number_of(policy, &words[i]) == 0))
            return &words[i];
    if (policy->min_protocol > policy->max_protocol)
        return stls_policy_word_at(offsetof(struct stls_policy, max_protocol));
    if ((policy->pins.is_set && policy->pins.count == 0) ||
        (policy->verify_peer == STLS_VERIFY_PEER_PIN && !policy->pins.is_set))
        return stls_policy_word_at(offsetof(struct stls_policy, pins));
    return NULL;
}
