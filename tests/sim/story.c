/* A day under bad weather; then the network is made good, and both sides must agree. */

#include "story.h"

#include "orders.h"
#include "store.h"
#include "trace.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    CALM_AT_MOST = 8 * HOUR, /* within which they must agree */
    CALM_AFTER = 2 * HOUR,   /* during which they must go on to agree */
};

static const uint32_t lifetimes[] = {60, 120, 300, 600, 1800, 3600};

static uint32_t a_lifetime(struct world *world)
{
    return lifetimes[dice_below(&world->dice, LN_COUNT(lifetimes))];
}

static uint16_t a_sensor(struct world *world)
{
    return (uint16_t)dice_below(&world->dice, 6);
}

/* ---- Operators ---- */

/* What an operator does now and then, for it changes the registration. */
static void reconfigure(struct world *world, struct device *d)
{
    switch (dice_below(&world->dice, 5)) {
    case 0:
        world_write_lifetime(world, d, a_lifetime(world));
        break;
    case 1:
        world_create_sensor(world, d, a_sensor(world));
        break;
    case 2:
        world_delete_sensor(world, d, a_sensor(world));
        break;
    case 3:
        world_trigger(world, d);
        break;
    default:
        if (dice_chance(&world->dice, 20)) {
            world_disable(world, d);
        }
        break;
    }
}

static void operate_once(struct world *world, struct device *d)
{
    switch (dice_below(&world->dice, 8)) {
    case 0:
    case 1:
        world_execute(world, d);
        break;
    case 2:
    case 3:
        world_write_level(world, d);
        break;
    case 4:
        world_read(world, d, ln_path_instance(3, 0));
        break;
    case 5:
        world_read(world, d, ln_path_instance(SIM_SENSOR_OBJECT, 1));
        break;
    case 6:
        world_read(world, d, ln_path_resource(SIM_PROBE_OBJECT, 0, 0));
        break;
    default:
        reconfigure(world, d);
        break;
    }
}

static void operator_visits(struct world *world, void *subject, uint64_t detail)
{
    uint32_t count = 1 + dice_below(&world->dice, 4);

    (void)detail;
    if (world->is_over) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        operate_once(world, subject);
        orders_visit(world, subject);
    }
    ln_time next = world->now + dice_between(&world->dice, 10 * SECOND, 20 * MINUTE);
    agenda_add(&world->agenda, next, operator_visits, subject, 0);
}

/* ---- Accidents ---- */

static void power_returns(struct world *world, void *subject, uint64_t detail)
{
    (void)world;
    (void)detail;
    device_start(subject);
}

static void network_returns(struct world *world, void *subject, uint64_t detail)
{
    (void)world;
    (void)detail;
    device_network(subject, true);
}

/* A stop takes up to 93 s; a start before that cuts it short, which is an accident too. */
static void power_goes(struct world *world, struct device *d, bool at_once)
{
    if (at_once) {
        device_cut(d);
    } else {
        device_stop(d);
    }
    ln_time back = world->now + dice_between(&world->dice, SECOND, 15 * MINUTE);
    agenda_add(&world->agenda, back, power_returns, d, 0);
}

static void network_goes(struct world *world, struct device *d)
{
    ln_time back = world->now + dice_between(&world->dice, SECOND, 30 * MINUTE);

    device_network(d, false);
    agenda_add(&world->agenda, back, network_returns, d, 0);
}

static void lifetime_changes(struct world *world, struct device *d)
{
    d->account.lifetime = a_lifetime(world);
    if (d->is_powered) {
        ln_client_changed(&d->client, world->now, ln_path_resource(1, 0, 1));
        device_pump(d);
    }
}

static void sensors_change(struct world *world, struct device *d)
{
    uint16_t id = a_sensor(world);

    if (!device_sensor_remove(d, id)) {
        device_sensor_add(d, id);
    }
}

static void accident(struct world *world, struct device *d)
{
    uint32_t which = dice_below(&world->dice, 100);

    if (which < 30) {
        device_rebind(d);
    } else if (which < 55) {
        sensors_change(world, d);
    } else if (which < 70) {
        network_goes(world, d);
    } else if (which < 78) {
        power_goes(world, d, false);
    } else if (which < 86) {
        power_goes(world, d, true);
    } else if (which < 93) {
        lifetime_changes(world, d);
    } else if (d->is_powered) {
        ln_client_update(&d->client, world->now);
        device_pump(d);
    }
}

static void accident_happens(struct world *world, void *subject, uint64_t detail)
{
    (void)detail;
    if (world->is_over) {
        return;
    }
    accident(world, subject);
    ln_time next = world->now + dice_between(&world->dice, SECOND, HOUR);
    agenda_add(&world->agenda, next, accident_happens, subject, 0);
}

/* ---- The day ---- */

static void begin(struct world *world)
{
    for (size_t i = 0; i < world->device_count; i++) {
        struct device *d = &world->devices[i];
        enum ln_version version =
            dice_chance(&world->dice, 50) ? LN_VERSION_1_0 : LN_VERSION_1_1;

        device_init(d, world, (uint32_t)i, a_lifetime(world), version);
        d->config.queue_mode = dice_chance(&world->dice, 30) ? &ln_client_queue_mode : NULL;
        if (dice_chance(&world->dice, 40)) {
            device_use_blocks(d, 32); /* so that its object list is longer than a block */
        }
        if (world->orders != NULL) {
            device_use_reporting(d);
        }
        device_sensor_add(d, 1);
        agenda_add(&world->agenda, dice_between(&world->dice, 0, MINUTE), power_returns, d, 0);
        agenda_add(&world->agenda, dice_between(&world->dice, MINUTE, HOUR), operator_visits, d,
                   0);
        agenda_add(&world->agenda, dice_between(&world->dice, MINUTE, HOUR), accident_happens,
                   d, 0);
    }
}

static void calm_down(struct world *world)
{
    trace_text(world, "the network is made good");
    world->is_over = true;
    if (world->store != NULL) {
        store_calm(world->store);
    }
    world->weather = (struct weather){0};
    for (size_t i = 0; i < world->device_count; i++) {
        device_network(&world->devices[i], true);
        device_start(&world->devices[i]);
    }
}

static const char *disagreement(struct world *world, struct device **with)
{
    for (size_t i = 0; i < world->device_count; i++) {
        const char *why = world_disagreement(world, &world->devices[i]);
        if (why != NULL) {
            *with = &world->devices[i];
            return why;
        }
    }
    return NULL;
}

static void wake_all(struct world *world)
{
    for (size_t i = 0; i < world->device_count; i++) {
        device_wake(&world->devices[i]);
    }
}

static void must_agree(struct world *world, ln_time within)
{
    struct device *with = NULL;
    ln_time until = world->now + within;
    const char *why = disagreement(world, &with);

    while (why != NULL && world->now < until) {
        wake_all(world);
        world_run(world, world->now + MINUTE);
        why = disagreement(world, &with);
    }
    if (why != NULL) {
        world_fail(world, "%s: after %d h of calm %s (client state %d)", with->endpoint,
                   (int)(within / HOUR), why, with->slot.state);
    }
}

/* Nothing is left over from the day that keeps an operation from being answered once. */
static void must_answer(struct world *world)
{
    size_t first = world->operation_count;

    /* Who sleeps is awake for a while after it has said something. */
    for (size_t i = 0; i < world->device_count; i++) {
        ln_client_update(&world->devices[i].client, world->now);
        device_pump(&world->devices[i]);
    }
    world_run(world, world->now + 5 * SECOND);
    for (size_t i = 0; i < world->device_count; i++) {
        struct device *d = &world->devices[i];
        world_execute(world, d);
        world_write_level(world, d);
        world_read(world, d, ln_path_resource(SIM_PROBE_OBJECT, 0, 0));
    }
    world_run(world, world->now + MINUTE);
    for (size_t i = first; i < world->operation_count; i++) {
        const struct sim_operation *o = &world->operations[i];
        if (o->results != 1 || o->outcome != LN_OUTCOME_ANSWERED || o->runs > 1) {
            world_fail(world,
                       "%s: %s in the calm has %u results, the last %s, and ran %u times",
                       o->device->endpoint, ln_operation_name(o->kind), o->results,
                       ln_outcome_name(o->outcome), o->runs);
        }
    }
}

bool story_run(const struct story_settings *settings, struct tally *tally)
{
    struct world world;
    struct world_settings of_world = {
        .seed = settings->seed,
        .devices = settings->devices > 0 ? settings->devices : 1 + settings->seed % 3,
        .verbose = settings->verbose,
        .store = settings->store,
        .weather = {.loss = settings->loss, .duplicates = 5, .stragglers = 3},
    };

    if (!world_init(&world, &of_world)) {
        return false;
    }
    begin(&world);
    if (world.store != NULL) {
        store_trouble(world.store);
    }
    world_run(&world, (ln_time)settings->hours * HOUR);
    calm_down(&world);
    must_agree(&world, CALM_AT_MOST);
    world_run(&world, world.now + CALM_AFTER);
    must_agree(&world, 5 * MINUTE); /* an Update may be under way */
    must_answer(&world);
    orders_must_be_done(&world);
    world_close(&world);
    world_add(tally, &world.tally);
    world_fini(&world);
    return world.failures == 0;
}
