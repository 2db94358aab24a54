/* connection.h - one client's connection, from accept to its orderly end.
 *
 * Owns: the TLS connection and its socket, which does not block, and the time it may take.
 * Must not: wait. It says what to poll for, and is asked again when that has come.
 */
#ifndef STLS_LAB_CONNECTION_H
#define STLS_LAB_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "lab.h"

enum stls_lab_phase {
    STLS_LAB_PHASE_FREE, /* no connection in this slot */
    STLS_LAB_PHASE_HANDSHAKE,
    STLS_LAB_PHASE_REQUEST,
    STLS_LAB_PHASE_RESPONSE,
    STLS_LAB_PHASE_CLOSE_NOTIFY,
    STLS_LAB_PHASE_DRAIN, /* our half is closed, the client's not yet */
};

struct stls_lab_connection {
    enum stls_lab_phase phase;
    SSL *ssl;
    int fd;
    short events;     /* to poll for */
    int64_t deadline; /* of the phase, by stls_lab_now_ms */
    enum stls_lab_outcome reached;
    bool is_resumed;
};

/* Monotonic. */
int64_t stls_lab_now_ms(void);

/* Takes fd over, closed on failure. */
int stls_lab_connection_open(struct stls_lab_connection *connection, SSL_CTX *context, int fd);

/* Does what can be done of the phase now. True if that ended the phase, so that there may be more
 * to do; false if there is something to wait for, or if the connection is over. */
bool stls_lab_connection_step(struct stls_lab_connection *connection);

/* At once; nothing on a free slot. */
void stls_lab_connection_close(struct stls_lab_connection *connection);

#endif
