/* Numbers out of the random bytes that the caller supplies. */

#include <linnet/base.h>

uint32_t ln_random_u32(const struct ln_random *random)
{
    uint32_t v = 0;

    random->fill(random->context, &v, sizeof(v));
    return v;
}

uint32_t ln_random_below(const struct ln_random *random, uint32_t bound)
{
    /* A source that is stuck must not hang us: a good one needs more draws once in 2^32 calls. */
    enum { DRAWS_MAX = 32 };

    if (bound == 0) {
        return 0;
    }
    /* The values above the last whole multiple of the bound would favour the small results. */
    uint32_t surplus = (0 - bound) % bound;
    uint32_t v = ln_random_u32(random);
    for (int draws = 1; v > UINT32_MAX - surplus && draws < DRAWS_MAX; draws++) {
        v = ln_random_u32(random);
    }
    return v % bound;
}
