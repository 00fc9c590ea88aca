/* CoAP over DTLS: records in and out, sessions opened, moved and ended, keys looked up. */

#include "linnetd/secure.h"

#include "linnetd/daemon.h"
#include "linnetd/heap.h"
#include "linnetd/log.h"

#include <stdlib.h>
#include <string.h>

enum {
    ACCESS_DENIED = 49, /* alerts */
    RECORD_WITH_CID = 25,
    RECORD_CID_AT = 11,
};

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
    struct shard *shard = context;
    struct credential_key keys[CREDENTIAL_SLOTS];
    size_t length = 0;

    if (credentials_find_psk(shard->daemon->credentials, CREDENTIAL_SERVER, identity, keys) >
        0) {
        length = keys[0].len;
        memcpy(key, keys[0].at, length);
    }
    credential_keys_wipe(keys);
    return length;
}

/* Of a certificate that is valid, or a ticket: whether a credential binds its name. */
static bool accept(void *context, const struct ln_dtls_identity *identity)
{
    const struct shard *shard = context;
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];
    enum credential_mode mode = mode_of(identity);

    return credentials_endpoint_of_identity(shard->daemon->credentials, CREDENTIAL_SERVER, mode,
                                            identity->name, endpoint) > 0;
}

ln_err secure_admit(void *context, struct ln_bytes endpoint, const struct ln_peer *peer)
{
    const struct daemon *daemon = ((const struct shard *)context)->daemon;

    if (peer->proof != NULL || daemon->config.nosec_for_known ||
        !credentials_has(daemon->credentials, CREDENTIAL_SERVER, endpoint)) {
        return LN_OK;
    }
    return LN_ERR_FORBIDDEN;
}

/* ---- Sessions ---- */

/* The newest credential of this identity. */
static bool find_credential(const struct shard *shard, const struct ln_dtls_identity *identity,
                            struct credential *out)
{
    struct credentials *credentials = shard->daemon->credentials;
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];
    struct credential all[CREDENTIALS_OF_ENDPOINT];
    enum credential_mode mode = mode_of(identity);
    bool found = false;
    size_t length = credentials_endpoint_of_identity(credentials, CREDENTIAL_SERVER, mode,
                                                     identity->name, endpoint);
    size_t count =
        length == 0 ? 0 : credentials_of_endpoint(credentials, ln_bytes(endpoint, length), all);

    for (size_t i = 0; i < count; i++) {
        struct ln_bytes name = ln_bytes(all[i].identity, all[i].identity_len);
        if (all[i].purpose == CREDENTIAL_SERVER && all[i].mode == mode &&
            ln_bytes_equal(name, identity->name) &&
            (!found || all[i].created_at >= out->created_at)) {
            *out = all[i];
            found = true;
        }
    }
    return found;
}

static void opened(struct shard *shard, const struct ln_dtls_event *event)
{
    struct secure *secure = &shard->secure;
    struct credential credential;

    if (!find_credential(shard, event->identity, &credential)) {
        secure->revoked++; /* while it shook hands */
    } else if (secure_peer_add(secure, event->session, &credential) != NULL) {
        return;
    }
    ln_dtls_server_close(secure->dtls, shard->now, event->session, ACCESS_DENIED);
}

/* The engine that has the endpoint learns what became of a session. */
static void tell_owner(struct shard *shard, enum inbox_kind kind,
                       const struct secure_peer *peer, const struct ln_dtls_path *path)
{
    struct ln_proof proof = secure_proof(peer);
    struct ln_peer at = {path->remote, path->local, peer->session, &proof};
    uint8_t owner = daemon_shard_of(shard->daemon, proof.endpoint);

    if (owner != shard->index) {
        inbox_put(&shard->daemon->shards[owner]->inbox, kind, &at, ln_bytes(NULL, 0));
    } else if (kind == INBOX_MOVED) {
        ln_server_peer_moved(shard->server, shard->now, &at);
    } else {
        ln_server_peer_lost(shard->server, shard->now, &at);
    }
}

static void take_event(struct shard *shard, const struct ln_dtls_event *event)
{
    struct secure_peer *peer = secure_peer_find(&shard->secure, event->session);

    if (event->kind == LN_DTLS_OPENED) {
        opened(shard, event);
    } else if (peer != NULL && event->kind == LN_DTLS_MOVED) {
        tell_owner(shard, INBOX_MOVED, peer, &event->path);
    } else if (peer != NULL) {
        tell_owner(shard, INBOX_LOST, peer, &event->path);
        secure_peer_remove(&shard->secure, peer);
    }
}

static void take_events(struct shard *shard)
{
    struct ln_dtls_event event;

    while (ln_dtls_server_event(shard->secure.dtls, &event)) {
        take_event(shard, &event);
    }
}

/* ---- In ---- */

static void take_plaintext(struct shard *shard, uint64_t session, struct ln_bytes plaintext)
{
    const struct secure_peer *peer = secure_peer_find(&shard->secure, session);
    struct ln_dtls_path path;

    if (peer == NULL || !ln_dtls_server_path(shard->secure.dtls, session, &path)) {
        return; /* it has just been closed */
    }
    struct ln_proof proof = secure_proof(peer);
    struct ln_peer from = {path.remote, path.local, session, &proof};
    shard_take(shard, &from, plaintext);
}

void secure_take(struct shard *shard, const struct ln_peer *peer, struct ln_bytes datagram)
{
    struct ln_dtls_server *dtls = shard->secure.dtls;
    struct ln_dtls_path path = {peer->remote, peer->local};
    uint8_t plaintext[LN_DTLS_PLAIN_MAX];
    uint64_t session;
    size_t length;

    if (dtls == NULL) {
        return;
    }
    ln_dtls_server_recv(dtls, shard->now, &path, datagram);
    take_events(shard);
    while ((length = ln_dtls_server_read(dtls, shard->now, plaintext, sizeof(plaintext),
                                         &session)) > 0) {
        take_events(shard);
        take_plaintext(shard, session, ln_bytes(plaintext, length));
    }
    take_events(shard);
}

/* Which shard has the session; -1: whichever received it. */
static int owner_of(struct ln_bytes datagram)
{
    bool names_it = datagram.len > RECORD_CID_AT && datagram.at[0] == RECORD_WITH_CID;

    return names_it ? datagram.at[RECORD_CID_AT] : -1;
}

static void route(struct shard *shard, const struct ln_packet *packet)
{
    struct ln_peer peer = {.remote = packet->remote, .local = packet->local};
    struct ln_bytes datagram = ln_bytes(packet->bytes, packet->len);
    int owner = owner_of(datagram);

    if (owner < 0 || owner == shard->index || owner >= shard->daemon->shard_count) {
        secure_take(shard, &peer, datagram);
    } else {
        inbox_put(&shard->daemon->shards[owner]->inbox, INBOX_RECORD, &peer, datagram);
        shard->handed_over++;
    }
}

static void on_datagrams(void *context)
{
    struct shard *shard = context;
    struct secure *secure = &shard->secure;
    size_t count = ln_udp_recv(&secure->udp, secure->in->packets, LN_UDP_BATCH);

    shard->now = ln_clock_now();
    ln_dtls_server_wall_offset(secure->dtls, wall_offset(&shard->daemon->wall));
    for (size_t i = 0; i < count; i++) {
        if (secure->in->packets[i].len > LN_UDP_PACKET_MAX) {
            secure->too_long++;
        } else {
            route(shard, &secure->in->packets[i]);
        }
    }
    shard_settle(shard);
}

/* ---- Out ---- */

static void send_batch(struct secure *secure)
{
    (void)ln_udp_send(&secure->udp, secure->out->packets, secure->out->count);
    secure->out->count = 0;
}

void secure_flush(struct shard *shard)
{
    struct secure *secure = &shard->secure;
    struct secure_batch *out = secure->out;
    struct ln_dtls_path path;

    if (secure->dtls == NULL) {
        return;
    }
    for (;;) {
        struct ln_packet *packet = &out->packets[out->count];
        packet->len =
            ln_dtls_server_send(secure->dtls, shard->now, packet->bytes, packet->size, &path);
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
    take_events(shard);
}

void secure_write(struct shard *shard, uint64_t session, struct ln_bytes plaintext)
{
    struct secure *secure = &shard->secure;
    ln_err err = LN_ERR_NOT_FOUND;

    if (secure->dtls != NULL) {
        err = ln_dtls_server_write(secure->dtls, shard->now, session, plaintext);
    }
    if (err == LN_ERR_NO_SPACE) {
        secure_flush(shard);
        err = ln_dtls_server_write(secure->dtls, shard->now, session, plaintext);
    }
    secure->too_late += err != LN_OK;
}

void secure_say(struct shard *shard, uint64_t session, struct ln_bytes plaintext)
{
    uint8_t owner = (uint8_t)(session >> 56);
    struct ln_peer peer = {.session = session};

    if (owner == shard->index || owner >= shard->daemon->shard_count) {
        secure_write(shard, session, plaintext);
    } else {
        inbox_put(&shard->daemon->shards[owner]->inbox, INBOX_ANSWER, &peer, plaintext);
    }
}

ln_time secure_deadline(const struct shard *shard)
{
    return shard->secure.dtls == NULL ? LN_NEVER : ln_dtls_server_deadline(shard->secure.dtls);
}

/* ---- Revocation ---- */

struct revocation {
    struct call call; /* first */
    size_t length;
    uint8_t endpoint[];
};

static bool is_valid(const struct secure_peer *peer, const struct credential *all, size_t count)
{
    struct ln_bytes identity = ln_bytes(peer->bytes + peer->endpoint_len, peer->identity_len);

    for (size_t i = 0; i < count; i++) {
        if (all[i].purpose == CREDENTIAL_SERVER &&
            all[i].mode == (enum credential_mode)peer->mode &&
            all[i].created_at == peer->created_at &&
            ln_bytes_equal(ln_bytes(all[i].identity, all[i].identity_len), identity)) {
            return true;
        }
    }
    return false;
}

static void end_sessions(struct shard *shard, struct ln_bytes endpoint,
                         const struct credential *all, size_t count)
{
    struct secure *secure = &shard->secure;
    int alert = count > 0 ? LN_DTLS_CLOSE_NOTIFY : ACCESS_DENIED; /* come again, or do not */
    const struct secure_peer *next;

    for (const struct secure_peer *peer = secure_peers_of(secure, endpoint); peer != NULL;
         peer = next) {
        next = peer->next;
        if (!is_valid(peer, all, count)) {
            secure->revoked++;
            ln_dtls_server_close(secure->dtls, shard->now, peer->session, alert);
        }
    }
    take_events(shard);
}

static void run_revocation(struct shard *shard, struct call *call)
{
    struct revocation *revocation = (struct revocation *)(void *)call;
    struct credential all[CREDENTIALS_OF_ENDPOINT];
    struct ln_bytes endpoint = ln_bytes(revocation->endpoint, revocation->length);
    size_t count = credentials_of_endpoint(shard->daemon->credentials, endpoint, all);

    if (shard->secure.dtls != NULL) {
        end_sessions(shard, endpoint, all, count);
    }
    free(revocation);
}

static void revoke(struct shard *shard, struct ln_bytes endpoint)
{
    struct revocation *revocation = malloc(sizeof(*revocation) + endpoint.len);

    if (revocation == NULL) {
        log_line(LOG_ERROR, "no memory to end sessions that must end: ends as if killed");
        abort();
    }
    *revocation = (struct revocation){.call.run = run_revocation, .length = endpoint.len};
    memcpy(revocation->endpoint, endpoint.at, endpoint.len);
    if (!inbox_put_call(&shard->inbox, &revocation->call)) {
        free(revocation); /* it has stopped */
    }
}

static void changed(void *context, enum credential_for purpose, struct ln_bytes endpoint,
                    bool revoked)
{
    struct daemon *daemon = context;

    for (uint8_t i = 0; revoked && purpose == CREDENTIAL_SERVER && i < daemon->shard_count;
         i++) {
        revoke(daemon->shards[i], endpoint);
    }
}

void secure_watch(struct daemon *daemon)
{
    credentials_watch(daemon->credentials, changed, daemon);
}

/* ---- Opening ---- */

static ln_err start_dtls(struct shard *shard, const struct ln_dtls_certificates *certificates)
{
    struct ln_dtls_server_config config = {
        .size = sizeof(config),
        .random = ln_random_of_pool(&shard->random),
        .allocator = heap_allocator,
        .psk = find_key,
        .accept = accept,
        .context = shard,
        .certificates = *certificates,
        .wall_offset = wall_offset(&shard->daemon->wall),
        .shard = shard->index,
    };

    return ln_dtls_server_new(&shard->secure.dtls, &config, ln_clock_now());
}

static ln_err listen_at(struct shard *shard, struct ln_address *coaps)
{
    unsigned flags = shard->daemon->config.shards > 1 ? LN_UDP_SHARED : 0;
    struct ln_udp *udp = &shard->secure.udp;
    ln_err err = ln_udp_open(udp, coaps, flags);

    if (err == LN_OK) {
        *coaps = udp->bound;
        err = ln_loop_add(shard->loop, udp->fd, on_datagrams, shard);
    }
    return err;
}

ln_err secure_open(struct shard *shard, struct ln_address *coaps,
                   const struct ln_dtls_certificates *certificates)
{
    struct secure *secure = &shard->secure;

    secure->in = batch_new();
    secure->out = batch_new();
    secure_peers_init(secure);
    if (secure->in == NULL || secure->out == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    ln_err err = start_dtls(shard, certificates);
    return err == LN_OK ? listen_at(shard, coaps) : err;
}

void secure_close(struct shard *shard)
{
    struct secure *secure = &shard->secure;

    ln_udp_close(&secure->udp);
    ln_dtls_server_free(secure->dtls);
    secure_peers_fini(secure);
    free(secure->in);
    free(secure->out);
    secure->dtls = NULL;
    secure->in = secure->out = NULL;
}
