/* Two keys that take turns, after a period each. */

#include "rotation.h"

struct ln_dtls_rotation ln_dtls_rotation(ln_time now, ln_time period)
{
    return (struct ln_dtls_rotation){.period = period, .due = ln_time_after(now, period)};
}

size_t ln_dtls_rotation_due(struct ln_dtls_rotation *rotation, ln_time now)
{
    size_t count = 0;

    while (count < LN_DTLS_ROTATING && now >= rotation->due) {
        rotation->due = ln_time_after(rotation->due, rotation->period);
        count++;
    }
    if (now >= rotation->due) {
        rotation->due = ln_time_after(now, rotation->period);
    }
    return count;
}

uint8_t ln_dtls_rotation_next(struct ln_dtls_rotation *rotation)
{
    rotation->newer ^= 1;
    return rotation->newer;
}
