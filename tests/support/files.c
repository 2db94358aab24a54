/* files.c - see files.h. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int stls_files_make_directory(char *path)
{
    const char *parent = secure_getenv("TMPDIR");
    int error = stls_files_join(path, parent != NULL ? parent : "/tmp", "stricttls-XXXXXX");
    if (error != 0) {
        return error;
    }
    return mkdtemp(path) == NULL ? -errno : 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    remove(path); /* what can't be removed is left: the directory above will tell */
    return 0;
}

void stls_files_remove_directory(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int stls_files_join(char *path, const char *directory, const char *name)
{
    int length = snprintf(path, STLS_FILES_PATH_MAX, "%s/%s", directory, name);
    return length < 0 || length >= STLS_FILES_PATH_MAX ? -ENAMETOOLONG : 0;
}

int stls_files_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return -errno;
    }
    int failed = fputs(text, file) < 0;
    failed |= fclose(file) != 0;
    return failed ? -EIO : 0;
}

int stls_files_read(const char *path, char *text, size_t size)
{
    text[0] = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    size_t length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    int failed = ferror(file);
    fclose(file);
    return failed ? -EIO : 0;
}

void stls_files_add_events(const char *text)
{
    const char *path = getenv("STLS_EVENTS");
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;

    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0) {
        abort(); /* what was to be validated would not be */
    }
    close(fd);
}
