/* policy_bytes.c - see policy_bytes.h */
#include "policy_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "next.h"
#include "sinks.h"

#include "../core/policy_file.h"
#include "../core/policy_text.h"

#include "../core/banned.h"

enum {
    ARGUMENTS_MAX = 32, /* at which it is looked for a script */
};

static _Atomic(struct stls_policy_surroundings *) read_already;

static int look_at(int fd, size_t max, struct stls_policy_bytes *ret)
{
    struct statx status;

    if (STLS_NEXT(statx)(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0)
        return errno;
    ret->mode = status.stx_mode;
    ret->owner = status.stx_uid;
    ret->length = (size_t)status.stx_size;
    if (!S_ISREG(status.stx_mode))
        return S_ISDIR(status.stx_mode) ? EISDIR : EINVAL;
    return status.stx_size <= max ? 0 : EFBIG;
}

static int read_all(int fd, char *text, size_t length)
{
    while (length > 0) {
        ssize_t count = read(fd, text, length);

        if (count == 0 || (count < 0 && errno != EINTR))
            return count == 0 ? EIO : errno;
        text += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

int stls_policy_bytes_load(const char *path, size_t max, struct stls_policy_bytes *ret)
{
    struct stls_policy_bytes made = {.text = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int error = fd < 0 ? errno : look_at(fd, max, &made);
    char *text = error == 0 ? calloc(1, made.length + 1) : NULL;

    if (error == 0)
        error = text != NULL ? read_all(fd, text, made.length) : ENOMEM;
    if (fd >= 0)
        close(fd);
    if (error != 0) {
        free(text);
        return error;
    }
    made.text = text;
    *ret = made;
    return 0;
}

/* Somebody wanted something to be there. */
static bool is_broken_link(const char *path)
{
    char first;

    return readlink(path, &first, 1) > 0 && access(path, F_OK) != 0;
}

static bool is_system_missing(int error)
{
    return (error == ENOENT || error == ENOTDIR) && !is_broken_link(STLS_POLICY_SYSTEM_PATH) &&
           !is_broken_link(STLS_SYSCONFDIR "/stricttls");
}

static const char *find_owner_fault(const struct stls_policy_bytes *bytes)
{
    struct statx system = {.stx_uid = 0};

    (void)STLS_NEXT(statx)(AT_FDCWD, "/usr", 0, STATX_UID, &system);
    return stls_policy_file_owner_fault(bytes->mode, bytes->owner, geteuid(), system.stx_uid);
}

static struct stls_policy_bytes read_policy(const char *path, bool is_needed)
{
    struct stls_policy_bytes bytes = {.text = NULL};
    int error = stls_policy_bytes_load(path, STLS_POLICY_BYTES_MAX, &bytes);

    if (!is_needed && is_system_missing(error))
        return bytes;
    if (error == EFBIG)
        bytes.fault = "expected less than a megabyte";
    else if (error == EISDIR || error == EINVAL)
        bytes.fault = "expected a regular file";
    else if (error != 0)
        bytes.fault = "expected a file that can be read";
    else
        bytes.fault = find_owner_fault(&bytes);
    if (bytes.fault != NULL) {
        free((void *)(uintptr_t)bytes.text);
        bytes.text = NULL;
        bytes.length = 0;
    }
    return bytes;
}

/* What can't be read now may be there when it is needed. */
static void read_anchors(struct stls_policy_surroundings *made, const char *path, size_t length)
{
    struct stls_policy_anchors *anchors = calloc(1, sizeof *anchors + length + 1);

    if (anchors == NULL)
        return;
    memcpy(anchors->path, path, length);
    anchors->path[length] = '\0';
    if (stls_policy_bytes_find_anchors(made, anchors->path) != NULL ||
        stls_policy_bytes_load(anchors->path, STLS_POLICY_ANCHORS_MAX, &anchors->bytes) != 0) {
        free(anchors);
        return;
    }
    anchors->next = made->anchors;
    made->anchors = anchors;
}

/* The paths of all TrustStores, before there is a parser: where it will read one otherwise, because
 * of quotes, that one is not found among these. */
static void find_anchors(struct stls_policy_surroundings *made,
                         const struct stls_policy_bytes *policy)
{
    static const char word[] = "TrustStore";
    struct stls_text_scan scan = {.text = (char *)(uintptr_t)policy->text,
                                  .length = policy->length};
    struct stls_text_item item;

    for (stls_policy_text_next(&scan, &item); item.kind != STLS_TEXT_END;
         stls_policy_text_next(&scan, &item)) {
        const char *path = item.name + sizeof word - 1, *end = item.end;

        if (item.kind != STLS_TEXT_WORD || item.length != sizeof word - 1 ||
            memcmp(item.name, word, sizeof word - 1) != 0)
            continue;
        while (path < end && (*path == '=' || *path == ' ' || *path == '\t'))
            path++;
        for (const char *c = path; c < end; c++)
            if (*c == '#')
                end = c;
        while (end > path && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        if (path < end && *path == '/')
            read_anchors(made, path, (size_t)(end - path));
    }
}

/* Not argv[0], which is whatever the caller makes it. Without /proc what was given to execve. An
 * executable that was replaced since is still the one of that name. */
static void find_executable(char path[PATH_MAX])
{
    static const char deleted[] = " (deleted)";
    const ssize_t end = sizeof deleted - 1;
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

    if (length < 0) {
        const char *given = (const char *)STLS_NEXT(getauxval)(AT_EXECFN);

        for (length = 0; given != NULL && given[length] != '\0' && length < PATH_MAX - 1; length++)
            path[length] = given[length];
    }
    if (length > end && memcmp(path + length - end, deleted, (size_t)end) == 0)
        length -= end;
    path[length] = '\0';
}

/* Options may have arguments that are none: -W ignore, -I lib. */
static void find_script(char **arguments, char path[PATH_MAX])
{
    struct statx status;

    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL && arguments[i + 1] != NULL; i++)
        if (STLS_NEXT(realpath)(arguments[i + 1], path) != NULL &&
            STLS_NEXT(statx)(AT_FDCWD, path, 0, STATX_TYPE, &status) == 0 &&
            S_ISREG(status.stx_mode))
            return;
    path[0] = '\0';
}

const struct stls_policy_surroundings *stls_policy_bytes_there(void)
{
    return atomic_load_explicit(&read_already, memory_order_acquire);
}

bool stls_policy_bytes_has_system(void)
{
    const struct stls_policy_surroundings *there = stls_policy_bytes_there();

    if (there != NULL)
        return there->system.text != NULL || there->system.fault != NULL;
    return access(STLS_POLICY_SYSTEM_PATH, F_OK) == 0 || !is_system_missing(errno);
}

const struct stls_policy_bytes *
stls_policy_bytes_find_anchors(const struct stls_policy_surroundings *around, const char *path)
{
    const struct stls_policy_anchors *there = around->anchors;

    while (there != NULL && strcmp(there->path, path) != 0)
        there = there->next;
    return there != NULL ? &there->bytes : NULL;
}

/* False when out of memory. */
static bool find_paths(struct stls_policy_surroundings *made, char **arguments)
{
    if (made->system.text == NULL && made->own.text == NULL)
        return true;
    made->paths = calloc(1, sizeof *made->paths);
    if (made->paths == NULL)
        return false;
    find_executable(made->paths->executable);
    if (arguments != NULL)
        find_script(arguments, made->paths->script);
    return true;
}

/* False when out of memory. */
static bool fill(struct stls_policy_surroundings *made, const char *own, const char *anchors,
                 char **arguments)
{
    made->system = read_policy(STLS_POLICY_SYSTEM_PATH, false);
    if (own != NULL)
        made->own = read_policy(own, true);
    if (!find_paths(made, arguments))
        return false;
    find_anchors(made, &made->system);
    find_anchors(made, &made->own);
    if (anchors != NULL)
        read_anchors(made, anchors, strlen(anchors));
    return true;
}

/* The first that is made, which mostly is the only one, takes no memory of the heap: many programs
 * have not begun theirs when this is asked for. */
static struct stls_policy_surroundings first;

static struct stls_policy_surroundings *make(void)
{
    static atomic_bool is_taken;

    return atomic_exchange(&is_taken, true) ? calloc(1, sizeof first) : &first;
}

const struct stls_policy_surroundings *stls_policy_bytes_read(const char *own, const char *anchors,
                                                              char **arguments)
{
    struct stls_policy_surroundings *there =
        atomic_load_explicit(&read_already, memory_order_acquire);
    struct stls_policy_surroundings *made;
    int saved_errno = errno;
    bool is_whole;

    if (there != NULL)
        return there;
    stls_sinks_remember_stderr();
    made = make();
    if (made == NULL)
        return NULL;
    is_whole = fill(made, own, anchors, arguments);
    errno = saved_errno;
    if (is_whole && atomic_compare_exchange_strong(&read_already, &there, made))
        return made;
    free((void *)(uintptr_t)made->system.text);
    free((void *)(uintptr_t)made->own.text);
    free(made->paths);
    if (made != &first)
        free(made); /* but not its anchors, once a process at most */
    return there;
}
