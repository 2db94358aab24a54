/* list.c - see list.h */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "banned.h"

bool stls_list_append(char *list, size_t size, const char *separator, const char *name)
{
    size_t length = strlen(list);
    int added = snprintf(list + length, size - length, "%s%s", length > 0 ? separator : "", name);

    if (added >= 0 && (size_t)added < size - length)
        return true;
    list[length] = '\0';
    return false;
}

size_t stls_list_next(const char **at, const char *separators)
{
    *at += strspn(*at, separators);
    return strcspn(*at, separators);
}
