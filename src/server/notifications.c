/* Notifications: whose they are, whether they are new, and the rest of those in blocks. */

#include "engine.h"

enum {
    SEQUENCE_HALF = 1 << 23,
    SEQUENCE_AGE_MS = 128 * 1000, /* after which any number is newer: RFC 7641 §3.4 */
};

/* spec: RFC 7641 §3.4 */
static bool is_fresh(const struct ln_server *server, const struct ln_observation *observation,
                     uint32_t sequence)
{
    uint32_t before = observation->sequence;

    if (!observation->has_sequence ||
        server->now > ln_time_after(observation->heard_at, SEQUENCE_AGE_MS)) {
        return true;
    }
    return (before < sequence && sequence - before < SEQUENCE_HALF) ||
           (before > sequence && before - sequence > SEQUENCE_HALF);
}

static bool is_repeat(const struct ln_server *server, const struct ln_observation *observation,
                      const struct ln_coap_message *m)
{
    return observation->has_sequence && m->id == observation->message &&
           server->now - observation->heard_at < server->exchange_lifetime;
}

/* Another address is believed only with the same proved identity, or over the same session. */
static bool is_from(const struct ln_registration *registration, const struct ln_peer *peer)
{
    if (!ln_server__registration_is_of(registration, peer)) {
        return false;
    }
    return registration->proof_mode != 0 || peer->session != 0 ||
           ln_address_equal(&registration->remote, &peer->remote);
}

static void acknowledge(struct ln_server *server, const struct ln_peer *peer,
                        const struct ln_coap_message *m)
{
    if (m->type == LN_COAP_CON) {
        ln_server__answer_empty(server, peer, LN_COAP_ACK, m->id);
    }
}

static void reset(struct ln_server *server, const struct ln_peer *peer,
                  const struct ln_coap_message *m)
{
    if (m->type == LN_COAP_CON || m->type == LN_COAP_NON) {
        ln_server__answer_empty(server, peer, LN_COAP_RST, m->id);
    }
}

/* The blocks of an older state that are still being fetched, if any. */
static struct operation *fetch_of(const struct ln_observation *observation)
{
    struct operation *first = ln_server__first_operation(observation->endpoint);

    /* It stands first, or behind the one under way. */
    if (first != NULL && first->observation != observation) {
        first = first->next;
    }
    bool is_it = first != NULL && first->observation == observation &&
                 (first->phase == PHASE_FETCH || first->phase == PHASE_SETUP);
    return is_it ? first : NULL;
}

static void drop_fetch(struct ln_server *server, struct operation *fetch)
{
    if (fetch != NULL) {
        ln_server__operation_withdraw(server, fetch);
        ln_server__operation_free(server, fetch);
    }
}

static void take(struct ln_server *server, struct ln_observation *observation,
                 const struct ln_coap_message *m, uint32_t sequence)
{
    observation->sequence = sequence;
    observation->message = m->id;
    observation->has_sequence = true;
    observation->heard_at = server->now;
}

/* Its first block is here: the others are asked for by a request of their own. */
static ln_err begin_fetch(struct ln_server *server, struct ln_observation *observation,
                          const struct ln_coap_message *m,
                          const struct ln_coap_options *options)
{
    struct transfer_end end;
    struct operation *fetch = ln_server__operation_for(server, observation, PHASE_FETCH);

    if (fetch == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    ln_err err = ln_server__transfer_answered(server, fetch, m, options, &end);
    if (err == LN_OK && end.done) {
        err = LN_ERR_BAD_REQUEST;
    }
    if (err != LN_OK) {
        drop_fetch(server, fetch);
        return err;
    }
    fetch->sequence = options->observe;
    return LN_OK;
}

static ln_err tell(struct ln_server *server, struct ln_observation *observation,
                   const struct ln_coap_message *m, const struct ln_coap_options *options)
{
    struct notice *notice = ln_server__notice(server, observation, m->payload);

    if (notice == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    notice->sequence = options->observe;
    notice->format = options->content_format;
    if (observation->state != LN_OBSERVATION_ACTIVE) {
        observation->state = LN_OBSERVATION_ACTIVE;
        observation->code = LN_COAP_EMPTY;
        ln_server__notice_state(server, notice, false);
    }
    notice->code = m->code;
    observation->notifications++;
    server->counters.notifications++;
    ln_server__event_push(server, &notice->node, LN_SERVER_NOTIFIED);
    return LN_OK;
}

/* A restored one is confirmed by it; others that are to be set up still are. */
static void confirm(struct ln_observation *observation)
{
    if (observation->restored) {
        observation->restored = false;
        observation->is_due = false;
    }
}

static ln_err take_new(struct ln_server *server, struct ln_observation *observation,
                       const struct ln_coap_message *m, const struct ln_coap_options *options)
{
    struct operation *old = fetch_of(observation);
    bool in_blocks = options->block2.more;
    ln_err err;

    if (options->block2.number > 0) {
        return LN_ERR_BAD_REQUEST; /* the others are asked for */
    }
    if (in_blocks) {
        err = begin_fetch(server, observation, m, options);
    } else {
        err = tell(server, observation, m, options);
    }
    if (err == LN_OK) {
        drop_fetch(server, old); /* it is not whole yet, and not the newest any more */
        take(server, observation, m, options->observe);
        confirm(observation);
        ln_server__silence_set(server, observation);
    }
    return err;
}

static bool is_same_end(const struct ln_observation *observation,
                        const struct ln_coap_message *m)
{
    return observation->state == LN_OBSERVATION_FAILED && observation->code == m->code &&
           ln_coap_code_class(m->code) != 2;
}

static ln_err take_end(struct ln_server *server, struct ln_observation *observation,
                       const struct ln_coap_message *m)
{
    if (is_same_end(observation, m)) {
        server->counters.repeats++;
        return LN_OK;
    }
    return ln_server__observation_failed(server, observation, m->code);
}

ln_err ln_server__observation_failed(struct ln_server *server,
                                     struct ln_observation *observation, uint8_t code)
{
    struct notice *notice = ln_server__notice(server, observation, (struct ln_bytes){0});

    if (notice == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    server->counters.observations_failed++;
    drop_fetch(server, fetch_of(observation));
    observation->state = LN_OBSERVATION_FAILED;
    observation->code = code;
    observation->has_sequence = false;
    observation->is_due = false;
    observation->restored = false;
    notice->code = code;
    ln_server__notice_state(server, notice, true);
    return LN_OK;
}

/*
 * What it says, from the device itself. LN_ERR_NO_MEMORY: as if it had been lost. Any other error:
 * it is none.
 */
static ln_err take_notification(struct ln_server *server, struct ln_observation *observation,
                                const struct ln_coap_message *m,
                                const struct ln_coap_options *options)
{
    bool is_value = ln_coap_code_class(m->code) == 2 && options->has_observe;

    if (!is_value) {
        return take_end(server, observation, m);
    }
    if (is_repeat(server, observation, m)) {
        server->counters.repeats++;
        return LN_OK;
    }
    if (!is_fresh(server, observation, options->observe)) {
        server->counters.notifications_late++;
        return LN_OK;
    }
    return take_new(server, observation, m, options);
}

/* Nobody wants them any more: the device ends it when it is told so. */
static void take_unwanted(struct ln_server *server, struct ln_observation *observation,
                          const struct ln_peer *peer, const struct ln_coap_message *m)
{
    const struct operation *first = ln_server__first_operation(observation->endpoint);
    bool is_under_way = first != NULL && first->observation == observation;

    server->counters.unexpected++;
    reset(server, peer, m);
    if (!is_under_way) {
        ln_server__observation_forget(server, observation);
    }
}

static void take_from_device(struct ln_server *server, struct ln_observation *observation,
                             const struct ln_peer *peer, const struct ln_coap_message *m)
{
    struct ln_coap_options options;

    bool is_over = observation->state == LN_OBSERVATION_FAILED && !is_same_end(observation, m);

    if (observation->state == LN_OBSERVATION_ENDED) {
        take_unwanted(server, observation, peer, m);
        return;
    }
    if (is_over) {
        server->counters.unexpected++;
        reset(server, peer, m);
        return;
    }
    if (ln_coap_options(m, &options) != LN_OK) {
        server->counters.bad_options++;
        reset(server, peer, m);
        return;
    }
    ln_err err = take_notification(server, observation, m, &options);
    if (err == LN_OK) {
        acknowledge(server, peer, m);
    } else if (err == LN_ERR_NO_MEMORY) {
        server->counters.notifications_refused++;
    } else {
        server->counters.bad_options++;
        reset(server, peer, m);
    }
}

void ln_server__notification(struct ln_server *server, struct ln_observation *observation,
                             const struct ln_peer *peer, const struct ln_coap_message *m)
{
    struct ln_registration *registration = observation->endpoint->registration;

    if (registration != NULL && !is_from(registration, peer)) {
        server->counters.wrong_peer++;
        return;
    }
    if (registration == NULL || m->type == LN_COAP_ACK) {
        server->counters.unexpected++;
        reset(server, peer, m);
        return;
    }
    take_from_device(server, observation, peer, m);
    ln_server__heard(server, registration);
}
