/* An operation that an HTTP call waits for: begun on the shard, and how it ended. */
#ifndef LINNETD_OPERATION_H
#define LINNETD_OPERATION_H

#include "linnetd/http.h"
#include "linnetd/shard.h"

#include <linnet/codec.h>
#include <linnet/server.h>

enum { OPERATION_PAYLOAD_MAX = 1200, OPERATION_ID_TEXT = 32 };

enum operation_end {
    OPERATION_REFUSED,   /* by the engine: `refused` says why */
    OPERATION_UNKNOWN,   /* no such endpoint is registered */
    OPERATION_ENDED,     /* `outcome` says how */
    OPERATION_TIMED_OUT, /* the wait is over; the operation goes on */
};

/* The state of a data request: what to do, then what came of it. */
struct operation_call {
    enum ln_operation_kind kind;
    struct ln_path path;
    int64_t timeout_ms;
    const struct ln_format *format; /* that was asked for; NULL: choose */
    struct ln_bytes arguments;      /* of an Execute */
    struct ln_record *records;      /* of a Write or Create */
    size_t record_count;
    uint16_t instance; /* of a Create; LN_ID_NONE: the device chooses */

    enum operation_end end;
    ln_err refused;
    enum ln_outcome outcome;
    uint8_t code;
    uint16_t content_format;
    uint8_t *payload; /* owned */
    size_t payload_len;
    char location[24]; /* of a Create */
    char id[OPERATION_ID_TEXT];
};

/* Formats that the daemon reads and writes, the preferred ones first. */
extern const ln_formats formats;

/* The shard's thread. */
void operation_run(struct shard *shard, struct call *call);
void operation_ended(struct shard *shard, const struct ln_server_event *event);
/* Answers the calls whose wait is over. */
void operation_turn(struct shard *shard);

#endif
