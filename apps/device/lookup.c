/* Names: a look-up may take seconds, so it runs in a thread and wakes the loop. */

#include "lookup.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Shared by the loop and the thread; whichever is the second to let go of it frees it. */
struct lookup {
    struct ln_loop *loop;
    atomic_bool done;
    atomic_int owners;
    char host[HOST_MAX];
    uint16_t port;
    struct ln_address found[ADDRESSES_MAX];
    size_t count;
};

void lookup_drop(struct lookup *lookup)
{
    if (lookup != NULL && atomic_fetch_sub(&lookup->owners, 1) == 1) {
        free(lookup);
    }
}

static void *resolve(void *context)
{
    struct lookup *lookup = context;

    lookup->count =
        ln_address_resolve(lookup->host, lookup->port, lookup->found, ADDRESSES_MAX);
    atomic_store(&lookup->done, true);
    ln_loop_wake(lookup->loop);
    lookup_drop(lookup);
    return NULL;
}

struct lookup *lookup_start(struct ln_loop *loop, const char *host, uint16_t port)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    pthread_attr_t detached;
    pthread_t thread;
    int error;

    if (lookup == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    lookup->port = port;
    lookup->loop = loop;
    atomic_init(&lookup->owners, 2);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    error = pthread_create(&thread, &detached, resolve, lookup);
    pthread_attr_destroy(&detached);
    if (error != 0) {
        free(lookup);
        errno = error;
        return NULL;
    }
    return lookup;
}

bool lookup_is_done(const struct lookup *lookup)
{
    return atomic_load(&lookup->done);
}

const char *lookup_host(const struct lookup *lookup)
{
    return lookup->host;
}

bool lookup_take(const struct lookup *lookup, size_t tries, struct ln_address *out)
{
    if (lookup->count == 0) {
        return false;
    }
    *out = lookup->found[tries % lookup->count];
    return true;
}
