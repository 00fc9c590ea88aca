/* Random bytes that are the same each time: a board has a generator of true ones. */

#include "port.h"

void port_random(void *context, void *out, size_t size)
{
    static uint32_t state;
    uint8_t *at = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        at[i] = (uint8_t)(state >> 24);
    }
}
