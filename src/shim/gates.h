/* gates.h - the three callbacks through which every handshake of an attached context goes.
 *
 * Owns: the order of things inside a handshake, the program's own callbacks behind ours, and the
 * errno and error queue that a callback must leave as it found them. slots.h declares them.
 */
#ifndef STLS_GATES_H
#define STLS_GATES_H

#include "openssl.h"

/* Non-NULL where the policy can't be obeyed, so that nothing may pass: the reason. */
const char *stls_gates_closed(struct stls_openssl *openssl);

#endif
