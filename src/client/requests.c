/* Serving a server's requests: what is asked, whether it may be, and the answer. */

#include "client/requests.h"

#include "client/blocks.h"
#include "client/data.h"
#include "client/link_list.h"

static enum ln_version version_of(const struct ln_client__request *r)
{
    return (enum ln_version)r->server->version;
}

/* ---- Answers ---- */

struct ln_coap_builder ln_client__answer_begin(const struct ln_client__request *r, uint8_t code)
{
    return ln_coap_answer(r->server->answer, ln_client__datagram_size(r->client), r->message,
                          code, r->message->type == LN_COAP_CON ? 0 : r->client->next_id++);
}

void ln_client__answer_end(const struct ln_client__request *r, const struct ln_coap_builder *b)
{
    r->server->answer_len = (uint16_t)ln_coap_finish(b);
    r->server->answer_due = r->server->answer_len > 0;
}

/* RFC 7959 §2.3: the answer says which block it is for. */
static void add_block1(const struct ln_client__request *r, struct ln_coap_builder *b)
{
    if (r->block1.present) {
        ln_coap_add_block(b, LN_COAP_BLOCK1, r->block1);
    }
}

void ln_client__answer(const struct ln_client__request *r, uint8_t code)
{
    struct ln_coap_builder b = ln_client__answer_begin(r, code);

    add_block1(r, &b);
    ln_client__answer_end(r, &b);
}

void ln_client__refuse(const struct ln_client__request *r, ln_err err)
{
    r->client->stats.refused_requests++;
    ln_client__answer(r, ln_coap_code_of(err));
}

/* ---- Answers with a body, which may be longer than a datagram ---- */

struct body {
    uint16_t format;
    ln_err (*write)(const struct ln_client__request *r, struct ln_writer *w);
};

struct measure {
    size_t whole;
    uint32_t checksum;
};

/* Writes all of it, a window at a time, into the place where the answer will stand. */
static ln_err measure(const struct ln_client__request *r, const struct body *body,
                      struct measure *out)
{
    size_t size = ln_client__datagram_size(r->client);
    size_t skip = 0;

    *out = (struct measure){0};
    do {
        struct ln_writer w = ln_writer_window(r->server->answer, size, skip);
        ln_err err = body->write(r, &w);
        if (err != LN_OK || w.failed) {
            return err != LN_OK ? err : LN_ERR_NOT_ACCEPTABLE;
        }
        out->checksum = (out->checksum * UINT32_C(16777619)) ^ ln_checksum(ln_writer_bytes(&w));
        out->whole = w.written;
        skip += size;
    } while (skip < out->whole);
    return LN_OK;
}

/* Each block is cut from the whole anew: nothing is kept between them (RFC 7959 §2.6 ETag). */
static ln_err answer_body(const struct ln_client__request *r, const struct body *body)
{
    uint8_t largest = ln_coap_block_fit(ln_client__datagram_size(r->client) - LN_CLIENT_AROUND);
    struct ln_coap_block block;
    struct measure measured;
    ln_err err = measure(r, body, &measured);

    if (err == LN_OK) {
        err =
            ln_coap_block_window(r->options.block2, largest, (uint32_t)measured.whole, &block);
    }
    if (err != LN_OK) {
        return err;
    }
    size_t size = ln_coap_block_size(block);
    size_t skip = ln_coap_block_offset(block);
    bool one_of_many = block.more || block.number > 0;
    struct ln_coap_builder b = ln_client__answer_begin(r, LN_COAP_2_05);
    if (one_of_many) {
        ln_coap_add_uint(&b, LN_COAP_ETAG, measured.checksum);
    }
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, body->format);
    if (block.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    }
    add_block1(r, &b);
    if (one_of_many && block.number == 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE2, (uint32_t)measured.whole);
    }
    struct ln_writer room = ln_coap_payload_begin(&b);
    struct ln_writer w = ln_writer_window(room.out, size < room.size ? size : room.size, skip);
    err = body->write(r, &w);
    ln_coap_payload_end(&b, &w);
    ln_client__answer_end(r, &b);
    return err;
}

/* ---- Read and Discover ---- */

static ln_err write_values(const struct ln_client__request *r, struct ln_writer *w)
{
    struct ln_client__scope scope = {r->client->config, r->operation.path};
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.accept);

    return ln_encode(format, w, scope.path, ln_client__records(&scope));
}

/* Without Accept the choice is ours: from 1.1 on what a value looks like as text or bytes. */
static uint16_t preferred_format(const struct ln_client__request *r)
{
    const struct ln_format *const *formats = r->client->config->formats;
    uint8_t depth = r->operation.path.depth;
    bool one = depth == 4 || (depth == 3 && (r->row->operations & LN_MANY) == 0);
    uint16_t simple = LN_FORMAT_TLV;

    if (one && version_of(r) > LN_VERSION_1_0) {
        simple = r->row->type == LN_OPAQUE ? LN_FORMAT_OPAQUE : LN_FORMAT_TEXT;
    }
    if (ln_format_find(formats, simple) != NULL) {
        return simple;
    }
    while (*formats != NULL && (*formats)->one_value) {
        formats++;
    }
    return *formats == NULL ? LN_FORMAT_NONE : (*formats)->id;
}

static ln_err read_values(struct ln_client__request *r)
{
    struct ln_value value;
    uint16_t id = r->operation.path.id[3];

    if (r->row != NULL && (r->row->operations & LN_READ) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (r->operation.path.depth == 4 &&
        (ln_client__next_value(r->entry->object, r->row, r->instance, &id, &value) != LN_OK ||
         id != r->operation.path.id[3])) {
        return LN_ERR_NOT_FOUND;
    }
    if (r->operation.accept == LN_FORMAT_NONE) {
        r->operation.accept = preferred_format(r);
    }
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.accept);
    if (format == NULL) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    return answer_body(r, &(struct body){format->id, write_values});
}

static ln_err write_links(const struct ln_client__request *r, struct ln_writer *w)
{
    ln_client__write_discover(w, r->client->config, version_of(r), r->operation.path);
    return LN_OK;
}

static ln_err discover(struct ln_client__request *r)
{
    return answer_body(r, &(struct body){LN_FORMAT_LINK, write_links});
}

/* ---- Write and Create ---- */

static ln_err store(struct ln_client__request *r, uint16_t id, bool must_be_whole)
{
    struct ln_client__write write = {
        .config = r->client->config,
        .entry = r->entry,
        .instance = r->instance,
        .id = id,
        .version = version_of(r),
        .kind = r->operation.kind,
        .path = r->operation.path,
        .format = ln_format_find(r->client->config->formats, r->operation.format),
        .payload = r->operation.payload,
        .scratch = &r->client->scratch,
        .must_be_whole = must_be_whole,
    };

    return write.format == NULL ? LN_ERR_BAD_FORMAT : ln_client__store(&write);
}

static ln_err write_values_of(struct ln_client__request *r)
{
    struct ln_value value;
    uint16_t id = r->operation.path.id[3];

    if (r->row != NULL && (r->row->operations & LN_WRITE) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (r->operation.path.depth == 4 &&
        (ln_client__next_value(r->entry->object, r->row, r->instance, &id, &value) != LN_OK ||
         id != r->operation.path.id[3])) {
        return LN_ERR_NOT_FOUND;
    }
    ln_err err = store(r, r->operation.path.id[1], false);
    if (err == LN_OK) {
        ln_client__tell(r->client, r->server, LN_CLIENT_WRITTEN, r->operation.path);
        ln_client__answer(r, LN_COAP_2_04);
    }
    return err;
}

/* The instance that the payload names, or else the lowest free one. */
static ln_err instance_to_create(struct ln_client__request *r, uint16_t *id)
{
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.format);
    struct ln_types types = ln_client__types(r->client->config);
    struct ln_decoder in;
    struct ln_record record;
    uint16_t named = LN_ID_NONE;

    if (format == NULL && r->operation.payload.len > 0) {
        return LN_ERR_BAD_FORMAT;
    }
    if (format != NULL) {
        ln_arena_reset(&r->client->scratch);
        ln_decoder_init(&in, format, r->operation.path, r->operation.payload, &types,
                        &r->client->scratch);
        for (bool first = true; ln_decode(&in, &record); first = false) {
            if (!first && record.path.id[1] != named) {
                return LN_ERR_BAD_REQUEST; /* several at once */
            }
            named = record.path.id[1];
        }
        if (in.err != LN_OK) {
            return in.err;
        }
    }
    *id = named == LN_ID_NONE ? 0 : named;
    while (ln_client__instance(r->entry, *id) != NULL) {
        if (named != LN_ID_NONE) {
            return LN_ERR_EXISTS;
        }
        (*id)++;
    }
    return LN_OK;
}

/* spec: CORE-1.1.1 §6.3.7 Create: from 1.1 on the new values may be left out, all together. */
static ln_err fill(struct ln_client__request *r, uint16_t id)
{
    bool empty = r->operation.payload.len == 0;

    if (empty && version_of(r) > LN_VERSION_1_0) {
        return LN_OK;
    }
    return empty ? LN_ERR_BAD_REQUEST : store(r, id, true);
}

/* Server accounts come and go by bootstrap only: half of one is in object 0. */
static bool is_fixed(const struct ln_client__request *r)
{
    return ln_object_is_single(r->entry->object) || r->entry->object->id == 1;
}

static ln_err create(struct ln_client__request *r)
{
    const struct ln_object_calls *calls = r->entry->object->calls;
    uint16_t id;

    if (is_fixed(r) || calls->create == NULL || calls->remove == NULL) {
        return LN_ERR_NOT_ALLOWED;
    }
    ln_err err = instance_to_create(r, &id);
    if (err != LN_OK) {
        return err;
    }
    r->instance = calls->create(r->entry->store, id);
    if (r->instance == NULL) {
        return LN_ERR_NO_SPACE;
    }
    err = fill(r, id);
    if (err != LN_OK) {
        (void)calls->remove(r->entry->store, id);
        return err;
    }
    struct ln_path path = ln_path_add(r->operation.path, id);
    struct ln_coap_builder b = ln_client__answer_begin(r, LN_COAP_2_01);
    ln_coap_add_path(&b, LN_COAP_LOCATION_PATH, path);
    add_block1(r, &b);
    ln_client__answer_end(r, &b);
    ln_client__tell(r->client, r->server, LN_CLIENT_CREATED, path);
    return LN_OK;
}

static ln_err delete (struct ln_client__request *r)
{
    const struct ln_object_calls *calls = r->entry->object->calls;

    if (is_fixed(r) || calls->remove == NULL) {
        return LN_ERR_NOT_ALLOWED;
    }
    ln_err err = calls->remove(r->entry->store, r->operation.path.id[1]);
    if (err == LN_OK) {
        ln_client__tell(r->client, r->server, LN_CLIENT_DELETED, r->operation.path);
        ln_client__answer(r, LN_COAP_2_02);
    }
    return err;
}

/* ---- Execute ---- */

static struct ln_client_server *server_of_instance(const struct ln_client *client, uint16_t id)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        struct ln_client_server *server = &client->config->servers[i];
        if (server->in_use && server->server_instance == id) {
            return server;
        }
    }
    return NULL;
}

/* What the Server object's executables mean is ours to do, once the answer has left. */
static void execute_on_server(const struct ln_client__request *r)
{
    enum { DISABLE = 4, UPDATE = 8 };
    struct ln_client_server *server = server_of_instance(r->client, r->operation.path.id[1]);

    if (server != NULL) {
        server->wants_disable |= r->row->id == DISABLE;
        server->wants_update |= r->row->id == UPDATE;
    }
}

static ln_err execute(struct ln_client__request *r)
{
    uint16_t format = r->operation.format;
    struct ln_bytes arguments = r->operation.payload;

    if ((r->row->operations & LN_EXECUTE) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (format != LN_FORMAT_NONE && format != LN_FORMAT_TEXT) {
        return LN_ERR_BAD_FORMAT;
    }
    if (!ln_arguments_valid(arguments)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (r->row->at.execute != NULL) {
        ln_err err = r->row->at.execute(r->instance, arguments);
        if (err != LN_OK) {
            return err;
        }
    }
    if (r->entry->object == &ln_server_object) {
        execute_on_server(r);
    } else {
        ln_client__tell(r->client, r->server, LN_CLIENT_EXECUTED, r->operation.path);
    }
    ln_client__answer(r, LN_COAP_2_04);
    return LN_OK;
}

/* ---- The order of checks. spec: CORE-1.1.1 §6.3, TRANSPORT-1.1.1 §6.4.3 ---- */

static ln_err find_target(struct ln_client__request *r)
{
    struct ln_path path = r->operation.path;
    bool writes = r->operation.kind == LN_OPERATION_WRITE;

    r->entry = ln_client__entry(r->client->config, path.id[0]);
    if (r->entry == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (path.depth >= 2) {
        r->instance = ln_client__instance(r->entry, path.id[1]);
        if (r->instance == NULL) {
            return LN_ERR_NOT_FOUND;
        }
    }
    if (path.depth >= 3) {
        r->row = ln_object_resource(r->entry->object, path.id[2]);
        if (r->row == NULL ||
            (!writes && !ln_client__is_there(r->entry->object, r->row, r->instance))) {
            return LN_ERR_NOT_FOUND;
        }
    }
    return LN_OK;
}

ln_err ln_client__perform(struct ln_client__request *r)
{
    switch (r->operation.kind) {
    case LN_OPERATION_READ:
        return read_values(r);
    case LN_OPERATION_DISCOVER:
        return discover(r);
    case LN_OPERATION_WRITE:
    case LN_OPERATION_WRITE_PARTIAL:
        return write_values_of(r);
    case LN_OPERATION_EXECUTE:
        return execute(r);
    case LN_OPERATION_CREATE:
        return create(r);
    case LN_OPERATION_DELETE:
        return delete (r);
    default:
        return LN_ERR_NOT_IMPLEMENTED;
    }
}

static ln_err carry_out(struct ln_client__request *r)
{
    const struct ln_path *path = &r->operation.path;
    ln_err err = ln_operation_read(r->message, &r->options, &r->operation);

    if (path->depth > 0 && !ln_client__object_is_visible(path->id[0])) {
        return LN_ERR_UNAUTHORIZED;
    }
    if (err == LN_ERR_NOT_FOUND || path->depth == 0) {
        return err == LN_OK ? LN_ERR_NOT_ALLOWED : err;
    }
    ln_err found = find_target(r);
    if (found != LN_OK || err != LN_OK) {
        return found != LN_OK ? found : err;
    }
    if (!ln_operation_fits(r->operation.kind, *path, version_of(r)) ||
        (path->depth == 4 && (r->row->operations & LN_MANY) == 0)) {
        return LN_ERR_NOT_ALLOWED;
    }
    const struct ln_client_blocks *blocks = r->client->config->blocks;
    bool served = false;
    err = blocks == NULL ? LN_OK : blocks->calls->serve(r, &served);
    if (err != LN_OK || served) {
        return err;
    }
    if (r->options.block1.more || r->options.block1.number > 0) {
        return LN_ERR_TOO_LARGE;
    }
    if (ln_client__changes(r) && !ln_client__can_tell(r->client)) {
        return LN_ERR_BUSY;
    }
    return ln_client__perform(r);
}

void ln_client__serve(struct ln_client *client, struct ln_client_server *server, ln_time now,
                      const struct ln_coap_message *message)
{
    struct ln_client__request r = {
        .client = client, .server = server, .message = message, .now = now};
    ln_err err = ln_coap_options(message, &r.options);

    server->answer_len = 0;
    /* RFC 7252 §5.4.1: a request that nobody confirms is not told of its critical options. */
    if (err != LN_OK && message->type != LN_COAP_CON) {
        return;
    }
    if (err == LN_OK) {
        r.block1 = r.options.block1;
        err = carry_out(&r);
    }
    if (err != LN_OK) {
        ln_client__refuse(&r, err);
    }
}
