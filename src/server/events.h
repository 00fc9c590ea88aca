/* Events not yet read, oldest first. What is told of lives until its event was read. */

#ifndef LN_SERVER_EVENTS_H
#define LN_SERVER_EVENTS_H

#include <linnet/server.h>

/* What an Update changed. */
enum {
    CHANGED_ADDRESS = 1,
    CHANGED_LIFETIME = 2,
    CHANGED_BINDING = 4,
    CHANGED_OBJECTS = 8,
    CHANGED_SMS = 16,
    CHANGED_DURABLY = 32, /* it has a number in the journal */
    CHANGED_SESSION = 64, /* after a restart it may go on */
};

/*
 * Part of what it tells of, so that the end of a registration or operation can always be told:
 * the end of a registration is in the registration, a result in the operation. Only news of a
 * registration that goes on needs memory of its own, and is refused to the device if there is
 * none.
 */
struct event_node {
    struct event_node *next;
    ln_time time;
    uint8_t kind;    /* enum ln_server_event_kind */
    uint8_t changes; /* CHANGED_ADDRESS | ... */
};

/* An event of an observation: in one of these for a notification, else in its operation. */
enum {
    STATE_BITS = 7, /* enum ln_observation_state */
    IN_OPERATION = 64,
    IS_LAST = 128, /* no value follows */
};

struct ln_observation;

/* Of a value that came by itself, or of a change of state that no message brought. */
struct notice {
    struct event_node node;
    struct event_node changed; /* LN_SERVER_OBSERVATION before it */
    struct ln_observation *observation;
    uint32_t sequence;
    uint32_t length;
    uint16_t format;
    uint8_t code;
    uint8_t payload[];
};

/* LN_SERVER_REGISTERED and LN_SERVER_UPDATED, and of presence. */
struct news {
    struct event_node node;
    struct ln_registration *registration;
    uint64_t replaces; /* the durable change before this one */
};

struct events {
    struct event_node *first;
    struct event_node *last;
    struct event_node *reading; /* handed out: what it tells of is given back at the next */
    struct news *spare;         /* read before; chained by their nodes */
};

/* NULL: no memory. Give it to ln_server__news_push() or _drop(). */
struct news *ln_server__news_take(struct ln_server *server);
void ln_server__news_drop(struct ln_server *server, struct news *news);
void ln_server__news_push(struct ln_server *server, struct news *news,
                          enum ln_server_event_kind kind, struct ln_registration *registration,
                          uint8_t changes);
void ln_server__event_push(struct ln_server *server, struct event_node *node,
                           enum ln_server_event_kind kind);
/* Gives back what no reader will ask for any more. */
void ln_server__events_free(struct ln_server *server);

#endif
