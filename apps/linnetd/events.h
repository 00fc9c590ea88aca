/* What has happened lately: a ring that event streams read from, each at its own place. */
#ifndef LINNETD_EVENTS_H
#define LINNETD_EVENTS_H

#include "linnetd/observations.h"
#include "linnetd/problem.h"

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
    X(EVENT_OPERATION, "operation")                                                            \
    X(EVENT_OBSERVATION, "observation")                                                        \
    X(EVENT_NOTIFICATION, "notification")                                                      \
    X(EVENT_BOOTSTRAP, "bootstrap")                                                            \
    X(EVENT_FIRMWARE, "firmware")

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
    EVENT_PAYLOADS_MAX = 16 * 1024 * 1024, /* bytes of all notifications that are kept */
};

/* Of EVENT_OPERATION: which, and its state from now on. */
struct event_operation {
    uint64_t number;
    struct ln_path path;
    uint8_t kind;  /* enum ln_operation_kind */
    uint8_t state; /* enum ln_operation_state */
    uint8_t code;  /* of the device; 0: it did not answer */
};

/* Of EVENT_BOOTSTRAP: what became of a session. All texts are constants. */
struct event_bootstrap {
    uint64_t session;
    const char *state;  /* "begun", "step", "refused", or the end's name */
    const char *reason; /* NULL: none */
    const char *step;   /* NULL: none */
    struct ln_path path;
    uint8_t code; /* of the device, or of our refusal; 0: none */
};

/* Of EVENT_FIRMWARE: which job, and where it is with the device. */
struct event_firmware {
    uint64_t job;
    uint8_t state; /* enum firmware_state */
    uint32_t bytes;
    uint32_t size;
    enum problem_kind problem; /* PROBLEM_NONE: it has not failed */
};

struct event {
    uint64_t id;  /* from 1, without gaps */
    int64_t time; /* ms since 1970 */
    uint8_t kind;
    uint8_t endpoint_len;
    uint8_t endpoint[LN_LIMIT_ENDPOINT];
    uint8_t proof_mode; /* of EVENT_REGISTERED: how it proved what `payload` says */
    uint16_t format;    /* of a notification's payload */
    union {
        struct event_operation operation; /* of EVENT_OPERATION */
        struct event_bootstrap bootstrap; /* of EVENT_BOOTSTRAP */
        struct event_firmware firmware;   /* of EVENT_FIRMWARE */
        struct ln_path path;              /* of EVENT_NOTIFICATION */
    };
    uint8_t *payload; /* owned; of EVENT_OBSERVATION a struct observation */
    size_t payload_len;
};

struct event_stream;

struct events {
    pthread_mutex_t lock;
    struct event *ring;
    uint64_t first;  /* id of the oldest that is kept */
    uint64_t last;   /* of the newest */
    size_t payloads; /* bytes of those that are kept */
    char run[9];     /* of this start: ids of another run are told apart by it */
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
/* Any thread: EVENT_REGISTERED, and what the device has proved to be. */
void events_put_registered(struct events *events, const struct ln_server_event *event);
/* Any thread: EVENT_FIRMWARE. */
void events_put_firmware(struct events *events, struct ln_bytes endpoint,
                         const struct event_firmware *firmware);
/*
 * Any thread: LN_SERVER_OBSERVATION or LN_SERVER_NOTIFIED, whose payload is copied. Without memory
 * for that the event says that it has none.
 */
void events_put_observation(struct events *events, const struct ln_server_event *event,
                            int64_t wall_offset);
/* Any thread; `time` is ms since 1970. */
void events_put_bootstrap(struct events *events, struct ln_bytes endpoint,
                          const struct event_bootstrap *bootstrap, int64_t time);
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
