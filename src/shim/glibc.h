/* glibc.h - included before every source of the library, by the compiler's -include.
 *
 * Owns: which version of a libc function we are bound to. A version that only one function needs is
 * looked up in every process that starts.
 */
#include <features.h>

#if defined __GLIBC__ && defined __x86_64__
__asm__(".symver memcpy, memcpy@GLIBC_2.2.5"); /* else GLIBC_2.14, which may not overlap */
#endif
