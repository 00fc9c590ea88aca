/* Recorded by tests/footprint/record.c: not to be changed by hand. */

#include "recording.h"

/* clang-format off */
const struct recorded recording[] = {
    {0, FROM_DEVICE, 62,
     (const uint8_t[]){68, 2, 71, 60, 98, 159, 87, 163, 178, 114, 100, 17, 40, 56, 101, 112, 61, 98, 111, 97,
      114, 100, 6, 108, 116, 61, 51, 48, 48, 9, 108, 119, 109, 50, 109, 61, 49, 46, 48, 255,
      60, 47, 49, 47, 48, 62, 44, 60, 47, 51, 47, 48, 62, 44, 60, 47, 50, 54, 50, 52,
      49, 62}},
    {10, TO_DEVICE, 23,
     (const uint8_t[]){100, 65, 71, 60, 98, 159, 87, 163, 130, 114, 100, 11, 113, 76, 52, 110, 78, 72, 87, 54,
      69, 57, 65}},
    {207010, FROM_DEVICE, 23,
     (const uint8_t[]){68, 2, 71, 61, 157, 226, 1, 131, 178, 114, 100, 11, 113, 76, 52, 110, 78, 72, 87, 54,
      69, 57, 65}},
    {207020, TO_DEVICE, 8,
     (const uint8_t[]){100, 68, 71, 61, 157, 226, 1, 131}},
    {414020, FROM_DEVICE, 23,
     (const uint8_t[]){68, 2, 71, 62, 134, 138, 102, 63, 178, 114, 100, 11, 113, 76, 52, 110, 78, 72, 87, 54,
      69, 57, 65}},
    {414030, TO_DEVICE, 8,
     (const uint8_t[]){100, 68, 71, 62, 134, 138, 102, 63}},
};
/* clang-format on */

const size_t recording_len = LN_COUNT(recording);
