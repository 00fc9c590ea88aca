/* Operations queued for a device that sleeps, over loss and restarts of either side. */
#ifndef SIM_WAITING_H
#define SIM_WAITING_H

#include "story.h"

#include <linnet/server.h>

struct world;
struct waiting;

/* True if all went as it must. */
bool waiting_run(const struct story_settings *settings, struct tally *sum);
/* For world.c. */
void waiting_event(struct world *world, const struct ln_server_event *event);
/* For operations.c: the device carries out what bears that tag. */
void waiting_ran(struct world *world, struct device *device, uint64_t tag);

#endif
