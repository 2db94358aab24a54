/* ways_plugin.c - a plugin that is linked with libssl as usual, in a program that is not. */
#include "way.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int run_plugin(const struct stls_target *target, void *handle)
{
    int (*run)(const struct stls_target *) = NULL;

    if (handle != NULL)
        *(void **)&run = dlsym(handle, "stls_plugin_run");
    if (run != NULL)
        return run(target);
    fprintf(stderr, "%s\n", dlerror());
    return STLS_FAILED;
}

static const char *path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/plugins/%s", getenv("STLS_VICTIMS"), name);
    return path;
}

static int run_deepbind(const struct stls_target *target, const char *name)
{
    return run_plugin(target, dlopen(path_of(name), RTLD_LAZY | RTLD_DEEPBIND));
}

static int run_apart(const struct stls_target *target, const char *name)
{
    return run_plugin(target, dlmopen(LM_ID_NEWLM, path_of(name), RTLD_NOW));
}

static int run_plugin_local(const struct stls_target *target)
{
    return run_plugin(target, dlopen(path_of("plugin.so"), RTLD_NOW | RTLD_LOCAL));
}

static int run_plugin_deepbind(const struct stls_target *target)
{
    return run_deepbind(target, "plugin.so");
}

static int run_plugin_dlmopen(const struct stls_target *target)
{
    return run_apart(target, "plugin.so");
}

/* Found by this program's RUNPATH, which a dlopen of somebody else's would not look at. */
static int run_plugin_runpath(const struct stls_target *target)
{
    return run_plugin(target, dlopen("plugin.so", RTLD_NOW | RTLD_LOCAL));
}

static int run_plugin_runpath_deepbind(const struct stls_target *target)
{
    return run_plugin(target, dlopen("plugin.so", RTLD_NOW | RTLD_DEEPBIND));
}

static int run_plugin_origin(const struct stls_target *target)
{
    return run_plugin(target, dlopen("$ORIGIN/plugins/plugin.so", RTLD_NOW | RTLD_DEEPBIND));
}

static int run_plugin_runpath_dlmopen(const struct stls_target *target)
{
    return run_plugin(target, dlmopen(LM_ID_NEWLM, "plugin.so", RTLD_NOW));
}

/* libssl is there before, as in a program that is linked with it. */
static int run_plugin_beside(const struct stls_target *target)
{
    if (dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_GLOBAL) == NULL)
        return STLS_FAILED;
    return run_plugin_deepbind(target);
}

static int run_plugin_bundled(const struct stls_target *target)
{
    return run_deepbind(target, "plugin_bundled.so");
}

static int run_plugin_outer(const struct stls_target *target)
{
    return run_deepbind(target, "plugin_outer.so");
}

static int run_plugin_outer_dlmopen(const struct stls_target *target)
{
    return run_apart(target, "plugin_outer.so");
}

static int run_plugin_host_dlmopen(const struct stls_target *target)
{
    return run_apart(target, "plugin_host.so");
}

extern int (*stls_plugin_registered)(const struct stls_target *target);
int (*stls_plugin_registered)(const struct stls_target *target);

/* Nothing is asked of the loader after the plugin is there. */
static int run_plugin_alone(const struct stls_target *target)
{
    if (dlopen("plugin.so", RTLD_NOW | RTLD_DEEPBIND) == NULL || stls_plugin_registered == NULL)
        return STLS_FAILED;
    return stls_plugin_registered(target);
}

static int run_plugin_registered(const struct stls_target *target)
{
    if (dlopen(STLS_LIBSSL, RTLD_NOW | RTLD_GLOBAL) == NULL)
        return STLS_FAILED;
    return run_plugin_alone(target);
}

const struct stls_way stls_ways_plugin[] = {
    {.name = "plugin-local",
     .attack = "a plugin linked with libssl, RTLD_LOCAL",
     .run = run_plugin_local},
    {.name = "plugin-deepbind",
     .attack = "the plugin with RTLD_DEEPBIND: looks into its own dependencies first",
     .run = run_plugin_deepbind},
    {.name = "plugin-dlmopen",
     .attack = "the plugin in a namespace of its own",
     .run = run_plugin_dlmopen},
    {.name = "plugin-runpath",
     .attack = "the plugin, found by the caller's RUNPATH",
     .run = run_plugin_runpath},
    {.name = "plugin-runpath-deepbind",
     .attack = "the same with RTLD_DEEPBIND: can't be looked at before dlopen returns",
     .run = run_plugin_runpath_deepbind},
    {.name = "plugin-origin-deepbind", .attack = "the same by $ORIGIN", .run = run_plugin_origin},
    {.name = "plugin-runpath-dlmopen",
     .attack = "found by RUNPATH, in a namespace of its own",
     .run = run_plugin_runpath_dlmopen},
    {.name = "plugin-beside",
     .attack = "the plugin with RTLD_DEEPBIND, beside a libssl that the program has loaded",
     .run = run_plugin_beside},
    {.name = "plugin-early",
     .attack = "the same, with a context that its constructor makes",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_beside},
    {.name = "plugin-early-own",
     .attack = "the same with a libssl that comes with the plugin alone",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_deepbind},
    {.name = "plugin-early-runpath",
     .attack = "the same, found by the caller's RUNPATH",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_runpath_deepbind},
    {.name = "plugin-early-origin",
     .attack = "the same, found by $ORIGIN",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_origin},
    {.name = "plugin-early-dlmopen",
     .attack = "the same in a namespace of its own",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_dlmopen},
    {.name = "plugin-early-bundled",
     .attack = "the same with a libssl of another name, found by the plugin's RUNPATH",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_bundled},
    {.name = "plugin-early-outer",
     .attack = "the same where the plugin is linked with what is linked with libssl",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_outer},
    {.name = "plugin-early-outer-dlmopen",
     .attack = "the same in a namespace of its own",
     .env = "STLS_PLUGIN=early",
     .run = run_plugin_outer_dlmopen},
    {.name = "plugin-host-dlmopen",
     .attack = "a plugin in a namespace of its own, with a module that finds its functions there",
     .run = run_plugin_host_dlmopen},
    {.name = "plugin-alone",
     .attack = "found by RUNPATH, with RTLD_DEEPBIND, and it tells its function by itself",
     .run = run_plugin_alone},
    {.name = "plugin-registered",
     .attack = "the same beside a libssl that the program has loaded",
     .run = run_plugin_registered},
    {.name = "plugin-info",
     .attack = "the plugin's SSL_CTX_set_info_callback, past any hook, overwrites the slot",
     .env = "STLS_PLUGIN=info",
     .run = run_plugin_deepbind},
    {.name = "plugin-security",
     .attack = "its SSL_CTX_set_security_callback, one that allows all",
     .env = "STLS_PLUGIN=security",
     .run = run_plugin_deepbind},
    {.name = "plugin-cert-verify",
     .attack = "its SSL_CTX_set_cert_verify_callback, one that answers 1",
     .env = "STLS_PLUGIN=cert-verify",
     .run = run_plugin_deepbind},
    {.name = "plugin-cert-verify-dlmopen",
     .attack = "the same in a namespace of its own",
     .env = "STLS_PLUGIN=cert-verify",
     .run = run_plugin_dlmopen},
    {.name = "plugin-connection",
     .attack = "its SSL_set_info_callback and SSL_set_security_callback",
     .env = "STLS_PLUGIN=connection",
     .run = run_plugin_deepbind},
    {.name = "plugin-old",
     .attack = "info and security slot of the context taken, and any version and cipher allowed",
     .bad = "lab:tls10",
     .env = "STLS_PLUGIN=old",
     .run = run_plugin_deepbind},
    {.name = "plugin-old-dlmopen",
     .attack = "the same in a namespace of its own",
     .bad = "lab:tls10",
     .env = "STLS_PLUGIN=old",
     .run = run_plugin_dlmopen},
    {.name = "plugin-pin",
     .attack = "its cert-verify callback refuses, and goes on being asked",
     .expectation = STLS_EXPECT_STRICT,
     .bad = "lab:good-rsa",
     .good = "-",
     .env = "STLS_PLUGIN=pin",
     .run = run_plugin_deepbind},
    {.name = "plugin-pin-dlmopen",
     .attack = "the same in a namespace of its own",
     .expectation = STLS_EXPECT_STRICT,
     .bad = "lab:good-rsa",
     .good = "-",
     .env = "STLS_PLUGIN=pin",
     .run = run_plugin_dlmopen},
    {.name = "plugin-once",
     .attack = "a thread in pthread_once of libssl's, which a constructor waits for in dlopen",
     .env = "STLS_PLUGIN=once",
     .run = run_plugin_local},
    STLS_WAYS_END,
};
