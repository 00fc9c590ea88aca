/* The step under way: its request, sent until it is answered, and what the answer means. */

#include "engine.h"

#include <assert.h>

/* How each step travels, and the code that says that it was done. */
static const struct {
    uint8_t operation; /* enum ln_operation_kind */
    uint8_t done;
} ways[] = {
    [LN_BOOTSTRAP_DISCOVER] = {LN_OPERATION_DISCOVER, LN_COAP_2_05},
    [LN_BOOTSTRAP_DELETE] = {LN_OPERATION_DELETE, LN_COAP_2_02},
    [LN_BOOTSTRAP_WRITE] = {LN_OPERATION_WRITE, LN_COAP_2_04},
    [LN_BOOTSTRAP_READ] = {LN_OPERATION_READ, LN_COAP_2_05},
    [LN_BOOTSTRAP_FINISH] = {LN_OPERATION_EXECUTE, LN_COAP_2_04}, /* POST, of /bs */
};

uint8_t ln_bootstrap__step_method(enum ln_bootstrap_step_kind kind)
{
    return ln_operation_code((enum ln_operation_kind)ways[kind].operation);
}

static const struct step *step_of(const struct session *session)
{
    return &session->script->steps[session->at];
}

static struct session *session_of_timer(struct ln_timer *timer)
{
    return (struct session *)(void *)((char *)timer - offsetof(struct session, timer));
}

/* ---- The exchange ---- */

static struct session **bucket_of(struct ln_bootstrap *bootstrap, uint16_t id)
{
    return &bootstrap->by_message[id % MESSAGE_BUCKETS];
}

void ln_bootstrap__exchange_drop(struct ln_bootstrap *bootstrap, struct session *session)
{
    struct session **link = bucket_of(bootstrap, session->exchange.id);

    while (*link != NULL && *link != session) {
        link = &(*link)->next_message;
    }
    if (*link != NULL) {
        *link = session->next_message;
    }
    session->next_message = NULL;
    session->exchange = (struct ln_coap_exchange){0};
    ln_wheel_cancel(&bootstrap->exchanges, &session->timer);
}

static void wait(struct ln_bootstrap *bootstrap, struct session *session)
{
    ln_wheel_set(&bootstrap->exchanges, &session->timer,
                 ln_coap_exchange_deadline(&session->exchange));
}

/* Each request is a message of its own, with a token of its own. */
static void exchange_begin(struct ln_bootstrap *bootstrap, struct session *session)
{
    uint16_t id = ln_bootstrap__next_message(bootstrap);
    struct session **bucket = bucket_of(bootstrap, id);

    session->serial++;
    ln_coap_exchange_start(&session->exchange, &bootstrap->coap, &bootstrap->random, id, true,
                           true);
    session->next_message = *bucket;
    *bucket = session;
    wait(bootstrap, session);
}

static bool is_in_blocks(const struct ln_bootstrap *bootstrap, const struct session *session)
{
    return step_of(session)->payload.len > (size_t)16 << bootstrap->block_exponent;
}

static bool has_answer_body(const struct step *step)
{
    return step->kind == LN_BOOTSTRAP_DISCOVER || step->kind == LN_BOOTSTRAP_READ;
}

void ln_bootstrap__step_start(struct ln_bootstrap *bootstrap, struct session *session)
{
    uint8_t exponent = bootstrap->block_exponent;

    session->body_length = 0;
    ln_coap_block_sender_start(&session->out, (uint32_t)step_of(session)->payload.len,
                               exponent);
    ln_coap_block_fetcher_start(&session->in, bootstrap->max_body,
                                exponent == LN_COAP_BLOCK_LARGEST ? LN_COAP_BLOCK_ANY
                                                                  : exponent);
    exchange_begin(bootstrap, session);
}

/* ---- Sending ---- */

static struct ln_coap_token token_of(const struct session *session)
{
    struct ln_coap_token token = {.len = LN_COAP_TOKEN_MAX};
    struct ln_writer w = ln_writer(token.bytes, sizeof(token.bytes));

    ln_write_u64(&w, session->id | session->serial);
    return token;
}

static void add_block_of_write(struct ln_coap_builder *b, const struct session *session)
{
    struct ln_bytes payload = step_of(session)->payload;
    struct ln_coap_block block = ln_coap_block_sender_next(&session->out);
    struct ln_reader in = ln_reader(payload);

    ln_coap_add_block(b, LN_COAP_BLOCK1, block);
    if (session->out.offset == 0) {
        ln_coap_add_uint(b, LN_COAP_SIZE1, session->out.total);
    }
    (void)ln_read_bytes(&in, session->out.offset);
    ln_coap_add_payload(b, block.more ? ln_read_bytes(&in, ln_coap_block_size(block))
                                      : ln_read_rest(&in));
}

static size_t write_request(const struct ln_bootstrap *bootstrap, const struct session *session,
                            void *buffer, size_t size)
{
    const struct step *step = step_of(session);
    struct ln_coap_token token = token_of(session);
    struct ln_coap_block block2 = ln_coap_block_fetcher_next(&session->in);
    bool is_finish = step->kind == LN_BOOTSTRAP_FINISH;
    struct ln_operation operation = {
        .kind = (enum ln_operation_kind)ways[step->kind].operation,
        .path = step->path,
        .accept = session->script->format,
        .format = session->script->format,
    };
    struct ln_coap_builder b =
        ln_coap_start(buffer, size, LN_COAP_CON,
                      ln_bootstrap__step_method((enum ln_bootstrap_step_kind)step->kind),
                      session->exchange.id, &token);

    ln_operation_write(&b, &operation, ln_bytes_of_text(is_finish ? "bs" : NULL));
    if (has_answer_body(step) && block2.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, block2);
    }
    if (is_in_blocks(bootstrap, session)) {
        add_block_of_write(&b, session);
    } else {
        ln_coap_add_payload(&b, step->payload);
    }
    return ln_coap_finish(&b);
}

static void give_up(struct ln_bootstrap *bootstrap, struct session *session)
{
    enum ln_coap_block_step again = LN_COAP_BLOCK_FAILED;

    if (is_in_blocks(bootstrap, session)) {
        again = ln_coap_block_sender_given_up(&session->out);
    } else if (session->in.offset > 0) {
        again = ln_coap_block_fetcher_given_up(&session->in);
    }
    if (again == LN_COAP_BLOCK_NEXT) {
        bootstrap->counters.blocks_again++;
        ln_bootstrap__exchange_drop(bootstrap, session);
        exchange_begin(bootstrap, session);
        return;
    }
    session->code = LN_COAP_EMPTY;
    ln_bootstrap__session_end(bootstrap, session, LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_NO_ANSWER);
}

static size_t write_copy(struct ln_bootstrap *bootstrap, struct session *session, void *buffer,
                         size_t size)
{
    size_t length = write_request(bootstrap, session, buffer, size);

    assert(length > 0); /* the caller's buffer is smaller than LN_BOOTSTRAP_DATAGRAM_MAX */
    if (session->exchange.copies > 0) {
        bootstrap->counters.retransmissions++;
    }
    (void)ln_coap_exchange_step(&session->exchange, &bootstrap->coap, bootstrap->now,
                                LN_COAP_ON_SENT);
    wait(bootstrap, session);
    return length;
}

size_t ln_bootstrap__steps_write(struct ln_bootstrap *bootstrap, void *buffer, size_t size,
                                 struct ln_peer *to)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&bootstrap->exchanges, bootstrap->now)) != NULL) {
        struct session *session = session_of_timer(timer);
        struct ln_coap_exchange *x = &session->exchange;

        if (ln_coap_exchange_step(x, &bootstrap->coap, bootstrap->now, LN_COAP_ON_TIME)) {
            give_up(bootstrap, session);
        } else if (x->state == LN_COAP_SENDING) {
            *to = session->peer;
            return write_copy(bootstrap, session, buffer, size);
        } else {
            wait(bootstrap, session);
        }
    }
    return 0;
}

/* ---- How a step ended ---- */

static void fail(struct ln_bootstrap *bootstrap, struct session *session,
                 enum ln_bootstrap_reason reason)
{
    ln_bootstrap__session_end(bootstrap, session, LN_BOOTSTRAP_FAILED, reason);
}

static bool tell_step(struct ln_bootstrap *bootstrap, struct session *session, uint8_t code,
                      struct ln_bytes payload)
{
    const struct step *step = step_of(session);
    struct stepped *stepped = ln_bootstrap__allocate(bootstrap, sizeof(*stepped) + payload.len);

    if (stepped == NULL) {
        return false;
    }
    *stepped = (struct stepped){
        .index = session->base + session->at,
        .path = step->path,
        .step = step->kind,
        .code = code,
        .format = session->body_format,
        .length = payload.len,
    };
    struct ln_writer w = ln_writer(stepped->bytes, payload.len);
    ln_write_bytes(&w, payload);
    ln_bootstrap__event_push(bootstrap, &stepped->node, session, LN_BOOTSTRAP_STEPPED);
    return true;
}

static void ask_for_more(struct ln_bootstrap *bootstrap, struct session *session)
{
    session->state = SESSION_WANTS;
    session->asks = true;
    ln_bootstrap__event_push(bootstrap, &session->wants, session, LN_BOOTSTRAP_WANTS);
}

static void go_on(struct ln_bootstrap *bootstrap, struct session *session)
{
    if (session->at + 1 < session->script->count) {
        session->at++;
        ln_bootstrap__step_start(bootstrap, session);
    } else if (step_of(session)->kind == LN_BOOTSTRAP_FINISH) {
        ln_bootstrap__session_end(bootstrap, session, LN_BOOTSTRAP_DONE,
                                  LN_BOOTSTRAP_NO_REASON);
    } else {
        ask_for_more(bootstrap, session);
    }
}

static bool is_done(const struct session *session, uint8_t code)
{
    bool is_discover = step_of(session)->kind == LN_BOOTSTRAP_DISCOVER;

    return code == ways[step_of(session)->kind].done &&
           (!is_discover || session->body_format == LN_FORMAT_LINK);
}

static void step_over(struct ln_bootstrap *bootstrap, struct session *session, uint8_t code,
                      struct ln_bytes payload)
{
    const struct step *step = step_of(session);
    bool is_error = ln_coap_code_class(code) != 2;
    bool inconsistent = step->kind == LN_BOOTSTRAP_FINISH && code == LN_COAP_4_06;

    session->code = code;
    bootstrap->counters.steps_answered++;
    if (!tell_step(bootstrap, session, code, payload)) {
        fail(bootstrap, session, LN_BOOTSTRAP_OUT_OF_MEMORY);
    } else if (is_done(session, code)) {
        go_on(bootstrap, session);
    } else if (inconsistent && !session->repaired) {
        session->repaired = true;
        ask_for_more(bootstrap, session);
    } else if (inconsistent) {
        fail(bootstrap, session, LN_BOOTSTRAP_INCONSISTENT);
    } else if (is_error && step->may_fail && step->kind != LN_BOOTSTRAP_FINISH) {
        go_on(bootstrap, session);
    } else {
        fail(bootstrap, session, is_error ? LN_BOOTSTRAP_REFUSED : LN_BOOTSTRAP_WRONG_ANSWER);
    }
}

/* ---- Receiving ---- */

/* Room for a block more; what is there already may be a key, so it is wiped when it moves. */
static bool reserve(struct ln_bootstrap *bootstrap, struct session *session, size_t more)
{
    size_t wanted = session->body_length + more;

    if (wanted <= session->body_size) {
        return true;
    }
    size_t size = 2 * wanted;
    uint8_t *body = ln_bootstrap__allocate(bootstrap, size);
    if (body == NULL) {
        return false;
    }
    struct ln_writer w = ln_writer(body, size);
    ln_write_bytes(&w, ln_bytes(session->body, session->body_length));
    ln_bootstrap__wipe(bootstrap, session->body, session->body_size);
    session->body = body;
    session->body_size = size;
    return true;
}

static void append(struct session *session, struct ln_bytes bytes)
{
    if (bytes.len == 0) {
        return;
    }
    struct ln_writer w = ln_writer(&session->body[session->body_length],
                                   session->body_size - session->body_length);

    ln_write_bytes(&w, bytes);
    session->body_length += bytes.len;
}

static void take_block(struct ln_bootstrap *bootstrap, struct session *session,
                       const struct ln_coap_message *m, const struct ln_coap_options *options)
{
    bool is_large = m->payload.len > session->in.largest - session->in.offset ||
                    options->size2 > session->in.largest;
    enum ln_coap_block_step step = ln_coap_block_fetcher_answered(&session->in, m, options);

    if (step == LN_COAP_BLOCK_REFUSED) {
        step_over(bootstrap, session, m->code, m->payload);
    } else if (step == LN_COAP_BLOCK_RESTART) {
        session->body_length = 0;
        exchange_begin(bootstrap, session);
    } else if (step == LN_COAP_BLOCK_FAILED || is_large) {
        fail(bootstrap, session, is_large ? LN_BOOTSTRAP_TOO_LARGE : LN_BOOTSTRAP_WRONG_ANSWER);
    } else if (!reserve(bootstrap, session, m->payload.len)) {
        fail(bootstrap, session, LN_BOOTSTRAP_OUT_OF_MEMORY);
    } else {
        append(session, m->payload);
        bootstrap->counters.blocks_fetched += options->block2.present;
        if (step == LN_COAP_BLOCK_END) {
            step_over(bootstrap, session, m->code,
                      ln_bytes(session->body, session->body_length));
        } else {
            exchange_begin(bootstrap, session);
        }
    }
}

static void took_block(struct ln_bootstrap *bootstrap, struct session *session,
                       const struct ln_coap_message *m, const struct ln_coap_options *options)
{
    switch (ln_coap_block_sender_answered(&session->out, m->code, options)) {
    case LN_COAP_BLOCK_NEXT:
        bootstrap->counters.blocks_sent++;
        exchange_begin(bootstrap, session);
        break;
    case LN_COAP_BLOCK_RESTART:
        exchange_begin(bootstrap, session);
        break;
    case LN_COAP_BLOCK_END:
        bootstrap->counters.blocks_sent++;
        step_over(bootstrap, session, m->code, ln_bytes(NULL, 0));
        break;
    case LN_COAP_BLOCK_REFUSED:
        step_over(bootstrap, session, m->code, m->payload);
        break;
    default:
        fail(bootstrap, session, LN_BOOTSTRAP_WRONG_ANSWER);
        break;
    }
}

static void take_answer(struct ln_bootstrap *bootstrap, struct session *session,
                        const struct ln_coap_message *m)
{
    struct ln_coap_options options;
    unsigned class = ln_coap_code_class(m->code);
    bool is_sound =
        ln_coap_options(m, &options) == LN_OK && (class == 2 || class == 4 || class == 5);

    session->code = m->code;
    if (m->type == LN_COAP_CON) {
        ln_bootstrap__answer_empty(bootstrap, &session->peer,
                                   is_sound ? LN_COAP_ACK : LN_COAP_RST, m->id);
    }
    if (!is_sound) {
        bootstrap->counters.bad_options++;
        fail(bootstrap, session, LN_BOOTSTRAP_WRONG_ANSWER);
        return;
    }
    ln_bootstrap__exchange_drop(bootstrap, session);
    if (session->in.offset == 0) {
        session->body_format = options.content_format;
    }
    if (is_in_blocks(bootstrap, session)) {
        took_block(bootstrap, session, m, &options);
    } else if (has_answer_body(step_of(session))) {
        take_block(bootstrap, session, m, &options);
    } else {
        step_over(bootstrap, session, m->code, m->payload);
    }
}

/* Nothing waits for it. A copy of an answer whose ACK was lost gets another; others a Reset. */
static void unawaited(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                      const struct ln_coap_message *m, bool is_repeat)
{
    if (is_repeat) {
        bootstrap->counters.repeats++;
    } else {
        bootstrap->counters.unexpected++;
    }
    if (m->type == LN_COAP_CON) {
        ln_bootstrap__answer_empty(bootstrap, peer, is_repeat ? LN_COAP_ACK : LN_COAP_RST,
                                   m->id);
    }
}

void ln_bootstrap__response(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                            const struct ln_coap_message *m)
{
    struct ln_reader in = ln_reader(ln_bytes(m->token.bytes, m->token.len));
    uint64_t token = m->token.len == LN_COAP_TOKEN_MAX ? ln_read_u64(&in) : 0;
    uint16_t serial = (uint16_t)(token & UINT16_MAX);
    struct session *session = ln_bootstrap__session_of_id(bootstrap, token - serial);

    if (session == NULL) {
        unawaited(bootstrap, peer, m, false);
    } else if (!ln_bootstrap__is_at(&session->peer, peer)) {
        bootstrap->counters.wrong_peer++;
    } else if (session->state != SESSION_RUNNING || serial != session->serial) {
        unawaited(bootstrap, peer, m, serial != 0 && serial <= session->serial);
    } else if (session->exchange.copies == 0 ||
               (m->type == LN_COAP_ACK && m->id != session->exchange.id)) {
        bootstrap->counters.unexpected++;
    } else {
        take_answer(bootstrap, session, m);
    }
}

/* The session whose request has this message id. `others`: only other peers' have it. */
static struct session *find_message(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                                    uint16_t id, bool *others)
{
    struct session *at = *bucket_of(bootstrap, id);

    *others = false;
    for (; at != NULL; at = at->next_message) {
        if (at->exchange.id != id || at->exchange.copies == 0) {
            continue;
        }
        if (ln_bootstrap__is_at(&at->peer, peer)) {
            return at;
        }
        *others = true;
    }
    return NULL;
}

void ln_bootstrap__acknowledged(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                                const struct ln_coap_message *m)
{
    bool others;
    struct session *session = find_message(bootstrap, peer, m->id, &others);

    if (session == NULL && others) {
        bootstrap->counters.wrong_peer++;
    } else if (session == NULL) {
        bootstrap->counters.unexpected++;
    } else if (m->type == LN_COAP_RST) {
        session->code = LN_COAP_EMPTY;
        fail(bootstrap, session, LN_BOOTSTRAP_RESET);
    } else {
        (void)ln_coap_exchange_step(&session->exchange, &bootstrap->coap, bootstrap->now,
                                    LN_COAP_ON_ACK);
        wait(bootstrap, session);
    }
}
