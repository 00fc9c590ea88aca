/* The exchanges of operations: copies that are sent, and what comes back. */

#include "engine.h"

#include <assert.h>

void ln_server__operation_wait(struct ln_server *server, struct operation *operation)
{
    ln_wheel_set(&server->exchanges, &operation->timer,
                 ln_coap_exchange_deadline(&operation->exchange));
}

static struct operation *operation_of_timer(struct ln_timer *timer)
{
    return (struct operation *)(void *)((char *)timer - offsetof(struct operation, timer));
}

/* ---- Sending ---- */

static size_t write_request(const struct ln_server *server, const struct operation *operation,
                            void *buffer, size_t size)
{
    if (operation->transfer != NULL) {
        return ln_server__transfer_write(server, operation, buffer, size);
    }
    return ln_server__operation_write(server, operation, buffer, size);
}

static size_t write_copy(struct ln_server *server, struct operation *operation, void *buffer,
                         size_t size)
{
    size_t length = write_request(server, operation, buffer, size);

    assert(length > 0); /* the caller's buffer is smaller than LN_SERVER_DATAGRAM_MAX */
    if (operation->exchange.copies > 0) {
        server->counters.retransmissions++;
    }
    operation->is_sent = true;
    operation->sent_to = ln_server__peer_of(operation->endpoint->registration);
    (void)ln_coap_exchange_step(&operation->exchange, &server->coap, server->now,
                                LN_COAP_ON_SENT);
    ln_server__operation_wait(server, operation);
    return length;
}

/*
 * All copies were sent. The device cannot be reached: what may be repeated waits until it is heard,
 * and what may not wait ends.
 */
static void unanswered(struct ln_server *server, struct operation *operation)
{
    if (!ln_server__away(server, operation->endpoint->registration)) {
        ln_wheel_set(&server->exchanges, &operation->timer,
                     ln_time_after(server->now, MEMORY_WAIT_MS));
    }
}

/* Its time is over, be it the device that did not answer or the app. */
static void give_up(struct ln_server *server, struct operation *operation)
{
    if (!operation->started) {
        ln_server__operation_expire(server, operation);
    } else if (ln_server__transfer_waits(operation)) {
        ln_server__operation_end(server, operation, LN_OUTCOME_INCOMPLETE);
    } else if (operation->transfer == NULL || !ln_server__transfer_again(server, operation)) {
        unanswered(server, operation);
    }
}

/* No request overtakes the answer that tells the device that it is registered. */
static uint64_t dependence_of(const struct ln_server *server, const struct operation *operation)
{
    uint64_t change = operation->endpoint->registration->change;

    if (change < operation->change) {
        change = operation->change;
    }
    return ln_server__is_kept(server, change) ? 0 : change;
}

size_t ln_server__operations_write(struct ln_server *server, void *buffer, size_t size,
                                   struct ln_server_out *out)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&server->exchanges, server->now)) != NULL) {
        struct operation *operation = operation_of_timer(timer);
        struct ln_coap_exchange *x = &operation->exchange;

        if (!operation->started || ln_server__transfer_waits(operation) ||
            x->state == LN_COAP_DONE ||
            ln_coap_exchange_step(x, &server->coap, server->now, LN_COAP_ON_TIME)) {
            give_up(server, operation);
        } else if (x->state == LN_COAP_SENDING) {
            size_t length = write_copy(server, operation, buffer, size);
            out->to = operation->sent_to;
            out->depends_on = dependence_of(server, operation);
            return length;
        } else {
            ln_server__operation_wait(server, operation);
        }
    }
    return 0;
}

/* ---- Receiving ---- */

static bool is_at(const struct ln_peer *there, const struct ln_peer *peer)
{
    return there->session == peer->session && ln_address_equal(&there->remote, &peer->remote);
}

/* Over a session the address is the session's matter: it may change. */
bool ln_server__operation_is_with(const struct operation *operation, const struct ln_peer *peer)
{
    const struct ln_registration *registration = operation->endpoint->registration;

    if (registration == NULL) {
        return false;
    }
    struct ln_peer now_at = ln_server__peer_of(registration);
    if (peer->session != 0) {
        return peer->session == operation->sent_to.session || peer->session == now_at.session;
    }
    return is_at(&operation->sent_to, peer) || is_at(&now_at, peer);
}

void ln_server__write_location(struct ln_writer *w, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    size_t start = w->written;

    while (ln_coap_option_find(&option, LN_COAP_LOCATION_PATH)) {
        if (w->written > start) {
            ln_write_u8(w, '/');
        }
        ln_write_bytes(w, option.value);
    }
}

size_t ln_server__location_length(const struct ln_coap_message *m)
{
    struct ln_writer w = ln_writer_window(NULL, 0, 0);

    ln_server__write_location(&w, m);
    return w.written;
}

ln_err ln_server__keep(struct ln_server *server, struct operation *operation,
                       const struct ln_coap_message *m, uint16_t format)
{
    size_t size = m->payload.len + ln_server__location_length(m);
    uint8_t *room = operation->bytes;

    if (size > operation->size) {
        room = ln_server__allocate(server, size);
        if (room == NULL) {
            return LN_ERR_NO_MEMORY;
        }
        operation->apart = room;
    }
    struct ln_writer w = ln_writer(room, size);
    ln_write_bytes(&w, m->payload);
    ln_server__write_location(&w, m);
    operation->payload = ln_bytes(room, m->payload.len);
    operation->location = ln_bytes(&room[m->payload.len], size - m->payload.len);
    operation->code = m->code;
    operation->result_format = format;
    return LN_OK;
}

static bool is_answer(const struct ln_coap_message *m, struct ln_coap_options *options)
{
    unsigned class = ln_coap_code_class(m->code);

    return ln_coap_options(m, options) == LN_OK && (class == 2 || class == 4 || class == 5);
}

/* RFC 7252 §4.2 and §4.3: what was not expected is told so, but for an ACK. */
static void reset(struct ln_server *server, const struct ln_peer *peer,
                  const struct ln_coap_message *m)
{
    if (m->type == LN_COAP_CON || m->type == LN_COAP_NON) {
        ln_server__answer_empty(server, peer, LN_COAP_RST, m->id);
    }
}

/* Its ACK was lost: the copy gets it again, though nothing waits for it any more. */
static bool repeated(struct ln_server *server, const struct ln_peer *peer,
                     const struct ln_coap_message *m, uint32_t print)
{
    ln_time since = server->now - server->exchange_lifetime;

    if (m->type != LN_COAP_CON ||
        ln_server__recent_find(&server->responses, print, m->id, since) == NULL) {
        return false;
    }
    server->counters.repeats++;
    ln_server__answer_empty(server, peer, LN_COAP_ACK, m->id);
    return true;
}

static void acknowledge(struct ln_server *server, const struct ln_peer *peer,
                        const struct ln_coap_message *m, uint32_t print)
{
    struct recent_message message = {
        .at = server->now, .print = print, .id = m->id, .code = LN_COAP_EMPTY};

    if (m->type == LN_COAP_CON) {
        ln_server__recent_note(&server->responses, &message);
        ln_server__answer_empty(server, peer, LN_COAP_ACK, m->id);
    }
}

/* The first answer tells; blocks that follow do not. */
static void note_observe(struct operation *operation, const struct ln_coap_message *m,
                         const struct ln_coap_options *options)
{
    if (ln_server__bears_observation_token(operation)) {
        operation->observes = options->has_observe;
        operation->sequence = options->observe;
        operation->message = m->id;
    }
}

static void take_answer(struct ln_server *server, struct operation *operation,
                        const struct ln_peer *peer, const struct ln_coap_message *m,
                        uint32_t print)
{
    struct ln_coap_options options;
    struct transfer_end end;

    ln_server__heard(server, operation->endpoint->registration);
    if (!is_answer(m, &options)) {
        server->counters.bad_options++;
        if (m->type == LN_COAP_CON) {
            ln_server__answer_empty(server, peer, LN_COAP_RST, m->id);
        }
        ln_server__operation_end(server, operation, LN_OUTCOME_UNDECODABLE);
        return;
    }
    note_observe(operation, m, &options);
    if (ln_server__transfer_answered(server, operation, m, &options, &end) != LN_OK) {
        return; /* as if it had been lost: it comes again */
    }
    acknowledge(server, peer, m, print);
    if (end.done) {
        ln_server__operation_end(server, operation, end.outcome);
    } else {
        ln_server__transfer_go_on(server, operation);
    }
}

void ln_server__response(struct ln_server *server, const struct ln_peer *peer,
                         const struct ln_coap_message *m, uint32_t print)
{
    struct ln_observation *observation = ln_server__observation_of_token(server, &m->token);
    struct operation *operation = observation == NULL
                                      ? ln_server__operation_of_token(server, &m->token)
                                      : ln_server__observation_operation(observation, m);

    if (observation != NULL && operation == NULL) {
        ln_server__notification(server, observation, peer, m);
        return;
    }
    if (operation == NULL) {
        if (!repeated(server, peer, m, print)) {
            server->counters.unexpected++;
            reset(server, peer, m);
        }
        return;
    }
    if (!ln_server__operation_is_with(operation, peer)) {
        server->counters.wrong_peer++;
        return;
    }
    if (m->type == LN_COAP_ACK && m->id != operation->exchange.id) {
        server->counters.unexpected++;
        return;
    }
    take_answer(server, operation, peer, m, print);
}

/* The operation whose request has this message id. `others`: only other peers' have it. */
static struct operation *find_message(const struct ln_server *server,
                                      const struct ln_peer *peer, uint16_t id, bool *others)
{
    const struct operations *operations = &server->operations;
    struct operation *at = NULL;

    *others = false;
    if (operations->size > 0) {
        at = operations->by_message[(uint32_t)(id / server->shards) & (operations->size - 1)];
    }
    for (; at != NULL; at = at->next_message) {
        if (at->exchange.id != id || at->exchange.copies == 0) {
            continue;
        }
        if (ln_server__operation_is_with(at, peer)) {
            return at;
        }
        *others = true;
    }
    return NULL;
}

void ln_server__acknowledged(struct ln_server *server, const struct ln_peer *peer,
                             const struct ln_coap_message *m)
{
    bool others;
    struct operation *operation = find_message(server, peer, m->id, &others);

    if (operation == NULL && others) {
        server->counters.wrong_peer++;
    } else if (operation == NULL) {
        server->counters.unexpected++;
    } else if (m->type == LN_COAP_RST) {
        ln_server__heard(server, operation->endpoint->registration);
        ln_server__operation_end(server, operation, LN_OUTCOME_RESET);
    } else {
        ln_server__heard(server, operation->endpoint->registration);
        (void)ln_coap_exchange_step(&operation->exchange, &server->coap, server->now,
                                    LN_COAP_ON_ACK);
        ln_server__operation_wait(server, operation);
    }
}
