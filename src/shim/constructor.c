/* constructor.c - what the library does when it is loaded: next to nothing.
 *
 * It copies our own variables out of the environment, which some programs empty before they use
 * TLS. It loads no library; it opens no file but where a libssl is loaded: then policy files, which
 * a chroot may hide later. It attaches where the program is its own libssl, and to nothing else.
 */
#include "attach.h"
#include "environment.h"

#include "../core/banned.h"

/* glibc passes what main gets; asking it is cheaper than having the loader look up two variables.
 */
__attribute__((constructor)) static void on_load(int argc, char **argv, char **environment)
{
    (void)argc;
    stls_environment_start(argv, environment);
    stls_attach_program();
}
