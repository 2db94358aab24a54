/* victim_handle.c - the victim that is not linked with libssl. */
#include "way.h"

static int no_common(const struct stls_way *way, const struct stls_target *target)
{
    (void)way, (void)target;
    return STLS_FAILED;
}

int main(int argc, char **argv)
{
    static const struct stls_area areas[] = {
        {"handle", stls_ways_handle}, {"plugin", stls_ways_plugin}, {NULL, NULL}};

    return stls_victim_main(areas, argc, argv, no_common);
}
