/* Whole numbers of a few thousand bits, for the exact reading and writing of doubles. */
#ifndef LN_BASE_BIG_H
#define LN_BASE_BIG_H

#include <stddef.h>
#include <stdint.h>

/* 32-bit limbs, the lowest first, no zero limb at the top. The caller provides enough room. */
struct ln_big {
    uint32_t *limb;
    size_t count;
    size_t room;
};

struct ln_big ln__big(uint32_t *limb, size_t room, uint64_t v);
/* big = big * factor + more */
void ln__big_multiply(struct ln_big *big, uint32_t factor, uint32_t more);
void ln__big_multiply_by_fives(struct ln_big *big, unsigned fives);
void ln__big_shift_left(struct ln_big *big, unsigned bits);
void ln__big_add(struct ln_big *big, const struct ln_big *more);
/* `less` is not above `big`. */
void ln__big_subtract(struct ln_big *big, const struct ln_big *less);
void ln__big_copy(struct ln_big *to, const struct ln_big *from);
int ln__big_compare(const struct ln_big *a, const struct ln_big *b);
/* Of the number without leading zeros: 0 has none. */
unsigned ln__big_bits(const struct ln_big *big);

#endif
