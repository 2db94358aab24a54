/* plugin.c - a plugin that talks TLS without verification. */
#include "client.h"

int stls_plugin_run(const struct stls_target *target);

int stls_plugin_run(const struct stls_target *target)
{
    static const struct stls_way way = {.name = "plugin"};

    return stls_client_common(&way, target);
}
