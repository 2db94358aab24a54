/* plugin_host.c - a plugin without constructors, which opens a module of its own in its turn. */
#include "client.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int stls_plugin_run(const struct stls_target *target);
int stls_host_run(const struct stls_target *target);

int stls_host_run(const struct stls_target *target)
{
    static const struct stls_way way = {.name = "host"};

    return stls_client_common(&way, target);
}

int stls_plugin_run(const struct stls_target *target)
{
    int (*run)(const struct stls_target *) = NULL;
    char path[512];
    void *handle;

    snprintf(path, sizeof path, "%s/plugins/plugin_module.so", getenv("STLS_VICTIMS"));
    handle = dlopen(path, RTLD_NOW);
    if (handle != NULL)
        *(void **)&run = dlsym(handle, "stls_module_run");
    if (run != NULL)
        return run(target);
    fprintf(stderr, "%s\n", dlerror());
    return STLS_FAILED;
}
