/* A request's body in blocks: put together, or flowing into a stream as it comes. */

#include "client/blocks.h"
#include "client/data.h"
#include "codec/tlv_head.h"

static struct ln_client_transfer *transfer_of(const struct ln_client__request *r)
{
    return ln_client__transfer(r->client, r->server);
}

/* A writer over the whole place of the server's body. */
static struct ln_writer place_of(const struct ln_client__request *r)
{
    return ln_writer(ln_client__body(r->client, r->server),
                     r->client->config->blocks->body_size);
}

/* ---- Answers ---- */

/* The last block may come again when its answer was lost. */
static void keep_answer(const struct ln_client__request *r)
{
    struct ln_writer w = place_of(r);

    ln_write_bytes(&w, ln_bytes(r->server->answer, r->server->answer_len));
    transfer_of(r)->answer_len = (uint16_t)w.written;
}

/* As before, but for whoever asks this time. */
static void answer_again(const struct ln_client__request *r)
{
    struct ln_bytes kept =
        ln_bytes(ln_client__body(r->client, r->server), transfer_of(r)->answer_len);
    struct ln_coap_message before;

    if (ln_coap_parse(kept, &before) != LN_OK) {
        return;
    }
    struct ln_coap_option_cursor option = ln_coap_option_first(&before);
    struct ln_coap_builder b = ln_client__answer_begin(r, before.code);
    while (ln_coap_option_next(&option)) {
        ln_coap_add(&b, option.number, option.value);
    }
    ln_coap_add_payload(&b, before.payload);
    ln_client__answer_end(r, &b);
}

static void refuse_block(const struct ln_client__request *r,
                         const struct ln_coap_block_received *got)
{
    struct ln_coap_builder b = ln_client__answer_begin(r, got->code);

    ln_coap_add_block(&b, LN_COAP_BLOCK1, got->block);
    if (got->size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, got->size1);
    }
    ln_client__answer_end(r, &b);
    r->client->stats.refused_requests++;
}

/* ---- Streams ---- */

/* Where the value of a stream stands in the body that brings it. */
struct flow {
    const struct ln_resource *row; /* NULL: the body goes to no stream */
    uint32_t at;
    uint32_t len; /* 0: all that follows */
    uint32_t size_hint;
};

static bool is_stream(const struct ln_resource *row)
{
    return row != NULL && row->place == LN_PLACE_STREAM && (row->operations & LN_WRITE) != 0;
}

/* One value and nothing else, perhaps in its instance: a first block of 16 bytes has all the heads. */
static struct flow flow_in_tlv(const struct ln_client__request *r)
{
    const struct ln_path *path = &r->operation.path;
    struct ln_reader in = ln_reader(r->message->payload);
    enum ln_tlv_kind kind;
    uint16_t id;
    size_t len = ln_codec__read_tlv_head(&in, &kind, &id);

    if (kind == LN_TLV_INSTANCE && id == r->instance_id) {
        len = ln_codec__read_tlv_head(&in, &kind, &id);
    }
    const struct ln_resource *row = ln_object_resource(r->entry->object, id);
    bool fits = kind == LN_TLV_RESOURCE && (path->depth == 2 || path->id[2] == id);

    if (in.failed || !fits || !is_stream(row)) {
        return (struct flow){0};
    }
    return (struct flow){row, (uint32_t)(in.at - r->message->payload.at), (uint32_t)len,
                         (uint32_t)len};
}

/* What a block belongs to: the first one says it, and those that follow go where that went. */
static struct flow flow_of(const struct ln_client__request *r)
{
    const struct ln_client_transfer *t = ln_client__transfer(r->client, r->server);
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.format);
    bool is_replaced = r->operation.kind == LN_OPERATION_WRITE;

    if (r->options.block1.number > 0 && t->stream != NULL) {
        return (struct flow){.row = ln_object_resource(r->entry->object, t->path.id[2])};
    }
    if (is_replaced && is_stream(r->row) && r->operation.format == LN_FORMAT_OPAQUE) {
        return (struct flow){.row = r->row, .size_hint = r->options.size1};
    }
    if (format != NULL && format->id == LN_FORMAT_TLV && r->operation.path.depth < 4 &&
        (is_replaced || r->operation.kind == LN_OPERATION_WRITE_PARTIAL)) {
        return flow_in_tlv(r);
    }
    return (struct flow){0};
}

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

void ln_client__drop_body(struct ln_client *client, struct ln_client_server *server)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);

    (void)close_stream(client, t, false);
    ln_coap_block_receiver_drop(&t->in);
}

static bool flows_into(const struct ln_client_transfer *t, const struct ln_path *path)
{
    return t->stream != NULL && t->path.depth == path->depth &&
           ln_path_is_within(path, &t->path);
}

/* What has come to an end by time makes way. */
static bool is_held_by_another(const struct ln_client__request *r,
                               const struct ln_resource *row)
{
    struct ln_path path = ln_path_resource(r->entry->object->id, r->instance_id, row->id);

    for (size_t i = 0; i < r->client->config->server_count; i++) {
        struct ln_client_server *holder = &r->client->config->servers[i];
        const struct ln_client_transfer *t = ln_client__transfer(r->client, holder);

        if (holder == r->server || !flows_into(t, &path)) {
            continue;
        }
        if (r->now < t->in.until) {
            return true;
        }
        ln_client__drop_body(r->client, holder);
    }
    return false;
}

/* What is written in one piece takes the place of what flowed in blocks. */
static ln_err claim_stream(const struct ln_client__request *r)
{
    if (r->operation.kind != LN_OPERATION_WRITE || !is_stream(r->row)) {
        return LN_OK;
    }
    if (is_held_by_another(r, r->row) || !ln_client__can_tell(r->client)) {
        return LN_ERR_BUSY;
    }
    if (flows_into(transfer_of(r), &r->operation.path)) {
        ln_client__drop_body(r->client, r->server);
    }
    return LN_OK;
}

/* The stream has taken the block, or refused it: what that means for the body, and the answer. */
static void finish_block(const struct ln_client__request *r, ln_err err)
{
    struct ln_client_transfer *t = transfer_of(r);
    bool last = !t->in.last.more;

    if (err == LN_OK && !last) {
        ln_client__answer(r, LN_COAP_2_31);
        return;
    }
    ln_err ended = close_stream(r->client, t, err == LN_OK);
    err = err == LN_OK ? ended : err;
    if (err == LN_OK) {
        ln_client__tell(r->client, r->server, LN_CLIENT_WRITTEN, &t->path);
        ln_client__answer(r, LN_COAP_2_04);
    } else {
        ln_client__refuse(r, err);
    }
    if (last) {
        keep_answer(r);
    } else {
        ln_coap_block_receiver_drop(&t->in);
    }
}

/* The block waits in the place of the body, and its request for an answer. */
static void hold(const struct ln_client__request *r)
{
    struct ln_client_transfer *t = transfer_of(r);
    struct ln_writer w = place_of(r);

    ln_write_bytes(&w, r->message->payload);
    if (w.failed) {
        finish_block(r, LN_ERR_BUSY);
        return;
    }
    t->held = (uint16_t)w.written;
    t->waits = true;
    t->type = (uint8_t)r->message->type;
    t->id = r->message->id;
    t->token = r->message->token;
}

/* What of a block is of the value. False: the body does not end where the value does. */
static bool cut(const struct ln_client_transfer *t, struct ln_bytes *bytes, uint32_t *offset)
{
    uint32_t begins = ln_coap_block_offset(t->in.last);
    uint32_t ends = begins + (uint32_t)bytes->len;
    uint32_t all = t->value_at + t->value_len;
    uint32_t skip = begins == 0 ? t->value_at : 0;

    *offset = begins + skip - t->value_at;
    *bytes = ln_bytes(bytes->at + skip, bytes->len - skip);
    return t->value_at == 0 || (t->in.last.more ? ends <= all : ends == all);
}

/* A body that ends with an empty block is whole by that; one that is empty is given as such. */
static ln_err feed(const struct ln_client_transfer *t, void *instance, struct ln_bytes bytes)
{
    uint32_t offset;

    if (!cut(t, &bytes, &offset)) {
        return LN_ERR_BAD_PAYLOAD;
    }
    return bytes.len == 0 && offset > 0 ? LN_OK : t->stream->chunk(instance, offset, bytes);
}

static void take_into_stream(const struct ln_client__request *r, const struct flow *flow,
                             bool begins)
{
    struct ln_client_transfer *t = transfer_of(r);
    ln_err err = LN_OK;

    if (begins) {
        err = flow->row->at.stream->begin(r->instance, flow->size_hint);
        t->stream = err == LN_OK ? flow->row->at.stream : NULL;
        t->path = ln_path_resource(r->entry->object->id, r->instance_id, flow->row->id);
        t->value_at = flow->at;
        t->value_len = flow->len;
    }
    if (err == LN_OK) {
        err = feed(t, r->instance, r->message->payload);
        if (err == LN_ERR_BUSY) {
            hold(r);
            return;
        }
    }
    finish_block(r, err);
}

/* What a busy stream takes now is answered to the latest request with that block. */
void ln_client__resume_block(struct ln_client *client, struct ln_client_server *server,
                             ln_time now)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    struct ln_coap_message message = {
        .type = (enum ln_coap_type)t->type, .id = t->id, .token = t->token};
    const struct ln_client__request r = {.client = client,
                                         .server = server,
                                         .now = now,
                                         .message = &message,
                                         .operation.path = t->path,
                                         .block1 = t->in.last};
    void *instance = stream_instance(client, t);
    ln_err err = LN_ERR_NOT_FOUND;

    t->resumes = false;
    if (instance != NULL) {
        err = feed(t, instance, ln_bytes(ln_client__body(client, server), t->held));
    }
    if (err != LN_ERR_BUSY) {
        t->waits = false;
        finish_block(&r, err);
    }
}

/* ---- Bodies that are put together ---- */

static void take_into_body(struct ln_client__request *r,
                           const struct ln_coap_block_received *got)
{
    struct ln_bytes part = r->message->payload;
    uint8_t *body = ln_client__body(r->client, r->server);
    /* The receiver has made sure that it ends within. */
    struct ln_writer w = ln_writer(body + got->offset, part.len);

    ln_write_bytes(&w, part);
    if (got->what == LN_COAP_RECEIVED_BLOCK) {
        ln_client__answer(r, got->code);
        return;
    }
    r->operation.payload = ln_bytes(body, got->offset + part.len);
    ln_err err = ln_client__perform(r);
    if (err != LN_OK) {
        ln_client__refuse(r, err);
    }
    keep_answer(r);
}

/* ---- Blocks ---- */

/* A repeat's new message id and token are what the answer is for from now on. */
static void repeat(const struct ln_client__request *r, const struct ln_coap_block_received *got)
{
    const struct ln_client_transfer *t = transfer_of(r);

    if (t->waits) {
        hold(r);
    } else if (t->in.whole) {
        answer_again(r);
    } else {
        ln_client__answer(r, got->code);
    }
}

/* While a block is held the body cannot go on, but it may begin again. */
static bool is_too_early(const struct ln_client_transfer *t, struct ln_coap_block block)
{
    return t->waits && block.number > 0 && block.number != t->in.last.number;
}

static struct ln_coap_block_received receive(const struct ln_client__request *r, bool flows)
{
    struct ln_client_transfer *t = transfer_of(r);
    size_t body_size = r->client->config->blocks->body_size;
    bool bounded = !flows && body_size < UINT32_MAX;

    t->in.largest = bounded ? (uint32_t)body_size : UINT32_MAX;
    t->in.exponent = ln_client__largest_block(r->client);
    return ln_coap_block_receive(&t->in, ln_client__coap(r->client), r->now, r->message,
                                 &r->options);
}

static ln_err take(struct ln_client__request *r)
{
    struct ln_client_transfer *t = transfer_of(r);
    struct flow flow = flow_of(r);
    bool flows = flow.row != NULL;

    if (flows && is_held_by_another(r, flow.row)) {
        return LN_ERR_BUSY;
    }
    if (is_too_early(t, r->options.block1)) {
        return LN_ERR_INCOMPLETE;
    }
    struct ln_coap_block_received got = receive(r, flows);
    r->block1 = got.block;
    if (got.what == LN_COAP_RECEIVED_REPEAT) {
        repeat(r, &got);
        return LN_OK;
    }
    if (got.begins) {
        (void)close_stream(r->client, t, false);
    }
    if (got.what == LN_COAP_RECEIVED_REFUSED) {
        refuse_block(r, &got);
    } else if (flows) {
        take_into_stream(r, &flow, got.begins);
    } else {
        take_into_body(r, &got);
    }
    return LN_OK;
}

static bool comes_in_blocks(const struct ln_client__request *r)
{
    switch (r->operation.kind) {
    case LN_OPERATION_WRITE:
    case LN_OPERATION_WRITE_PARTIAL:
    case LN_OPERATION_CREATE:
    case LN_OPERATION_EXECUTE:
        return r->options.block1.present;
    default:
        return false;
    }
}

/* What could not be carried out anyhow is refused with the first block. */
ln_err ln_client__serve_block(struct ln_client__request *r, bool *served)
{
    bool is_format_known =
        ln_format_find(r->client->config->formats, r->operation.format) != NULL;
    bool writes =
        r->operation.kind != LN_OPERATION_EXECUTE && r->operation.kind != LN_OPERATION_CREATE;

    if (!comes_in_blocks(r)) {
        return claim_stream(r);
    }
    *served = true;
    if (writes && r->row != NULL && (r->row->operations & LN_WRITE) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (writes && !is_format_known) {
        return LN_ERR_BAD_FORMAT;
    }
    if (!r->options.block1.more && !ln_client__can_tell(r->client)) {
        return LN_ERR_BUSY;
    }
    return take(r);
}
