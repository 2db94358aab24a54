/* main.c - the command: picks the subcommand. A file per subcommand. */
#include <stdio.h>
#include <string.h>

#include "tool.h"

#include "../core/banned.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} subcommands[] = {
    {"run", stls_tool_run, "run [--policy NAME|FILE] [--audit] [--] PROGRAM [ARG]..."},
    {"report", stls_tool_report,
     "report [--since TIME] [--by program|host|reason] [--json|--text] FILE...|--journal"},
    {"policy", stls_tool_policy, "policy show|check|ciphers|diff ..."},
};

static int print_help(FILE *out)
{
    fputs("stricttls - runs unmodified OpenSSL programs under a strict TLS policy\n\nUsage:\n",
          out);
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
        fprintf(out, "  stricttls %s\n", subcommands[i].usage);
    fputs("  stricttls --help\n  stricttls --version\n\nEnvironment:\n", out);
    stls_tool_print_variables(out, false);
    return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return print_help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return printf("stricttls %s\n", STLS_VERSION) < 0;
    if (strcmp(argv[1], "--variables") == 0) { /* the table in the README */
        stls_tool_print_variables(stdout, true);
        return 0;
    }
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++) {
        if (strcmp(argv[1], subcommands[i].name) != 0)
            continue;
        if (argc == 3 && strcmp(argv[2], "--help") == 0 && subcommands[i].run != stls_tool_policy)
            return printf("usage: stricttls %s\n", subcommands[i].usage) < 0;
        return subcommands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "stricttls: no subcommand \"%s\"; see stricttls --help\n", argv[1]);
    return 2;
}
