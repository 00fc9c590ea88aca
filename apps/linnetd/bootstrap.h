/*
 * The bootstrap server of linnetd: one thread with its own sockets and engine. What a device asks for is answered
 * from the list of configurations; keys that are made for it are kept before they are handed out.
 */
#ifndef LINNETD_BOOTSTRAP_H
#define LINNETD_BOOTSTRAP_H

#include "linnetd/bootstrap_list.h"
#include "linnetd/bootstrap_sessions.h"
#include "linnetd/inbox.h"
#include "linnetd/secure.h"
#include "linnetd/secure_metrics.h"

#include <stdatomic.h>

struct batch;
struct daemon;

/* What this program counts, beside the engine: name, help. */
#define BOOTSTRAP_COUNTERS(X)                                                                  \
    X(unknown_endpoint, "Bootstrap-Requests of endpoints without a configuration")             \
    X(without_security, "Bootstrap-Requests without security that need it")                    \
    X(unusable, "bootstraps given up: configuration or keys could not be made ready")          \
    X(keys_made, "pre-shared keys made for devices")                                           \
    X(keys_again, "of a bootstrap before that did not end, handed out again")                  \
    X(keys_removed, "removed because a bootstrap without security did not end")                \
    X(keys_replaced, "older credentials removed once the new one was in use")                  \
    X(repairs, "configurations written again because a device found them inconsistent")

struct bootstrap_counters {
#define BOOTSTRAP_COUNTER(name, help) uint64_t name;
    BOOTSTRAP_COUNTERS(BOOTSTRAP_COUNTER)
#undef BOOTSTRAP_COUNTER
};

/* All that metrics tell, as of the end of the last turn. */
struct bootstrap_tally {
    struct ln_bootstrap_counters engine;
    struct bootstrap_counters own;
    struct secure_tally secure;
    uint64_t running;
    uint64_t cut;
};

struct bootstrap {
    struct daemon *daemon;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    ln_time now; /* of this turn */
    struct ln_loop *loop;
    struct ln_udp udp; /* fd -1 where the listener is off */
    struct ln_random_pool random;
    struct ln_bootstrap *engine;
    struct inbox inbox; /* revocations and keys that were kept; its calls get no shard */
    struct secure secure;
    struct batch *in;
    struct batch *out;
    uint64_t cut; /* datagrams longer than the buffer, dropped */
    struct bootstrap_counters counters;
    struct ln_map waiting; /* struct bootstrap_waiting, by session */
    pthread_mutex_t lock;  /* of the tally */
    struct bootstrap_tally tally;
};

/* As shard_new(): NULL where a listener is off. Nothing is made where both are. */
struct bootstrap_listeners {
    struct ln_address *plain;
    struct ln_address *secure;
    const struct ln_dtls_certificates *certificates;
    const char *failed;
};
LN_MUST_USE ln_err bootstrap_new(struct daemon *daemon, struct bootstrap_listeners *listeners,
                                 struct bootstrap **out);
LN_MUST_USE bool bootstrap_start(struct bootstrap *bootstrap);
/* Ends the thread. NULL is fine here, and below. */
void bootstrap_stop(struct bootstrap *bootstrap);
/* After the store is closed. */
void bootstrap_free(struct bootstrap *bootstrap);
/* Any thread. */
struct bootstrap_tally bootstrap_tally(struct bootstrap *bootstrap);

/* ---- The thread's own ---- */

/* bootstrap_serve.c: reads events; true: there were some. */
bool bootstrap_take_events(struct bootstrap *bootstrap);
void bootstrap_serve_init(struct bootstrap *bootstrap);
void bootstrap_serve_fini(struct bootstrap *bootstrap);
/* What is due leaves, and what came has its effects. */
void bootstrap_settle(struct bootstrap *bootstrap);

#endif
