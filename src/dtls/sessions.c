/* The tables of sessions: by number, by address, by age; and which of them has something to tell. */

#include "server.h"

static const struct ln_allocator *allocator_of(const struct ln_dtls_server *server)
{
    return &server->config.allocator;
}

/* ---- How they are found ---- */

/* Nobody else chooses them, so that spreading them is enough. */
static uint64_t hash_id(uint64_t id)
{
    return id * UINT64_C(0x9E3779B97F4A7C15);
}

uint64_t ln_dtls_path_hash(const struct ln_dtls_server *server, const struct ln_dtls_path *path)
{
    uint8_t text[2 * (sizeof(path->remote.ip) + 6)];
    struct ln_writer out = ln_writer(text, sizeof(text));
    const struct ln_address *ends[] = {&path->remote, &path->local};

    for (size_t i = 0; i < LN_COUNT(ends); i++) {
        ln_write_bytes(&out, ln_bytes(ends[i]->ip, sizeof(ends[i]->ip)));
        ln_write_u32(&out, ends[i]->scope);
        ln_write_u16(&out, ends[i]->port);
    }
    return ln_hash(server->seed, ln_writer_bytes(&out));
}

static uint64_t hash_by_id(const void *context, const void *item)
{
    (void)context;
    return hash_id(((const struct ln_dtls_session *)item)->id);
}

static bool has_id(const void *item, const void *key)
{
    return ((const struct ln_dtls_session *)item)->id == *(const uint64_t *)key;
}

static uint64_t hash_by_path(const void *context, const void *item)
{
    (void)context;
    return ((const struct ln_dtls_session *)item)->path_hash;
}

static bool paths_equal(const struct ln_dtls_path *a, const struct ln_dtls_path *b)
{
    return ln_address_equal(&a->remote, &b->remote) && ln_address_equal(&a->local, &b->local);
}

static bool has_path(const void *item, const void *key)
{
    return paths_equal(&((const struct ln_dtls_session *)item)->channel.path, key);
}

static const struct ln_map_calls by_id = {hash_by_id, has_id};
static const struct ln_map_calls by_path = {hash_by_path, has_path};

void ln_dtls_sessions_init(struct ln_dtls_server *server)
{
    ln_map_init(&server->by_id, &by_id, NULL, allocator_of(server));
    ln_map_init(&server->open_by_path, &by_path, NULL, allocator_of(server));
    ln_map_init(&server->shaking_by_path, &by_path, NULL, allocator_of(server));
}

struct ln_dtls_session *ln_dtls_session_find(const struct ln_dtls_server *server, uint64_t id)
{
    return ln_map_find(&server->by_id, hash_id(id), &id);
}

struct ln_dtls_session *ln_dtls_session_at(const struct ln_map *map, uint64_t hash,
                                           const struct ln_dtls_path *path)
{
    return ln_map_find(map, hash, path);
}

/* ---- Their order by age ---- */

static struct ln_dtls_order *order_of(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    return session->state == LN_DTLS_SHAKING ? &server->shaking : &server->open;
}

static void append(struct ln_dtls_order *order, struct ln_dtls_session *session)
{
    session->before = order->last;
    session->after = NULL;
    *(order->last != NULL ? &order->last->after : &order->first) = session;
    order->last = session;
    order->count++;
}

static void take_out(struct ln_dtls_order *order, struct ln_dtls_session *session)
{
    *(session->before != NULL ? &session->before->after : &order->first) = session->after;
    *(session->after != NULL ? &session->after->before : &order->last) = session->before;
    order->count--;
}

void ln_dtls_session_touch(struct ln_dtls_session *session)
{
    struct ln_dtls_order *order = order_of(session);

    if (order->last != session) {
        take_out(order, session);
        append(order, session);
    }
}

/* ---- What they have to tell ---- */

static void await_event(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    if (session->awaits_event) {
        return;
    }
    session->awaits_event = true;
    session->next_event = NULL;
    *(server->events_end != NULL ? &server->events_end->next_event : &server->events) = session;
    server->events_end = session;
}

/* ---- Their lives ---- */

uint64_t ln_dtls_session_number(struct ln_dtls_server *server)
{
    uint64_t id;

    /* The shard, and 56 bits that nobody can guess. */
    do {
        server->host.random.fill(server->host.random.context, &id, sizeof(id));
        id = (id >> 8) | (uint64_t)server->config.shard << 56;
    } while (id == 0 || ln_dtls_session_find(server, id) != NULL);
    return id;
}

void ln_dtls_sessions_make_room(struct ln_dtls_server *server)
{
    while (server->shaking.count >= server->config.handshakes_max) {
        server->host.stats.crowded_handshakes++;
        ln_dtls_session_end(server->shaking.first, LN_DTLS_CROWDED, LN_DTLS_NO_ALERT);
    }
}

/* Of the open ones: only a handshake that is finished drives another session out. */
static void make_room_to_open(struct ln_dtls_server *server)
{
    while (server->open.count >= server->config.sessions_max) {
        struct ln_dtls_session *oldest = server->open.first;
        server->host.stats.crowded_sessions++;
        ln_dtls_channel_alert(&oldest->channel, LN_DTLS_CLOSE_NOTIFY);
        ln_dtls_session_end(oldest, LN_DTLS_CROWDED, LN_DTLS_CLOSE_NOTIFY);
    }
}

static bool enter(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    if (ln_map_add(&server->by_id, session) != LN_OK) {
        return false;
    }
    if (ln_map_add(&server->shaking_by_path, session) != LN_OK) {
        ln_map_remove(&server->by_id, session);
        return false;
    }
    session->has_address = true;
    append(&server->shaking, session);
    return true;
}

static bool ask_for_cid(struct ln_dtls_session *session)
{
    uint8_t cid[LN_DTLS_CID_SIZE];
    struct ln_writer out = ln_writer(cid, sizeof(cid));

    ln_write_u64(&out, session->id);
    return session->server->config.no_connection_id ||
           mbedtls_ssl_set_cid(&session->channel.ssl, MBEDTLS_SSL_CID_ENABLED, cid,
                               sizeof(cid)) == 0;
}

static void set_path(struct ln_dtls_session *session, const struct ln_dtls_path *path)
{
    session->channel.path = *path;
    session->path_hash = ln_dtls_path_hash(session->server, path);
}

struct ln_dtls_session *ln_dtls_session_new(struct ln_dtls_server *server,
                                            const struct ln_dtls_path *path, uint64_t id)
{
    const struct ln_allocator *allocator = allocator_of(server);
    struct ln_dtls_session *session =
        allocator->resize(allocator->context, NULL, sizeof(struct ln_dtls_session));

    if (session == NULL) {
        server->host.stats.no_memory++;
        return NULL;
    }
    *session = (struct ln_dtls_session){.id = id, .server = server, .state = LN_DTLS_SHAKING};
    set_path(session, path);
    if (ln_dtls_channel_init(&session->channel, &server->host, &server->ssl,
                             server->config.mtu) != LN_OK) {
        goto fail;
    }
    if (!ask_for_cid(session) || !enter(session)) {
        ln_dtls_channel_fini(&session->channel);
        goto fail;
    }
    return session;

fail:
    server->host.stats.no_memory++;
    allocator->resize(allocator->context, session, 0);
    return NULL;
}

static struct ln_map *path_map_of(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    return session->state == LN_DTLS_SHAKING ? &server->shaking_by_path : &server->open_by_path;
}

static void leave_address(struct ln_dtls_session *session)
{
    if (session->has_address) {
        ln_map_remove(path_map_of(session), session);
        session->has_address = false;
    }
}

/* Who has a Connection ID needs no address to be found by, and gives way. */
static void take_address(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;
    struct ln_dtls_session *there =
        ln_dtls_session_at(&server->open_by_path, session->path_hash, &session->channel.path);

    if (there != NULL && session->has_cid && !there->has_cid) {
        return;
    }
    if (there != NULL) {
        leave_address(there);
    }
    session->has_address = ln_map_add(&server->open_by_path, session) == LN_OK;
}

static bool same_identity(const struct ln_dtls_session *a, const struct ln_dtls_session *b)
{
    const struct ln_dtls_identity *x = a->identity;
    const struct ln_dtls_identity *y = b->identity;

    return x != NULL && y != NULL && x->proof == y->proof && ln_bytes_equal(x->name, y->name);
}

/*
 * The older session of this address is done with, unless its peer may have moved away unseen, since
 * it has a Connection ID and is somebody else.
 */
static void replace_older(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;
    struct ln_dtls_session *older =
        ln_dtls_session_at(&server->open_by_path, session->path_hash, &session->channel.path);

    if (older != NULL && (!older->has_cid || same_identity(older, session))) {
        older->replaced_by = session->id;
        ln_dtls_session_end(older, LN_DTLS_REPLACED, LN_DTLS_NO_ALERT);
    }
}

void ln_dtls_session_open(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    ln_wheel_cancel(&server->wheel, &session->timer);
    session->has_cid = ln_dtls_channel_has_cid(&session->channel);
    replace_older(session);
    make_room_to_open(server);
    leave_address(session);
    take_out(&server->shaking, session);
    session->state = LN_DTLS_OPEN;
    append(&server->open, session);
    take_address(session);
    server->host.stats.opened++;
    server->host.stats.resumed += session->resumed;
    session->tell_opened = true;
    await_event(session);
}

void ln_dtls_session_move(struct ln_dtls_session *session, const struct ln_dtls_path *path)
{
    if (paths_equal(&session->channel.path, path)) {
        return;
    }
    leave_address(session);
    set_path(session, path);
    take_address(session);
    session->server->host.stats.moved++;
    session->tell_moved = true;
    await_event(session);
}

static void drop(struct ln_dtls_session *session)
{
    const struct ln_allocator *allocator = allocator_of(session->server);

    ln_dtls_identity_free(allocator, session->identity);
    allocator->resize(allocator->context, session, 0);
}

void ln_dtls_session_end(struct ln_dtls_session *session, enum ln_dtls_reason reason, int alert)
{
    struct ln_dtls_server *server = session->server;
    bool was_open = session->state == LN_DTLS_OPEN;

    leave_address(session);
    ln_map_remove(&server->by_id, session);
    take_out(order_of(session), session);
    ln_wheel_cancel(&server->wheel, &session->timer);
    ln_dtls_channel_fini(&session->channel);
    if (server->current == session) {
        server->current = NULL;
    }
    session->state = LN_DTLS_OVER;
    if (!was_open) {
        drop(session);
        return;
    }
    server->host.stats.closed++;
    session->reason = reason;
    session->alert = alert;
    session->tell_closed = true;
    await_event(session);
}

static void forget_spent(struct ln_dtls_server *server)
{
    if (server->spent != NULL) {
        drop(server->spent);
        server->spent = NULL;
    }
}

void ln_dtls_sessions_fini(struct ln_dtls_server *server)
{
    struct ln_dtls_event event;

    while (server->shaking.first != NULL) {
        ln_dtls_session_end(server->shaking.first, LN_DTLS_BY_US, LN_DTLS_NO_ALERT);
    }
    while (server->open.first != NULL) {
        ln_dtls_session_end(server->open.first, LN_DTLS_BY_US, LN_DTLS_NO_ALERT);
    }
    while (ln_dtls_server_event(server, &event)) {
    }
    forget_spent(server);
    ln_map_fini(&server->by_id);
    ln_map_fini(&server->open_by_path);
    ln_map_fini(&server->shaking_by_path);
}

/* The oldest thing that this session has to tell. */
static enum ln_dtls_event_kind next_kind(struct ln_dtls_session *session)
{
    if (session->tell_opened) {
        session->tell_opened = false;
        return LN_DTLS_OPENED;
    }
    if (session->tell_moved) {
        session->tell_moved = false;
        return LN_DTLS_MOVED;
    }
    session->tell_closed = false;
    return LN_DTLS_CLOSED;
}

bool ln_dtls_server_event(struct ln_dtls_server *server, struct ln_dtls_event *event)
{
    struct ln_dtls_session *session = server->events;

    forget_spent(server);
    if (session == NULL) {
        return false;
    }
    *event = (struct ln_dtls_event){
        .kind = next_kind(session),
        .session = session->id,
        .path = session->channel.path,
        .identity = session->identity,
        .reason = session->reason,
        .alert = session->alert,
        .replaced_by = session->replaced_by,
        .resumed = session->resumed,
        .connection_id = session->has_cid,
    };
    if (session->tell_opened || session->tell_moved || session->tell_closed) {
        return true;
    }
    session->awaits_event = false;
    server->events = session->next_event;
    if (server->events == NULL) {
        server->events_end = NULL;
    }
    if (session->state == LN_DTLS_OVER) {
        server->spent = session;
    }
    return true;
}
