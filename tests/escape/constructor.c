/* constructor.c - a library that talks TLS when it is loaded, before main and perhaps before any
 * other library has been set up. Only in the program and on the way that asks for it.
 */
#include "client.h"

#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void on_load(int argc, char **argv)
{
    static const struct stls_way way = {.name = "constructor"};
    struct stls_target target;

    if (argc != 5 || strncmp(argv[1], "constructor", 11) != 0)
        return;
    target = (struct stls_target){.host = argv[2], .port = argv[3], .ca_file = argv[4]};
    _exit(stls_client_common(&way, &target));
}
