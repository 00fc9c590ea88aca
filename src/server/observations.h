/* Declared observations: kept by endpoint, set up on each registration, found by their token. */

#ifndef LN_SERVER_OBSERVATIONS_H
#define LN_SERVER_OBSERVATIONS_H

#include "endpoints.h"
#include "events.h"
#include "operations.h"

#include <linnet/server.h>

struct ln_observation {
    struct endpoint *endpoint;
    struct ln_observation *next;      /* of the endpoint */
    struct ln_observation *next_work; /* to be set up or cancelled */
    uint8_t *attributes;              /* as declared, then the names of what is to go */
    struct ln_timer silence;          /* set where there is a pmax */
    uint64_t token;                   /* shard, a set bit, and 55 that nobody can guess */
    ln_time heard_at;                 /* the last notification */
    uint32_t sequence;                /* of it */
    uint32_t notifications;
    uint32_t references; /* its operation, and events not read */
    uint32_t pmax;       /* seconds; 0: none */
    struct ln_path path;
    uint16_t format;
    uint16_t message; /* the id of the last notification */
    uint8_t attributes_length;
    uint8_t declared_length;
    uint8_t state; /* enum ln_observation_state */
    uint8_t code;
    bool durable : 1;
    bool in_work : 1; /* it stands in the chain */
    bool is_due : 1;  /* and there is something to do */
    bool attributes_due : 1;
    bool attributes_asked : 1; /* the request that was made last has them as they are */
    bool has_sequence : 1;     /* of the present registration */
    bool restored : 1;         /* and not confirmed yet: the device may well have it */
};

/* In each token of an observation; no token of an operation has it. */
#define TOKEN_BIT (UINT64_C(1) << 55)

extern const struct ln_map_calls ln_server__observation_calls;

struct ln_bytes ln_server__attributes_of(const struct ln_observation *observation);
/* NULL: the token is none of an observation. */
struct ln_observation *ln_server__observation_of_token(const struct ln_server *server,
                                                       const struct ln_coap_token *token);
struct ln_observation *ln_server__observation_of_number(const struct ln_server *server,
                                                        uint64_t token);
/* NULL: none is declared for that path. */
struct ln_observation *ln_server__observation_find(const struct ln_server *server,
                                                   struct ln_bytes endpoint,
                                                   struct ln_path path);
uint64_t ln_server__observation_new_token(struct ln_server *server);
struct ln_coap_token ln_server__observation_token(const struct ln_observation *observation);
/* Whether the next request of it, or the one under way, is an Observe of an observation. */
bool ln_server__bears_observation_token(const struct operation *operation);
/* The request under way that this message answers; NULL: it is a notification. */
struct operation *ln_server__observation_operation(const struct ln_observation *observation,
                                                   const struct ln_coap_message *m);
/* One reference less. */
void ln_server__observation_drop(struct ln_server *server, struct ln_observation *observation);
/* Whatever refers to it. */
void ln_server__observation_free(struct ln_server *server, struct ln_observation *observation);
void ln_server__observations_free(struct ln_server *server);

/* Makes the request that is due for an observation of it, first in its queue. False: none is. */
bool ln_server__observation_work(struct ln_server *server, struct endpoint *endpoint);
/* It is to be set up, or cancelled. */
void ln_server__observation_due(struct ln_observation *observation, bool first);
/* There is nothing to do for it. */
void ln_server__observation_not_due(struct ln_observation *observation);
/* It is to be set up at once if its device is registered and has the path. */
void ln_server__observation_set_up(struct ln_server *server,
                                   struct ln_observation *observation);
bool ln_server__list_has(const struct ln_registration *registration, struct ln_path path);
/* Its request is over; the operation has been withdrawn, and is given back here or by its event. */
void ln_server__observation_answered(struct ln_server *server, struct operation *operation,
                                     enum ln_outcome outcome);
void ln_server__observation_interrupted(struct ln_server *server, struct operation *operation);
/* The device ended it, or refused it. NULL: there was no memory to tell so. */
LN_MUST_USE ln_err ln_server__observation_failed(struct ln_server *server,
                                                 struct ln_observation *observation,
                                                 uint8_t code);
/* It has ended, and the device need not be told: nothing knows it any more. */
void ln_server__observation_forget(struct ln_server *server,
                                   struct ln_observation *observation);

/* A new registration: all are to be set up. */
void ln_server__observations_begin(struct ln_server *server,
                                   struct ln_registration *registration);
/* The object list is another: those that are not set up may be by now. */
void ln_server__observations_review(struct ln_server *server,
                                    struct ln_registration *registration);
void ln_server__observations_end_of(struct ln_server *server, struct endpoint *endpoint);
/* Those that were silent for too long are to be set up again. */
void ln_server__observations_advance(struct ln_server *server);
/* Until when it may be silent. */
void ln_server__silence_set(struct ln_server *server, struct ln_observation *observation);

/* NULL: no memory. With a reference to the observation. */
struct notice *ln_server__notice(struct ln_server *server, struct ln_observation *observation,
                                 struct ln_bytes payload);
/* Pushes that the state is another; `is_last`: no value follows. */
void ln_server__notice_state(struct ln_server *server, struct notice *notice, bool is_last);

/* A message with its token that answers no request. */
void ln_server__notification(struct ln_server *server, struct ln_observation *observation,
                             const struct ln_peer *peer, const struct ln_coap_message *m);

#endif
