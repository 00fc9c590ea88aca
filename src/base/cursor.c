/* The cursors that all wire bytes go through: a reader and a writer with a sticky failure. */

#include <linnet/base.h>

#include <string.h>

/* ---- Reader ---- */

struct ln_reader ln_reader(struct ln_bytes bytes)
{
    struct ln_reader r = {.at = bytes.at, .end = bytes.at};

    if (bytes.len > 0) {
        r.end = bytes.at + bytes.len;
    }
    return r;
}

void ln_reader_fail(struct ln_reader *r)
{
    r->failed = true;
    r->at = r->end;
}

static bool has(struct ln_reader *r, size_t len)
{
    if (len <= ln_reader_left(r)) {
        return true;
    }
    ln_reader_fail(r);
    return false;
}

uint64_t ln_read_big_endian(struct ln_reader *r, size_t len)
{
    uint64_t v = 0;

    if (!has(r, len)) {
        return 0;
    }
    while (len-- > 0) {
        v = v << 8 | *r->at++;
    }
    return v;
}

uint8_t ln_read_u8(struct ln_reader *r)
{
    return has(r, 1) ? *r->at++ : 0;
}

uint16_t ln_read_u16(struct ln_reader *r)
{
    return (uint16_t)ln_read_big_endian(r, 2);
}

uint32_t ln_read_u24(struct ln_reader *r)
{
    return (uint32_t)ln_read_big_endian(r, 3);
}

uint32_t ln_read_u32(struct ln_reader *r)
{
    return (uint32_t)ln_read_big_endian(r, 4);
}

uint64_t ln_read_u64(struct ln_reader *r)
{
    return ln_read_big_endian(r, 8);
}

int ln_peek_u8(const struct ln_reader *r)
{
    return ln_reader_left(r) == 0 ? -1 : *r->at;
}

struct ln_bytes ln_read_bytes(struct ln_reader *r, size_t len)
{
    struct ln_bytes bytes = {.at = r->at};

    if (len == 0 || !has(r, len)) {
        return bytes;
    }
    bytes.len = len;
    r->at += len;
    return bytes;
}

struct ln_bytes ln_read_rest(struct ln_reader *r)
{
    return ln_read_bytes(r, ln_reader_left(r));
}

bool ln_read_if(struct ln_reader *r, uint8_t c)
{
    if (ln_peek_u8(r) != c) {
        return false;
    }
    r->at++;
    return true;
}

struct ln_bytes ln_read_until(struct ln_reader *r, uint8_t c)
{
    size_t left = ln_reader_left(r);
    size_t len = 0;

    while (len < left && r->at[len] != c) {
        len++;
    }
    struct ln_bytes bytes = ln_read_bytes(r, len);
    (void)ln_read_if(r, c);
    return bytes;
}

/* ---- Writer ---- */

struct ln_writer ln_writer(void *out, size_t size)
{
    struct ln_writer w = ln_writer_window(out, size, 0);

    w.whole = true;
    return w;
}

struct ln_writer ln_writer_window(void *out, size_t size, size_t skip)
{
    return (struct ln_writer){.out = out, .size = size, .skip = skip};
}

struct ln_bytes ln_writer_bytes(const struct ln_writer *w)
{
    size_t len = w->written > w->skip ? w->written - w->skip : 0;

    return ln_bytes(w->out, len < w->size ? len : w->size);
}

void ln_writer_fail(struct ln_writer *w)
{
    w->failed = true;
}

/* Keeps what falls into the window of bytes that start at `w->written`. */
static void keep(struct ln_writer *w, struct ln_bytes bytes)
{
    size_t before = w->written < w->skip ? w->skip - w->written : 0;
    size_t from = w->written > w->skip ? w->written - w->skip : 0;

    if (before >= bytes.len || from >= w->size) {
        return;
    }
    size_t len = bytes.len - before;
    if (len > w->size - from) {
        len = w->size - from;
    }
    memcpy(w->out + from, bytes.at + before, len);
}

void ln_write_bytes(struct ln_writer *w, struct ln_bytes bytes)
{
    size_t room = (w->whole ? w->size : SIZE_MAX) - w->written;

    if (w->failed || bytes.len > room) {
        w->failed = true;
        return;
    }
    keep(w, bytes);
    w->written += bytes.len;
}

void ln_write_big_endian(struct ln_writer *w, uint64_t v, size_t len)
{
    uint8_t out[8];

    for (size_t i = len; i-- > 0; v >>= 8) {
        out[i] = (uint8_t)v;
    }
    ln_write_bytes(w, ln_bytes(out, len));
}

void ln_write_u8(struct ln_writer *w, uint8_t v)
{
    ln_write_bytes(w, ln_bytes(&v, 1));
}

void ln_write_u16(struct ln_writer *w, uint16_t v)
{
    ln_write_big_endian(w, v, 2);
}

void ln_write_u24(struct ln_writer *w, uint32_t v)
{
    ln_write_big_endian(w, v, 3);
}

void ln_write_u32(struct ln_writer *w, uint32_t v)
{
    ln_write_big_endian(w, v, 4);
}

void ln_write_u64(struct ln_writer *w, uint64_t v)
{
    ln_write_big_endian(w, v, 8);
}

void ln_write_text(struct ln_writer *w, const char *text)
{
    ln_write_bytes(w, ln_bytes_of_text(text));
}

void ln_write_uint(struct ln_writer *w, uint64_t v)
{
    size_t len = 0;

    for (uint64_t rest = v; rest != 0; rest >>= 8) {
        len++;
    }
    ln_write_big_endian(w, v, len);
}

uint64_t ln_uint_of(struct ln_bytes bytes, bool *failed)
{
    struct ln_reader r = ln_reader(bytes);

    if (bytes.len > 8) {
        *failed = true;
        return 0;
    }
    return ln_read_big_endian(&r, bytes.len);
}
