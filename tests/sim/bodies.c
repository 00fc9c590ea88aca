/* Long bodies under bad weather: written and read block by block, and compared byte by byte. */

#include "bodies.h"

#include "trace.h"

#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    LIFETIME = 7 * 24 * 3600, /* longer than a seed: what is seen is blocks, not Updates */
    MEMORY_GROWTH = 64 * 1024,
};

static const size_t sizes[] = {64 * 1024, 1024 * 1024};

/* ---- The device's object ---- */

static ln_err sink_begin(void *instance, size_t size_hint)
{
    struct blobs *blobs = instance;

    (void)size_hint;
    blobs->taken_length = 0;
    blobs->is_complete = false;
    return LN_OK;
}

static void go_on(struct world *world, void *subject, uint64_t detail)
{
    struct device *d = subject;

    (void)world;
    (void)detail;
    ln_client_resume(&d->client);
    device_pump(d);
}

/* Flash is busy now and then, for longer than a retransmission takes. */
static bool has_to_wait(struct blobs *blobs)
{
    struct world *world = blobs->device->world;

    if (blobs->is_busy) {
        blobs->is_busy = false;
        return false;
    }
    blobs->is_busy = dice_chance(&world->dice, 2);
    if (blobs->is_busy) {
        ln_time until = world->now + dice_between(&world->dice, 1, 5 * SECOND);
        agenda_add(&world->agenda, until, go_on, blobs->device, 0);
    }
    return blobs->is_busy;
}

static ln_err sink_chunk(void *instance, size_t offset, struct ln_bytes bytes)
{
    struct blobs *blobs = instance;

    if (has_to_wait(blobs)) {
        return LN_ERR_BUSY;
    }
    if (offset != blobs->taken_length || bytes.len > sizeof(blobs->taken) - offset) {
        world_fail(blobs->device->world, "a chunk at %zu comes where %zu bytes are", offset,
                   blobs->taken_length);
        return LN_ERR_TOO_LARGE;
    }
    memcpy(&blobs->taken[offset], bytes.at, bytes.len);
    blobs->taken_length += bytes.len;
    return LN_OK;
}

static ln_err sink_end(void *instance, bool complete)
{
    struct blobs *blobs = instance;

    blobs->is_complete = complete;
    return LN_OK;
}

static const struct ln_resource blob_resources[] = {
    {0, LN_OPAQUE, LN_WRITE | LN_MANDATORY, LN_STREAM(sink_begin, sink_chunk, sink_end)},
    {1, LN_OPAQUE, LN_READ | LN_MANDATORY, LN_FIELD(struct blobs, source)},
};
static const struct ln_object blobs_object = {
    .id = SIM_BLOBS_OBJECT,
    .version_major = 1,
    .resource_count = LN_COUNT(blob_resources),
    .resources = blob_resources,
};

static void fill(struct world *world, uint8_t *out, size_t length)
{
    dice_fill(&world->dice, out, length);
}

static void given_a_device(struct world *world, struct blobs *blobs)
{
    struct device *d = &world->devices[0];

    device_init(d, world, 0, LIFETIME, LN_VERSION_1_1);
    blobs->device = d;
    d->objects[SIM_OBJECTS - 1] = (struct ln_object_entry){&blobs_object, blobs};
    d->config.object_count = SIM_OBJECTS;
    d->config.memory = blobs->memory;
    d->config.memory_size = sizeof(blobs->memory);
    d->config.datagram_size = SIM_BLOB_DATAGRAM;
    device_use_blocks(d, world->seed % 5 == 0 ? 512 : 0);
    d->blocks.memory = blobs->body;
    d->blocks.body_size = sizeof(blobs->body);
    device_start(d);
}

/* ---- The operator ---- */

static void supply(struct world *world, struct body_operation *o,
                   const struct ln_server_event *event)
{
    size_t left = o->length - event->offset;
    size_t length = left < event->size ? left : event->size;
    struct ln_bytes bytes = ln_bytes(&o->bytes[event->offset], length);
    ln_err err = ln_server_supply(world->server, world->now, event->id, bytes, length == left);

    if (err != LN_OK) {
        world_fail(world, "%u bytes at %u are refused: %s", event->size, event->offset,
                   ln_err_text(err));
    }
}

static void take(struct world *world, struct body_operation *o,
                 const struct ln_server_event *event)
{
    size_t end = event->offset + event->payload.len;

    if ((event->offset != 0 && event->offset != o->length) || end > sizeof(o->bytes) ||
        event->format != LN_FORMAT_OPAQUE) {
        world_fail(world, "a part of %zu bytes at %u comes after %zu bytes", event->payload.len,
                   event->offset, o->length);
        return;
    }
    memcpy(&o->bytes[event->offset], event->payload.at, event->payload.len);
    o->length = end;
    if (ln_server_continue(world->server, world->now, event->id) == event->last) {
        world_fail(world, "the part at %u is not the last, or is it?", event->offset);
    }
}

void body_event(struct world *world, const struct ln_server_event *event)
{
    struct body_operation *o = world->body;

    if (o == NULL || event->id != o->id) {
        world_fail(world, "the server speaks of a body that nobody asked for");
    } else if (event->kind == LN_SERVER_WANTS) {
        supply(world, o, event);
    } else if (event->kind == LN_SERVER_PART) {
        take(world, o, event);
    } else {
        o->is_over = true;
        o->outcome = event->outcome;
        o->code = event->code;
    }
}

static void begin(struct world *world, const struct ln_operation *operation,
                  const struct ln_server_stream *stream)
{
    struct body_operation *o = world->body;

    o->is_over = false;
    o->memory_before = world->memory;
    world->memory_most = world->memory;
    ln_err err = ln_server_stream(world->server, world->now, ln_bytes_of_text("device-0"),
                                  operation, stream, 0, &o->id);
    if (err != LN_OK) {
        world_fail(world, "a stream is refused: %s", ln_err_text(err));
        o->is_over = true;
    }
    world_pump_server(world);
}

static void run_to_end(struct world *world, const char *what, uint8_t code)
{
    struct body_operation *o = world->body;
    ln_time until = world->now + 24 * HOUR;

    while (!o->is_over && world->now < until) {
        world_run(world, world->now + 10 * SECOND);
    }
    if (!o->is_over || o->outcome != LN_OUTCOME_ANSWERED || o->code != code) {
        world_fail(world, "a body of %zu bytes was not %s: %s, code %u", o->length, what,
                   o->is_over ? ln_outcome_name(o->outcome) : "not over", o->code);
    }
    size_t growth = world->memory_most - o->memory_before;
    if (growth >= MEMORY_GROWTH) {
        world_fail(world, "the server took %zu bytes of memory for a body", growth);
    }
    if (growth > world->tally.body_memory) {
        world->tally.body_memory = growth;
    }
}

/* Byte by byte. */
static void compare(struct world *world, const char *what, struct ln_bytes is,
                    struct ln_bytes should_be)
{
    if (ln_bytes_equal(is, should_be)) {
        world->tally.bodies++;
    } else {
        world_fail(world, "%zu bytes of %zu were %s, or others", is.len, should_be.len, what);
    }
}

static struct ln_operation an_operation(enum ln_operation_kind kind, uint16_t resource)
{
    return (struct ln_operation){
        .kind = kind,
        .path = ln_path_resource(SIM_BLOBS_OBJECT, 0, resource),
        .accept = LN_FORMAT_OPAQUE,
        .format = LN_FORMAT_OPAQUE,
    };
}

static void write_body(struct world *world, size_t length)
{
    struct body_operation *o = world->body;
    struct blobs *blobs = o->blobs;
    struct ln_operation write = an_operation(LN_OPERATION_WRITE, 0);
    struct ln_server_stream stream = {.supplies = true, .rewinds = true};

    stream.size = dice_chance(&world->dice, 50) ? (uint32_t)length : LN_COAP_BODY_UNKNOWN;
    fill(world, o->bytes, length);
    o->length = length;
    begin(world, &write, &stream);
    run_to_end(world, "written", LN_COAP_2_04);
    compare(world, "written", ln_bytes(blobs->taken, blobs->taken_length),
            ln_bytes(o->bytes, length));
    if (!blobs->is_complete) {
        world_fail(world, "the device was not told that it has all");
    }
}

static void source_changes(struct world *world, void *subject, uint64_t detail)
{
    struct blobs *blobs = subject;

    blobs->given[detail] ^= 0xFF;
    trace_text(world, "the source has changed");
}

static void read_body(struct world *world, size_t length)
{
    struct body_operation *o = world->body;
    struct blobs *blobs = o->blobs;
    struct ln_operation read = an_operation(LN_OPERATION_READ, 1);
    struct ln_server_stream stream = {
        .takes = true, .rewinds = true, .size = LN_COAP_BODY_UNKNOWN};

    fill(world, blobs->given, length);
    blobs->source = ln_bytes(blobs->given, length);
    o->length = 0;
    begin(world, &read, &stream);
    if (world->seed % 4 == 0) {
        agenda_add(&world->agenda, world->now + 20 * SECOND, source_changes, blobs, length / 2);
    }
    run_to_end(world, "read", LN_COAP_2_05);
    compare(world, "read", ln_bytes(o->bytes, o->length), blobs->source);
}

static void move_bodies(struct world *world)
{
    const struct device *d = &world->devices[0];
    ln_time until = world->now + 24 * HOUR;

    /* Once the device knows it too: until then it may register anew, which ends operations. */
    while (world->now < until && d->slot.state != LN_REGISTRATION_REGISTERED) {
        world_run(world, world->now + MINUTE);
    }
    for (size_t i = 0; i < LN_COUNT(sizes); i++) {
        write_body(world, sizes[i]);
        read_body(world, sizes[i]);
    }
}

bool bodies_run(const struct story_settings *settings, struct tally *tally)
{
    struct world world;
    struct world_settings of_world = {
        .seed = settings->seed,
        .devices = 1,
        .verbose = settings->verbose,
        .weather = {.loss = settings->loss, .duplicates = 5, .stragglers = 3},
    };
    struct blobs *blobs = calloc(1, sizeof(*blobs));
    struct body_operation *body = calloc(1, sizeof(*body));
    bool is_there = blobs != NULL && body != NULL && world_init(&world, &of_world);

    if (is_there) {
        body->blobs = blobs;
        world.body = body;
        given_a_device(&world, blobs);
        move_bodies(&world);
        world_close(&world);
        world_add(tally, &world.tally);
        world_fini(&world);
    }
    free(blobs);
    free(body);
    return is_there && world.failures == 0;
}
