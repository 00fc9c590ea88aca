/* Register, Update and De-register: checked whole, then done. spec: CORE-1.1.1 §6.2 */

#include "engine.h"

static ln_err check_payload(const struct request *request)
{
    const struct ln_coap_options *o = &request->options;

    if (request->message->payload.len == 0 && o->block1.number == 0) {
        return LN_OK;
    }
    /* spec: TRANSPORT-1.1.1 §6.4: data without a format is an error. */
    if (o->content_format == LN_FORMAT_NONE) {
        return LN_ERR_BAD_REQUEST;
    }
    return o->content_format == LN_FORMAT_LINK ? LN_OK : LN_ERR_BAD_FORMAT;
}

/* ---- Register ---- */

/* LN_ERR_TOO_LARGE: more parameters that are not ours than are kept. */
static ln_err measure_extra(struct registering *from)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(from->request->message);
    size_t length = 0;

    if (from->query->extra_count == 0) {
        return LN_OK;
    }
    while (ln_coap_option_find(&option, LN_COAP_URI_QUERY)) {
        if (!ln_registration_parameter_known(option.value)) {
            length += option.value.len + (length > 0);
        }
    }
    from->extra_length = length;
    return length > LN_LIMIT_EXTRA_PARAMETERS ? LN_ERR_TOO_LARGE : LN_OK;
}

static ln_err check_register(struct registering *from)
{
    const struct ln_coap_message *m = from->request->message;
    ln_err err = check_payload(from->request);

    if (err != LN_OK) {
        return err;
    }
    /* Without a confirmable message the device cannot know that it is registered. */
    if (m->type != LN_COAP_CON) {
        return LN_ERR_BAD_REQUEST;
    }
    /* The last block of a list may be empty. */
    if (m->payload.len == 0 && from->request->options.block1.number == 0) {
        return LN_ERR_BAD_REQUEST;
    }
    return measure_extra(from);
}

/*
 * Who it may be. spec: CORE-1.1.1 §6.2.1 Register: the name is held against what the security layer
 * proved, which stands in for it where it is not said.
 */
static ln_err identify(struct ln_server *server, const struct ln_peer *peer,
                       struct ln_registration_query *query)
{
    const struct ln_proof *proof = peer->proof;

    if (proof != NULL && proof->endpoint.len > 0 && !query->has_endpoint) {
        query->endpoint = proof->endpoint;
        query->has_endpoint = true;
    }
    if (!query->has_endpoint) {
        return LN_ERR_BAD_REQUEST;
    }
    if (proof != NULL &&
        (proof->identity.len > LN_LIMIT_IDENTITY ||
         (proof->endpoint.len > 0 && !ln_bytes_equal(proof->endpoint, query->endpoint)))) {
        server->counters.wrong_endpoint++;
        return LN_ERR_BAD_REQUEST;
    }
    ln_err err = server->admit == NULL
                     ? LN_OK
                     : server->admit(server->admit_context, query->endpoint, peer);
    server->counters.not_admitted += err != LN_OK;
    return err;
}

/* Whether there is room for one more, or one in the place of `old`. */
static ln_err check_room(const struct ln_server *server, const struct ln_registration *old,
                         const struct ln_peer *peer)
{
    if (old == NULL && server->max_registrations > 0 &&
        ln_server_registration_count(server) >= server->max_registrations) {
        return LN_ERR_BUSY;
    }
    if (server->max_per_address == 0) {
        return LN_OK;
    }
    struct ln_address there = peer->remote;
    there.port = old == NULL ? 0 : old->remote.port;
    if (old != NULL && ln_address_equal(&old->remote, &there)) {
        return LN_OK;
    }
    size_t count = ln_server__remote_count(server, &peer->remote);
    return count < server->max_per_address ? LN_OK : LN_ERR_BUSY;
}

/*
 * The Register is good: it takes the place of the old registration of the endpoint, if there
 * is one.
 */
static ln_err replace(struct ln_server *server, struct ln_registration *old,
                      struct ln_registration *registration)
{
    struct news *news = ln_server__news_take(server);

    if (news == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    ln_err err = ln_server__registration_add(server, registration);
    if (err != LN_OK) {
        ln_server__news_drop(server, news);
        return err;
    }
    /* Only now: if there was no room for the new one, the old one stays. */
    if (old != NULL) {
        /* The device still remembers our last message ids. */
        registration->next_message = old->next_message;
        registration->change = old->change; /* the one before its own */
        (void)ln_server__registration_end(server, old, LN_SERVER_REPLACED);
    }
    ln_server__news_push(server, news, LN_SERVER_REGISTERED, registration,
                         server->journal.on ? CHANGED_DURABLY : 0);
    server->counters.registers++;
    ln_server__observations_begin(server, registration);
    ln_server__heard(server, registration);
    return LN_OK;
}

static ln_err make(struct ln_server *server, struct registering *from, struct ln_bytes list,
                   struct ln_registration *old, struct ln_registration **made)
{
    ln_err err = ln_server__list_take(server, list, &from->objects);

    if (err != LN_OK) {
        return err;
    }
    struct ln_registration *registration = ln_server__registration_new(server, from);
    if (registration == NULL) {
        ln_server__list_drop(server, from->objects);
        return LN_ERR_NO_MEMORY;
    }
    err = replace(server, old, registration);
    if (err != LN_OK) {
        ln_server__registration_free(server, registration);
        return err;
    }
    ln_server__answer_change(server, from->request, LN_COAP_2_01, &registration->location,
                             &registration->next_message, registration->change);
    *made = registration;
    return LN_OK;
}

/* The list is taken once it is whole; each block before it is answered by itself. */
static ln_err take_list(struct ln_server *server, struct registering *from,
                        struct ln_registration *old)
{
    struct ln_registration *made = NULL;
    struct gathered gathered;
    ln_err err = ln_server__gather(server, from->request, &gathered);

    if (err != LN_OK || !gathered.is_whole) {
        return err;
    }
    err = make(server, from, gathered.list, old, &made);
    ln_server__gathered(server, &gathered, err == LN_OK ? LN_COAP_2_01 : ln_coap_code_of(err),
                        made);
    return err;
}

/* Whether this very Register made the registration. */
static bool is_repeat(const struct ln_server *server, const struct ln_registration *old,
                      const struct request *request)
{
    return old->register_print == request->print && old->register_id == request->message->id &&
           request->now - old->registered_at < server->exchange_lifetime;
}

ln_err ln_server__register(struct ln_server *server, const struct request *request)
{
    struct ln_registration_query query;
    struct registering from = {.request = request, .query = &query};
    ln_err err = ln_registration_query_read(request->message, LN_VERSION_NONE, &query);

    if (err == LN_OK) {
        err = identify(server, request->peer, &query);
    }
    if (err != LN_OK) {
        return err;
    }
    struct ln_registration *old = ln_server_find(server, query.endpoint);
    if (old != NULL && is_repeat(server, old, request)) {
        server->counters.repeats++;
        ln_server__heard(server, old);
        if (ln_server__may_repeat(server, old->change)) {
            ln_server__answer_request(server, request, LN_COAP_2_01, &old->location,
                                      &old->next_message);
        }
        return LN_OK;
    }
    err = check_register(&from);
    if (err == LN_OK && server->journal.read_only) {
        err = LN_ERR_READ_ONLY;
    }
    if (err == LN_OK) {
        err = check_room(server, old, request->peer);
    }
    return err == LN_OK ? take_list(server, &from, old) : err;
}

/* ---- Update ---- */

/* All that an Update needs, taken before anything is changed. */
struct update {
    const struct request *request;
    struct ln_registration_query query;
    struct ln_bytes list;        /* no bytes: the list stays, as it does where */
    struct object_list *objects; /* this is NULL */
    uint8_t *sms;                /* where the new one goes; NULL: it stays */
    struct address_use *local;   /* NULL: it came to the same address as before */
    struct news *news;
    uint8_t changes;
    uint8_t binding;
    uint32_t lifetime;
    bool moved; /* to another IP address, which is counted already */
};

static void undo(struct ln_server *server, struct ln_registration *registration,
                 struct update *update)
{
    ln_server__list_drop(server, update->objects);
    ln_server__address_drop(server, &server->locals, update->local);
    if (update->sms != NULL && update->query.sms.len > registration->sms_room) {
        ln_server__release(server, update->sms);
    }
    if (update->news != NULL) {
        ln_server__news_drop(server, update->news);
    }
    if (update->moved) {
        ln_server__remote_remove(server, &update->request->peer->remote);
    }
}

static ln_err prepare_sms(struct ln_server *server, struct ln_registration *registration,
                          struct update *update)
{
    struct ln_bytes sms = update->query.sms;

    if (!update->query.has_sms || ln_bytes_equal(sms, ln_server__sms_of(registration))) {
        return LN_OK;
    }
    update->sms = &registration->text[registration->endpoint_length];
    if (sms.len > registration->sms_room) {
        update->sms = ln_server__allocate(server, sms.len);
        if (update->sms == NULL) {
            return LN_ERR_NO_MEMORY;
        }
    }
    update->changes |= CHANGED_SMS;
    return LN_OK;
}

static ln_err prepare_objects(struct ln_server *server, struct ln_registration *registration,
                              struct update *update)
{
    if (update->list.len == 0) {
        return LN_OK;
    }
    ln_err err = ln_server__list_take(server, update->list, &update->objects);
    if (err == LN_OK && update->objects != registration->objects) {
        update->changes |= CHANGED_OBJECTS;
    }
    return err;
}

static ln_err prepare_move(struct ln_server *server, struct ln_registration *registration,
                           struct update *update)
{
    const struct ln_address *remote = &update->request->peer->remote;
    struct ln_address other_port = *remote;

    if (ln_address_equal(&registration->remote, remote)) {
        return LN_OK;
    }
    update->changes |= CHANGED_ADDRESS;
    other_port.port = registration->remote.port;
    if (ln_address_equal(&registration->remote, &other_port)) {
        return LN_OK;
    }
    /* A device that is registered may move to where many are: only Registers are bounded. */
    ln_err err = ln_server__remote_add(server, remote);
    update->moved = err == LN_OK;
    return err;
}

static ln_err prepare_local(struct ln_server *server, struct ln_registration *registration,
                            struct update *update)
{
    const struct ln_address *local = &update->request->peer->local;

    if (ln_address_equal(&registration->local->address, local)) {
        return LN_OK;
    }
    update->local = ln_server__address_take(server, &server->locals, local);
    return update->local == NULL ? LN_ERR_NO_MEMORY : LN_OK;
}

static void prepare_parameters(const struct ln_registration *registration,
                               struct update *update)
{
    const struct ln_registration_query *query = &update->query;

    update->lifetime = query->has_lifetime ? query->lifetime : registration->lifetime;
    if (update->lifetime != registration->lifetime) {
        update->changes |= CHANGED_LIFETIME;
    }
    if (update->request->peer->session != registration->session) {
        update->changes |= CHANGED_SESSION;
    }
    /* b and Q go together: a b without Q says that the device does not sleep any more. */
    update->binding = registration->binding;
    if (query->has_binding) {
        update->binding = query->binding;
    } else if (query->has_queue) {
        update->binding |= LN_BINDING_Q;
    }
    if (update->binding != registration->binding) {
        update->changes |= CHANGED_BINDING;
    }
}

/* Time and address are kept too, but no answer waits for that. */
static ln_err prepare_journal(const struct ln_server *server, struct update *update)
{
    if (!server->journal.on || (update->changes & ~CHANGED_ADDRESS) == 0) {
        return LN_OK;
    }
    update->changes |= CHANGED_DURABLY;
    return server->journal.read_only ? LN_ERR_READ_ONLY : LN_OK;
}

static ln_err prepare(struct ln_server *server, struct ln_registration *registration,
                      struct update *update)
{
    ln_err err = prepare_sms(server, registration, update);

    prepare_parameters(registration, update);
    if (err == LN_OK) {
        err = prepare_objects(server, registration, update);
    }
    if (err == LN_OK) {
        err = prepare_journal(server, update);
    }
    if (err == LN_OK) {
        err = prepare_move(server, registration, update);
    }
    if (err == LN_OK) {
        err = prepare_local(server, registration, update);
    }
    if (err != LN_OK) {
        return err;
    }
    update->news = ln_server__news_take(server);
    return update->news == NULL ? LN_ERR_NO_MEMORY : LN_OK;
}

static void apply_sms(struct ln_server *server, struct ln_registration *registration,
                      struct update *update)
{
    struct ln_bytes sms = update->query.sms;
    struct ln_writer w = ln_writer(update->sms, sms.len);

    if (update->sms == NULL) {
        return;
    }
    ln_write_bytes(&w, sms);
    if (registration->sms_apart) {
        ln_server__release(server, registration->sms);
    }
    registration->sms = update->sms;
    registration->sms_length = (uint8_t)sms.len;
    registration->sms_apart = sms.len > registration->sms_room;
}

static void note_update(struct ln_registration *registration, const struct request *request)
{
    for (size_t i = LN_LIMIT_SERVER_UPDATES - 1; i > 0; i--) {
        registration->update_print[i] = registration->update_print[i - 1];
        registration->update_at[i] = registration->update_at[i - 1];
        registration->update_id[i] = registration->update_id[i - 1];
    }
    registration->update_print[0] = request->print;
    registration->update_at[0] = (uint32_t)request->now;
    registration->update_id[0] = request->message->id;
    if (registration->update_count < LN_LIMIT_SERVER_UPDATES) {
        registration->update_count++;
    }
}

static void take_objects(struct ln_server *server, struct ln_registration *registration,
                         struct update *update)
{
    struct object_list *old = registration->objects;

    if (update->objects == NULL) {
        return;
    }
    /* A copy that goes elsewhere would be another request: what is under way begins again. */
    bool moves = !ln_bytes_equal(old->root, update->objects->root);
    registration->objects = update->objects;
    if (moves && registration->record != NULL) {
        ln_server__operations_interrupt(server, registration->record);
    }
    ln_server__list_drop(server, old);
}

static void apply(struct ln_server *server, struct ln_registration *registration,
                  struct update *update)
{
    const struct request *request = update->request;

    apply_sms(server, registration, update);
    registration->lifetime = update->lifetime;
    registration->binding = update->binding;
    take_objects(server, registration, update);
    if (update->moved) {
        ln_server__remote_remove(server, &registration->remote);
    }
    registration->remote = request->peer->remote;
    if (update->local != NULL) {
        ln_server__address_drop(server, &server->locals, registration->local);
        registration->local = update->local;
    }
    registration->session = request->peer->session;
    registration->updated_at = request->now;
    registration->seen_at = request->now;
    note_update(registration, request);
    ln_server__expiry_set(server, registration);
    ln_server__news_push(server, update->news, LN_SERVER_UPDATED, registration,
                         update->changes);
    server->counters.updates++;
    if ((update->changes & CHANGED_OBJECTS) != 0) {
        ln_server__observations_review(server, registration);
    }
    ln_server__heard(server, registration);
}

/* The registration that a request names. LN_ERR_NOT_FOUND also where it is another peer's. */
static ln_err find(struct ln_server *server, const struct request *request,
                   struct ln_registration **out)
{
    *out = ln_server_find_location(server, request->location);
    if (*out == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (!ln_server__registration_is_of(*out, request->peer)) {
        server->counters.wrong_peer++;
        return LN_ERR_NOT_FOUND;
    }
    return LN_OK;
}

static bool is_repeated_update(const struct ln_server *server,
                               const struct ln_registration *registration,
                               const struct request *request)
{
    for (size_t i = 0; i < registration->update_count; i++) {
        if (registration->update_print[i] == request->print &&
            registration->update_id[i] == request->message->id &&
            ln_server__update_age(server, registration, i) < server->exchange_lifetime) {
            return true;
        }
    }
    return false;
}

static ln_err update_whole(struct ln_server *server, struct ln_registration *registration,
                           struct update *update)
{
    ln_err err = prepare(server, registration, update);

    if (err != LN_OK) {
        undo(server, registration, update);
        return err;
    }
    apply(server, registration, update);
    ln_server__answer_change(server, update->request, LN_COAP_2_04, NULL,
                             &registration->next_message, registration->change);
    return LN_OK;
}

static ln_err update_new(struct ln_server *server, struct ln_registration *registration,
                         struct update *update)
{
    const struct ln_coap_message *m = update->request->message;
    enum ln_version version = (enum ln_version)registration->version;
    struct gathered gathered = {0};
    ln_err err = check_payload(update->request);

    if (err == LN_OK) {
        err = ln_registration_query_read(m, version, &update->query);
    }
    if (err == LN_OK) {
        err = ln_server__gather(server, update->request, &gathered);
    }
    if (err != LN_OK || !gathered.is_whole) {
        return err;
    }
    update->list = gathered.list;
    err = update_whole(server, registration, update);
    ln_server__gathered(server, &gathered, err == LN_OK ? LN_COAP_2_04 : ln_coap_code_of(err),
                        err == LN_OK ? registration : NULL);
    return err;
}

ln_err ln_server__update(struct ln_server *server, const struct request *request)
{
    struct update update = {.request = request};
    struct ln_registration *registration;
    ln_err err = find(server, request, &registration);

    if (err != LN_OK) {
        return err;
    }
    if (!is_repeated_update(server, registration, request)) {
        return update_new(server, registration, &update);
    }
    server->counters.repeats++;
    ln_server__heard(server, registration);
    if (ln_server__may_repeat(server, registration->change)) {
        ln_server__answer_request(server, request, LN_COAP_2_04, NULL,
                                  &registration->next_message);
    }
    return LN_OK;
}

/* ---- De-register ---- */

ln_err ln_server__deregister(struct ln_server *server, const struct request *request)
{
    struct ln_registration *registration;
    struct recent_message message = {
        .at = request->now,
        .print = request->print,
        .id = request->message->id,
        .code = LN_COAP_2_02,
    };
    ln_err err = find(server, request, &registration);

    if (err != LN_OK) {
        return err;
    }
    if (server->journal.read_only) {
        return LN_ERR_READ_ONLY;
    }
    server->counters.deregisters++;
    message.change = ln_server__registration_end(server, registration, LN_SERVER_DEREGISTERED);
    ln_server__answer_change(server, request, LN_COAP_2_02, NULL, &registration->next_message,
                             message.change);
    ln_server__recent_note(&server->requests, &message);
    return LN_OK;
}
