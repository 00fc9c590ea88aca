/* Connections that take too long to say what they want. */

#include "linnetd/http_slow.h"

#include <stdlib.h>
#include <sys/socket.h>

void slow_init(struct slow *slow, int64_t header_ms)
{
    *slow = (struct slow){.header_ms = header_ms};
    pthread_mutex_init(&slow->lock, NULL);
}

void slow_fini(struct slow *slow)
{
    while (slow->first != NULL) {
        slow_close(slow, slow->first);
    }
    pthread_mutex_destroy(&slow->lock);
}

struct slow_connection *slow_open(struct slow *slow, int fd, ln_time now)
{
    struct slow_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        return NULL;
    }
    connection->fd = fd;
    connection->due = now + slow->header_ms;
    pthread_mutex_lock(&slow->lock);
    connection->next = slow->first;
    connection->link = &slow->first;
    if (slow->first != NULL) {
        slow->first->link = &connection->next;
    }
    slow->first = connection;
    pthread_mutex_unlock(&slow->lock);
    return connection;
}

void slow_close(struct slow *slow, struct slow_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    pthread_mutex_lock(&slow->lock);
    *connection->link = connection->next;
    if (connection->next != NULL) {
        connection->next->link = connection->link;
    }
    pthread_mutex_unlock(&slow->lock);
    free(connection);
}

static void set_due(struct slow *slow, struct slow_connection *connection, ln_time due)
{
    if (connection != NULL) {
        pthread_mutex_lock(&slow->lock);
        connection->due = due;
        pthread_mutex_unlock(&slow->lock);
    }
}

void slow_begin(struct slow *slow, struct slow_connection *connection)
{
    set_due(slow, connection, LN_NEVER);
}

void slow_end(struct slow *slow, struct slow_connection *connection, int64_t idle_ms,
              ln_time now)
{
    set_due(slow, connection, now + idle_ms + slow->header_ms);
}

/* libmicrohttpd tells of the end before it closes the socket, so that it is still this one. */
void slow_tick(struct slow *slow, ln_time now)
{
    pthread_mutex_lock(&slow->lock);
    for (struct slow_connection *one = slow->first; one != NULL; one = one->next) {
        if (one->due <= now) {
            (void)shutdown(one->fd, SHUT_RDWR);
            one->due = LN_NEVER;
            slow->closed++;
        }
    }
    pthread_mutex_unlock(&slow->lock);
}

uint64_t slow_closed(struct slow *slow)
{
    pthread_mutex_lock(&slow->lock);
    uint64_t closed = slow->closed;
    pthread_mutex_unlock(&slow->lock);
    return closed;
}
