/* What operators ask to be kept, what the store has of it, and what the devices did. */

#include "orders.h"

#include "trace.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS_MAX = 4096, PATHS = 3, EXCHANGE_LIFETIME = 247 * 1000 };

struct order {
    struct device *device;
    enum ln_operation_kind kind;
    bool is_kept; /* and so acknowledged */
    bool is_over; /* kept, too */
    bool is_void; /* the server was cut before it was kept */
    enum ln_operation_state state;
    uint8_t code;
    unsigned runs;
    uint16_t message; /* of the first run, and when it was */
    ln_time first_run;
};

/* An observation, as the store has it. */
struct watch {
    bool is_declared;
    uint64_t token;
    char attributes[ORDER_ATTRIBUTES];
};

struct orders {
    struct order orders[ORDERS_MAX];
    size_t count;
    struct watch *watches; /* PATHS for each device */
};

static const struct ln_path paths[PATHS] = {
    {{SIM_PROBE_OBJECT, 0, 0, 0}, 3},
    {{SIM_PROBE_OBJECT, 0, 2, 0}, 3},
    {{SIM_SENSOR_OBJECT, 1, 0, 0}, 2},
};

static const struct ln_server_terms terms = {
    .expires_at = LN_NEVER, .queue = true, .durable = true};

struct orders *orders_new(struct world *world)
{
    struct orders *orders = calloc(1, sizeof(*orders));

    if (orders == NULL) {
        return NULL;
    }
    orders->watches = calloc(world->device_count, PATHS * sizeof(orders->watches[0]));
    if (orders->watches == NULL) {
        free(orders);
        return NULL;
    }
    return orders;
}

void orders_free(struct orders *orders)
{
    if (orders != NULL) {
        free(orders->watches);
        free(orders);
    }
}

static bool may_repeat(const struct order *order)
{
    return order->kind != LN_OPERATION_EXECUTE;
}

static struct ln_bytes endpoint_of(const struct device *d)
{
    return ln_bytes_of_text(d->endpoint);
}

/* ---- The operator ---- */

static struct ln_operation operation_of(enum ln_operation_kind kind, uint64_t tag, char *text,
                                        size_t size)
{
    bool executes = kind == LN_OPERATION_EXECUTE;

    snprintf(text, size, executes ? "0='%u'" : "%u", (unsigned)tag);
    return (struct ln_operation){
        .kind = kind,
        .path = ln_path_resource(SIM_PROBE_OBJECT, 0, executes ? 1 : 2),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_TEXT,
        .payload = ln_bytes_of_text(text),
    };
}

static void is_refused(struct world *world, struct device *d, ln_err err)
{
    world->tally.refused_orders++;
    if (err != LN_ERR_READ_ONLY) {
        world_fail(world, "%s: an order is refused: %s", d->endpoint, ln_err_text(err));
    }
}

static void order(struct world *world, struct device *d)
{
    struct orders *orders = world->orders;
    uint64_t tag = ORDER_TAG + orders->count;
    char text[32];
    uint64_t id;

    if (orders->count == ORDERS_MAX) {
        return;
    }
    struct order *made = &orders->orders[orders->count];
    *made = (struct order){
        .device = d,
        .kind = dice_chance(&world->dice, 50) ? LN_OPERATION_EXECUTE : LN_OPERATION_WRITE,
    };
    struct ln_operation operation = operation_of(made->kind, tag, text, sizeof(text));
    orders->count++;
    ln_err err = ln_server_operate(world->server, world->now, endpoint_of(d), &operation,
                                   &terms, tag, &id);
    trace_text(world, "operator: %s is to %s, kept, tag %llu: %s", d->endpoint,
               ln_operation_name(made->kind), (unsigned long long)tag, ln_err_text(err));
    if (err != LN_OK) {
        made->is_void = true;
        is_refused(world, d, err);
    }
}

static void declare(struct world *world, struct device *d)
{
    static const char *const attributes[] = {"", "pmin=5&pmax=300", "pmax=600", "pmin=20"};
    struct ln_path path = paths[dice_below(&world->dice, PATHS)];
    ln_err err;

    if (dice_chance(&world->dice, 30)) {
        err = ln_server_unobserve(world->server, world->now, endpoint_of(d), path);
    } else {
        const char *with = attributes[dice_below(&world->dice, LN_COUNT(attributes))];
        err = ln_server_observe(world->server, world->now, endpoint_of(d), path, LN_FORMAT_NONE,
                                ln_bytes_of_text(with), true);
    }
    if (err != LN_OK && err != LN_ERR_NOT_FOUND) {
        is_refused(world, d, err);
    }
}

void orders_visit(struct world *world, struct device *device)
{
    if (world->server == NULL || world->orders == NULL) {
        return;
    }
    if (dice_chance(&world->dice, 60)) {
        order(world, device);
    } else {
        declare(world, device);
    }
    world_pump_server(world);
}

/* ---- The store ---- */

static struct order *order_of(struct world *world, uint64_t tag)
{
    return &world->orders->orders[tag - ORDER_TAG];
}

static struct watch *watch_of(struct world *world, const struct device *device, size_t path)
{
    return &world->orders->watches[device->index * PATHS + path];
}

/* What the engine tells of it is what was asked for. */
static void check_whole(struct world *world, const struct ln_server_event *event)
{
    struct ln_server_operation_view view;
    char text[32];
    struct ln_operation asked =
        operation_of(order_of(world, event->tag)->kind, event->tag, text, sizeof(text));

    if (ln_server_operation(world->server, event->id, &view) &&
        (view.tag != event->tag || view.operation.kind != asked.kind ||
         !ln_path_equal(view.operation.path, asked.path) ||
         !ln_bytes_equal(view.operation.payload, asked.payload))) {
        world_fail(world, "order %llu is not told as it was given",
                   (unsigned long long)event->tag);
    }
}

static void note_observation(struct world *world, const struct ln_server_event *event,
                             struct order_change *out)
{
    const struct ln_observation_view *view = &event->observation;
    struct ln_writer w = ln_writer(out->attributes, sizeof(out->attributes) - 1);

    while (out->path < PATHS && !ln_path_equal(paths[out->path], view->path)) {
        out->path++;
    }
    if (out->path == PATHS) {
        world_fail(world, "an observation is told that nobody declared");
        out->is_one = false;
        return;
    }
    out->is_declared = view->state != LN_OBSERVATION_ENDED;
    out->token = view->token;
    ln_write_bytes(&w, view->attributes);
}

void orders_note(struct world *world, struct device *device,
                 const struct ln_server_event *event, struct order_change *out)
{
    bool is_operation = event->kind == LN_SERVER_QUEUED || event->kind == LN_SERVER_SENT ||
                        event->kind == LN_SERVER_RESULT;

    (void)device;
    if (!is_operation && event->kind != LN_SERVER_OBSERVATION) {
        return;
    }
    out->is_one = true;
    out->kind = event->kind;
    if (!is_operation) {
        note_observation(world, event, out);
        return;
    }
    out->tag = event->tag;
    out->state = event->state;
    out->code = event->code;
    if (event->kind == LN_SERVER_QUEUED) {
        check_whole(world, event);
    }
}

static void keep_operation(struct world *world, const struct order_change *change)
{
    struct order *order = order_of(world, change->tag);

    if (order->is_over) {
        world_fail(world, "order %llu has a second end", (unsigned long long)change->tag);
    }
    order->state = change->state;
    order->code = change->code;
    world->tally.orders += order->is_kept ? 0 : 1;
    order->is_kept = true;
    order->is_over = change->kind == LN_SERVER_RESULT;
}

void orders_keep(struct world *world, struct device *device, const struct order_change *change)
{
    if (change->kind != LN_SERVER_OBSERVATION) {
        keep_operation(world, change);
        return;
    }
    struct watch *watch = watch_of(world, device, change->path);
    watch->is_declared = change->is_declared;
    watch->token = change->token;
    memcpy(watch->attributes, change->attributes, sizeof(watch->attributes));
    world->tally.watches++;
}

void orders_cut(struct world *world)
{
    for (size_t i = 0; i < world->orders->count; i++) {
        struct order *order = &world->orders->orders[i];
        order->is_void = order->is_void || !order->is_kept;
    }
}

static void restore_operation(struct world *world, const struct order *order, uint64_t tag)
{
    char text[32];
    uint64_t id;
    struct ln_server_operation_view view = {
        .endpoint = endpoint_of(order->device),
        .tag = tag,
        .operation = operation_of(order->kind, tag, text, sizeof(text)),
        .terms = terms,
        .state = order->state,
        .created_at = world->now,
    };
    ln_err err = ln_server_restore_operation(world->server, world->now, &view, &id);

    world->tally.orders_restored++;
    if (err != LN_OK) {
        world_fail(world, "order %llu is not restored: %s", (unsigned long long)tag,
                   ln_err_text(err));
    }
}

static void restore_watch(struct world *world, struct device *d, size_t path)
{
    const struct watch *watch = watch_of(world, d, path);
    struct ln_observation_view view = {
        .endpoint = endpoint_of(d),
        .path = paths[path],
        .format = LN_FORMAT_NONE,
        .attributes = ln_bytes_of_text(watch->attributes),
        .durable = true,
        .token = watch->token,
    };
    ln_err err = ln_server_restore_observation(world->server, world->now, &view);

    world->tally.watches_restored++;
    if (err != LN_OK) {
        world_fail(world, "%s: an observation is not restored: %s", d->endpoint,
                   ln_err_text(err));
    }
}

void orders_restore(struct world *world, struct device *device)
{
    for (size_t i = 0; i < world->orders->count; i++) {
        const struct order *order = &world->orders->orders[i];
        if (order->device == device && order->is_kept && !order->is_over) {
            restore_operation(world, order, ORDER_TAG + i);
        }
    }
    for (size_t path = 0; path < PATHS; path++) {
        if (watch_of(world, device, path)->is_declared) {
            restore_watch(world, device, path);
        }
    }
}

/* ---- The devices ---- */

void orders_ran(struct world *world, struct device *device, uint64_t tag)
{
    if (world->orders == NULL || tag - ORDER_TAG >= world->orders->count ||
        order_of(world, tag)->device != device) {
        world_fail(world, "%s does what nobody ordered", device->endpoint);
        return;
    }
    struct order *order = order_of(world, tag);
    bool is_copy = order->runs > 0 && order->message == device->last_request;
    trace_text(world, "%s runs %llu", device->endpoint, (unsigned long long)tag);
    world->tally.ran++;
    if (order->runs++ == 0) {
        order->message = device->last_request;
        order->first_run = world->now;
    } else if (!may_repeat(order) && !is_copy) {
        world_fail(world, "%s: order %llu runs twice", device->endpoint,
                   (unsigned long long)tag);
    } else {
        world->tally.late_repeats += !may_repeat(order);
    }
}

/* ---- The end ---- */

static void order_must_be_done(struct world *world, const struct order *order, uint64_t tag)
{
    bool is_done = order->state == LN_OPERATION_DONE;
    bool may_end = is_done || (order->state == LN_OPERATION_UNKNOWN && !may_repeat(order)) ||
                   (order->state == LN_OPERATION_FAILED && order->code == LN_COAP_5_03);

    if (!order->is_kept) {
        return;
    }
    if (!order->is_over) {
        world_fail(world, "order %llu was acknowledged, and is lost", (unsigned long long)tag);
    } else if (!may_end) {
        world_fail(world, "order %llu ends %s, code %u", (unsigned long long)tag,
                   ln_operation_state_name(order->state), order->code);
    } else if (is_done && order->runs == 0) {
        world_fail(world, "order %llu is done, but the device did not",
                   (unsigned long long)tag);
    }
    world->tally.orders_done += is_done;
    world->tally.orders_unknown += order->state == LN_OPERATION_UNKNOWN;
}

static bool is_listed(struct world *world, const struct device *d, struct ln_path path)
{
    struct ln_registration_view view;
    const struct ln_registration *registration = ln_server_find(world->server, endpoint_of(d));
    bool is_there = false;

    if (registration == NULL) {
        return false;
    }
    ln_registration_get(registration, &view);
    for (size_t i = 0; i < view.object_count; i++) {
        is_there = is_there || (view.objects[i].object == path.id[0] &&
                                view.objects[i].instance == path.id[1]);
    }
    return is_there;
}

static void watch_must_be_there(struct world *world, struct device *d, size_t path)
{
    const struct watch *watch = watch_of(world, d, path);
    const struct ln_observation *observation =
        ln_server_observation(world->server, endpoint_of(d), paths[path]);
    struct ln_observation_view view;

    if ((observation != NULL) != watch->is_declared) {
        world_fail(world, "%s: an observation is %s", d->endpoint,
                   watch->is_declared ? "lost" : "there, though its end was acknowledged");
        return;
    }
    if (observation == NULL) {
        return;
    }
    ln_observation_get(observation, &view);
    if (view.token != watch->token) {
        world_fail(world, "%s: an observation is not as it was kept", d->endpoint);
    }
    if (view.state != LN_OBSERVATION_ACTIVE && is_listed(world, d, paths[path])) {
        world_fail(world, "%s: an observation is %s (code %u) in the calm", d->endpoint,
                   ln_observation_state_name(view.state), view.code);
    }
}

void orders_must_be_done(struct world *world)
{
    if (world->orders == NULL) {
        return;
    }
    for (size_t i = 0; i < world->orders->count; i++) {
        order_must_be_done(world, &world->orders->orders[i], ORDER_TAG + i);
    }
    for (size_t i = 0; i < world->device_count; i++) {
        for (size_t path = 0; path < PATHS; path++) {
            watch_must_be_there(world, &world->devices[i], path);
        }
    }
}
