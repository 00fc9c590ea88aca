/* CBOR (RFC 8949), item by item: what the formats in CBOR read with. */

#include "codec/cbor_reader.h"

enum { LEVELS = 16 };

static const uint64_t until_break = UINT64_MAX;

static uint64_t read_argument(struct ln_reader *in, uint8_t info)
{
    switch (info) {
    case 24:
        return ln_read_u8(in);
    case 25:
        return ln_read_u16(in);
    case 26:
        return ln_read_u32(in);
    case 27:
        return ln_read_u64(in);
    case 28:
    case 29:
    case 30:
        ln_reader_fail(in);
        return 0;
    default:
        return info;
    }
}

/* Each byte of a string, item of an array and half of a pair is a byte or more. */
static bool can_be(const struct ln_reader *in, const struct ln__cbor_item *item)
{
    size_t left = ln_reader_left(in);
    bool is_indefinite = ln__cbor_is_indefinite(item);

    switch (item->major) {
    case LN__CBOR_BYTES:
    case LN__CBOR_TEXT:
    case LN__CBOR_ARRAY:
        return is_indefinite || item->value <= left;
    case LN__CBOR_MAP:
        return is_indefinite || item->value <= left / 2;
    default:
        return !is_indefinite;
    }
}

struct ln__cbor_item ln__cbor_next(struct ln_reader *in)
{
    uint8_t head = ln_read_u8(in);
    struct ln__cbor_item item = {.major = (enum ln__cbor_major)(head >> 5), .info = head & 31};

    item.value = read_argument(in, item.info);
    if (!can_be(in, &item)) {
        ln_reader_fail(in);
    }
    return item;
}

bool ln__cbor_break(struct ln_reader *in)
{
    return ln_read_if(in, 0xFF);
}

/* ---- Strings ---- */

/* Takes the next piece of a string of indefinite length. False behind the last. */
static bool next_piece(struct ln_reader *in, enum ln__cbor_major major, struct ln_bytes *out)
{
    if (in->failed || ln__cbor_break(in)) {
        return false;
    }
    struct ln__cbor_item piece = ln__cbor_next(in);
    if (piece.major != major || ln__cbor_is_indefinite(&piece)) {
        ln_reader_fail(in);
        return false;
    }
    *out = ln_read_bytes(in, (size_t)piece.value);
    return !in->failed;
}

void ln__cbor_copy(struct ln_reader *in, struct ln__cbor_item head, struct ln_writer *w)
{
    struct ln_bytes piece;

    if (!ln__cbor_is_indefinite(&head)) {
        ln_write_bytes(w, ln_read_bytes(in, (size_t)head.value));
        return;
    }
    while (next_piece(in, head.major, &piece)) {
        ln_write_bytes(w, piece);
    }
}

ln_err ln__cbor_string(struct ln_reader *in, struct ln__cbor_item head,
                       struct ln_arena *scratch, struct ln_bytes *out)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    struct ln_reader again = *in;

    if (!ln__cbor_is_indefinite(&head)) {
        *out = ln_read_bytes(in, (size_t)head.value);
        return in->failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
    }
    ln__cbor_copy(in, head, &count);
    if (in->failed) {
        return LN_ERR_BAD_PAYLOAD;
    }
    void *memory = scratch == NULL ? NULL : ln_arena_take(scratch, count.written);
    if (memory == NULL) {
        return LN_ERR_NO_SPACE;
    }
    struct ln_writer w = ln_writer(memory, count.written);
    ln__cbor_copy(&again, head, &w);
    *out = ln_writer_bytes(&w);
    return LN_OK;
}

/* ---- Passing over an item ---- */

struct nest {
    unsigned depth;
    uint64_t left[LEVELS]; /* items on each level */
};

static void enter(struct ln_reader *in, struct nest *nest, const struct ln__cbor_item *item)
{
    uint64_t count = item->major == LN__CBOR_MAP ? 2 * item->value : item->value;

    if (nest->depth + 1 == LEVELS) {
        ln_reader_fail(in);
        return;
    }
    nest->left[++nest->depth] = ln__cbor_is_indefinite(item) ? until_break : count;
}

/* Closes the levels that end here. False if the outermost does. */
static bool is_due(struct ln_reader *in, struct nest *nest)
{
    while (!in->failed) {
        uint64_t *left = &nest->left[nest->depth];
        if (*left == until_break ? !ln__cbor_break(in) : *left > 0) {
            *left -= *left == until_break ? 0 : 1;
            return true;
        }
        if (nest->depth == 0) {
            return false;
        }
        nest->depth--;
    }
    return false;
}

bool ln__cbor_skip(struct ln_reader *in)
{
    struct ln_writer nowhere = ln_writer_window(NULL, 0, 0);
    struct nest nest = {.left = {1}};

    while (is_due(in, &nest)) {
        struct ln__cbor_item item = ln__cbor_next(in);
        while (item.major == LN__CBOR_TAG && !in->failed) {
            item = ln__cbor_next(in);
        }
        if (item.major == LN__CBOR_BYTES || item.major == LN__CBOR_TEXT) {
            ln__cbor_copy(in, item, &nowhere);
        } else if (item.major == LN__CBOR_ARRAY || item.major == LN__CBOR_MAP) {
            enter(in, &nest, &item);
        }
    }
    return !in->failed;
}
