/* What devices were told that is kept: each answer that left is held against the next server. */
#ifndef SIM_PROMISES_H
#define SIM_PROMISES_H

#include <linnet/base.h>

struct device;
struct world;

enum { SIM_ANSWERS_REMEMBERED = 8 };

/* What an answer says of the device that it goes to. */
struct answered {
    struct device *device; /* NULL: nothing */
    uint16_t id;
    bool is_registered;
    uint64_t change; /* the registration's last durable one, by then */
    uint32_t print;  /* of what it has */
};

/* All that has been said to one device. All zero is nothing. */
struct promise {
    struct answered last;
    uint16_t ids[SIM_ANSWERS_REMEMBERED]; /* a repeat says nothing new */
    size_t count;
};

/* To be asked when the server gives the datagram out: what it says is what the server has. */
struct answered promise_of(struct world *world, const struct ln_address *to,
                           struct ln_bytes datagram);
/* The datagram leaves. */
void promise_given(struct promise *promises, const struct answered *answered);
/* The server that just started has what was said, or something newer: of this number. */
void promise_must_hold(struct world *world, const struct promise *promise,
                       const struct device *device, uint64_t newest);

#endif
