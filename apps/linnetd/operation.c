/* Operations that HTTP calls wait for, or have queued. */

#include "linnetd/operation.h"

#include "linnetd/daemon.h"
#include "linnetd/encoding.h"
#include "linnetd/operation_keep.h"

#include <stdlib.h>
#include <string.h>

/* How often we look whether the caller is still there. */
enum { LOOK_MS = 1000 };

enum waits_for {
    FOR_RESULT,
    FOR_KEPT, /* that it is queued, and on disk: the call's `end` is set */
    FOR_END,  /* that it is cancelled, and on disk */
};

/* A call that waits for something of an operation. */
struct waiter {
    struct wait wait; /* first; of FOR_RESULT */
    struct waiter *next;
    struct listed *listed;
    struct call *call;
    enum waits_for what;
    bool *broken;
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

/* ---- Waiters ---- */

static void on_waiter_turn(struct shard *shard, struct wait *base);
static const struct wait_kind waiter_kind = {NULL, on_waiter_turn};

static struct waiter *waiter_new(struct listed *listed, struct call *call, enum waits_for what,
                                 bool *broken)
{
    struct waiter *waiter = calloc(1, sizeof(*waiter));

    if (waiter != NULL) {
        *waiter = (struct waiter){.wait = {.kind = &waiter_kind},
                                  .next = listed->waiters,
                                  .listed = listed,
                                  .call = call,
                                  .what = what,
                                  .broken = broken};
        listed->waiters = waiter;
    }
    return waiter;
}

/* Takes it out and frees it. Its call is the caller's to end. */
static struct call *waiter_end(struct shard *shard, struct waiter *waiter)
{
    struct waiter **at = &waiter->listed->waiters;
    struct call *call = waiter->call;

    while (*at != waiter) {
        at = &(*at)->next;
    }
    *at = waiter->next;
    ln_wheel_cancel(&shard->waits, &waiter->wait.timer);
    free(waiter);
    return call;
}

static void look_again(struct shard *shard, struct waiter *waiter)
{
    ln_time look = ln_time_after(shard->now, LOOK_MS);

    ln_wheel_set(&shard->waits, &waiter->wait.timer, ln_time_min(look, waiter->wait.until));
}

/* It is queued: the call ends, as its `end` says, once that is on disk. */
static void end_kept(struct shard *shard, struct waiter *waiter)
{
    struct listed *listed = waiter->listed;
    uint64_t change = listed->change;
    struct call *call = waiter_end(shard, waiter);
    struct operation_call *op = call->request->state;

    if (op->end == OPERATION_QUEUED) {
        op->copy = operation_copy_of(shard, listed);
    }
    keep_promise(shard, call, change, &op->broken);
}

/* ---- Giving it to the engine ---- */

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
static ln_err give(struct shard *shard, struct listed *listed, struct operation_call *op)
{
    struct ln_bytes endpoint = listed->of->name;
    const struct ln_registration *registration = ln_server_find(shard->server, endpoint);
    /* Of one that is not registered nobody knows the version: TLV is what the first has. */
    struct ln_registration_view view = {.version = LN_VERSION_1_0};
    struct ln_operation operation;
    uint8_t *payload = NULL;

    if (registration != NULL) {
        ln_registration_get(registration, &view);
    } else if (op->kind == LN_OPERATION_READ) {
        op->attempt = 1; /* the format is the device's choice */
    }
    ln_err err = fill_operation(op, &view, &payload, &operation);
    if (err == LN_OK) {
        err = ln_server_operate(shard->server, shard->now, endpoint, &operation, &listed->terms,
                                (uint64_t)(uintptr_t)&listed->wait, &listed->wait.id);
    }
    free(payload);
    listed->op.instance = op->instance;
    return err;
}

/* ---- Events ---- */

void operation_keep(struct operation_call *op, const struct ln_server_event *event,
                    int64_t wall_offset)
{
    struct ln_registration_view view;

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
    if (event->registration != NULL) {
        ln_registration_get(event->registration, &view);
        (void)ln_bytes_to_text(view.root, op->root, sizeof(op->root));
    }
}

static struct operation_call *first_for_result(const struct listed *listed)
{
    const struct waiter *waiter = listed->waiters;

    while (waiter != NULL && waiter->what != FOR_RESULT) {
        waiter = waiter->next;
    }
    return waiter == NULL ? NULL : waiter->call->request->state;
}

/*
 * Which formats a device has, it need not say: so one that refuses what we chose is asked again. But
 * not what is queued, for the next of the queue is on its way by now.
 */
static bool tries_again(struct shard *shard, struct listed *listed)
{
    struct operation_call *op = &listed->op;
    uint8_t refusal = op->kind == LN_OPERATION_READ ? LN_COAP_4_06 : LN_COAP_4_15;
    struct operation_call *asked = first_for_result(listed);

    if (op->outcome != LN_OUTCOME_ANSWERED || op->code != refusal || op->format != NULL ||
        listed->promised || asked == NULL || asked->attempt > 0) {
        return false;
    }
    asked->attempt++;
    if (ln_server_find(shard->server, listed->of->name) == NULL ||
        give(shard, listed, asked) != LN_OK) {
        return false;
    }
    free(op->payload); /* of the refusal */
    op->payload = NULL;
    op->payload_len = 0;
    return true;
}

static void end_waiters(struct shard *shard, struct listed *listed, uint64_t change)
{
    while (listed->waiters != NULL) {
        struct waiter *waiter = listed->waiters;
        bool *broken = waiter->broken;
        enum waits_for what = waiter->what;
        struct call *call = waiter_end(shard, waiter);
        if (what == FOR_END) {
            keep_promise(shard, call, change, broken);
        } else {
            operation_give_result(call->request->state, &listed->op);
            end_call(call, OPERATION_ENDED);
        }
    }
}

static void on_result(struct shard *shard, struct listed *listed,
                      const struct ln_server_event *event)
{
    operation_keep(&listed->op, event, wall_offset(&shard->daemon->wall));
    if (tries_again(shard, listed)) {
        return;
    }
    listed->state = operation_state_after(event);
    listed->ended_at = listed->op.answered_at;
    listed->change = event->change;
    operation_tell(shard, listed->op.number, event, listed->of->name);
    if (event->change != 0) {
        operation_keep_over(shard, listed, event->change);
    }
    end_waiters(shard, listed, event->change);
    if (event->outcome != LN_OUTCOME_CLOSED && listed->promised) {
        operation_keep_listed(shard, listed);
    } else {
        operation_list_remove(shard->operations, listed);
    }
}

/* What nobody was promised does not outlive the registration that its caller spoke to. */
void operation_left(struct shard *shard, struct ln_bytes endpoint)
{
    struct listed *listed = operation_list_first(shard->operations, endpoint);

    for (; listed != NULL; listed = listed->next) {
        if (listed->state == LN_OPERATION_QUEUED && !listed->promised) {
            listed->left = ln_server_cancel(shard->server, shard->now, listed->wait.id);
        }
    }
}

static void on_taken(struct shard *shard, struct listed *listed,
                     const struct ln_server_event *event)
{
    struct waiter *next;

    listed->told = true;
    listed->change = event->change;
    operation_tell(shard, listed->op.number, event, listed->of->name);
    if (event->change != 0) {
        operation_keep_taken(shard, listed, event->change);
    }
    for (struct waiter *waiter = listed->waiters; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->what == FOR_KEPT) {
            end_kept(shard, waiter);
        }
    }
}

static void on_listed_event(struct shard *shard, struct wait *base,
                            const struct ln_server_event *event)
{
    struct listed *listed = (struct listed *)base;

    switch (event->kind) {
    case LN_SERVER_QUEUED:
        on_taken(shard, listed, event);
        break;
    case LN_SERVER_SENT:
        operation_tell(shard, listed->op.number, event, listed->of->name);
        if (event->change != 0) {
            operation_keep_sent(shard, listed, event->change);
        }
        break;
    default: {
        struct ln_server_event result = *event;
        result.outcome = listed->left ? LN_OUTCOME_GONE : result.outcome;
        on_result(shard, listed, &result);
    }
    }
}

static void on_listed_turn(struct shard *shard, struct wait *base)
{
    operation_forget(shard, (struct listed *)base);
}

const struct wait_kind operation_listed_kind = {on_listed_event, on_listed_turn};

/* ---- The wait is over, or the caller gone ---- */

/* What the caller waited for goes on by itself: then it has to be kept. */
static void time_out(struct shard *shard, struct waiter *waiter)
{
    struct listed *listed = waiter->listed;
    struct operation_call *op = waiter->call->request->state;
    struct ln_server_terms terms = listed->terms;
    ln_err err = LN_OK;

    terms.durable = terms.queue;
    if (terms.durable && !listed->terms.durable) {
        err = ln_server_set_terms(shard->server, shard->now, listed->wait.id, &terms);
    }
    if (err == LN_ERR_NOT_FOUND) {
        waiter->wait.until = ln_time_after(shard->now, LOOK_MS);
        look_again(shard, waiter); /* its result is told in this turn */
        return;
    }
    op->end = OPERATION_TIMED_OUT;
    op->number = listed->op.number;
    listed->promised = true;
    listed->terms = err == LN_OK ? terms : listed->terms;
    if (listed->told || !listed->terms.durable) {
        end_kept(shard, waiter);
    } else {
        waiter->what = FOR_KEPT;
    }
}

/* What only its caller wanted to know need not be asked of the device any more. */
static void abandon(struct shard *shard, struct waiter *waiter)
{
    struct listed *listed = waiter->listed;
    bool asks =
        listed->op.kind == LN_OPERATION_READ || listed->op.kind == LN_OPERATION_DISCOVER;
    struct ln_server_operation_view view;
    struct ln_server_terms terms = listed->terms;

    end_call(waiter_end(shard, waiter), OPERATION_ABANDONED);
    if (listed->waiters != NULL || listed->promised ||
        !ln_server_operation(shard->server, listed->wait.id, &view)) {
        return;
    }
    terms.queue = false;
    if (asks || view.state == LN_OPERATION_QUEUED) {
        (void)ln_server_cancel(shard->server, shard->now, listed->wait.id);
    } else if (ln_server_set_terms(shard->server, shard->now, listed->wait.id, &terms) ==
               LN_OK) {
        listed->terms = terms;
    }
}

static void on_waiter_turn(struct shard *shard, struct wait *base)
{
    struct waiter *waiter = (struct waiter *)base;

    if (shard->now >= base->until) {
        time_out(shard, waiter);
    } else if (connection_is_abandoned(waiter->call->request->connection)) {
        abandon(shard, waiter);
    } else {
        look_again(shard, waiter);
    }
}

/* ---- Begin ---- */

/* Whether the call is answered with 202 at once. */
static bool is_queued(struct shard *shard, const struct call *call)
{
    const struct operation_call *op = call->request->state;
    struct ln_registration *registration =
        ln_server_find(shard->server, call->request->endpoint);
    struct ln_registration_view view = {.presence = LN_ONLINE};

    if (registration != NULL) {
        ln_registration_get(registration, &view);
    }
    return op->async || (op->queue && view.presence != LN_ONLINE);
}

static struct waiter *wait_for(struct shard *shard, struct listed *listed, struct call *call,
                               bool queued)
{
    struct operation_call *op = call->request->state;
    struct waiter *waiter =
        waiter_new(listed, call, queued ? FOR_KEPT : FOR_RESULT, &op->broken);

    if (waiter == NULL) {
        return NULL;
    }
    op->number = listed->op.number;
    waiter->wait.until = ln_time_after(shard->now, op->timeout_ms);
    if (queued) {
        op->end = OPERATION_QUEUED;
        listed->promised = true;
    } else {
        look_again(shard, waiter);
    }
    return waiter;
}

/* One that waits and would answer this Read too: nothing behind it changes the device. */
static struct listed *find_equal(struct shard *shard, const struct call *call)
{
    const struct operation_call *op = call->request->state;
    struct ln_server_operation_view view;
    struct listed *equal = NULL;

    for (struct listed *at = operation_list_first(shard->operations, call->request->endpoint);
         at != NULL; at = at->next) {
        if (at->state != LN_OPERATION_QUEUED) {
            continue;
        }
        if (at->op.kind != LN_OPERATION_READ && at->op.kind != LN_OPERATION_DISCOVER) {
            equal = NULL;
        } else if (at->op.kind == LN_OPERATION_READ && at->op.format == op->format &&
                   ln_path_equal(at->op.path, op->path) && at->terms.queue && op->queue &&
                   ln_server_operation(shard->server, at->wait.id, &view) &&
                   view.state == LN_OPERATION_QUEUED) {
            equal = at;
        }
    }
    return op->kind == LN_OPERATION_READ ? equal : NULL;
}

static bool join(struct shard *shard, struct listed *listed, struct call *call)
{
    struct operation_call *op = call->request->state;
    bool queued = is_queued(shard, call);
    ln_time expires = ln_time_after(shard->now, op->expires_ms);
    struct ln_server_terms terms = listed->terms;
    bool later = expires > terms.expires_at;

    terms.durable = terms.durable || queued;
    terms.expires_at = later ? expires : terms.expires_at;
    if (ln_server_set_terms(shard->server, shard->now, listed->wait.id, &terms) != LN_OK) {
        return false;
    }
    listed->terms = terms;
    if (later) {
        listed->expires_at = expires + wall_offset(&shard->daemon->wall);
        if (listed->told) {
            operation_keep_taken(shard, listed, 0);
        }
    }
    struct waiter *waiter = wait_for(shard, listed, call, queued);
    if (waiter == NULL) {
        refuse(call, LN_ERR_NO_MEMORY);
        return true;
    }
    shard->operations->joined++;
    if (queued && listed->told) {
        end_kept(shard, waiter);
    }
    return true;
}

/* What is listed of an operation: not its values, which are the call's. */
static struct listed *list(struct shard *shard, struct call *call)
{
    struct operation_call *op = call->request->state;
    struct operation_call bare = {
        .kind = op->kind,
        .path = op->path,
        .format = op->format,
        .instance = op->instance,
        .number = operation_next_number(shard->daemon),
    };
    struct listed *listed =
        operation_list_add(shard->operations, call->request->endpoint, &bare);

    if (listed != NULL) {
        int64_t offset = wall_offset(&shard->daemon->wall);
        listed->wait.kind = &operation_listed_kind;
        listed->created_at = shard->now + offset;
        listed->terms = (struct ln_server_terms){
            .expires_at = ln_time_after(shard->now, op->expires_ms),
            .queue = op->queue,
            .retry = op->retry,
            .durable = is_queued(shard, call),
        };
        listed->expires_at = listed->terms.expires_at + offset;
    }
    return listed;
}

static void begin(struct shard *shard, struct call *call)
{
    struct listed *listed = list(shard, call);
    struct waiter *waiter =
        listed == NULL ? NULL : wait_for(shard, listed, call, listed->terms.durable);
    ln_err err = waiter == NULL ? LN_ERR_NO_MEMORY : give(shard, listed, call->request->state);

    if (err != LN_OK) {
        if (waiter != NULL) {
            (void)waiter_end(shard, waiter);
        }
        if (listed != NULL) {
            operation_list_remove(shard->operations, listed);
        }
        refuse(call, err);
    }
}

/* ---- What a shard calls ---- */

void operation_run(struct shard *shard, struct call *call)
{
    struct operation_call *op = call->request->state;

    if (atomic_load(&shard->stop)) {
        op->outcome = LN_OUTCOME_CLOSED;
        end_call(call, OPERATION_ENDED);
        return;
    }
    if (!op->async && ln_server_find(shard->server, call->request->endpoint) == NULL) {
        end_call(call, OPERATION_UNKNOWN);
        return;
    }
    struct listed *equal = find_equal(shard, call);
    if (equal == NULL || !join(shard, equal, call)) {
        begin(shard, call);
    }
}

void operation_cancel(struct shard *shard, struct listed *listed, struct call *call, bool *over,
                      bool *broken)
{
    *over = listed->state != LN_OPERATION_QUEUED;
    *broken = !*over && listed->terms.durable && shard->keep.read_only;
    if (*over || *broken) {
        call_done(call);
        return;
    }
    struct waiter *waiter = waiter_new(listed, call, FOR_END, broken);
    if (waiter == NULL) {
        *broken = true;
        call_done(call);
    } else if (!ln_server_cancel(shard->server, shard->now, listed->wait.id)) {
        *over = true; /* which is told in this turn */
        call_done(waiter_end(shard, waiter));
    }
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
