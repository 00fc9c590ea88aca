/* Operations: queued for their device, found by token, id and message id, ended once. */

#include "engine.h"

#include <assert.h>

enum {
    FIRST_SIZE = 64,
    SLOT_BITS = 24,                      /* of a token and of an id */
    LARGEST_SIZE = 1 << (SLOT_BITS - 1), /* the upper bit is that of observations' tokens */
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

void ln_server__link_message(struct ln_server *server, struct operation *operation)
{
    struct operation **bucket =
        &server->operations.by_message[bucket_of(server, operation->exchange.id)];

    operation->next_message = *bucket;
    *bucket = operation;
}

void ln_server__unlink_message(struct ln_server *server, const struct operation *operation)
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
            ln_server__link_message(server, slots[i].operation);
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
    if (ln_server__bears_observation_token(operation)) {
        return ln_server__observation_token(operation->observation);
    }
    return token_of(server, operation->slot, operation->secret);
}

struct operation *ln_server__operation_of_id(const struct ln_server *server, uint64_t id)
{
    uint64_t slot = id & ((1U << SLOT_BITS) - 1);

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

/* ---- The request ---- */

static struct ln_bytes root_of(const struct operation *operation)
{
    const struct ln_registration *registration = operation->endpoint->registration;

    return registration == NULL ? (struct ln_bytes){0} : registration->objects->root;
}

/* Observe, which stands before the path; nothing where it is no observation's own request. */
static void add_observe(struct ln_coap_builder *b, const struct operation *operation)
{
    if (ln_server__bears_observation_token(operation)) {
        ln_coap_add_uint(b, LN_COAP_OBSERVE, operation->phase == PHASE_CANCEL ? 1 : 0);
    }
}

static size_t write_request(const struct ln_server *server, const struct operation *operation,
                            const struct ln_operation *what, void *buffer, size_t size)
{
    struct ln_coap_token token = ln_server__token_of(server, operation);
    uint8_t code = ln_operation_code(what->kind);
    struct ln_coap_builder b =
        ln_coap_start(buffer, size, LN_COAP_CON, code, operation->exchange.id, &token);
    bool asks = code == LN_COAP_GET && server->block_exponent < LN_COAP_BLOCK_LARGEST;

    add_observe(&b, operation);
    ln_operation_write(&b, what, root_of(operation));
    if (asks) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2,
                          (struct ln_coap_block){.size_exponent = server->block_exponent});
    }
    return ln_coap_finish(&b);
}

size_t ln_server__operation_write(const struct ln_server *server,
                                  const struct operation *operation, void *buffer, size_t size)
{
    return write_request(server, operation, &operation->what, buffer, size);
}

size_t ln_server__operation_write_head(const struct ln_server *server,
                                       const struct operation *operation, void *buffer,
                                       size_t size)
{
    struct ln_operation short_one = operation->what;
    const struct transfer *t = operation->transfer;
    struct ln_coap_message m;

    /* That there is a payload shows in the options of an Execute. */
    if (t->supplied || t->out.total > 0 || short_one.payload.len > 0) {
        short_one.payload = ln_bytes("", 1);
    }
    size_t length = write_request(server, operation, &short_one, buffer, size);
    if (length == 0 || ln_coap_parse(ln_bytes(buffer, length), &m) != LN_OK) {
        return 0;
    }
    return length - (m.has_payload ? m.payload.len + 1 : 0);
}

bool ln_server__operation_fits(const struct ln_server *server, struct operation *operation)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    size_t block = (size_t)16 << server->block_exponent;
    size_t length;

    if (operation->transfer == NULL) {
        length = ln_server__operation_write(server, operation, buffer, sizeof(buffer));
    } else {
        length = ln_server__operation_write_head(server, operation, buffer, sizeof(buffer));
        length = length == 0 || length + AROUND_BLOCK + block > sizeof(buffer) ? 0 : length;
    }
    operation->root_length = (uint16_t)root_of(operation).len;
    return length > 0;
}

/* ---- Begin ---- */

/* What ln_server_operate() and ln_server_stream() were given. */
struct wish {
    const struct ln_operation *operation;
    const struct ln_server_stream *stream; /* NULL: none */
    const struct ln_server_terms *terms;   /* NULL: it does not wait for the device */
    bool is_transfer;
    uint64_t tag;
};

static bool has_payload(enum ln_operation_kind kind)
{
    return kind == LN_OPERATION_WRITE || kind == LN_OPERATION_WRITE_PARTIAL ||
           kind == LN_OPERATION_CREATE || kind == LN_OPERATION_EXECUTE;
}

static bool terms_fit(const struct wish *wish)
{
    const struct ln_server_terms *terms = wish->terms;

    if (wish->stream != NULL && terms != NULL) {
        return !terms->durable && (!terms->queue || wish->stream->read != NULL);
    }
    return terms == NULL || terms->queue || !terms->durable;
}

/* What is read from the app has a size, and is there to be read. */
static bool stream_is_sound(const struct wish *wish)
{
    const struct ln_server_stream *stream = wish->stream;
    bool reads = stream != NULL && stream->read != NULL;

    if (reads && (!stream->supplies || stream->size == LN_COAP_BODY_UNKNOWN)) {
        return false;
    }
    return stream == NULL || !stream->supplies || has_payload(wish->operation->kind);
}

/* Whether there is somebody to send it to, now or later. */
static ln_err may_reach(const struct ln_registration *registration, const struct wish *wish)
{
    if (wish->terms != NULL && wish->terms->queue) {
        return LN_OK;
    }
    if (registration == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    bool is_away = wish->terms == NULL ? registration->presence == LN_SLEEPING
                                       : registration->presence != LN_ONLINE;
    return is_away ? LN_ERR_ASLEEP : LN_OK;
}

static ln_err is_sound(const struct ln_server *server,
                       const struct ln_registration *registration, const struct wish *wish)
{
    const struct ln_operation *operation = wish->operation;
    enum ln_version version =
        registration == NULL ? LN_VERSION_1_1 : (enum ln_version)registration->version;

    if (!ln_operation_fits(operation->kind, operation->path, version) || !terms_fit(wish) ||
        !stream_is_sound(wish)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (operation->payload.len > server->max_body) {
        return LN_ERR_TOO_LARGE;
    }
    bool keeps = wish->terms != NULL && wish->terms->durable;
    return keeps && server->journal.read_only ? LN_ERR_READ_ONLY : LN_OK;
}

static ln_err has_room(struct ln_server *server, const struct endpoint *endpoint)
{
    struct operations *operations = &server->operations;
    size_t of_device = endpoint == NULL ? 0 : endpoint->operation_count;

    if (server->closed || operations->count >= server->max_operations ||
        of_device >= server->max_operations_per_device) {
        server->counters.operations_refused++;
        return LN_ERR_BUSY;
    }
    return operations->free == operations->size ? grow(server) : LN_OK;
}

static struct ln_bytes copy(struct ln_writer *w, struct ln_bytes bytes)
{
    size_t at = w->written;

    ln_write_bytes(w, bytes);
    return ln_bytes(&w->out[at], bytes.len);
}

/* In no slot yet, and of no endpoint. */
static struct operation *make(struct ln_server *server, const struct ln_operation *what,
                              bool keeps_payload)
{
    struct ln_bytes payload = keeps_payload ? what->payload : (struct ln_bytes){0};
    size_t length = payload.len + what->query.len;
    size_t size = length < SMALLEST_ROOM ? (size_t)SMALLEST_ROOM : length;
    struct operation *operation = ln_server__allocate(server, sizeof(*operation) + size);

    if (operation == NULL) {
        return NULL;
    }
    *operation = (struct operation){
        .slot = server->operations.free,
        .secret = ln_random_u32(&server->random),
        .size = size,
        .result_format = LN_FORMAT_NONE,
        .what = *what,
        .terms = {.expires_at = LN_NEVER},
        .created_at = server->now,
    };
    struct ln_writer w = ln_writer(operation->bytes, size);
    operation->what.payload = copy(&w, payload);
    operation->what.query = copy(&w, what->query);
    return operation;
}

static void put_in_slot(struct operations *operations, struct operation *operation)
{
    struct operation_slot *slot = &operations->slots[operation->slot];

    operations->free = slot->next_free;
    slot->operation = operation;
    operation->id = ++operations->next_id << SLOT_BITS | operation->slot;
}

static ln_err make_whole(struct ln_server *server, struct ln_bytes name,
                         const struct wish *wish, struct operation **out)
{
    struct operation *made = make(server, wish->operation, !wish->is_transfer);
    ln_err err = LN_ERR_NO_MEMORY;

    if (made == NULL) {
        return err;
    }
    made->tag = wish->tag;
    made->terms = wish->terms == NULL ? made->terms : *wish->terms;
    made->endpoint = ln_server__endpoint_take(server, name);
    if (made->endpoint != NULL && wish->is_transfer) {
        made->transfer =
            ln_server__transfer_new(server, made, wish->operation->payload, wish->stream);
    }
    if (made->endpoint != NULL && (made->transfer != NULL || !wish->is_transfer)) {
        err = ln_server__operation_fits(server, made) ? LN_OK : LN_ERR_TOO_LARGE;
    }
    if (err != LN_OK) {
        ln_server__operation_free(server, made);
        return err;
    }
    *out = made;
    return LN_OK;
}

static ln_err begin(struct ln_server *server, ln_time now, struct ln_bytes name,
                    const struct wish *wish, struct operation **out)
{
    ln_server__advance(server, now);
    struct ln_registration *registration = ln_server_find(server, name);
    ln_err err = name.len > 0 && name.len <= LN_LIMIT_ENDPOINT ? LN_OK : LN_ERR_NOT_FOUND;
    if (err == LN_OK) {
        err = may_reach(registration, wish);
    }
    if (err == LN_OK) {
        err = is_sound(server, registration, wish);
    }
    if (err == LN_OK) {
        err = has_room(server, ln_server__endpoint_find(server, name));
    }
    if (err == LN_OK) {
        err = make_whole(server, name, wish, out);
    }
    if (err == LN_ERR_ASLEEP) {
        server->counters.operations_refused++;
    }
    if (err != LN_OK) {
        return err;
    }
    put_in_slot(&server->operations, *out);
    server->operations.count++;
    ln_server__operation_append(*out);
    ln_server__operation_queue_timer(server, *out);
    return LN_OK;
}

/* It is told of, if it is durable, and tried, if the device may hear. */
static void launch(struct ln_server *server, struct operation *made)
{
    struct endpoint *endpoint = made->endpoint;
    const struct ln_registration *registration = endpoint->registration;
    struct operation *first = ln_server__first_operation(endpoint);

    if (made->terms.durable) {
        ln_server__operation_note(server, made, &made->queued, LN_SERVER_QUEUED);
    }
    /* Somebody asks again: the device may be back without having had anything to say. */
    if (registration != NULL && registration->presence == LN_UNREACHABLE && !first->started) {
        ln_server__operation_start(server, first);
    } else {
        ln_server__go_on(server, endpoint);
    }
}

ln_err ln_server_operate(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                         const struct ln_operation *operation,
                         const struct ln_server_terms *terms, uint64_t tag, uint64_t *id)
{
    struct wish wish = {
        .operation = operation,
        .terms = terms,
        .is_transfer = ln_server__needs_blocks(server, operation->payload),
        .tag = tag,
    };
    struct operation *made;
    ln_err err = begin(server, now, endpoint, &wish, &made);

    if (err == LN_OK) {
        *id = made->id;
        launch(server, made);
    }
    return err;
}

ln_err ln_server_stream(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                        const struct ln_operation *operation,
                        const struct ln_server_stream *stream, uint64_t tag, uint64_t *id)
{
    struct ln_operation without = *operation;
    struct wish wish = {
        .operation = stream->supplies ? &without : operation,
        .stream = stream,
        .terms = stream->terms,
        .is_transfer = true,
        .tag = tag,
    };
    struct operation *made;

    without.payload = (struct ln_bytes){0};
    ln_err err = begin(server, now, endpoint, &wish, &made);
    if (err == LN_OK) {
        *id = made->id;
        launch(server, made);
    }
    return err;
}

ln_err ln_server_restore_operation(struct ln_server *server, ln_time now,
                                   const struct ln_server_operation_view *view, uint64_t *id)
{
    struct wish wish = {
        .operation = &view->operation,
        .terms = &view->terms,
        .is_transfer = ln_server__needs_blocks(server, view->operation.payload),
        .tag = view->tag,
    };
    struct operation *made;
    ln_err err = begin(server, now, view->endpoint, &wish, &made);

    if (err != LN_OK) {
        return err;
    }
    *id = made->id;
    made->created_at = view->created_at;
    if (view->state == LN_OPERATION_SENT && !ln_server__may_repeat_operation(made)) {
        made->is_sent = true;
        ln_server__operation_end(server, made, LN_OUTCOME_UNKNOWN);
    } else {
        ln_server__go_on(server, made->endpoint);
    }
    return LN_OK;
}

/* The operation of an observation that is due. */
static struct ln_operation operation_of(const struct ln_observation *observation,
                                        enum phase phase)
{
    bool reads = phase != PHASE_ATTRIBUTES;

    return (struct ln_operation){
        .kind = reads ? LN_OPERATION_READ : LN_OPERATION_WRITE_ATTRIBUTES,
        .path = observation->path,
        .accept = reads ? observation->format : LN_FORMAT_NONE,
        .format = LN_FORMAT_NONE,
        .query = reads ? (struct ln_bytes){0} : ln_server__attributes_of(observation),
    };
}

struct operation *ln_server__operation_for(struct ln_server *server,
                                           struct ln_observation *observation, enum phase phase)
{
    struct operations *operations = &server->operations;
    struct ln_operation what = operation_of(observation, phase);
    ln_err err = operations->free == operations->size ? grow(server) : LN_OK;
    struct operation *made = err == LN_OK ? make(server, &what, false) : NULL;

    if (made == NULL) {
        server->counters.waited_for_memory++;
        return NULL;
    }
    made->endpoint = observation->endpoint;
    made->endpoint->references++;
    made->observation = observation;
    observation->references++;
    made->phase = (uint8_t)phase;
    put_in_slot(operations, made);
    ln_server__operation_prepend(made);
    return made;
}

/* ---- Freed ---- */

void ln_server__operation_free(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    ln_server__transfer_free(server, operation->transfer);
    ln_server__release(server, operation->apart);
    if (observation != NULL) {
        ln_server__observation_drop(server, observation);
    }
    if (operation->endpoint != NULL) {
        ln_server__endpoint_drop(server, operation->endpoint);
    }
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
