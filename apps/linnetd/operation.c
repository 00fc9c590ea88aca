/* Operations that HTTP calls wait for. */

#include "linnetd/operation.h"

#include "linnetd/daemon.h"
#include "linnetd/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a call that waits for the result, which may come after the call has been answered. */
struct call_wait {
    struct wait wait;  /* first */
    struct call *call; /* NULL: nobody waits any more */
};

/* How often we look whether the caller is still there. */
enum { LOOK_MS = 1000 };

void operation_id_text(unsigned shard, uint64_t id, char out[OPERATION_ID_TEXT])
{
    (void)snprintf(out, OPERATION_ID_TEXT, "%u-%llu", shard, (unsigned long long)id);
}

static void end_call(struct call *call, enum operation_end how)
{
    struct operation_call *op = call->request->state;

    op->end = how;
    call_done(call);
}

static void refuse(struct call *call, ln_err why)
{
    struct operation_call *op = call->request->state;

    op->refused = why;
    end_call(call, OPERATION_REFUSED);
}

static ln_err fill_operation(struct operation_call *op, const struct ln_registration_view *view,
                             uint8_t **payload, struct ln_operation *operation)
{
    *operation = (struct ln_operation){
        .kind = op->kind, .path = op->path, .accept = LN_FORMAT_NONE, .format = LN_FORMAT_NONE};
    switch (op->kind) {
    case LN_OPERATION_READ:
        operation->accept = encoding_to_ask_for(op, view);
        return LN_OK;
    case LN_OPERATION_EXECUTE:
        operation->format = op->arguments.len > 0 ? LN_FORMAT_TEXT : LN_FORMAT_NONE;
        operation->payload = op->arguments;
        return LN_OK;
    case LN_OPERATION_WRITE_ATTRIBUTES:
        operation->query = op->query;
        return LN_OK;
    case LN_OPERATION_DELETE:
    case LN_OPERATION_DISCOVER:
        return LN_OK;
    default:
        return encoding_write(op, view, payload, operation);
    }
}

/* Gives the operation to the engine: the first time, or in another format. */
static ln_err give(struct shard *shard, struct call_wait *wait,
                   const struct ln_registration *registration)
{
    struct operation_call *op = wait->call->request->state;
    struct ln_registration_view view;
    struct ln_operation operation;
    uint8_t *payload = NULL;

    ln_registration_get(registration, &view);
    (void)ln_bytes_to_text(view.root, op->root, sizeof(op->root));
    ln_err err = fill_operation(op, &view, &payload, &operation);
    if (err == LN_OK) {
        err = ln_server_operate(shard->server, shard->now, wait->call->request->endpoint,
                                &operation, NULL, (uint64_t)(uintptr_t)wait, &wait->wait.id);
    }
    free(payload);
    operation_id_text(shard->index, wait->wait.id, op->id);
    return err;
}

static void look_again(struct shard *shard, struct call_wait *wait)
{
    ln_time look = ln_time_after(shard->now, LOOK_MS);

    ln_wheel_set(&shard->waits, &wait->wait.timer, ln_time_min(look, wait->wait.until));
}

void operation_keep(struct operation_call *op, const struct ln_server_event *event,
                    int64_t wall_offset)
{
    op->outcome = event->outcome;
    op->code = event->code;
    op->content_format = event->format;
    op->answered_at = event->time + wall_offset;
    (void)ln_bytes_to_text(event->location, op->location, sizeof(op->location));
    op->payload = event->payload.len > 0 ? malloc(event->payload.len) : NULL;
    if (op->payload != NULL) {
        memcpy(op->payload, event->payload.at, event->payload.len);
        op->payload_len = event->payload.len;
    } else if (event->payload.len > 0) {
        op->outcome = LN_OUTCOME_CLOSED; /* no memory to tell it: as if we were not there */
    }
}

/* Which formats a device has, it need not say: so one that refuses what we chose is asked again. */
static bool tries_again(struct shard *shard, struct call_wait *wait)
{
    struct operation_call *op = wait->call->request->state;
    bool is_read = op->kind == LN_OPERATION_READ;
    uint8_t refusal = is_read ? LN_COAP_4_06 : LN_COAP_4_15;

    if (op->outcome != LN_OUTCOME_ANSWERED || op->code != refusal || op->format != NULL ||
        op->attempt > 0) {
        return false;
    }
    struct ln_registration *registration =
        ln_server_find(shard->server, wait->call->request->endpoint);
    op->attempt++;
    if (registration == NULL || give(shard, wait, registration) != LN_OK) {
        return false;
    }
    free(op->payload); /* of the refusal */
    op->payload = NULL;
    op->payload_len = 0;
    return true;
}

void operation_tell(struct shard *shard, const struct ln_server_event *event,
                    struct ln_bytes endpoint)
{
    struct event_operation operation = {
        .id = event->id,
        .path = event->operation.path,
        .shard = shard->index,
        .kind = (uint8_t)event->operation.kind,
        .outcome = (uint8_t)event->outcome,
        .code = event->code,
        .sent = event->sent,
    };

    events_put(&shard->daemon->events, EVENT_OPERATION, endpoint, &operation);
}

static void on_event(struct shard *shard, struct wait *base,
                     const struct ln_server_event *event)
{
    struct call_wait *wait = (struct call_wait *)base;
    struct ln_bytes endpoint = event->endpoint;

    if (wait->call != NULL) {
        endpoint = wait->call->request->endpoint; /* the event's is lent until the next call */
        operation_keep(wait->call->request->state, event, wall_offset(&shard->daemon->wall));
        if (tries_again(shard, wait)) {
            return;
        }
    }
    operation_tell(shard, event, endpoint);
    ln_wheel_cancel(&shard->waits, &base->timer);
    if (wait->call != NULL) {
        end_call(wait->call, OPERATION_ENDED);
    }
    free(wait);
}

static void end_wait(struct call_wait *wait, enum operation_end how)
{
    struct call *call = wait->call;

    wait->call = NULL;
    end_call(call, how);
}

/* What only its caller wanted to know need not be asked of the device any more. */
static void abandon(struct shard *shard, struct call_wait *wait)
{
    struct operation_call *op = wait->call->request->state;
    bool asks = op->kind == LN_OPERATION_READ || op->kind == LN_OPERATION_DISCOVER;

    end_wait(wait, OPERATION_ABANDONED);
    if (asks) {
        (void)ln_server_cancel(shard->server, shard->now, wait->wait.id);
    }
}

static void on_turn(struct shard *shard, struct wait *base)
{
    struct call_wait *wait = (struct call_wait *)base;

    if (shard->now >= base->until) {
        end_wait(wait, OPERATION_TIMED_OUT);
    } else if (connection_is_abandoned(wait->call->request->connection)) {
        abandon(shard, wait);
    } else {
        look_again(shard, wait);
    }
}

static const struct wait_kind wait_kind = {on_event, on_turn};

/* ---- What a shard calls ---- */

void operation_run(struct shard *shard, struct call *call)
{
    struct operation_call *op = call->request->state;

    if (atomic_load(&shard->stop)) {
        op->outcome = LN_OUTCOME_CLOSED;
        end_call(call, OPERATION_ENDED);
        return;
    }
    struct ln_registration *registration =
        ln_server_find(shard->server, call->request->endpoint);
    if (registration == NULL) {
        end_call(call, OPERATION_UNKNOWN);
        return;
    }
    struct call_wait *wait = calloc(1, sizeof(*wait));
    if (wait == NULL) {
        refuse(call, LN_ERR_NO_MEMORY);
        return;
    }
    wait->call = call;
    wait->wait.kind = &wait_kind;
    wait->wait.until = ln_time_after(shard->now, op->timeout_ms);
    ln_err err = give(shard, wait, registration);
    if (err != LN_OK) {
        free(wait);
        refuse(call, err);
        return;
    }
    look_again(shard, wait);
}

void operation_event(struct shard *shard, const struct ln_server_event *event)
{
    struct wait *wait = (struct wait *)(uintptr_t)event->tag;

    wait->kind->event(shard, wait, event);
}

void operation_turn(struct shard *shard)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&shard->waits, shard->now)) != NULL) {
        struct wait *wait = (struct wait *)timer;
        wait->kind->turn(shard, wait);
    }
}
