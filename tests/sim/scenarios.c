/* What a day at random does not show: many devices at once, and the ends of the scales. */

#include "scenarios.h"

#include "secure.h"
#include "story.h"

#include <stdio.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define YEAR (365 * 24 * (ln_time)HOUR)

static void start(struct world *world, void *subject, uint64_t detail)
{
    (void)world;
    (void)detail;
    device_start(subject);
}

/* Devices of that lifetime, started within `spread` ms. */
static void given_devices(struct world *world, uint32_t lifetime, ln_time spread)
{
    for (size_t i = 0; i < world->device_count; i++) {
        struct device *d = &world->devices[i];
        device_init(d, world, (uint32_t)i, lifetime, LN_VERSION_1_1);
        agenda_add(&world->agenda, world->now + dice_between(&world->dice, 0, spread), start, d,
                   0);
    }
}

static void all_must_agree(struct world *world)
{
    size_t registered = ln_server_registration_count(world->server);

    if (registered != world->device_count) {
        world_fail(world, "%zu registrations of %zu devices", registered, world->device_count);
    }
    for (size_t i = 0; i < world->device_count; i++) {
        const char *why = world_disagreement(world, &world->devices[i]);
        if (why != NULL) {
            world_fail(world, "%s: %s", world->devices[i].endpoint, why);
        }
    }
}

static void seventy_thousand(struct world *world)
{
    given_devices(world, 600, 2 * MINUTE);
    world_run(world, 5 * MINUTE);
    all_must_agree(world);
    for (size_t i = 0; i < world->device_count; i += 7) {
        world_execute(world, &world->devices[i]);
    }
    world_run(world, 30 * MINUTE);
    for (size_t i = 0; i < world->device_count; i++) {
        if (world->devices[i].probe.runs != (i % 7 == 0 ? 1 : 0)) {
            world_fail(world, "%s ran %d times", world->devices[i].endpoint,
                       world->devices[i].probe.runs);
        }
    }
    /* Half of them fall silent, and the others must not be hurt by it. */
    for (size_t i = 1; i < world->device_count; i += 2) {
        device_cut(&world->devices[i]);
    }
    world_run(world, 50 * MINUTE);
    for (size_t i = 0; i < world->device_count; i++) {
        if (world->devices[i].is_registered != (i % 2 == 0)) {
            world_fail(world, "%s is %sregistered", world->devices[i].endpoint,
                       world->devices[i].is_registered ? "" : "not ");
        }
    }
}

static void the_longest_lifetime(struct world *world)
{
    given_devices(world, UINT32_MAX, 0);
    world_run(world, MINUTE);
    all_must_agree(world);
    uint64_t sent = world->tally.sent;
    world_run(world, 30 * YEAR);
    all_must_agree(world);
    if (world->tally.sent > sent + 20) {
        world_fail(world, "%llu datagrams in thirty years of a lifetime of 136",
                   (unsigned long long)(world->tally.sent - sent));
    }
    world_run(world, 300 * YEAR);
    all_must_agree(world);
}

static void no_lifetime(struct world *world)
{
    given_devices(world, 0, 0);
    world_run(world, MINUTE);
    all_must_agree(world);
    uint64_t sent = world->tally.sent;
    world_run(world, 300 * YEAR);
    all_must_agree(world);
    if (world->tally.sent > sent) {
        world_fail(world, "%llu datagrams, though nothing ever expires",
                   (unsigned long long)(world->tally.sent - sent));
    }
}

static void silence_of(struct world *world, uint32_t lifetime)
{
    struct device *d = &world->devices[0];

    given_devices(world, lifetime, 0);
    world_run(world, world->now + 10 * SECOND);
    all_must_agree(world);
    ln_time end = d->expires;
    device_cut(d);
    world_run(world, end - 1);
    if (!d->is_registered || ln_server_registration_count(world->server) != 1) {
        world_fail(world, "expired before its lifetime of %u s was over", lifetime);
    }
    world_run(world, end);
    if (d->is_registered || ln_server_registration_count(world->server) != 0) {
        world_fail(world, "still registered after its lifetime of %u s", lifetime);
    }
}

static void silence(struct world *world)
{
    silence_of(world, 60);
    silence_of(world, 86400);
    silence_of(world, 30 * 24 * 3600);
}

/* Operations in every state: answered, under way, waiting, of silent devices and gone ones. */
static void a_closed_server(struct world *world)
{
    given_devices(world, 300, SECOND);
    world_run(world, MINUTE);
    for (size_t i = 0; i < world->device_count; i++) {
        for (int n = 0; n < 5; n++) {
            world_execute(world, &world->devices[i]);
            world_write_level(world, &world->devices[i]);
        }
        if (i % 4 == 1) {
            device_cut(&world->devices[i]);
        } else if (i % 4 == 2) {
            device_stop(&world->devices[i]);
        }
    }
    world_run(world, world->now + 400);
}

static void check_closed(struct world *world)
{
    if (world->tally.outcomes[LN_OUTCOME_CLOSED] == 0 ||
        world->tally.outcomes[LN_OUTCOME_ANSWERED] == 0) {
        world_fail(world, "nothing was pending when the server was closed");
    }
}

/* It starts again before it answers: the old registration takes the operations along. */
static void a_restart(struct world *world)
{
    struct device *d = &world->devices[0];

    given_devices(world, 300, 0);
    world_run(world, MINUTE);
    device_cut(d);
    for (int n = 0; n < 4; n++) {
        world_execute(world, d);
    }
    world_run(world, world->now + 5 * SECOND);
    device_start(d);
    world_run(world, world->now + 5 * MINUTE);
    all_must_agree(world);
    for (size_t i = 0; i < world->operation_count; i++) {
        if (world->operations[i].outcome != LN_OUTCOME_GONE) {
            world_fail(world, "operation %zu ended %s", i,
                       ln_outcome_name(world->operations[i].outcome));
        }
    }
}

/* The device moves and says nothing: the server finds it again with the next Update. */
static void a_silent_move(struct world *world)
{
    struct device *d = &world->devices[0];

    given_devices(world, 600, 0);
    world_run(world, MINUTE);
    device_rebind(d);
    world_execute(world, d);
    world_run(world, 11 * MINUTE);
    all_must_agree(world);
    world_execute(world, d);
    world_run(world, 12 * MINUTE);
    if (world->operations[0].outcome != LN_OUTCOME_NO_ANSWER ||
        world->operations[1].outcome != LN_OUTCOME_ANSWERED || d->probe.runs != 1) {
        world_fail(world, "ended %s and %s, and ran %d times",
                   ln_outcome_name(world->operations[0].outcome),
                   ln_outcome_name(world->operations[1].outcome), d->probe.runs);
    }
}

/* What is asked again because its answer was lost is answered again, and not done again. */
static void a_lost_answer(struct world *world)
{
    struct device *d = &world->devices[0];

    given_devices(world, 600, 0);
    world_run(world, MINUTE);
    for (unsigned lost = 1; lost <= 4; lost++) {
        world->lose_to_server = lost;
        world_execute(world, d);
        world_run(world, world->now + 2 * MINUTE);
    }
    for (size_t i = 0; i < world->operation_count; i++) {
        if (world->operations[i].outcome != LN_OUTCOME_ANSWERED) {
            world_fail(world, "operation %zu ended %s", i,
                       ln_outcome_name(world->operations[i].outcome));
        }
    }
    if (d->probe.runs != 4) {
        world_fail(world, "4 operations ran %d times", d->probe.runs);
    }
}

static void a_lost_created(struct world *world)
{
    const struct ln_server_counters *counters = ln_server_counters(world->server);

    world->lose_to_devices = 3;
    given_devices(world, 600, 0);
    world_run(world, MINUTE);
    all_must_agree(world);
    if (counters->registers != 1 || counters->repeats != 3) {
        world_fail(world, "%llu registrations made and %llu repeats known",
                   (unsigned long long)counters->registers,
                   (unsigned long long)counters->repeats);
    }
}

static void a_lost_changed(struct world *world)
{
    const struct ln_server_counters *counters = ln_server_counters(world->server);

    given_devices(world, 600, 0);
    world_run(world, MINUTE);
    world->lose_to_devices = 3;
    ln_client_update(&world->devices[0].client, world->now);
    device_pump(&world->devices[0]);
    world_run(world, 2 * MINUTE);
    all_must_agree(world);
    if (counters->registers != 1 || counters->updates != 1 || counters->repeats != 3) {
        world_fail(world, "%llu Updates taken and %llu repeats known",
                   (unsigned long long)counters->updates,
                   (unsigned long long)counters->repeats);
    }
}

/* Not with the next Update that is due anyway: that may be a day away. */
static void a_change(struct world *world)
{
    struct device *d = &world->devices[0];

    given_devices(world, 86400, 0);
    world_run(world, MINUTE);
    device_sensor_add(d, 3);
    world_run(world, world->now + 2 * SECOND);
    all_must_agree(world);
    world_write_lifetime(world, d, 3600);
    world_run(world, world->now + 2 * SECOND);
    all_must_agree(world);
    world_create_sensor(world, d, 4);
    world_run(world, world->now + 2 * SECOND);
    all_must_agree(world);
    if (d->sensor_store.count != 2 || d->account.lifetime != 3600) {
        world_fail(world, "the device has %u sensors and a lifetime of %u s",
                   d->sensor_store.count, d->account.lifetime);
    }
    world_delete_sensor(world, d, 3);
    world_run(world, world->now + 2 * SECOND);
    all_must_agree(world);
}

/* The same story twice, beside the world that the scenario was given. */
static void a_replay(struct world *world)
{
    struct story_settings settings = {
        .seed = 4, .hours = 24, .loss = 20, .verbose = world->verbose};
    struct tally first = {0};
    struct tally second = {0};

    if (!story_run(&settings, &first) || !story_run(&settings, &second)) {
        world_fail(world, "seed 4 fails");
    }
    if (memcmp(&first, &second, sizeof(first)) != 0) {
        world_fail(world, "seed 4 went differently the second time");
    }
}

/* ---- With DTLS ---- */

static void given_secure_devices(struct world *world, bool no_connection_id)
{
    given_devices(world, 600, 0);
    secure_use(world, no_connection_id);
    world_run(world, MINUTE);
    all_must_agree(world);
}

static void sessions_must_be(struct world *world, uint64_t opened, uint64_t moved,
                             uint64_t registers)
{
    const struct ln_dtls_stats *stats = secure_server_stats(world);
    const struct ln_server_counters *counters = ln_server_counters(world->server);

    if (stats->opened != opened || stats->moved != moved || counters->registers != registers) {
        world_fail(world, "%llu sessions, %llu moves and %llu registrations",
                   (unsigned long long)stats->opened, (unsigned long long)stats->moved,
                   (unsigned long long)counters->registers);
    }
}

static void a_read_arrives(struct world *world)
{
    world_read(world, &world->devices[0], ln_path_resource(3, 0, 0));
    world_run(world, world->now + MINUTE);
    if (world->operations[world->operation_count - 1].outcome != LN_OUTCOME_ANSWERED) {
        world_fail(world, "the Read was not answered");
    }
}

/* What is read after the next Update arrives without a handshake. */
static void a_move_with_a_connection_id(struct world *world)
{
    given_secure_devices(world, false);
    device_rebind(&world->devices[0]);
    world_run(world, 11 * MINUTE);
    all_must_agree(world);
    a_read_arrives(world);
    sessions_must_be(world, 1, 1, 1);
}

static void a_move_without_a_connection_id(struct world *world)
{
    given_secure_devices(world, true);
    device_rebind(&world->devices[0]);
    world_run(world, 13 * MINUTE);
    all_must_agree(world);
    a_read_arrives(world);
    sessions_must_be(world, 2, 0, 2);
    if (secure_server_stats(world)->unknown_session == 0) {
        world_fail(world, "records from the new address were taken");
    }
}

/* A day behind a NAT that forgets each quarter of an hour: one handshake. */
static void a_day_behind_a_nat(struct world *world)
{
    given_secure_devices(world, false);
    for (int quarter = 0; quarter < 4 * 24; quarter++) {
        device_rebind(&world->devices[0]);
        world_run(world, world->now + 15 * MINUTE);
    }
    all_must_agree(world);
    a_read_arrives(world);
    sessions_must_be(world, 1, 96, 1);
}

static void secure_devices_in_a_storm(struct world *world)
{
    given_devices(world, 600, 0);
    secure_use(world, false);
    for (int hour = 0; hour < 24; hour++) {
        world_run(world, world->now + HOUR);
        device_rebind(&world->devices[dice_below(&world->dice, (uint32_t)world->device_count)]);
    }
    world->weather = (struct weather){0};
    world_run(world, world->now + HOUR);
    all_must_agree(world);
}

const struct scenario scenarios[] = {
    {"seventy thousand devices keep their own registrations", seventy_thousand, 70000, {0}},
    {"a lifetime of 4294967295 s lasts 136 years", the_longest_lifetime, 2, {0}},
    {"a lifetime of 0 s never ends", no_lifetime, 2, {0}},
    {"silence ends a registration exactly at its lifetime", silence, 1, {0}},
    {"a closed server ends each operation once", a_closed_server, 40, {.loss = 20}},
    {"a restart ends the operations of the old registration", a_restart, 1, {0}},
    {"a lost answer is given again, and nothing is done again", a_lost_answer, 1, {0}},
    {"a lost 2.01 is given again, and one registration is made", a_lost_created, 1, {0}},
    {"a lost 2.04 is given again, and one Update is made", a_lost_changed, 1, {0}},
    {"a change is told at once", a_change, 1, {0}},
    {"a seed replays everything", a_replay, 1, {0}},
    {"a device that moved is found by its next Update", a_silent_move, 1, {0}},
    {"with a Connection ID a device that moved is read without a handshake",
     a_move_with_a_connection_id,
     1,
     {0}},
    {"without one it shakes hands and registers anew", a_move_without_a_connection_id, 1, {0}},
    {"a day behind a NAT takes one handshake", a_day_behind_a_nat, 1, {0}},
    {"sessions get through a day of bad weather",
     secure_devices_in_a_storm,
     20,
     {.loss = 20, .duplicates = 10, .stragglers = 2}},
};
const size_t scenario_count = LN_COUNT(scenarios);

bool scenario_run(const struct scenario *scenario, bool verbose, struct tally *tally)
{
    struct world world;
    struct world_settings settings = {
        .seed = 1,
        .devices = scenario->devices,
        .verbose = verbose,
        .weather = scenario->weather,
    };

    if (!world_init(&world, &settings)) {
        return false;
    }
    scenario->run(&world);
    world_close(&world);
    if (scenario->run == a_closed_server) {
        check_closed(&world);
    }
    world_add(tally, &world.tally);
    printf("%s: %s\n", world.failures == 0 ? "ok" : "FAILED", scenario->name);
    world_fini(&world);
    return world.failures == 0;
}
