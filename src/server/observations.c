/* Declared observations: found, told of, and what is to be done for each of them. */

#include "engine.h"

/* ---- Found by token ---- */

static uint64_t observation_hash(const void *context, const void *item)
{
    const struct ln_observation *observation = item;

    (void)context;
    return ln_server__mix(observation->token);
}

static bool observation_is(const void *item, const void *key)
{
    const struct ln_observation *observation = item;
    const uint64_t *token = key;

    return observation->token == *token;
}

const struct ln_map_calls ln_server__observation_calls = {observation_hash, observation_is};

struct ln_observation *ln_server__observation_of_number(const struct ln_server *server,
                                                        uint64_t token)
{
    return ln_map_find(&server->observations, ln_server__mix(token), &token);
}

struct ln_observation *ln_server__observation_of_token(const struct ln_server *server,
                                                       const struct ln_coap_token *token)
{
    struct ln_reader in = ln_reader(ln_bytes(token->bytes, token->len));
    uint64_t number = ln_read_u64(&in);

    if (in.failed || (number & TOKEN_BIT) == 0 || server->observations.count == 0) {
        return NULL;
    }
    return ln_server__observation_of_number(server, number);
}

struct ln_coap_token ln_server__observation_token(const struct ln_observation *observation)
{
    struct ln_coap_token token = {.len = LN_COAP_TOKEN_MAX};
    struct ln_writer w = ln_writer(token.bytes, sizeof(token.bytes));

    ln_write_u64(&w, observation->token);
    return token;
}

uint64_t ln_server__observation_new_token(struct ln_server *server)
{
    uint64_t token;

    do {
        uint64_t random =
            (uint64_t)ln_random_u32(&server->random) << 32 | ln_random_u32(&server->random);
        token = (uint64_t)server->shard << 56 | TOKEN_BIT | (random & (TOKEN_BIT - 1));
    } while (ln_server__observation_of_number(server, token) != NULL);
    return token;
}

bool ln_server__bears_observation_token(const struct operation *operation)
{
    bool is_own = operation->observation != NULL &&
                  (operation->phase == PHASE_SETUP || operation->phase == PHASE_CANCEL);

    return is_own && (operation->transfer == NULL || operation->transfer->in.offset == 0);
}

struct operation *ln_server__observation_operation(const struct ln_observation *observation,
                                                   const struct ln_coap_message *m)
{
    struct operation *first = ln_server__first_operation(observation->endpoint);

    if (first == NULL || first->exchange.copies == 0 || first->observation != observation ||
        !ln_server__bears_observation_token(first)) {
        return NULL;
    }
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    bool notifies = m->type != LN_COAP_ACK && ln_coap_option_find(&option, LN_COAP_OBSERVE);
    return notifies && first->phase == PHASE_CANCEL ? NULL : first;
}

/* ---- Freed ---- */

void ln_server__observation_free(struct ln_server *server, struct ln_observation *observation)
{
    struct endpoint *endpoint = observation->endpoint;

    ln_server__release(server, observation->attributes);
    ln_server__release(server, observation);
    ln_server__endpoint_drop(server, endpoint);
}

void ln_server__observation_drop(struct ln_server *server, struct ln_observation *observation)
{
    if (--observation->references == 0) {
        ln_server__observation_free(server, observation);
    }
}

void ln_server__observation_not_due(struct ln_observation *observation)
{
    struct endpoint *endpoint = observation->endpoint;
    struct ln_observation **link = &endpoint->first_work;
    struct ln_observation *before = NULL;

    if (!observation->in_work) {
        return;
    }
    while (*link != observation) {
        before = *link;
        link = &before->next_work;
    }
    *link = observation->next_work;
    if (endpoint->last_work == observation) {
        endpoint->last_work = before;
    }
    observation->in_work = false;
    observation->is_due = false;
}

void ln_server__observation_forget(struct ln_server *server, struct ln_observation *observation)
{
    ln_server__observation_not_due(observation);
    ln_wheel_cancel(&server->silences, &observation->silence);
    ln_map_remove(&server->observations, observation);
    ln_server__observation_drop(server, observation);
}

void ln_server__observations_free(struct ln_server *server)
{
    struct ln_observation *observation;
    size_t at = 0;

    while ((observation = ln_map_next(&server->observations, &at)) != NULL) {
        ln_server__observation_free(server, observation);
    }
}

/* ---- Told ---- */

struct ln_bytes ln_server__attributes_of(const struct ln_observation *observation)
{
    return ln_bytes(observation->attributes, observation->attributes_length);
}

struct notice *ln_server__notice(struct ln_server *server, struct ln_observation *observation,
                                 struct ln_bytes payload)
{
    struct notice *notice = ln_server__allocate(server, sizeof(*notice) + payload.len);

    if (notice == NULL) {
        return NULL;
    }
    *notice = (struct notice){
        .observation = observation,
        .length = (uint32_t)payload.len,
        .format = LN_FORMAT_NONE,
    };
    struct ln_writer w = ln_writer(notice->payload, payload.len);
    ln_write_bytes(&w, payload);
    observation->references++;
    return notice;
}

void ln_server__notice_state(struct ln_server *server, struct notice *notice, bool is_last)
{
    notice->changed.changes =
        (uint8_t)(notice->observation->state | (is_last ? (unsigned)IS_LAST : 0U));
    ln_server__event_push(server, &notice->changed, LN_SERVER_OBSERVATION);
}

const char *ln_observation_state_name(enum ln_observation_state state)
{
    static const char *const names[] = {
        [LN_OBSERVATION_PENDING] = "pending",
        [LN_OBSERVATION_ACTIVE] = "active",
        [LN_OBSERVATION_FAILED] = "failed",
        [LN_OBSERVATION_ENDED] = "ended",
    };

    return (size_t)state < LN_COUNT(names) ? names[state] : "unknown";
}

void ln_observation_get(const struct ln_observation *observation,
                        struct ln_observation_view *out)
{
    *out = (struct ln_observation_view){
        .endpoint = ln_server__name_of(observation->endpoint),
        .path = observation->path,
        .format = observation->format,
        .attributes = ln_server__attributes_of(observation),
        .durable = observation->durable,
        .state = (enum ln_observation_state)observation->state,
        .code = observation->code,
        .token = observation->token,
        .heard_at = observation->heard_at,
        .notifications = observation->notifications,
    };
}

size_t ln_server_observation_count(const struct ln_server *server)
{
    return server->observation_count;
}

const struct ln_observation *ln_server_next_observation(const struct ln_server *server,
                                                        struct ln_bytes endpoint,
                                                        const struct ln_observation *after)
{
    const struct endpoint *of = ln_server__endpoint_find(server, endpoint);

    if (after != NULL) {
        return after->next;
    }
    return of == NULL ? NULL : of->observations;
}

struct ln_observation *ln_server__observation_find(const struct ln_server *server,
                                                   struct ln_bytes endpoint,
                                                   struct ln_path path)
{
    struct endpoint *of = ln_server__endpoint_find(server, endpoint);
    struct ln_observation *at = of == NULL ? NULL : of->observations;

    while (at != NULL && !ln_path_equal(at->path, path)) {
        at = at->next;
    }
    return at;
}

const struct ln_observation *ln_server_observation(const struct ln_server *server,
                                                   struct ln_bytes endpoint,
                                                   struct ln_path path)
{
    return ln_server__observation_find(server, endpoint, path);
}

/* ---- Work ---- */

bool ln_server__list_has(const struct ln_registration *registration, struct ln_path path)
{
    const struct object_list *list = registration->objects;

    for (size_t i = 0; i < list->count; i++) {
        if (list->links[i].object == path.id[0] &&
            (path.depth == 1 || list->links[i].instance == path.id[1])) {
            return true;
        }
    }
    return false;
}

void ln_server__observation_due(struct ln_observation *observation, bool first)
{
    struct endpoint *endpoint = observation->endpoint;

    observation->is_due = true;
    if (observation->in_work) {
        return;
    }
    observation->in_work = true;
    observation->next_work = first ? endpoint->first_work : NULL;
    if (endpoint->first_work == NULL) {
        endpoint->first_work = observation;
        endpoint->last_work = observation;
    } else if (first) {
        endpoint->first_work = observation;
    } else {
        endpoint->last_work->next_work = observation;
        endpoint->last_work = observation;
    }
}

static enum phase phase_due(const struct ln_observation *observation)
{
    if (observation->state == LN_OBSERVATION_ENDED) {
        return PHASE_CANCEL;
    }
    return observation->attributes_due ? PHASE_ATTRIBUTES : PHASE_SETUP;
}

bool ln_server__observation_work(struct ln_server *server, struct endpoint *endpoint)
{
    struct ln_observation *observation = endpoint->first_work;

    while (observation != NULL && !observation->is_due) {
        ln_server__observation_not_due(observation);
        observation = endpoint->first_work;
    }
    if (observation == NULL) {
        return false;
    }
    enum phase phase = phase_due(observation);
    if (ln_server__operation_for(server, observation, phase) == NULL) {
        return false;
    }
    observation->attributes_asked = phase == PHASE_ATTRIBUTES;
    ln_server__observation_not_due(observation);
    return true;
}

void ln_server__observations_review(struct ln_server *server,
                                    struct ln_registration *registration)
{
    struct endpoint *endpoint = registration->record;
    struct ln_observation *at = endpoint == NULL ? NULL : endpoint->observations;

    (void)server;
    for (; at != NULL; at = at->next) {
        if (!ln_server__list_has(registration, at->path)) {
            if (at->state == LN_OBSERVATION_ACTIVE) {
                at->state = LN_OBSERVATION_PENDING; /* it ends with what it observes */
            }
        } else if (at->state != LN_OBSERVATION_ACTIVE) {
            at->state = LN_OBSERVATION_PENDING;
            ln_server__observation_due(at, false);
        }
    }
}

void ln_server__observations_begin(struct ln_server *server,
                                   struct ln_registration *registration)
{
    struct endpoint *endpoint = registration->record;
    struct ln_observation *at = endpoint == NULL ? NULL : endpoint->observations;

    for (; at != NULL; at = at->next) {
        at->state = LN_OBSERVATION_PENDING;
        at->has_sequence = false;
        at->restored = false;
        at->attributes_due = at->attributes_length > 0;
    }
    ln_server__observations_review(server, registration);
}

/* The device forgets all. */
void ln_server__observations_end_of(struct ln_server *server, struct endpoint *endpoint)
{
    struct ln_observation *at;

    while ((at = endpoint->first_work) != NULL) {
        ln_server__observation_not_due(at);
        if (at->state == LN_OBSERVATION_ENDED) {
            ln_server__observation_forget(server, at);
        }
    }
    for (at = endpoint->observations; at != NULL; at = at->next) {
        at->state = LN_OBSERVATION_PENDING;
        at->has_sequence = false;
        ln_wheel_cancel(&server->silences, &at->silence);
    }
}

void ln_server__observation_set_up(struct ln_server *server, struct ln_observation *observation)
{
    const struct ln_registration *registration = observation->endpoint->registration;

    if (registration != NULL && ln_server__list_has(registration, observation->path)) {
        ln_server__observation_due(observation, false);
        ln_server__go_on(server, observation->endpoint);
    }
}
