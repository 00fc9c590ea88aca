/*
 * Connections that take too long to say what they want. libmicrohttpd bounds only the time in which
 * nothing at all comes: a peer that sends a byte now and then could hold a connection for ever.
 */
#ifndef LINNETD_HTTP_SLOW_H
#define LINNETD_HTTP_SLOW_H

#include <linnet/base.h>

#include <pthread.h>

struct slow_connection {
    struct slow_connection *next;
    struct slow_connection **link;
    ln_time due; /* the headers must have come by then; LN_NEVER: they have */
    int fd;
};

struct slow {
    pthread_mutex_t lock;
    struct slow_connection *first;
    int64_t header_ms;
    uint64_t closed; /* connections that took too long */
};

void slow_init(struct slow *slow, int64_t header_ms);
void slow_fini(struct slow *slow);
/* NULL: no memory; such a connection is not watched. */
struct slow_connection *slow_open(struct slow *slow, int fd, ln_time now);
void slow_close(struct slow *slow, struct slow_connection *connection);
/* Its headers have come. */
void slow_begin(struct slow *slow, struct slow_connection *connection);
/* It has been answered, and may send another request. */
void slow_end(struct slow *slow, struct slow_connection *connection, int64_t idle_ms,
              ln_time now);
/* Any thread: cuts off who is late. */
void slow_tick(struct slow *slow, ln_time now);
uint64_t slow_closed(struct slow *slow);

#endif
