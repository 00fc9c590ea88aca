/* The DTLS server: leads each datagram to its session, and hellos to the stateless front. */

#include "server.h"

#include <mbedtls/platform_util.h>

enum {
    SESSIONS_MAX = 1000 * 1000,
    HANDSHAKES_MAX = 1024,
    HANDSHAKE_FIRST_MS = 1000,
    HANDSHAKE_LAST_MS = 60 * 1000,
    QUEUE_SIZE = 256 * 1024,
    MTU = 1280,
    SHARED_SIZE = 2 * LN_DTLS_BUFFER_SIZE,
};

/* ---- Birth and death ---- */

static void set_default(uint32_t *number, uint32_t value)
{
    if (*number == 0) {
        *number = value;
    }
}

static void set_defaults(struct ln_dtls_server_config *config)
{
    set_default(&config->sessions_max, SESSIONS_MAX);
    set_default(&config->handshakes_max, HANDSHAKES_MAX);
    set_default(&config->handshake_first, HANDSHAKE_FIRST_MS);
    set_default(&config->handshake_last, HANDSHAKE_LAST_MS);
    set_default(&config->queue_size, QUEUE_SIZE);
    if (config->mtu == 0) {
        config->mtu = MTU;
    }
}

static ln_err use_own_certificate(struct ln_dtls_server *server)
{
    (void)mbedtls_ssl_conf_own_cert(&server->ssl, NULL, NULL);
    if (!ln_dtls_trust_has_own(&server->trust)) {
        return LN_OK;
    }
    return mbedtls_ssl_conf_own_cert(&server->ssl, &server->trust.own, &server->trust.key) == 0
               ? LN_OK
               : LN_ERR_NO_MEMORY;
}

/* All parts are safe to free from here on. */
static struct ln_dtls_server *empty_server(const struct ln_dtls_server_config *config,
                                           ln_time now)
{
    const struct ln_allocator *allocator = &config->allocator;
    struct ln_dtls_server *server =
        allocator->resize(allocator->context, NULL, sizeof(struct ln_dtls_server));

    if (server == NULL) {
        return NULL;
    }
    *server = (struct ln_dtls_server){.config = *config, .host.now = now};
    server->host.random = config->random;
    set_defaults(&server->config);
    mbedtls_ssl_config_init(&server->ssl);
    ln_wheel_init(&server->wheel, now);
    config->random.fill(config->random.context, server->seed, sizeof(server->seed));
    ln_dtls_sessions_init(server);
    return server;
}

static bool make_shared_buffers(struct ln_dtls_server *server)
{
    const struct ln_allocator *allocator = &server->config.allocator;
    uint8_t *memory = allocator->resize(allocator->context, NULL, SHARED_SIZE);

    if (memory == NULL) {
        return false;
    }
    mbedtls_platform_zeroize(memory, SHARED_SIZE);
    server->host.shared_in = memory;
    server->host.shared_out = memory + LN_DTLS_BUFFER_SIZE;
    return true;
}

static void free_shared_buffers(struct ln_dtls_server *server)
{
    const struct ln_allocator *allocator = &server->config.allocator;

    if (server->host.shared_in != NULL) {
        mbedtls_platform_zeroize(server->host.shared_in, SHARED_SIZE);
        allocator->resize(allocator->context, server->host.shared_in, 0);
    }
}

static ln_err fill_server(struct ln_dtls_server *server)
{
    const struct ln_dtls_server_config *config = &server->config;
    const struct ln_allocator *allocator = &config->allocator;
    const struct ln_random *random = &server->host.random;
    ln_err err = ln_dtls_trust_init(&server->trust, &config->certificates, random);

    if (err != LN_OK) {
        return err;
    }
    if (config->psk == NULL && !ln_dtls_trust_has_own(&server->trust)) {
        return LN_ERR_BAD_CONFIG;
    }
    server->queue_memory = allocator->resize(allocator->context, NULL, config->queue_size);
    if (server->queue_memory == NULL || !make_shared_buffers(server) ||
        ln_dtls_cookies_init(&server->cookies, random, server->host.now) != LN_OK ||
        ln_dtls_tickets_init(&server->tickets, random, server->host.now) != LN_OK ||
        mbedtls_ssl_config_defaults(&server->ssl, MBEDTLS_SSL_IS_SERVER,
                                    MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return LN_ERR_NO_MEMORY;
    }
    ln_dtls_queue_init(&server->host.queue, server->queue_memory, config->queue_size);
    ln_dtls_handshakes_configure(server);
    return use_own_certificate(server);
}

ln_err ln_dtls_server_new(struct ln_dtls_server **server,
                          const struct ln_dtls_server_config *config, ln_time now)
{
    *server = NULL;
    if (config->size != sizeof(*config) || config->random.fill == NULL ||
        config->allocator.resize == NULL) {
        return LN_ERR_BAD_CONFIG;
    }
    struct ln_dtls_server *made = empty_server(config, now);
    ln_err err = made == NULL ? LN_ERR_NO_MEMORY : fill_server(made);
    if (err != LN_OK) {
        ln_dtls_server_free(made);
        return err;
    }
    made->config.certificates = (struct ln_dtls_certificates){0};
    *server = made;
    return LN_OK;
}

void ln_dtls_server_free(struct ln_dtls_server *server)
{
    if (server == NULL) {
        return;
    }
    struct ln_allocator allocator = server->config.allocator;

    ln_dtls_sessions_fini(server);
    mbedtls_ssl_config_free(&server->ssl);
    ln_dtls_trust_fini(&server->trust);
    ln_dtls_cookies_fini(&server->cookies);
    ln_dtls_tickets_fini(&server->tickets);
    free_shared_buffers(server);
    allocator.resize(allocator.context, server->queue_memory, 0);
    allocator.resize(allocator.context, server, 0);
}

ln_err ln_dtls_server_certificates(struct ln_dtls_server *server,
                                   const struct ln_dtls_certificates *certificates)
{
    struct ln_dtls_trust trust;
    ln_err err = ln_dtls_trust_init(&trust, certificates, &server->host.random);

    if (err != LN_OK) {
        return err;
    }
    if (!ln_dtls_trust_has_own(&trust) && server->config.psk == NULL) {
        ln_dtls_trust_fini(&trust);
        return LN_ERR_BAD_CONFIG;
    }
    /* Handshakes in progress hold on to the old ones: their peers begin again. */
    while (server->shaking.first != NULL) {
        ln_dtls_session_end(server->shaking.first, LN_DTLS_BY_US, LN_DTLS_NO_ALERT);
    }
    ln_dtls_trust_fini(&server->trust);
    server->trust = trust;
    ln_dtls_handshakes_configure(server);
    return use_own_certificate(server);
}

void ln_dtls_server_wall_offset(struct ln_dtls_server *server, int64_t offset)
{
    server->config.wall_offset = offset;
}

/* ---- In ---- */

static void ask_for_cookie(struct ln_dtls_server *server, const struct ln_dtls_path *path,
                           const struct ln_dtls_hello *hello)
{
    uint8_t cookie[LN_DTLS_COOKIE_SIZE];
    uint8_t answer[LN_DTLS_VERIFY_SIZE];
    struct ln_writer out = ln_writer(answer, sizeof(answer));

    ln_dtls_cookie_make(&server->cookies, server->host.now, &path->remote, hello, cookie);
    ln_dtls_verify_write(&out, hello, cookie);
    server->host.stats.verify_requests++;
    if (!ln_dtls_queue_push(&server->host.queue, path, ln_writer_bytes(&out))) {
        server->host.stats.dropped_datagrams++;
    }
}

static void give(struct ln_dtls_server *server, struct ln_dtls_session *session,
                 const struct ln_dtls_path *path, struct ln_bytes datagram)
{
    session->channel.datagram = datagram;
    server->current = session;
    server->from = *path;
    server->accounted = session->state == LN_DTLS_SHAKING;
    if (session->state == LN_DTLS_SHAKING) {
        ln_dtls_handshake_go_on(session);
    }
    if (server->current != NULL) {
        server->window = ln_dtls_channel_window(&session->channel);
    }
}

/* A hello whose cookie is right: of a handshake in progress, late, or of a new one. */
static void take_hello(struct ln_dtls_server *server, const struct ln_dtls_path *path,
                       const struct ln_dtls_hello *hello, struct ln_bytes datagram)
{
    uint64_t at = ln_dtls_path_hash(server, path);
    struct ln_dtls_session *shaking = ln_dtls_session_at(&server->shaking_by_path, at, path);
    struct ln_dtls_session *open = ln_dtls_session_at(&server->open_by_path, at, path);
    uint64_t hash = ln_hash(server->seed, hello->random);

    if (shaking != NULL && shaking->hello == hash) {
        give(server, shaking, path, datagram);
    } else if (open != NULL && open->hello == hash) {
        server->host.stats.dropped_records++; /* it came twice, or late */
    } else {
        if (shaking != NULL) {
            ln_dtls_session_end(shaking, LN_DTLS_REPLACED, LN_DTLS_NO_ALERT);
        }
        ln_dtls_handshake_begin(server, path, hash, datagram);
        server->current = NULL;
    }
}

static void recv_hello(struct ln_dtls_server *server, const struct ln_dtls_path *path,
                       const struct ln_dtls_record *record, struct ln_bytes datagram)
{
    struct ln_dtls_hello hello;

    if (!ln_dtls_hello_read(record, &hello)) {
        server->host.stats.bad_hello++;
    } else if (hello.cookie.len == 0) {
        ask_for_cookie(server, path, &hello);
    } else if (!ln_dtls_cookie_is_ours(&server->cookies, server->host.now, &path->remote,
                                       &hello)) {
        server->host.stats.bad_cookie++;
        ask_for_cookie(server, path, &hello);
    } else {
        take_hello(server, path, &hello, datagram);
    }
}

/*
 * By its Connection ID; else by the address. Where a new handshake grows beside a session, that gets
 * what only a handshake sends, and the session gets the rest.
 */
static struct ln_dtls_session *session_of(struct ln_dtls_server *server,
                                          const struct ln_dtls_path *path,
                                          const struct ln_dtls_record *record)
{
    if (record->type == LN_DTLS_WITH_CID) {
        return ln_dtls_session_find(server, record->cid);
    }
    uint64_t at = ln_dtls_path_hash(server, path);
    struct ln_dtls_session *shaking = ln_dtls_session_at(&server->shaking_by_path, at, path);
    struct ln_dtls_session *open = ln_dtls_session_at(&server->open_by_path, at, path);
    bool of_handshake = record->epoch == 0 || record->type == LN_DTLS_HANDSHAKE;

    return shaking != NULL && (of_handshake || open == NULL) ? shaking : open;
}

void ln_dtls_server_recv(struct ln_dtls_server *server, ln_time now,
                         const struct ln_dtls_path *path, struct ln_bytes datagram)
{
    struct ln_dtls_record record;

    server->host.now = now;
    server->current = NULL;
    if (!ln_dtls_record_read(datagram, &record)) {
        server->host.stats.not_dtls++;
        return;
    }
    if (ln_dtls_record_is_hello(&record)) {
        recv_hello(server, path, &record, datagram);
        return;
    }
    struct ln_dtls_session *session = session_of(server, path, &record);
    if (session == NULL) {
        server->host.stats.unknown_session++;
        return;
    }
    give(server, session, path, datagram);
}

/* What a record changed: only one that is authentic and newer than all others moves the peer. */
static void account(struct ln_dtls_server *server, struct ln_dtls_session *session)
{
    struct ln_dtls_window window = ln_dtls_channel_window(&session->channel);

    if (window.top > server->window.top) {
        ln_dtls_session_move(session, &server->from);
    }
    if (window.top != server->window.top || window.seen != server->window.seen) {
        server->accounted = true;
        ln_dtls_session_touch(session);
    }
    server->window = window;
}

size_t ln_dtls_server_read(struct ln_dtls_server *server, ln_time now, void *buf, size_t size,
                           uint64_t *id)
{
    struct ln_dtls_session *session = server->current;
    struct ln_dtls_outcome outcome;

    server->host.now = now;
    if (session == NULL || session->state != LN_DTLS_OPEN) {
        return 0;
    }
    size_t got = ln_dtls_channel_read(&session->channel, buf, size, &outcome);
    account(server, session);
    if (got > 0) {
        *id = session->id;
        return got;
    }
    session->channel.datagram = ln_bytes(NULL, 0);
    ln_dtls_channel_share_buffers(&session->channel);
    server->host.stats.dropped_records += !server->accounted;
    server->current = NULL;
    if (outcome.progress == LN_DTLS_BROKEN) {
        if (outcome.alert == LN_DTLS_CLOSE_NOTIFY) {
            ln_dtls_channel_alert(&session->channel, LN_DTLS_CLOSE_NOTIFY);
        }
        ln_dtls_session_end(session, outcome.reason, outcome.alert);
    }
    return 0;
}

/* ---- Out ---- */

static struct ln_dtls_session *find_open(const struct ln_dtls_server *server, uint64_t id)
{
    struct ln_dtls_session *session = server->current;

    if (session == NULL || session->id != id) {
        session = ln_dtls_session_find(server, id);
    }
    return session != NULL && session->state == LN_DTLS_OPEN ? session : NULL;
}

ln_err ln_dtls_server_write(struct ln_dtls_server *server, ln_time now, uint64_t id,
                            struct ln_bytes plaintext)
{
    struct ln_dtls_session *session = find_open(server, id);

    server->host.now = now;
    return session == NULL ? LN_ERR_NOT_FOUND
                           : ln_dtls_channel_write(&session->channel, plaintext);
}

size_t ln_dtls_server_send(struct ln_dtls_server *server, ln_time now, void *buf, size_t size,
                           struct ln_dtls_path *path)
{
    struct ln_timer *timer;

    server->host.now = now;
    while ((timer = ln_wheel_turn(&server->wheel, now)) != NULL) {
        size_t offset = offsetof(struct ln_dtls_session, timer);
        void *session = (uint8_t *)timer - offset;
        ln_dtls_handshake_go_on(session);
        server->current = NULL;
    }
    return ln_dtls_queue_pop(&server->host.queue, buf, size, path);
}

ln_time ln_dtls_server_deadline(const struct ln_dtls_server *server)
{
    return server->host.queue.count > 0 ? server->host.now : ln_wheel_deadline(&server->wheel);
}

void ln_dtls_server_close(struct ln_dtls_server *server, ln_time now, uint64_t id, int alert)
{
    struct ln_dtls_session *session = find_open(server, id);

    server->host.now = now;
    if (session != NULL) {
        ln_dtls_channel_alert(&session->channel, alert);
        ln_dtls_session_end(session, LN_DTLS_BY_US, alert);
    }
}

void ln_dtls_server_close_where(struct ln_dtls_server *server, ln_time now,
                                ln_dtls_accept_fn *ends, void *context, int alert)
{
    struct ln_dtls_session *next;

    for (struct ln_dtls_session *at = server->open.first; at != NULL; at = next) {
        next = at->after;
        if (ends(context, at->identity)) {
            ln_dtls_server_close(server, now, at->id, alert);
        }
    }
}

/* ---- Looks ---- */

const struct ln_dtls_identity *ln_dtls_server_identity(const struct ln_dtls_server *server,
                                                       uint64_t id)
{
    const struct ln_dtls_session *session = find_open(server, id);

    return session == NULL ? NULL : session->identity;
}

bool ln_dtls_server_path(const struct ln_dtls_server *server, uint64_t id,
                         struct ln_dtls_path *path)
{
    const struct ln_dtls_session *session = find_open(server, id);

    if (session != NULL) {
        *path = session->channel.path;
    }
    return session != NULL;
}

const struct ln_dtls_stats *ln_dtls_server_stats(const struct ln_dtls_server *server)
{
    return &server->host.stats;
}

size_t ln_dtls_server_sessions(const struct ln_dtls_server *server)
{
    return server->open.count;
}

size_t ln_dtls_server_handshakes(const struct ln_dtls_server *server)
{
    return server->shaking.count;
}
