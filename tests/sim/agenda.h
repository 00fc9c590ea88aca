/* What is still to happen, in the order of time: a heap that the virtual clock runs along. */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <linnet/base.h>

struct world;

typedef void agenda_fn(struct world *world, void *subject, uint64_t detail);

struct appointment {
    ln_time at;
    uint64_t order; /* of being made: those of one time happen in it */
    agenda_fn *run;
    void *subject;
    uint64_t detail;
};

/* All zero is an empty one. */
struct agenda {
    struct appointment *heap;
    size_t count;
    size_t capacity;
    uint64_t orders;
};

void agenda_add(struct agenda *agenda, ln_time at, agenda_fn *run, void *subject,
                uint64_t detail);
/* Takes the earliest if it is at `until` or before. */
bool agenda_take(struct agenda *agenda, ln_time until, struct appointment *out);
void agenda_fini(struct agenda *agenda);

#endif
