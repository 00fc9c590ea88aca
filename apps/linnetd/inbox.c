/* What other threads hand a shard. */

#include "linnetd/inbox.h"

#include "linnetd/http.h"

#include <stdlib.h>
#include <string.h>

bool inbox_init(struct inbox *inbox, struct ln_loop *loop)
{
    *inbox = (struct inbox){.loop = loop};
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->last = &inbox->first;
    inbox->ring = malloc(INBOX_DATAGRAMS * sizeof(*inbox->ring));
    return inbox->ring != NULL;
}

void inbox_fini(struct inbox *inbox)
{
    if (inbox->last != NULL) {
        pthread_mutex_destroy(&inbox->lock);
    }
    free(inbox->ring);
    *inbox = (struct inbox){.ring = NULL};
}

static bool is_empty(const struct inbox *inbox)
{
    return inbox->first == NULL && inbox->head == inbox->tail;
}

bool inbox_put_call(struct inbox *inbox, struct call *call)
{
    pthread_mutex_lock(&inbox->lock);
    bool wake = is_empty(inbox);
    bool open = !inbox->closed;
    if (open) {
        call->next = NULL;
        *inbox->last = call;
        inbox->last = &call->next;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (open && wake) {
        ln_loop_wake(inbox->loop);
    }
    return open;
}

static void copy_peer(struct inbox_datagram *place, const struct ln_peer *peer)
{
    struct ln_writer w = ln_writer(place->proved, sizeof(place->proved));

    place->peer = *peer;
    if (peer->proof == NULL) {
        return;
    }
    place->proof = *peer->proof;
    ln_write_bytes(&w, peer->proof->identity);
    ln_write_bytes(&w, peer->proof->endpoint);
    place->proof.identity.at = place->proved;
    place->proof.endpoint.at = place->proved + peer->proof->identity.len;
    place->peer.proof = &place->proof;
}

void inbox_put(struct inbox *inbox, enum inbox_kind kind, const struct ln_peer *peer,
               struct ln_bytes datagram)
{
    bool wake = false;

    pthread_mutex_lock(&inbox->lock);
    if (inbox->tail - inbox->head == INBOX_DATAGRAMS || datagram.len > INBOX_DATAGRAM_MAX) {
        inbox->dropped++;
    } else {
        struct inbox_datagram *place = &inbox->ring[inbox->tail % INBOX_DATAGRAMS];
        wake = is_empty(inbox);
        place->kind = kind;
        copy_peer(place, peer);
        place->len = datagram.len;
        if (datagram.len > 0) {
            memcpy(place->bytes, datagram.at, datagram.len);
        }
        inbox->tail++;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (wake) {
        ln_loop_wake(inbox->loop);
    }
}

struct call *inbox_take_calls(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct call *first = inbox->first;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    pthread_mutex_unlock(&inbox->lock);
    return first;
}

size_t inbox_datagrams(struct inbox *inbox, struct inbox_datagram **out)
{
    pthread_mutex_lock(&inbox->lock);
    size_t start = inbox->head % INBOX_DATAGRAMS;
    size_t count = inbox->tail - inbox->head;
    pthread_mutex_unlock(&inbox->lock);
    *out = &inbox->ring[start];
    return count < INBOX_DATAGRAMS - start ? count : INBOX_DATAGRAMS - start;
}

void inbox_done(struct inbox *inbox, size_t count)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->head += count;
    if (inbox->head == inbox->tail) {
        inbox->head = inbox->tail =
            0; /* what was used once is used again: no more of it is touched */
    }
    pthread_mutex_unlock(&inbox->lock);
}

bool inbox_has_more(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    bool more = !is_empty(inbox);
    pthread_mutex_unlock(&inbox->lock);
    return more;
}

uint64_t inbox_dropped(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    uint64_t dropped = inbox->dropped;
    pthread_mutex_unlock(&inbox->lock);
    return dropped;
}

void inbox_close(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->closed = true;
    pthread_mutex_unlock(&inbox->lock);
}
