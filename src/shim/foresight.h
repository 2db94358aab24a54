/* foresight.h - audit mode: what enforcement would have made of a handshake that went its own way.
 *
 * Owns: the difference between "would be refused", "would agree on something better" and "can't be
 * known", for what the two sides agreed on. A server has seen all that its client offered, and
 * knows; a client has not seen what else its server would have taken.
 * Must not: change anything, or look at certificates (gate 2 has).
 */
#ifndef STLS_FORESIGHT_H
#define STLS_FORESIGHT_H

#include "openssl.h"
#include "state.h"

enum stls_fate {
    STLS_FATE_SAME,
    STLS_FATE_ADJUSTED, /* less would be offered, and agreed on; a connection all the same */
    STLS_FATE_REFUSED,
};

struct stls_foresight {
    enum stls_fate fate;
    bool is_uncertain;  /* REFUSED, unless the peer takes something better that it was not asked */
    const char *reason; /* unless the fate is SAME */
    const char *rule;
};

/* At the end of a handshake. */
struct stls_foresight stls_foresight_of(struct stls_openssl *openssl, SSL *ssl);

#endif
