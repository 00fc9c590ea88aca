/* The engine: made and freed, and what becomes of each datagram. */

#include "engine.h"

#include <assert.h>
#include <string.h>

/* ---- Small tools of the whole folder ---- */

void *ln_bootstrap__allocate(struct ln_bootstrap *bootstrap, size_t size)
{
    return bootstrap->allocator.resize(bootstrap->allocator.context, NULL, size);
}

void ln_bootstrap__release(struct ln_bootstrap *bootstrap, void *memory)
{
    if (memory != NULL) {
        bootstrap->allocator.resize(bootstrap->allocator.context, memory, 0);
    }
}

void ln_bootstrap__wipe(struct ln_bootstrap *bootstrap, void *memory, size_t size)
{
    volatile uint8_t *at = memory; /* a compiler may leave out other writes */

    if (memory == NULL) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        at[i] = 0;
    }
    ln_bootstrap__release(bootstrap, memory);
}

bool ln_bootstrap__is_at(const struct ln_peer *there, const struct ln_peer *peer)
{
    return there->session == peer->session &&
           (peer->session != 0 || ln_address_equal(&there->remote, &peer->remote));
}

uint16_t ln_bootstrap__next_message(struct ln_bootstrap *bootstrap)
{
    return bootstrap->next_message++;
}

/* ---- Made and freed ---- */

static bool config_is_sound(const struct ln_bootstrap_config *config)
{
    uint16_t block = config->block_size;
    bool is_block = block == 0 || (size_t)16 << ln_coap_block_fit(block) == block;

    return config->size == sizeof(*config) && config->random.fill != NULL &&
           config->allocator.resize != NULL && config->formats != NULL && is_block &&
           ln_format_find(config->formats, LN_FORMAT_TLV) != NULL;
}

static size_t or_default(size_t value, size_t otherwise)
{
    return value == 0 ? otherwise : value;
}

static void take_config(struct ln_bootstrap *bootstrap,
                        const struct ln_bootstrap_config *config)
{
    enum { SESSIONS = 10000, SESSION_MS = 600 * 1000, BODY = 64 * 1024, LARGEST_BLOCK = 1024 };

    bootstrap->random = config->random;
    bootstrap->allocator = config->allocator;
    bootstrap->coap = config->coap == NULL ? ln_coap_parameters_default : *config->coap;
    bootstrap->formats = config->formats;
    bootstrap->max_sessions = or_default(config->max_sessions, SESSIONS);
    bootstrap->session_timeout = (uint32_t)or_default(config->session_timeout, SESSION_MS);
    bootstrap->max_body = (uint32_t)or_default(config->max_body, BODY);
    bootstrap->block_exponent =
        ln_coap_block_fit(or_default(config->block_size, LARGEST_BLOCK));
    bootstrap->exchange_lifetime = ln_coap_exchange_lifetime(&bootstrap->coap);
}

struct ln_bootstrap *ln_bootstrap_new(const struct ln_bootstrap_config *config, ln_time now)
{
    struct ln_bootstrap *bootstrap = NULL;

    if (config_is_sound(config)) {
        bootstrap =
            config->allocator.resize(config->allocator.context, NULL, sizeof(*bootstrap));
    }
    if (bootstrap == NULL) {
        return NULL;
    }
    memset(bootstrap, 0, sizeof(*bootstrap));
    take_config(bootstrap, config);
    bootstrap->now = now;
    bootstrap->random.fill(bootstrap->random.context, bootstrap->seed, sizeof(bootstrap->seed));
    bootstrap->next_message = (uint16_t)ln_random_u32(&bootstrap->random);
    ln_wheel_init(&bootstrap->lives, now);
    ln_wheel_init(&bootstrap->exchanges, now);
    ln_map_init(&bootstrap->by_endpoint, &ln_bootstrap__endpoint_calls, bootstrap,
                &bootstrap->allocator);
    ln_map_init(&bootstrap->by_id, &ln_bootstrap__id_calls, bootstrap, &bootstrap->allocator);
    return bootstrap;
}

void ln_bootstrap_free(struct ln_bootstrap *bootstrap)
{
    if (bootstrap == NULL) {
        return;
    }
    ln_bootstrap__sessions_free(bootstrap);
    ln_map_fini(&bootstrap->by_endpoint);
    ln_map_fini(&bootstrap->by_id);
    ln_bootstrap__release(bootstrap, bootstrap);
}

const struct ln_bootstrap_counters *ln_bootstrap_counters(const struct ln_bootstrap *bootstrap)
{
    return &bootstrap->counters;
}

/* ---- Answers ---- */

void ln_bootstrap__answer(struct ln_bootstrap *bootstrap, const struct answer *answer)
{
    if (bootstrap->answer_count == LN_LIMIT_BOOTSTRAP_ANSWERS) {
        bootstrap->counters.answers_dropped++;
        return;
    }
    size_t at =
        (bootstrap->first_answer + bootstrap->answer_count) % LN_LIMIT_BOOTSTRAP_ANSWERS;
    bootstrap->answers[at] = *answer;
    bootstrap->answers[at].to.proof = NULL; /* borrowed from the call that brought it */
    bootstrap->answer_count++;
}

void ln_bootstrap__answer_empty(struct ln_bootstrap *bootstrap, const struct ln_peer *to,
                                enum ln_coap_type type, uint16_t id)
{
    ln_bootstrap__answer(
        bootstrap,
        &(struct answer){.to = *to, .type = (uint8_t)type, .code = LN_COAP_EMPTY, .id = id});
}

void ln_bootstrap__answer_asked(struct ln_bootstrap *bootstrap, const struct ln_peer *to,
                                const struct asked *asked)
{
    bool is_con = asked->type == LN_COAP_CON;
    struct answer answer = {
        .to = *to,
        .token = asked->token,
        .type = is_con ? LN_COAP_ACK : LN_COAP_NON,
        .code = asked->code,
        .id = is_con ? asked->id : ln_bootstrap__next_message(bootstrap),
    };

    ln_bootstrap__answer(bootstrap, &answer);
}

static size_t write_answer(struct ln_bootstrap *bootstrap, void *buffer, size_t size,
                           struct ln_peer *to)
{
    if (bootstrap->answer_count == 0) {
        return 0;
    }
    const struct answer *answer = &bootstrap->answers[bootstrap->first_answer];
    enum ln_coap_type type = (enum ln_coap_type)answer->type;
    size_t length;

    if (answer->code == LN_COAP_EMPTY) {
        length = ln_coap_empty(buffer, size, type, answer->id);
    } else {
        struct ln_coap_builder b =
            ln_coap_start(buffer, size, type, answer->code, answer->id, &answer->token);
        length = ln_coap_finish(&b);
    }
    assert(length > 0); /* the caller's buffer is smaller than LN_BOOTSTRAP_DATAGRAM_MAX */
    *to = answer->to;
    bootstrap->first_answer = (bootstrap->first_answer + 1) % LN_LIMIT_BOOTSTRAP_ANSWERS;
    bootstrap->answer_count--;
    return length;
}

/* ---- Sending ---- */

void ln_bootstrap__advance(struct ln_bootstrap *bootstrap, ln_time now)
{
    struct ln_timer *timer;

    bootstrap->now = now > bootstrap->now ? now : bootstrap->now;
    while ((timer = ln_wheel_turn(&bootstrap->lives, bootstrap->now)) != NULL) {
        struct session *session =
            (struct session *)(void *)((char *)timer - offsetof(struct session, life));

        if (session->state == SESSION_OVER) {
            ln_bootstrap__session_drop(bootstrap, session);
        } else {
            ln_bootstrap__session_end(bootstrap, session, LN_BOOTSTRAP_TIMED_OUT,
                                      LN_BOOTSTRAP_NO_REASON);
        }
    }
}

size_t ln_bootstrap_send(struct ln_bootstrap *bootstrap, ln_time now, void *buffer, size_t size,
                         struct ln_peer *to)
{
    ln_bootstrap__advance(bootstrap, now);
    /* Answers first: a device takes no Write before it knows that it was heard. */
    size_t length = write_answer(bootstrap, buffer, size, to);
    if (length == 0) {
        length = ln_bootstrap__steps_write(bootstrap, buffer, size, to);
    }
    if (length > 0) {
        bootstrap->counters.datagrams_sent++;
    }
    return length;
}

ln_time ln_bootstrap_deadline(const struct ln_bootstrap *bootstrap)
{
    if (bootstrap->answer_count > 0) {
        return bootstrap->now;
    }
    return ln_time_min(ln_wheel_deadline(&bootstrap->lives),
                       ln_wheel_deadline(&bootstrap->exchanges));
}

/* ---- Receiving ---- */

/* The counter that tells of requests refused for this; NULL: it is counted where it was found. */
static uint64_t *counter_of(struct ln_bootstrap_counters *counters, ln_err err)
{
    switch (err) {
    case LN_ERR_BAD_OPTION:
    case LN_ERR_NO_PROXY:
        return &counters->bad_options;
    case LN_ERR_NOT_FOUND:
        return &counters->not_found;
    case LN_ERR_NOT_ALLOWED:
        return &counters->not_allowed;
    case LN_ERR_BAD_FORMAT:
        return &counters->bad_formats;
    case LN_ERR_BUSY:
    case LN_ERR_NO_MEMORY:
        return &counters->refused_full;
    default:
        return &counters->bad_requests;
    }
}

/* POST /bs is all there is; /bspack is known, but not supported. */
static ln_err route(const struct ln_coap_message *m, const struct ln_coap_options *options)
{
    struct ln_coap_option_cursor path = ln_coap_option_first(m);

    if (options->path_count != 1 || !ln_coap_option_find(&path, LN_COAP_URI_PATH)) {
        return LN_ERR_NOT_FOUND;
    }
    if (ln_bytes_are(path.value, "bspack")) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (!ln_bytes_are(path.value, "bs")) {
        return LN_ERR_NOT_FOUND;
    }
    return m->code == LN_COAP_POST ? LN_OK : LN_ERR_NOT_ALLOWED;
}

static void take_request(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                         const struct ln_coap_message *m, uint32_t print)
{
    struct ln_coap_options options;
    ln_err err = ln_coap_options(m, &options);

    if (err == LN_ERR_BAD_OPTION && m->type == LN_COAP_NON) {
        bootstrap->counters.bad_options++; /* RFC 7252 §5.4.1: dropped */
        return;
    }
    if (err == LN_OK) {
        err = route(m, &options);
    }
    if (err == LN_OK && (m->has_payload || options.block1.present)) {
        err = LN_ERR_BAD_REQUEST; /* a Bootstrap-Request has no body */
    }
    if (err == LN_OK) {
        err = ln_bootstrap__request(bootstrap, peer, m, print);
    }
    if (err != LN_OK) {
        struct asked asked = {.token = m->token, .id = m->id, .type = (uint8_t)m->type};

        (*counter_of(&bootstrap->counters, err))++;
        asked.code = ln_coap_code_of(err);
        ln_bootstrap__answer_asked(bootstrap, peer, &asked);
    }
}

void ln_bootstrap_recv(struct ln_bootstrap *bootstrap, ln_time now, const struct ln_peer *peer,
                       struct ln_bytes datagram)
{
    struct ln_coap_message m;

    ln_bootstrap__advance(bootstrap, now);
    bootstrap->counters.datagrams_received++;
    switch (ln_coap_arrival(datagram, &m)) {
    case LN_COAP_IS_NOTHING:
        bootstrap->counters.malformed++;
        break;
    case LN_COAP_IS_REFUSED:
        bootstrap->counters.malformed++;
        ln_bootstrap__answer_empty(bootstrap, peer, LN_COAP_RST, m.id);
        break;
    case LN_COAP_IS_PING:
        bootstrap->counters.pings++;
        ln_bootstrap__answer_empty(bootstrap, peer, LN_COAP_RST, m.id);
        break;
    case LN_COAP_IS_EMPTY:
        ln_bootstrap__acknowledged(bootstrap, peer, &m);
        break;
    case LN_COAP_IS_REQUEST:
        take_request(bootstrap, peer, &m, (uint32_t)ln_hash(bootstrap->seed, datagram));
        break;
    case LN_COAP_IS_RESPONSE:
        ln_bootstrap__response(bootstrap, peer, &m);
        break;
    }
}
