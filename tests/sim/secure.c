/* The DTLS layer between the engines and the network. A device's key is made of its name. */

#include "secure.h"

#include "trace.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 16, ENDPOINT_MAX = 24 };

struct session_end {
    struct ln_dtls_client client;
    uint8_t key[KEY_SIZE];
};

struct sim_secure {
    struct ln_dtls_server *server;
    struct session_end *ends; /* one for each device */
    bool no_cid;
};

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

static void make_key(struct ln_bytes name, uint8_t key[KEY_SIZE])
{
    memset(key, 0x5a, KEY_SIZE);
    memcpy(key, name.at, name.len < KEY_SIZE ? name.len : KEY_SIZE);
}

static size_t find_key(void *context, struct ln_bytes identity, uint8_t key[LN_DTLS_KEY_MAX])
{
    (void)context;
    make_key(identity, key);
    return KEY_SIZE;
}

static bool open_end(struct world *world, struct session_end *end, struct device *d)
{
    struct ln_bytes name = ln_bytes_of_text(d->endpoint);
    const struct ln_dtls_client_config config = {
        .size = sizeof(config),
        .random = {dice_fill, &world->dice},
        .psk_identity = name,
        .psk_key = ln_bytes(end->key, KEY_SIZE),
        .no_connection_id = world->secure->no_cid,
    };

    make_key(name, end->key);
    d->dtls = &end->client;
    return ln_dtls_client_init(&end->client, &config) == LN_OK;
}

void secure_use(struct world *world, bool no_connection_id)
{
    const struct ln_dtls_server_config config = {
        .size = sizeof(config),
        .random = {dice_fill, &world->dice},
        .allocator = {.resize = resize},
        .psk = find_key,
        .context = world,
    };
    bool good;

    world->secure = calloc(1, sizeof(*world->secure));
    world->secure->no_cid = no_connection_id;
    world->secure->ends = calloc(world->device_count, sizeof(struct session_end));
    good = ln_dtls_server_new(&world->secure->server, &config, world->now) == LN_OK;
    for (size_t i = 0; i < world->device_count; i++) {
        good = open_end(world, &world->secure->ends[i], &world->devices[i]) && good;
    }
    if (!good) {
        world_fail(world, "DTLS does not begin");
    }
}

void secure_free(struct world *world)
{
    if (world->secure == NULL) {
        return;
    }
    for (size_t i = 0; i < world->device_count; i++) {
        ln_dtls_client_fini(&world->secure->ends[i].client);
    }
    ln_dtls_server_free(world->secure->server);
    free(world->secure->ends);
    free(world->secure);
    world->secure = NULL;
}

/* ---- The server's end ---- */

/* The identity is the endpoint's name. */
static void with_peer(struct world *world, uint64_t session, const struct ln_dtls_path *path,
                      const struct ln_dtls_identity *identity,
                      void (*run)(struct ln_server *server, ln_time now,
                                  const struct ln_peer *peer))
{
    struct ln_proof proof = {.identity = identity->name, .endpoint = identity->name, .mode = 1};
    struct ln_peer peer = {
        .remote = path->remote, .local = path->local, .session = session, .proof = &proof};

    run(world->server, world->now, &peer);
}

static void take_events(struct world *world)
{
    struct ln_dtls_event event;

    while (ln_dtls_server_event(world->secure->server, &event)) {
        if (event.kind == LN_DTLS_MOVED) {
            with_peer(world, event.session, &event.path, event.identity, ln_server_peer_moved);
        } else if (event.kind == LN_DTLS_CLOSED) {
            with_peer(world, event.session, &event.path, event.identity, ln_server_peer_lost);
        }
    }
}

static void take_plaintext(struct world *world, uint64_t session, struct ln_bytes bytes)
{
    struct ln_dtls_server *dtls = world->secure->server;
    const struct ln_dtls_identity *identity = ln_dtls_server_identity(dtls, session);
    struct ln_dtls_path path;

    if (identity == NULL || !ln_dtls_server_path(dtls, session, &path)) {
        world_fail(world, "a plaintext of no session");
        return;
    }
    struct ln_proof proof = {.identity = identity->name, .endpoint = identity->name, .mode = 1};
    struct ln_peer peer = {
        .remote = path.remote, .local = path.local, .session = session, .proof = &proof};
    ln_server_recv(world->server, world->now, &peer, bytes);
}

void secure_server_recv(struct world *world, const struct ln_address *from,
                        struct ln_bytes datagram)
{
    struct ln_dtls_path path = {.remote = *from, .local = world->server_address};
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    uint64_t session;
    size_t len;

    ln_dtls_server_recv(world->secure->server, world->now, &path, datagram);
    take_events(world);
    while ((len = ln_dtls_server_read(world->secure->server, world->now, plain, sizeof(plain),
                                      &session)) > 0) {
        take_events(world); /* a move comes before what it brought */
        take_plaintext(world, session, ln_bytes(plain, len));
    }
    take_events(world);
}

void secure_server_write(struct world *world, const struct ln_peer *to, struct ln_bytes bytes)
{
    /* What is said to a session that is over is lost, as on any network. */
    (void)!ln_dtls_server_write(world->secure->server, world->now, to->session, bytes);
}

void secure_server_turn(struct world *world)
{
    uint8_t datagram[LN_DTLS_DATAGRAM_MAX];
    struct ln_dtls_path path;
    size_t len;

    while ((len = ln_dtls_server_send(world->secure->server, world->now, datagram,
                                      sizeof(datagram), &path)) > 0) {
        network_send(world, &world->server_address, &path.remote, ln_bytes(datagram, len));
    }
    take_events(world);
}

ln_time secure_server_deadline(const struct world *world)
{
    ln_time due = ln_dtls_server_deadline(world->secure->server);

    return due > world->now ? due : world->now + 1;
}

const struct ln_dtls_stats *secure_server_stats(const struct world *world)
{
    return ln_dtls_server_stats(world->secure->server);
}

/* ---- A device's end ---- */

void secure_device_open(struct device *d)
{
    ln_dtls_client_connect(d->dtls, d->world->now);
}

void secure_device_close(struct device *d)
{
    ln_dtls_client_close(d->dtls, d->world->now);
}

void secure_device_write(struct device *d, struct ln_bytes bytes)
{
    (void)!ln_dtls_client_write(d->dtls, d->world->now, bytes);
}

bool secure_device_turn(struct device *d)
{
    uint8_t datagram[LN_DTLS_DATAGRAM_MAX];
    struct ln_dtls_event event;
    bool any = false;
    size_t len;

    while ((len = ln_dtls_client_send(d->dtls, d->world->now, datagram, sizeof(datagram))) >
           0) {
        any = true;
        if (d->has_network) {
            network_send(d->world, &d->address, &d->world->server_address,
                         ln_bytes(datagram, len));
        }
    }
    while (ln_dtls_client_event(d->dtls, &event)) {
        any = true;
        trace_text(d->world, "%s session event %d", d->endpoint, (int)event.kind);
        if (event.kind == LN_DTLS_OPENED) {
            ln_client_link_up_anew(&d->client, d->world->now, 0);
        } else if (event.reason != LN_DTLS_BY_US) {
            ln_client_link_down(&d->client, d->world->now, 0, LN_LINK_FAILED, 0);
        }
    }
    return any;
}

ln_time secure_device_deadline(const struct device *d)
{
    return ln_dtls_client_deadline(d->dtls);
}

void secure_device_recv(struct device *d, struct ln_bytes datagram)
{
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    size_t len;

    ln_dtls_client_recv(d->dtls, d->world->now, datagram);
    while ((len = ln_dtls_client_read(d->dtls, d->world->now, plain, sizeof(plain))) > 0) {
        device_hear(d, ln_bytes(plain, len));
    }
    device_pump(d);
}
