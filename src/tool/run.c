/* run.c - stricttls run: a program, with the library preloaded and the policy in its environment.
 *
 * Refuses to start what would silently run without the library: a setuid program, for which the
 * loader ignores a preload with a slash in its name.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy_source.h"
#include "tool.h"

#include "../core/policy_values.h"

#include "../core/banned.h"

#define LIBRARY "libstricttls.so"

/* Beside the command where it was built, below the same prefix where it was installed, else where
 * the build was told. */
static bool find_library(char path[PATH_MAX])
{
    static const char *const places[] = {"", "/../lib"};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    self[length > 0 ? length : 0] = '\0';
    for (size_t i = 0; length > 0 && i < sizeof places / sizeof places[0]; i++) {
        char *slash = strrchr(self, '/');

        snprintf(path, PATH_MAX, "%.*s%s/" LIBRARY, (int)(slash - self), self, places[i]);
        if (access(path, R_OK) == 0)
            return true;
    }
    snprintf(path, PATH_MAX, "%s/" LIBRARY, STLS_LIBDIR);
    return access(path, R_OK) == 0;
}

/* The file that execvp would run; NULL if there is none. */
static const char *find_program(const char *name, char path[PATH_MAX])
{
    const char *folders = NULL;

    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0 ? name : NULL;
    for (char **entry = environ; *entry != NULL; entry++)
        if (strncmp(*entry, "PATH=", 5) == 0)
            folders = *entry + 5;
    if (folders == NULL)
        folders = "/usr/local/bin:/bin:/usr/bin";
    for (size_t length; *folders != '\0'; folders += length + (folders[length] == ':')) {
        length = strcspn(folders, ":");
        snprintf(path, PATH_MAX, "%.*s/%s", (int)length, length > 0 ? folders : ".", name);
        if (access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

static int fail(int status, const char *what, const char *why)
{
    fprintf(stderr, "stricttls run: %s: %s\n", what, why);
    return status;
}

/* In front of what is preloaded already. */
static bool preload(const char *library)
{
    static const char name[] = "LD_PRELOAD=";
    char *list = NULL;
    const char *before = "";
    bool is_set;

    if (strpbrk(library, " :") != NULL) {
        errno = EINVAL; /* the loader splits LD_PRELOAD there */
        return false;
    }
    for (char **entry = environ; *entry != NULL; entry++)
        if (strncmp(*entry, name, sizeof name - 1) == 0)
            before = *entry + sizeof name - 1;
    if (asprintf(&list, "%s%s%s", library, *before != '\0' ? ":" : "", before) < 0)
        return false;
    is_set = setenv("LD_PRELOAD", list, 1) == 0;
    free(list);
    return is_set;
}

/* A shipped policy, or a file. With mistakes in it the library would refuse all TLS: they are told
 * before the program starts. */
static int choose_policy(const char *name)
{
    struct stls_tool_policy_file file;
    struct stls_policy shipped;
    char *path = NULL;
    bool is_good = true;
    int ret = 0;

    if (!stls_policy_shipped(&shipped, name)) {
        path = realpath(name, NULL);
        if (path == NULL)
            return fail(2, name,
                        strchr(name, '/') != NULL
                            ? strerror(errno)
                            : "no such policy; there are intermediate, strict, audit, and files");
        is_good = stls_tool_policy_open(name, &file);
        stls_tool_policy_close(&file);
    }
    if (!is_good)
        ret = 2;
    else if (setenv("STRICTTLS_POLICY", path != NULL ? path : name, 1) != 0)
        ret = fail(125, "environment", strerror(errno));
    free(path);
    return ret;
}

int stls_tool_run(int argc, char **argv)
{
    char library[PATH_MAX], found[PATH_MAX];
    const char *program;
    struct stat status;
    int i;

    for (i = 1; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (strcmp(argv[i], "--audit") == 0) {
            if (setenv("STRICTTLS_MODE", "audit", 1) != 0)
                return fail(125, "environment", strerror(errno));
        } else if (strcmp(argv[i], "--policy") == 0 && i + 1 < argc) {
            int ret = choose_policy(argv[++i]);

            if (ret != 0)
                return ret;
        } else {
            return fail(2, argv[i],
                        "no such option, or its value is missing; see stricttls --help");
        }
    }
    if (i >= argc)
        return fail(2, "no program given", "see stricttls --help");
    if (!find_library(library))
        return fail(125, library, "the library is not there");
    program = find_program(argv[i], found);
    if (program == NULL)
        return fail(127, argv[i], "no such program");
    if (stat(program, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0)
        return fail(126, program,
                    "runs with other privileges: the loader would ignore the library");
    if (!preload(library))
        return fail(125, library, "can't be preloaded: a space or ':' in its path");
    execv(program, argv + i);
    return fail(126, program, strerror(errno));
}
