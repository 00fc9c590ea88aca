/* What belongs to an endpoint, registered or not: its operations and its declared observations. */

#ifndef LN_SERVER_ENDPOINTS_H
#define LN_SERVER_ENDPOINTS_H

#include <linnet/server.h>

struct operation;

/*
 * Made for endpoints that have one of these only, and gone with the last: most devices have none at
 * any time.
 */
struct endpoint {
    struct ln_registration *registration; /* NULL: there is none */
    struct operation *last_operation; /* its `next` is the first: the one under way, if any */
    struct ln_observation *observations;
    struct ln_observation *first_work; /* observations to be set up or cancelled */
    struct ln_observation *last_work;
    uint32_t operation_count; /* of the app */
    uint32_t observation_count;
    uint32_t
        references; /* operations and observations, those too of which an event is unread */
    uint8_t name_length;
    uint8_t name[];
};

extern const struct ln_map_calls ln_server__record_calls;

struct ln_bytes ln_server__name_of(const struct endpoint *endpoint);
/* NULL: it has neither operations nor observations. */
struct endpoint *ln_server__endpoint_find(const struct ln_server *server, struct ln_bytes name);
/* With one reference more; NULL: no memory. */
struct endpoint *ln_server__endpoint_take(struct ln_server *server, struct ln_bytes name);
/* One reference less: the last takes it away. */
void ln_server__endpoint_drop(struct ln_server *server, struct endpoint *endpoint);
/* A registration that is found by its endpoint from now on gets what waited for it. */
void ln_server__endpoint_attach(struct ln_server *server, struct ln_registration *registration);
/* And when it ends: what is under way for it, and what may not wait, is over. */
void ln_server__endpoint_detach(struct ln_server *server, struct ln_registration *registration);

/* Starts what is next for the device, if nothing is under way and it can be reached. */
void ln_server__go_on(struct ln_server *server, struct endpoint *endpoint);

/* ---- Presence ---- */

/* The device was heard. */
void ln_server__heard(struct ln_server *server, struct ln_registration *registration);
/* It did not answer, or its time awake is over. False: no memory for the event; try again. */
bool ln_server__away(struct ln_server *server, struct ln_registration *registration);
/* When it falls asleep if nothing comes; LN_NEVER for one that does not, or does already. */
ln_time ln_server__awake_until(const struct ln_server *server,
                               const struct ln_registration *registration);
/* After a restart: one that must have fallen asleep has. */
void ln_server__presence_restore(const struct ln_server *server,
                                 struct ln_registration *registration);

enum { MEMORY_WAIT_MS = 1000 }; /* before a step is tried again that lacked memory */

#endif
