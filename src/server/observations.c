/* Declared observations: made and ended, and set up on each registration. */

#include "engine.h"

/* ---- Found by token ---- */

#define TOKEN_BIT (UINT64_C(1) << 55) /* no token of an operation has it */

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

static struct ln_observation *find_token(const struct ln_server *server, uint64_t token)
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
    return find_token(server, number);
}

struct ln_coap_token ln_server__observation_token(const struct ln_observation *observation)
{
    struct ln_coap_token token = {.len = LN_COAP_TOKEN_MAX};
    struct ln_writer w = ln_writer(token.bytes, sizeof(token.bytes));

    ln_write_u64(&w, observation->token);
    return token;
}

static uint64_t new_token(struct ln_server *server)
{
    uint64_t token;

    do {
        uint64_t random =
            (uint64_t)ln_random_u32(&server->random) << 32 | ln_random_u32(&server->random);
        token = (uint64_t)server->shard << 56 | TOKEN_BIT | (random & (TOKEN_BIT - 1));
    } while (find_token(server, token) != NULL);
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

static void release(struct ln_server *server, struct ln_observation *observation)
{
    struct endpoint *endpoint = observation->endpoint;

    ln_server__release(server, observation->attributes);
    ln_server__release(server, observation);
    ln_server__endpoint_drop(server, endpoint);
}

void ln_server__observation_drop(struct ln_server *server, struct ln_observation *observation)
{
    if (--observation->references == 0) {
        release(server, observation);
    }
}

static void take_out_of_work(struct ln_observation *observation)
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
    take_out_of_work(observation);
    ln_wheel_cancel(&server->silences, &observation->silence);
    ln_map_remove(&server->observations, observation);
    ln_server__observation_drop(server, observation);
}

void ln_server__observations_free(struct ln_server *server)
{
    struct ln_observation *observation;
    size_t at = 0;

    while ((observation = ln_map_next(&server->observations, &at)) != NULL) {
        release(server, observation);
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

/* What the app declared or ended: numbered if it is kept. */
static void tell_declared(struct ln_server *server, struct notice *notice, bool durable)
{
    notice->code = notice->observation->code;
    ln_server__notice_state(server, notice, true);
    if (durable && server->journal.on) {
        notice->changed.changes |= CHANGED_DURABLY;
        (void)ln_server__change(server);
    }
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

static struct ln_observation *find(const struct ln_server *server, struct ln_bytes endpoint,
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
    return find(server, endpoint, path);
}

/* ---- Work ---- */

static bool list_has(const struct ln_registration *registration, struct ln_path path)
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
        take_out_of_work(observation);
        observation = endpoint->first_work;
    }
    if (observation == NULL ||
        ln_server__operation_for(server, observation, phase_due(observation)) == NULL) {
        return false;
    }
    take_out_of_work(observation);
    return true;
}

void ln_server__observations_review(struct ln_server *server,
                                    struct ln_registration *registration)
{
    struct endpoint *endpoint = registration->record;
    struct ln_observation *at = endpoint == NULL ? NULL : endpoint->observations;

    (void)server;
    for (; at != NULL; at = at->next) {
        if (!list_has(registration, at->path)) {
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
        take_out_of_work(at);
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

/* ---- Declared ---- */

/* "pmin=1&pmax=60" -> 60; 0 where there is none. */
static uint32_t pmax_of(struct ln_bytes attributes)
{
    struct ln_reader in = ln_reader(attributes);
    uint64_t pmax = 0;

    while (ln_reader_left(&in) > 0) {
        struct ln_reader item = ln_reader(ln_read_until(&in, '&'));
        if (ln_bytes_are(ln_read_until(&item, '='), "pmax") &&
            !ln_unsigned_of_text(ln_read_rest(&item), &pmax)) {
            pmax = 0;
        }
    }
    return pmax > UINT32_MAX ? 0 : (uint32_t)pmax;
}

static ln_err set_attributes(struct ln_server *server, struct ln_observation *observation,
                             struct ln_bytes attributes)
{
    uint8_t *bytes = NULL;
    size_t size = 0;

    if (ln_bytes_equal(attributes, ln_server__attributes_of(observation))) {
        return LN_OK;
    }
    ln_err err = ln_server__reserve(server, &bytes, &size, 0, attributes.len);
    if (err != LN_OK) {
        return err;
    }
    struct ln_writer w = ln_writer(bytes, size);
    ln_write_bytes(&w, attributes);
    ln_server__release(server, observation->attributes);
    observation->attributes = bytes;
    observation->attributes_length = (uint16_t)attributes.len;
    observation->attributes_due = attributes.len > 0;
    observation->pmax = pmax_of(attributes);
    return LN_OK;
}

static ln_err has_room(struct ln_server *server, struct ln_bytes endpoint)
{
    const struct endpoint *of = ln_server__endpoint_find(server, endpoint);

    if (server->observation_count >= server->max_observations ||
        (of != NULL && of->observation_count >= server->max_observations_per_device)) {
        server->counters.observations_refused++;
        return LN_ERR_BUSY;
    }
    return LN_OK;
}

/* LN_ERR_NO_MEMORY: nothing has changed. */
static ln_err make(struct ln_server *server, const struct ln_observation_view *view,
                   struct ln_observation **out)
{
    struct ln_observation *made = ln_server__allocate(server, sizeof(*made));
    struct endpoint *endpoint =
        made == NULL ? NULL : ln_server__endpoint_take(server, view->endpoint);

    if (endpoint == NULL) {
        ln_server__release(server, made);
        return LN_ERR_NO_MEMORY;
    }
    *made = (struct ln_observation){
        .endpoint = endpoint,
        .token = view->token,
        .heard_at = view->heard_at,
        .references = 1,
        .path = view->path,
        .format = view->format,
        .durable = view->durable,
    };
    ln_err err = set_attributes(server, made, view->attributes);
    if (err == LN_OK) {
        err = ln_map_add(&server->observations, made);
    }
    if (err != LN_OK) {
        release(server, made);
        return err;
    }
    made->next = endpoint->observations;
    endpoint->observations = made;
    endpoint->observation_count++;
    server->observation_count++;
    *out = made;
    return LN_OK;
}

static void unlink_from_endpoint(struct ln_server *server, struct ln_observation *observation)
{
    struct ln_observation **link = &observation->endpoint->observations;

    while (*link != observation) {
        link = &(*link)->next;
    }
    *link = observation->next;
    observation->endpoint->observation_count--;
    server->observation_count--;
}

static void set_up(struct ln_server *server, struct ln_observation *observation)
{
    const struct ln_registration *registration = observation->endpoint->registration;

    if (registration != NULL && list_has(registration, observation->path)) {
        ln_server__observation_due(observation, false);
        ln_server__go_on(server, observation->endpoint);
    }
}

static ln_err declare(struct ln_server *server, const struct ln_observation_view *view)
{
    struct ln_observation *made;
    ln_err err = has_room(server, view->endpoint);

    if (err == LN_OK) {
        err = make(server, view, &made);
    }
    if (err != LN_OK) {
        return err;
    }
    struct notice *notice = ln_server__notice(server, made, (struct ln_bytes){0});
    if (notice == NULL) {
        unlink_from_endpoint(server, made);
        ln_server__observation_forget(server, made);
        return LN_ERR_NO_MEMORY;
    }
    tell_declared(server, notice, view->durable);
    set_up(server, made);
    return LN_OK;
}

static ln_err redeclare(struct ln_server *server, struct ln_observation *observation,
                        const struct ln_observation_view *view)
{
    bool is_same = observation->format == view->format &&
                   observation->durable == view->durable &&
                   ln_bytes_equal(ln_server__attributes_of(observation), view->attributes);

    if (is_same) {
        return LN_OK;
    }
    struct notice *notice = ln_server__notice(server, observation, (struct ln_bytes){0});
    if (notice == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    ln_err err = set_attributes(server, observation, view->attributes);
    if (err != LN_OK) {
        ln_server__observation_drop(server, observation);
        ln_server__release(server, notice);
        return err;
    }
    bool kept = observation->durable || view->durable;
    observation->format = view->format;
    observation->durable = view->durable;
    observation->state = LN_OBSERVATION_PENDING;
    tell_declared(server, notice, kept);
    set_up(server, observation);
    return LN_OK;
}

ln_err ln_server_observe(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                         struct ln_path path, uint16_t format, struct ln_bytes attributes,
                         bool durable)
{
    struct ln_observation_view view = {
        .endpoint = endpoint,
        .path = path,
        .format = format,
        .attributes = attributes,
        .durable = durable,
    };

    ln_server__advance(server, now);
    struct ln_observation *before = find(server, endpoint, path);
    if (!ln_operation_fits(LN_OPERATION_READ, path, LN_VERSION_1_1) || endpoint.len == 0 ||
        endpoint.len > LN_LIMIT_ENDPOINT || attributes.len > LN_LIMIT_ATTRIBUTES) {
        return LN_ERR_BAD_REQUEST;
    }
    bool kept = durable || (before != NULL && before->durable);
    if (server->closed || (kept && server->journal.read_only)) {
        return LN_ERR_READ_ONLY;
    }
    if (before != NULL) {
        return redeclare(server, before, &view);
    }
    view.token = new_token(server);
    return declare(server, &view);
}

ln_err ln_server_unobserve(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                           struct ln_path path)
{
    ln_server__advance(server, now);
    struct ln_observation *observation = find(server, endpoint, path);
    if (observation == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (observation->durable && server->journal.read_only) {
        return LN_ERR_READ_ONLY;
    }
    struct notice *notice = ln_server__notice(server, observation, (struct ln_bytes){0});
    if (notice == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    struct endpoint *of = observation->endpoint;
    const struct operation *first = ln_server__first_operation(of);
    bool device_has_it =
        of->registration != NULL && (observation->state == LN_OBSERVATION_ACTIVE ||
                                     observation->restored || observation->has_sequence);
    bool is_under_way = first != NULL && first->observation == observation;
    observation->state = LN_OBSERVATION_ENDED;
    tell_declared(server, notice, observation->durable);
    unlink_from_endpoint(server, observation);
    ln_wheel_cancel(&server->silences, &observation->silence);
    take_out_of_work(observation);
    if (device_has_it) {
        ln_server__observation_due(observation, true);
        ln_server__go_on(server, of);
    } else if (!is_under_way) {
        ln_server__observation_forget(server, observation);
    }
    return LN_OK;
}

ln_err ln_server_restore_observation(struct ln_server *server, ln_time now,
                                     const struct ln_observation_view *view)
{
    struct ln_observation *made;

    ln_server__advance(server, now);
    if (!ln_operation_fits(LN_OPERATION_READ, view->path, LN_VERSION_1_1) ||
        view->endpoint.len == 0 || view->endpoint.len > LN_LIMIT_ENDPOINT ||
        view->attributes.len > LN_LIMIT_ATTRIBUTES || (view->token & TOKEN_BIT) == 0 ||
        view->token >> 56 != server->shard) {
        return LN_ERR_BAD_VALUE;
    }
    if (find(server, view->endpoint, view->path) != NULL ||
        find_token(server, view->token) != NULL) {
        return LN_ERR_EXISTS;
    }
    ln_err err = has_room(server, view->endpoint);
    if (err == LN_OK) {
        err = make(server, view, &made);
    }
    if (err == LN_OK) {
        made->restored = true;
        const struct ln_registration *registration = made->endpoint->registration;
        if (registration != NULL && list_has(registration, made->path)) {
            ln_server__observation_due(made, false);
        }
    }
    return err;
}

/* ---- Answered ---- */

/* The operation carries the event; it is given back when that was read. */
static void tell_in_operation(struct ln_server *server, struct operation *operation,
                              bool is_last)
{
    operation->queued.changes =
        (uint8_t)(operation->observation->state | IN_OPERATION | (is_last ? IS_LAST : 0));
    ln_server__event_push(server, &operation->queued, LN_SERVER_OBSERVATION);
}

static void tell_value(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    observation->heard_at = server->now;
    observation->notifications++;
    server->counters.notifications++;
    ln_server__silence_set(server, observation);
    operation->ending.changes = IN_OPERATION;
    ln_server__event_push(server, &operation->ending, LN_SERVER_NOTIFIED);
}

static void set_failed(struct ln_server *server, struct operation *operation, uint8_t code)
{
    struct ln_observation *observation = operation->observation;

    server->counters.observations_failed++;
    observation->state = LN_OBSERVATION_FAILED;
    observation->code = code;
    observation->has_sequence = false;
    operation->code = code;
    tell_in_operation(server, operation, true);
}

static void set_active(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    server->counters.observations_set_up++;
    observation->code = LN_COAP_EMPTY;
    observation->sequence = operation->sequence;
    observation->message = operation->message;
    observation->has_sequence = true;
    observation->restored = false;
    if (observation->state != LN_OBSERVATION_ACTIVE) {
        observation->state = LN_OBSERVATION_ACTIVE;
        tell_in_operation(server, operation, false);
    }
    tell_value(server, operation);
}

/* Of one that the app has ended meanwhile. */
static void answered_too_late(struct ln_server *server, struct operation *operation,
                              bool device_has_it)
{
    struct ln_observation *observation = operation->observation;

    if (device_has_it) {
        ln_server__observation_due(observation, true);
    } else {
        ln_server__observation_forget(server, observation);
    }
    ln_server__operation_free(server, operation);
}

void ln_server__observation_answered(struct ln_server *server, struct operation *operation,
                                     enum ln_outcome outcome)
{
    struct ln_observation *observation = operation->observation;
    bool is_good = outcome == LN_OUTCOME_ANSWERED && ln_coap_code_class(operation->code) == 2;
    bool observes = operation->phase == PHASE_SETUP && is_good && operation->observes;

    if (outcome == LN_OUTCOME_CLOSED) {
        ln_server__operation_free(server, operation);
    } else if (observation->state == LN_OBSERVATION_ENDED) {
        answered_too_late(server, operation, observes);
    } else if (operation->phase == PHASE_ATTRIBUTES && is_good) {
        observation->attributes_due = false;
        ln_server__observation_due(observation, true);
        ln_server__operation_free(server, operation);
    } else if (observes) {
        set_active(server, operation);
    } else if (operation->phase == PHASE_FETCH && is_good) {
        tell_value(server, operation);
    } else if (operation->phase == PHASE_FETCH) {
        ln_server__observation_due(observation, true);
        ln_server__operation_free(server, operation);
    } else {
        set_failed(server, operation, operation->code);
    }
}

void ln_server__observation_interrupted(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    ln_server__operation_withdraw(server, operation);
    if (observation->state == LN_OBSERVATION_ENDED &&
        observation->endpoint->registration == NULL) {
        ln_server__observation_forget(server, observation);
    } else {
        ln_server__observation_due(observation, true);
    }
    ln_server__operation_free(server, operation);
}

/* ---- Silence ---- */

enum {
    SILENCE_MARGIN_MS = 93 * 1000
}; /* a confirmable notification may be under way so long */

static ln_time silent_until(const struct ln_observation *observation)
{
    return ln_time_after(observation->heard_at,
                         (int64_t)observation->pmax * 1000 + SILENCE_MARGIN_MS);
}

void ln_server__silence_set(struct ln_server *server, struct ln_observation *observation)
{
    if (observation->pmax > 0 && !ln_timer_is_set(&observation->silence)) {
        ln_wheel_set(&server->silences, &observation->silence, silent_until(observation));
    }
}

static void is_silent(struct ln_server *server, struct ln_observation *observation)
{
    struct notice *notice = ln_server__notice(server, observation, (struct ln_bytes){0});

    if (notice == NULL) {
        server->counters.waited_for_memory++;
        ln_wheel_set(&server->silences, &observation->silence,
                     ln_time_after(server->now, MEMORY_WAIT_MS));
        return;
    }
    server->counters.observations_lost++;
    observation->state = LN_OBSERVATION_PENDING;
    observation->attributes_due = observation->attributes_length > 0;
    ln_server__notice_state(server, notice, true);
    set_up(server, observation);
}

void ln_server__observations_advance(struct ln_server *server)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&server->silences, server->now)) != NULL) {
        struct ln_observation *observation =
            (struct ln_observation *)(void *)((char *)timer -
                                              offsetof(struct ln_observation, silence));
        if (observation->state != LN_OBSERVATION_ACTIVE) {
            continue;
        }
        if (silent_until(observation) > server->now) {
            ln_server__silence_set(server, observation);
        } else {
            is_silent(server, observation);
        }
    }
}
