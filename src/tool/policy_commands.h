/* policy_commands.h - the subcommands of stricttls policy, and what they share. */
#ifndef STLS_POLICY_COMMANDS_H
#define STLS_POLICY_COMMANDS_H

#include "../core/policy_stack.h"

/* Reads --app, --script, --host and --json, and has the policy that holds for these printed. */
int stls_tool_policy_with_effective(int argc, char **argv,
                                    int (*print)(const struct stls_effective *effective,
                                                 bool is_json));

/* Prints how they are called; returns the status of having been called otherwise. */
int stls_tool_policy_usage(void);

int stls_tool_policy_show(int argc, char **argv);
int stls_tool_policy_diff(int argc, char **argv); /* 1 if they differ, as diff(1) */
int stls_tool_policy_ciphers(int argc, char **argv);

/* The reference of all words: "words markdown" or "words roff". */
int stls_tool_policy_words(int argc, char **argv);

#endif
