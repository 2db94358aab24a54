/* policy_merge.h - which of two policies is the stricter, word by word.
 *
 * Owns: the one order of values, from the table of words. Plain C, pure functions.
 * Laws, each a test: a floor under itself changes nothing; what comes out is weaker than neither
 * side; the order in which floors are laid does not matter, but for words without an order.
 */
#ifndef STLS_POLICY_MERGE_H
#define STLS_POLICY_MERGE_H

#include "policy.h"
#include "policy_words.h"

/* True if a allows nothing by this word that b does not. */
bool stls_policy_is_within(const struct stls_policy *a, const struct stls_policy *b,
                           const struct stls_word *word);

/* True if both say the same; sets are compared as sets. */
bool stls_policy_is_same(const struct stls_policy *a, const struct stls_policy *b,
                         const struct stls_word *word);

/* True if a allows by this word what b does not. VerifyPeer=pin is not weaker than require: a key
 * that is known authenticates as well as a chain. A word without an order is never weaker. */
bool stls_policy_is_weaker_by(const struct stls_policy *a, const struct stls_policy *b,
                              const struct stls_word *word);

/* The first word by which a is weaker than b, or NULL. */
const struct stls_word *stls_policy_is_weaker(const struct stls_policy *a,
                                              const struct stls_policy *b);

/* Gives the policy the value that a word has in another; for words that have one. */
void stls_policy_copy_word(struct stls_policy *policy, const struct stls_policy *from,
                           const struct stls_word *word);

/* Makes one word of the policy as strict as the floor's, or leaves it where it is stricter. Of two
 * lists, what is in both: where that is nothing, nothing is allowed. A word of STLS_ORDER_FREE
 * stays. False if it does not fit. */
bool stls_policy_floor_word(struct stls_policy *policy, const struct stls_policy *floor,
                            const struct stls_word *word);

/* The word that makes the policy one that nothing can obey (an empty list, MinProtocol above
 * MaxProtocol, VerifyPeer=pin without a pin), or NULL. */
const struct stls_word *stls_policy_contradiction(const struct stls_policy *policy);

#endif
