/* policy_source.h - the policy files and variables that a program would see, read by the command.
 *
 * Owns: reading a policy file through OpenSSL's parser, as the library does in a program.
 */
#ifndef STLS_POLICY_SOURCE_H
#define STLS_POLICY_SOURCE_H

#include "../core/policy_stack.h"

struct stls_tool_policy_file {
    struct stls_policy_file file;
    char *text;
    void *memory;
    void *parser; /* OpenSSL's CONF */
};

/* Prints all that is wrong with the file on stderr, as "FILE:LINE: WORD: expected ...". False if
 * there was anything but warnings. To be closed in both cases. */
bool stls_tool_policy_open(const char *path, struct stls_tool_policy_file *ret);
void stls_tool_policy_close(struct stls_tool_policy_file *file);

/* What holds for a program started here and now. */
struct stls_tool_policy_sources {
    struct stls_policy_sources sources;
    struct stls_tool_policy_file system, own;
    char executable[4096];
    char script[4096];
};

/* app, script: as on a command line, or NULL. False if a source is wrong, so that the library would
 * refuse all TLS; it was said why. */
bool stls_tool_policy_sources(const char *app, const char *script,
                              struct stls_tool_policy_sources *ret);
void stls_tool_policy_sources_close(struct stls_tool_policy_sources *sources);

/* host: NULL, or a name or address, with or without port. */
bool stls_tool_policy_resolve(const struct stls_tool_policy_sources *sources, const char *host,
                              struct stls_effective *ret);

#endif
