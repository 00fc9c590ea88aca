/* Times of the monotonic clock as points of wall time. */
#ifndef LINNETD_WALL_H
#define LINNETD_WALL_H

#include <linnet/base.h>

#include <stdatomic.h>

/*
 * What lies between the two clocks, in ms. Taken anew for each time it would jitter by one
 * rounded millisecond, and one event would seem to have happened at two times: so it is kept,
 * until somebody has set the wall clock. All threads; all zero is "not yet taken".
 */
struct wall {
    atomic_int_fast64_t offset;
};

/* The offset to add to a time of the monotonic clock, where `now` and `wall_ms` are both clocks. */
int64_t wall_offset_at(struct wall *wall, ln_time now, int64_t wall_ms);
/* The same with the system's clocks as they are now. */
int64_t wall_offset(struct wall *wall);

#endif
