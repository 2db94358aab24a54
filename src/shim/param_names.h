/* param_names.h - the names and the address that a program gave OpenSSL to check.
 *
 * Owns: reading them back from X509_VERIFY_PARAM, also on 1.1.1, which has no functions for it.
 * Must not: change or judge them.
 */
#ifndef STLS_PARAM_NAMES_H
#define STLS_PARAM_NAMES_H

#include <stdbool.h>

#include "../core/host.h"

#include "openssl.h"

/* False for a 1.1.1 that keeps them elsewhere than all others: then neither is ever found. */
bool stls_param_names_are_legible(const struct stls_openssl *openssl,
                                  const X509_VERIFY_PARAM *param);

/* The index-th name, as the program wrote it, or NULL after the last. */
const char *stls_param_names_host(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param,
                                  int index);

/* True, with kind ADDRESS, if there is one. */
bool stls_param_names_address(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param,
                              struct stls_host *ret);

#endif
