/* A client with the Firmware Update object, and an app that takes its images. */

#include "firmware_support.h"

struct sink sink;
struct ln_firmware firmware;

static struct ln_client_transfer transfers[ACCOUNTS];
static uint8_t bodies[ACCOUNTS * BODY];
static struct ln_object_entry objects[4];
static struct ln_client_blocks with_blocks;

static uint8_t begin(void *context, size_t size)
{
    CHECK(context == &sink);
    if (sink.begin_says == LN_FIRMWARE_OK) {
        CHECK_EQ(sink.begun, sink.abandoned); /* one at a time */
        sink.begun++;
        sink.got = 0;
        sink.size = size;
    }
    return sink.begin_says;
}

static uint8_t chunk(void *context, size_t offset, struct ln_bytes bytes)
{
    (void)context;
    if (sink.chunk_says == LN_FIRMWARE_OK) {
        CHECK_EQ(offset, sink.got);
        CHECK(offset + bytes.len <= sizeof(sink.image));
        memcpy(sink.image + offset, bytes.at, bytes.len);
        sink.got += bytes.len;
    }
    return sink.chunk_says;
}

static uint8_t end(void *context)
{
    (void)context;
    sink.ended++;
    firmware.name = "app";
    firmware.version = "2.0";
    return sink.end_says;
}

static void abandon(void *context)
{
    (void)context;
    sink.abandoned++;
}

static uint8_t fetch(void *context)
{
    (void)context;
    sink.fetched++;
    return sink.fetch_says;
}

void given_firmware(void)
{
    static const struct ln_firmware_calls calls = {begin, chunk, end, abandon, fetch};

    memset(&sink, 0, sizeof(sink));
    firmware = (struct ln_firmware){
        .calls = &calls,
        .context = &sink,
        .largest = IMAGE_MAX,
        .protocols = {2, {0, 1}, {LN_FIRMWARE_COAP, LN_FIRMWARE_COAPS}},
        .delivery = LN_FIRMWARE_BOTH,
    };
}

void given_a_client_with_firmware(void)
{
    given_a_client(LN_VERSION_1_0);
    given_firmware();
    memcpy(objects, f.objects, sizeof(f.objects[0]) * 3);
    objects[3] = (struct ln_object_entry){&ln_firmware_object, &firmware};
    with_blocks = (struct ln_client_blocks){&ln_client_blocks_calls, transfers, bodies, BODY};
    f.config.objects = objects;
    f.config.object_count = 4;
    f.config.blocks = &with_blocks;
    given_it_is_registered();
}

struct ln_bytes part_of_image(size_t offset, size_t len)
{
    static uint8_t image[IMAGE_MAX];

    CHECK(offset + len <= sizeof(image));
    for (size_t i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)(i * 7 + i / 256 + 1);
    }
    return ln_bytes(image + offset, len);
}
