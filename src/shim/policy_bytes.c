/* policy_bytes.c - see policy_bytes.h */
#include "policy_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "next.h"
#include "sinks.h"

#include "../core/banned.h"

static _Atomic(struct stls_policy_surroundings *) read_already;

static const char *find_fault(int fd, size_t *ret_length)
{
    struct statx status;

    if (STLS_NEXT(statx)(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_SIZE, &status) != 0)
        return "expected a file that can be read";
    if (!S_ISREG(status.stx_mode))
        return "expected a regular file";
    if ((status.stx_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "expected a file that nobody but its owner may write";
    if (status.stx_size > STLS_POLICY_BYTES_MAX)
        return "expected less than a megabyte";
    *ret_length = (size_t)status.stx_size;
    return NULL;
}

static bool read_all(int fd, char *text, size_t length)
{
    while (length > 0) {
        ssize_t count = read(fd, text, length);

        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        text += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return true;
}

static struct stls_policy_bytes read_file(const char *path, bool is_needed)
{
    struct stls_policy_bytes bytes = {.text = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *text;

    if (fd < 0) {
        if (is_needed || (errno != ENOENT && errno != ENOTDIR))
            bytes.fault = "expected a file that can be read";
        return bytes;
    }
    bytes.fault = find_fault(fd, &bytes.length);
    text = bytes.fault == NULL ? malloc(bytes.length + 1) : NULL;
    if (bytes.fault == NULL && (text == NULL || !read_all(fd, text, bytes.length)))
        bytes.fault = "expected a file that can be read";
    if (bytes.fault == NULL)
        bytes.text = text;
    else
        free(text);
    close(fd);
    return bytes;
}

/* Not argv[0], which is whatever the caller makes it. Without /proc what was given to execve. */
static void find_executable(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

    if (length < 0) {
        const char *given = (const char *)STLS_NEXT(getauxval)(AT_EXECFN);

        for (length = 0; given != NULL && given[length] != '\0' && length < PATH_MAX - 1; length++)
            path[length] = given[length];
    }
    path[length] = '\0';
}

const struct stls_policy_surroundings *stls_policy_bytes_there(void)
{
    return atomic_load_explicit(&read_already, memory_order_acquire);
}

const struct stls_policy_surroundings *stls_policy_bytes_read(const char *own)
{
    struct stls_policy_surroundings *there =
        atomic_load_explicit(&read_already, memory_order_acquire);
    struct stls_policy_surroundings *made;
    int saved_errno = errno;

    if (there != NULL)
        return there;
    stls_sinks_remember_stderr();
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->system = read_file(STLS_POLICY_SYSTEM_PATH, false);
    if (own != NULL)
        made->own = read_file(own, true);
    find_executable(made->executable);
    errno = saved_errno;
    if (atomic_compare_exchange_strong(&read_already, &there, made))
        return made;
    free((void *)(size_t)made->system.text);
    free((void *)(size_t)made->own.text);
    free(made);
    return there;
}
