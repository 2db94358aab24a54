/* fuzz_events.c - any bytes as a line of a log: for libFuzzer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tool/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stls_report_reader *reader;
    const struct stls_report_event *event;
    char *line = malloc(size + !size); /* so that a write past the end is seen */

    if (reader == NULL)
        reader = stls_report_reader_new();
    memcpy(line, data, size);
    event = stls_report_read(reader, line, size);
    for (int i = 0; event != NULL && i < STLS_REPORT_FIELDS; i++)
        if (strlen(event->text[i]) > event->length[i] ||
            (event->length[i] >= STLS_REPORT_TEXT_MAX && i != STLS_REPORT_MESSAGE))
            abort();
    free(line);
    return 0;
}
