/* Firmware of ten megabytes under bad weather: pushed and pulled, and compared byte by byte. */

#include "firmware.h"

#include "trace.h"

#include <linnet/download.h>
#include <linnet/firmware.h>

#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    LIFETIME = 3600, /* one that was lost is heard again by its Updates */
    IMAGE = 10 * 1024 * 1024,
    DATAGRAM = 1152,
    READ_ID = 7,
    MEMORY_GROWTH = 64 * 1024,
    LONGEST = 48 * HOUR,
};

static const char path[] = "fw/0123";

struct sim_firmware {
    struct world *world;
    struct device *device;
    struct ln_firmware object;
    struct ln_download download;
    struct ln_download_config config;
    struct ln_address address; /* of the socket that fetches */
    ln_time armed;
    bool is_busy;    /* the next chunk has to wait */
    bool is_wrong;   /* a chunk had other bytes than the image */
    size_t got;      /* bytes of the image, in order */
    unsigned told;   /* the URI: a Write without an answer is repeated */
    bool has_ended;  /* the last chunk has been taken */
    uint64_t served; /* blocks of the file */
    /* The operator's. */
    uint64_t id;
    bool is_over;
    enum ln_outcome outcome;
    uint8_t code;
    uint8_t image[IMAGE];
    uint8_t memory[LN_CLIENT_MEMORY(1, DATAGRAM, 384)];
    uint8_t body[DATAGRAM];
};

static void pump(struct sim_firmware *f);

/* ---- The device's flash ---- */

static uint8_t flash_begin(void *context, size_t size)
{
    struct sim_firmware *f = context;

    f->got = 0;
    f->has_ended = false;
    return size == 0 || size == IMAGE ? LN_FIRMWARE_OK : LN_FIRMWARE_NO_SPACE;
}

static void go_on(struct world *world, void *subject, uint64_t detail)
{
    struct sim_firmware *f = subject;

    (void)detail;
    if (ln_download_is_active(&f->download)) {
        ln_download_resume(&f->download, world->now);
        pump(f);
    } else {
        ln_client_resume(&f->device->client);
        device_pump(f->device);
    }
}

/* Flash is busy now and then, for longer than a retransmission takes. */
static bool has_to_wait(struct sim_firmware *f)
{
    struct world *world = f->world;

    if (f->is_busy) {
        f->is_busy = false;
        return false;
    }
    f->is_busy = world->seed % 2 == 0 && dice_below(&world->dice, 500) == 0;
    if (f->is_busy) {
        agenda_add(&world->agenda, world->now + dice_between(&world->dice, 1, 5 * SECOND),
                   go_on, f, 0);
    }
    return f->is_busy;
}

static uint8_t flash_chunk(void *context, size_t offset, struct ln_bytes bytes)
{
    struct sim_firmware *f = context;

    if (has_to_wait(f)) {
        return LN_FIRMWARE_WAIT;
    }
    if (offset != f->got || bytes.len > IMAGE - offset) {
        world_fail(f->world, "a chunk at %zu comes where %zu bytes are", offset, f->got);
        return LN_FIRMWARE_DAMAGED;
    }
    f->is_wrong = f->is_wrong || memcmp(&f->image[offset], bytes.at, bytes.len) != 0;
    f->got += bytes.len;
    return LN_FIRMWARE_OK;
}

static uint8_t flash_end(void *context)
{
    struct sim_firmware *f = context;

    f->has_ended = true;
    return f->got == IMAGE ? LN_FIRMWARE_OK : LN_FIRMWARE_DAMAGED;
}

static void flash_abandon(void *context)
{
    struct sim_firmware *f = context;

    f->got = 0;
    f->has_ended = false;
}

static void begin_later(struct world *world, void *subject, uint64_t detail)
{
    (void)world;
    (void)detail;
    pump(subject);
}

static uint8_t flash_fetch(void *context)
{
    struct sim_firmware *f = context;
    uint8_t result = ln_download_start(&f->download, f->world->now);

    f->told++;
    agenda_add(&f->world->agenda, f->world->now, begin_later, f, 0);
    return result;
}

static const struct ln_firmware_calls flash = {flash_begin, flash_chunk, flash_end,
                                               flash_abandon, flash_fetch};

/* ---- The device's other socket ---- */

static void wake(struct world *world, void *subject, uint64_t detail)
{
    struct sim_firmware *f = subject;

    (void)world;
    if (f->armed == (ln_time)detail) {
        f->armed = LN_NEVER;
        pump(f);
    }
}

static bool read_events(struct sim_firmware *f)
{
    struct ln_download_event event;
    bool any = false;

    while (ln_download_event(&f->download, &event)) {
        any = true;
        if (event.kind == LN_DOWNLOAD_OPEN) {
            f->address.port++; /* each link is a socket of its own */
            ln_download_link_up(&f->download, f->world->now);
        }
    }
    return any;
}

static void pump(struct sim_firmware *f)
{
    uint8_t buffer[LN_DOWNLOAD_DATAGRAM_MAX];
    struct world *world = f->world;
    size_t len;
    bool any;

    do {
        any = false;
        while ((len = ln_download_send(&f->download, world->now, buffer, sizeof(buffer))) > 0) {
            network_send(world, &f->address, &world->server_address, ln_bytes(buffer, len));
            any = true;
        }
        any = read_events(f) || any;
    } while (any);
    ln_time due = ln_download_deadline(&f->download);
    if (due != f->armed && due != LN_NEVER) {
        if (due <= world->now) {
            world_fail(world, "nothing to fetch, but the deadline is past");
            due = world->now + 1;
        }
        agenda_add(&world->agenda, due, wake, f, (uint64_t)due);
    }
    f->armed = due;
}

bool firmware_deliver(struct sim_firmware *f, const struct ln_address *to,
                      struct ln_bytes bytes)
{
    if (memcmp(to->ip, f->address.ip, sizeof(to->ip)) != 0) {
        return false;
    }
    if (to->port == f->address.port) { /* the others are closed */
        ln_download_recv(&f->download, f->world->now, bytes);
        pump(f);
    }
    return true;
}

/* The Wi-Fi is gone for a moment, in the middle of the image. */
static void break_link(struct world *world, void *subject, uint64_t detail)
{
    struct sim_firmware *f = subject;

    (void)detail;
    if (ln_download_is_active(&f->download) && f->got > 0) {
        trace_text(world, "the link that fetches breaks");
        ln_download_link_down(&f->download, world->now, LN_LINK_FAILED);
        pump(f);
    }
}

/* ---- The server's file ---- */

static bool find(void *context, const struct ln_peer *peer, struct ln_bytes name,
                 struct ln_server_file *out)
{
    (void)context;
    (void)peer;
    *out = (struct ln_server_file){.id = READ_ID, .size = IMAGE, .etag = 1};
    return ln_bytes_are(name, path);
}

static bool read_image(void *context, uint64_t id, uint32_t offset, void *out, size_t size)
{
    struct sim_firmware *f = context;

    memcpy(out, &f->image[offset], size);
    f->served++;
    return id == READ_ID && offset + size <= IMAGE;
}

struct ln_server_files firmware_files(struct sim_firmware *f)
{
    return (struct ln_server_files){.find = find, .read = read_image, .context = f};
}

/* ---- The operator ---- */

void firmware_result(struct sim_firmware *f, const struct ln_server_event *event)
{
    if (event->id != f->id) {
        world_fail(f->world, "the server speaks of what nobody asked for");
        return;
    }
    f->is_over = true;
    f->outcome = event->outcome;
    f->code = event->code;
}

static bool hold(struct sim_firmware *f, ln_err err, const char *what)
{
    struct world *world = f->world;
    ln_time until = world->now + LONGEST;

    if (err != LN_OK) {
        world_fail(world, "%s: %s", what, ln_err_text(err));
        return false;
    }
    world_pump_server(world);
    while (!f->is_over && world->now < until) {
        world_run(world, world->now + SECOND);
    }
    if (!f->is_over || f->outcome != LN_OUTCOME_ANSWERED || f->code != LN_COAP_2_04) {
        world_fail(world, "%s: %s, code %u, %zu bytes are there", what,
                   f->is_over ? ln_outcome_name(f->outcome) : "not over", f->code, f->got);
        return false;
    }
    return true;
}

static bool write_uri(struct sim_firmware *f, const char *uri)
{
    struct world *world = f->world;
    struct ln_server_terms terms = {.expires_at = LN_NEVER, .queue = true};
    struct ln_operation write = {.kind = LN_OPERATION_WRITE,
                                 .path = ln_path_resource(5, 0, 1),
                                 .accept = LN_FORMAT_NONE,
                                 .format = LN_FORMAT_TEXT,
                                 .payload = ln_bytes_of_text(uri)};

    f->is_over = false;
    return hold(f,
                ln_server_operate(world->server, world->now, ln_bytes_of_text("device-0"),
                                  &write, &terms, 0, &f->id),
                "a Write of /5/0/1");
}

/* All of the image is on the device, and nothing else. */
static void compare(struct sim_firmware *f, const char *how)
{
    struct world *world = f->world;
    bool is_there = f->object.state == LN_FIRMWARE_DOWNLOADED && f->has_ended;
    size_t growth = world->memory_most - world->memory;

    if (is_there && f->got == IMAGE && !f->is_wrong) {
        world->tally.bodies++;
    } else {
        world_fail(world, "%s: state %u, result %u, %zu bytes%s", how, f->object.state,
                   f->object.result, f->got, f->is_wrong ? ", others than the image's" : "");
    }
    if (growth >= MEMORY_GROWTH) {
        world_fail(world, "%s: the server took %zu bytes of memory", how, growth);
    }
    world->tally.body_memory =
        growth > world->tally.body_memory ? growth : world->tally.body_memory;
}

static void push(struct sim_firmware *f)
{
    struct world *world = f->world;
    struct ln_server_terms terms = {.expires_at = LN_NEVER, .queue = true};
    struct ln_operation write = {.kind = LN_OPERATION_WRITE,
                                 .path = ln_path_resource(5, 0, 0),
                                 .accept = LN_FORMAT_NONE,
                                 .format = LN_FORMAT_OPAQUE};
    struct ln_server_stream stream = {.supplies = true,
                                      .size = IMAGE,
                                      .read = read_image,
                                      .read_context = f,
                                      .read_id = READ_ID,
                                      .terms = &terms};

    f->is_over = false;
    world->memory_most = world->memory;
    (void)hold(f,
               ln_server_stream(world->server, world->now, ln_bytes_of_text("device-0"), &write,
                                &stream, 0, &f->id),
               "a Write of /5/0/0");
    compare(f, "pushed");
}

static void pull(struct sim_firmware *f)
{
    struct world *world = f->world;
    ln_time until = world->now + LONGEST;
    char uri[64] = "coap://192.0.2.1/";

    f->is_wrong = false;
    world->memory_most = world->memory;
    if (!write_uri(f, strcat(uri, path))) {
        return;
    }
    for (unsigned i = 0; world->seed % 3 == 0 && i < 3; i++) {
        agenda_add(&world->agenda, world->now + (ln_time)(i + 1) * 10 * MINUTE, break_link, f,
                   0);
    }
    while (f->object.state == LN_FIRMWARE_DOWNLOADING && world->now < until) {
        world_run(world, world->now + SECOND);
    }
    compare(f, "pulled");
    if (f->download.stats.begun != f->told) {
        world_fail(world, "an image that stayed the same was begun %u times, and told %u times",
                   f->download.stats.begun, f->told);
    }
}

/* ---- The story ---- */

static bool given_a_device(struct sim_firmware *f)
{
    struct world *world = f->world;
    struct device *d = &world->devices[0];

    f->device = d;
    f->armed = LN_NEVER;
    f->address = ln_address_ipv4(10, 9, 9, 9, 40000);
    f->object = (struct ln_firmware){
        .calls = &flash, .context = f, .largest = IMAGE, .delivery = LN_FIRMWARE_BOTH};
    f->config = (struct ln_download_config){.firmware = &f->object,
                                            .random = {dice_fill, &world->dice}};
    device_init(d, world, 0, LIFETIME, LN_VERSION_1_1);
    d->objects[SIM_OBJECTS - 1] = d->objects[SIM_OBJECTS - 2];
    for (size_t i = SIM_OBJECTS - 1; i > 0; i--) { /* sorted by id */
        d->objects[i] = d->objects[i - 1];
        if (d->objects[i - 1].object->id < ln_firmware_object.id) {
            d->objects[i] = (struct ln_object_entry){&ln_firmware_object, &f->object};
            break;
        }
    }
    d->config.object_count = SIM_OBJECTS;
    d->config.memory = f->memory;
    d->config.memory_size = sizeof(f->memory);
    d->config.datagram_size = DATAGRAM;
    d->config.scratch_size = 384;
    device_use_blocks(d, world->seed % 5 == 0 ? 512 : 0);
    d->blocks.memory = f->body;
    d->blocks.body_size = sizeof(f->body);
    device_start(d);
    return ln_download_init(&f->download, &f->config) == LN_OK;
}

static void run(struct sim_firmware *f)
{
    struct world *world = f->world;
    ln_time until = world->now + 24 * HOUR;

    dice_fill(&world->dice, f->image, IMAGE);
    if (!given_a_device(f)) {
        world_fail(world, "there is no downloader");
        return;
    }
    while (world->now < until && world->devices[0].slot.state != LN_REGISTRATION_REGISTERED) {
        world_run(world, world->now + MINUTE);
    }
    push(f);
    if (write_uri(f, "") && f->object.state == LN_FIRMWARE_IDLE) {
        pull(f);
    } else {
        world_fail(world, "an empty URI has left the device in state %u", f->object.state);
    }
}

bool firmware_run(const struct story_settings *settings, struct tally *tally)
{
    struct world world;
    struct sim_firmware *f = calloc(1, sizeof(*f));
    struct world_settings of_world = {
        .seed = settings->seed,
        .devices = 1,
        .verbose = settings->verbose,
        .firmware = f,
        .weather = {.loss = settings->loss, .duplicates = 5, .stragglers = 3},
    };
    bool is_there = f != NULL && world_init(&world, &of_world);

    if (is_there) {
        f->world = &world;
        run(f);
        world_close(&world);
        world_add(tally, &world.tally);
        world_fini(&world);
    }
    free(f);
    return is_there && world.failures == 0;
}
