/*
 * What an image says of itself. One that begins like this is held against it, any other is taken as it is:
 *
 *     linnet-firmware 1
 *     name=meter
 *     version=2.1.0
 *     model=MX-4
 *     sha256=(64 hex digits: of all that follows the empty line)
 *
 * Only the last is needed. Lines with other names are passed over.
 */
#ifndef DEVICE_IMAGE_H
#define DEVICE_IMAGE_H

#include <linnet/firmware.h>

#include <mbedtls/sha256.h>

enum { IMAGE_HEAD_MAX = 1024, IMAGE_TEXT = 128 };

struct image {
    char head[IMAGE_HEAD_MAX]; /* as far as it has come */
    size_t head_len;
    bool is_plain; /* it has no head */
    bool has_head; /* the empty line has come */
    mbedtls_sha256_context digest;
    char name[IMAGE_TEXT];
    char version[IMAGE_TEXT];
    char model[IMAGE_TEXT];
    char sha256[65];
};

void image_begin(struct image *image);
/* Bytes of it in order. LN_FIRMWARE_WRONG_PACKAGE: its head is none, or it is for another model. */
uint8_t image_take(struct image *image, const char *model, struct ln_bytes bytes);
/* LN_FIRMWARE_OK, _DAMAGED or _WRONG_PACKAGE. */
uint8_t image_end(struct image *image);

#endif
