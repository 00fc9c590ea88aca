/* SplitMix64: small, fast, and every seed is as good as another. */

#include "dice.h"

#include <string.h>

uint64_t dice_roll(struct dice *dice)
{
    uint64_t v = dice->state += 0x9E3779B97F4A7C15;

    v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9;
    v = (v ^ v >> 27) * 0x94D049BB133111EB;
    return v ^ v >> 31;
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)((dice_roll(dice) >> 32) * bound >> 32);
}

ln_time dice_between(struct dice *dice, ln_time low, ln_time high)
{
    return low + (ln_time)dice_below(dice, (uint32_t)(high - low + 1));
}

bool dice_chance(struct dice *dice, unsigned percent)
{
    return dice_below(dice, 100) < percent;
}

void dice_fill(void *dice, void *out, size_t size)
{
    uint8_t *at = out;

    while (size > 0) {
        uint64_t v = dice_roll(dice);
        size_t part = size < sizeof(v) ? size : sizeof(v);
        memcpy(at, &v, part);
        at += part;
        size -= part;
    }
}
