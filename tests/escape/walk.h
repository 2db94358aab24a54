/* walk.h - one victim on one way, once: bare or preloaded, to a bad or a good opponent. */
#ifndef STLS_ESCAPE_WALK_H
#define STLS_ESCAPE_WALK_H

#include "opponent.h"
#include "rows.h"
#include "support/process.h"

enum stls_side {
    STLS_SIDE_BARE_BAD,
    STLS_SIDE_PRELOADED_BAD,
    STLS_SIDE_AUDITED_BAD,
    STLS_SIDE_BARE_GOOD,
    STLS_SIDE_PRELOADED_GOOD,
};

struct stls_step {
    bool is_unavailable; /* this OpenSSL can't; the output says why */
    struct stls_sighting seen;
    struct stls_process_result victim;
    char events[32 * 1024]; /* what the library reported */
};

const char *stls_side_name(enum stls_side side);

/* 0, or a negative errno where the run could not be made at all. A way that prepares (row->before)
 * is walked first, to the same opponent. */
int stls_walk(struct stls_arena *arena, const struct stls_row *row, enum stls_side side,
              struct stls_step *ret_step);

#endif
