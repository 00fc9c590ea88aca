/* Records of all types and shapes, from a seed. */
#ifndef LN_TEST_CODEC_RANDOM_RECORDS_H
#define LN_TEST_CODEC_RANDOM_RECORDS_H

#include "codec/support.h"

enum { RANDOM_BYTES_MAX = 512 }; /* no value is longer */

struct heap_of_records {
    struct ln_record records[RECORDS_MAX];
    size_t count;
    uint32_t seed;
};

struct ln_value random_value(uint32_t *seed, enum ln_type type);
/* Other instances of object 40000, some of them empty, with resources single, multiple and empty. */
void random_records(struct heap_of_records *heap);

#endif
