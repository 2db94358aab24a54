/* constructor.c - what the library does when it is loaded: next to nothing.
 *
 * It copies our own variables out of the environment, which some programs empty before they use
 * TLS. It loads no library and looks up no symbol; it opens no file but where a libssl is loaded:
 * then policy files, which a chroot may hide later.
 */
#include "environment.h"

#include "../core/banned.h"

/* glibc passes what main gets; asking it is cheaper than having the loader look up two variables.
 */
__attribute__((constructor)) static void on_load(int argc, char **argv, char **environment)
{
    (void)argc;
    stls_environment_start(argv, environment);
}
