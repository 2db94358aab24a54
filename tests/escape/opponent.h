/* opponent.h - whom a victim meets: a server of the lab, or a peer that serves.
 *
 * Owns: the PEM files in the directory of a run, the servers, what they saw.
 * Errors: functions that return int give 0 or a negative errno.
 */
#ifndef STLS_ESCAPE_OPPONENT_H
#define STLS_ESCAPE_OPPONENT_H

#include "lab/lab.h"
#include "support/files.h"

struct stls_arena; /* lab and directory, for the ways of one area */

struct stls_arena *stls_arena_new(void);
void stls_arena_free(struct stls_arena *arena);
const char *stls_arena_directory(const struct stls_arena *arena);

/* Path of a program or library among the victims; the loader that must start them, or NULL. */
const char *stls_arena_victims(void);
const char *stls_arena_loader(void);

struct stls_opponent;

/* What the server says of its clients since the last question. */
struct stls_sighting {
    enum stls_lab_outcome outcome;
    unsigned resumptions;
    char weak[32]; /* "none", or what of the connection is weaker than the policy; "?" in the lab */
};

/* spec is "lab:CASE" or "peer:MODE". NULL with errno; ENOTSUP where this OpenSSL has none such. */
struct stls_opponent *stls_opponent_start(struct stls_arena *arena, const char *spec);
void stls_opponent_stop(struct stls_opponent *opponent);

const char *stls_opponent_ports(const struct stls_opponent *opponent);
const char *stls_opponent_host(const struct stls_opponent *opponent);
const char *stls_opponent_chain(const struct stls_opponent *opponent); /* PEM file */
int stls_opponent_ask(struct stls_opponent *opponent, struct stls_sighting *ret_sighting);

/* argv and environment for a program among the victims: fills argv from its start, returns how
 * many are used. */
size_t stls_arena_command(const char *program, char path[STLS_FILES_PATH_MAX], const char **argv);

#endif
