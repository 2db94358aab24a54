/* opponent.c - see opponent.h */
#include "opponent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/process.h"

enum {
    PEER_START_MS = 10000,
    PEER_ANSWER_S = 20,
    LAB_ANSWER_MS = 10000,
};

struct stls_arena {
    struct stls_lab *lab;
    char directory[STLS_FILES_PATH_MAX];
};

struct stls_opponent {
    struct stls_lab_server *lab; /* or */
    struct stls_process *peer;
    unsigned short control;
    char ports[32];
    char host[64];
    char chain[STLS_FILES_PATH_MAX];
};

const char *stls_arena_victims(void)
{
    const char *directory = getenv("STLS_ESCAPE_VICTIMS");

    return directory != NULL ? directory : STLS_ESCAPE_VICTIMS;
}

const char *stls_arena_loader(void)
{
    return getenv("STLS_ESCAPE_LOADER");
}

size_t stls_arena_command(const char *program, char path[STLS_FILES_PATH_MAX], const char **argv)
{
    const char *libraries = getenv("STLS_ESCAPE_LIBRARIES");
    size_t count = 0;

    stls_files_join(path, stls_arena_victims(), program);
    if (stls_arena_loader() != NULL) {
        argv[count++] = stls_arena_loader();
        if (libraries != NULL) {
            argv[count++] = "--library-path";
            argv[count++] = libraries;
        }
    }
    argv[count++] = path;
    return count;
}

static int write_pair(struct stls_arena *arena, const char *name, const char *lab_case,
                      enum stls_lab_client_identity client)
{
    char chain[STLS_FILES_PATH_MAX], key[STLS_FILES_PATH_MAX], file[32];

    snprintf(file, sizeof file, "%s.pem", name);
    stls_files_join(chain, arena->directory, file);
    snprintf(file, sizeof file, "%s.key", name);
    stls_files_join(key, arena->directory, file);
    if (lab_case == NULL)
        return stls_lab_write_client_identity(arena->lab, client, chain, key);
    return stls_lab_write_identity(arena->lab, stls_lab_find_case(lab_case), chain, key);
}

struct stls_arena *stls_arena_new(void)
{
    struct stls_arena *arena = calloc(1, sizeof *arena);
    char root[STLS_FILES_PATH_MAX];

    if (arena == NULL)
        return NULL;
    arena->lab = stls_lab_new();
    if (arena->lab != NULL && stls_files_make_directory(arena->directory) == 0 &&
        stls_files_join(root, arena->directory, "root.pem") == 0 &&
        stls_lab_write_root(arena->lab, root) == 0 &&
        write_pair(arena, "good", "good-rsa", 0) == 0 &&
        write_pair(arena, "bad", "self-signed", 0) == 0 &&
        write_pair(arena, "above", "good-intermediate", 0) == 0 &&
        write_pair(arena, "client", NULL, STLS_LAB_CLIENT_GOOD) == 0 &&
        write_pair(arena, "stranger", NULL, STLS_LAB_CLIENT_UNTRUSTED) == 0)
        return arena;
    stls_arena_free(arena);
    return NULL;
}

void stls_arena_free(struct stls_arena *arena)
{
    if (arena == NULL)
        return;
    if (arena->directory[0] != '\0')
        stls_files_remove_directory(arena->directory);
    stls_lab_free(arena->lab);
    free(arena);
}

const char *stls_arena_directory(const struct stls_arena *arena)
{
    return arena->directory;
}

static int start_lab(struct stls_arena *arena, const char *name, struct stls_opponent *opponent)
{
    const struct stls_lab_case *lab_case = stls_lab_find_case(name);
    char key[STLS_FILES_PATH_MAX];

    if (lab_case == NULL)
        return -EINVAL;
    opponent->lab = stls_lab_serve(arena->lab, lab_case);
    if (opponent->lab == NULL)
        return -errno;
    stls_files_join(opponent->chain, arena->directory, "server.pem");
    stls_files_join(key, arena->directory, "server.key");
    stls_lab_write_identity(arena->lab, lab_case, opponent->chain, key);
    snprintf(opponent->ports, sizeof opponent->ports, "%u", stls_lab_server_port(opponent->lab));
    snprintf(opponent->host, sizeof opponent->host, "%s", lab_case->host);
    return 0;
}

static int start_peer(const struct stls_arena *arena, const char *mode,
                      struct stls_opponent *opponent)
{
    const char *argv[8];
    char program[STLS_FILES_PATH_MAX];
    size_t count = stls_arena_command("peer", program, argv);
    const char *env[] = {"OPENSSL_CONF=/dev/null", NULL};
    struct stls_process_command command = {.argv = argv, .env = env};

    argv[count++] = "serve";
    argv[count++] = mode;
    argv[count++] = arena->directory;
    argv[count] = NULL;
    opponent->peer = stls_process_start(&command);
    if (opponent->peer == NULL)
        return -errno;
    if (stls_process_wait_output(opponent->peer, 0, "\n", PEER_START_MS) != 0 ||
        sscanf(stls_process_output(opponent->peer, NULL), "ready %31s %hu", opponent->ports,
               &opponent->control) != 2) {
        fprintf(stderr, "peer %s: %s", mode, stls_process_output(opponent->peer, NULL));
        return -ENOTSUP;
    }
    stls_files_join(opponent->chain, arena->directory,
                    strstr(mode, "good") != NULL ? "good.pem" : "bad.pem");
    snprintf(opponent->host, sizeof opponent->host, "localhost");
    return 0;
}

struct stls_opponent *stls_opponent_start(struct stls_arena *arena, const char *spec)
{
    struct stls_opponent *opponent = calloc(1, sizeof *opponent);
    int error;

    if (opponent == NULL)
        return NULL;
    if (strncmp(spec, "lab:", 4) == 0)
        error = start_lab(arena, spec + 4, opponent);
    else
        error = strncmp(spec, "peer:", 5) == 0 ? start_peer(arena, spec + 5, opponent) : -EINVAL;
    if (error == 0)
        return opponent;
    stls_opponent_stop(opponent);
    errno = -error;
    return NULL;
}

void stls_opponent_stop(struct stls_opponent *opponent)
{
    if (opponent == NULL)
        return;
    if (opponent->lab != NULL)
        stls_lab_server_stop(opponent->lab);
    stls_process_stop(opponent->peer);
    free(opponent);
}

const char *stls_opponent_ports(const struct stls_opponent *opponent)
{
    return opponent->ports;
}

const char *stls_opponent_host(const struct stls_opponent *opponent)
{
    return opponent->host;
}

const char *stls_opponent_chain(const struct stls_opponent *opponent)
{
    return opponent->chain;
}

static int read_report(unsigned short port, char *text, size_t size)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {.tv_sec = PEER_ANSWER_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t length = 0;
    ssize_t got = -1;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
            length += (size_t)got;
    text[length] = '\0';
    close(fd);
    return got == 0 && length > 0 ? 0 : -ETIMEDOUT;
}

static int parse_report(const char *text, struct stls_sighting *ret)
{
    char furthest[16], last[16];

    if (sscanf(text, "%15s %15s %u %31s", furthest, last, &ret->resumptions, ret->weak) != 4)
        return -EPROTO;
    for (int i = STLS_LAB_NOTHING; i <= STLS_LAB_DATA; i++)
        if (strcmp(stls_lab_outcome_name(i), last) == 0) {
            /* What counts is the last: the connections before it were there to prepare it. */
            ret->outcome = i;
            return 0;
        }
    return -EPROTO;
}

int stls_opponent_ask(struct stls_opponent *opponent, struct stls_sighting *ret)
{
    char text[128];
    int error;

    if (opponent->lab != NULL) {
        snprintf(ret->weak, sizeof ret->weak, "?");
        ret->resumptions = stls_lab_server_resumptions(opponent->lab);
        ret->outcome = stls_lab_server_take(opponent->lab, LAB_ANSWER_MS);
        return 0;
    }
    error = read_report(opponent->control, text, sizeof text);
    return error == 0 ? parse_report(text, ret) : error;
}
