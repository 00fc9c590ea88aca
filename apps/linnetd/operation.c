/* Operations that HTTP calls wait for. */

#include "linnetd/operation.h"

#include "linnetd/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * From the start of an operation to its result, which may come after the call has been
 * answered.
 */
struct wait {
    struct ln_timer timer; /* first */
    struct call *call;     /* NULL: nobody waits any more */
};

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
                             struct ln_writer *payload, struct ln_operation *operation)
{
    *operation = (struct ln_operation){
        .kind = op->kind, .path = op->path, .accept = LN_FORMAT_NONE, .format = LN_FORMAT_NONE};
    switch (op->kind) {
    case LN_OPERATION_READ:
        operation->accept = encoding_to_ask_for(view, op->format);
        return LN_OK;
    case LN_OPERATION_EXECUTE:
        operation->format = op->arguments.len > 0 ? LN_FORMAT_TEXT : LN_FORMAT_NONE;
        operation->payload = op->arguments;
        return LN_OK;
    case LN_OPERATION_DELETE:
        return LN_OK;
    default:
        return encoding_write(op, view, payload, operation);
    }
}

static void begin(struct shard *shard, struct call *call, const struct ln_operation *operation)
{
    struct operation_call *op = call->request->state;
    struct wait *wait = calloc(1, sizeof(*wait));
    uint64_t id;

    if (wait == NULL) {
        refuse(call, LN_ERR_NO_MEMORY);
        return;
    }
    wait->call = call;
    ln_err err = ln_server_operate(shard->server, shard->now, call->request->endpoint,
                                   operation, (uint64_t)(uintptr_t)wait, &id);
    if (err != LN_OK) {
        free(wait);
        refuse(call, err);
        return;
    }
    (void)snprintf(op->id, sizeof(op->id), "%u-%llu", (unsigned)shard->index,
                   (unsigned long long)id);
    ln_wheel_set(&shard->waits, &wait->timer, ln_time_after(shard->now, op->timeout_ms));
}

void operation_run(struct shard *shard, struct call *call)
{
    struct operation_call *op = call->request->state;
    uint8_t buffer[OPERATION_PAYLOAD_MAX];
    struct ln_writer payload = ln_writer(buffer, sizeof(buffer));
    struct ln_registration_view view;
    struct ln_operation operation;

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
    ln_registration_get(registration, &view);
    ln_err err = fill_operation(op, &view, &payload, &operation);
    if (err != LN_OK) {
        refuse(call, err);
        return;
    }
    begin(shard, call, &operation);
}

/* Copies what the event only lends. */
static void keep(struct operation_call *op, const struct ln_server_event *event)
{
    op->outcome = event->outcome;
    op->code = event->code;
    op->content_format = event->format;
    (void)ln_bytes_to_text(event->location, op->location, sizeof(op->location));
    op->payload = event->payload.len > 0 ? malloc(event->payload.len) : NULL;
    if (op->payload != NULL) {
        memcpy(op->payload, event->payload.at, event->payload.len);
        op->payload_len = event->payload.len;
    } else if (event->payload.len > 0) {
        op->outcome = LN_OUTCOME_CLOSED; /* no memory to tell it: as if we were not there */
    }
}

void operation_ended(struct shard *shard, const struct ln_server_event *event)
{
    struct wait *wait = (struct wait *)(uintptr_t)event->tag;

    ln_wheel_cancel(&shard->waits, &wait->timer);
    if (wait->call != NULL) {
        keep(wait->call->request->state, event);
        end_call(wait->call, OPERATION_ENDED);
    }
    free(wait);
}

void operation_turn(struct shard *shard)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&shard->waits, shard->now)) != NULL) {
        struct wait *wait = (struct wait *)timer;
        end_call(wait->call, OPERATION_TIMED_OUT);
        wait->call = NULL;
    }
}
