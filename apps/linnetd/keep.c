/* What joins a shard to the store: changes there, what waits for them here. */

#include "linnetd/keep.h"

#include "linnetd/daemon.h"
#include "linnetd/operation.h"

#include <stdlib.h>
#include <string.h>

/* ---- Datagrams that wait ---- */

enum {
    HELD_FIRST = 256 * 1024,
    HELD_MAX = 64 * 1024 * 1024,
    HELD_MS = 60 * 1000, /* who asked has given up by then, or asks again */
    ALIGNMENT = 16,
};

struct held_datagram {
    size_t size; /* with the bytes: where the next one begins */
    size_t length;
    uint64_t depends_on;
    ln_time since;
    struct ln_peer to;
};

/* Moves what waits to the front, or takes more memory. */
static bool make_room(struct held *held, size_t more)
{
    if (held->end + more <= held->size) {
        return true;
    }
    size_t used = held->end - held->first;
    if (held->first > 0 && used + more <= held->size / 2) {
        memmove(held->at, held->at + held->first, used);
        held->first = 0;
        held->end = used;
        return true;
    }
    size_t size = held->size == 0 ? HELD_FIRST : held->size * 2;
    uint8_t *at = size > HELD_MAX ? NULL : realloc(held->at, size);
    if (at == NULL) {
        return false;
    }
    held->at = at;
    held->size = size;
    return true;
}

bool keep_datagram(struct shard *shard, const struct ln_server_out *out,
                   struct ln_bytes datagram)
{
    struct held *held = &shard->keep.held;
    struct held_datagram one = {
        .size = (sizeof(one) + datagram.len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
        .length = datagram.len,
        .depends_on = out->depends_on,
        .since = shard->now,
        .to = out->to,
    };

    if (out->depends_on == 0) {
        return false;
    }
    if (!make_room(held, one.size)) {
        held->dropped++;
        return true;
    }
    memcpy(held->at + held->end, &one, sizeof(one));
    memcpy(held->at + held->end + sizeof(one), datagram.at, datagram.len);
    held->end += one.size;
    held->count++;
    return true;
}

static void release_datagrams(struct shard *shard, uint64_t committed)
{
    struct held *held = &shard->keep.held;

    while (held->count > 0) {
        const struct held_datagram *one = (const void *)(held->at + held->first);
        if (one->depends_on > committed) {
            break;
        }
        if (shard->now - one->since < HELD_MS) {
            shard_transmit(shard, &one->to, ln_bytes(one + 1, one->length));
        }
        held->first += one->size;
        held->count--;
    }
    if (held->count == 0) {
        held->first = held->end = 0;
    }
    shard_flush(shard);
}

void keep_fini(struct keep *keep)
{
    free(keep->held.at);
    keep->held = (struct held){.at = NULL};
    store_batch_fini(&keep->batch);
}

/* ---- Promises ---- */

void keep_promise(struct shard *shard, struct call *call, uint64_t change, bool *broken)
{
    struct promise *promise = NULL;

    if (shard->daemon->store != NULL &&
        change > store_committed(shard->daemon->store, shard->index)) {
        /* While nothing can be kept, nobody tells when that is over. */
        promise = shard->keep.read_only ? NULL : malloc(sizeof(*promise));
        *broken = promise == NULL;
    }
    if (promise == NULL) {
        call_done(call);
        return;
    }
    *promise = (struct promise){shard->keep.promises, call, change, broken};
    shard->keep.promises = promise;
}

static void settle_promises(struct shard *shard, uint64_t committed, bool all)
{
    struct promise **at = &shard->keep.promises;

    while (*at != NULL) {
        struct promise *promise = *at;
        if (promise->change > committed && !all) {
            at = &promise->next;
            continue;
        }
        *promise->broken = promise->change > committed;
        *at = promise->next;
        call_done(promise->call);
        free(promise);
    }
}

/* ---- Changes ---- */

/* Times of the engine as points of wall time. */
static void to_wall(struct ln_registration_view *view, int64_t offset)
{
    view->registered_at += offset;
    view->updated_at += offset;
    view->seen_at += offset;
}

static enum store_kind kind_of(const struct ln_server_event *event)
{
    if (event->registration == NULL) {
        return STORE_SWEPT;
    }
    return event->kind == LN_SERVER_REGISTERED || event->kind == LN_SERVER_UPDATED
               ? STORE_PRESENT
               : STORE_LEFT;
}

/* Asked once for all that happens at a time: it is much of what keeping an Update costs. */
int64_t keep_offset(struct shard *shard)
{
    struct keep *keep = &shard->keep;

    if (keep->offset_of != shard->now) {
        keep->offset_of = shard->now;
        keep->offset = wall_offset(&shard->daemon->wall);
    }
    return keep->offset;
}

static void keep_touch(struct shard *shard, const struct ln_server_event *event)
{
    struct ln_registration_view view;
    const struct ln_address *address = NULL;

    if (event->address_changed) {
        ln_registration_get(event->registration, &view);
        address = &view.peer.remote;
    }
    store_batch_touch(&shard->keep.batch, event->replaces, event->time + keep_offset(shard),
                      address);
}

static void keep_change(struct shard *shard, const struct ln_server_event *event)
{
    struct ln_registration_view view;
    struct store_change change = {
        .kind = kind_of(event),
        .number = event->change,
        .replaces = event->replaces,
        .expired = event->kind == LN_SERVER_EXPIRED,
    };

    if (event->registration != NULL) {
        ln_registration_get(event->registration, &view);
        to_wall(&view, keep_offset(shard));
        change.view = &view;
        change.left_at = event->time + keep_offset(shard);
    }
    store_batch_put(&shard->keep.batch, &change);
}

static void keep_observation(struct shard *shard, const struct ln_server_event *event)
{
    bool is_over = event->observation.state == LN_OBSERVATION_ENDED;
    struct store_change change = {
        .kind = is_over ? STORE_UNOBSERVED : STORE_OBSERVED,
        .number = event->change,
        .observation = &event->observation,
    };

    store_batch_put(&shard->keep.batch, &change);
}

void keep_event(struct shard *shard, const struct ln_server_event *event)
{
    switch (event->kind) {
    case LN_SERVER_QUEUED:
    case LN_SERVER_SENT:
    case LN_SERVER_RESULT:
        return; /* operation.c knows more of it */
    default:
        break;
    }
    if (shard->daemon->store == NULL) {
        return;
    }
    if (event->change != 0) {
        shard->keep.last = event->change;
    }
    if (event->kind == LN_SERVER_OBSERVATION && event->change != 0) {
        keep_observation(shard, event);
    } else if (event->change != 0) {
        keep_change(shard, event);
    } else if (event->kind == LN_SERVER_UPDATED && event->registration != NULL) {
        keep_touch(shard, event);
    }
}

void keep_submit(struct shard *shard)
{
    if (shard->daemon->store != NULL) {
        store_submit(shard->daemon->store, shard->index, &shard->keep.batch);
    }
}

void keep_follow(struct shard *shard)
{
    struct keep *keep = &shard->keep;
    struct store *store = shard->daemon->store;

    if (store == NULL) {
        return;
    }
    bool read_only = store_is_read_only(store);
    uint64_t committed = store_committed(store, shard->index);
    ln_server_committed(shard->server, committed);
    if (read_only != keep->read_only) {
        keep->read_only = read_only;
        ln_server_set_read_only(shard->server, read_only);
    }
    release_datagrams(shard, committed);
    settle_promises(shard, committed, read_only);
}

bool keep_waits(const struct shard *shard)
{
    return shard->keep.held.count > 0 || shard->keep.promises != NULL;
}

/* ---- After a restart ---- */

struct restoring {
    struct daemon *daemon;
    ln_time now;
    int64_t offset;
    bool clean;
};

/*
 * After a crash the last Updates may not be known: nobody expires who was not given a whole
 * lifetime to send one.
 */
static ln_time expires_at(const struct restoring *r, const struct ln_registration_view *view)
{
    if (view->lifetime == 0) {
        return LN_NEVER;
    }
    return ln_time_after(r->clean ? view->updated_at : r->now, (int64_t)view->lifetime * 1000);
}

static ln_time to_engine(const struct restoring *r, int64_t wall)
{
    return ln_time_min(wall - r->offset, r->now); /* the wall clock may have been set back */
}

static enum store_taken take(void *context, const struct ln_registration_view *kept)
{
    const struct restoring *r = context;
    struct ln_registration_view view = *kept;
    struct shard *shard = r->daemon->shards[daemon_shard_of(r->daemon, view.endpoint)];

    view.registered_at = to_engine(r, view.registered_at);
    view.updated_at = to_engine(r, view.updated_at);
    view.seen_at = to_engine(r, view.seen_at);
    view.expires_at = expires_at(r, &view);
    switch (ln_server_restore(shard->server, r->now, &view)) {
    case LN_OK:
        r->daemon->restored[shard->index]++;
        return STORE_TAKEN;
    case LN_ERR_EXISTS:
        return STORE_OLDER;
    default:
        return STORE_REFUSED;
    }
}

/*
 * Of another number of shards, its token names one that does not own it: it gets a new token, and
 * is set up anew.
 */
static bool take_observation(void *context, const struct ln_observation_view *view)
{
    const struct restoring *r = context;
    struct shard *shard = r->daemon->shards[daemon_shard_of(r->daemon, view->endpoint)];

    if (view->token >> 56 == shard->index) {
        return ln_server_restore_observation(shard->server, r->now, view) == LN_OK;
    }
    return ln_server_observe(shard->server, r->now, view->endpoint, view->path, view->format,
                             view->attributes, true) == LN_OK;
}

static bool take_operation(void *context, const struct store_operation *kept)
{
    const struct restoring *r = context;
    struct shard *shard = r->daemon->shards[daemon_shard_of(r->daemon, kept->endpoint)];

    return operation_restore(shard, r->now, r->offset, kept);
}

bool keep_restore(struct daemon *daemon, char why[STORE_WHY_MAX])
{
    struct restoring r = {
        .daemon = daemon,
        .now = ln_clock_now(),
        .offset = wall_offset(&daemon->wall),
        .clean = store_was_clean(daemon->store),
    };

    return store_restore(daemon->store, take, &r, why) &&
           store_restore_operations(daemon->store, take_operation, &r, why) &&
           store_restore_observations(daemon->store, take_observation, &r, why);
}
