/* An operation that an HTTP call waits for: begun on the shard, and how it ended. */
#ifndef LINNETD_OPERATION_H
#define LINNETD_OPERATION_H

#include "linnetd/http.h"
#include "linnetd/shard.h"

#include <linnet/codec.h>
#include <linnet/limits.h>
#include <linnet/server.h>

enum { OPERATION_PAYLOAD_MAX = HTTP_BODY_MAX, OPERATION_ID_TEXT = 32, OPERATION_ROOT_MAX = 64 };

enum operation_end {
    OPERATION_REFUSED,    /* by the engine: `refused` says why */
    OPERATION_QUEUED,     /* it waits for its device; `copy` tells of it */
    OPERATION_UNKNOWN,    /* no such endpoint is registered */
    OPERATION_ENDED,      /* `outcome` says how */
    OPERATION_TIMED_OUT,  /* the wait is over; the operation goes on */
    OPERATION_ABANDONED,  /* the caller has closed its connection */
    OPERATION_BROKEN_OFF, /* the device was too slow with a piece of a stream */
};

struct daemon;
struct wait;

/* The shard's thread: what becomes of an operation's events, and of its time. */
struct wait_kind {
    void (*event)(struct shard *shard, struct wait *wait, const struct ln_server_event *event);
    void (*turn)(struct shard *shard, struct wait *wait);
};

/*
 * From the start of an operation to its result. It stands first in what is kept of one; the
 * engine's tag points to it.
 */
struct wait {
    struct ln_timer timer; /* first; in shard->waits */
    const struct wait_kind *kind;
    ln_time until;
    uint64_t id; /* the engine's */
};

/* The state of a data request: what to do, then what came of it. */
struct operation_call {
    enum ln_operation_kind kind;
    struct ln_path path;
    bool octets;        /* of a Read: the bytes of one opaque value are wanted */
    bool async;         /* the caller does not wait */
    bool queue;         /* it may wait for the device */
    bool retry;         /* repeat also what could run twice */
    bool broken;        /* what it depends on could not be kept */
    int64_t expires_ms; /* from now on */
    int64_t timeout_ms;
    const struct ln_format *format; /* that was asked for; NULL: choose */
    struct ln_bytes arguments;      /* of an Execute */
    struct ln_bytes query;          /* of a Write-Attributes, in `attributes` */
    uint8_t attributes[LN_LIMIT_ATTRIBUTES];
    struct ln_record *records; /* of a Write or Create */
    size_t record_count;
    uint16_t instance; /* of a Create; LN_ID_NONE: the device chooses */
    int attempt;       /* 1: the device has refused the format that we chose */

    uint64_t number; /* the operation's id, as a number; 0: none yet */
    struct operation_copy *copy;

    enum operation_end end;
    ln_err refused;
    enum ln_outcome outcome;
    uint8_t code;
    uint16_t content_format;
    uint8_t *payload; /* owned */
    size_t payload_len;
    int64_t answered_at;           /* ms since 1970 */
    char location[24];             /* of a Create */
    char root[OPERATION_ROOT_MAX]; /* of the device's paths: "" or "/lwm2m" */
};

/* An operation at one moment, for the thread that tells of it. */
struct operation_copy {
    struct operation_call op; /* its payload is the copy's */
    enum ln_operation_state state;
    int64_t created_at;
    int64_t expires_at; /* INT64_MAX: never */
    int64_t ended_at;   /* 0: it is not over */
    struct ln_bytes endpoint;
};

/* Formats that the daemon reads and writes, the preferred ones first. */
extern const ln_formats formats;

/* A number that no operation had before, in this run or another. */
uint64_t operation_next_number(struct daemon *daemon);
void operation_id_text(uint64_t number, char out[OPERATION_ID_TEXT]);
/* False: it is no id. */
LN_MUST_USE bool operation_id_of_text(struct ln_bytes text, uint64_t *number);

/* The shard's thread. */
void operation_run(struct shard *shard, struct call *call);
/* All that the engine tells of operations. */
void operation_event(struct shard *shard, const struct ln_server_event *event);
/* A device has left, or expired. */
void operation_left(struct shard *shard, struct ln_bytes endpoint);
/* Copies what the event of a result only lends. */
void operation_keep(struct operation_call *op, const struct ln_server_event *event,
                    int64_t wall_offset);
/* The state of one that ended so: without an answer, what has left may have been done. */
enum ln_operation_state operation_state_after(const struct ln_server_event *event);
/* Tells who follows the events. */
void operation_tell(struct shard *shard, uint64_t number, const struct ln_server_event *event,
                    struct ln_bytes endpoint);
/* Answers the calls whose wait is over, and ends those whose caller is gone. */
void operation_turn(struct shard *shard);

struct listed;
/* A copy of one that is listed; NULL: no memory. */
struct operation_copy *operation_copy_of(struct shard *shard, const struct listed *listed);
void operation_copy_free(struct operation_copy *copy); /* NULL is fine */
/*
 * Ends one that is listed. The call is done once that is kept; `*over` says that there was nothing
 * to end any more, `*broken` that it cannot be kept.
 */
void operation_cancel(struct shard *shard, struct listed *listed, struct call *call, bool *over,
                      bool *broken);
/* Brings back one that the store had. False: no memory. */
LN_MUST_USE bool operation_restore(struct shard *shard, ln_time now, int64_t wall_offset,
                                   const struct store_operation *kept);

#endif
