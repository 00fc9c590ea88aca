/* Times of the monotonic clock as points of wall time. */

#include "linnetd/wall.h"

#include <linnet/net.h>

enum { DRIFT_MAX_MS = 1000 };

int64_t wall_offset_at(struct wall *wall, ln_time now, int64_t wall_ms)
{
    int64_t kept = atomic_load(&wall->offset);
    int64_t taken = wall_ms - now;

    if (taken - kept > DRIFT_MAX_MS || kept - taken > DRIFT_MAX_MS) {
        atomic_store(&wall->offset, taken);
        return taken;
    }
    return kept;
}

int64_t wall_offset(struct wall *wall)
{
    return wall_offset_at(wall, ln_clock_now(), ln_clock_wall_ms());
}
