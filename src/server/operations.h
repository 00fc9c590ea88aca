/* Operations toward devices: in order for each device, one of each under way. */

#ifndef LN_SERVER_OPERATIONS_H
#define LN_SERVER_OPERATIONS_H

#include "events.h"
#include "transfers.h"

#include <linnet/server.h>

/* What a request is for that the engine sends of its own accord. */
enum phase {
    PHASE_ATTRIBUTES, /* Write-Attributes before an observation */
    PHASE_SETUP,      /* Observe, and the further blocks of its answer */
    PHASE_FETCH,      /* the further blocks of a notification */
    PHASE_CANCEL,
};

/*
 * An operation from ln_server_operate() until its result was read, or a request for an observation.
 * Behind it stand payload and query, and once there is an answer, the answer's payload in their
 * place if it fits.
 */
struct operation {
    struct event_node ending;
    struct event_node queued;  /* of a durable one; or that the observation's state changed */
    struct event_node sending; /* of a durable one that may not be repeated */
    struct ln_timer
        timer; /* a copy is to be sent, or the time for an answer is over; or it expires */
    struct ln_coap_exchange exchange;
    struct operation *next;         /* for its device; the last one's is the first */
    struct operation *next_message; /* of the same bucket */
    struct endpoint *endpoint;
    struct ln_observation *observation; /* that it is for; NULL: it is the app's */
    struct ln_server_terms terms;
    ln_time created_at;
    uint64_t change; /* that must be kept before it leaves */
    uint64_t id;
    uint64_t tag;
    uint32_t slot;
    uint32_t secret; /* in the token: nobody else can answer */
    bool started;
    bool is_sent;         /* a message of it, at least once */
    bool is_told;         /* that it leaves, in the journal */
    uint8_t phase;        /* enum phase */
    bool observes;        /* the answer has the Observe option */
    uint32_t sequence;    /* which this is */
    uint16_t message;     /* the id of that answer */
    uint16_t root_length; /* that the request fits under */
    struct ln_peer sent_to;
    struct ln_operation
        what;        /* payload and query as above; a payload in blocks is in the transfer */
    uint8_t outcome; /* enum ln_outcome */
    uint8_t code;
    uint16_t result_format;
    struct ln_bytes payload;
    struct ln_bytes location;
    uint8_t *apart; /* payload and location, where they did not fit behind */
    struct transfer
        *transfer; /* NULL: request and answer are one message each, as far as is known */
    size_t size;   /* of `bytes` */
    uint8_t bytes[];
};

struct operation_slot {
    struct operation *operation; /* NULL: free */
    uint32_t next_free;
};

/* Those that are not over. Slots are named by tokens and ids, so that look-up is an index. */
struct operations {
    struct operation_slot *slots;
    struct operation **by_message; /* those under way, in as many buckets as there are slots */
    uint32_t size;                 /* a power of two */
    uint32_t free;                 /* the first free slot, or `size` */
    size_t count;
    uint64_t next_id;
};

struct ln_server;
struct endpoint;

/* NULL: there is none. */
struct operation *ln_server__first_operation(const struct endpoint *endpoint);
/* Whether it may run twice. */
bool ln_server__may_repeat_operation(const struct operation *operation);
/* Its turn has come. */
void ln_server__operation_start(struct ln_server *server, struct operation *operation);
void ln_server__operation_append(struct operation *operation);
/* Before all others but the one under way. */
void ln_server__operation_prepend(struct operation *operation);
/* Out of all that knows it; nothing is told. */
void ln_server__operation_withdraw(struct ln_server *server, struct operation *operation);
/* The registration is over: what is under way is interrupted, what may not wait LN_OUTCOME_GONE. */
void ln_server__operations_end_of(struct ln_server *server, struct endpoint *endpoint);
/* The device cannot be reached. */
void ln_server__operations_pause(struct ln_server *server, struct endpoint *endpoint);
/* What is under way cannot go on as it is: back into the queue, or over. */
void ln_server__operations_interrupt(struct ln_server *server, struct endpoint *endpoint);
/* Nobody wants its answer any more, or the time to wait is over. */
void ln_server__operation_expire(struct ln_server *server, struct operation *operation);
/* It waits, until its time is over. */
void ln_server__operation_queue_timer(struct ln_server *server, struct operation *operation);
/* Numbers what an event of it tells: it is durable. */
void ln_server__operation_note(struct ln_server *server, struct operation *operation,
                               struct event_node *node, enum ln_server_event_kind kind);
/* A request for an observation, first in the queue. NULL: no memory. */
struct operation *ln_server__operation_for(struct ln_server *server,
                                           struct ln_observation *observation,
                                           enum phase phase);
/* The request as it is sent now; 0: it does not fit. */
size_t ln_server__operation_write(const struct ln_server *server,
                                  const struct operation *operation, void *buffer, size_t size);
/* The same without any body: blocks are written from it. */
size_t ln_server__operation_write_head(const struct ln_server *server,
                                       const struct operation *operation, void *buffer,
                                       size_t size);
/* Whether it fits a datagram, under the root path of its registration. */
bool ln_server__operation_fits(const struct ln_server *server, struct operation *operation);
/* The token of its next request. */
void ln_server__link_message(struct ln_server *server, struct operation *operation);
void ln_server__unlink_message(struct ln_server *server, const struct operation *operation);
void ln_server__operation_end(struct ln_server *server, struct operation *operation,
                              enum ln_outcome outcome);
/* Sends its next message: a new exchange. */
void ln_server__exchange_begin(struct ln_server *server, struct operation *operation);
/* NULL: there is none of that id, or it is over. */
struct operation *ln_server__operation_of_id(const struct ln_server *server, uint64_t id);
struct ln_coap_token ln_server__token_of(const struct ln_server *server,
                                         const struct operation *operation);
/* Gives back an operation that is over. */
void ln_server__operation_free(struct ln_server *server, struct operation *operation);
/* Frees the tables, and the operations that are not over. */
void ln_server__operations_free(struct ln_server *server);

/* The one that a token names; NULL if it is none of ours, or over. */
struct operation *ln_server__operation_of_token(const struct ln_server *server,
                                                const struct ln_coap_token *token);
/* Keeps what the answer says until the event is read. LN_ERR_NO_MEMORY: nothing has changed. */
LN_MUST_USE ln_err ln_server__keep(struct ln_server *server, struct operation *operation,
                                   const struct ln_coap_message *m, uint16_t format);
/* "16/5" of the Location-Path options of a Create's answer. */
void ln_server__write_location(struct ln_writer *w, const struct ln_coap_message *m);
size_t ln_server__location_length(const struct ln_coap_message *m);
/* Sets the timer by its exchange. */
void ln_server__operation_wait(struct ln_server *server, struct operation *operation);
/*
 * Whether an answer from there is to be believed: where the request went, or where the
 * device is now.
 */
bool ln_server__operation_is_with(const struct operation *operation,
                                  const struct ln_peer *peer);

/* What came in for an operation. */
void ln_server__response(struct ln_server *server, const struct ln_peer *peer,
                         const struct ln_coap_message *m, uint32_t print);
void ln_server__acknowledged(struct ln_server *server, const struct ln_peer *peer,
                             const struct ln_coap_message *m);

/* Writes the next copy that is due; 0 if none is. */
size_t ln_server__operations_write(struct ln_server *server, void *buffer, size_t size,
                                   struct ln_server_out *out);

#endif
