/* A client with the Firmware Update object, and an app that takes its images. */
#ifndef LN_CLIENT_FIRMWARE_SUPPORT_H
#define LN_CLIENT_FIRMWARE_SUPPORT_H

#include "blocks_support.h"

#include <linnet/firmware.h>

enum { IMAGE_MAX = 8192 };

struct sink {
    uint8_t image[IMAGE_MAX];
    size_t got;
    size_t size; /* as begin() was told */
    unsigned begun, ended, abandoned, fetched;
    uint8_t begin_says, chunk_says, end_says, fetch_says;
};
extern struct sink sink;
extern struct ln_firmware firmware;

/* The object alone: nothing is registered. */
void given_firmware(void);
/* Objects 0, 1, 3 and 5, bodies in blocks, one account that is registered. */
void given_a_client_with_firmware(void);
/* Bytes that differ from block to block. */
struct ln_bytes part_of_image(size_t offset, size_t len);
#define CHECK_STATE(s, r)                                                                      \
    do {                                                                                       \
        CHECK_EQ(firmware.state, s);                                                           \
        CHECK_EQ(firmware.result, r);                                                          \
    } while (0)

#endif
