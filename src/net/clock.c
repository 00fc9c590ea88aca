/* The two clocks: one that never goes back and drives everything, and the one on the wall. */

#define _POSIX_C_SOURCE 200809L

#include <linnet/net.h>

#include <time.h>

static int64_t milliseconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

ln_time ln_clock_now(void)
{
    return milliseconds(CLOCK_MONOTONIC);
}

int64_t ln_clock_wall_ms(void)
{
    return milliseconds(CLOCK_REALTIME);
}
