/* constructor.c - what the library does when it is loaded: next to nothing.
 *
 * It copies our own variables out of the environment, which some programs empty before they use
 * TLS. It opens no file, loads no library, looks up no symbol.
 */
#include "policy_load.h"

#include "../core/banned.h"

__attribute__((constructor)) static void on_load(void)
{
    stls_policy_copy_environment();
}
