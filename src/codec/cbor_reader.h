/* CBOR (RFC 8949), item by item: what the formats in CBOR read with. */
#ifndef LN_CODEC_CBOR_READER_H
#define LN_CODEC_CBOR_READER_H

#include <linnet/codec.h>

enum ln__cbor_major {
    LN__CBOR_UNSIGNED,
    LN__CBOR_NEGATIVE,
    LN__CBOR_BYTES,
    LN__CBOR_TEXT,
    LN__CBOR_ARRAY,
    LN__CBOR_MAP,
    LN__CBOR_TAG,
    LN__CBOR_SIMPLE,
};

enum {
    LN__CBOR_FALSE = 20,
    LN__CBOR_TRUE = 21,
    LN__CBOR_HALF = 25,
    LN__CBOR_SINGLE = 26,
    LN__CBOR_DOUBLE = 27,
    LN__CBOR_INDEFINITE = 31,
};

/* The head of an item. */
struct ln__cbor_item {
    enum ln__cbor_major major;
    uint8_t info;   /* the head's five bits: LN__CBOR_HALF and the like of LN__CBOR_SIMPLE */
    uint64_t value; /* number, length, count, tag or the bits of a float */
};

/*
 * Takes a head. Fails the reader where there is none; where a length or a count of items is more
 * than the bytes that are left can be; and at a break, which is for ln__cbor_break().
 */
struct ln__cbor_item ln__cbor_next(struct ln_reader *in);
static inline bool ln__cbor_is_indefinite(const struct ln__cbor_item *item)
{
    return item->info == LN__CBOR_INDEFINITE;
}
/* Takes the end of an item of indefinite length, if that is next. */
bool ln__cbor_break(struct ln_reader *in);
/* Passes over one item with all that is in it, up to 16 levels of it. */
bool ln__cbor_skip(struct ln_reader *in);

/* Writes the content of a string whose head was just taken, all its pieces in one. */
void ln__cbor_copy(struct ln_reader *in, struct ln__cbor_item head, struct ln_writer *w);
/*
 * The same as bytes: borrowed from the payload, or where there are pieces from the scratch arena.
 * LN_ERR_BAD_PAYLOAD, and LN_ERR_NO_SPACE: the arena is too small, or NULL.
 */
LN_MUST_USE ln_err ln__cbor_string(struct ln_reader *in, struct ln__cbor_item head,
                                   struct ln_arena *scratch, struct ln_bytes *out);

#endif
