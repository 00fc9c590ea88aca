/* What the app declares to be observed, changes and ends, and what it brings back. */

#include "engine.h"

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

/* ---- Attributes ---- */

/* Without those that are to go. */
static struct ln_bytes declared_attributes(const struct ln_observation *observation)
{
    return ln_bytes(observation->attributes, observation->declared_length);
}

static struct ln_bytes name_in(struct ln_reader *attributes)
{
    struct ln_reader item = ln_reader(ln_read_until(attributes, '&'));

    return ln_read_until(&item, '=');
}

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

static bool names(struct ln_bytes attributes, struct ln_bytes name)
{
    struct ln_reader in = ln_reader(attributes);

    while (ln_reader_left(&in) > 0) {
        if (ln_bytes_equal(name_in(&in), name)) {
            return true;
        }
    }
    return false;
}

/* What was declared before and is no more is named without a value: so it goes on the device. */
static void write_unset(struct ln_writer *w, struct ln_bytes before, struct ln_bytes attributes)
{
    struct ln_reader in = ln_reader(before);
    bool is_first = attributes.len == 0;

    while (ln_reader_left(&in) > 0) {
        struct ln_bytes name = name_in(&in);
        if (!names(attributes, name)) {
            ln_write_text(w, is_first ? "" : "&");
            ln_write_bytes(w, name);
            is_first = false;
        }
    }
}

static ln_err set_attributes(struct ln_server *server, struct ln_observation *observation,
                             struct ln_bytes attributes)
{
    uint8_t merged[LN_LIMIT_ATTRIBUTES];
    struct ln_writer all = ln_writer(merged, sizeof(merged));
    uint8_t *bytes = NULL;
    size_t size = 0;

    if (ln_bytes_equal(attributes, declared_attributes(observation))) {
        return LN_OK;
    }
    ln_write_bytes(&all, attributes);
    write_unset(&all, ln_server__attributes_of(observation), attributes);
    if (all.failed) {
        return LN_ERR_BAD_REQUEST;
    }
    ln_err err = ln_server__reserve(server, &bytes, &size, 0, ln_writer_bytes(&all).len);
    if (err != LN_OK) {
        return err;
    }
    struct ln_writer w = ln_writer(bytes, size);
    ln_write_bytes(&w, ln_writer_bytes(&all));
    ln_server__release(server, observation->attributes);
    observation->attributes = bytes;
    observation->attributes_length = (uint8_t)size;
    observation->declared_length = (uint8_t)attributes.len;
    observation->attributes_due = size > 0;
    observation->attributes_asked = false;
    observation->pmax = pmax_of(attributes);
    return LN_OK;
}

/* ---- Declared ---- */

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
        ln_server__observation_free(server, made);
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
    ln_server__observation_set_up(server, made);
    return LN_OK;
}

static ln_err redeclare(struct ln_server *server, struct ln_observation *observation,
                        const struct ln_observation_view *view)
{
    bool is_same = observation->format == view->format &&
                   observation->durable == view->durable &&
                   ln_bytes_equal(declared_attributes(observation), view->attributes);

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
    ln_server__observation_set_up(server, observation);
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
    struct ln_observation *before = ln_server__observation_find(server, endpoint, path);
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
    view.token = ln_server__observation_new_token(server);
    return declare(server, &view);
}

ln_err ln_server_unobserve(struct ln_server *server, ln_time now, struct ln_bytes endpoint,
                           struct ln_path path)
{
    ln_server__advance(server, now);
    struct ln_observation *observation = ln_server__observation_find(server, endpoint, path);
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
    ln_server__observation_not_due(observation);
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
    if (ln_server__observation_find(server, view->endpoint, view->path) != NULL ||
        ln_server__observation_of_number(server, view->token) != NULL) {
        return LN_ERR_EXISTS;
    }
    ln_err err = has_room(server, view->endpoint);
    if (err == LN_OK) {
        err = make(server, view, &made);
    }
    if (err == LN_OK) {
        made->restored = true;
        const struct ln_registration *registration = made->endpoint->registration;
        if (registration != NULL && ln_server__list_has(registration, made->path)) {
            ln_server__observation_due(made, false);
        }
    }
    return err;
}
