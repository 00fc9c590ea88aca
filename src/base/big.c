/* Whole numbers of a few thousand bits: only what doubles need, and small rather than fast. */

#include "big.h"

#include <assert.h>
#include <string.h>

static void push(struct ln_big *big, uint32_t limb)
{
    if (limb != 0) {
        assert(big->count < big->room);
        big->limb[big->count++] = limb;
    }
}

static void trim(struct ln_big *big)
{
    while (big->count > 0 && big->limb[big->count - 1] == 0) {
        big->count--;
    }
}

static uint32_t limb_at(const struct ln_big *big, size_t i)
{
    return i < big->count ? big->limb[i] : 0;
}

struct ln_big ln__big(uint32_t *limb, size_t room, uint64_t v)
{
    struct ln_big big = {.limb = limb, .count = 2, .room = room};

    limb[0] = (uint32_t)v;
    limb[1] = (uint32_t)(v >> 32);
    trim(&big);
    return big;
}

void ln__big_multiply(struct ln_big *big, uint32_t factor, uint32_t more)
{
    uint32_t carry = more;

    for (size_t i = 0; i < big->count; i++) {
        uint64_t product = (uint64_t)big->limb[i] * factor + carry;
        big->limb[i] = (uint32_t)product;
        carry = (uint32_t)(product >> 32);
    }
    push(big, carry);
}

void ln__big_multiply_by_fives(struct ln_big *big, unsigned fives)
{
    for (; fives >= 13; fives -= 13) {
        ln__big_multiply(big, 1220703125, 0); /* the highest power of five in 32 bits */
    }
    for (; fives > 0; fives--) {
        ln__big_multiply(big, 5, 0);
    }
}

void ln__big_shift_left(struct ln_big *big, unsigned bits)
{
    size_t limbs = bits / 32;

    if (big->count == 0) {
        return;
    }
    if (limbs > 0) {
        assert(big->count + limbs <= big->room);
        memmove(big->limb + limbs, big->limb, big->count * sizeof(*big->limb));
        memset(big->limb, 0, limbs * sizeof(*big->limb));
        big->count += limbs;
    }
    ln__big_multiply(big, (uint32_t)1 << bits % 32, 0);
}

void ln__big_add(struct ln_big *big, const struct ln_big *more)
{
    uint32_t carry = 0;

    for (size_t i = 0; i < more->count || (carry > 0 && i < big->count); i++) {
        uint64_t sum = (uint64_t)limb_at(big, i) + limb_at(more, i) + carry;
        if (i == big->count) {
            assert(big->count < big->room);
            big->count++;
        }
        big->limb[i] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
    }
    push(big, carry);
}

void ln__big_subtract(struct ln_big *big, const struct ln_big *less)
{
    uint32_t borrow = 0;

    for (size_t i = 0; i < big->count; i++) {
        uint64_t difference = (uint64_t)big->limb[i] - limb_at(less, i) - borrow;
        big->limb[i] = (uint32_t)difference;
        borrow = (uint32_t)(difference >> 32) & 1;
    }
    trim(big);
}

void ln__big_copy(struct ln_big *to, const struct ln_big *from)
{
    assert(from->count <= to->room);
    memcpy(to->limb, from->limb, from->count * sizeof(*to->limb));
    to->count = from->count;
}

int ln__big_compare(const struct ln_big *a, const struct ln_big *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

unsigned ln__big_bits(const struct ln_big *big)
{
    unsigned bits = 0;

    if (big->count == 0) {
        return 0;
    }
    for (uint32_t top = big->limb[big->count - 1]; top != 0; top >>= 1) {
        bits++;
    }
    return (unsigned)(big->count - 1) * 32 + bits;
}
