/* The queue of a device: what is under way, what waits, and how each operation ends. */

#include "engine.h"

/* ---- In order ---- */

struct operation *ln_server__first_operation(const struct endpoint *endpoint)
{
    return endpoint->last_operation == NULL ? NULL : endpoint->last_operation->next;
}

static void insert_behind(struct operation *before, struct operation *operation)
{
    operation->next = before == NULL ? operation : before->next;
    if (before != NULL) {
        before->next = operation;
    }
}

void ln_server__operation_append(struct operation *operation)
{
    struct endpoint *endpoint = operation->endpoint;

    insert_behind(endpoint->last_operation, operation);
    endpoint->last_operation = operation;
    endpoint->operation_count++;
}

void ln_server__operation_prepend(struct operation *operation)
{
    struct endpoint *endpoint = operation->endpoint;
    struct operation *last = endpoint->last_operation;
    struct operation *first = ln_server__first_operation(endpoint);
    bool is_second = first != NULL && first->started;

    insert_behind(is_second ? first : last, operation);
    if (last == NULL || (is_second && first == last)) {
        endpoint->last_operation = operation;
    }
}

static void take_out(struct operation *operation)
{
    struct endpoint *endpoint = operation->endpoint;
    struct operation *before = endpoint->last_operation;

    while (before->next != operation) {
        before = before->next;
    }
    before->next = operation->next;
    if (endpoint->last_operation == operation) {
        endpoint->last_operation = before == operation ? NULL : before;
    }
    endpoint->operation_count -= operation->observation == NULL;
}

/* ---- Journal ---- */

void ln_server__operation_note(struct ln_server *server, struct operation *operation,
                               struct event_node *node, enum ln_server_event_kind kind)
{
    node->changes = 0;
    if (operation->terms.durable && server->journal.on) {
        node->changes = CHANGED_DURABLY;
        operation->change = ln_server__change(server);
    }
    ln_server__event_push(server, node, kind);
}

/* ---- Under way ---- */

bool ln_server__may_repeat_operation(const struct operation *operation)
{
    switch (operation->what.kind) {
    case LN_OPERATION_READ:
    case LN_OPERATION_DISCOVER:
    case LN_OPERATION_WRITE:
    case LN_OPERATION_WRITE_ATTRIBUTES:
        return true;
    default:
        return operation->terms.retry;
    }
}

void ln_server__exchange_begin(struct ln_server *server, struct operation *operation)
{
    struct ln_registration *registration = operation->endpoint->registration;
    uint16_t message = ln_server__next_message(server, &registration->next_message);

    ln_server__unlink_message(server, operation);
    ln_coap_exchange_start(&operation->exchange, &server->coap, &server->random, message, true,
                           true);
    ln_server__link_message(server, operation);
    if (operation->transfer != NULL) {
        operation->secret = ln_random_u32(&server->random);
    }
    ln_wheel_set(&server->exchanges, &operation->timer, server->now);
}

/* Whether the root path of a new registration leaves room for the request. */
static bool still_fits(struct ln_server *server, struct operation *operation)
{
    size_t root = operation->endpoint->registration->objects->root.len;

    return root <= operation->root_length || ln_server__operation_fits(server, operation);
}

void ln_server__operation_start(struct ln_server *server, struct operation *operation)
{
    if (!still_fits(server, operation)) {
        ln_server__operation_end(server, operation, LN_OUTCOME_TOO_LARGE);
        return;
    }
    /* After a crash nobody knows whether it has left: that it is about to is kept before. */
    if (operation->terms.durable && !operation->is_told &&
        !ln_server__may_repeat_operation(operation)) {
        operation->is_told = true;
        ln_server__operation_note(server, operation, &operation->sending, LN_SERVER_SENT);
    }
    operation->started = true;
    ln_server__link_message(server, operation);
    server->counters.operations_started++;
    if (operation->transfer != NULL) {
        ln_server__transfer_begin(server, operation);
    } else {
        ln_server__exchange_begin(server, operation);
    }
}

void ln_server__operation_queue_timer(struct ln_server *server, struct operation *operation)
{
    ln_wheel_set(&server->exchanges, &operation->timer, operation->terms.expires_at);
}

/* ---- Over ---- */

void ln_server__operation_withdraw(struct ln_server *server, struct operation *operation)
{
    struct operations *operations = &server->operations;
    struct operation_slot *slot = &operations->slots[operation->slot];

    if (operation->started) {
        ln_server__unlink_message(server, operation);
    }
    ln_wheel_cancel(&server->exchanges, &operation->timer);
    take_out(operation);
    *slot = (struct operation_slot){.next_free = operations->free};
    operations->free = operation->slot;
    operations->count -= operation->observation == NULL;
}

static void count_end(struct ln_server *server, enum ln_outcome outcome)
{
    if (outcome == LN_OUTCOME_ANSWERED) {
        server->counters.operations_answered++;
    } else {
        server->counters.operations_failed++;
    }
    server->counters.operations_unknown += outcome == LN_OUTCOME_UNKNOWN;
    server->counters.operations_expired += outcome == LN_OUTCOME_EXPIRED;
}

/* Takes it out of all that knows it, and tells. The next of the device is not started. */
static void finish(struct ln_server *server, struct operation *operation,
                   enum ln_outcome outcome)
{
    ln_server__operation_withdraw(server, operation);
    operation->outcome = (uint8_t)outcome;
    if (operation->observation != NULL) {
        ln_server__observation_answered(server, operation, outcome);
        return;
    }
    count_end(server, outcome);
    if (outcome == LN_OUTCOME_CLOSED) {
        operation->terms.durable = false; /* it is not over for good: nothing to keep */
    }
    ln_server__operation_note(server, operation, &operation->ending, LN_SERVER_RESULT);
}

void ln_server__operation_end(struct ln_server *server, struct operation *operation,
                              enum ln_outcome outcome)
{
    struct endpoint *endpoint = operation->endpoint;

    endpoint->references++; /* what it ends may be the last of it */
    finish(server, operation, outcome);
    ln_server__go_on(server, endpoint);
    ln_server__endpoint_drop(server, endpoint);
}

void ln_server__operation_expire(struct ln_server *server, struct operation *operation)
{
    ln_server__operation_end(server, operation, LN_OUTCOME_EXPIRED);
}

/* Back to the head of the queue. */
static void suspend(struct ln_server *server, struct operation *operation)
{
    ln_server__unlink_message(server, operation);
    operation->started = false;
    server->counters.operations_requeued++;
    ln_server__operation_queue_timer(server, operation);
}

static void interrupt(struct ln_server *server, struct operation *operation)
{
    if (operation->observation != NULL) {
        ln_server__observation_interrupted(server, operation);
    } else if (operation->is_sent && !ln_server__may_repeat_operation(operation)) {
        finish(server, operation, LN_OUTCOME_UNKNOWN);
    } else if (operation->transfer != NULL && !ln_server__transfer_rewind(server, operation)) {
        finish(server, operation, LN_OUTCOME_INCOMPLETE);
    } else if (operation->terms.expires_at <= server->now) {
        finish(server, operation, LN_OUTCOME_EXPIRED);
    } else {
        suspend(server, operation);
    }
}

/* Those that may not wait. */
static void end_impatient(struct ln_server *server, struct endpoint *endpoint,
                          enum ln_outcome outcome)
{
    struct operation *at = ln_server__first_operation(endpoint);

    for (size_t left = endpoint->operation_count; left > 0;) {
        struct operation *next = at->next;
        if (at->observation == NULL) {
            left--;
            if (!at->terms.queue) {
                finish(server, at, outcome);
            }
        }
        at = next;
    }
}

void ln_server__operations_interrupt(struct ln_server *server, struct endpoint *endpoint)
{
    struct operation *first = ln_server__first_operation(endpoint);

    if (first != NULL && first->started) {
        interrupt(server, first);
    }
}

void ln_server__operations_end_of(struct ln_server *server, struct endpoint *endpoint)
{
    end_impatient(server, endpoint, LN_OUTCOME_GONE);
    ln_server__operations_interrupt(server, endpoint);
}

void ln_server__operations_pause(struct ln_server *server, struct endpoint *endpoint)
{
    struct operation *first = ln_server__first_operation(endpoint);
    const struct ln_registration *registration = endpoint->registration;

    endpoint->references++;
    if (first != NULL && first->started && !first->terms.queue && first->observation == NULL) {
        finish(server, first, LN_OUTCOME_NO_ANSWER);
    } else {
        ln_server__operations_interrupt(server, endpoint);
    }
    /* One that is not asleep may answer the next; but nobody overtakes what waits. */
    first = ln_server__first_operation(endpoint);
    if (first != NULL && (registration->presence == LN_SLEEPING || first->terms.queue)) {
        end_impatient(server, endpoint, LN_OUTCOME_NO_ANSWER);
    }
    ln_server__go_on(server, endpoint);
    ln_server__endpoint_drop(server, endpoint);
}

bool ln_server_cancel(struct ln_server *server, ln_time now, uint64_t id)
{
    ln_server__advance(server, now);
    struct operation *operation = ln_server__operation_of_id(server, id);
    if (operation == NULL) {
        return false;
    }
    ln_server__operation_end(server, operation, LN_OUTCOME_CANCELLED);
    return true;
}

void ln_server_close(struct ln_server *server, ln_time now)
{
    struct operations *operations = &server->operations;

    ln_server__advance(server, now);
    server->closed = true;
    for (uint32_t i = 0; i < operations->size; i++) {
        struct operation *operation = operations->slots[i].operation;
        while (operation != NULL) {
            struct operation *first = ln_server__first_operation(operation->endpoint);
            finish(server, first, LN_OUTCOME_CLOSED);
            operation = operations->slots[i].operation;
        }
    }
}

/* ---- Told ---- */

ln_err ln_server_set_terms(struct ln_server *server, ln_time now, uint64_t id,
                           const struct ln_server_terms *terms)
{
    ln_server__advance(server, now);
    struct operation *operation = ln_server__operation_of_id(server, id);

    if (operation == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    bool was_durable = operation->terms.durable;
    bool is_stream = operation->transfer != NULL && ln_server__is_stream(operation->transfer);
    if ((terms->durable && !terms->queue) || (was_durable && !terms->queue) || is_stream) {
        return LN_ERR_BAD_REQUEST;
    }
    if (terms->durable && !was_durable && server->journal.read_only) {
        return LN_ERR_READ_ONLY;
    }
    operation->terms = *terms;
    operation->terms.durable = terms->durable || was_durable;
    if (terms->durable && !was_durable) {
        ln_server__operation_note(server, operation, &operation->queued, LN_SERVER_QUEUED);
        if (operation->started && !ln_server__may_repeat_operation(operation)) {
            operation->is_told = true;
            ln_server__operation_note(server, operation, &operation->sending, LN_SERVER_SENT);
        }
    }
    if (!operation->started) {
        ln_server__operation_queue_timer(server, operation);
    }
    return LN_OK;
}

bool ln_server_operation(const struct ln_server *server, uint64_t id,
                         struct ln_server_operation_view *out)
{
    const struct operation *operation = ln_server__operation_of_id(server, id);

    if (operation == NULL || operation->observation != NULL) {
        return false;
    }
    *out = (struct ln_server_operation_view){
        .endpoint = ln_server__name_of(operation->endpoint),
        .id = id,
        .tag = operation->tag,
        .operation = operation->what,
        .terms = operation->terms,
        .state = operation->started ? LN_OPERATION_SENT : LN_OPERATION_QUEUED,
        .created_at = operation->created_at,
    };
    if (operation->transfer != NULL) {
        out->operation.payload = ln_server__transfer_payload(operation->transfer);
    }
    return true;
}

uint64_t ln_server_next_operation(const struct ln_server *server, struct ln_bytes endpoint,
                                  uint64_t id)
{
    const struct endpoint *of = ln_server__endpoint_find(server, endpoint);
    const struct operation *before = ln_server__operation_of_id(server, id);

    if (of == NULL || of->last_operation == NULL ||
        (id != 0 && (before == NULL || before->endpoint != of))) {
        return 0;
    }
    const struct operation *at = before;
    while (at != of->last_operation) {
        at = at == NULL ? of->last_operation->next : at->next;
        if (at->observation == NULL) {
            return at->id;
        }
    }
    return 0;
}

const char *ln_outcome_name(enum ln_outcome outcome)
{
    static const char *const names[] = {
        [LN_OUTCOME_ANSWERED] = "answered",   [LN_OUTCOME_NO_ANSWER] = "no-answer",
        [LN_OUTCOME_RESET] = "reset",         [LN_OUTCOME_UNDECODABLE] = "undecodable",
        [LN_OUTCOME_GONE] = "gone",           [LN_OUTCOME_CANCELLED] = "cancelled",
        [LN_OUTCOME_TOO_LARGE] = "too-large", [LN_OUTCOME_INCOMPLETE] = "incomplete",
        [LN_OUTCOME_CLOSED] = "closed",       [LN_OUTCOME_UNKNOWN] = "unknown",
        [LN_OUTCOME_EXPIRED] = "expired",
    };

    return (size_t)outcome < LN_COUNT(names) ? names[outcome] : "?";
}

const char *ln_operation_state_name(enum ln_operation_state state)
{
    static const char *const names[] = {
        [LN_OPERATION_QUEUED] = "queued",       [LN_OPERATION_SENT] = "sent",
        [LN_OPERATION_DONE] = "done",           [LN_OPERATION_FAILED] = "failed",
        [LN_OPERATION_UNKNOWN] = "unknown",     [LN_OPERATION_EXPIRED] = "expired",
        [LN_OPERATION_CANCELLED] = "cancelled",
    };

    return (size_t)state < LN_COUNT(names) ? names[state] : "?";
}

enum ln_operation_state ln_operation_state_of(enum ln_outcome outcome, uint8_t code)
{
    switch (outcome) {
    case LN_OUTCOME_ANSWERED:
        return ln_coap_code_class(code) == 2 ? LN_OPERATION_DONE : LN_OPERATION_FAILED;
    case LN_OUTCOME_CANCELLED:
        return LN_OPERATION_CANCELLED;
    case LN_OUTCOME_UNKNOWN:
        return LN_OPERATION_UNKNOWN;
    case LN_OUTCOME_EXPIRED:
        return LN_OPERATION_EXPIRED;
    default:
        return LN_OPERATION_FAILED;
    }
}
