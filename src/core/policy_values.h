/* policy_values.h - the values of a policy's words, read and written, and the shipped policies. */
#ifndef STLS_POLICY_VALUES_H
#define STLS_POLICY_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"
#include "policy_words.h"

/* The shipped policies: "intermediate", "strict", "audit". False if there is none of that name. */
bool stls_policy_shipped(struct stls_policy *policy, const char *name);

/* Reads value into the policy. On failure the policy is untouched, and error (size bytes) says what
 * was expected instead; it names neither word nor value. */
bool stls_policy_set(struct stls_policy *policy, const struct stls_word *word, const char *value,
                     char *error, size_t size);

enum {
    STLS_VALUE_MAX = 1100, /* bytes of any value as text, terminator included */
};

/* The value of a word as a policy file would say it; "" where there is none to say. */
void stls_policy_value(const struct stls_policy *policy, const struct stls_word *word,
                       char text[STLS_VALUE_MAX]);

/* The same of the policy intermediate; for BASE that is its own name. */
void stls_word_initial(const struct stls_word *word, char text[STLS_VALUE_MAX]);

/* Days since 1970-01-01 of "2027-06-30"; -1 if it is no date. */
long stls_policy_day(const char *text);

#endif
