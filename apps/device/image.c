/* What an image says of itself: the lines at its head, and their digest of the rest. */

#include "image.h"

#include <stdio.h>
#include <string.h>

static const char magic[] = "linnet-firmware 1\n";

void image_begin(struct image *image)
{
    *image = (struct image){.head_len = 0};
    mbedtls_sha256_init(&image->digest);
    mbedtls_sha256_starts(&image->digest, 0);
}

static bool take_line(struct image *image, struct ln_bytes line)
{
    struct {
        const char *name;
        char *out;
        size_t size;
    } fields[] = {
        {"name", image->name, sizeof(image->name)},
        {"version", image->version, sizeof(image->version)},
        {"model", image->model, sizeof(image->model)},
        {"sha256", image->sha256, sizeof(image->sha256)},
    };
    struct ln_reader in = ln_reader(line);
    struct ln_bytes name = ln_read_until(&in, '=');
    struct ln_bytes value = ln_read_rest(&in);

    for (size_t i = 0; i < LN_COUNT(fields); i++) {
        if (ln_bytes_are(name, fields[i].name)) {
            return ln_utf8_valid(value) &&
                   ln_bytes_to_text(value, fields[i].out, fields[i].size);
        }
    }
    return true;
}

static bool read_head(struct image *image, struct ln_bytes head)
{
    struct ln_reader in = ln_reader(head);

    (void)ln_read_until(&in, '\n');
    while (ln_reader_left(&in) > 0) {
        if (!take_line(image, ln_read_until(&in, '\n'))) {
            return false;
        }
    }
    return strlen(image->sha256) == 64;
}

/* Takes bytes into the head until it is whole; the rest of them is the image's. */
static uint8_t take_head(struct image *image, const char *model, struct ln_bytes *bytes)
{
    size_t len = sizeof(magic) - 1;

    while (bytes->len > 0 && !image->has_head && !image->is_plain) {
        if (image->head_len == sizeof(image->head)) {
            return LN_FIRMWARE_WRONG_PACKAGE;
        }
        image->head[image->head_len++] = (char)*bytes->at;
        *bytes = ln_bytes(bytes->at + 1, bytes->len - 1);
        image->is_plain = image->head_len <= len &&
                          image->head[image->head_len - 1] != magic[image->head_len - 1];
        image->has_head = image->head_len > len && image->head[image->head_len - 1] == '\n' &&
                          image->head[image->head_len - 2] == '\n';
    }
    if (!image->has_head) {
        return LN_FIRMWARE_OK;
    }
    if (!read_head(image, ln_bytes(image->head, image->head_len - 1)) ||
        (image->model[0] != '\0' && model != NULL && strcmp(image->model, model) != 0)) {
        return LN_FIRMWARE_WRONG_PACKAGE;
    }
    return LN_FIRMWARE_OK;
}

uint8_t image_take(struct image *image, const char *model, struct ln_bytes bytes)
{
    if (!image->has_head && !image->is_plain) {
        uint8_t result = take_head(image, model, &bytes);
        if (result != LN_FIRMWARE_OK) {
            return result;
        }
    }
    if (image->has_head && bytes.len > 0) {
        mbedtls_sha256_update(&image->digest, bytes.at, bytes.len);
    }
    return LN_FIRMWARE_OK;
}

uint8_t image_end(struct image *image)
{
    uint8_t digest[32];
    char text[65];

    if (!image->has_head) { /* "linnet-firm" may be all of a plain one */
        bool is_cut = image->head_len >= sizeof(magic) - 1 && !image->is_plain;
        return is_cut ? LN_FIRMWARE_WRONG_PACKAGE : LN_FIRMWARE_OK;
    }
    mbedtls_sha256_finish(&image->digest, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    return strcasecmp(text, image->sha256) == 0 ? LN_FIRMWARE_OK : LN_FIRMWARE_DAMAGED;
}
