/* The sockets of a worker: one for all its devices, or one for each. */
#ifndef LOAD_LINKS_H
#define LOAD_LINKS_H

#include "worker.h"

/* False: errno says why. Close them in any case. */
bool links_open(struct worker *worker);
void links_close(struct worker *worker);
/* Queues all that the device has to send. */
void links_send(struct worker *worker, struct simulated *device, ln_time now);
void links_flush(struct worker *worker);

/* The worker's: reads the clock after a wait, and takes what came for a device. */
void worker_look_at_clock(struct worker *worker);
void worker_receive(struct worker *worker, struct simulated *device, struct ln_bytes datagram);
/* Sends what is due, acts on events, and sets the timer for the rest. */
void worker_turn(struct worker *worker, struct simulated *device);

#endif
