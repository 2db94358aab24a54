/* service.h - the services of the matrix: real servers for clients that speak no HTTP, and nginx as
 * a client of the lab.
 *
 * Owns: the shape of a row. services.c runs rows, real_services.c and proxy.c hold them.
 */
#ifndef STLS_TESTS_SERVICE_H
#define STLS_TESTS_SERVICE_H

#include "arguments.h"
#include "cell.h"
#include "programs.h"
#include "testbed.h"

enum {
    STLS_SERVICE_START_MS = 15000,
    STLS_SERVICE_RUN_MS = 20000,
    STLS_SERVICE_CONFIG_MAX = 2048,
};

/* A real server that shows a case's certificate, and its client, which is bare or preloaded.
 *
 * Words in the patterns: {host}, {port}, {ca}, {directory} (with chain.pem and key.pem in it),
 * {programs} (where find_programs found them), {user} (who runs the tests), {mark} (bare or
 * preloaded: the client says it, and the server's record of it proves that data arrived). */
struct stls_service {
    const char *name;
    enum stls_program_reach reach;
    bool verifies_chain;     /* the client does, and cannot be told not to */
    bool connects_often;     /* the client tries again */
    const char *server_user; /* who runs the server where we are root; NULL: root itself */
    const char *(*find_programs)(void);    /* a directory, or NULL; may be NULL if not needed */
    const char *setup[STLS_ARGUMENTS_MAX]; /* run once before the first start; may be empty */
    const char *server[STLS_ARGUMENTS_MAX];
    const char *config; /* goes to {directory}/server.conf; NULL: none */
    const char *ready;  /* what the server says when it serves */
    const char *client[STLS_ARGUMENTS_MAX];
    const char *observe[STLS_ARGUMENTS_MAX]; /* asks the server for its record; empty: its log */
    const char *record;                      /* what stands there if data arrived from {mark} */
};

const struct stls_service *stls_real_services(size_t *ret_count);

/* nginx as a reverse proxy to a lab server; the second row sends a server name. */
size_t stls_proxy_rows(void);
const char *stls_proxy_name(size_t row);
void stls_proxy_run_cell(struct stls_testbed *bed, size_t row, const struct stls_lab_case *lab_case,
                         const char *directory, struct stls_cell *cell);

/* Why a certificate case tells nothing here, or the host is out of reach; NULL if it does. */
const char *stls_service_exception(const struct stls_lab_case *lab_case,
                                   enum stls_program_reach reach);

#endif
