/* generate.c - writes so many synthetic events to standard output, as the library would: for
 * measuring stricttls report, and for tests of what reads events.
 *
 * generate COUNT [PROGRAMS [HOSTS]]: the same lines every time. Of each ten, one is accepted, one
 * adjusted, the others would be refused for one of five reasons.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/asked.h"
#include "../../src/core/event.h"

#include "../../src/core/banned.h"

static const struct {
    const char *reason, *rule;
    unsigned asked;
} faults[] = {
    {"self-signed certificate", "VerifyPeer=require", STLS_ASKED_NO_VERIFICATION},
    {"unable to get local issuer certificate", "VerifyPeer=require", STLS_ASKED_FORGIVENESS},
    {"hostname mismatch", "CheckHost=require", STLS_ASKED_NO_HOST_NAME},
    {"protocol version too low", "MinProtocol", STLS_ASKED_MIN_PROTOCOL},
    {"cipher suite is not vetted", "CipherString", STLS_ASKED_CIPHER_LIST},
};

static void fill(struct stls_event *event, unsigned long i, unsigned long programs,
                 unsigned long hosts, char program[32], char host[64])
{
    /* Spread by a multiplicative hash, so that neighbours are not alike. */
    unsigned long spread = (i * 2654435761u) >> 7;
    size_t fault = spread % (sizeof faults / sizeof faults[0]);

    snprintf(program, 32, "program-%lu", spread / 5 % programs);
    snprintf(host, 64, "host-%lu.example", spread / 7 % hosts);
    *event = (struct stls_event){
        .verdict = STLS_VERDICT_WOULD_REFUSE,
        .is_audit = true,
        .seconds = 1790000000 + (long long)(i / 100),
        .microseconds = (unsigned)(i % 1000000),
        .program = program,
        .executable = "/usr/bin/program",
        .pid = 1 + (unsigned)(i % 30000),
        .host = host,
        .host_source = "sni",
        .server_name = host,
        .peer = "192.0.2.7",
        .peer_port = 443,
        .reason = faults[fault].reason,
        .rule = faults[fault].rule,
        .asked = faults[fault].asked,
        .is_verifying = (faults[fault].asked & STLS_ASKED_NO_VERIFICATION) == 0,
        .forgiven = 20,
        .presented = "localhost",
        .sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
        .protocol = "TLSv1.2",
        .cipher = "TLS_RSA_WITH_AES_128_CBC_SHA",
        .cipher_name = "AES128-SHA",
    };
    if (i % 10 == 0) {
        event->verdict = STLS_VERDICT_ACCEPTED;
        event->reason = event->rule = NULL;
    } else if (i % 10 == 1) {
        event->verdict = STLS_VERDICT_ADJUSTED;
    }
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long programs = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
    unsigned long hosts = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    char line[STLS_EVENT_MAX], program[32], host[64];
    struct stls_event event;

    if (count == 0 || programs == 0 || hosts == 0) {
        fputs("usage: generate COUNT [PROGRAMS [HOSTS]]\n", stderr);
        return 2;
    }
    for (unsigned long i = 0; i < count; i++) {
        fill(&event, i, programs, hosts, program, host);
        if (fwrite(line, 1, stls_event_json(&event, line), stdout) == 0)
            return 1;
    }
    return fflush(stdout) != 0;
}
