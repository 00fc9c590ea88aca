/*
 * A shard: one thread with its own socket, engine and timers. An endpoint belongs to one shard;
 * shards and HTTP talk by messages.
 */
#ifndef LINNETD_SHARD_H
#define LINNETD_SHARD_H

#include "linnetd/config.h"
#include "linnetd/inbox.h"
#include "linnetd/keep.h"
#include "linnetd/secure.h"

#include <stdatomic.h>

struct batch;
struct daemon;
struct operation_list;
struct wait;

struct shard {
    struct daemon *daemon;
    uint8_t index;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    ln_time now; /* of this turn */
    struct ln_loop *loop;
    struct ln_udp coap; /* fd -1 where the listener is off */
    struct ln_random_pool random;
    struct ln_server *server;
    struct inbox inbox;
    struct ln_wheel
        waits; /* HTTP calls that wait for a device, and when operations are forgotten */
    struct operation_list *operations;
    uint64_t handed_over; /* datagrams given to the shard that owns them */
    uint64_t cut;         /* datagrams longer than the buffer, dropped */
    struct batch *in;
    struct batch *out;
    struct keep keep;
    struct secure secure;
};

/* Where shards listen; NULL: not. */
struct shard_listeners {
    struct ln_address *coap;
    struct ln_address *coaps;
    const struct ln_dtls_certificates *certificates; /* of coaps */
    const char *failed;                              /* the option of the one that failed */
};

/*
 * `errno` says why where it is LN_ERR_SYSTEM. The addresses are where it listens then.
 * LN_ERR_BAD_CONFIG: the certificates.
 */
LN_MUST_USE ln_err shard_new(struct daemon *daemon, uint8_t index,
                             struct shard_listeners *listeners, struct shard **out);
LN_MUST_USE bool shard_start(struct shard *shard);
/* Ends what waits with LN_OUTCOME_CLOSED, then the thread. */
void shard_stop(struct shard *shard);
/* The shard's thread: reads the events that there are. True: there were some. */
bool shard_take_events(struct shard *shard);
/* The shard's thread: a datagram leaves with the next flush at the latest. */
void shard_transmit(struct shard *shard, const struct ln_peer *to, struct ln_bytes datagram);
void shard_flush(struct shard *shard);
/* The shard's thread: a message of CoAP, for the engine that owns what it is about. */
void shard_take(struct shard *shard, const struct ln_peer *peer, struct ln_bytes datagram);
/* The shard's thread: what came in has its effects. */
void shard_settle(struct shard *shard);
/* NULL is fine. */
void shard_free(struct shard *shard);

#endif
