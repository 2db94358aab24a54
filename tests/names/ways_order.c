/* ways_order.c - who looks up what, and when: threads, forks, other names, second attempts. */
#include "victim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Other names of the hosts file's for the same address. */
#define OTHER "other.example"

/* Goes to the victim itself, by another name: to be forgotten again. */
static void visit_other(void)
{
    char port[8];
    int listener = listen_on("127.0.0.1", port);
    struct address address = must_look_up(OTHER, port);

    close(must_go_to(&address));
    close(listener);
}

/* -- threads */

struct job {
    const struct target *target;
    struct address address;
    int fd;
    int ret;
};

static void *look_up_job(void *argument)
{
    struct job *job = argument;

    job->address = must_look_up(job->target->name, job->target->port);
    return NULL;
}

static void *connect_job(void *argument)
{
    struct job *job = argument;

    job->fd = must_go_to(&job->address);
    return NULL;
}

static void *talk_job(void *argument)
{
    struct job *job = argument;

    job->ret = talk(job->fd, attach_fd, NULL);
    return NULL;
}

static void *talk_in_memory_job(void *argument)
{
    struct job *job = argument;

    job->ret = talk(job->fd, attach_memory, NULL);
    return NULL;
}

static void in_thread(void *(*start)(void *), struct job *job)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, start, job) != 0)
        die("pthread_create");
    pthread_join(thread, NULL);
}

/* curl: a thread that does nothing else. */
static int resolver_thread(const struct target *target)
{
    struct job job = {.target = target};

    in_thread(look_up_job, &job);
    return talk(must_go_to(&job.address), attach_fd, NULL);
}

/* One thread each. */
static int three_threads(const struct target *target)
{
    struct job job = {.target = target};

    in_thread(look_up_job, &job);
    in_thread(connect_job, &job);
    in_thread(talk_job, &job);
    return job.ret;
}

/* No socket, and the thread that talks never connected. */
static int memory_in_another_thread(const struct target *target)
{
    struct job job = {.target = target};

    look_up_job(&job);
    connect_job(&job);
    in_thread(talk_in_memory_job, &job);
    return job.ret;
}

static void *talk_with_name_job(void *argument)
{
    struct job *job = argument;

    job->ret = talk(job->fd, attach_memory, job->target->name);
    return NULL;
}

static int named_in_another_thread(const struct target *target)
{
    struct job job = {.target = target};

    look_up_job(&job);
    connect_job(&job);
    in_thread(talk_with_name_job, &job);
    return job.ret;
}

/* Another thread looks up another name in between, perhaps for this one: nobody can tell. */
static int other_in_another_thread(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    struct job job = {.target = &(struct target){OTHER, target->port}};

    in_thread(look_up_job, &job);
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* This thread once went to another name itself; now it has a thread that resolves. Twice: the
 * second connect has the same look-up. */
static int stale_in_this_thread(const struct target *target)
{
    struct job job = {.target = target};

    visit_other();
    in_thread(look_up_job, &job);
    close(must_go_to(&job.address));
    return talk(must_go_to(&job.address), attach_fd, NULL);
}

static void *visit_job(void *argument)
{
    (void)argument;
    visit_other();
    return NULL;
}

/* Another thread goes to another name by itself. */
static int others_connect(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    in_thread(visit_job, NULL);
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* A thread that has ended looked up another name; the next one has its stack. */
static int stack_of_another_thread(const struct target *target)
{
    struct job job = {.target = &(struct target){OTHER, target->port}};

    in_thread(look_up_job, &job);
    job.address = must_look_up(target->name, target->port);
    in_thread(connect_job, &job);
    return talk(job.fd, attach_fd, NULL);
}

/* -- processes */

static int in_child(int (*run)(struct address *address), struct address *address)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0)
        _exit(run(address));
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        die("fork");
    return WEXITSTATUS(status);
}

static int connect_and_talk(struct address *address)
{
    return talk(must_go_to(address), attach_fd, NULL);
}

/* nginx: the master looks up, a worker connects. */
static int fork_after_look_up(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    return in_child(connect_and_talk, &address);
}

static int connected;

static int only_talk(struct address *address)
{
    (void)address;
    return talk(connected, attach_fd, NULL);
}

static int fork_after_connect(const struct target *target)
{
    struct address address;

    visit_other();
    address = must_look_up(target->name, target->port);
    connected = must_go_to(&address);
    return in_child(only_talk, &address);
}

/* Forks while other threads are at it all the time. */
static volatile bool is_over;

static void *keep_looking_up(void *argument)
{
    (void)argument;
    while (!is_over)
        must_look_up("third.example", "1");
    return NULL;
}

static int look_up_and_talk(struct address *address)
{
    char port[8];
    struct address again;

    snprintf(port, sizeof port, "%u", ntohs(address->v4.sin_port));
    again = must_look_up("foo.lab.example", port);
    return talk(must_go_to(&again), attach_fd, NULL);
}

static int fork_among_threads(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    pthread_t threads[4];
    int ret = ANSWERED;

    for (size_t i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, keep_looking_up, NULL) != 0)
            die("pthread_create");
    for (int i = 0; i < 20 && ret == ANSWERED; i++)
        ret = in_child(look_up_and_talk, &address);
    is_over = true;
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return ret;
}

/* -- signals */

static struct address nowhere; /* looked up before */

static void on_alarm(int number)
{
    int saved = errno;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)number;
    if (fd >= 0) {
        connect(fd, &nowhere.generic, nowhere.length); /* a function that a handler may call */
        close(fd);
    }
    errno = saved;
}

static int among_signals(const struct target *target)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}};
    struct itimerval never = {{0, 0}, {0, 0}};
    struct address address;

    nowhere = must_look_up("nowhere.example", "9");
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 2000; i++)
        address = must_look_up(target->name, target->port);
    connected = must_go_to(&address);
    setitimer(ITIMER_REAL, &never, NULL);
    return talk(connected, attach_fd, NULL);
}

/* -- several names of one address */

static int after_other(const struct target *target)
{
    struct address address;

    visit_other();
    address = must_look_up(target->name, target->port);
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* A pool: the connection is made, then another, then the first is used. */
static int before_other(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    int fd = must_go_to(&address);

    visit_other();
    return talk(fd, attach_fd, NULL);
}

static int both_first(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    must_look_up(OTHER, target->port);
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* One look-up, and several connects: a datagram socket, one that fails, a retry. */
static int again(const struct target *target)
{
    int datagram = socket(AF_INET, SOCK_DGRAM, 0);
    struct address address, nobody;

    visit_other();
    address = must_look_up(target->name, target->port);
    (void)!connect(datagram, &address.generic, address.length);
    close(datagram);
    nobody = address;
    nobody.v4.sin_port = htons(1);
    if (go_to(&nobody) >= 0)
        die("who listens on port 1?");
    close(must_go_to(&address));
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* It connects again to an address that it knows: it means the name it asked for last. */
static int again_after_other(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    close(must_go_to(&address));
    visit_other();
    return talk(must_go_to(&address), attach_fd, NULL);
}

static int name_and_number(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);

    must_look_up("127.0.0.1", target->port);
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* Looked up once, and kept by use, while so many others come and go. */
static int among_thousands(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    char other[16];

    for (unsigned i = 1; i < 10000; i++) {
        snprintf(other, sizeof other, "127.2.%u.%u", i / 250, i % 250 + 1);
        must_look_up(other, target->port);
        if (i % 2000 == 0)
            close(must_go_to(&address));
    }
    return talk(must_go_to(&address), attach_fd, NULL);
}

/* -- attempts */

static int happy_eyeballs(const struct target *target)
{
    struct address v6, v4;

    if (!look_up(target->name, target->port, AF_INET6, &v6))
        die(target->name);
    v4 = must_look_up(target->name, target->port);
    if (go_to(&v6) >= 0)
        die("who listens on ::1?");
    return talk(must_go_to(&v4), attach_fd, NULL);
}

static int non_blocking(const struct target *target)
{
    struct address address = must_look_up(target->name, target->port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd end = {.fd = fd, .events = POLLOUT};

    if (connect(fd, &address.generic, address.length) != 0 && errno != EINPROGRESS)
        die("connect");
    visit_other();
    if (poll(&end, 1, 5000) != 1 ||
        (connect(fd, &address.generic, address.length) != 0 && errno != EISCONN)) /* asks again */
        die("connect");
    fcntl(fd, F_SETFL, 0);
    return talk(fd, attach_fd, NULL);
}

static int duplicated(const struct target *target)
{
    struct address address;
    int fd;

    visit_other();
    address = must_look_up(target->name, target->port);
    fd = must_go_to(&address);
    connected = dup(fd);
    close(fd);
    must_look_up(OTHER, target->port);
    return talk(connected, attach_fd, NULL);
}

const struct way ways_order[] = {
    {.name = "resolver-thread", .run = resolver_thread},
    {.name = "three-threads", .run = three_threads},
    {.name = "memory-in-another-thread", .run = memory_in_another_thread},
    {.name = "named-in-another-thread", .run = named_in_another_thread},
    {.name = "other-in-another-thread", .run = other_in_another_thread},
    {.name = "stale-in-this-thread", .run = stale_in_this_thread},
    {.name = "others-connect", .run = others_connect},
    {.name = "stack-of-another-thread", .run = stack_of_another_thread},
    {.name = "fork-after-look-up", .run = fork_after_look_up},
    {.name = "fork-after-connect", .run = fork_after_connect},
    {.name = "fork-among-threads", .run = fork_among_threads},
    {.name = "among-signals", .run = among_signals},
    {.name = "after-other", .run = after_other},
    {.name = "before-other", .run = before_other},
    {.name = "both-first", .run = both_first},
    {.name = "again", .run = again},
    {.name = "again-after-other", .run = again_after_other},
    {.name = "name-and-number", .run = name_and_number},
    {.name = "among-thousands", .run = among_thousands},
    {.name = "happy-eyeballs", .run = happy_eyeballs},
    {.name = "non-blocking", .run = non_blocking},
    {.name = "duplicated", .run = duplicated},
    {.name = NULL},
};
