/* session_copies.h - vetted sessions that a program writes out and reads back.
 *
 * Owns: which encodings of vetted sessions this process has made, so that haproxy and Python, which
 * keep sessions as bytes, go on resuming. An encoding holds the session's secret: bytes that are
 * the same were the same session. Only their digest is kept, of the latest few hundred.
 * Must not: take a session's word for anything. What another process wrote is not known here.
 */
#ifndef STLS_SESSION_COPIES_H
#define STLS_SESSION_COPIES_H

#include "openssl.h"

/* After i2d_SSL_SESSION: these bytes are this session. */
void stls_session_copies_written(const struct stls_openssl *openssl, const SSL_SESSION *session,
                                 const unsigned char *bytes, size_t length);

/* After d2i_SSL_SESSION: what the session now is, and nothing that it was before. */
void stls_session_copies_read(const struct stls_openssl *openssl, SSL_SESSION *session,
                              const unsigned char *bytes, size_t length);

#endif
