/* The shard's side of values that travel as they are: the engine's stream calls. */

#include "linnetd/octets.h"

#include "linnetd/daemon.h"
#include "linnetd/encoding.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* How often we look whether the caller is still there. */
enum { LOOK_MS = 1000, BLOCK_MAX = 1024 };

static struct octets *of_call(struct call *call)
{
    return (struct octets *)(void *)((char *)call - offsetof(struct octets, call));
}

static void end(struct octets *octets, enum operation_end how)
{
    if (!octets->over) {
        octets->op.end = octets->late ? OPERATION_BROKEN_OFF : how;
        octets->over = true;
    }
    octets_wake(octets);
}

static void look_again(struct octets *octets)
{
    struct shard *shard = octets->shard;
    ln_time look = ln_time_after(shard->now, LOOK_MS);

    ln_wheel_set(&shard->waits, &octets->wait.timer, ln_time_min(look, octets->wait.until));
}

/* The device's turn: so long it has for each block. */
static void expect_device(struct octets *octets)
{
    octets->waits = false;
    octets->wait.until = ln_time_after(octets->shard->now, octets->op.timeout_ms);
    look_again(octets);
}

static void expect_caller(struct octets *octets)
{
    octets->waits = true;
    octets->wait.until = LN_NEVER;
}

/* ---- Moving on ---- */

/* Gives the engine the block that it waits for, if all of it is here. */
static void supply(struct octets *octets)
{
    struct shard *shard = octets->shard;
    uint8_t block[BLOCK_MAX];
    uint32_t held = octets->tail - octets->head;
    uint32_t size = octets->wanted < BLOCK_MAX ? octets->wanted : (uint32_t)BLOCK_MAX;

    /* One byte more must be here, or its absence known: a full block may be the last. */
    if (held <= size && !octets->ended) {
        return;
    }
    size_t n = octets_take(octets, block, size);
    bool last = octets->ended && octets->tail == octets->head;
    if (ln_server_supply(shard->server, shard->now, octets->wait.id, ln_bytes(block, n),
                         last) == LN_OK) {
        expect_device(octets);
    } else {
        (void)ln_server_cancel(shard->server, shard->now, octets->wait.id);
    }
    if (octets_room(octets) >= OCTETS_ROOM / 2 && !octets->ended) {
        octets_wake(octets);
    }
}

/* Asks for the next block where there is room for any. */
static void fetch(struct octets *octets)
{
    struct shard *shard = octets->shard;

    if (octets_room(octets) >= LN_SERVER_DATAGRAM_MAX) {
        expect_device(octets);
        (void)ln_server_continue(shard->server, shard->now, octets->wait.id);
    }
}

static void go_on(struct octets *octets)
{
    struct shard *shard = octets->shard;

    if (octets->connection == NULL) {
        (void)ln_server_cancel(shard->server, shard->now, octets->wait.id);
    } else if (octets->waits && octets->op.kind == LN_OPERATION_READ) {
        fetch(octets);
    } else if (octets->waits) {
        supply(octets);
    }
}

/* ---- The pieces of an answer ---- */

/* Another format than bytes as they are: put together, as far as whole answers may go. */
static bool collect(struct operation_call *op, struct ln_bytes bytes)
{
    if (bytes.len > OPERATION_PAYLOAD_MAX - op->payload_len) {
        return false;
    }
    uint8_t *longer = realloc(op->payload, op->payload_len + bytes.len + 1);
    if (longer == NULL) {
        return false;
    }
    op->payload = longer;
    memcpy(longer + op->payload_len, bytes.at, bytes.len);
    op->payload_len += bytes.len;
    return true;
}

/* A size that was told and is not kept would be an answer cut short that looks whole. */
static bool fits(const struct octets *octets, const struct ln_server_event *event)
{
    uint64_t end_of_piece = (uint64_t)event->offset + event->payload.len;

    return octets->told == 0 ||
           (event->last ? end_of_piece == octets->told : end_of_piece < octets->told);
}

static bool take_piece(struct octets *octets, const struct ln_server_event *event)
{
    struct operation_call *op = &octets->op;

    if (event->offset == 0) {
        op->content_format = event->format;
        octets->flows = event->format == LN_FORMAT_OPAQUE;
        octets->told = event->last ? (uint32_t)event->payload.len : event->size;
    }
    if (!octets->flows) {
        return collect(op, event->payload);
    }
    if (!fits(octets, event) || event->payload.len > octets_room(octets)) {
        return false;
    }
    octets_put(octets, event->payload);
    octets_wake(octets);
    return true;
}

static void take_part(struct octets *octets, const struct ln_server_event *event)
{
    struct shard *shard = octets->shard;

    expect_caller(octets);
    if (!take_piece(octets, event)) {
        octets->broken = true;
        (void)ln_server_cancel(shard->server, shard->now, octets->wait.id);
    } else {
        fetch(octets);
    }
}

static void take_want(struct octets *octets, const struct ln_server_event *event)
{
    octets->wanted = event->size;
    expect_caller(octets);
    supply(octets);
}

/* ---- Begin and end ---- */

/* Whether the value can be told in pieces: the other formats have its length before it. */
static bool goes_as_it_is(const struct operation_call *op,
                          const struct ln_registration_view *view)
{
    return op->format != NULL ? op->format == &ln_format_opaque
                              : view->version != LN_VERSION_1_0;
}

static ln_err give(struct octets *octets, const struct ln_registration_view *view)
{
    struct operation_call *op = &octets->op;
    struct shard *shard = octets->shard;
    bool reads = op->kind == LN_OPERATION_READ;
    struct ln_server_stream stream = {.supplies = !reads, .takes = reads, .size = octets->size};
    struct ln_operation operation = {
        .kind = op->kind, .path = op->path, .accept = LN_FORMAT_NONE, .format = LN_FORMAT_NONE};

    if (reads) {
        operation.accept = encoding_to_ask_for(op, view);
    } else {
        operation.format = LN_FORMAT_OPAQUE;
    }
    ln_err err =
        ln_server_stream(shard->server, shard->now, octets->endpoint, &operation, &stream,
                         (uint64_t)(uintptr_t)&octets->wait, &octets->wait.id);
    return err;
}

/* Which formats a device has, it need not say: so one that refuses bytes may choose. */
static bool may_try_again(const struct octets *octets)
{
    const struct operation_call *op = &octets->op;

    return op->kind == LN_OPERATION_READ && op->outcome == LN_OUTCOME_ANSWERED &&
           op->code == LN_COAP_4_06 && op->format == NULL && op->attempt == 0 &&
           octets->connection != NULL;
}

/* No part has come yet, so HTTP is suspended, and the endpoint is there. */
static bool tries_again(struct octets *octets)
{
    struct ln_registration *registration =
        ln_server_find(octets->shard->server, octets->endpoint);
    struct ln_registration_view view;

    octets->op.attempt++;
    if (registration == NULL) {
        return false;
    }
    ln_registration_get(registration, &view);
    if (give(octets, &view) != LN_OK) {
        return false;
    }
    free(octets->op.payload); /* of the refusal */
    octets->op.payload = NULL;
    octets->op.payload_len = 0;
    expect_device(octets);
    return true;
}

static void keep_result(struct octets *octets, const struct ln_server_event *event)
{
    struct operation_call *op = &octets->op;
    int64_t offset = wall_offset(&octets->shard->daemon->wall);

    if (op->payload == NULL) {
        operation_keep(op, event, offset);
    } else { /* which is there, piece by piece */
        op->outcome = event->outcome;
        op->code = event->code;
        op->answered_at = event->time + offset;
    }
    if (octets->broken) {
        op->outcome = LN_OUTCOME_UNDECODABLE;
    }
}

/* Gives the lock back. */
static void take_result(struct octets *octets, const struct ln_server_event *event)
{
    struct shard *shard = octets->shard;
    struct ln_bytes endpoint = event->endpoint;

    keep_result(octets, event);
    if (may_try_again(octets)) {
        endpoint = octets->endpoint; /* the event's is lent until the next call */
        if (tries_again(octets)) {
            pthread_mutex_unlock(&octets->lock);
            return;
        }
    }
    operation_tell(shard, octets->op.number, event, endpoint);
    ln_wheel_cancel(&shard->waits, &octets->wait.timer);
    end(octets, OPERATION_ENDED);
    octets_release(octets); /* the engine's */
}

static void on_event(struct shard *shard, struct wait *wait,
                     const struct ln_server_event *event)
{
    struct octets *octets = (struct octets *)wait;

    (void)shard;
    pthread_mutex_lock(&octets->lock);
    if (event->kind == LN_SERVER_RESULT) {
        take_result(octets, event);
        return;
    }
    if (event->kind == LN_SERVER_WANTS) {
        take_want(octets, event);
    } else {
        take_part(octets, event);
    }
    pthread_mutex_unlock(&octets->lock);
}

static void on_turn(struct shard *shard, struct wait *wait)
{
    struct octets *octets = (struct octets *)wait;

    pthread_mutex_lock(&octets->lock);
    bool late = shard->now >= wait->until;
    if (late || octets->connection == NULL ||
        (octets->suspended && connection_is_abandoned(octets->connection))) {
        octets->late = ln_server_cancel(shard->server, shard->now, wait->id) && late;
    } else {
        look_again(octets);
    }
    pthread_mutex_unlock(&octets->lock);
}

static const struct wait_kind wait_kind = {on_event, on_turn};

static void begin(struct octets *octets)
{
    struct shard *shard = octets->shard;
    struct ln_registration *registration = ln_server_find(shard->server, octets->endpoint);
    struct ln_registration_view view;

    octets->begun = true;
    octets->wait.kind = &wait_kind;
    if (registration == NULL) {
        end(octets, OPERATION_UNKNOWN);
        return;
    }
    ln_registration_get(registration, &view);
    octets->op.number = operation_next_number(shard->daemon);
    /* Nothing is kept of a stream, so a value that has to wait is taken whole. */
    bool waits = view.presence != LN_ONLINE && octets->op.queue;
    if (octets->op.kind != LN_OPERATION_READ && (waits || !goes_as_it_is(&octets->op, &view))) {
        octets->whole = true;
        end(octets, OPERATION_ENDED);
        return;
    }
    ln_err err = give(octets, &view);
    if (err != LN_OK) {
        octets->op.refused = err;
        end(octets, OPERATION_REFUSED);
        return;
    }
    octets->references++; /* the engine's, until the result */
    expect_device(octets);
    if (octets->op.kind != LN_OPERATION_READ) {
        octets_wake(octets);
    }
}

void octets_run(struct shard *shard, struct call *call)
{
    struct octets *octets = of_call(call);

    pthread_mutex_lock(&octets->lock);
    octets->posted = false;
    if (octets->over || (!octets->begun && octets->connection == NULL)) {
        octets->over = true;
    } else if (!octets->begun && atomic_load(&shard->stop)) {
        octets->op.outcome = LN_OUTCOME_CLOSED;
        end(octets, OPERATION_ENDED);
    } else if (!octets->begun) {
        begin(octets);
    } else {
        go_on(octets);
    }
    octets_release(octets);
}
