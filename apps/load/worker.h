/* A thread of linnet-load: its part of the devices, their sockets, and what came of them. */
#ifndef LOAD_WORKER_H
#define LOAD_WORKER_H

#include "histogram.h"
#include "simulated.h"

#include <pthread.h>
#include <stdatomic.h>

/* Of one kind of procedure. */
struct tally {
    uint64_t begun;
    uint64_t done;
    uint64_t refused;
    uint64_t lost;
    double seconds;
    struct histogram latency; /* of those done, in microseconds */
};

struct tallies {
    struct tally of[PROCEDURES];
    uint64_t unasked; /* Updates that devices sent by themselves */
    uint64_t requests;
    uint64_t sent;
    uint64_t received;
    uint64_t resent;
};

struct batch;
struct session;

struct worker {
    const struct options *options;
    pthread_t thread;
    atomic_bool stop;   /* leave, and end */
    bool silent;        /* ended because the server did not answer */
    const char *failed; /* NULL, or what could not be had: errno says why */
    int error;
    struct shared shared;
    struct ln_loop *loop;
    struct socket *sockets;
    size_t socket_count;
    struct ln_wheel wheel;
    struct simulated *devices;
    struct session *sessions; /* one for each device; NULL: no DTLS */
    uint32_t count;
    uint32_t first; /* number of its first device */
    uint32_t next;  /* the one to begin next */
    uint32_t in_flight;
    uint32_t window;
    double rate;
    uint64_t start; /* microseconds, as all below */
    uint64_t now;   /* since `start` */
    uint64_t last_heard;
    struct batch *in;
    struct batch *out;
    struct tallies tallies;
};

/* False: `failed` says what is missing. Close it in any case. */
bool worker_init(struct worker *worker, const struct options *options, uint32_t index);
/* For pthread_create: runs the whole of it. */
void *worker_run(void *worker);
void worker_stop(struct worker *worker);
void worker_close(struct worker *worker);

#endif
