/* policy.c - stricttls policy: what applies here, and whether what is written makes sense. */
#include "policy_commands.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "policy_source.h"
#include "tool.h"

#include "../core/banned.h"

static int print_usage(FILE *out)
{
    fputs("usage: stricttls policy show [--app PROGRAM [--script FILE]] [--host NAME[:PORT]] "
          "[--json]\n"
          "       stricttls policy check FILE...\n"
          "       stricttls policy ciphers [--app PROGRAM [--script FILE]] [--host NAME[:PORT]]\n"
          "       stricttls policy diff A B\n",
          out);
    return out == stdout ? 0 : 2;
}

int stls_tool_policy_usage(void)
{
    return print_usage(stderr);
}

static int check(int argc, char **argv)
{
    bool is_good = true;

    if (argc < 2)
        return stls_tool_policy_usage();
    for (int i = 1; i < argc; i++) {
        struct stls_tool_policy_file file;

        is_good = stls_tool_policy_open(argv[i], &file) && is_good;
        stls_tool_policy_close(&file);
    }
    return is_good ? 0 : 1;
}

int stls_tool_policy_with_effective(int argc, char **argv,
                                    int (*print)(const struct stls_effective *effective,
                                                 bool is_json))
{
    static const struct option options[] = {
        {"app", required_argument, NULL, 'a'},
        {"script", required_argument, NULL, 's'},
        {"host", required_argument, NULL, 'h'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    static struct stls_tool_policy_sources sources;
    static struct stls_effective effective;
    const char *app = NULL, *script = NULL, *host = NULL;
    bool is_json = false;
    int option, ret = 1;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (option == 'a')
            app = optarg;
        else if (option == 's')
            script = optarg;
        else if (option == 'h')
            host = optarg;
        else if (option == 'j')
            is_json = true;
        else
            return stls_tool_policy_usage();
    if (optind != argc)
        return stls_tool_policy_usage();
    if (stls_tool_policy_sources(app, script, &sources) &&
        stls_tool_policy_resolve(&sources, host, &effective))
        ret = print(&effective, is_json);
    stls_tool_policy_sources_close(&sources);
    return ret;
}

int stls_tool_policy(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"show", stls_tool_policy_show},       {"check", check},
        {"ciphers", stls_tool_policy_ciphers}, {"diff", stls_tool_policy_diff},
        {"words", stls_tool_policy_words}, /* for the documents; see make docs */
    };

    for (int i = 1; i < argc && i < 3; i++)
        if (strcmp(argv[i], "--help") == 0)
            return print_usage(stdout);
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return stls_tool_policy_usage();
}
