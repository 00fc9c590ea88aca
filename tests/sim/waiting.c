/* 100 operations for a device that sleeps: in order, none twice that must not, none forgotten. */

#include "waiting.h"

#include "trace.h"

#include <stdio.h>
#include <string.h>

enum {
    OPERATIONS = 100,
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    LIFETIME = 600,
    LOSS = 30,
    LONGEST = 14 * 24, /* hours until all must be over */
};

/* What the operator asked for, and what is on disk of it. */
struct asked {
    enum ln_operation_kind kind;
    enum ln_operation_state state; /* as events told */
    unsigned results;
    unsigned runs;     /* as the device's own log has it */
    uint32_t boot;     /* of the first run */
    uint32_t distinct; /* messages that the device had had by then */
};

struct waiting {
    struct asked asked[OPERATIONS];
    uint64_t taken;
    uint64_t last_run;  /* tag + 1 */
    uint64_t last_over; /* the same, of those that were answered */
    uint64_t change;
    size_t over;
};

static const struct ln_server_terms terms = {
    .expires_at = LN_NEVER, .queue = true, .durable = true};

static struct ln_bytes endpoint(void)
{
    return ln_bytes_of_text("device-0");
}

static bool may_repeat(const struct asked *asked)
{
    return asked->kind != LN_OPERATION_EXECUTE;
}

/* ---- The operator ---- */

static struct ln_operation operation_of(const struct asked *asked, uint64_t tag, char *text,
                                        size_t size)
{
    bool executes = asked->kind == LN_OPERATION_EXECUTE;

    snprintf(text, size, executes ? "0='%u'" : "%u", (unsigned)tag);
    return (struct ln_operation){
        .kind = asked->kind,
        .path = ln_path_resource(SIM_PROBE_OBJECT, 0, executes ? 1 : 2),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_TEXT,
        .payload = ln_bytes_of_text(asked->kind == LN_OPERATION_READ ? "" : text),
    };
}

static void ask(struct world *world, void *subject, uint64_t tag)
{
    static const enum ln_operation_kind kinds[] = {LN_OPERATION_WRITE, LN_OPERATION_EXECUTE,
                                                   LN_OPERATION_READ};
    struct waiting *w = world->waiting;
    struct asked *asked = &w->asked[tag];
    char text[32];
    uint64_t id;

    (void)subject;
    asked->kind = kinds[dice_below(&world->dice, LN_COUNT(kinds))];
    struct ln_operation operation = operation_of(asked, tag, text, sizeof(text));
    w->taken = tag + 1;
    ln_err err =
        ln_server_operate(world->server, world->now, endpoint(), &operation, &terms, tag, &id);
    if (err != LN_OK) {
        world_fail(world, "operation %u is refused: %s", (unsigned)tag, ln_err_text(err));
    }
    world->tally.operations++;
    world_pump_server(world);
}

/* ---- What the server tells ---- */

static void note_change(struct world *world, const struct ln_server_event *event)
{
    struct waiting *w = world->waiting;

    if (event->change > 0) {
        w->change = event->change;
        ln_server_committed(world->server, event->change);
    }
}

static void note_result(struct world *world, const struct ln_server_event *event)
{
    struct waiting *w = world->waiting;
    struct asked *asked = &w->asked[event->tag];

    world->tally.outcomes[event->outcome]++;
    if (asked->results++ > 0) {
        world_fail(world, "operation %u has a second result", (unsigned)event->tag);
        return;
    }
    w->over++;
    if (event->state != LN_OPERATION_DONE && event->state != LN_OPERATION_UNKNOWN) {
        world_fail(world, "operation %u ends %s", (unsigned)event->tag,
                   ln_outcome_name(event->outcome));
    }
    if (event->tag + 1 <= w->last_over) {
        world_fail(world, "operation %u is over after a later one", (unsigned)event->tag);
    }
    w->last_over = event->tag + 1;
}

void waiting_event(struct world *world, const struct ln_server_event *event)
{
    struct waiting *w = world->waiting;

    trace_text(world, "server event %d, tag %u", (int)event->kind, (unsigned)event->tag);
    note_change(world, event);
    if (event->kind == LN_SERVER_QUEUED || event->kind == LN_SERVER_SENT ||
        event->kind == LN_SERVER_RESULT) {
        w->asked[event->tag].state = event->state;
    }
    if (event->kind == LN_SERVER_RESULT) {
        note_result(world, event);
    }
}

/* ---- What the device does ---- */

void waiting_ran(struct world *world, struct device *device, uint64_t tag)
{
    struct waiting *w = world->waiting;

    if (tag >= w->taken) {
        world_fail(world, "the device runs %u, which nobody asked for", (unsigned)tag);
        return;
    }
    struct asked *asked = &w->asked[tag];
    trace_text(world, "the device runs %u", (unsigned)tag);
    world->tally.ran++;
    /* A copy of one that has ended unknown may still be under way, and be overtaken. */
    if (tag + 1 < w->last_run && asked->runs == 0 && asked->state != LN_OPERATION_UNKNOWN) {
        world_fail(world, "operation %u runs after a later one", (unsigned)tag);
    }
    if (asked->runs++ == 0) {
        asked->boot = device->boots;
        asked->distinct = device->distinct;
        w->last_run = tag + 1 > w->last_run ? tag + 1 : w->last_run;
    } else if (!may_repeat(asked) && asked->boot == device->boots &&
               device->distinct - asked->distinct < LN_COAP_HISTORY) {
        world_fail(world, "operation %u runs twice", (unsigned)tag);
    } else {
        world->tally.late_repeats += !may_repeat(asked);
    }
}

/* ---- Accidents ---- */

static void restore(struct world *world, const struct ln_registration *registration)
{
    struct waiting *w = world->waiting;
    struct ln_registration_view view;
    char text[32];
    uint64_t id;

    if (registration != NULL) {
        ln_registration_get(registration, &view);
        if (ln_server_restore(world->server, world->now, &view) != LN_OK) {
            world_fail(world, "the registration is not restored");
        }
    }
    for (uint64_t tag = 0; tag < w->taken; tag++) {
        struct ln_server_operation_view kept = {
            .endpoint = endpoint(),
            .tag = tag,
            .operation = operation_of(&w->asked[tag], tag, text, sizeof(text)),
            .terms = terms,
            .state = w->asked[tag].state,
        };
        if (w->asked[tag].results == 0 &&
            ln_server_restore_operation(world->server, world->now, &kept, &id) != LN_OK) {
            world_fail(world, "operation %u is not restored", (unsigned)tag);
        }
    }
}

/* All that was told is on disk, and nothing else. */
static void server_restarts(struct world *world, void *subject, uint64_t detail)
{
    struct ln_server *old = world->server;
    struct waiting *w = world->waiting;

    (void)subject;
    (void)detail;
    trace_text(world, "the server restarts");
    world->last_change = w->change;
    world->server_armed = LN_NEVER;
    if (!world_server_start(world)) {
        world->server = old;
        return;
    }
    world->tally.cuts++;
    restore(world, ln_server_find(old, endpoint()));
    ln_server_free(old);
    world_pump_server(world);
}

static void device_restarts(struct world *world, void *subject, uint64_t detail)
{
    struct device *d = subject;

    (void)world;
    (void)detail;
    device_cut(d);
    device_start(d);
}

/* ---- The story ---- */

static void given_a_device(struct world *world)
{
    struct device *d = &world->devices[0];
    bool is_1_0 = world->seed % 2 == 0;

    device_init(d, world, 0, LIFETIME, is_1_0 ? LN_VERSION_1_0 : LN_VERSION_1_1);
    d->config.queue_mode = &ln_client_queue_mode;
    device_start(d);
}

static void given_accidents(struct world *world)
{
    for (unsigned i = 0; i < 3; i++) {
        ln_time at = dice_between(&world->dice, 5 * MINUTE, 35 * MINUTE);
        agenda_add(&world->agenda, at, server_restarts, NULL, 0);
        at = dice_between(&world->dice, 5 * MINUTE, 35 * MINUTE);
        agenda_add(&world->agenda, at, device_restarts, &world->devices[0], 0);
    }
}

static void then_all_is_over(struct world *world)
{
    struct waiting *w = world->waiting;

    for (unsigned i = 0; i < OPERATIONS; i++) {
        const struct asked *asked = &w->asked[i];
        bool reads = asked->kind == LN_OPERATION_READ;
        bool repeats = may_repeat(asked);
        if (asked->results != 1) {
            world_fail(world, "operation %u has %u results", i, asked->results);
        } else if (repeats && asked->state != LN_OPERATION_DONE) {
            world_fail(world, "operation %u may be repeated, but is not done", i);
        } else if (!reads && asked->state == LN_OPERATION_DONE && asked->runs == 0) {
            world_fail(world, "operation %u is done, but the device did not", i);
        }
    }
}

bool waiting_run(const struct story_settings *settings, struct tally *sum)
{
    struct waiting waiting = {0};
    struct world world;
    struct world_settings of_world = {
        .seed = settings->seed,
        .devices = 1,
        .verbose = settings->verbose,
        .weather = {.loss = LOSS, .duplicates = 5, .stragglers = 2},
        .waiting = &waiting,
    };

    if (!world_init(&world, &of_world)) {
        return false;
    }
    given_a_device(&world);
    for (uint64_t tag = 0; tag < OPERATIONS; tag++) {
        ln_time at = 5 * MINUTE + (ln_time)tag * SECOND;
        agenda_add(&world.agenda, at, ask, NULL, tag);
    }
    given_accidents(&world);
    for (unsigned hour = 1; hour <= LONGEST && waiting.over < OPERATIONS; hour++) {
        world_run(&world, hour * (ln_time)HOUR);
    }
    then_all_is_over(&world);
    world_close(&world);
    world_add(sum, &world.tally);
    bool passed = world.failures == 0;
    world_fini(&world);
    return passed;
}
