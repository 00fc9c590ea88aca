/* Points in time. */

#include <linnet/base.h>

/* Put into each caller, sums of 64 bits would cost a small processor more than the calls. */
LN_NOT_INLINE ln_time ln_time_after(ln_time now, int64_t wait)
{
    return now > 0 && wait > LN_NEVER - now ? LN_NEVER : now + wait;
}
