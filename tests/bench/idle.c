/* idle.c - a program that does nothing, linked with libssl or without.
 *
 * Nothing is asked of it but to start. With an argument it says that it is there and waits for the
 * end of its input, so that its memory can be looked at.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
    char byte = '.';

    (void)argv;
    return argc > 1 && (write(STDOUT_FILENO, &byte, 1) < 0 || read(STDIN_FILENO, &byte, 1) < 0);
}
