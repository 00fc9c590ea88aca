/* Points in time. */

#include <linnet/base.h>

ln_time ln_time_after(ln_time now, int64_t wait)
{
    return now > 0 && wait > LN_NEVER - now ? LN_NEVER : now + wait;
}
