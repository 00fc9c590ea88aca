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
    OPERATION_UNKNOWN,    /* no such endpoint is registered */
    OPERATION_ENDED,      /* `outcome` says how */
    OPERATION_TIMED_OUT,  /* the wait is over; the operation goes on */
    OPERATION_ABANDONED,  /* the caller has closed its connection */
    OPERATION_BROKEN_OFF, /* the device was too slow with a piece of a stream */
};

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
    bool octets; /* of a Read: the bytes of one opaque value are wanted */
    int64_t timeout_ms;
    const struct ln_format *format; /* that was asked for; NULL: choose */
    struct ln_bytes arguments;      /* of an Execute */
    struct ln_bytes query;          /* of a Write-Attributes, in `attributes` */
    uint8_t attributes[LN_LIMIT_ATTRIBUTES];
    struct ln_record *records; /* of a Write or Create */
    size_t record_count;
    uint16_t instance; /* of a Create; LN_ID_NONE: the device chooses */
    int attempt;       /* 1: the device has refused the format that we chose */

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
    char id[OPERATION_ID_TEXT];
};

/* Formats that the daemon reads and writes, the preferred ones first. */
extern const ln_formats formats;

/* "0-17": unique within a run of the daemon. */
void operation_id_text(unsigned shard, uint64_t id, char out[OPERATION_ID_TEXT]);

/* The shard's thread. */
void operation_run(struct shard *shard, struct call *call);
/* LN_SERVER_RESULT, and those of streams. */
void operation_event(struct shard *shard, const struct ln_server_event *event);
/* Copies what the event of a result only lends. */
void operation_keep(struct operation_call *op, const struct ln_server_event *event,
                    int64_t wall_offset);
/* Tells who follows the events. */
void operation_tell(struct shard *shard, const struct ln_server_event *event,
                    struct ln_bytes endpoint);
/* Answers the calls whose wait is over, and ends those whose caller is gone. */
void operation_turn(struct shard *shard);

#endif
