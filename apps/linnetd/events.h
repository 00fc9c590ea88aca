/* What has happened lately: a ring that event streams read from, each at its own place. */
#ifndef LINNETD_EVENTS_H
#define LINNETD_EVENTS_H

#include <linnet/limits.h>
#include <linnet/server.h>

#include <pthread.h>

struct request;

/* kind, name */
#define EVENT_KINDS(X)                                                                         \
    X(EVENT_REGISTERED, "registered")                                                          \
    X(EVENT_UPDATED, "updated")                                                                \
    X(EVENT_DEREGISTERED, "deregistered")                                                      \
    X(EVENT_EXPIRED, "expired")                                                                \
    X(EVENT_AWAKE, "awake")                                                                    \
    X(EVENT_SLEEPING, "sleeping")                                                              \
    X(EVENT_UNREACHABLE, "unreachable")                                                        \
    X(EVENT_OPERATION, "operation")

enum event_kind {
#define EVENT_KIND(kind, name) kind,
    EVENT_KINDS(EVENT_KIND)
#undef EVENT_KIND
        EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind kind);

enum {
    EVENTS_KEPT = 4096,
    EVENT_STREAMS_MAX = 64,
};

/* Of EVENT_OPERATION: what ended, and how. */
struct event_operation {
    uint64_t id; /* of the shard's engine */
    struct ln_path path;
    uint8_t shard;
    uint8_t kind; /* enum ln_operation_kind */
    uint8_t outcome;
    uint8_t code;
    bool sent; /* the device may have it */
};

struct event {
    uint64_t id;  /* from 1, without gaps */
    int64_t time; /* ms since 1970 */
    uint8_t kind;
    uint8_t endpoint_len;
    uint8_t endpoint[LN_LIMIT_ENDPOINT];
    struct event_operation operation;
};

struct event_stream;

struct events {
    pthread_mutex_t lock;
    struct event *ring;
    uint64_t last; /* id of the newest */
    char run[9];   /* of this start: ids of another run are told apart by it */
    struct event_stream *streams;
    size_t stream_count;
    bool closed;
};

/* False: no memory. */
bool events_init(struct events *events);
void events_fini(struct events *events);
/* Any thread. `operation`: of EVENT_OPERATION, else NULL. */
void events_put(struct events *events, enum event_kind kind, struct ln_bytes endpoint,
                const struct event_operation *operation);
/*
 * Any thread: streams with nothing to say send a comment, so that a peer that is gone is
 * noticed.
 */
void events_tick(struct events *events);
/* Any thread: the streams of a token that was removed end. */
void events_end_token(struct events *events, const char *id);
/* All streams end. */
void events_close(struct events *events);
size_t events_streams(struct events *events);

/* GET /events */
void handle_events(struct request *request);

#endif
