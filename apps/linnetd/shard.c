/*
 * The loop of a shard: datagrams in, engine, datagrams out, in batches; calls from HTTP in
 * between.
 */

#include "linnetd/shard.h"

#include "linnetd/daemon.h"
#include "linnetd/operation.h"

#include <stdlib.h>
#include <string.h>

enum { INBOX_ROUNDS = 4, PROMISES_MS = 2000 };

struct shard_batch {
    struct ln_packet packets[LN_UDP_BATCH];
    size_t count;
    uint8_t bytes[LN_UDP_BATCH][LN_UDP_PACKET_MAX];
};

static struct shard_batch *batch_new(void)
{
    struct shard_batch *batch = calloc(1, sizeof(*batch));

    for (size_t i = 0; batch != NULL && i < LN_UDP_BATCH; i++) {
        batch->packets[i].bytes = batch->bytes[i];
        batch->packets[i].size = LN_UDP_PACKET_MAX;
    }
    return batch;
}

/* ---- Out ---- */

void shard_flush(struct shard *shard)
{
    (void)ln_udp_send(&shard->coap, shard->out->packets, shard->out->count);
    shard->out->count = 0;
}

static void send_all(struct shard *shard)
{
    struct shard_batch *batch = shard->out;
    struct ln_server_out out;

    for (;;) {
        struct ln_packet *packet = &batch->packets[batch->count];
        packet->len =
            ln_server_send(shard->server, shard->now, packet->bytes, packet->size, &out);
        if (packet->len == 0) {
            break;
        }
        if (keep_datagram(shard, &out, ln_bytes(packet->bytes, packet->len))) {
            continue;
        }
        packet->remote = out.to.remote;
        packet->local = out.to.local;
        batch->count++;
        if (batch->count == LN_UDP_BATCH) {
            shard_flush(shard);
        }
    }
    shard_flush(shard);
}

void shard_transmit(struct shard *shard, const struct ln_address *remote,
                    const struct ln_address *local, struct ln_bytes datagram)
{
    struct ln_packet *packet = &shard->out->packets[shard->out->count];

    memcpy(packet->bytes, datagram.at, datagram.len);
    packet->len = datagram.len;
    packet->remote = *remote;
    packet->local = *local;
    if (++shard->out->count == LN_UDP_BATCH) {
        shard_flush(shard);
    }
}

static void take_event(struct shard *shard, const struct ln_server_event *event)
{
    struct events *events = &shard->daemon->events;

    keep_event(shard, event);
    switch (event->kind) {
    case LN_SERVER_REGISTERED:
        events_put(events, EVENT_REGISTERED, event->endpoint, NULL);
        break;
    case LN_SERVER_UPDATED:
        events_put(events, EVENT_UPDATED, event->endpoint, NULL);
        break;
    case LN_SERVER_DEREGISTERED:
        events_put(events, EVENT_DEREGISTERED, event->endpoint, NULL);
        break;
    case LN_SERVER_EXPIRED:
        events_put(events, EVENT_EXPIRED, event->endpoint, NULL);
        break;
    case LN_SERVER_AWAKE:
        events_put(events, EVENT_AWAKE, event->endpoint, NULL);
        break;
    case LN_SERVER_SLEEPING:
        events_put(events, EVENT_SLEEPING, event->endpoint, NULL);
        break;
    case LN_SERVER_UNREACHABLE:
        events_put(events, EVENT_UNREACHABLE, event->endpoint, NULL);
        break;
    case LN_SERVER_RESULT:
    case LN_SERVER_WANTS:
    case LN_SERVER_PART:
        operation_event(shard, event);
        break;
    case LN_SERVER_OBSERVATION:
    case LN_SERVER_NOTIFIED:
        events_put_observation(events, event, wall_offset(&shard->daemon->wall));
        break;
    case LN_SERVER_REPLACED: /* the new registration's event follows */
        break;
    default:
        break;
    }
}

bool shard_take_events(struct shard *shard)
{
    struct ln_server_event event;
    bool some = false;

    while (ln_server_event(shard->server, &event)) {
        take_event(shard, &event);
        some = true;
    }
    return some;
}

static void settle(struct shard *shard)
{
    send_all(shard);
    if (shard_take_events(shard)) {
        send_all(shard); /* what events led to */
    }
    keep_submit(shard);
}

/* ---- In ---- */

static void take_datagram(struct shard *shard, const struct ln_packet *packet)
{
    struct ln_peer peer = {.remote = packet->remote, .local = packet->local};
    struct ln_bytes datagram = ln_bytes(packet->bytes, packet->len);
    int owner = -1;

    if (shard->daemon->shard_count > 1) {
        owner = ln_server_owner(datagram, shard->daemon->shard_count);
    }
    if (owner < 0 || owner == shard->index) {
        ln_server_recv(shard->server, shard->now, &peer, datagram);
    } else {
        inbox_put_datagram(&shard->daemon->shards[owner]->inbox, &peer, datagram);
        shard->handed_over++;
    }
}

static void on_datagrams(void *context)
{
    struct shard *shard = context;
    size_t count = ln_udp_recv(&shard->coap, shard->in->packets, LN_UDP_BATCH);

    shard->now = ln_clock_now();
    for (size_t i = 0; i < count; i++) {
        struct ln_packet *packet = &shard->in->packets[i];
        if (packet->len > packet->size) {
            shard->cut++; /* no CoAP message of LwM2M is that long */
        } else {
            take_datagram(shard, packet);
        }
    }
    settle(shard);
}

static void run_calls(struct shard *shard)
{
    struct call *next;

    for (struct call *call = inbox_take_calls(&shard->inbox); call != NULL; call = next) {
        next = call->next; /* once it has run, the call is gone */
        call->run(shard, call);
    }
}

static void take_inbox(struct shard *shard)
{
    struct inbox_datagram *datagrams;

    run_calls(shard);
    size_t count = inbox_datagrams(&shard->inbox, &datagrams);
    for (size_t i = 0; i < count; i++) {
        ln_server_recv(shard->server, shard->now, &datagrams[i].peer,
                       ln_bytes(datagrams[i].bytes, datagrams[i].len));
    }
    inbox_done(&shard->inbox, count);
    settle(shard);
}

static void on_inbox(void *context)
{
    struct shard *shard = context;

    shard->now = ln_clock_now();
    keep_follow(shard);
    for (int rounds = 0; rounds < INBOX_ROUNDS && inbox_has_more(&shard->inbox); rounds++) {
        take_inbox(shard);
    }
    if (inbox_has_more(&shard->inbox)) {
        ln_loop_wake(shard->loop); /* our own socket and timers come first */
    }
}

/* ---- The thread ---- */

/* Who waits is told; what comes from now on finds the inbox closed. */
static void end(struct shard *shard)
{
    inbox_close(&shard->inbox);
    run_calls(shard);
    ln_server_close(shard->server, shard->now);
    settle(shard);
    /* Who has been promised something hears it still. */
    ln_time until = shard->now + PROMISES_MS;
    while (keep_waits(shard) && !shard->keep.read_only && shard->now < until) {
        ln_loop_wait(shard->loop, until);
        shard->now = ln_clock_now();
    }
}

static void *run(void *context)
{
    struct shard *shard = context;

    settle(shard); /* what the restart led to */
    while (!atomic_load(&shard->stop)) {
        ln_time deadline =
            ln_time_min(ln_server_deadline(shard->server), ln_wheel_deadline(&shard->waits));
        ln_loop_wait(shard->loop, deadline);
        shard->now = ln_clock_now();
        operation_turn(shard);
        settle(shard);
    }
    end(shard);
    return NULL;
}

bool shard_start(struct shard *shard)
{
    shard->running = pthread_create(&shard->thread, NULL, run, shard) == 0;
    return shard->running;
}

void shard_stop(struct shard *shard)
{
    if (shard->running) {
        atomic_store(&shard->stop, true);
        ln_loop_wake(shard->loop);
        pthread_join(shard->thread, NULL);
        shard->running = false;
    }
}

/* ---- Making one ---- */

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

/* The bounds are of all shards together: each takes its part, rounded up. */
static size_t part(uint64_t whole, uint64_t shards)
{
    return (size_t)((whole + shards - 1) / shards);
}

static struct ln_server *engine_new(struct shard *shard)
{
    const struct config *config = &shard->daemon->config;
    struct ln_coap_parameters coap = ln_coap_parameters_default;
    struct ln_server_config server = {
        .size = sizeof(server),
        .random = ln_random_of_pool(&shard->random),
        .allocator = {resize, NULL},
        .coap = &coap,
        .shard = shard->index,
        .shards = (uint8_t)config->shards,
        .max_registrations = part(config->max_devices, config->shards),
        .max_per_address = part(config->max_per_address, config->shards),
        .awake = (uint32_t)(config->awake * 1000),
        .journal = shard->daemon->store != NULL,
    };

    if (server.journal) {
        server.last_change = store_last_change(shard->daemon->store);
    }
    coap.ack_timeout = (uint32_t)(config->ack_timeout * 1000);
    coap.max_retransmit = (uint8_t)config->max_retransmit;
    return ln_server_new(&server, ln_clock_now());
}

static ln_err listen_at(struct shard *shard, struct ln_address *coap)
{
    unsigned flags = shard->daemon->config.shards > 1 ? LN_UDP_SHARED : 0;
    ln_err err = ln_udp_open(&shard->coap, coap, flags);

    if (err == LN_OK) {
        *coap = shard->coap.bound;
        err = ln_loop_add(shard->loop, shard->coap.fd, on_datagrams, shard);
    }
    return err;
}

ln_err shard_new(struct daemon *daemon, uint8_t index, struct ln_address *coap,
                 struct shard **out)
{
    struct shard *shard = calloc(1, sizeof(*shard));
    ln_err err = LN_ERR_NO_MEMORY;

    if (shard == NULL) {
        return err;
    }
    shard->daemon = daemon;
    shard->index = index;
    shard->coap.fd = -1;
    ln_wheel_init(&shard->waits, ln_clock_now());
    shard->loop = ln_loop_new();
    shard->in = batch_new();
    shard->out = batch_new();
    shard->server = engine_new(shard);
    if (shard->loop == NULL || shard->in == NULL || shard->out == NULL ||
        shard->server == NULL || !inbox_init(&shard->inbox, shard->loop)) {
        goto fail;
    }
    ln_loop_on_wake(shard->loop, on_inbox, shard);
    err = coap != NULL ? listen_at(shard, coap) : LN_OK;
    if (err != LN_OK) {
        goto fail;
    }
    *out = shard;
    return LN_OK;

fail:
    shard_free(shard);
    return err;
}

void shard_free(struct shard *shard)
{
    if (shard == NULL) {
        return;
    }
    ln_udp_close(&shard->coap);
    inbox_fini(&shard->inbox);
    ln_server_free(shard->server);
    ln_loop_free(shard->loop);
    keep_fini(&shard->keep);
    free(shard->in);
    free(shard->out);
    free(shard);
}
