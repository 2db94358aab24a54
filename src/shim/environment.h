/* environment.h - what the process was started with: its variables, its name, its arguments, and
 * the policy files that were there then.
 *
 * Owns: our copy of the STRICTTLS_* variables, made before the program can empty its environment.
 * Under AT_SECURE there are none.
 * Must not: cost more than a few instructions in a process without TLS.
 */
#ifndef STLS_ENVIRONMENT_H
#define STLS_ENVIRONMENT_H

#include <stdbool.h>

#include "policy_bytes.h"

/* Called by the library's constructor. Copies our variables, those that say where OpenSSL's trust
 * anchors are, and the program's name: nginx overwrites them all. Where a libssl is there already,
 * the policy files are read. */
void stls_environment_start(char **arguments, char **environment);

/* The same, if another library's constructor used TLS, or looked up a name, before ours ran. */
void stls_environment_start_early(void);

/* Something was loaded: if a libssl came with it, the policy files are read now. */
void stls_environment_look(void);

/* What of the surroundings the policy depends on, read now at the latest. NULL when out of memory.
 */
const struct stls_policy_surroundings *stls_environment_read(void);

/* Those that we read, as "STRICTTLS_X=value", ended by NULL; after the start. */
char **stls_environment_variables(void);

/* True if there is a STRICTTLS_ one among them. */
bool stls_environment_has_policy(void);

/* The value of one; NULL without. */
const char *stls_environment_variable(const char *name);

/* LD_LIBRARY_PATH as it was at the start, which is what the loader goes by; NULL without, or where
 * the program has written over it. */
const char *stls_environment_library_path(void);

/* The base name of the program, as it was called. */
const char *stls_environment_program(void);

#endif
