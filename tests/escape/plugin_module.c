/* plugin_module.c - a module that calls what opened it, and is linked with nothing. */
#include "way.h"

int stls_host_run(const struct stls_target *target);
int stls_module_run(const struct stls_target *target);

int stls_module_run(const struct stls_target *target)
{
    return stls_host_run(target);
}
