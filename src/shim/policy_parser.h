/* policy_parser.h - OpenSSL's own parser of configuration files, for policies.
 *
 * Owns: the calls of NCONF, so that a policy's values are read as openssl.cnf's are.
 */
#ifndef STLS_POLICY_PARSER_H
#define STLS_POLICY_PARSER_H

#include "openssl.h"

#include "../core/policy_file.h"

/* Reads bytes, which are copied. The first thing that is wrong goes to error (size bytes):
 * "/etc/stricttls/policy.cnf:12: MinProtocol: expected ...". What the file refers to is never
 * freed: a policy lasts as long as the process. */
bool stls_policy_parse(const struct stls_openssl *openssl, const char *path, const char *text,
                       size_t length, struct stls_policy_file *ret, char *error, size_t size);

#endif
