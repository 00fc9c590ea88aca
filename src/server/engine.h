/* The engine and what it is made of: shared by the files of this folder only. */

#ifndef LN_SERVER_ENGINE_H
#define LN_SERVER_ENGINE_H

#include "addresses.h"
#include "answers.h"
#include "endpoints.h"
#include "events.h"
#include "journal.h"
#include "list_bodies.h"
#include "object_list.h"
#include "observations.h"
#include "operations.h"
#include "recent.h"
#include "registrations.h"

#include <linnet/limits.h>
#include <linnet/server.h>

struct ln_server {
    struct ln_random random;
    struct ln_allocator allocator;
    struct ln_coap_parameters coap;
    uint8_t shard;
    uint8_t shards;
    bool closed;
    uint16_t next_message; /* of answers to peers without a registration */
    size_t max_registrations;
    size_t max_per_address;
    size_t max_operations;
    size_t max_operations_per_device;
    size_t max_observations;
    size_t max_observations_per_device;
    size_t observation_count;
    uint32_t awake;
    size_t max_list_bodies;
    uint32_t max_list_body;
    uint32_t max_body;
    uint8_t block_exponent; /* of the largest blocks */
    uint8_t seed[16];       /* of every hash: peers must not be able to choose collisions */
    uint8_t print_seed[16]; /* of the second hash of an object list */
    ln_time now;
    ln_time exchange_lifetime;
    ln_server_admit_fn *admit; /* may be NULL */
    void *admit_context;
    struct ln_server_files files;

    struct ln_map by_endpoint;
    struct ln_map by_location;
    struct ln_map endpoints;    /* those that have operations or observations */
    struct ln_map observations; /* by token */
    struct ln_map lists;
    struct ln_map locals;  /* the addresses that devices speak to */
    struct ln_map remotes; /* theirs, where their registrations are bounded */
    struct ln_wheel lifetimes;
    struct ln_wheel exchanges;
    struct ln_wheel silences; /* of observations with a pmax */
    struct operations operations;
    struct events events;
    struct answers answers;
    struct list_bodies list_bodies;
    struct journal journal;
    struct recent requests;  /* refused, or of registrations that are over */
    struct recent responses; /* confirmable ones, whose repeats want their ACK again */
    struct ln_server_counters counters;
};

/* A request that is being handled. */
struct request {
    const struct ln_peer *peer;
    const struct ln_coap_message *message;
    struct ln_coap_options options;
    struct ln_coap_block block1; /* of the answer */
    struct ln_bytes location;    /* what follows /rd/ */
    uint32_t print;              /* tells repeats from other messages of the same id */
    ln_time now;
};

/* All as realloc: NULL if there is no memory. */
void *ln_server__allocate(struct ln_server *server, size_t size);
void ln_server__release(struct ln_server *server, void *memory);

/* Room for `wanted` bytes where `*size` are; the first `kept` stay. With an error all stays. */
LN_MUST_USE ln_err ln_server__reserve(struct ln_server *server, uint8_t **bytes, size_t *size,
                                      size_t kept, size_t wanted);
/*
 * What to reserve for a body that grows: at least `wanted`, twice as much each time so that it is
 * not copied for each block, but no more than `bound` for that.
 */
size_t ln_server__room_for(size_t size, size_t wanted, size_t bound);

/* Spreads 64 bits over all bits of the result. No secret: for keys that peers cannot choose. */
uint64_t ln_server__mix(uint64_t v);

/* The next message id of a sequence: `id % shards == shard`, all before one comes again. */
uint16_t ln_server__next_message(const struct ln_server *server, uint16_t *sequence);

/* Moves the clock and ends what has expired by then. */
void ln_server__advance(struct ln_server *server, ln_time now);

/* Each answers if it succeeds; what it returns else is the caller's to answer. */
ln_err ln_server__register(struct ln_server *server, const struct request *request);
ln_err ln_server__update(struct ln_server *server, const struct request *request);
ln_err ln_server__deregister(struct ln_server *server, const struct request *request);
/* What is not below /rd. */
ln_err ln_server__file(struct ln_server *server, const struct request *request);

#endif
