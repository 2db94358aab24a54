/* bed.c - see bed.h */
#include "bed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bed_open(struct bed *bed)
{
    cr_assert_eq(stls_files_make_directory(bed->directory), 0);
    cr_assert_eq(stls_files_join(bed->log, bed->directory, "log"), 0);
    snprintf(bed->sink, sizeof bed->sink, "file:%s", bed->log);
}

void bed_close(struct bed *bed)
{
    stls_files_remove_directory(bed->directory);
}

bool bed_run(struct bed *bed, const char *const *env, const char *const *argv)
{
    const char *arguments[ARGUMENTS_MAX] = {NULL};
    char path[STLS_FILES_PATH_MAX];
    struct stls_process_command command = {.argv = arguments, .env = env};

    for (size_t i = 0; argv[i] != NULL && i < ARGUMENTS_MAX - 1; i++)
        arguments[i] = argv[i];
    if (strchr(argv[0], '/') == NULL) {
        stls_files_join(path, STLS_EVENTS, argv[0]);
        arguments[0] = path;
    }
    cr_assert_eq(stls_process_run(&command, DEADLINE_MS, &bed->result), 0, "%s can't be run",
                 argv[0]);
    return bed->result.end == STLS_PROCESS_EXITED && bed->result.code == 0;
}

bool bed_run_preloaded(struct bed *bed, const char *const *settings, const char *const *argv)
{
    char preload[STLS_FILES_PATH_MAX + 16];
    const char *env[ARGUMENTS_MAX] = {preload, "OPENSSL_CONF=/dev/null", NULL};

    cr_assert(getenv("STLS_LIBRARY") != NULL, "STLS_LIBRARY is not set");
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", getenv("STLS_LIBRARY"));
    for (size_t i = 0; settings[i] != NULL && i < ARGUMENTS_MAX - 3; i++)
        env[i + 2] = settings[i];
    return bed_run(bed, env, argv);
}

char *bed_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0, length = 0;

    do {
        size += 1024 * 1024;
        text = realloc(text, size + 1);
        cr_assert(text != NULL);
        length += file != NULL ? fread(text + length, 1, size - length, file) : 0;
    } while (length == size);
    text[length] = '\0';
    if (file != NULL)
        fclose(file);
    return text;
}

size_t bed_count(const char *text, const char *needle)
{
    size_t count = 0;

    for (; (text = strstr(text, needle)) != NULL; text += strlen(needle))
        count++;
    return count;
}

void bed_validate(struct bed *bed, const char *path, size_t count)
{
    char expected[64];

    snprintf(expected, sizeof expected, "%zu events are valid\n", count);
    cr_expect(
        bed_run(bed, NULL,
                (const char *const[]){STLS_SOURCES "/tests/events/validate",
                                      STLS_SOURCES "/schema/event-1.schema.json", path, NULL}),
        "%s", bed->result.output);
    cr_expect_str_eq(bed->result.output, expected);
}
