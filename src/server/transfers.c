/* The bodies of operations, block by block: what is sent next, and what an answer means. */

#include "engine.h"

#include <assert.h>

static const struct ln_server_stream no_stream;

static bool is_get(const struct operation *operation)
{
    return ln_operation_code(operation->what.kind) == LN_COAP_GET;
}

/* Execute, Create and partial Write: what was carried out must not be again. */
static bool is_once(const struct operation *operation)
{
    return ln_operation_code(operation->what.kind) == LN_COAP_POST;
}

static uint32_t block_size(const struct ln_server *server)
{
    return UINT32_C(16) << server->block_exponent;
}

bool ln_server__needs_blocks(const struct ln_server *server, struct ln_bytes payload)
{
    return payload.len > block_size(server);
}

struct transfer *ln_server__transfer_of_asking(struct event_node *node)
{
    return (struct transfer *)(void *)node; /* it stands first */
}

/* ---- Bytes ---- */

static ln_err reserve(struct ln_server *server, struct transfer *t, size_t size)
{
    return ln_server__reserve(server, &t->bytes, &t->size, t->length, size);
}

static ln_err reserve_more(struct ln_server *server, struct transfer *t, size_t size)
{
    size_t bound = server->max_body + (size_t)LN_SERVER_DATAGRAM_MAX;

    return reserve(server, t, ln_server__room_for(t->size, size, bound));
}

/* What comes behind the bytes that are there: reserve() has made room. */
static void append(struct transfer *t, struct ln_bytes bytes)
{
    if (bytes.len > 0) {
        struct ln_writer w = ln_writer(&t->bytes[t->length], t->size - t->length);
        ln_write_bytes(&w, bytes);
        assert(!w.failed);
        t->length += bytes.len;
    }
}

/* ---- Made and freed ---- */

/* What was not asked for in blocks comes in those that the device likes. */
static void start_fetching(const struct ln_server *server, struct transfer *t, bool has_asked)
{
    bool asks = has_asked && server->block_exponent < LN_COAP_BLOCK_LARGEST;

    ln_coap_block_fetcher_start(&t->in, t->takes ? UINT32_MAX : server->max_body,
                                asks ? server->block_exponent : LN_COAP_BLOCK_ANY);
    t->fetches = true;
}

static struct transfer *make(struct ln_server *server, struct operation *operation,
                             const struct ln_server_stream *stream)
{
    struct transfer *t = ln_server__allocate(server, sizeof(*t));

    if (t != NULL) {
        *t = (struct transfer){
            .operation = operation,
            .supplied = stream->supplies,
            .takes = stream->takes,
            .rewinds = stream->rewinds || stream->read != NULL,
            .read = stream->read,
            .read_context = stream->read_context,
            .read_id = stream->read_id,
        };
    }
    return t;
}

struct transfer *ln_server__transfer_new(struct ln_server *server, struct operation *operation,
                                         struct ln_bytes payload,
                                         const struct ln_server_stream *stream)
{
    struct transfer *t = make(server, operation, stream == NULL ? &no_stream : stream);
    bool supplied = t != NULL && t->supplied;

    if (t == NULL) {
        return NULL;
    }
    if (reserve(server, t, supplied ? block_size(server) : payload.len) != LN_OK) {
        ln_server__transfer_free(server, t);
        return NULL;
    }
    t->sends = supplied || payload.len > 0;
    if (!supplied) {
        append(t, payload);
        t->ends = true;
    }
    if (is_get(operation)) {
        start_fetching(server, t, true);
    }
    ln_coap_block_sender_start(&t->out, supplied ? stream->size : (uint32_t)payload.len,
                               server->block_exponent);
    return t;
}

void ln_server__transfer_free(struct ln_server *server, struct transfer *t)
{
    if (t != NULL) {
        ln_server__release(server, t->bytes);
        ln_server__release(server, t);
    }
}

bool ln_server__is_stream(const struct transfer *t)
{
    return t->supplied || t->takes;
}

struct ln_bytes ln_server__transfer_payload(const struct transfer *t)
{
    bool holds_it = t->sends && !t->supplied;

    return holds_it ? ln_bytes(t->bytes, t->length) : (struct ln_bytes){0};
}

struct transfer *ln_server__transfer_make(struct ln_server *server, struct operation *operation)
{
    return make(server, operation, &no_stream);
}

/* ---- Requests ---- */

/* A body that fits goes as if there were no blocks. */
static bool is_in_blocks(const struct transfer *t)
{
    return t->out.offset > 0 || ln_coap_block_sender_next(&t->out).more;
}

/* The bytes of the block that is due. */
static struct ln_bytes block_bytes(const struct transfer *t)
{
    size_t size = ln_coap_block_size(ln_coap_block_sender_next(&t->out));
    size_t at = t->out.offset - t->start;
    size_t left = t->length - at;

    return ln_bytes(&t->bytes[at], left < size ? left : size);
}

static void add_block_of_request(struct ln_coap_builder *b, const struct transfer *t)
{
    if (is_in_blocks(t)) {
        ln_coap_add_block(b, LN_COAP_BLOCK1, ln_coap_block_sender_next(&t->out));
        if (t->out.offset == 0 && t->out.total != LN_COAP_BODY_UNKNOWN) {
            ln_coap_add_uint(b, LN_COAP_SIZE1, t->out.total);
        }
    }
    ln_coap_add_payload(b, block_bytes(t));
}

static void ask_for_block(struct ln_coap_builder *b, const struct transfer *t)
{
    struct ln_coap_block block = ln_coap_block_fetcher_next(&t->in);

    if (block.present) {
        ln_coap_add_block(b, LN_COAP_BLOCK2, block);
    }
}

size_t ln_server__transfer_write(const struct ln_server *server,
                                 const struct operation *operation, void *buffer, size_t size)
{
    const struct transfer *t = operation->transfer;
    struct ln_coap_token token = ln_server__token_of(server, operation);
    uint8_t head[LN_SERVER_DATAGRAM_MAX];
    struct ln_coap_message first;
    size_t length = ln_server__operation_write_head(server, operation, head, sizeof(head));

    if (ln_coap_parse(ln_bytes(head, length), &first) != LN_OK) {
        return 0; /* never: it is ours */
    }
    struct ln_coap_option_cursor option = ln_coap_option_first(&first);
    struct ln_coap_builder b =
        ln_coap_start(buffer, size, LN_COAP_CON, first.code, operation->exchange.id, &token);
    while (ln_coap_option_next(&option) && option.number < LN_COAP_BLOCK2) {
        ln_coap_add(&b, option.number, option.value);
    }
    if (t->sends) {
        add_block_of_request(&b, t);
    } else {
        ask_for_block(&b, t);
    }
    return ln_coap_finish(&b);
}

/* ---- The app's part ---- */

/* Until the app answers nothing is sent; it has as long as the device remembers. */
static void ask_app(struct ln_server *server, struct operation *operation,
                    enum ln_server_event_kind what)
{
    struct transfer *t = operation->transfer;

    t->waits = true;
    t->is_queued = true;
    operation->exchange = (struct ln_coap_exchange){.id = operation->exchange.id};
    ln_wheel_set(&server->exchanges, &operation->timer,
                 ln_time_after(server->now, server->exchange_lifetime));
    ln_server__event_push(server, &t->asking, what);
}

bool ln_server__transfer_waits(const struct operation *operation)
{
    return operation->transfer != NULL && operation->transfer->waits;
}

/* Whether the block that is due is here. */
static bool is_at_hand(const struct transfer *t)
{
    size_t size = ln_coap_block_size(ln_coap_block_sender_next(&t->out));
    size_t end = t->start + t->length;

    return t->out.offset >= t->start && (t->ends || t->out.offset + size <= end) &&
           t->out.offset <= end;
}

/* The block that is due, from where the app has it. */
static bool read_block(struct transfer *t)
{
    uint32_t size = ln_server__transfer_wants(t);

    if (!t->read(t->read_context, t->read_id, t->out.offset, t->bytes, size)) {
        return false;
    }
    t->length = size;
    t->ends = t->out.offset + size == t->out.total;
    return true;
}

static void send_next(struct ln_server *server, struct operation *operation)
{
    struct transfer *t = operation->transfer;
    bool at_hand = !t->sends || is_at_hand(t);

    if (!at_hand) {
        t->start = t->out.offset;
        t->length = 0;
        t->ends = false;
    }
    if (!at_hand && t->read == NULL) {
        ask_app(server, operation, LN_SERVER_WANTS);
    } else if (at_hand || read_block(t)) {
        ln_server__exchange_begin(server, operation);
    } else {
        ln_server__operation_end(server, operation, LN_OUTCOME_INCOMPLETE);
    }
}

void ln_server__transfer_begin(struct ln_server *server, struct operation *operation)
{
    send_next(server, operation);
}

static struct operation *waiting(struct ln_server *server, uint64_t id,
                                 enum ln_server_event_kind what)
{
    struct operation *operation = ln_server__operation_of_id(server, id);
    bool waits = operation != NULL && ln_server__transfer_waits(operation) &&
                 !operation->transfer->is_queued && operation->transfer->asking.kind == what;

    return waits ? operation : NULL;
}

uint32_t ln_server__transfer_wants(const struct transfer *t)
{
    uint32_t size = ln_coap_block_size(ln_coap_block_sender_next(&t->out));
    uint32_t left = t->out.total - t->out.offset;

    return left < size ? left : size;
}

/* Whether these are the bytes that were asked for. */
static bool is_fitting(const struct transfer *t, size_t length, bool last)
{
    size_t size = ln_coap_block_size(ln_coap_block_sender_next(&t->out));
    bool is_total = (size_t)t->out.offset + length == t->out.total;

    if (t->out.total != LN_COAP_BODY_UNKNOWN && last != is_total) {
        return false;
    }
    return last ? length <= size : length == size;
}

ln_err ln_server_supply(struct ln_server *server, ln_time now, uint64_t id,
                        struct ln_bytes bytes, bool last)
{
    ln_server__advance(server, now);
    if (ln_server__operation_of_id(server, id) == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    struct operation *operation = waiting(server, id, LN_SERVER_WANTS);
    if (operation == NULL || !is_fitting(operation->transfer, bytes.len, last)) {
        return LN_ERR_BAD_REQUEST;
    }
    struct transfer *t = operation->transfer;
    append(t, bytes);
    t->waits = false;
    t->ends = last;
    if (last) {
        t->out.total = t->out.offset + (uint32_t)bytes.len;
    }
    ln_server__exchange_begin(server, operation);
    return LN_OK;
}

bool ln_server_continue(struct ln_server *server, ln_time now, uint64_t id)
{
    ln_server__advance(server, now);
    struct operation *operation = waiting(server, id, LN_SERVER_PART);
    if (operation == NULL) {
        return false;
    }
    operation->transfer->waits = false;
    ln_server__exchange_begin(server, operation);
    return true;
}

/* ---- Answers ---- */

static void over(struct transfer_end *end, enum ln_outcome outcome)
{
    *end = (struct transfer_end){.done = true, .outcome = outcome};
}

/* Whether the app can give again what it has given of a stream, or take it again. */
static bool may_restart(const struct transfer *t)
{
    if (t->sends) {
        return !t->supplied || t->rewinds || is_at_hand(t);
    }
    /* The answer's first block is had by the request alone: what is not a GET would run again. */
    return is_get(t->operation) && (!t->takes || t->rewinds);
}

/* From its first byte. */
static void restart(struct ln_server *server, struct transfer *t, struct transfer_end *end)
{
    if (may_restart(t)) {
        server->counters.transfers_restarted++;
    } else {
        over(end, LN_OUTCOME_INCOMPLETE);
    }
}

/* It was the last of the body, or an error: the answer of the operation. */
static ln_err take_short(struct ln_server *server, struct operation *operation,
                         const struct ln_coap_message *m, const struct ln_coap_options *options,
                         struct transfer_end *end)
{
    ln_err err = ln_server__keep(server, operation, m, options->content_format);

    if (err == LN_OK) {
        over(end, LN_OUTCOME_ANSWERED);
    }
    return err;
}

/* The body is whole: it is the answer's payload, and its place belongs to the operation. */
static void take_whole(struct operation *operation, const struct ln_coap_message *m)
{
    struct transfer *t = operation->transfer;
    struct ln_writer w = ln_writer(&t->bytes[t->length], t->size - t->length);

    ln_server__write_location(&w, m);
    operation->payload = ln_bytes(t->bytes, t->length);
    operation->location = ln_writer_bytes(&w);
}

static void take_piece(struct ln_server *server, struct operation *operation,
                       const struct ln_coap_message *m, enum ln_coap_block_step step)
{
    struct transfer *t = operation->transfer;

    t->ends = step == LN_COAP_BLOCK_END;
    append(t, m->payload);
    if (!t->takes) {
        if (t->ends) {
            take_whole(operation, m);
        }
    } else if (t->length > 0) {
        ask_app(server, operation, LN_SERVER_PART);
    }
}

/* Room for the piece that has come, so that all that follows succeeds. */
static ln_err make_room(struct ln_server *server, struct operation *operation,
                        const struct ln_coap_message *m)
{
    struct transfer *t = operation->transfer;

    if (t->takes) {
        return reserve(server, t, m->payload.len);
    }
    size_t before = t->sends ? 0 : t->length;
    return reserve_more(server, t, before + m->payload.len + ln_server__location_length(m));
}

static enum ln_outcome why_failed(const struct transfer *t, const struct ln_coap_message *m)
{
    if (m->payload.len > t->in.largest - t->in.offset) {
        return LN_OUTCOME_TOO_LARGE;
    }
    return t->in.restarted >= LN_COAP_BLOCK_FETCH_AGAIN ? LN_OUTCOME_INCOMPLETE
                                                        : LN_OUTCOME_UNDECODABLE;
}

static void note_block(struct operation *operation, const struct ln_coap_message *m,
                       const struct ln_coap_options *options)
{
    operation->code = m->code;
    if (options->content_format != LN_FORMAT_NONE) {
        operation->result_format = options->content_format;
    }
}

/* A block of the answer, good or not. */
static ln_err take_block(struct ln_server *server, struct operation *operation,
                         const struct ln_coap_message *m, const struct ln_coap_options *options,
                         struct transfer_end *end)
{
    struct transfer *t = operation->transfer;
    uint32_t start = t->in.offset;
    enum ln_coap_block_step step = ln_coap_block_fetcher_answered(&t->in, m, options);

    if (step == LN_COAP_BLOCK_REFUSED) {
        return take_short(server, operation, m, options, end);
    }
    if (t->sends || t->takes || step == LN_COAP_BLOCK_RESTART) {
        t->start = start;
        t->length = 0;
    }
    t->sends = false;
    if (step == LN_COAP_BLOCK_FAILED) {
        over(end, why_failed(t, m));
    } else if (step == LN_COAP_BLOCK_RESTART) {
        restart(server, t, end);
    } else if (t->in.size2 > t->in.largest) {
        over(end, LN_OUTCOME_TOO_LARGE);
    } else {
        server->counters.blocks_fetched++;
        note_block(operation, m, options);
        take_piece(server, operation, m, step);
        if (step == LN_COAP_BLOCK_END) {
            over(end, LN_OUTCOME_ANSWERED);
        }
    }
    return LN_OK;
}

static bool comes_in_blocks(const struct operation *operation, const struct ln_coap_message *m,
                            const struct ln_coap_options *options)
{
    const struct transfer *t = operation->transfer;
    bool begun = t != NULL && t->fetches && t->in.offset > 0;

    if (begun) {
        return true;
    }
    bool has_body = t != NULL && t->takes && m->payload.len > 0;
    return ln_coap_code_class(m->code) == 2 &&
           (has_body || options->block2.more || options->block2.number > 0);
}

static ln_err take_answer(struct ln_server *server, struct operation *operation,
                          const struct ln_coap_message *m,
                          const struct ln_coap_options *options, struct transfer_end *end)
{
    if (!comes_in_blocks(operation, m, options)) {
        return take_short(server, operation, m, options, end);
    }
    if (operation->transfer == NULL) {
        operation->transfer = make(server, operation, &no_stream);
        if (operation->transfer == NULL) {
            return LN_ERR_NO_MEMORY;
        }
    }
    if (make_room(server, operation, m) != LN_OK) {
        return LN_ERR_NO_MEMORY;
    }
    if (!operation->transfer->fetches) {
        start_fetching(server, operation->transfer, is_get(operation));
    }
    return take_block(server, operation, m, options, end);
}

ln_err ln_server__transfer_answered(struct ln_server *server, struct operation *operation,
                                    const struct ln_coap_message *m,
                                    const struct ln_coap_options *options,
                                    struct transfer_end *end)
{
    struct transfer *t = operation->transfer;
    bool sends = t != NULL && t->sends;
    bool sends_block = sends && is_in_blocks(t);
    enum ln_coap_block_step step = LN_COAP_BLOCK_END;

    *end = (struct transfer_end){0};
    if (sends) {
        step = ln_coap_block_sender_answered(&t->out, m->code, options);
    }
    switch (step) {
    case LN_COAP_BLOCK_NEXT:
        server->counters.blocks_sent++;
        return LN_OK;
    case LN_COAP_BLOCK_RESTART:
        restart(server, t, end);
        return LN_OK;
    case LN_COAP_BLOCK_FAILED:
        over(end, LN_OUTCOME_UNDECODABLE);
        return LN_OK;
    default:
        break;
    }
    ln_err err = take_answer(server, operation, m, options, end);
    if (err == LN_OK && sends_block && step == LN_COAP_BLOCK_END) {
        server->counters.blocks_sent++;
    }
    return err;
}

void ln_server__transfer_go_on(struct ln_server *server, struct operation *operation)
{
    if (!operation->transfer->waits) {
        send_next(server, operation);
    }
}

bool ln_server__transfer_rewind(const struct ln_server *server, struct operation *operation)
{
    struct transfer *t = operation->transfer;

    bool may = t->read != NULL || !ln_server__is_stream(t);
    if (!may || t->takes || (!t->sends && !is_get(operation))) {
        return false;
    }
    if (t->sends) {
        ln_coap_block_sender_start(&t->out, t->out.total, server->block_exponent);
    } else {
        t->start = 0;
        t->length = 0;
        start_fetching(server, t, true);
    }
    return true;
}

/* ---- Without answer ---- */

/*
 * Whether the device can tell that it is the same block again, or it does not matter. With the last
 * block of a body the device acts. If it keeps no body that it is done with, it answers that block
 * in a new message 4.08, upon which all of the body would go out and run once more.
 */
static bool may_repeat(const struct operation *operation)
{
    const struct transfer *t = operation->transfer;

    if (t->sends && is_in_blocks(t)) {
        return !is_once(operation) || ln_coap_block_sender_next(&t->out).more;
    }
    return t->in.offset > 0 || is_get(operation);
}

bool ln_server__transfer_again(struct ln_server *server, struct operation *operation)
{
    struct transfer *t = operation->transfer;

    if (!may_repeat(operation)) {
        return false;
    }
    enum ln_coap_block_step step = t->sends ? ln_coap_block_sender_given_up(&t->out)
                                            : ln_coap_block_fetcher_given_up(&t->in);
    if (step != LN_COAP_BLOCK_NEXT) {
        return false;
    }
    server->counters.blocks_again++;
    ln_server__exchange_begin(server, operation);
    return true;
}
