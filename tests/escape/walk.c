/* walk.c - see walk.h */
#include "walk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "way.h"

enum {
    DEADLINE_MS = 20000,
    READY_MS = 10000,
    VARIABLES_MAX = 32,
    VARIABLES_SIZE = 16384,
};

/* The environment of one run. */
struct variables {
    char text[VARIABLES_SIZE]; /* "NAME=value", one behind the other */
    size_t used;
    const char *list[VARIABLES_MAX + 1];
    size_t count;
    char before[STLS_FILES_PATH_MAX], after[STLS_FILES_PATH_MAX]; /* libraries beside ours */
};

const char *stls_side_name(enum stls_side side)
{
    switch (side) {
    case STLS_SIDE_BARE_BAD:
        return "bare, bad opponent";
    case STLS_SIDE_PRELOADED_BAD:
        return "preloaded, bad opponent";
    case STLS_SIDE_AUDITED_BAD:
        return "preloaded in audit mode, bad opponent";
    case STLS_SIDE_BARE_GOOD:
        return "bare, good opponent";
    case STLS_SIDE_PRELOADED_GOOD:
        return "preloaded, good opponent";
    }
    return "?";
}

static bool is_bad(enum stls_side side)
{
    return side == STLS_SIDE_BARE_BAD || side == STLS_SIDE_PRELOADED_BAD ||
           side == STLS_SIDE_AUDITED_BAD;
}

static bool is_preloaded(enum stls_side side)
{
    return side != STLS_SIDE_BARE_BAD && side != STLS_SIDE_BARE_GOOD;
}

static enum stls_side bare_side(enum stls_side side)
{
    return is_bad(side) ? STLS_SIDE_BARE_BAD : STLS_SIDE_BARE_GOOD;
}

static void set(struct variables *variables, const char *name, const char *value)
{
    char *at = variables->text + variables->used;
    size_t left = sizeof variables->text - variables->used;
    int length = snprintf(at, left, "%s=%s", name, value);

    if (variables->count == VARIABLES_MAX || length < 0 || (size_t)length >= left)
        return;
    variables->used += (size_t)length + 1;
    variables->list[variables->count] = at;
    variables->list[++variables->count] = NULL;
}

/* %D and %T of a row become directories. */
static void expand(const char *text, const struct stls_arena *arena, char *out, size_t size)
{
    size_t length = 0;

    for (; *text != '\0' && length + 1 < size; text++) {
        const char *directory = NULL;

        if (text[0] == '%' && text[1] == 'D')
            directory = stls_arena_victims();
        else if (text[0] == '%' && text[1] == 'T')
            directory = stls_arena_directory(arena);
        if (directory != NULL) {
            length += (size_t)snprintf(out + length, size - length, "%s", directory);
            text++;
        } else {
            out[length++] = *text;
        }
    }
    out[length < size ? length : size - 1] = '\0';
}

static bool sets(const struct variables *variables, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < variables->count; i++)
        if (strncmp(variables->list[i], name, length) == 0 && variables->list[i][length] == '=')
            return true;
    return false;
}

static void set_of_row(struct variables *variables, const struct stls_arena *arena,
                       const struct stls_row *row)
{
    char text[sizeof row->env], value[STLS_FILES_PATH_MAX];
    char *rest = text, *item;

    snprintf(text, sizeof text, "%s", row->env);
    while ((item = strsep(&rest, " ")) != NULL) {
        char *equals = strchr(item, '=');

        if (equals == NULL)
            continue;
        *equals = '\0';
        expand(equals + 1, arena, value, sizeof value);
        if (strcmp(item, "BEFORE") == 0)
            memcpy(variables->before, value, sizeof value);
        else if (strcmp(item, "AFTER") == 0)
            memcpy(variables->after, value, sizeof value);
        else
            set(variables, item, value);
    }
}

static void set_preload(struct variables *variables, const struct stls_arena *arena,
                        enum stls_side side)
{
    bool is_ours_wanted = is_preloaded(side);
    const char *library = getenv("STLS_LIBRARY");
    char value[3 * STLS_FILES_PATH_MAX];

    /* The loader skips what is empty between two colons. */
    snprintf(value, sizeof value, "%s:%s:%s", variables->before,
             is_ours_wanted && library != NULL ? library : "", variables->after);
    if (strcmp(value, "::") != 0)
        set(variables, "LD_PRELOAD", value);
    snprintf(value, sizeof value, "file:%s/events", stls_arena_directory(arena));
    if (is_ours_wanted && !sets(variables, "STRICTTLS_LOG"))
        set(variables, "STRICTTLS_LOG", value);
    if (is_ours_wanted && !sets(variables, "STRICTTLS_LOG_FORMAT"))
        set(variables, "STRICTTLS_LOG_FORMAT", "json");
    if (side == STLS_SIDE_AUDITED_BAD)
        set(variables, "STRICTTLS_MODE", "audit");
}

static void set_all(struct variables *variables, const struct stls_arena *arena,
                    const struct stls_row *row, enum stls_side side, const char *chain)
{
    char path[STLS_FILES_PATH_MAX];

    *variables = (struct variables){.count = 0};
    set_of_row(variables, arena, row);
    stls_files_join(path, stls_arena_directory(arena), "root.pem");
    if (!sets(variables, "SSL_CERT_FILE"))
        set(variables, "SSL_CERT_FILE", path);
    set(variables, "SSL_CERT_DIR", "/nonexistent");
    if (!sets(variables, "OPENSSL_CONF")) /* the machine's own must not decide */
        set(variables, "OPENSSL_CONF", "/dev/null");
    set(variables, "STLS_VICTIMS", stls_arena_victims());
    set(variables, "STLS_DIRECTORY", stls_arena_directory(arena));
    set(variables, "STLS_CHAIN", chain);
    if (getenv("STLS_SECOND_LIBSSL") != NULL)
        set(variables, "STLS_SECOND_LIBSSL", getenv("STLS_SECOND_LIBSSL"));
    set_preload(variables, arena, side);
}

static void read_events(const struct stls_arena *arena, struct stls_step *step)
{
    char path[STLS_FILES_PATH_MAX];

    stls_files_join(path, stls_arena_directory(arena), "events");
    stls_files_read(path, step->events, sizeof step->events);
    stls_files_add_events(step->events);
    unlink(path);
}

static int run_client(struct stls_arena *arena, const struct stls_row *row, const char *way,
                      enum stls_side side, struct stls_opponent *opponent, struct stls_step *step)
{
    struct variables *variables = calloc(1, sizeof *variables);
    char program[STLS_FILES_PATH_MAX], root[STLS_FILES_PATH_MAX];
    const char *argv[12];
    size_t count = stls_arena_command(row->victim, program, argv);
    struct stls_process_command command = {.argv = argv};
    int error;

    if (variables == NULL)
        return -ENOMEM;
    stls_files_join(root, stls_arena_directory(arena), "root.pem");
    set_all(variables, arena, row, side, stls_opponent_chain(opponent));
    command.env = variables->list;
    argv[count++] = way;
    argv[count++] =
        is_bad(side) && row->bad_host[0] != '\0' ? row->bad_host : stls_opponent_host(opponent);
    argv[count++] = stls_opponent_ports(opponent);
    argv[count++] = root;
    argv[count] = NULL;
    error = stls_process_run(&command, DEADLINE_MS, &step->victim);
    free(variables);
    return error;
}

static int walk_client(struct stls_arena *arena, const struct stls_row *row, enum stls_side side,
                       struct stls_step *step)
{
    struct stls_opponent *opponent =
        stls_opponent_start(arena, is_bad(side) ? row->bad : row->good);
    int error = 0;

    if (opponent == NULL) {
        step->is_unavailable = errno == ENOTSUP;
        snprintf(step->victim.output, sizeof step->victim.output,
                 "unavailable: this OpenSSL has no server %s\n",
                 is_bad(side) ? row->bad : row->good);
        return step->is_unavailable ? 0 : -errno;
    }
    if (row->before[0] != '\0') {
        error = run_client(arena, row, row->before, bare_side(side), opponent, step);
        if (error == 0)
            error = stls_opponent_ask(opponent, &step->seen);
    }
    if (error == 0)
        error = run_client(arena, row, row->name, side, opponent, step);
    if (error == 0)
        error = stls_opponent_ask(opponent, &step->seen);
    step->is_unavailable =
        step->victim.end == STLS_PROCESS_EXITED && step->victim.code == STLS_UNAVAILABLE;
    stls_opponent_stop(opponent);
    return error;
}

/* What the client got out of the server that the victim is. */
static int meet_server(struct stls_arena *arena, const char *client, const char *port,
                       struct stls_step *step)
{
    struct stls_process_result *result = calloc(1, sizeof *result);
    char program[STLS_FILES_PATH_MAX];
    const char *argv[12], *word;
    size_t count = stls_arena_command("peer", program, argv);
    const char *env[] = {"OPENSSL_CONF=/dev/null", NULL};
    struct stls_process_command command = {.argv = argv, .env = env};
    int error;

    if (result == NULL)
        return -ENOMEM;
    argv[count++] = "client";
    argv[count++] = client;
    argv[count++] = port;
    argv[count++] = stls_arena_directory(arena);
    argv[count] = NULL;
    error = stls_process_run(&command, DEADLINE_MS, result);
    if (error == 0 && (result->end != STLS_PROCESS_EXITED || result->code > 1) &&
        result->code != STLS_UNAVAILABLE)
        error = -ECHILD;
    step->is_unavailable = error == 0 && result->code == STLS_UNAVAILABLE;
    word = error == 0 ? strstr(result->output, "outcome ") : NULL;
    step->seen.outcome = STLS_LAB_NOTHING;
    if (word != NULL && strncmp(word + 8, "data", 4) == 0)
        step->seen.outcome = STLS_LAB_DATA;
    else if (word != NULL && strncmp(word + 8, "finished", 8) == 0)
        step->seen.outcome = STLS_LAB_FINISHED;
    else if (word != NULL)
        step->seen.outcome = STLS_LAB_REFUSED;
    free(result);
    return error;
}

static int walk_server(struct stls_arena *arena, const struct stls_row *row, enum stls_side side,
                       struct stls_step *step)
{
    struct variables *variables = calloc(1, sizeof *variables);
    char program[STLS_FILES_PATH_MAX], root[STLS_FILES_PATH_MAX], chain[STLS_FILES_PATH_MAX];
    const char *argv[12];
    size_t count = stls_arena_command(row->victim, program, argv);
    struct stls_process_command command = {.argv = argv};
    struct stls_process *victim = NULL;
    char port[16];
    int error = variables == NULL ? -ENOMEM : 0;

    if (error == 0) {
        stls_files_join(root, stls_arena_directory(arena), "root.pem");
        stls_files_join(chain, stls_arena_directory(arena), "good.pem");
        set_all(variables, arena, row, side, chain);
        command.env = variables->list;
        argv[count++] = row->name;
        argv[count++] = "localhost";
        argv[count++] = "0";
        argv[count++] = root;
        argv[count] = NULL;
        victim = stls_process_start(&command);
        error = victim == NULL ? -errno : 0;
    }
    if (error == 0 && stls_process_wait_output(victim, 0, "ready ", READY_MS) == 0 &&
        stls_process_wait_output(victim, 0, "\n", READY_MS) == 0 &&
        sscanf(strstr(stls_process_output(victim, NULL), "ready "), "ready %15s", port) == 1)
        error = meet_server(arena, (is_bad(side) ? row->bad : row->good) + strlen("client:"), port,
                            step);
    else if (error == 0)
        step->is_unavailable = strstr(stls_process_output(victim, NULL), "unavailable") != NULL;
    if (victim != NULL) {
        /* It ends by itself, after as many connections as it is for. */
        stls_process_wait_output(victim, 0, "served\n", READY_MS);
        snprintf(step->victim.output, sizeof step->victim.output, "%s",
                 stls_process_output(victim, NULL));
        step->victim.end = STLS_PROCESS_EXITED;
        step->victim.code = step->seen.outcome == STLS_LAB_DATA ? STLS_ANSWERED : STLS_FAILED;
        if (!stls_process_stop(victim))
            step->victim.end = STLS_PROCESS_SIGNALLED;
    }
    free(variables);
    return error;
}

int stls_walk(struct stls_arena *arena, const struct stls_row *row, enum stls_side side,
              struct stls_step *step)
{
    int error;

    *step = (struct stls_step){.is_unavailable = false};
    error =
        row->is_server ? walk_server(arena, row, side, step) : walk_client(arena, row, side, step);
    read_events(arena, step);
    return error;
}
