/*
 * A store beside the simulated server: slow, failing at times, and cut at any point. What it has
 * committed is all that the next server knows.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include <linnet/server.h>

struct device;
struct sim_store;
struct world;

/* The world's server keeps a journal from now on. NULL: no memory. */
struct sim_store *store_new(struct world *world);
void store_free(struct sim_store *store);
/* From now on it is slow, fails and is cut by chance; and from then on it is not any more. */
void store_trouble(struct sim_store *store);
void store_calm(struct sim_store *store);

/* For world.c. The highest number that was ever committed: a new server begins above it. */
uint64_t store_last_change(const struct sim_store *store);
/* Whether a datagram may leave now; else it has been copied. */
bool store_lets_go(struct sim_store *store, const struct ln_server_out *out,
                   struct ln_bytes datagram);
void store_event(struct sim_store *store, const struct ln_server_event *event);
/* The server has nothing more to say: begins what is due. */
void store_turn(struct sim_store *store);

#endif
