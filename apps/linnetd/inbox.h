/*
 * What other threads hand a shard: calls from HTTP, and datagrams that came by another shard's
 * socket, or are to leave by this one's.
 */
#ifndef LINNETD_INBOX_H
#define LINNETD_INBOX_H

#include <linnet/limits.h>
#include <linnet/net.h>
#include <linnet/server.h>

#include <pthread.h>

struct call;

enum {
    INBOX_DATAGRAMS = 1024,
    INBOX_DATAGRAM_MAX = LN_UDP_PACKET_MAX,
};

enum inbox_kind {
    INBOX_COAP,   /* a message of CoAP, for the engine */
    INBOX_RECORD, /* of DTLS, for a session of this shard */
    INBOX_ANSWER, /* of CoAP, to be said over a session of this shard */
    INBOX_MOVED,  /* the peer's session has another address */
    INBOX_LOST,   /* the peer's session is over */
};

struct inbox_datagram {
    enum inbox_kind kind;
    struct ln_peer peer; /* its proof is the next member, or NULL */
    struct ln_proof proof;
    uint8_t proved[LN_LIMIT_IDENTITY + LN_LIMIT_ENDPOINT];
    size_t len;
    uint8_t bytes[INBOX_DATAGRAM_MAX];
};

/*
 * Datagrams wait in a ring of fixed size: what does not fit is dropped and counted, as a socket
 * does. Calls wait in a list: the number of HTTP connections bounds it.
 */
struct inbox {
    pthread_mutex_t lock;
    struct ln_loop *loop; /* to wake */
    struct call *first;
    struct call **last;
    struct inbox_datagram *ring;
    size_t head; /* taken so far; both rise, and begin again where nothing waits */
    size_t tail; /* put so far */
    uint64_t dropped;
    bool closed;
};

/* False: no memory. */
bool inbox_init(struct inbox *inbox, struct ln_loop *loop);
/* Safe on one of all zero. */
void inbox_fini(struct inbox *inbox);

/* Any thread. False: the shard has stopped, and the call will not be run. */
LN_MUST_USE bool inbox_put_call(struct inbox *inbox, struct call *call);
/* Any thread. Dropped if the ring is full. */
void inbox_put(struct inbox *inbox, enum inbox_kind kind, const struct ln_peer *peer,
               struct ln_bytes datagram);

/* The shard's thread: all calls that wait, in order. */
struct call *inbox_take_calls(struct inbox *inbox);
/*
 * The shard's thread: the oldest datagrams, in place, at most up to the end of the ring;
 * inbox_done() with their number gives the places back.
 */
size_t inbox_datagrams(struct inbox *inbox, struct inbox_datagram **out);
void inbox_done(struct inbox *inbox, size_t count);
/* The shard's thread: false means that the next put wakes the loop. */
bool inbox_has_more(struct inbox *inbox);
uint64_t inbox_dropped(struct inbox *inbox);
/* No call is taken from now on; those that wait are still there. */
void inbox_close(struct inbox *inbox);

#endif
