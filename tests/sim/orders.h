/*
 * What operators ask to be kept: operations that wait, and declared observations. None that was
 * acknowledged is lost over a cut of the server, and none that may not be repeated runs twice.
 */
#ifndef SIM_ORDERS_H
#define SIM_ORDERS_H

#include <linnet/server.h>

struct device;
struct orders;
struct world;

enum {
    ORDER_TAG = 1 << 30, /* and above: tags of operations that are kept */
    ORDER_ATTRIBUTES = 48,
};

/* What one numbered change says, and the store is to keep. */
struct order_change {
    bool is_one; /* else it is of a registration */
    enum ln_server_event_kind kind;
    uint64_t tag;                  /* of an operation */
    enum ln_operation_state state; /* the same */
    uint8_t code;                  /* the same */
    size_t path;                   /* of an observation */
    bool is_declared;              /* the same, else ended */
    uint64_t token;
    char attributes[ORDER_ATTRIBUTES];
};

/* NULL: no memory. */
struct orders *orders_new(struct world *world);
void orders_free(struct orders *orders);

/* An operator asks a device for something, or declares, changes or ends an observation of it. */
void orders_visit(struct world *world, struct device *device);

/* For the store: what an event with a number says; that it is kept; that the server is cut, and
 * what has not been kept is void; that the next one is there. */
void orders_note(struct world *world, struct device *device,
                 const struct ln_server_event *event, struct order_change *out);
void orders_keep(struct world *world, struct device *device, const struct order_change *change);
void orders_cut(struct world *world);
void orders_restore(struct world *world, struct device *device);

/* For operations.c: a device does it. */
void orders_ran(struct world *world, struct device *device, uint64_t tag);
/* All that was acknowledged is done, or ended as it may; all that is declared is observed. */
void orders_must_be_done(struct world *world);

#endif
