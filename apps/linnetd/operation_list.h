/*
 * The operations of a shard that have an id: those that wait or are under way, and those that are
 * over and can still be asked for.
 */
#ifndef LINNETD_OPERATION_LIST_H
#define LINNETD_OPERATION_LIST_H

#include "linnetd/operation.h"

enum {
    OPERATIONS_MAX = 100 * 1000, /* waiting and under way, of all shards */
    OPERATIONS_PER_DEVICE = 1000,
    OPERATIONS_OVER_MAX = 10 * 1000, /* that are over and kept, of all shards */
    OPERATIONS_OVER_BYTES = 64 * 1024 * 1024,
    OPERATIONS_OVER_DAYS = 7,
};

struct listed_endpoint;
struct waiter;

struct listed {
    struct wait wait;         /* first: the engine's tag; its time is that of forgetting */
    struct operation_call op; /* which it is, and what came of it; no values */
    struct ln_server_terms terms;
    enum ln_operation_state state; /* QUEUED until it is over: the engine knows more */
    int64_t created_at;            /* milliseconds since 1970, as all that follow */
    int64_t expires_at;            /* INT64_MAX: never */
    int64_t ended_at;
    bool promised;   /* its id has been told: it can be asked for when it is over */
    bool left;       /* its device has, while a call waited */
    bool told;       /* the engine has told that it is taken */
    uint64_t change; /* its last: that it was taken, or is over */
    struct waiter *waiters;
    struct listed_endpoint *of;
    struct listed *next, *before;           /* of the endpoint, in order */
    struct listed *over_next, *over_before; /* of those that are over, the oldest first */
};

struct listed_endpoint {
    struct ln_bytes name; /* behind it */
    struct listed *first, *last;
};

struct operation_list {
    struct ln_map by_id;
    struct ln_map endpoints;
    uint8_t seed[16];
    struct listed *over_first, *over_last;
    size_t over_count;
    size_t over_bytes;
    uint64_t joined; /* Reads that were one with another */
};

void operation_list_init(struct operation_list *list);
/* Frees all that is listed. Safe on one of all zero. */
void operation_list_fini(struct operation_list *list);
size_t operation_list_waiting(const struct operation_list *list);

/* A new one, of the number that op has, behind those of its endpoint. NULL: no memory. */
struct listed *operation_list_add(struct operation_list *list, struct ln_bytes endpoint,
                                  const struct operation_call *op);
struct listed *operation_list_find(const struct operation_list *list, uint64_t number);
/* The first of an endpoint; the others follow by `next`. */
struct listed *operation_list_first(const struct operation_list *list,
                                    struct ln_bytes endpoint);
/* Frees it. */
void operation_list_remove(struct operation_list *list, struct listed *listed);
/* It is over, and kept. */
void operation_list_keep(struct operation_list *list, struct listed *listed);
/* The oldest that is over and has no room any more, with so many shards; NULL: there is room. */
struct listed *operation_list_surplus(const struct operation_list *list, unsigned shards);

#endif
