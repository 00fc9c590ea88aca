/* CoAP over DTLS: records in and out, sessions opened, moved and ended, keys looked up. */

#include "linnetd/secure.h"

#include "linnetd/daemon.h"
#include "linnetd/heap.h"
#include "linnetd/log.h"

#include <stdlib.h>
#include <string.h>

enum { ACCESS_DENIED = 49 /* an alert */ };

struct secure_batch {
    struct ln_packet packets[LN_UDP_BATCH];
    size_t count;
    uint8_t bytes[LN_UDP_BATCH][LN_DTLS_DATAGRAM_MAX];
};

static struct secure_batch *batch_new(void)
{
    struct secure_batch *batch = calloc(1, sizeof(*batch));

    for (size_t i = 0; batch != NULL && i < LN_UDP_BATCH; i++) {
        batch->packets[i].bytes = batch->bytes[i];
        batch->packets[i].size = LN_DTLS_DATAGRAM_MAX;
    }
    return batch;
}

static enum credential_mode mode_of(const struct ln_dtls_identity *identity)
{
    return identity->proof == LN_DTLS_PSK ? CREDENTIAL_PSK : CREDENTIAL_X509;
}

/* ---- What DTLS asks ---- */

static size_t find_key(void *context, struct ln_bytes identity, uint8_t key[LN_DTLS_KEY_MAX])
{
    const struct secure *secure = context;
    struct credential_key keys[CREDENTIAL_SLOTS];
    size_t length = 0;

    if (credentials_find_psk(secure->place.daemon->credentials, secure->place.purpose, identity,
                             keys) > 0) {
        length = keys[0].len;
        memcpy(key, keys[0].at, length);
    }
    credential_keys_wipe(keys);
    return length;
}

/* Of a certificate that is valid, or a ticket: whether a credential binds its name. */
static bool accept(void *context, const struct ln_dtls_identity *identity)
{
    const struct secure *secure = context;
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];

    return credentials_endpoint_of_identity(secure->place.daemon->credentials,
                                            secure->place.purpose, mode_of(identity),
                                            identity->name, endpoint) > 0;
}

/* ---- Sessions ---- */

/* The newest credential of this identity. */
static bool find_credential(const struct secure *secure,
                            const struct ln_dtls_identity *identity, struct credential *out)
{
    struct credentials *credentials = secure->place.daemon->credentials;
    enum credential_for purpose = secure->place.purpose;
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];
    struct credential all[CREDENTIALS_OF_ENDPOINT];
    enum credential_mode mode = mode_of(identity);
    bool found = false;
    size_t length =
        credentials_endpoint_of_identity(credentials, purpose, mode, identity->name, endpoint);
    size_t count =
        length == 0 ? 0 : credentials_of_endpoint(credentials, ln_bytes(endpoint, length), all);

    for (size_t i = 0; i < count; i++) {
        struct ln_bytes name = ln_bytes(all[i].identity, all[i].identity_len);
        if (all[i].purpose == purpose && all[i].mode == mode &&
            ln_bytes_equal(name, identity->name) &&
            (!found || all[i].created_at >= out->created_at)) {
            *out = all[i];
            found = true;
        }
    }
    return found;
}

static void opened(struct secure *secure, const struct ln_dtls_event *event)
{
    struct credential credential;

    if (!find_credential(secure, event->identity, &credential)) {
        secure->revoked++; /* while it shook hands */
    } else if (secure_peer_add(secure, event->session, &credential) != NULL) {
        return;
    }
    ln_dtls_server_close(secure->dtls, *secure->place.now, event->session, ACCESS_DENIED);
}

/* Whoever drives the engine learns what became of a session. */
static void tell(struct secure *secure, void (*what)(void *, const struct ln_peer *),
                 const struct secure_peer *peer, const struct ln_dtls_path *path)
{
    struct ln_proof proof = secure_proof(peer);
    struct ln_peer at = {path->remote, path->local, peer->session, &proof};

    what(secure->place.context, &at);
}

static void take_event(struct secure *secure, const struct ln_dtls_event *event)
{
    const struct secure_owner *owner = secure->place.owner;
    struct secure_peer *peer = secure_peer_find(secure, event->session);

    if (event->kind == LN_DTLS_OPENED) {
        opened(secure, event);
    } else if (peer != NULL && event->kind == LN_DTLS_MOVED) {
        tell(secure, owner->moved, peer, &event->path);
    } else if (peer != NULL) {
        tell(secure, owner->lost, peer, &event->path);
        secure_peer_remove(secure, peer);
    }
}

static void take_events(struct secure *secure)
{
    struct ln_dtls_event event;

    while (ln_dtls_server_event(secure->dtls, &event)) {
        take_event(secure, &event);
    }
}

/* ---- In ---- */

static void take_plaintext(struct secure *secure, uint64_t session, struct ln_bytes plaintext)
{
    const struct secure_peer *peer = secure_peer_find(secure, session);
    struct ln_dtls_path path;

    if (peer == NULL || !ln_dtls_server_path(secure->dtls, session, &path)) {
        return; /* it has just been closed */
    }
    struct ln_proof proof = secure_proof(peer);
    struct ln_peer from = {path.remote, path.local, session, &proof};
    secure->place.owner->said(secure->place.context, &from, plaintext);
}

void secure_take(struct secure *secure, const struct ln_peer *peer, struct ln_bytes datagram)
{
    struct ln_dtls_server *dtls = secure->dtls;
    struct ln_dtls_path path = {peer->remote, peer->local};
    uint8_t plaintext[LN_DTLS_PLAIN_MAX];
    uint64_t session;
    size_t length;

    if (dtls == NULL) {
        return;
    }
    ln_dtls_server_recv(dtls, *secure->place.now, &path, datagram);
    take_events(secure);
    while ((length = ln_dtls_server_read(dtls, *secure->place.now, plaintext, sizeof(plaintext),
                                         &session)) > 0) {
        take_events(secure);
        take_plaintext(secure, session, ln_bytes(plaintext, length));
    }
    take_events(secure);
}

static void on_datagrams(void *context)
{
    struct secure *secure = context;
    const struct secure_place *place = &secure->place;
    size_t count = ln_udp_recv(&secure->udp, secure->in->packets, LN_UDP_BATCH);

    *place->now = ln_clock_now();
    ln_dtls_server_wall_offset(secure->dtls, wall_offset(&place->daemon->wall));
    for (size_t i = 0; i < count; i++) {
        if (secure->in->packets[i].len > LN_UDP_PACKET_MAX) {
            secure->too_long++;
        } else {
            place->owner->record(place->context, &secure->in->packets[i]);
        }
    }
    place->owner->settle(place->context);
}

/* ---- Out ---- */

static void send_batch(struct secure *secure)
{
    (void)ln_udp_send(&secure->udp, secure->out->packets, secure->out->count);
    secure->out->count = 0;
}

void secure_flush(struct secure *secure)
{
    struct secure_batch *out = secure->out;
    struct ln_dtls_path path;

    if (secure->dtls == NULL) {
        return;
    }
    for (;;) {
        struct ln_packet *packet = &out->packets[out->count];
        packet->len = ln_dtls_server_send(secure->dtls, *secure->place.now, packet->bytes,
                                          packet->size, &path);
        if (packet->len == 0) {
            break;
        }
        packet->remote = path.remote;
        packet->local = path.local;
        if (++out->count == LN_UDP_BATCH) {
            send_batch(secure);
        }
    }
    send_batch(secure);
    take_events(secure);
}

void secure_write(struct secure *secure, uint64_t session, struct ln_bytes plaintext)
{
    ln_err err = LN_ERR_NOT_FOUND;

    if (secure->dtls != NULL) {
        err = ln_dtls_server_write(secure->dtls, *secure->place.now, session, plaintext);
    }
    if (err == LN_ERR_NO_SPACE) {
        secure_flush(secure);
        err = ln_dtls_server_write(secure->dtls, *secure->place.now, session, plaintext);
    }
    secure->too_late += err != LN_OK;
}

ln_time secure_deadline(const struct secure *secure)
{
    return secure->dtls == NULL ? LN_NEVER : ln_dtls_server_deadline(secure->dtls);
}

/* ---- Revocation ---- */

struct revocation {
    struct call call; /* first */
    struct secure *secure;
    size_t length;
    uint8_t endpoint[];
};

static bool is_valid(const struct secure *secure, const struct secure_peer *peer,
                     const struct credential *all, size_t count)
{
    struct ln_bytes identity = ln_bytes(peer->bytes + peer->endpoint_len, peer->identity_len);

    for (size_t i = 0; i < count; i++) {
        if (all[i].purpose == secure->place.purpose &&
            all[i].mode == (enum credential_mode)peer->mode &&
            all[i].created_at == peer->created_at &&
            ln_bytes_equal(ln_bytes(all[i].identity, all[i].identity_len), identity)) {
            return true;
        }
    }
    return false;
}

static void end_sessions(struct secure *secure, struct ln_bytes endpoint,
                         const struct credential *all, size_t count)
{
    int alert = count > 0 ? LN_DTLS_CLOSE_NOTIFY : ACCESS_DENIED; /* come again, or do not */
    const struct secure_peer *next;

    for (const struct secure_peer *peer = secure_peers_of(secure, endpoint); peer != NULL;
         peer = next) {
        next = peer->next;
        if (!is_valid(secure, peer, all, count)) {
            secure->revoked++;
            ln_dtls_server_close(secure->dtls, *secure->place.now, peer->session, alert);
        }
    }
    take_events(secure);
}

static void run_revocation(struct shard *shard, struct call *call)
{
    struct revocation *revocation = (struct revocation *)(void *)call;
    struct secure *secure = revocation->secure;
    struct credential all[CREDENTIALS_OF_ENDPOINT];
    struct ln_bytes endpoint = ln_bytes(revocation->endpoint, revocation->length);

    (void)shard; /* the thread is that of whoever has the sessions */
    if (secure->dtls != NULL) {
        size_t count =
            credentials_of_endpoint(secure->place.daemon->credentials, endpoint, all);
        end_sessions(secure, endpoint, all, count);
    }
    free(revocation);
}

static void revoke(struct inbox *inbox, struct secure *secure, struct ln_bytes endpoint)
{
    struct revocation *revocation = malloc(sizeof(*revocation) + endpoint.len);

    if (revocation == NULL) {
        log_line(LOG_ERROR, "no memory to end sessions that must end: ends as if killed");
        abort();
    }
    *revocation = (struct revocation){
        .call.run = run_revocation, .secure = secure, .length = endpoint.len};
    memcpy(revocation->endpoint, endpoint.at, endpoint.len);
    if (!inbox_put_call(inbox, &revocation->call)) {
        free(revocation); /* it has stopped */
    }
}

static void changed(void *context, enum credential_for purpose, struct ln_bytes endpoint,
                    bool revoked)
{
    struct daemon *daemon = context;

    if (revoked && purpose == CREDENTIAL_BOOTSTRAP && daemon->bootstrap != NULL) {
        revoke(&daemon->bootstrap->inbox, &daemon->bootstrap->secure, endpoint);
    }
    for (uint8_t i = 0; revoked && purpose == CREDENTIAL_SERVER && i < daemon->shard_count;
         i++) {
        revoke(&daemon->shards[i]->inbox, &daemon->shards[i]->secure, endpoint);
    }
}

void secure_watch(struct daemon *daemon)
{
    credentials_watch(daemon->credentials, changed, daemon);
}

/* ---- Opening ---- */

static ln_err start_dtls(struct secure *secure, const struct ln_dtls_certificates *certificates)
{
    const struct secure_place *place = &secure->place;
    struct ln_dtls_server_config config = {
        .size = sizeof(config),
        .random = place->random,
        .allocator = heap_allocator,
        .psk = find_key,
        .accept = accept,
        .context = secure,
        .certificates = *certificates,
        .wall_offset = wall_offset(&place->daemon->wall),
        .shard = place->shard,
    };

    return ln_dtls_server_new(&secure->dtls, &config, ln_clock_now());
}

static ln_err listen_at(struct secure *secure, struct ln_address *coaps)
{
    unsigned flags = secure->place.shares_port ? LN_UDP_SHARED : 0;
    struct ln_udp *udp = &secure->udp;
    ln_err err = ln_udp_open(udp, coaps, flags);

    if (err == LN_OK) {
        *coaps = udp->bound;
        err = ln_loop_add(secure->place.loop, udp->fd, on_datagrams, secure);
    }
    return err;
}

ln_err secure_open(struct secure *secure, const struct secure_place *place,
                   struct ln_address *coaps, const struct ln_dtls_certificates *certificates)
{
    secure->place = *place;
    secure->in = batch_new();
    secure->out = batch_new();
    secure_peers_init(secure);
    if (secure->in == NULL || secure->out == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    ln_err err = start_dtls(secure, certificates);
    return err == LN_OK ? listen_at(secure, coaps) : err;
}

void secure_close(struct secure *secure)
{
    ln_udp_close(&secure->udp);
    ln_dtls_server_free(secure->dtls);
    secure_peers_fini(secure);
    free(secure->in);
    free(secure->out);
    secure->dtls = NULL;
    secure->in = secure->out = NULL;
}
