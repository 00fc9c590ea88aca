/* Datagrams in flight. Each copy has its own delay, which is what reorders them. */

#include "network.h"

#include "trace.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHORTEST_DELAY = 5,
    LONGEST_DELAY = 200,
    STRAGGLER_DELAY = 30 * 1000, /* MAX_LATENCY allows 100 s (RFC 7252 §4.8.2) */
    STEADY_DELAY = 20,
};

struct datagram {
    struct ln_address from;
    struct ln_address to;
    size_t len;
    uint8_t bytes[];
};

static void arrive(struct world *world, void *subject, uint64_t detail)
{
    struct datagram *datagram = subject;
    struct ln_bytes bytes = ln_bytes(datagram->bytes, datagram->len);

    (void)detail;
    world_deliver(world, &datagram->from, &datagram->to, bytes);
    free(datagram);
}

static ln_time delay(struct world *world)
{
    const struct weather *weather = &world->weather;

    if (weather->stragglers > 0 && dice_chance(&world->dice, weather->stragglers)) {
        return dice_between(&world->dice, LONGEST_DELAY, STRAGGLER_DELAY);
    }
    if (weather->loss == 0 && weather->stragglers == 0) {
        return STEADY_DELAY;
    }
    return dice_between(&world->dice, SHORTEST_DELAY, LONGEST_DELAY);
}

static void launch(struct world *world, const struct ln_address *from,
                   const struct ln_address *to, struct ln_bytes bytes, const char *what)
{
    struct datagram *datagram = malloc(sizeof(*datagram) + bytes.len);
    ln_time wait = delay(world);

    if (datagram == NULL) {
        abort();
    }
    datagram->from = *from;
    datagram->to = *to;
    datagram->len = bytes.len;
    memcpy(datagram->bytes, bytes.at, bytes.len);
    trace_datagram(world, from, to, bytes, what, wait);
    agenda_add(&world->agenda, world->now + wait, arrive, datagram, 0);
}

static bool is_lost(struct world *world, const struct ln_address *to)
{
    unsigned *doomed = ln_address_equal(to, &world->server_address) ? &world->lose_to_server
                                                                    : &world->lose_to_devices;

    if (*doomed > 0) {
        (*doomed)--;
        return true;
    }
    return dice_chance(&world->dice, world->weather.loss);
}

void network_send(struct world *world, const struct ln_address *from,
                  const struct ln_address *to, struct ln_bytes bytes)
{
    world->tally.sent++;
    if (is_lost(world, to)) {
        world->tally.lost++;
        trace_datagram(world, from, to, bytes, "lost", 0);
        return;
    }
    launch(world, from, to, bytes, "");
    if (dice_chance(&world->dice, world->weather.duplicates)) {
        world->tally.duplicated++;
        launch(world, from, to, bytes, "again");
    }
}

void network_fini(struct world *world)
{
    struct appointment one;

    while (agenda_take(&world->agenda, LN_NEVER, &one)) {
        if (one.run == arrive) {
            free(one.subject);
        }
    }
    agenda_fini(&world->agenda);
}
