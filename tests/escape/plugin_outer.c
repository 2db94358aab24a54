/* plugin_outer.c - a plugin that leaves TLS to the library it is linked with, which is plugin.c. */
#include "way.h"

int stls_plugin_run(const struct stls_target *target);
int stls_outer_run(const struct stls_target *target);

int stls_outer_run(const struct stls_target *target)
{
    return stls_plugin_run(target);
}
