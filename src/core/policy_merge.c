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

/* Of the list that ends there. */
static bool has_element(const char *list, const char *end, const char *separators,
                        const char *element, size_t length)
{
    for (size_t there; list < end && (there = stls_list_next(&list, separators)) > 0; list += there)
        if (there == length && memcmp(list, element, length) == 0)
            return true;
    return false;
}

static bool has_name(const char *names, size_t size, const char *name, size_t length)
{
    return has_element(names, names + size, ":&", name, length);
}

static bool has_conjunct(const char *text, const char *conjunct, size_t length)
{
    return has_element(text, text + strlen(text), "&", conjunct, length);
}

/* A cipher string of names only, so that it is a set without OpenSSL's help. */
static bool is_names(const char *ciphers, size_t size)
{
    const char *end = ciphers + size;

    for (size_t length; ciphers < end && (length = stls_list_next(&ciphers, ":&")) > 0;
         ciphers += length)
        if (stls_registry_find_name(STLS_REGISTRY_CIPHER, ciphers, length) == NULL)
            return false;
    return true;
}

/* Of a cipher string's conjuncts at most one is of names, and that is the first. 0 if it is not. */
static size_t names_of(const char *text)
{
    size_t length = strcspn(text, "&");

    return is_names(text, length) ? length : 0;
}

/* Where only OpenSSL knows what a string stands for, more conjuncts are the stricter, and nothing
 * else is known to be. The empty string allows nothing. */
static bool are_ciphers_subset(const char *a, const char *b)
{
    size_t a_names = names_of(a), b_names = names_of(b);
    const char *name = a, *rest = b + b_names;

    if (*a == '\0' || *b == '\0')
        return *a == '\0';
    if (b_names > 0 && a_names == 0)
        return false;
    for (size_t length;
         b_names > 0 && name < a + a_names && (length = stls_list_next(&name, ":&")) > 0;
         name += length)
        if (!has_name(b, b_names, name, length))
            return false;
    for (size_t length; (length = stls_list_next(&rest, "&")) > 0; rest += length)
        if (!has_conjunct(a, rest, length))
            return false;
    return true;
}

/* False, with nothing changed, if there is no room for it. */
static bool join(char ret[STLS_TEXT_MAX], char separator, const char *element, size_t length)
{
    size_t used = strlen(ret);

    if (used + length + 2 > STLS_TEXT_MAX)
        return false;
    if (used > 0)
        ret[used++] = separator;
    memcpy(ret + used, element, length);
    ret[used + length] = '\0';
    return true;
}

static bool floor_ciphers(char text[STLS_TEXT_MAX], const char *floor)
{
    size_t names = names_of(text), floor_names = names_of(floor);
    const char *name = text, *rest = text + names, *floor_rest = floor + floor_names;
    char made[STLS_TEXT_MAX] = "";
    bool has_room = true;

    if (names == 0)
        join(made, ':', floor, floor_names);
    for (size_t length; name < text + names && (length = stls_list_next(&name, ":&")) > 0;
         name += length)
        if (floor_names == 0 || has_name(floor, floor_names, name, length))
            join(made, ':', name, length);
    if (*text != '\0' && *floor != '\0' && (made[0] != '\0' || names + floor_names == 0)) {
        for (size_t length; (length = stls_list_next(&rest, "&")) > 0; rest += length)
            has_room = join(made, '&', rest, length) && has_room;
        for (size_t length; (length = stls_list_next(&floor_rest, "&")) > 0; floor_rest += length)
            has_room =
                (has_conjunct(text, floor_rest, length) || join(made, '&', floor_rest, length)) &&
                has_room;
    } else {
        made[0] = '\0';
    }
    memcpy(text, made, sizeof made);
    return has_room;
}

static const char *text_of(const struct stls_policy *policy, const struct stls_word *word)
{
    return (const char *)policy + word->text_offset;
}

bool stls_policy_is_within(const struct stls_policy *a, const struct stls_policy *b,
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
    return stls_policy_is_within(a, b, word) && stls_policy_is_within(b, a, word);
}

bool stls_policy_is_weaker_by(const struct stls_policy *a, const struct stls_policy *b,
                              const struct stls_word *word)
{
    if (word->order == STLS_ORDER_NONE || word->order == STLS_ORDER_FREE)
        return false;
    if (word->offset == offsetof(struct stls_policy, verify_peer) &&
        word->kind == STLS_WORD_CHOICE && a->verify_peer == STLS_VERIFY_PEER_PIN)
        return false;
    return !stls_policy_is_within(a, b, word);
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

    if (word->order == STLS_ORDER_FREE || stls_policy_is_within(policy, floor, word))
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
