/* once.c - looks a name up and connects, COUNT times and no TLS: what the library costs there is
 * the difference between two runs. usage: once NAME PORT COUNT; a failed connect counts as one.
 * Ends with 3 if a connect did not leave errno as it should be.
 */
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_errno_left_alone(const struct addrinfo *item)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool is_right = connect(fd, (const struct sockaddr *)8, 16) == -1 && errno == EFAULT;

    errno = 0;
    is_right = is_right && connect(fd, item->ai_addr, item->ai_addrlen) == 0 && errno == 0;
    close(fd);
    return is_right;
}

int main(int argc, char **argv)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

    if (argc != 4)
        return 2;
    for (long left = strtol(argv[3], NULL, 10); left > 0; left--) {
        struct addrinfo *list;
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (fd < 0 || getaddrinfo(argv[1], argv[2], &hints, &list) != 0)
            return 1;
        if (!is_errno_left_alone(list))
            return 3;
        (void)!connect(fd, list->ai_addr, list->ai_addrlen);
        freeaddrinfo(list);
        close(fd);
    }
    return 0;
}
