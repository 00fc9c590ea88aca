/* Whole files in and out. */

#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 * 1024 };

static bool failed(const char *name, FILE *file)
{
    complain("%s: %s", name, strerror(errno));
    if (file != NULL && file != stdin && file != stdout) {
        (void)fclose(file);
    }
    return false;
}

static bool read_all(FILE *file, struct octets *out)
{
    size_t size = FIRST_SIZE;

    *out = (struct octets){malloc(size), 0};
    while (out->at != NULL) {
        out->len += fread(out->at + out->len, 1, size - out->len, file);
        if (out->len < size) {
            return ferror(file) == 0;
        }
        size *= 2;
        char *larger = realloc(out->at, size);
        if (larger == NULL) {
            free(out->at);
        }
        out->at = larger;
    }
    return false;
}

bool file_read(const char *name, struct octets *out)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");

    if (file == NULL) {
        return failed(name, NULL);
    }
    if (!read_all(file, out)) {
        free(out->at);
        return failed(name, file);
    }
    if (file != stdin) {
        (void)fclose(file);
    }
    return true;
}

bool file_write(const char *name, struct octets octets)
{
    FILE *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "wb");

    if (file == NULL) {
        return failed(name, NULL);
    }
    if (octets.len > 0 && fwrite(octets.at, 1, octets.len, file) != octets.len) {
        return failed(name, file);
    }
    if (file == stdout) {
        return true; /* main() looks whether it could be written */
    }
    return fclose(file) == 0 || failed(name, NULL);
}
