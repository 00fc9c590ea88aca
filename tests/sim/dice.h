/* All chance of the simulation: one generator, so that a seed replays everything. */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include <linnet/base.h>

struct dice {
    uint64_t state;
};

uint64_t dice_roll(struct dice *dice);
/* 0 to bound - 1. */
uint32_t dice_below(struct dice *dice, uint32_t bound);
/* `low` to `high`, both included. */
ln_time dice_between(struct dice *dice, ln_time low, ln_time high);
/* True `percent` times of a hundred. */
bool dice_chance(struct dice *dice, unsigned percent);
/* The engines' randomness: an ln_random_fn whose context is the dice. */
void dice_fill(void *dice, void *out, size_t size);

#endif
