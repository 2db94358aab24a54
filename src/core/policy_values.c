/* policy_values.c - see policy_values.h */
#include "policy_values.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "line.h"
#include "list.h"

#include "banned.h"

static bool read_choice_of_length(const struct stls_choice *choices, const char *value,
                                  size_t length, int *ret)
{
    for (; choices->name[0] != '\0'; choices++)
        if (strlen(choices->name) == length && memcmp(choices->name, value, length) == 0) {
            *ret = choices->value;
            return true;
        }
    return false;
}

static bool read_choice(const struct stls_choice *choices, const char *value, int *ret)
{
    return read_choice_of_length(choices, value, strlen(value), ret);
}

static bool read_set(const struct stls_choice *choices, const char *value, int *ret)
{
    static const char separators[] = ": ";
    int set = 0, bit;

    for (size_t length; (length = stls_list_next(&value, separators)) > 0; value += length) {
        if (!read_choice_of_length(choices, value, length, &bit))
            return false;
        set |= bit;
    }
    if (set != 0)
        *ret = set;
    return set != 0;
}

static const char blanks[] = " \t";

static bool read_codes(enum stls_registry registry, const char *value, struct stls_codes *ret,
                       char *error, size_t size)
{
    struct stls_codes codes = {.count = 0};

    for (const char *name = value;; name++) {
        size_t length;
        const struct stls_code *code;

        name += strspn(name, blanks);
        length = strcspn(name, ": \t");
        code = stls_registry_find_name(registry, name, length);
        if (code == NULL) {
            snprintf(error, size, "nobody knows \"%.*s\"", (int)(length < 64 ? length : 64), name);
            return false;
        }
        if (!stls_codes_contain(&codes, stls_code_number(code))) {
            if (codes.count == STLS_CODES_MAX) {
                snprintf(error, size, "more than %d names", STLS_CODES_MAX);
                return false;
            }
            codes.number[codes.count++] = stls_code_number(code);
        }
        name += length;
        name += strspn(name, blanks);
        if (*name == '\0')
            break;
        if (*name != ':') {
            snprintf(error, size, "expected ':' between names");
            return false;
        }
    }
    *ret = codes;
    return true;
}

static bool read_count(const char *value, int *ret)
{
    size_t length = strspn(value, "0123456789");
    int count = 0;

    if (length == 0 || length > 4 || value[length] != '\0')
        return false;
    for (; *value != '\0'; value++)
        count = count * 10 + (*value - '0');
    *ret = count;
    return true;
}

/* The elements, with ':' between them. @SECLEVEL would change the level behind SecurityLevel's
 * back. Whether OpenSSL knows the names is asked at first use, since only OpenSSL can say. */
static bool read_ciphers(const char *value, char ret[STLS_TEXT_MAX])
{
    static const char separators[] = ":, \t";
    size_t used = 0;

    if (strlen(value) >= STLS_TEXT_MAX ||
        strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                      "-+!_:, \t") != strlen(value) ||
        stls_list_next(&value, separators) == 0)
        return false;
    for (size_t length; (length = stls_list_next(&value, separators)) > 0; value += length) {
        if (used > 0)
            ret[used++] = ':';
        memcpy(ret + used, value, length);
        used += length;
    }
    ret[used] = '\0';
    return true;
}

static long number_of(const char *text, size_t count)
{
    long number = 0;

    for (size_t i = 0; i < count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* What is no date is not what the day is written as. */
long stls_policy_day(const char *text)
{
    char written[16];
    struct stls_line line = stls_line_start(written, sizeof written);
    long year, month, days;

    if (strlen(text) != 10)
        return -1;
    /* Years begin in March here, so that the leap day comes last. */
    month = number_of(text + 5, 2);
    year = number_of(text, 4) - (month <= 2);
    days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 +
           number_of(text + 8, 2) - 719469;
    if (days < 0)
        return -1;
    stls_line_add_date(&line, (unsigned)days);
    return strcmp(written, text) == 0 ? days : -1;
}

static const char path_mark[] = "file:";

static bool read_path(const struct stls_word *word, const char *value, char *text, int *number)
{
    size_t prefix = word->is_path_marked ? sizeof path_mark - 1 : 0;

    if (strncmp(value, path_mark, prefix) != 0 || value[prefix] != '/' ||
        strlen(value + prefix) >= STLS_TEXT_MAX)
        return false;
    memcpy(text, value + prefix, strlen(value + prefix) + 1);
    *number = word->path_value;
    return true;
}

/* What a shipped policy says other than intermediate. */
static const struct {
    char policy[7];
    char word[12];
    char value[8];
} differences[] = {
    {"strict", "MinProtocol", "TLSv1.3"},
    {"strict", "ChainRules", "webpki"},
    {"audit", "Mode", "audit"},
};
static const char shipped[][13] = {"intermediate", "strict", "audit"};

/* A list, by its names where it is a cipher string. The policy has none yet. */
static void set_codes(struct stls_policy *policy, const struct stls_word *word,
                      const uint16_t *codes)
{
    struct stls_codes *list = (void *)((char *)policy + word->offset);
    char *text = (char *)policy + word->text_offset;

    for (; *codes != 0; codes++) {
        const char *name;
        size_t length;

        if (word->kind == STLS_WORD_CODES) {
            list->number[list->count++] = *codes;
            continue;
        }
        if (text > (char *)policy + word->text_offset)
            *text++ = ':';
        name = stls_registry_find_number(word->registry, *codes)->name;
        length = strlen(name);
        memcpy(text, name, length);
        text += length;
    }
}

bool stls_policy_shipped(struct stls_policy *policy, const char *name)
{
    size_t word_count;
    const struct stls_word *words = stls_policy_words(&word_count);
    char ignored[1];
    bool is_known = false;

    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        is_known = is_known || strcmp(shipped[i], name) == 0;
    if (!is_known)
        return false;
    memset(policy, 0, sizeof *policy);
    for (size_t i = 0; i < word_count; i++) {
        const uint16_t *codes = stls_word_initial_codes(&words[i]);
        const char *value = stls_word_initial_text(&words[i]);

        if (!stls_word_has_value(&words[i]))
            continue;
        if (codes != NULL) {
            set_codes(policy, &words[i], codes);
            continue;
        }
        for (size_t j = 0; j < sizeof differences / sizeof differences[0]; j++)
            if (strcmp(differences[j].policy, name) == 0 &&
                strcmp(differences[j].word, stls_word_name(&words[i])) == 0)
                value = differences[j].value;
        if (!stls_policy_set(policy, &words[i], value, ignored, sizeof ignored))
            return false;
    }
    return true;
}

bool stls_policy_set(struct stls_policy *policy, const struct stls_word *word, const char *value,
                     char *error, size_t size)
{
    char *field = (char *)policy + word->offset;
    char *text = (char *)policy + word->text_offset;
    int *number = (int *)(void *)field;
    const struct stls_code *code;
    bool is_good = false;

    switch (word->kind) {
    case STLS_WORD_CHOICE:
        is_good = read_choice(stls_word_choices(word), value, number);
        break;
    case STLS_WORD_SET:
        is_good = read_set(stls_word_choices(word), value, number);
        break;
    case STLS_WORD_PROTOCOL:
        code = stls_registry_find_name(word->registry, value, strlen(value));
        is_good = code != NULL;
        if (is_good)
            *number = stls_code_number(code);
        break;
    case STLS_WORD_NUMBER:
        is_good = value[0] >= '0' && value[0] <= '5' && value[1] == '\0';
        if (is_good)
            *number = value[0] - '0';
        break;
    case STLS_WORD_COUNT:
        is_good = read_count(value, number);
        break;
    case STLS_WORD_CODES:
        return read_codes(word->registry, value, (struct stls_codes *)(void *)field, error, size);
    case STLS_WORD_CIPHERS:
        is_good = read_ciphers(value, text);
        break;
    case STLS_WORD_PATH:
        is_good = read_choice(stls_word_choices(word), value, number) ||
                  read_path(word, value, text, number);
        break;
    case STLS_WORD_BASE:
        is_good = stls_policy_shipped(policy, value);
        break;
    case STLS_WORD_PINS:
        is_good = stls_pins_read(value, (struct stls_pins *)(void *)field);
        break;
    case STLS_WORD_TEXT:
        is_good = *value != '\0';
        break;
    case STLS_WORD_DATE:
        is_good = stls_policy_day(value) >= 0;
        break;
    }
    if (!is_good)
        snprintf(error, size, "expected %s", stls_word_values(word));
    return is_good;
}

static void append(char text[STLS_VALUE_MAX], const char *separator, const char *added,
                   size_t length)
{
    size_t used = strlen(text);

    snprintf(text + used, STLS_VALUE_MAX - used, "%s%.*s", used > 0 ? separator : "", (int)length,
             added);
}

/* "all" is a name for several. */
static bool is_single(int bits)
{
    return bits != 0 && (bits & (bits - 1)) == 0;
}

void stls_policy_value(const struct stls_policy *policy, const struct stls_word *word,
                       char text[STLS_VALUE_MAX])
{
    const void *field = (const char *)policy + word->offset;
    const char *string = (const char *)policy + word->text_offset;
    const struct stls_codes *codes = field;
    const struct stls_pins *pins = field;
    const int *number = field;
    char pin[STLS_PIN_TEXT];

    text[0] = '\0';
    switch (word->kind) {
    case STLS_WORD_CHOICE:
    case STLS_WORD_SET:
    case STLS_WORD_PATH:
        for (const struct stls_choice *choice = stls_word_choices(word); choice->name[0] != '\0';
             choice++)
            if (word->kind == STLS_WORD_SET
                    ? is_single(choice->value) && (*number & choice->value) != 0
                    : *number == choice->value)
                append(text, ":", choice->name, strlen(choice->name));
        if (text[0] == '\0' && word->kind == STLS_WORD_PATH)
            snprintf(text, STLS_VALUE_MAX, "%s%s", word->is_path_marked ? path_mark : "", string);
        return;
    case STLS_WORD_PROTOCOL:
        string = stls_registry_find_number(word->registry, (uint16_t)*number)->name;
        append(text, "", string, strlen(string));
        return;
    case STLS_WORD_NUMBER:
    case STLS_WORD_COUNT:
        snprintf(text, STLS_VALUE_MAX, "%d", *number);
        return;
    case STLS_WORD_CODES:
        for (size_t i = 0; i < codes->count; i++) {
            string = stls_registry_find_number(word->registry, codes->number[i])->name;
            append(text, ":", string, strlen(string));
        }
        return;
    case STLS_WORD_CIPHERS:
        append(text, "", string, strlen(string));
        return;
    case STLS_WORD_PINS:
        for (size_t i = 0; i < pins->count; i++) {
            stls_pin_write(pins->hash[i], pin);
            append(text, " ", pin, sizeof pin);
        }
        if (!pins->is_set)
            append(text, "", "none", 4);
        return;
    case STLS_WORD_BASE:
    case STLS_WORD_TEXT:
    case STLS_WORD_DATE:
        return;
    }
}

void stls_word_initial(const struct stls_word *word, char text[STLS_VALUE_MAX])
{
    struct stls_policy policy;

    stls_policy_shipped(&policy, shipped[0]);
    stls_policy_value(&policy, word, text);
    if (text[0] == '\0')
        memcpy(text, stls_word_initial_text(word), strlen(stls_word_initial_text(word)) + 1);
}
