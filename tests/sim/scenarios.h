/* Stories of one kind, each with a name that says what must hold. */
#ifndef SIM_SCENARIOS_H
#define SIM_SCENARIOS_H

#include "world.h"

struct scenario {
    const char *name;
    void (*run)(struct world *world);
    size_t devices;
    struct weather weather;
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* False if anything went wrong: it has been printed. */
bool scenario_run(const struct scenario *scenario, bool verbose, struct tally *tally);

#endif
