/* writer.c - writes events by the library's own sinks, and tells how many were lost.
 *
 * writer SINK FORMAT COUNT NAME [hostile|slowly|cancelled]: SINK as the word Log has it. Event
 * number i is about host NAME-i. hostile: each text has what no sink may see. cancelled: the thread
 * is to end at the next point where it may. Says "N lost", and takes no signal for it.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/core/asked.h"
#include "../../src/core/event.h"
#include "../../src/core/policy_values.h"
#include "../../src/shim/sinks.h"

/* Escapes, a forged line, a byte of C1, broken UTF-8, a bidirectional override, the end of JSON. */
#define HOSTILE "a\nstricttls: fake\r\x1b[2J\x9b\xff\xc3(\xe2\x80\xae\"}\\u0041\x7f\t%s%n"

static int set(struct stls_policy *policy, const char *variable, const char *value)
{
    char error[128];

    return stls_policy_set(policy, stls_policy_find_variable(variable, strlen(variable)), value,
                           error, sizeof error)
               ? 0
               : 2;
}

/* What others choose. */
static void make_hostile(struct stls_event *event)
{
    event->program = event->executable = HOSTILE;
    event->host = event->server_name = event->other_hosts = event->peer = HOSTILE;
    event->reason = event->presented = HOSTILE;
}

int main(int argc, char **argv)
{
    struct stls_policy policy;
    char host[64];
    unsigned lost = 0;

    if (argc < 5 || !stls_policy_shipped(&policy, "intermediate") ||
        set(&policy, "STRICTTLS_LOG", argv[1]) != 0 ||
        set(&policy, "STRICTTLS_LOG_FORMAT", argv[2]) != 0)
        return 2;
    stls_sinks_remember_stderr();
    if (argc > 5 && strcmp(argv[5], "cancelled") == 0)
        pthread_cancel(pthread_self());
    for (long i = 0; i < strtol(argv[3], NULL, 10); i++) {
        struct stls_event event = {
            .verdict = STLS_VERDICT_REFUSED,
            .seconds = 1790000000,
            .program = "writer",
            .executable = "/usr/bin/writer",
            .pid = (unsigned)getpid(),
            .host = host,
            .host_source = "sni",
            .peer = "192.0.2.1",
            .peer_port = 443,
            .reason = "self-signed certificate",
            .rule = "VerifyPeer=require",
            .asked = STLS_ASKED_NO_VERIFICATION,
            .lost = lost,
        };

        snprintf(host, sizeof host, "%s-%ld", argv[4], i);
        if (argc > 5 && strcmp(argv[5], "hostile") == 0)
            make_hostile(&event);
        else if (argc > 5 && strcmp(argv[5], "slowly") == 0)
            poll(NULL, 0, 5);
        lost += !stls_sinks_write(&policy, &event);
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    printf("%u lost\n", lost);
    return 0;
}
