/*
 * What joins a shard to the store: changes go there, and what depends on them waits here until
 * they are on disk: datagrams, and HTTP calls that promise something.
 */
#ifndef LINNETD_KEEP_H
#define LINNETD_KEEP_H

#include "linnetd/store.h"

#include <linnet/server.h>

struct call;
struct shard;

/* Datagrams that wait, the oldest first. All zero is none. */
struct held {
    uint8_t *at;
    size_t size;
    size_t first; /* where the oldest begins */
    size_t end;
    size_t count;
    uint64_t dropped; /* there was no room: the device asks again */
};

struct promise {
    struct promise *next;
    struct call *call;
    uint64_t change;
    bool *broken;
};

struct keep {
    struct store_batch batch;
    struct held held;
    struct promise *promises;
    bool read_only;
    uint64_t last;     /* the last change that an event told of */
    ln_time offset_of; /* when the offset of the wall clock was asked for */
    int64_t offset;
};

void keep_fini(struct keep *keep);
/* Whether the datagram has to wait; then it has been copied. */
bool keep_datagram(struct shard *shard, const struct ln_server_out *out,
                   struct ln_bytes datagram);
/* A call is done once the change is kept. `*broken` is set if that is not to be said yet. */
void keep_promise(struct shard *shard, struct call *call, uint64_t change, bool *broken);
/* Takes what an event tells. */
void keep_event(struct shard *shard, const struct ln_server_event *event);
/* What makes wall time of the engine's times, as it is in this turn. */
int64_t keep_offset(struct shard *shard);
/* Hands what was taken to the store. */
void keep_submit(struct shard *shard);
/* Lets go what has been committed meanwhile, and follows the store into read-only and back. */
void keep_follow(struct shard *shard);
/* Whether something waits. */
bool keep_waits(const struct shard *shard);

/* All registrations of the store go to their shards. False: `why` says why not. */
struct daemon;
LN_MUST_USE bool keep_restore(struct daemon *daemon, char why[STORE_WHY_MAX]);

#endif
