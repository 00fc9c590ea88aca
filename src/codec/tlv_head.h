/* The head of a TLV entry: kind, id and length, before its value. */
#ifndef LN_CODEC_TLV_HEAD_H
#define LN_CODEC_TLV_HEAD_H

#include <linnet/base.h>

enum ln_tlv_kind {
    LN_TLV_INSTANCE,
    LN_TLV_RESOURCE_INSTANCE,
    LN_TLV_MULTIPLE_RESOURCE,
    LN_TLV_RESOURCE,
};

enum { LN_TLV_WIDE_ID = 0x20, LN_TLV_LENGTH_IN_TYPE = 7 };

/* Returns the length of the value. */
static inline size_t ln_codec__read_tlv_head(struct ln_reader *in, enum ln_tlv_kind *kind,
                                             uint16_t *id)
{
    uint8_t type = ln_read_u8(in);
    size_t len = type & LN_TLV_LENGTH_IN_TYPE;
    size_t bytes = type >> 3 & 3;

    *kind = (enum ln_tlv_kind)(type >> 6);
    *id = (uint16_t)ln_read_big_endian(in, type & LN_TLV_WIDE_ID ? 2 : 1);
    return bytes > 0 ? (size_t)ln_read_big_endian(in, bytes) : len;
}

#endif
