/* Operations in the store and in the list: kept, told of, forgotten, and brought back. */

#include "linnetd/operation_keep.h"

#include "linnetd/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OVER_MS ((int64_t)OPERATIONS_OVER_DAYS * 24 * 3600 * 1000)

/* ---- Numbers ---- */

uint64_t operation_next_number(struct daemon *daemon)
{
    return atomic_fetch_add(&daemon->last_operation, 1) + 1;
}

static void note_number(struct daemon *daemon, uint64_t number)
{
    if (number > atomic_load(&daemon->last_operation)) {
        atomic_store(&daemon->last_operation, number);
    }
}

void operation_id_text(uint64_t number, char out[OPERATION_ID_TEXT])
{
    (void)snprintf(out, OPERATION_ID_TEXT, "%llx", (unsigned long long)number);
}

bool operation_id_of_text(struct ln_bytes text, uint64_t *number)
{
    static const char digits[] = "0123456789abcdef";

    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = memchr(digits, text.at[i], 16);
        if (digit == NULL || text.len > 15) {
            return false;
        }
        *number = *number << 4 | (uint64_t)(digit - digits);
    }
    return *number != 0;
}

/* ---- Copies ---- */

void operation_give_result(struct operation_call *to, const struct operation_call *from)
{
    to->outcome = from->outcome;
    to->code = from->code;
    to->content_format = from->content_format;
    to->answered_at = from->answered_at;
    memcpy(to->location, from->location, sizeof(to->location));
    memcpy(to->root, from->root, sizeof(to->root));
    to->payload = from->payload_len > 0 ? malloc(from->payload_len) : NULL;
    to->payload_len = to->payload == NULL ? 0 : from->payload_len;
    if (to->payload != NULL) {
        memcpy(to->payload, from->payload, from->payload_len);
    } else if (from->payload_len > 0) {
        to->outcome = LN_OUTCOME_CLOSED;
    }
}

/* The engine knows whether it has left. */
static enum ln_operation_state state_now(const struct shard *shard, const struct listed *listed)
{
    struct ln_server_operation_view view;

    if (listed->state == LN_OPERATION_QUEUED &&
        ln_server_operation(shard->server, listed->wait.id, &view)) {
        return view.state;
    }
    return listed->state;
}

struct operation_copy *operation_copy_of(struct shard *shard, const struct listed *listed)
{
    struct ln_bytes name = listed->of->name;
    struct operation_copy *copy = calloc(1, sizeof(*copy) + name.len);

    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy + 1, name.at, name.len);
    copy->endpoint = ln_bytes(copy + 1, name.len);
    copy->op = listed->op;
    operation_give_result(&copy->op, &listed->op);
    copy->state = state_now(shard, listed);
    copy->created_at = listed->created_at;
    copy->expires_at = listed->expires_at;
    copy->ended_at = listed->ended_at;
    return copy;
}

void operation_copy_free(struct operation_copy *copy)
{
    if (copy != NULL) {
        free(copy->op.payload);
        free(copy);
    }
}

/* ---- Rows ---- */

static struct store_operation row_of(const struct listed *listed)
{
    const struct operation_call *op = &listed->op;

    return (struct store_operation){
        .id = op->number,
        .endpoint = listed->of->name,
        .operation = {.kind = op->kind,
                      .path = op->path,
                      .accept = LN_FORMAT_NONE,
                      .format = LN_FORMAT_NONE},
        .retry = listed->terms.retry,
        .state = listed->state,
        .created_at = listed->created_at,
        .expires_at = listed->expires_at,
        .ended_at = listed->ended_at,
        .outcome = op->outcome,
        .code = op->code,
        .result_format = op->content_format,
        .result = ln_bytes(op->payload, op->payload_len),
        .location = ln_bytes_of_text(op->location),
        .root = ln_bytes_of_text(op->root),
    };
}

static void put(struct shard *shard, enum store_kind kind, uint64_t number,
                const struct store_operation *row)
{
    struct store_change change = {.kind = kind, .number = number, .operation = row};

    if (shard->daemon->store != NULL) {
        store_batch_put(&shard->keep.batch, &change);
    }
}

void operation_keep_taken(struct shard *shard, const struct listed *listed, uint64_t change)
{
    struct ln_server_operation_view view;
    struct store_operation row = row_of(listed);

    /* If it is over by now the row that says so follows; this one need not be right then. */
    if (ln_server_operation(shard->server, listed->wait.id, &view)) {
        row.operation = view.operation;
    }
    put(shard, STORE_OPERATION, change, &row);
}

void operation_keep_sent(struct shard *shard, const struct listed *listed, uint64_t change)
{
    struct store_operation row = row_of(listed);

    put(shard, STORE_OPERATION_SENT, change, &row);
}

void operation_keep_over(struct shard *shard, const struct listed *listed, uint64_t change)
{
    struct store_operation row = row_of(listed);

    put(shard, STORE_OPERATION, change, &row);
}

/* ---- Over ---- */

void operation_forget(struct shard *shard, struct listed *listed)
{
    if (listed->terms.durable) {
        struct store_operation row = {.id = listed->op.number};
        put(shard, STORE_OPERATION_FORGOTTEN, 0, &row);
    }
    ln_wheel_cancel(&shard->waits, &listed->wait.timer);
    operation_list_remove(shard->operations, listed);
}

void operation_keep_listed(struct shard *shard, struct listed *listed)
{
    int64_t age = shard->now + wall_offset(&shard->daemon->wall) - listed->ended_at;
    struct listed *surplus;

    operation_list_keep(shard->operations, listed);
    ln_wheel_set(&shard->waits, &listed->wait.timer, ln_time_after(shard->now, OVER_MS - age));
    while ((surplus = operation_list_surplus(shard->operations,
                                             (unsigned)shard->daemon->config.shards)) != NULL) {
        operation_forget(shard, surplus);
    }
}

enum ln_operation_state operation_state_after(const struct ln_server_event *event)
{
    switch (event->outcome) {
    case LN_OUTCOME_NO_ANSWER:
    case LN_OUTCOME_GONE:
    case LN_OUTCOME_CLOSED:
    case LN_OUTCOME_INCOMPLETE:
        return event->sent ? LN_OPERATION_UNKNOWN : LN_OPERATION_FAILED;
    default:
        return ln_operation_state_of(event->outcome, event->code);
    }
}

static enum ln_operation_state state_in(const struct ln_server_event *event)
{
    switch (event->kind) {
    case LN_SERVER_QUEUED:
        return LN_OPERATION_QUEUED;
    case LN_SERVER_SENT:
        return LN_OPERATION_SENT;
    default:
        return operation_state_after(event);
    }
}

void operation_tell(struct shard *shard, uint64_t number, const struct ln_server_event *event,
                    struct ln_bytes endpoint)
{
    bool answered = event->kind == LN_SERVER_RESULT && event->outcome == LN_OUTCOME_ANSWERED;
    struct event_operation operation = {
        .number = number,
        .path = event->operation.path,
        .kind = (uint8_t)event->operation.kind,
        .state = (uint8_t)state_in(event),
        .code = answered ? event->code : 0,
    };

    events_put(&shard->daemon->events, EVENT_OPERATION, endpoint, &operation);
}

/* ---- After a restart ---- */

static struct operation_call op_of(const struct store_operation *kept)
{
    struct operation_call op = {
        .kind = kept->operation.kind,
        .path = kept->operation.path,
        .queue = true,
        .retry = kept->retry,
        .number = kept->id,
        .instance = LN_ID_NONE,
        .outcome = kept->outcome,
        .code = kept->code,
        .content_format = kept->result_format,
        .answered_at = kept->ended_at,
    };

    (void)ln_bytes_to_text(kept->location, op.location, sizeof(op.location));
    (void)ln_bytes_to_text(kept->root, op.root, sizeof(op.root));
    return op;
}

static bool restore_over(struct shard *shard, struct listed *listed, struct ln_bytes result)
{
    listed->op.payload = result.len > 0 ? malloc(result.len) : NULL;
    if (listed->op.payload == NULL && result.len > 0) {
        return false;
    }
    if (result.len > 0) {
        memcpy(listed->op.payload, result.at, result.len);
        listed->op.payload_len = result.len;
    }
    operation_keep_listed(shard, listed);
    return true;
}

static ln_err restore_waiting(struct shard *shard, ln_time now, int64_t wall_offset,
                              struct listed *listed, const struct store_operation *kept)
{
    struct ln_server_operation_view view = {
        .endpoint = kept->endpoint,
        .tag = (uint64_t)(uintptr_t)&listed->wait,
        .operation = kept->operation,
        .terms = listed->terms,
        .state = kept->state,
        /* The wall clock may have been set back. */
        .created_at = ln_time_min(kept->created_at - wall_offset, now),
    };

    return ln_server_restore_operation(shard->server, now, &view, &listed->wait.id);
}

bool operation_restore(struct shard *shard, ln_time now, int64_t wall_offset,
                       const struct store_operation *kept)
{
    struct operation_call op = op_of(kept);
    struct listed *listed = operation_list_add(shard->operations, kept->endpoint, &op);

    if (listed == NULL) {
        return false;
    }
    shard->now = now;
    note_number(shard->daemon, kept->id);
    listed->wait.kind = &operation_listed_kind;
    listed->promised = listed->told = true;
    listed->terms = (struct ln_server_terms){
        .expires_at = kept->expires_at == INT64_MAX ? LN_NEVER : kept->expires_at - wall_offset,
        .queue = true,
        .retry = kept->retry,
        .durable = true,
    };
    listed->created_at = kept->created_at;
    listed->expires_at = kept->expires_at;
    listed->ended_at = kept->ended_at;
    if (kept->state > LN_OPERATION_SENT) {
        listed->state = kept->state;
        return restore_over(shard, listed, kept->result);
    }
    ln_err err = restore_waiting(shard, now, wall_offset, listed, kept);
    if (err == LN_OK || err == LN_ERR_NO_MEMORY) {
        return err == LN_OK;
    }
    /* The device has registered since in a version that does not have this, for instance. */
    listed->state = LN_OPERATION_FAILED;
    listed->op.outcome = LN_OUTCOME_GONE;
    listed->ended_at = now + wall_offset;
    operation_keep_over(shard, listed, 0);
    return restore_over(shard, listed, ln_bytes(NULL, 0));
}
