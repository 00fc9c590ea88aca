/* Bodies in blocks (RFC 7959): of servers' requests, and of our own long object list. */

#include "client/blocks.h"

#include "client/client.h"
#include "client/data.h"
#include "client/link_list.h"

enum { AROUND = 48 }; /* bytes of header, token and options around a block, at the most */

static uint8_t *body_of(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_blocks *blocks = client->config->blocks;
    size_t index = (size_t)(server - client->config->servers);

    return (uint8_t *)blocks->memory + index * blocks->body_size;
}

/* ---- Streams ---- */

/* The instance that the body flows into; NULL if it is gone. */
static void *stream_instance(const struct ln_client *client, const struct ln_client_transfer *t)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, t->path.id[0]);

    return entry == NULL ? NULL : ln_client__instance(entry, t->path.id[1]);
}

static ln_err close_stream(const struct ln_client *client, struct ln_client_transfer *t,
                           bool complete)
{
    const struct ln_stream_calls *stream = t->stream;
    void *instance = stream == NULL ? NULL : stream_instance(client, t);

    t->stream = NULL;
    t->waits = false;
    t->resumes = false;
    return instance == NULL ? LN_ERR_NOT_FOUND : stream->end(instance, complete);
}

static void drop(struct ln_client *client, struct ln_client_server *server)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);

    (void)close_stream(client, t, false);
    ln_coap_block_receiver_drop(&t->in);
}

static bool flows_into(const struct ln_client_transfer *t, struct ln_path path)
{
    return t->stream != NULL && ln_path_equal(t->path, path);
}

/* What has come to an end by time makes way. */
static bool is_held_by_another(struct ln_client *client, const struct ln_client_server *server,
                               ln_time now, struct ln_path path)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        struct ln_client_server *holder = &client->config->servers[i];
        const struct ln_client_transfer *t = ln_client__transfer(client, holder);

        if (holder == server || !flows_into(t, path)) {
            continue;
        }
        if (now < t->in.until) {
            return true;
        }
        drop(client, holder);
    }
    return false;
}

static ln_err claim(struct ln_client *client, struct ln_client_server *server, ln_time now,
                    struct ln_path path)
{
    if (is_held_by_another(client, server, now, path)) {
        return LN_ERR_BUSY;
    }
    if (flows_into(ln_client__transfer(client, server), path)) {
        drop(client, server);
    }
    return LN_OK;
}

/* What becomes of a block that the stream has taken or refused. */
static struct ln_client__taken flown(const struct ln_client *client,
                                     struct ln_client_transfer *t, ln_err err)
{
    struct ln_client__taken out = {
        .what = LN_TAKEN_BLOCK, .code = LN_COAP_2_31, .block1 = t->in.last};
    bool last = !t->in.last.more;

    if (err == LN_OK && !last) {
        return out;
    }
    ln_err ended = close_stream(client, t, err == LN_OK);
    err = err == LN_OK ? ended : err;
    out.what = err == LN_OK ? LN_TAKEN_STREAM : LN_TAKEN_FAULT;
    out.err = err;
    out.ends_body = last;
    if (!last) {
        ln_coap_block_receiver_drop(&t->in);
    }
    return out;
}

/* The block waits in the place of the body, and its request for an answer. */
static struct ln_client__taken hold(struct ln_client *client, struct ln_client_server *server,
                                    const struct ln_coap_message *message)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    struct ln_writer w = ln_writer(body_of(client, server), client->config->blocks->body_size);

    ln_write_bytes(&w, message->payload);
    if (w.failed) {
        return flown(client, t, LN_ERR_BUSY);
    }
    t->held = (uint16_t)w.written;
    t->waits = true;
    t->resumes = false;
    t->type = (uint8_t)message->type;
    t->id = message->id;
    t->token = message->token;
    return (struct ln_client__taken){.what = LN_TAKEN_HELD};
}

static ln_err feed(const struct ln_client_transfer *t, void *instance, uint32_t offset,
                   struct ln_bytes bytes)
{
    bool nothing = bytes.len == 0 && offset > 0;

    return nothing ? LN_OK : t->stream->chunk(instance, offset, bytes);
}

static struct ln_client__taken take_into_stream(struct ln_client *client,
                                                struct ln_client_server *server,
                                                const struct ln_client__part *part,
                                                const struct ln_coap_block_received *got)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    ln_err err = LN_OK;

    if (got->begins) {
        err = part->stream->begin(part->instance, part->options->size1);
        if (err == LN_OK) {
            t->stream = part->stream;
            t->path = part->path;
        }
    }
    if (err == LN_OK) {
        err = feed(t, part->instance, got->offset, part->message->payload);
        if (err == LN_ERR_BUSY) {
            return hold(client, server, part->message);
        }
    }
    struct ln_client__taken out = flown(client, t, err);
    out.block1 = got->block;
    return out;
}

/* What a busy stream takes now is answered to the latest request with that block. */
static struct ln_client__taken resume(struct ln_client *client, struct ln_client_server *server,
                                      struct ln_coap_message *message, struct ln_path *path)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    void *instance = stream_instance(client, t);
    ln_err err = LN_ERR_NOT_FOUND;

    t->resumes = false;
    *path = t->path;
    message->type = (enum ln_coap_type)t->type;
    message->id = t->id;
    message->token = t->token;
    if (instance != NULL) {
        err = feed(t, instance, ln_coap_block_offset(t->in.last),
                   ln_bytes(body_of(client, server), t->held));
    }
    if (err == LN_ERR_BUSY) {
        return (struct ln_client__taken){.what = LN_TAKEN_HELD};
    }
    t->waits = false;
    return flown(client, t, err);
}

/* ---- Bodies that are put together ---- */

static struct ln_client__taken take_into_body(const struct ln_client *client,
                                              const struct ln_client_server *server,
                                              const struct ln_client__part *part,
                                              const struct ln_coap_block_received *got)
{
    bool last = got->what == LN_COAP_RECEIVED_LAST;
    uint8_t *body = body_of(client, server);
    /* The receiver has made sure that it ends within. */
    struct ln_writer w = ln_writer(body + got->offset, part->message->payload.len);

    ln_write_bytes(&w, part->message->payload);
    return (struct ln_client__taken){
        .what = last ? LN_TAKEN_BODY : LN_TAKEN_BLOCK,
        .code = got->code,
        .ends_body = last,
        .bytes = ln_bytes(body, got->offset + part->message->payload.len),
        .block1 = got->block,
    };
}

/* ---- Requests that come in blocks ---- */

/* Its new message id and token are what the answer is for from now on. */
static struct ln_client__taken repeat(struct ln_client *client, struct ln_client_server *server,
                                      const struct ln_coap_message *message,
                                      const struct ln_coap_block_received *got)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    struct ln_client__taken out = {.code = got->code, .block1 = got->block};

    if (t->waits) {
        return hold(client, server, message);
    }
    if (t->in.whole) {
        out.what = LN_TAKEN_REPEAT;
        out.bytes = ln_bytes(body_of(client, server), t->answer_len);
    }
    return out;
}

static void prepare(const struct ln_client *client, struct ln_client_transfer *t,
                    const struct ln_client__part *part)
{
    size_t body_size = client->config->blocks->body_size;

    t->in.largest = part->stream != NULL     ? UINT32_MAX
                    : body_size < UINT32_MAX ? (uint32_t)body_size
                                             : UINT32_MAX;
    t->in.exponent = ln_coap_block_fit(ln_client__datagram_size(client) - AROUND);
}

/* While a block is held the body cannot go on, but it may begin again. */
static bool is_too_early(const struct ln_client_transfer *t, struct ln_coap_block block)
{
    return t->waits && block.number > 0 && block.number != t->in.last.number;
}

static struct ln_client__taken take(struct ln_client *client, struct ln_client_server *server,
                                    ln_time now, const struct ln_client__part *part)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    struct ln_client__taken out = {.code = LN_COAP_4_08, .block1 = part->options->block1};

    if (is_too_early(t, part->options->block1)) {
        return out;
    }
    if (part->stream != NULL && is_held_by_another(client, server, now, part->path)) {
        out.what = LN_TAKEN_FAULT;
        out.err = LN_ERR_BUSY;
        return out;
    }
    prepare(client, t, part);
    struct ln_coap_block_received got = ln_coap_block_receive(
        &t->in, ln_client__coap(client), now, part->message, part->options);
    if (got.what == LN_COAP_RECEIVED_REPEAT) {
        return repeat(client, server, part->message, &got);
    }
    if (got.begins || t->in.until <= now) {
        (void)close_stream(client, t, false);
    }
    if (got.what == LN_COAP_RECEIVED_REFUSED) {
        out.code = got.code;
        out.size1 = got.size1;
        return out;
    }
    return part->stream != NULL ? take_into_stream(client, server, part, &got)
                                : take_into_body(client, server, part, &got);
}

static void keep_answer(struct ln_client *client, struct ln_client_server *server)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    struct ln_writer w = ln_writer(body_of(client, server), client->config->blocks->body_size);

    ln_write_bytes(&w, ln_bytes(server->answer, server->answer_len));
    t->answer_len = (uint16_t)w.written;
}

/* ---- Our object list ---- */

static uint32_t list_size(const struct ln_client *client, enum ln_version version)
{
    struct ln_writer w = ln_writer_window(NULL, 0, 0);

    ln_client__write_object_list(&w, client->config, version);
    return (uint32_t)w.written;
}

static void add_block(const struct ln_client *client, struct ln_client_transfer *t,
                      struct ln_coap_builder *b, enum ln_version version)
{
    struct ln_coap_block block = ln_coap_block_sender_next(&t->out);

    ln_coap_add_block(b, LN_COAP_BLOCK1, block);
    if (block.number == 0) {
        ln_coap_add_uint(b, LN_COAP_SIZE1, t->out.total);
    }
    t->sends_more = block.more;
    struct ln_writer room = ln_coap_payload_begin(b);
    struct ln_writer w =
        ln_writer_window(room.out, ln_coap_block_size(block), ln_coap_block_offset(block));
    if (room.size < ln_coap_block_size(block)) {
        ln_writer_fail(&w);
    }
    ln_client__write_object_list(&w, client->config, version);
    ln_coap_payload_end(b, &w);
}

/* A list that changes between two blocks begins again, for all blocks are to be of one list. */
static bool add_list(struct ln_client *client, struct ln_client_server *server,
                     struct ln_coap_builder *b, enum ln_version version)
{
    enum { BLOCK1_SIZE1_AND_MARKER = 4 + 6 + 1 };
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    uint32_t checksum = ln_client__object_list_checksum(client->config);
    size_t room = b->out.size - b->out.written;
    uint32_t total = list_size(client, version);

    if (!t->sends && total < room) {
        return false;
    }
    if (!t->sends || t->list_checksum != checksum) {
        size_t rest = room > BLOCK1_SIZE1_AND_MARKER ? room - BLOCK1_SIZE1_AND_MARKER : 0;
        uint8_t exponent = ln_coap_block_fit(rest);
        bool smaller = t->sends && t->out.exponent < exponent;
        ln_coap_block_sender_start(&t->out, total, smaller ? t->out.exponent : exponent);
        t->list_checksum = checksum;
        t->sends = true;
    }
    add_block(client, t, b, version);
    return true;
}

static enum ln_coap_block_step answered(struct ln_client *client,
                                        struct ln_client_server *server, uint8_t code,
                                        const struct ln_coap_options *options)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);

    if (!t->sends) {
        return LN_COAP_BLOCK_END;
    }
    return options == NULL ? ln_coap_block_sender_given_up(&t->out)
                           : ln_coap_block_sender_answered(&t->out, code, options);
}

const struct ln_client_blocks_calls ln_client_blocks_calls = {
    .take = take,
    .resume = resume,
    .keep_answer = keep_answer,
    .claim = claim,
    .drop = drop,
    .add_list = add_list,
    .answered = answered,
};
