/* Datagrams between this device and the server engine, as tests/footprint/record.c took them. */
#ifndef RECORDING_H
#define RECORDING_H

#include <linnet/base.h>

enum direction { TO_DEVICE, FROM_DEVICE };

struct recorded {
    uint32_t time; /* ms */
    uint16_t direction;
    uint16_t len;
    const uint8_t *bytes;
};

extern const struct recorded recording[];
extern const size_t recording_len;

#endif
