/* fuzz_object.c - any bytes as the file of a shared object: for libFuzzer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/object_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *bytes = malloc(size + !size); /* so that a read past the end is seen */
    struct stls_object_file file;
    size_t place = 0, length = 0;
    const char *name;

    memcpy(bytes, data, size);
    if (stls_object_file_read(bytes, size, &file)) {
        while ((name = stls_object_file_needed(&file, &place)) != NULL)
            length += strlen(name);
        length += strlen(file.runpath);
    }
    free(bytes);
    if (length > size * (place + 1)) /* the names may overlap */
        abort();
    return 0;
}
