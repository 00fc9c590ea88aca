/*
 * Bytes of one opaque value between HTTP and a device, a few blocks at a time.
 *
 * A small ring stands between the HTTP thread and the shard's. Who finds it full or empty waits:
 * HTTP by a suspended connection, the device because its next block is neither asked for nor sent.
 * Either side may end first: each holds a reference, and the last one frees.
 */
#ifndef LINNETD_OCTETS_H
#define LINNETD_OCTETS_H

#include "linnetd/data.h"

#include <pthread.h>

enum {
    OCTETS_ROOM = 16 * 1024, /* of the ring; a body that fits is not streamed */
    OCTETS_MAX = 64 * 1024 * 1024,
};

struct octets {
    struct wait wait; /* first; the shard's alone */
    struct shard *shard;
    struct ln_bytes endpoint; /* in the request: read while that is suspended */
    uint32_t size;            /* of an upload; LN_COAP_BODY_UNKNOWN */

    pthread_mutex_t lock; /* of all that follows */
    unsigned references;
    struct MHD_Connection *connection; /* NULL: HTTP has left */
    struct call call;                  /* wakes the shard; in its inbox while `posted` */
    bool posted;
    bool suspended;

    uint8_t ring[OCTETS_ROOM];
    uint32_t head; /* bytes taken so far; both only rise */
    uint32_t tail; /* bytes put so far */

    bool begun;  /* the shard has had the operation */
    bool whole;  /* an upload: this device's format needs it whole, nothing has been sent */
    bool ended;  /* an upload: all of it is in the ring */
    bool waits;  /* the engine waits for us: to supply `wanted` bytes, or to continue */
    bool flows;  /* a download: its bytes are the value's, and go out as they come */
    bool late;   /* `until` has passed */
    bool broken; /* the device says another size than it sends */
    bool over;
    uint32_t wanted;
    uint32_t told; /* the size of a download; 0: not known */
    struct operation_call op;
};

/* ---- The HTTP thread ---- */

/* Whether a header is this media type, whatever parameters follow. */
bool octets_are_named(const struct request *request, const char *header);
/* Reads the value, and answers with its bytes. */
void octets_read(struct request *request, struct data *data);
/* Pieces of the body come one by one from now on. The problem may be set. */
void octets_expect(struct request *request);
/*
 * The body has come. True: it is being streamed, and the request is taken care of. False: it is in
 * request->body, whole.
 */
bool octets_written(struct request *request, struct data *data);
/* The request is over. NULL is fine. */
void octets_leave(struct octets *octets);

/* ---- Shared: the lock is held ---- */

uint32_t octets_room(const struct octets *octets);
void octets_put(struct octets *octets, struct ln_bytes bytes);
/* At most so many; how many there were. */
size_t octets_take(struct octets *octets, void *out, size_t size);
void octets_wake(struct octets *octets);
/* Gives the lock back, and the reference. */
void octets_release(struct octets *octets);

/* ---- The shard's thread ---- */

void octets_run(struct shard *shard, struct call *call);

#endif
