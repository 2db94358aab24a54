/* texts.h - texts that follow each other, each terminated.
 *
 * Owns: finding one of them by its number. It is what a table of pointers would be, which would be
 * relocated in every process, also where there is no TLS; and smaller.
 */
#ifndef STLS_TEXTS_H
#define STLS_TEXTS_H

#include <stddef.h>

/* The text with that number, from 0 on; there must be so many. */
const char *stls_texts_at(const char *texts, size_t number);

#endif
