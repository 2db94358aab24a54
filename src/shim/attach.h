/* attach.h - takes hold of every SSL_CTX that a libssl makes.
 *
 * Owns: the registration of our ex_data with each libcrypto, once, at the program's first use of it
 * and not before: registering allocates, and CRYPTO_set_mem_functions must still work for the
 * program until then. From then on every SSL_CTX_new, however it is reached, passes through us.
 */
#ifndef STLS_ATTACH_H
#define STLS_ATTACH_H

#include "openssl.h"

/* True if contexts of this libssl are ours from now on. Does nothing in mode off. */
bool stls_attach(struct stls_openssl *openssl);

/* ex_data belongs to a library context, and a thread may have one of its own
 * (OSSL_LIB_CTX_set0_default): registers in this thread's too. */
void stls_attach_library_context(struct stls_openssl *openssl);

/* At the start: to a program that has an OpenSSL inside and shows its functions (official Node.js).
 * Nothing that it calls comes by our hooks. */
void stls_attach_program(void);

/* The same for every libssl in the process, and in the namespace of handle if it is not NULL. */
void stls_attach_all(void *handle);

#endif
