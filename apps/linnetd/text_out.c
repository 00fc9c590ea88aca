/* Text that grows as it is written. */

#include "linnetd/text_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256, FORMATTED_MAX = 512 };

/* As realloc(); what held a secret is overwritten before it is given back. */
static char *grow(struct text_out *out, size_t size)
{
    if (!out->secret) {
        return realloc(out->at, size);
    }
    char *at = malloc(size);
    if (at != NULL && out->at != NULL) {
        memcpy(at, out->at, out->len);
        explicit_bzero(out->at, out->size);
        free(out->at);
    }
    return at;
}

static bool make_room(struct text_out *out, size_t more)
{
    size_t size = out->size > 0 ? out->size : FIRST_SIZE;

    if (out->failed) {
        return false;
    }
    while (size - out->len < more) {
        size *= 2;
    }
    if (size > out->size) {
        char *at = grow(out, size);
        out->failed = at == NULL;
        if (out->failed) {
            return false;
        }
        out->at = at;
        out->size = size;
    }
    return true;
}

void text_bytes(struct text_out *out, struct ln_bytes bytes)
{
    if (bytes.len > 0 && make_room(out, bytes.len)) {
        memcpy(out->at + out->len, bytes.at, bytes.len);
        out->len += bytes.len;
    }
}

void text_add(struct text_out *out, const char *text)
{
    text_bytes(out, ln_bytes_of_text(text));
}

void text_unsigned(struct text_out *out, uint64_t value)
{
    uint8_t digits[LN_INTEGER_TEXT_MAX];
    struct ln_writer w = ln_writer(digits, sizeof(digits));

    ln_write_unsigned_text(&w, value);
    text_bytes(out, ln_writer_bytes(&w));
}

void text_integer(struct text_out *out, int64_t value)
{
    uint8_t digits[LN_INTEGER_TEXT_MAX];
    struct ln_writer w = ln_writer(digits, sizeof(digits));

    ln_write_integer_text(&w, value);
    text_bytes(out, ln_writer_bytes(&w));
}

void text_format(struct text_out *out, const char *format, ...)
{
    char text[FORMATTED_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    text_add(out, text);
}

void text_free(struct text_out *out)
{
    if (out->secret && out->at != NULL) {
        explicit_bzero(out->at, out->size);
    }
    free(out->at);
    *out = (struct text_out){.at = NULL};
}

static bool is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_';
}

void text_percent(struct text_out *out, struct ln_bytes bytes)
{
    struct ln_reader in = ln_reader(bytes);

    while (ln_reader_left(&in) > 0) {
        uint8_t c = ln_read_u8(&in);
        if (is_unreserved(c)) {
            text_bytes(out, ln_bytes(&c, 1));
        } else {
            text_format(out, "%%%02X", c);
        }
    }
}
