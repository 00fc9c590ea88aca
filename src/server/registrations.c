/* Registrations: made, found, timed and ended. */

#include "engine.h"

#include <assert.h>
#include <stddef.h>

/* ---- The block ---- */

struct ln_bytes ln_server__endpoint_of(const struct ln_registration *registration)
{
    return ln_bytes(registration->text, registration->endpoint_length);
}

struct ln_bytes ln_server__sms_of(const struct ln_registration *registration)
{
    return ln_bytes(registration->sms, registration->sms_length);
}

struct ln_bytes ln_server__extra_of(const struct ln_registration *registration)
{
    size_t before = (size_t)registration->endpoint_length + registration->sms_room;

    return ln_bytes(&registration->text[before], registration->extra_length);
}

struct ln_bytes ln_server__identity_of(const struct ln_registration *registration)
{
    size_t before = (size_t)registration->endpoint_length + registration->sms_room +
                    registration->extra_length;

    return ln_bytes(&registration->text[before], registration->identity_length);
}

struct ln_peer ln_server__peer_of(const struct ln_registration *registration)
{
    return (struct ln_peer){
        .remote = registration->remote,
        .local = registration->local->address,
        .session = registration->session,
    };
}

struct ln_registration *ln_server__registration_of_end(struct event_node *node)
{
    return (struct ln_registration *)(void *)node; /* it stands first */
}

/* "et=x&foo": the parameters that are not ours, as a query. */
static void write_extra(struct ln_writer *w, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    size_t start = w->written;

    while (ln_coap_option_find(&option, LN_COAP_URI_QUERY)) {
        if (ln_registration_parameter_known(option.value)) {
            continue;
        }
        if (w->written > start) {
            ln_write_u8(w, '&');
        }
        ln_write_bytes(w, option.value);
    }
}

/* A new one of this server: nobody can guess it, and no other registration has it. */
static struct location new_location(struct ln_server *server, struct ln_bytes endpoint)
{
    struct location location;
    uint8_t bucket = ln_server__bucket_of(endpoint);

    if (bucket % server->shards != server->shard) {
        bucket = server->shard; /* the app gives shards their datagrams by other means */
    }

    do {
        uint8_t bytes[8];
        struct ln_writer w = ln_writer(location.text, LOCATION_TEXT);
        server->random.fill(server->random.context, bytes, sizeof(bytes));
        bytes[0] = bucket;
        ln_write_base64url(&w, ln_bytes(bytes, sizeof(bytes)));
        assert(!w.failed && w.written == LOCATION_TEXT);
    } while (ln_server_find_location(server, ln_bytes(location.text, LOCATION_TEXT)) != NULL);
    return location;
}

static struct ln_bytes identity_at(const struct ln_peer *peer)
{
    return peer->proof == NULL ? ln_bytes(NULL, 0) : peer->proof->identity;
}

static void fill(struct ln_server *server, struct ln_registration *registration,
                 const struct registering *from)
{
    const struct request *request = from->request;
    const struct ln_registration_query *query = from->query;
    uint16_t sequence = (uint16_t)ln_random_u32(&server->random);

    *registration = (struct ln_registration){
        .objects = from->objects,
        .session = request->peer->session,
        .registered_at = request->now,
        .updated_at = request->now,
        .seen_at = request->now,
        .remote = request->peer->remote,
        .lifetime = query->lifetime,
        .register_print = request->print,
        .register_id = request->message->id,
        .next_message = sequence,
        .location = new_location(server, query->endpoint),
        .version = (uint8_t)query->version,
        .binding = query->binding,
        .endpoint_length = (uint8_t)query->endpoint.len,
        .sms_length = (uint8_t)query->sms.len,
        .sms_room = (uint8_t)query->sms.len,
        .extra_length = (uint8_t)from->extra_length,
        .identity_length = (uint8_t)identity_at(request->peer).len,
        .proof_mode = request->peer->proof == NULL ? 0 : request->peer->proof->mode,
    };
}

/* The text begins in the struct's padding, but the struct is assigned whole. */
static size_t size_with(size_t text)
{
    size_t size = offsetof(struct ln_registration, text) + text;

    return size < sizeof(struct ln_registration) ? sizeof(struct ln_registration) : size;
}

struct ln_registration *ln_server__registration_block(struct ln_server *server, size_t text,
                                                      const struct ln_address *local)
{
    struct ln_registration *registration = ln_server__allocate(server, size_with(text));
    struct address_use *use = ln_server__address_take(server, &server->locals, local);

    if (registration == NULL || use == NULL) {
        ln_server__address_drop(server, &server->locals, use);
        ln_server__release(server, registration);
        return NULL;
    }
    *registration = (struct ln_registration){.local = use};
    return registration;
}

struct ln_registration *ln_server__registration_new(struct ln_server *server,
                                                    const struct registering *from)
{
    struct ln_bytes identity = identity_at(from->request->peer);
    size_t text =
        from->query->endpoint.len + from->query->sms.len + from->extra_length + identity.len;
    struct ln_registration *registration =
        ln_server__registration_block(server, text, &from->request->peer->local);

    if (registration == NULL) {
        return NULL;
    }
    struct address_use *local = registration->local;
    fill(server, registration, from);
    registration->local = local;
    registration->sms = &registration->text[registration->endpoint_length];
    struct ln_writer w = ln_writer(registration->text, text);
    ln_write_bytes(&w, from->query->endpoint);
    ln_write_bytes(&w, from->query->sms);
    write_extra(&w, from->request->message);
    ln_write_bytes(&w, identity);
    assert(!w.failed && w.written == text);
    return registration;
}

void ln_server__registration_free(struct ln_server *server,
                                  struct ln_registration *registration)
{
    ln_server__list_drop(server, registration->objects);
    ln_server__address_drop(server, &server->locals, registration->local);
    if (registration->sms_apart) {
        ln_server__release(server, registration->sms);
    }
    ln_server__release(server, registration);
}

static ln_time due_of(const struct ln_registration *registration)
{
    if (registration->lifetime == 0) {
        return LN_NEVER;
    }
    return ln_time_after(registration->updated_at, (int64_t)registration->lifetime * 1000);
}

/* How long after the lifetime of its last Update it ends, or before. */
static void set_late(struct ln_registration *registration, ln_time expires_at)
{
    ln_time due = due_of(registration);
    int64_t late = due == LN_NEVER || expires_at == LN_NEVER ? 0 : expires_at - due;
    int64_t seconds = (late < 0 ? late - 999 : late) / 1000;

    registration->late_s = (int32_t)(seconds > INT32_MAX ? INT32_MAX : seconds);
    registration->late_ms = (unsigned)(late - seconds * 1000) & 1023U;
}

/* ---- Found by endpoint and by location ---- */

static uint64_t endpoint_hash(const void *context, const void *item)
{
    const struct ln_server *server = context;

    return ln_hash(server->seed, ln_server__endpoint_of(item));
}

static bool endpoint_is(const void *item, const void *key)
{
    const struct ln_bytes *endpoint = key;

    return ln_bytes_equal(ln_server__endpoint_of(item), *endpoint);
}

const struct ln_map_calls ln_server__endpoint_calls = {endpoint_hash, endpoint_is};

/* The last 8 of the 11 characters: they are random already. */
static uint64_t hash_of_location(const char *text)
{
    struct ln_reader in = ln_reader(ln_bytes(text, LOCATION_TEXT));

    (void)ln_read_u24(&in);
    return ln_server__mix(ln_read_u64(&in));
}

static uint64_t location_hash(const void *context, const void *item)
{
    const struct ln_registration *registration = item;

    (void)context;
    return hash_of_location(registration->location.text);
}

static bool location_is(const void *item, const void *key)
{
    const struct ln_registration *registration = item;
    const struct ln_bytes *location = key;

    return ln_bytes_equal(ln_bytes(registration->location.text, LOCATION_TEXT), *location);
}

const struct ln_map_calls ln_server__location_calls = {location_hash, location_is};

struct ln_registration *ln_server_find(struct ln_server *server, struct ln_bytes endpoint)
{
    return ln_map_find(&server->by_endpoint, ln_hash(server->seed, endpoint), &endpoint);
}

struct ln_registration *ln_server_find_location(struct ln_server *server,
                                                struct ln_bytes location)
{
    if (location.len != LOCATION_TEXT) {
        return NULL;
    }
    uint64_t hash = hash_of_location((const char *)location.at);
    return ln_map_find(&server->by_location, hash, &location);
}

size_t ln_server_registration_count(const struct ln_server *server)
{
    return server->by_endpoint.count;
}

struct ln_registration *ln_server_next(struct ln_server *server, size_t *at)
{
    return ln_map_next(&server->by_endpoint, at);
}

ln_err ln_server__registration_add(struct ln_server *server,
                                   struct ln_registration *registration)
{
    return ln_server__registration_add_until(server, registration, due_of(registration));
}

ln_err ln_server__registration_add_until(struct ln_server *server,
                                         struct ln_registration *registration,
                                         ln_time expires_at)
{
    ln_err err = ln_server__remote_add(server, &registration->remote);

    if (err != LN_OK) {
        return err;
    }
    err = ln_map_add(&server->by_location, registration);
    if (err != LN_OK) {
        ln_server__remote_remove(server, &registration->remote);
        return err;
    }
    err = ln_map_add(&server->by_endpoint, registration);
    if (err != LN_OK) {
        ln_map_remove(&server->by_location, registration);
        ln_server__remote_remove(server, &registration->remote);
        return err;
    }
    set_late(registration, expires_at);
    ln_server__endpoint_attach(server, registration);
    ln_server__expiry_arm(server, registration);
    return LN_OK;
}

/* ---- Whose it is ---- */

bool ln_server__registration_is_of(const struct ln_registration *registration,
                                   const struct ln_peer *peer)
{
    const struct ln_proof *proof = peer->proof;

    if (registration->proof_mode == 0) {
        return peer->session == registration->session;
    }
    return proof != NULL && proof->mode == registration->proof_mode &&
           ln_bytes_equal(proof->identity, ln_server__identity_of(registration));
}

/* ---- Lifetimes ---- */

ln_time ln_server__expires_at(const struct ln_registration *registration)
{
    ln_time due = due_of(registration);
    int64_t late = (int64_t)registration->late_s * 1000 + registration->late_ms;

    return due == LN_NEVER ? due : ln_time_after(due, late);
}

void ln_server__expiry_arm(struct ln_server *server, struct ln_registration *registration)
{
    ln_time due = ln_time_min(ln_server__expires_at(registration),
                              ln_server__awake_until(server, registration));

    ln_wheel_set(&server->lifetimes, &registration->at.expiry, due);
}

void ln_server__expiry_set(struct ln_server *server, struct ln_registration *registration)
{
    registration->late_s = 0;
    registration->late_ms = 0;
    ln_server__expiry_arm(server, registration);
}

static struct ln_registration *registration_of_timer(struct ln_timer *timer)
{
    return (struct ln_registration *)(void *)timer; /* it stands first */
}

/* Of its lifetime, or of its being awake; or it was heard meanwhile. */
static void time_is_over(struct ln_server *server, struct ln_registration *registration)
{
    if (ln_server__expires_at(registration) <= server->now) {
        server->counters.expiries++;
        (void)ln_server__registration_end(server, registration, LN_SERVER_EXPIRED);
    } else if (ln_server__awake_until(server, registration) > server->now) {
        ln_server__expiry_arm(server, registration);
    } else if (!ln_server__away(server, registration)) {
        ln_wheel_set(&server->lifetimes, &registration->at.expiry,
                     ln_time_after(server->now, MEMORY_WAIT_MS));
    }
}

void ln_server__advance(struct ln_server *server, ln_time now)
{
    struct ln_timer *timer;

    if (now <= server->now || server->closed) {
        return;
    }
    server->now = now;
    while ((timer = ln_wheel_turn(&server->lifetimes, now)) != NULL) {
        time_is_over(server, registration_of_timer(timer));
    }
    ln_server__observations_advance(server);
    ln_server__list_bodies_expire(server);
}

/* ---- The end ---- */

ln_time ln_server__update_age(const struct ln_server *server,
                              const struct ln_registration *registration, size_t i)
{
    /* Lower halves tell how much it was before the newest, of which the whole time is known. */
    uint32_t before_newest = (uint32_t)registration->updated_at - registration->update_at[i];

    return server->now - registration->updated_at + before_newest;
}

/*
 * A copy of its last messages may still be on the way: it must find its answer and change
 * nothing.
 */
static void remember_messages(struct ln_server *server,
                              const struct ln_registration *registration)
{
    struct recent_message message = {
        .at = registration->registered_at,
        .print = registration->register_print,
        .id = registration->register_id,
        .code = LN_COAP_2_01,
        .location = registration->location,
        .change = registration->change,
    };

    if (message.at > server->now - server->exchange_lifetime) {
        ln_server__recent_note(&server->requests, &message);
    }
    message.code = LN_COAP_2_04;
    for (size_t i = registration->update_count; i-- > 0;) {
        message.at = server->now - ln_server__update_age(server, registration, i);
        message.print = registration->update_print[i];
        message.id = registration->update_id[i];
        if (message.at > server->now - server->exchange_lifetime) {
            ln_server__recent_note(&server->requests, &message);
        }
    }
}

uint64_t ln_server__registration_end(struct ln_server *server,
                                     struct ln_registration *registration,
                                     enum ln_server_event_kind why)
{
    bool durably = server->journal.on && why != LN_SERVER_REPLACED;

    ln_server__endpoint_detach(server, registration);
    remember_messages(server, registration);
    ln_map_remove(&server->by_endpoint, registration);
    ln_map_remove(&server->by_location, registration);
    ln_server__remote_remove(server, &registration->remote);
    ln_wheel_cancel(&server->lifetimes, &registration->at.expiry);
    registration->ended = true;
    ln_server__event_push(server, &registration->at.ending, why);
    return durably ? ln_server__change(server) : 0;
}

uint64_t ln_server_forget(struct ln_server *server, ln_time now,
                          struct ln_registration *registration)
{
    ln_server__advance(server, now);
    if (registration->ended) {
        return 0;
    }
    return ln_server__registration_end(server, registration, LN_SERVER_DEREGISTERED);
}

/* ---- The view ---- */

void ln_registration_get(const struct ln_registration *registration,
                         struct ln_registration_view *out)
{
    const struct object_list *objects = registration->objects;

    *out = (struct ln_registration_view){
        .endpoint = ln_server__endpoint_of(registration),
        .location = ln_bytes(registration->location.text, LOCATION_TEXT),
        .sms = ln_server__sms_of(registration),
        .root = objects->root,
        .formats = objects->formats,
        .extra = ln_server__extra_of(registration),
        .identity = ln_server__identity_of(registration),
        .proof_mode = registration->proof_mode,
        .peer = ln_server__peer_of(registration),
        .objects = objects->links,
        .object_count = objects->count,
        .version = (enum ln_version)registration->version,
        .lifetime = registration->lifetime,
        .binding = registration->binding,
        .registered_at = registration->registered_at,
        .updated_at = registration->updated_at,
        .seen_at = registration->seen_at,
        .expires_at = ln_server__expires_at(registration),
        .presence = (enum ln_presence)registration->presence,
        .operations = registration->record == NULL ? 0 : registration->record->operation_count,
        .change = registration->change,
    };
}
