/* rows.h - the ways, as the victims list them. */
#ifndef STLS_ESCAPE_ROWS_H
#define STLS_ESCAPE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "way.h"

enum {
    STLS_ROWS_MAX = 512,
};

/* Without pointers: a row is handed from process to process. Empty: none. */
struct stls_row {
    char victim[24]; /* the program that walks it */
    char area[16];
    char name[48];
    enum stls_expectation expectation;
    bool is_server;
    char bad[40];
    char good[40];
    char bad_host[64];
    char before[48];
    char env[200];
    char attack[240];
};

/* What all victims list, as far as STLS_ESCAPE_ONLY (a name, an area or the beginning of a name)
 * allows. 0 or a negative errno. */
int stls_rows_read(struct stls_row *rows, size_t size, size_t *ret_count);

#endif
