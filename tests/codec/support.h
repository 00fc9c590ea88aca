/* What the tests of formats share: payloads from hex, types of some objects, decoding in one call. */
#ifndef LN_TEST_CODEC_SUPPORT_H
#define LN_TEST_CODEC_SUPPORT_H

#include "ln_test.h"

#include <linnet/codec.h>

enum { RECORDS_MAX = 256 };

/* All that one payload holds. Strings point into `payload` or `scratch`. */
struct decoded {
    ln_err err;
    size_t count;
    struct ln_record records[RECORDS_MAX];
    uint8_t *payload; /* in a block of its exact size, so that a read past the end is seen */
    size_t payload_len;
    uint8_t scratch[65536];
};

/* Of objects 1, 2, 3, 65, 66 as the vectors have them; of 3442 one resource for each type, 110 to
 * 190; of objects from 40000 on by the resource id. */
extern const struct ln_types test_types;

/* The text's hex digits as bytes in a block of just their size; to be freed. */
uint8_t *bytes_of_hex(const char *hex, size_t *len);
/* A path from its text; "/" is the root. */
struct ln_path path(const char *text);
/* Decodes; the result is good until the next call. */
const struct decoded *decode_bytes(const struct ln_format *format, const char *base,
                                   struct ln_bytes payload);
const struct decoded *decode_hex(const struct ln_format *format, const char *base,
                                 const char *hex);
/* The record at `text`; fails the test if there is none. */
const struct ln_value *value_at(const struct decoded *decoded, const char *text);
/* Encodes into a buffer that is good until the next call. */
ln_err encode(const struct ln_format *format, const char *base, const struct ln_record *records,
              size_t count, struct ln_bytes *out);

/* A few bits that are the same in each run. */
uint32_t test_random(uint32_t *seed);

#endif
