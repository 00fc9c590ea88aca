/* Borrowed bytes: compared, and turned from and into C strings. */

#include <linnet/base.h>

#include <string.h>

struct ln_bytes ln_bytes_of_text(const char *text)
{
    return ln_bytes(text, text == NULL ? 0 : strlen(text));
}

bool ln_bytes_equal(struct ln_bytes a, struct ln_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int ln_bytes_compare(struct ln_bytes a, struct ln_bytes b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);

    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool ln_bytes_are(struct ln_bytes bytes, const char *text)
{
    return ln_bytes_equal(bytes, ln_bytes_of_text(text));
}

bool ln_bytes_start_with(struct ln_bytes bytes, struct ln_bytes start)
{
    return bytes.len >= start.len && ln_bytes_equal(ln_bytes(bytes.at, start.len), start);
}

bool ln_bytes_to_text(struct ln_bytes bytes, char *out, size_t size)
{
    size_t len = bytes.len;

    if (size == 0) {
        return false;
    }
    if (len >= size) {
        len = size - 1;
    }
    if (len > 0) {
        memcpy(out, bytes.at, len);
    }
    out[len] = '\0';
    return len == bytes.len && strlen(out) == len;
}
