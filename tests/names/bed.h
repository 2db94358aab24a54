/* bed.h - the testbed of the names tests: a hosts file of their own, by nss_wrapper, and
 * certificates by what they name.
 */
#ifndef STLS_NAMES_BED_H
#define STLS_NAMES_BED_H

#include "../programs/testbed.h"

/* Lab cases, all with good chains. */
#define STLS_NAMES_FOO "good-wildcard" /* *.lab.example */
#define STLS_NAMES_OTHER "wrong-host"  /* other.example, 192.0.2.1 */
#define STLS_NAMES_LOCAL "good-rsa"    /* localhost, 127.0.0.1, ::1 */
#define STLS_NAMES_NUMBER "good-ip"    /* 127.0.0.1, ::1 */
#define STLS_NAMES_NAME "wrong-ip"     /* localhost, 192.0.2.1 */

/* Opens the bed, with a directory that has the hosts file. Fails the test where it can't. */
void stls_names_bed_open(struct stls_testbed *bed, char directory[STLS_FILES_PATH_MAX]);

/* The testbed's environment, with nss_wrapper preloaded after our library, or before it. */
void stls_names_environment(const struct stls_testbed *bed, const char *directory,
                            enum stls_preload mode, bool is_wrapper_first,
                            struct stls_environment *environment);

#endif
