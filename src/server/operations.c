/* Operations: queued for their device, found by token, id and message id, ended once. */

#include "engine.h"

#include <assert.h>

enum {
    FIRST_SIZE = 64,
    SLOT_BITS = 24, /* of a token and of an id */
    LARGEST_SIZE = 1 << SLOT_BITS,
    /* Behind each operation: most answers fit, so that a result needs no memory of its own. */
    SMALLEST_ROOM = 128,
    /* What stands around a block besides what the operation needs: Block1, Size1, the marker. */
    AROUND_BLOCK = 16,
};

/* ---- Slots ---- */

static uint32_t bucket_of(const struct ln_server *server, uint16_t message)
{
    return (uint32_t)(message / server->shards) & (server->operations.size - 1);
}

static void link_message(struct ln_server *server, struct operation *operation)
{
    struct operation **bucket =
        &server->operations.by_message[bucket_of(server, operation->exchange.id)];

    operation->next_message = *bucket;
    *bucket = operation;
}

static void unlink_message(struct ln_server *server, const struct operation *operation)
{
    struct operation **link =
        &server->operations.by_message[bucket_of(server, operation->exchange.id)];

    while (*link != operation) {
        link = &(*link)->next_message;
    }
    *link = operation->next_message;
}

/* Copies the slots and chains the new ones as free; called when none is. */
static void move_slots(struct operations *operations, struct operation_slot *slots,
                       uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        slots[i] = (struct operation_slot){.next_free = i + 1};
        if (i < operations->size) {
            slots[i] = operations->slots[i];
        }
    }
    operations->free = operations->size;
}

static ln_err grow(struct ln_server *server)
{
    struct operations *operations = &server->operations;
    uint32_t old_size = operations->size;
    uint32_t size = old_size == 0 ? FIRST_SIZE : old_size * 2;

    if (size > LARGEST_SIZE) {
        return LN_ERR_BUSY;
    }
    struct operation_slot *slots = ln_server__allocate(server, size * sizeof(*slots));
    struct operation **buckets = ln_server__allocate(server, size * sizeof(struct operation *));
    if (slots == NULL || buckets == NULL) {
        ln_server__release(server, slots);
        ln_server__release(server, buckets);
        return LN_ERR_NO_MEMORY;
    }
    move_slots(operations, slots, size);
    ln_server__release(server, operations->slots);
    ln_server__release(server, operations->by_message);
    operations->slots = slots;
    operations->by_message = buckets;
    operations->size = size;
    for (uint32_t i = 0; i < size; i++) {
        buckets[i] = NULL;
    }
    for (uint32_t i = 0; i < old_size; i++) {
        if (slots[i].operation != NULL && slots[i].operation->started) {
            link_message(server, slots[i].operation);
        }
    }
    return LN_OK;
}

/* ---- Tokens: shard, slot, and bits that nobody can guess ---- */

static struct ln_coap_token token_of(const struct ln_server *server, uint32_t slot,
                                     uint32_t secret)
{
    struct ln_coap_token token = {.len = LN_COAP_TOKEN_MAX};
    struct ln_writer w = ln_writer(token.bytes, sizeof(token.bytes));

    ln_write_u8(&w, server->shard);
    ln_write_u24(&w, slot);
    ln_write_u32(&w, secret);
    return token;
}

struct ln_coap_token ln_server__token_of(const struct ln_server *server,
                                         const struct operation *operation)
{
    return token_of(server, operation->slot, operation->secret);
}

struct operation *ln_server__operation_of_id(const struct ln_server *server, uint64_t id)
{
    uint64_t slot = id & (LARGEST_SIZE - 1);

    if (slot >= server->operations.size) {
        return NULL;
    }
    struct operation *operation = server->operations.slots[slot].operation;
    return operation != NULL && operation->id == id ? operation : NULL;
}

struct operation *ln_server__operation_of_token(const struct ln_server *server,
                                                const struct ln_coap_token *token)
{
    struct ln_reader in = ln_reader(ln_bytes(token->bytes, token->len));
    uint8_t shard = ln_read_u8(&in);
    uint32_t slot = ln_read_u24(&in);
    uint32_t secret = ln_read_u32(&in);

    if (in.failed || shard != server->shard || slot >= server->operations.size) {
        return NULL;
    }
    struct operation *operation = server->operations.slots[slot].operation;
    bool is_it =
        operation != NULL && operation->secret == secret && operation->exchange.copies > 0;
    return is_it ? operation : NULL;
}

/* ---- The queue of a device ---- */

/* The request stands ready but for this. */
static void write_message_id(struct operation *operation)
{
    struct ln_reader in = ln_reader(ln_bytes(operation->bytes, operation->length));
    uint8_t first = ln_read_u8(&in);
    uint8_t code = ln_read_u8(&in);
    struct ln_writer w = ln_writer(operation->bytes, operation->length);

    ln_write_u8(&w, first);
    ln_write_u8(&w, code);
    ln_write_u16(&w, operation->exchange.id);
}

void ln_server__exchange_begin(struct ln_server *server, struct operation *operation)
{
    struct ln_registration *registration = operation->registration;
    uint16_t message = ln_server__next_message(server, &registration->next_message);

    unlink_message(server, operation);
    ln_coap_exchange_start(&operation->exchange, &server->coap, &server->random, message, true,
                           true);
    link_message(server, operation);
    if (operation->transfer == NULL) {
        write_message_id(operation);
    } else {
        operation->secret = ln_random_u32(&server->random);
    }
    ln_wheel_set(&server->exchanges, &operation->timer, server->now);
}

static void start(struct ln_server *server, struct operation *operation)
{
    operation->started = true;
    link_message(server, operation);
    server->counters.operations_started++;
    if (operation->transfer != NULL) {
        ln_server__transfer_begin(server, operation);
    } else {
        ln_server__exchange_begin(server, operation);
    }
}

static void start_next(struct ln_server *server, struct ln_registration *registration)
{
    struct operation *last = registration->last_operation;

    if (last != NULL && !last->next->started) {
        start(server, last->next);
    }
}

static void append(struct operation *operation)
{
    struct ln_registration *registration = operation->registration;
    struct operation *last = registration->last_operation;

    operation->next = last == NULL ? operation : last->next;
    if (last != NULL) {
        last->next = operation;
    }
    registration->last_operation = operation;
    registration->operation_count++;
}

static void take_out(struct operation *operation)
{
    struct ln_registration *registration = operation->registration;
    struct operation *before = registration->last_operation;

    while (before->next != operation) {
        before = before->next;
    }
    before->next = operation->next;
    if (registration->last_operation == operation) {
        registration->last_operation = before == operation ? NULL : before;
    }
    registration->operation_count--;
}

/* ---- Begin ---- */

/* What ln_server_operate() and ln_server_stream() were given. */
struct wish {
    const struct ln_operation *operation;
    const struct ln_server_stream *stream; /* NULL: none */
    const struct ln_server_terms *terms;   /* NULL: it does not wait for the device */
    bool is_transfer;
    uint32_t secret;
    uint64_t tag;
};

/* The request as it will be sent, but for its message id. 0: it does not fit. */
static size_t write_request(const struct ln_server *server,
                            const struct ln_registration *registration, const struct wish *wish,
                            void *buffer)
{
    struct ln_coap_token token = token_of(server, server->operations.free, wish->secret);
    uint8_t code = ln_operation_code(wish->operation->kind);
    struct ln_coap_builder b =
        ln_coap_start(buffer, LN_SERVER_DATAGRAM_MAX, LN_COAP_CON, code, 0, &token);
    bool asks = code == LN_COAP_GET && server->block_exponent < LN_COAP_BLOCK_LARGEST;

    ln_operation_write(&b, wish->operation, registration->objects->root);
    if (asks) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2,
                          (struct ln_coap_block){.size_exponent = server->block_exponent});
    }
    return ln_coap_finish(&b);
}

/* The same without a body: blocks are written from it. 0: no block would fit. */
static size_t write_head(const struct ln_server *server,
                         const struct ln_registration *registration, const struct wish *wish,
                         void *buffer)
{
    struct ln_operation short_one = *wish->operation;
    struct wish of_head = *wish;
    struct ln_coap_message m;

    /* That there is a payload shows in the options of an Execute. */
    if (short_one.payload.len > 0 || (wish->stream != NULL && wish->stream->supplies)) {
        short_one.payload = ln_bytes("", 1);
    }
    of_head.operation = &short_one;
    size_t length = write_request(server, registration, &of_head, buffer);
    if (length == 0 || ln_coap_parse(ln_bytes(buffer, length), &m) != LN_OK) {
        return 0;
    }
    length -= m.has_payload ? m.payload.len + 1 : 0;
    size_t block = (size_t)16 << server->block_exponent;
    return length + AROUND_BLOCK + block <= LN_SERVER_DATAGRAM_MAX ? length : 0;
}

static bool has_payload(enum ln_operation_kind kind)
{
    return kind == LN_OPERATION_WRITE || kind == LN_OPERATION_WRITE_PARTIAL ||
           kind == LN_OPERATION_CREATE || kind == LN_OPERATION_EXECUTE;
}

static ln_err may_operate(struct ln_server *server, const struct ln_registration *registration,
                          const struct wish *wish)
{
    const struct ln_operation *operation = wish->operation;
    bool supplies = wish->stream != NULL && wish->stream->supplies;
    struct operations *operations = &server->operations;

    if (registration == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (!ln_operation_fits(operation->kind, operation->path,
                           (enum ln_version)registration->version)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (supplies && !has_payload(operation->kind)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (operation->payload.len > server->max_body) {
        return LN_ERR_TOO_LARGE;
    }
    if (server->closed || operations->count >= server->max_operations ||
        registration->operation_count >= server->max_operations_per_device) {
        return LN_ERR_BUSY;
    }
    return operations->free == operations->size ? grow(server) : LN_OK;
}

static struct operation *make(struct ln_server *server, struct ln_bytes request)
{
    size_t size = request.len < SMALLEST_ROOM ? (size_t)SMALLEST_ROOM : request.len;
    struct operation *operation = ln_server__allocate(server, sizeof(*operation) + size);

    if (operation == NULL) {
        return NULL;
    }
    *operation = (struct operation){
        .slot = server->operations.free,
        .length = request.len,
        .size = size,
        .result_format = LN_FORMAT_NONE,
    };
    struct ln_writer w = ln_writer(operation->bytes, size);
    ln_write_bytes(&w, request);
    return operation;
}

static void put_in_slot(struct operations *operations, struct operation *operation)
{
    struct operation_slot *slot = &operations->slots[operation->slot];

    operations->free = slot->next_free;
    slot->operation = operation;
    operations->count++;
    operation->id = ++operations->next_id << SLOT_BITS | operation->slot;
}

static ln_err make_transfer(struct ln_server *server, struct operation *made,
                            const struct wish *wish)
{
    made->transfer =
        ln_server__transfer_new(server, made, wish->operation->payload, wish->stream);
    return made->transfer == NULL ? LN_ERR_NO_MEMORY : LN_OK;
}

static ln_err make_whole(struct ln_server *server, struct ln_registration *registration,
                         const struct wish *wish, struct operation **out)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    size_t length = wish->is_transfer ? write_head(server, registration, wish, buffer)
                                      : write_request(server, registration, wish, buffer);

    if (length == 0) {
        return LN_ERR_TOO_LARGE;
    }
    struct operation *made = make(server, ln_bytes(buffer, length));
    if (made == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    made->registration = registration;
    made->tag = wish->tag;
    made->secret = wish->secret;
    made->what = *wish->operation;
    made->what.payload = (struct ln_bytes){0};
    made->what.query = (struct ln_bytes){0};
    if (wish->is_transfer && make_transfer(server, made, wish) != LN_OK) {
        ln_server__operation_free(server, made);
        return LN_ERR_NO_MEMORY;
    }
    *out = made;
    return LN_OK;
}

static ln_err begin(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                    const struct wish *wish, uint64_t *id)
{
    struct operation *made;

    ln_server__advance(server, now);
    struct ln_registration *registration = ln_server_find(server, endpoint);
    ln_err err = may_operate(server, registration, wish);
    if (err == LN_OK) {
        err = make_whole(server, registration, wish, &made);
    }
    if (err != LN_OK) {
        return err;
    }
    put_in_slot(&server->operations, made);
    append(made);
    start_next(server, registration);
    *id = made->id;
    return LN_OK;
}

ln_err ln_server_operate(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                         const struct ln_operation *operation,
                         const struct ln_server_terms *terms, uint64_t tag, uint64_t *id)
{
    struct wish wish = {
        .operation = operation,
        .terms = terms,
        .is_transfer = ln_server__needs_blocks(server, operation->payload),
        .secret = ln_random_u32(&server->random),
        .tag = tag,
    };

    return begin(server, now, endpoint, &wish, id);
}

ln_err ln_server_stream(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                        const struct ln_operation *operation,
                        const struct ln_server_stream *stream, uint64_t tag, uint64_t *id)
{
    struct ln_operation without = *operation;
    struct wish wish = {
        .operation = stream->supplies ? &without : operation,
        .stream = stream,
        .is_transfer = true,
        .secret = ln_random_u32(&server->random),
        .tag = tag,
    };

    without.payload = (struct ln_bytes){0};
    return begin(server, now, endpoint, &wish, id);
}

/* ---- End ---- */

/* Takes it out of all that knows it, and tells. The next of the device is not started. */
static void finish(struct ln_server *server, struct operation *operation,
                   enum ln_outcome outcome)
{
    struct operations *operations = &server->operations;
    struct operation_slot *slot = &operations->slots[operation->slot];

    if (operation->started) {
        unlink_message(server, operation);
    }
    ln_wheel_cancel(&server->exchanges, &operation->timer);
    take_out(operation);
    *slot = (struct operation_slot){.next_free = operations->free};
    operations->free = operation->slot;
    operations->count--;
    operation->outcome = (uint8_t)outcome;
    if (outcome == LN_OUTCOME_ANSWERED) {
        server->counters.operations_answered++;
    } else {
        server->counters.operations_failed++;
    }
    ln_server__event_push(server, &operation->ending, LN_SERVER_RESULT);
}

void ln_server__operation_end(struct ln_server *server, struct operation *operation,
                              enum ln_outcome outcome)
{
    struct ln_registration *registration = operation->registration;

    finish(server, operation, outcome);
    start_next(server, registration);
}

static void end_all_of(struct ln_server *server, struct ln_registration *registration,
                       enum ln_outcome outcome)
{
    while (registration->last_operation != NULL) {
        finish(server, registration->last_operation->next, outcome);
    }
}

void ln_server__operations_end_of(struct ln_server *server,
                                  struct ln_registration *registration)
{
    end_all_of(server, registration, LN_OUTCOME_GONE);
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
        if (operations->slots[i].operation != NULL) {
            end_all_of(server, operations->slots[i].operation->registration, LN_OUTCOME_CLOSED);
        }
    }
}

void ln_server__operation_free(struct ln_server *server, struct operation *operation)
{
    ln_server__transfer_free(server, operation->transfer);
    ln_server__release(server, operation->apart);
    ln_server__release(server, operation);
}

void ln_server__operations_free(struct ln_server *server)
{
    struct operations *operations = &server->operations;

    for (uint32_t i = 0; i < operations->size; i++) {
        if (operations->slots[i].operation != NULL) {
            ln_server__operation_free(server, operations->slots[i].operation);
        }
    }
    ln_server__release(server, operations->slots);
    ln_server__release(server, operations->by_message);
}

const char *ln_outcome_name(enum ln_outcome outcome)
{
    static const char *const names[] = {
        [LN_OUTCOME_ANSWERED] = "answered",   [LN_OUTCOME_NO_ANSWER] = "no-answer",
        [LN_OUTCOME_RESET] = "reset",         [LN_OUTCOME_UNDECODABLE] = "undecodable",
        [LN_OUTCOME_GONE] = "gone",           [LN_OUTCOME_CANCELLED] = "cancelled",
        [LN_OUTCOME_TOO_LARGE] = "too-large", [LN_OUTCOME_INCOMPLETE] = "incomplete",
        [LN_OUTCOME_CLOSED] = "closed",
    };

    return (size_t)outcome < LN_COUNT(names) ? names[outcome] : "unknown";
}
