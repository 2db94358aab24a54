/* list.h - names one behind the other in a text, with separators between them. */
#ifndef STLS_LIST_H
#define STLS_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Appends a name to a list of size bytes, the terminator included, with the separator before it
 * unless it is the first. False, with nothing changed, if it does not fit. */
bool stls_list_append(char *list, size_t size, const char *separator, const char *name);

/* The length of the name that comes next, to which *at is moved; 0 at the end of the list. */
size_t stls_list_next(const char **at, const char *separators);

#endif
