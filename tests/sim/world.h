/* A server, its devices, the network between them and the one clock that all of it runs by. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "agenda.h"
#include "device.h"
#include "dice.h"
#include "network.h"

#include <linnet/server.h>

/* What has been seen, to be added up over all seeds. world_add() relies on one type. */
struct tally {
    uint64_t sent, lost, duplicated, rebindings;
    uint64_t server_retransmissions, client_retransmissions;
    uint64_t server_repeats, client_repeats;
    uint64_t registers, updates, deregisters, expiries;
    uint64_t operations, refused_operations, ran;
    uint64_t late_repeats; /* ran twice, but beyond what de-duplication promises */
    uint64_t outcomes[LN_OUTCOME_EXPIRED + 1];
    uint64_t bodies, blocks_sent, blocks_fetched, blocks_again, restarts, list_blocks,
        file_blocks;
    uint64_t commits, read_only, held, unanswered, cuts, cuts_inside, restored, promises;
    uint64_t orders, refused_orders, orders_restored, orders_done, orders_unknown;
    uint64_t watches, watches_restored;
    uint64_t body_memory; /* the most that a server took for one; not a sum */
};

struct sim_firmware;

struct world_settings {
    uint64_t seed;
    size_t devices;
    bool verbose;
    struct waiting *waiting; /* of waiting.c, which keeps the journal; NULL in other stories */
    struct sim_firmware *firmware; /* of firmware.c; NULL in other stories */
    bool store; /* the server keeps a journal, and there is a store beside it */
    struct weather weather;
};

/* One operation that the server took. Its tag is its place in world.operations. */
struct sim_operation {
    enum ln_operation_kind kind;
    struct ln_path path;
    struct device *device;
    ln_time began;
    unsigned results; /* must end at one */
    enum ln_outcome outcome;
    int32_t runs_before; /* the device's counter when it began */
    unsigned runs;       /* of this operation, on the device */
    ln_time first_run;
    uint32_t first_boot;
    uint32_t first_distinct;
};

struct body_operation;
struct orders;
struct sim_store;
struct waiting;
struct sim_secure;

struct world {
    ln_time now;
    struct dice dice;
    struct agenda agenda;
    struct weather weather;
    unsigned lose_to_server; /* so many of the next datagrams, whatever the weather */
    unsigned lose_to_devices;
    struct ln_server *server;  /* NULL: it is down */
    struct sim_store *store;   /* NULL: without one */
    struct orders *orders;     /* of orders.c; NULL without a store */
    struct sim_secure *secure; /* DTLS between the engines; NULL: without */
    struct ln_address server_address;
    ln_time server_armed;
    struct device *devices;
    size_t device_count;
    struct sim_operation *operations;
    size_t operation_count;
    size_t operation_capacity;
    struct waiting *waiting;       /* of waiting.c; NULL in other stories */
    uint64_t last_change;          /* that is kept, for it */
    struct body_operation *body;   /* of bodies.c; NULL in other stories */
    struct sim_firmware *firmware; /* of firmware.c; NULL in other stories */
    size_t memory;                 /* that the server has */
    size_t memory_most;
    struct tally tally;
    uint64_t seed;
    bool verbose;
    bool is_over; /* operators and accidents rest */
    unsigned failures;
};

/* The devices are there, but off. False: no memory. */
bool world_init(struct world *world, const struct world_settings *settings);
void world_fini(struct world *world);
/* Lets everything happen that happens until then. */
void world_run(struct world *world, ln_time until);
/* Says what went wrong, and where to find it again. */
void world_fail(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An operator's wish. False if the server did not take it. Tags are in what it carries. */
bool world_read(struct world *world, struct device *device, struct ln_path path);
bool world_execute(struct world *world, struct device *device);
bool world_write_level(struct world *world, struct device *device);
bool world_write_lifetime(struct world *world, struct device *device, uint32_t seconds);
bool world_create_sensor(struct world *world, struct device *device, uint16_t id);
bool world_delete_sensor(struct world *world, struct device *device, uint16_t id);
/* Execute /1/0/4: the device is to be silent for a while. */
bool world_disable(struct world *world, struct device *device);
/* Execute /1/0/8: the device is to send an Update. */
bool world_trigger(struct world *world, struct device *device);

/* Takes what the server has to send and to say. */
void world_pump_server(struct world *world);
/* Why server and device do not agree; NULL if they do. */
const char *world_disagreement(struct world *world, struct device *device);
/* Adds the engines' counters to the tally, and holds each operation to its one result. */
void world_close(struct world *world);

void world_add(struct tally *sum, const struct tally *one);

/* For store.c. A new server, which knows nothing. False: no memory. */
bool world_server_start(struct world *world);
void world_server_dies(struct world *world);
/* NULL: nobody is there. */
struct device *world_device_at(struct world *world, const struct ln_address *address);

/* For network.c and device.c. */
void world_deliver(struct world *world, const struct ln_address *from,
                   const struct ln_address *to, struct ln_bytes bytes);
void world_operation_ran(struct world *world, struct device *device, uint64_t tag);
/* For world.c: operations.c keeps the book of them. */
void operation_result(struct world *world, const struct ln_server_event *event);
/* Nobody will tell how those end that are pending. */
void operations_lost(struct world *world);

#endif
