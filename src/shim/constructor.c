/* constructor.c - what the library does when it is loaded: next to nothing.
 *
 * It copies our own variables out of the environment, which some programs empty before they use
 * TLS. It opens no file, loads no library, looks up no symbol.
 */
#include "policy_load.h"

#include "../core/banned.h"

/* glibc passes what main gets; asking it is cheaper than having the loader look up two variables.
 */
__attribute__((constructor)) static void on_load(int argc, char **argv, char **environment)
{
    stls_policy_start(argc > 0 ? argv[0] : "", environment);
}
