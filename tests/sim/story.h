/* The day of a seed: a bad network, operators and accidents, and calm at the end. */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include "world.h"

struct story_settings {
    uint64_t seed;
    unsigned hours;
    unsigned loss;  /* percent */
    size_t devices; /* 0: one to three, by the seed */
    bool verbose;
    bool store; /* that is slow, fails and is cut */
};

/* False if anything went wrong: it has been printed. */
bool story_run(const struct story_settings *settings, struct tally *tally);

#endif
