/* The operator's book: what was asked of which device, what it did, what the server says. */

#include "orders.h"
#include "trace.h"
#include "waiting.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXCHANGE_LIFETIME = 247 * 1000 }; /* RFC 7252 §4.8.2, with the default parameters */

static struct sim_operation *note(struct world *world)
{
    if (world->operation_count == world->operation_capacity) {
        world->operation_capacity = 2 * world->operation_capacity + 64;
        world->operations = realloc(world->operations,
                                    world->operation_capacity * sizeof(world->operations[0]));
        if (world->operations == NULL) {
            abort();
        }
    }
    struct sim_operation *noted = &world->operations[world->operation_count++];
    *noted = (struct sim_operation){0};
    return noted;
}

static bool operate(struct world *world, struct device *device,
                    const struct ln_operation *operation)
{
    struct ln_bytes endpoint = ln_bytes_of_text(device->endpoint);
    uint64_t tag = world->operation_count;
    uint64_t id = 0;

    if (world->server == NULL) {
        return false;
    }
    *note(world) = (struct sim_operation){
        .kind = operation->kind,
        .path = operation->path,
        .device = device,
        .began = world->now,
        .runs_before = device->probe.runs,
    };
    ln_err err =
        ln_server_operate(world->server, world->now, endpoint, operation, NULL, tag, &id);
    trace_text(world, "operator: %s of %s, tag %llu: %s", ln_operation_name(operation->kind),
               device->endpoint, (unsigned long long)tag, ln_err_text(err));
    bool is_known = ln_server_find(world->server, endpoint) != NULL;
    world_pump_server(world);
    if (err != LN_OK) {
        world->operation_count--;
        world->tally.refused_operations++;
        if ((err == LN_ERR_NOT_FOUND) == is_known) {
            world_fail(world, "%s: an operation is refused: %s", device->endpoint,
                       ln_err_text(err));
        }
        return false;
    }
    world->tally.operations++;
    return true;
}

static struct ln_operation an_operation(enum ln_operation_kind kind, struct ln_path path,
                                        const char *payload)
{
    return (struct ln_operation){
        .kind = kind,
        .path = path,
        .accept = path.depth >= 3 ? LN_FORMAT_TEXT : LN_FORMAT_TLV,
        .format = LN_FORMAT_TEXT,
        .payload = ln_bytes_of_text(payload),
    };
}

bool world_read(struct world *world, struct device *device, struct ln_path path)
{
    struct ln_operation read = an_operation(LN_OPERATION_READ, path, "");

    return operate(world, device, &read);
}

bool world_execute(struct world *world, struct device *device)
{
    char arguments[32];

    snprintf(arguments, sizeof(arguments), "0='%zu'", world->operation_count);
    struct ln_operation execute =
        an_operation(LN_OPERATION_EXECUTE, ln_path_resource(SIM_PROBE_OBJECT, 0, 1), arguments);
    return operate(world, device, &execute);
}

bool world_write_level(struct world *world, struct device *device)
{
    char level[32];

    snprintf(level, sizeof(level), "%zu", world->operation_count);
    struct ln_operation write =
        an_operation(LN_OPERATION_WRITE, ln_path_resource(SIM_PROBE_OBJECT, 0, 2), level);
    return operate(world, device, &write);
}

bool world_write_lifetime(struct world *world, struct device *device, uint32_t seconds)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", seconds);
    struct ln_operation write =
        an_operation(LN_OPERATION_WRITE, ln_path_resource(1, 0, 1), text);
    return operate(world, device, &write);
}

bool world_create_sensor(struct world *world, struct device *device, uint16_t id)
{
    /* Object Instance TLV of 7 bytes: resource 5700 = 25.0 */
    uint8_t tlv[] = {0x08, (uint8_t)id, 7, 0xE4, 0x16, 0x44, 0x41, 0xC8, 0, 0};
    struct ln_operation create =
        an_operation(LN_OPERATION_CREATE, ln_path_object(SIM_SENSOR_OBJECT), "");

    create.format = LN_FORMAT_TLV;
    create.payload = ln_bytes(tlv, sizeof(tlv));
    return operate(world, device, &create);
}

bool world_delete_sensor(struct world *world, struct device *device, uint16_t id)
{
    struct ln_operation delete =
        an_operation(LN_OPERATION_DELETE, ln_path_instance(SIM_SENSOR_OBJECT, id), "");

    return operate(world, device, &delete);
}

static bool execute(struct world *world, struct device *device, uint16_t resource)
{
    struct ln_operation execute =
        an_operation(LN_OPERATION_EXECUTE, ln_path_resource(1, 0, resource), "");

    return operate(world, device, &execute);
}

bool world_disable(struct world *world, struct device *device)
{
    return execute(world, device, 4);
}

bool world_trigger(struct world *world, struct device *device)
{
    return execute(world, device, 8);
}

/* ---- What the device did ---- */

void world_operation_ran(struct world *world, struct device *device, uint64_t tag)
{
    if (world->waiting != NULL) {
        waiting_ran(world, device, tag);
        return;
    }
    if (tag >= ORDER_TAG) {
        orders_ran(world, device, tag);
        return;
    }
    if (tag >= world->operation_count || world->operations[tag].device != device) {
        world_fail(world, "%s does what nobody asked of it", device->endpoint);
        return;
    }
    struct sim_operation *o = &world->operations[tag];
    world->tally.ran++;
    trace_text(world, "%s runs %llu", device->endpoint, (unsigned long long)tag);
    if (o->runs++ == 0) {
        o->first_run = world->now;
        o->first_boot = device->boots;
        o->first_distinct = device->distinct;
        return;
    }
    if (o->first_boot == device->boots && world->now - o->first_run < EXCHANGE_LIFETIME &&
        device->distinct - o->first_distinct < LN_COAP_HISTORY) {
        world_fail(world, "%s: operation %llu (%s) ran twice, %lld ms and %u messages apart",
                   device->endpoint, (unsigned long long)tag, ln_operation_name(o->kind),
                   (long long)(world->now - o->first_run),
                   device->distinct - o->first_distinct);
        return;
    }
    world->tally.late_repeats++;
}

/* ---- What the server says of it ---- */

static bool is_probe(const struct sim_operation *o, uint16_t resource)
{
    return ln_path_equal(o->path, ln_path_resource(SIM_PROBE_OBJECT, 0, resource));
}

/* The device counts upward: an answer out of the past or to another request shows. */
static void check_count(struct world *world, const struct sim_operation *o,
                        const struct ln_server_event *event)
{
    int64_t runs;

    if (event->code != LN_COAP_2_05 || event->format != LN_FORMAT_TEXT ||
        !ln_integer_of_text(event->payload, &runs) || runs < o->runs_before ||
        runs > o->device->probe.runs) {
        world_fail(world, "%s: the counter is read as %.*s (code %u, format %u), not %d to %d",
                   o->device->endpoint, (int)event->payload.len,
                   (const char *)event->payload.at, event->code, event->format, o->runs_before,
                   o->device->probe.runs);
    }
}

static void check_answer(struct world *world, const struct sim_operation *o,
                         const struct ln_server_event *event)
{
    bool changes = is_probe(o, 1) || (is_probe(o, 2) && o->kind == LN_OPERATION_WRITE);

    if (event->code == LN_COAP_5_03) {
        return; /* too much at once for the device */
    }
    if (is_probe(o, 0)) {
        check_count(world, o, event);
    } else if (changes && (event->code != LN_COAP_2_04 || o->runs == 0)) {
        world_fail(world, "%s: %s answered with code %u, but it ran %u times",
                   o->device->endpoint, ln_operation_name(o->kind), event->code, o->runs);
    }
}

void operation_result(struct world *world, const struct ln_server_event *event)
{
    if (event->tag >= world->operation_count) {
        world_fail(world, "the server has a result of what nobody asked");
        return;
    }
    struct sim_operation *o = &world->operations[event->tag];
    trace_text(world, "result of %llu: %s code %u", (unsigned long long)event->tag,
               ln_outcome_name(event->outcome), event->code);
    o->outcome = event->outcome;
    if (o->results++ > 0) {
        world_fail(world, "operation %llu has a second result", (unsigned long long)event->tag);
    }
    if (event->operation.kind != o->kind || !ln_path_equal(event->operation.path, o->path) ||
        !ln_bytes_are(event->endpoint, o->device->endpoint)) {
        world_fail(world, "the result of operation %llu is of another",
                   (unsigned long long)event->tag);
    }
    if (event->outcome == LN_OUTCOME_ANSWERED) {
        check_answer(world, o, event);
    }
}

void operations_lost(struct world *world)
{
    for (size_t i = 0; i < world->operation_count; i++) {
        struct sim_operation *operation = &world->operations[i];
        if (operation->results == 0) {
            operation->results = 1;
            operation->outcome = LN_OUTCOME_CLOSED;
        }
    }
}
