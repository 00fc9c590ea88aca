/* Object lists in blocks (RFC 7959 §2.5): nothing is held before a first full block has come. */

#include "engine.h"

/* ---- Found by peer and key ---- */

struct body_key {
    const struct ln_peer *peer;
    uint32_t key;
};

/* Not by session: few addresses have two. */
static uint64_t hash_of(const struct ln_server *server, const struct ln_address *remote,
                        uint32_t key)
{
    uint8_t bytes[sizeof(remote->ip) + 10];
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    ln_write_bytes(&w, ln_bytes(remote->ip, sizeof(remote->ip)));
    ln_write_u32(&w, remote->scope);
    ln_write_u16(&w, remote->port);
    ln_write_u32(&w, key);
    return ln_hash(server->seed, ln_writer_bytes(&w));
}

static uint64_t hash_of_item(const void *context, const void *item)
{
    const struct list_body *body = item;

    return hash_of(context, &body->remote, body->in.key);
}

static bool is_of_key(const void *item, const void *key)
{
    const struct list_body *body = item;
    const struct body_key *wanted = key;

    return body->in.key == wanted->key && body->session == wanted->peer->session &&
           ln_address_equal(&body->remote, &wanted->peer->remote);
}

const struct ln_map_calls ln_server__list_body_calls = {hash_of_item, is_of_key};

static struct list_body *find(const struct ln_server *server, const struct request *request)
{
    struct body_key key = {request->peer, ln_coap_block_key(request->message)};
    uint64_t hash = hash_of(server, &request->peer->remote, key.key);

    return ln_map_find(&server->list_bodies.map, hash, &key);
}

/* ---- In the order of their blocks ---- */

static void append(struct list_bodies *bodies, struct list_body *body)
{
    body->older = bodies->newest;
    body->newer = NULL;
    *(bodies->newest == NULL ? &bodies->oldest : &bodies->newest->newer) = body;
    bodies->newest = body;
}

static void take_out(struct list_bodies *bodies, struct list_body *body)
{
    *(body->older == NULL ? &bodies->oldest : &body->older->newer) = body->newer;
    *(body->newer == NULL ? &bodies->newest : &body->newer->older) = body->older;
}

static void forget(struct ln_server *server, struct list_body *body)
{
    ln_map_remove(&server->list_bodies.map, body);
    take_out(&server->list_bodies, body);
    ln_server__release(server, body->bytes);
    ln_server__release(server, body);
}

void ln_server__list_bodies_expire(struct ln_server *server)
{
    struct list_bodies *bodies = &server->list_bodies;

    while (bodies->oldest != NULL && bodies->oldest->in.until <= server->now) {
        forget(server, bodies->oldest);
    }
}

ln_time ln_server__list_bodies_deadline(const struct ln_server *server)
{
    const struct list_body *oldest = server->list_bodies.oldest;

    return oldest == NULL ? LN_NEVER : oldest->in.until;
}

void ln_server__list_bodies_free(struct ln_server *server)
{
    while (server->list_bodies.oldest != NULL) {
        forget(server, server->list_bodies.oldest);
    }
    ln_map_fini(&server->list_bodies.map);
}

/* ---- Bytes ---- */

static ln_err reserve(struct ln_server *server, struct list_body *body, size_t size)
{
    size_t room = ln_server__room_for(body->size, size, server->max_list_body);

    return ln_server__reserve(server, &body->bytes, &body->size, body->size, room);
}

/* ---- Begun ---- */

/* Only kept for repeats. */
static bool is_taken(const struct list_body *body)
{
    return body->in.whole;
}

/* Anyone can send a first block in anyone's name; those who go on have had our answer. */
static bool has_only_begun(const struct list_body *body)
{
    return body->in.last.number == 0;
}

static struct list_body *oldest(const struct list_bodies *bodies,
                                bool (*is_one)(const struct list_body *body))
{
    struct list_body *body = bodies->oldest;

    while (body != NULL && !is_one(body)) {
        body = body->newer;
    }
    return body;
}

/* The one that makes way for a new one. Those under way do not: NULL if all are. */
static struct list_body *least_needed(const struct list_bodies *bodies)
{
    struct list_body *body = oldest(bodies, is_taken);

    return body != NULL ? body : oldest(bodies, has_only_begun);
}

static ln_err begin(struct ln_server *server, const struct request *request,
                    const struct ln_coap_block_receiver *in, struct list_body **out)
{
    bool is_full = server->list_bodies.map.count >= server->max_list_bodies;
    struct list_body *other = is_full ? least_needed(&server->list_bodies) : NULL;

    if (is_full && other == NULL) {
        server->counters.list_bodies_refused++;
        return LN_ERR_BUSY;
    }
    struct list_body *body = ln_server__allocate(server, sizeof(*body));
    if (body == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    *body = (struct list_body){
        .remote = request->peer->remote, .session = request->peer->session, .in = *in};
    if (reserve(server, body, request->message->payload.len) != LN_OK ||
        ln_map_add(&server->list_bodies.map, body) != LN_OK) {
        ln_server__release(server, body->bytes);
        ln_server__release(server, body);
        return LN_ERR_NO_MEMORY;
    }
    append(&server->list_bodies, body);
    if (other != NULL) {
        forget(server, other);
    }
    *out = body;
    return LN_OK;
}

/* ---- Blocks ---- */

static void answer(struct ln_server *server, const struct request *request,
                   const struct ln_coap_block_received *got, const struct list_body *body)
{
    struct recent_message message = {
        .at = request->now,
        .print = request->print,
        .id = request->message->id,
        .code = got->code,
        .location = body->location,
        .block1 = got->block,
        .change = body->change,
    };
    struct request with_block = *request;

    with_block.block1 = got->block;
    ln_server__recent_note(&server->requests, &message);
    ln_server__answer_request(server, &with_block, got->code, &body->location,
                              &server->next_message);
}

static ln_err error_of(const struct ln_coap_block_received *got)
{
    switch (got->code) {
    case LN_COAP_4_08:
        return LN_ERR_INCOMPLETE;
    case LN_COAP_4_13:
        return LN_ERR_TOO_LARGE;
    default:
        return LN_ERR_BAD_REQUEST;
    }
}

static void put(struct ln_server *server, const struct request *request, struct list_body *body,
                const struct ln_coap_block_received *got, struct gathered *out)
{
    struct ln_bytes part = request->message->payload;
    struct ln_writer w = ln_writer(&body->bytes[got->offset], body->size - got->offset);

    ln_write_bytes(&w, part);
    server->counters.list_blocks++;
    take_out(&server->list_bodies, body);
    append(&server->list_bodies, body);
    if (got->what == LN_COAP_RECEIVED_BLOCK) {
        answer(server, request, got, body);
        return;
    }
    out->is_whole = true;
    out->body = body;
    out->list = ln_bytes(body->bytes, got->offset + part.len);
}

/* A body of ours, or the first block of a new one: `body` is NULL then. */
static ln_err take_block(struct ln_server *server, const struct request *request,
                         struct list_body *body, struct gathered *out)
{
    struct ln_coap_block_receiver fresh = {.largest = server->max_list_body,
                                           .exponent = server->block_exponent};
    struct ln_coap_block_receiver *in = body == NULL ? &fresh : &body->in;
    struct ln_coap_block_received got = ln_coap_block_receive(
        in, &server->coap, request->now, request->message, &request->options);

    if (got.what == LN_COAP_RECEIVED_REFUSED) {
        if (body != NULL && in->until == 0) {
            forget(server, body);
        }
        return error_of(&got);
    }
    if (got.what == LN_COAP_RECEIVED_REPEAT && got.code != 0) {
        server->counters.repeats++;
        if (ln_server__may_repeat(server, body->change)) {
            answer(server, request, &got, body);
        }
        return LN_OK;
    }
    if (body == NULL) {
        ln_err err = begin(server, request, in, &body);
        if (err != LN_OK) {
            return err;
        }
    }
    put(server, request, body, &got, out);
    return LN_OK;
}

/* Room for the block, before the receiver counts it as taken. */
static ln_err make_room(struct ln_server *server, const struct request *request,
                        struct list_body *body)
{
    size_t end = ln_coap_block_offset(request->options.block1) + request->message->payload.len;

    if (body == NULL || ln_coap_block_offset(request->options.block1) > body->in.offset) {
        return LN_OK; /* it is the first, or out of order */
    }
    return end > server->max_list_body ? LN_OK : reserve(server, body, end);
}

ln_err ln_server__gather(struct ln_server *server, const struct request *request,
                         struct gathered *out)
{
    const struct ln_coap_block *block = &request->options.block1;

    *out = (struct gathered){0};
    if (block->number == 0 && !block->more) {
        out->list = request->message->payload;
        out->is_whole = true;
        return LN_OK;
    }
    struct list_body *body = find(server, request);
    ln_err err = make_room(server, request, body);
    return err == LN_OK ? take_block(server, request, body, out) : err;
}

void ln_server__gathered(struct ln_server *server, const struct gathered *gathered,
                         uint8_t code, const struct ln_registration *registration)
{
    struct list_body *body = gathered->body;

    if (body == NULL) {
        return;
    }
    ln_coap_block_receiver_answered(&body->in, code);
    if (registration != NULL) {
        body->location = registration->location;
        body->change = registration->change;
    }
    ln_server__release(server, body->bytes);
    body->bytes = NULL;
    body->size = 0;
}
