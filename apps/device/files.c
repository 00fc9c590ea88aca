/* Small files of /proc and /sys as text, lines and numbers. */

#include "files.h"

#include <linnet/base.h>

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool read_file(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0) {
        return false;
    }
    len = read(fd, out, size - 1);
    close(fd);
    out[len > 0 ? len : 0] = '\0';
    return len > 0;
}

bool read_line(const char *path, char *out, size_t size)
{
    if (!read_file(path, out, size)) {
        return false;
    }
    out[strcspn(out, "\r\n")] = '\0';
    for (size_t len = strlen(out); len > 0 && isspace((unsigned char)out[len - 1]); len--) {
        out[len - 1] = '\0';
    }
    return out[0] != '\0' && ln_utf8_valid(ln_bytes_of_text(out));
}

bool read_number(const char *path, long long *out)
{
    char text[64];
    int64_t number;

    if (!read_line(path, text, sizeof(text)) ||
        !ln_integer_of_text(ln_bytes_of_text(text), &number)) {
        return false;
    }
    *out = number;
    return true;
}
