/* The network between devices and server: it loses, delays, reorders and duplicates. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include <linnet/base.h>

struct world;

/* In percent of the datagrams. All zero: each arrives once, and in order. */
struct weather {
    unsigned loss;
    unsigned duplicates;
    unsigned stragglers; /* take up to half a minute instead of up to 200 ms */
};

void network_send(struct world *world, const struct ln_address *from,
                  const struct ln_address *to, struct ln_bytes bytes);
/* Forgets what is still under way. */
void network_fini(struct world *world);

#endif
