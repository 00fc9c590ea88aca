/* Joins devices, network and server, and holds what the server says against what it may say. */

#include "world.h"

#include "bodies.h"
#include "firmware.h"
#include "orders.h"
#include "secure.h"
#include "store.h"
#include "trace.h"
#include "waiting.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FAILURES_SHOWN = 5 };

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    if (world->failures++ >= MOST_FAILURES_SHOWN) {
        return;
    }
    printf("seed %llu, %lld.%03d s: ", (unsigned long long)world->seed,
           (long long)(world->now / 1000), (int)(world->now % 1000));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* ---- The server ---- */

struct piece {
    size_t size;
    size_t padding; /* keeps what follows aligned */
};

/* Counts: the engine only takes and gives back. */
static void *resize(void *context, void *memory, size_t size)
{
    struct world *world = context;
    struct piece *piece = memory == NULL ? NULL : (struct piece *)memory - 1;

    if (piece != NULL) {
        world->memory -= piece->size;
        free(piece);
    }
    piece = size == 0 ? NULL : malloc(sizeof(*piece) + size);
    if (piece == NULL) {
        return NULL;
    }
    piece->size = size;
    world->memory += size;
    world->memory_most =
        world->memory > world->memory_most ? world->memory : world->memory_most;
    return piece + 1;
}

static struct device *device_named(struct world *world, struct ln_bytes endpoint)
{
    static const char prefix[] = "device-";
    struct ln_reader in = ln_reader(endpoint);
    uint64_t index = 0;

    (void)ln_read_bytes(&in, sizeof(prefix) - 1);
    if (!ln_unsigned_of_text(ln_read_rest(&in), &index) || index >= world->device_count) {
        world_fail(world, "the server speaks of an endpoint that there is not");
        return &world->devices[0];
    }
    return &world->devices[index];
}

/* Notes when the registration must end if nothing more comes, and holds the server to it. */
static void note_lifetime(struct world *world, struct device *d,
                          const struct ln_server_event *event)
{
    struct ln_registration_view view;

    ln_registration_get(event->registration, &view);
    ln_time due = view.lifetime == 0 ? LN_NEVER
                                     : ln_time_after(world->now, (int64_t)view.lifetime * 1000);
    if (view.expires_at != due) {
        world_fail(world, "%s: expires at %lld ms and not at %lld ms", d->endpoint,
                   (long long)view.expires_at, (long long)due);
    }
    d->is_registered = true;
    d->expires = due;
}

static void registration_event(struct world *world, const struct ln_server_event *event)
{
    struct device *d = device_named(world, event->endpoint);
    bool begins = event->kind == LN_SERVER_REGISTERED;

    trace_text(world, "server event %d of %s", (int)event->kind, d->endpoint);
    if (d->is_registered == begins) {
        world_fail(world, "%s: event %d, but it is %sregistered", d->endpoint, (int)event->kind,
                   d->is_registered ? "" : "not ");
    }
    if (event->kind == LN_SERVER_EXPIRED && d->expires != world->now) {
        world_fail(world, "%s: expired at another time than %lld ms", d->endpoint,
                   (long long)d->expires);
    }
    if (begins || event->kind == LN_SERVER_UPDATED) {
        note_lifetime(world, d, event);
    } else {
        d->is_registered = false;
    }
}

static void wake_server(struct world *world, void *subject, uint64_t detail)
{
    (void)subject;
    if (world->server != NULL && world->server_armed == (ln_time)detail) {
        world->server_armed = LN_NEVER;
        world_pump_server(world);
    }
}

static void arm_server(struct world *world)
{
    ln_time due = ln_server_deadline(world->server);

    if (world->secure != NULL) {
        due = ln_time_min(due, secure_server_deadline(world));
    }
    if (due <= world->now) {
        world_fail(world, "the server has nothing to send, but its deadline is %lld ms ago",
                   (long long)(world->now - due));
        due = world->now + 1;
    }
    if (due != world->server_armed && due != LN_NEVER) {
        agenda_add(&world->agenda, due, wake_server, NULL, (uint64_t)due);
    }
    world->server_armed = due;
}

static void send_all(struct world *world)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_out out;
    size_t len;

    while ((len = ln_server_send(world->server, world->now, buffer, sizeof(buffer), &out)) >
           0) {
        if (world->store != NULL) {
            (void)store_lets_go(world->store, &out, ln_bytes(buffer, len));
        } else if (world->secure != NULL) {
            secure_server_write(world, &out.to, ln_bytes(buffer, len));
        } else {
            network_send(world, &world->server_address, &out.to.remote, ln_bytes(buffer, len));
        }
    }
    if (world->secure != NULL) {
        secure_server_turn(world);
    }
}

static bool read_events(struct world *world)
{
    struct ln_server_event event;
    bool any = false;

    while (ln_server_event(world->server, &event)) {
        any = true;
        if (world->store != NULL) {
            store_event(world->store, &event);
        }
        if (world->waiting != NULL) {
            waiting_event(world, &event);
        }
        if (event.kind < LN_SERVER_RESULT) {
            registration_event(world, &event);
        } else if (event.kind <= LN_SERVER_PART && world->body != NULL) {
            body_event(world, &event);
        } else if (event.kind == LN_SERVER_RESULT && world->firmware != NULL) {
            firmware_result(world->firmware, &event);
        } else if (event.kind == LN_SERVER_RESULT && world->waiting == NULL &&
                   event.tag < ORDER_TAG) {
            operation_result(world, &event);
        }
    }
    return any;
}

void world_pump_server(struct world *world)
{
    do {
        send_all(world);
    } while (read_events(world));
    if (world->store != NULL) {
        store_turn(world->store);
    }
    if (world->server != NULL) {
        arm_server(world);
    }
}

/* ---- The network's two ends ---- */

struct device *world_device_at(struct world *world, const struct ln_address *address)
{
    size_t index =
        (size_t)address->ip[13] << 16 | (size_t)address->ip[14] << 8 | address->ip[15];

    if (index < world->device_count &&
        ln_address_equal(&world->devices[index].address, address)) {
        return &world->devices[index];
    }
    return NULL;
}

void world_deliver(struct world *world, const struct ln_address *from,
                   const struct ln_address *to, struct ln_bytes bytes)
{
    if (ln_address_equal(to, &world->server_address)) {
        if (world->server == NULL) {
            trace_text(world, "nobody listens");
            return;
        }
        struct ln_peer peer = {.remote = *from, .local = world->server_address};
        if (world->secure != NULL) {
            secure_server_recv(world, from, bytes);
        } else {
            ln_server_recv(world->server, world->now, &peer, bytes);
        }
        world_pump_server(world);
        return;
    }
    if (world->firmware != NULL && firmware_deliver(world->firmware, to, bytes)) {
        return;
    }
    struct device *device = world_device_at(world, to);
    if (device != NULL) {
        device_recv(device, bytes);
    }
}

/* ---- Beginning and end ---- */

bool world_server_start(struct world *world)
{
    struct ln_server_config config = {
        .size = sizeof(config),
        .random = {dice_fill, &world->dice},
        .allocator = {resize, world},
        .journal = world->store != NULL || world->waiting != NULL,
        .last_change =
            world->store != NULL ? store_last_change(world->store) : world->last_change,
    };

    if (world->firmware != NULL) {
        config.files = firmware_files(world->firmware);
    }

    world->server = ln_server_new(&config, world->now);
    return world->server != NULL;
}

bool world_init(struct world *world, const struct world_settings *settings)
{
    *world = (struct world){
        .dice = {settings->seed},
        .weather = settings->weather,
        .seed = settings->seed,
        .verbose = settings->verbose,
        .waiting = settings->waiting,
        .firmware = settings->firmware,
        .device_count = settings->devices,
        .server_address = ln_address_ipv4(192, 0, 2, 1, 5683),
        .server_armed = LN_NEVER,
    };
    world->devices = calloc(settings->devices, sizeof(world->devices[0]));
    world->store = settings->store ? store_new(world) : NULL;
    world->orders = settings->store ? orders_new(world) : NULL;
    if (world->devices == NULL ||
        (settings->store && (world->store == NULL || world->orders == NULL)) ||
        !world_server_start(world)) {
        world_fini(world);
        return false;
    }
    return true;
}

void world_fini(struct world *world)
{
    network_fini(world);
    secure_free(world);
    ln_server_free(world->server);
    world->server = NULL;
    store_free(world->store);
    world->store = NULL;
    orders_free(world->orders);
    world->orders = NULL;
    free(world->devices);
    world->devices = NULL;
    free(world->operations);
    world->operations = NULL;
}

void world_run(struct world *world, ln_time until)
{
    struct appointment one;

    while (agenda_take(&world->agenda, until, &one)) {
        world->now = one.at;
        one.run(world, one.subject, one.detail);
    }
    world->now = until;
}

static void count_server(struct world *world)
{
    const struct ln_server_counters *c = ln_server_counters(world->server);
    struct tally *t = &world->tally;

    t->server_retransmissions += c->retransmissions;
    t->server_repeats += c->repeats;
    t->registers += c->registers;
    t->updates += c->updates;
    t->deregisters += c->deregisters;
    t->expiries += c->expiries;
    t->blocks_sent += c->blocks_sent;
    t->blocks_fetched += c->blocks_fetched;
    t->blocks_again += c->blocks_again;
    t->restarts += c->transfers_restarted;
    t->list_blocks += c->list_blocks;
    t->file_blocks += c->file_blocks;
    t->unanswered += c->unanswered;
    if (c->events_dropped > 0) {
        world_fail(world, "the server dropped %llu events",
                   (unsigned long long)c->events_dropped);
    }
}

void world_server_dies(struct world *world)
{
    count_server(world);
    operations_lost(world);
    ln_server_free(world->server);
    world->server = NULL;
    world->server_armed = LN_NEVER;
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < world->device_count; i++) {
        device_cut(&world->devices[i]);
    }
    ln_server_close(world->server, world->now);
    world_pump_server(world);
    count_server(world);
    for (size_t i = 0; i < world->operation_count; i++) {
        const struct sim_operation *o = &world->operations[i];
        if (o->results != 1) {
            world_fail(world, "operation %zu (%s) has %u results", i,
                       ln_operation_name(o->kind), o->results);
            continue;
        }
        world->tally.outcomes[o->outcome]++;
    }
}

void world_add(struct tally *sum, const struct tally *one)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)one;
    uint64_t most = sum->body_memory > one->body_memory ? sum->body_memory : one->body_memory;

    for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++) {
        to[i] += from[i];
    }
    sum->body_memory = most;
}
