/* tool.h - what the files of the command share.
 *
 * Exit codes: 0, or what the program that was run returns; 2 for a usage error, 126 and 127 as
 * env(1) for a program that can't be run or isn't found, 125 for a failure of the command's own.
 */
#ifndef STLS_TOOL_H
#define STLS_TOOL_H

#include <stdbool.h>
#include <stdio.h>

/* argv[0] is the subcommand's name. */
int stls_tool_run(int argc, char **argv);
int stls_tool_report(int argc, char **argv);
int stls_tool_policy(int argc, char **argv);

/* The environment variables, from the policy's table; as a Markdown table for the README. */
void stls_tool_print_variables(FILE *out, bool is_markdown);

#endif
