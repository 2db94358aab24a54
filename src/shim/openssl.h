/* openssl.h - the OpenSSLs in this process, and their real functions.
 *
 * Owns: finding every libssl (by what it defines, in every namespace of the loader), one function
 * table each, and telling which of them an object belongs to. An entry is never removed: it keeps
 * its libssl mapped. No lock: entries are published by compare-and-swap, since a lock around the
 * loader could meet the loader's own.
 * Must not: call into OpenSSL. Attaching is attach's job.
 */
#ifndef STLS_OPENSSL_H
#define STLS_OPENSSL_H

#include <stdbool.h>
#include <stddef.h>

#define OPENSSL_SUPPRESS_DEPRECATED /* what serves 1.1.1 */
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#undef ERR_put_error /* a macro since 3.0, a function in 1.1.1 */
void ERR_put_error(int lib, int func, int reason, const char *file, int line);
#if OPENSSL_VERSION_NUMBER < 0x30200000L
int SSL_set1_server_cert_type(SSL *ssl, const unsigned char *types, size_t length);
#endif

struct stls_registration; /* attach's */
struct stls_vetted;       /* vetted's */
struct stls_trust;        /* trust's */

enum {
    STLS_OPENSSL_NAME_MAX = 48, /* of a function; terminator included */
};

struct stls_openssl {
    /* The functions, and nothing before them. */
#define REQUIRED(name) __typeof__(&(name)) name;
#define OPTIONAL(name) __typeof__(&(name)) name;
#include "openssl.def"
#undef REQUIRED
#undef OPTIONAL
    const char *start, *end; /* where the libssl is mapped, and its libcrypto if not far from us */
    const char *crypto_start, *crypto_end;
    bool is_supported;     /* has every REQUIRED function */
    char unsupported[128]; /* or which it has not, for people */
    _Atomic(struct stls_registration *) registration;
    _Atomic(struct stls_vetted *) vetted;
    _Atomic(const char *) closed;        /* gates' */
    _Atomic(unsigned) cert_verify_place; /* slots' */
    _Atomic(struct stls_trust *) trust;
};

/* The libssl that defines what this address points to (a method, usually). NULL if none does. */
struct stls_openssl *stls_openssl_of_address(const void *address);

/* The libssl that made this SSL_CTX or SSL. NULL if there is no libssl at all. */
struct stls_openssl *stls_openssl_of_object(const void *object);

/* The SSL whose peer's chain this is. The index it is kept under is its libssl's own, but where a
 * process holds copies of one libssl, they call each other's functions. */
SSL *stls_openssl_ssl_of_chain(const struct stls_openssl *openssl, X509_STORE_CTX *chain);

/* Our hook in place of a libssl's function of that name, or NULL: for an address that dlsym is
 * about to hand out. */
void *stls_openssl_hook_for(const void *function, const char *name);

/* The libssl that the code at this address is part of, or its libcrypto; NULL if it is none of
 * those that are known. Does not ask the loader, whose lock others may hold who wait for us. */
struct stls_openssl *stls_openssl_of_code(const void *address);

/* The libssl that the code at this address was linked with, directly or through its own libraries;
 * for objects that don't tell whose they are. */
struct stls_openssl *stls_openssl_of_caller(const void *address);

/* That function as the code at this address was linked with it, or NULL where the code would get
 * our hook of that name: a program, or what was linked with no OpenSSL. */
void *stls_openssl_function_of_caller(const void *address, const char *name);

/* Finds the libssls of the base namespace, and of the namespace of handle if it is not NULL.
 * Calls found, if not NULL, for each one, old or new. */
void stls_openssl_scan(void *handle, void (*found)(struct stls_openssl *openssl));

/* errno and the program's error queue as they were: between enter and leave we may call OpenSSL. */
struct stls_guard {
    const struct stls_openssl *openssl;
    int saved_errno;
};
struct stls_guard stls_guard_enter(const struct stls_openssl *openssl);
void stls_guard_leave(struct stls_guard guard);

/* Puts one error of SSL_R_BAD_VALUE or the given reason, with text, on the program's queue. */
void stls_openssl_raise(const struct stls_openssl *openssl, int reason, const char *text);

#endif
