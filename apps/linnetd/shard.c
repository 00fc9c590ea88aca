/*
 * The loop of a shard: datagrams in, engine, datagrams out, in batches; calls from HTTP in
 * between.
 */

#include "linnetd/shard.h"

#include "linnetd/batch.h"
#include "linnetd/daemon.h"
#include "linnetd/heap.h"
#include "linnetd/operation.h"
#include "linnetd/operation_list.h"

#include <stdlib.h>
#include <string.h>

enum { INBOX_ROUNDS = 4, PROMISES_MS = 2000 };

/* ---- Out ---- */

void shard_flush(struct shard *shard)
{
    (void)ln_udp_send(&shard->coap, shard->out->packets, shard->out->count);
    shard->out->count = 0;
    secure_flush(&shard->secure);
}

/* The datagram in the next place of the batch leaves. */
static void put_out(struct shard *shard, const struct ln_peer *to, size_t length)
{
    struct ln_packet *packet = &shard->out->packets[shard->out->count];

    if (to->session != 0) {
        secure_say(shard, to->session, ln_bytes(packet->bytes, length));
        return;
    }
    packet->len = length;
    packet->remote = to->remote;
    packet->local = to->local;
    if (++shard->out->count == LN_UDP_BATCH) {
        shard_flush(shard);
    }
}

static void send_all(struct shard *shard)
{
    struct ln_server_out out;

    for (;;) {
        struct ln_packet *packet = &shard->out->packets[shard->out->count];
        size_t length =
            ln_server_send(shard->server, shard->now, packet->bytes, packet->size, &out);
        if (length == 0) {
            break;
        }
        if (!keep_datagram(shard, &out, ln_bytes(packet->bytes, length))) {
            put_out(shard, &out.to, length);
        }
    }
    shard_flush(shard);
}

void shard_transmit(struct shard *shard, const struct ln_peer *to, struct ln_bytes datagram)
{
    memcpy(shard->out->packets[shard->out->count].bytes, datagram.at, datagram.len);
    put_out(shard, to, datagram.len);
}

/* Last values and samples: of notifications, and of what was read whole. */
static void note_values(struct shard *shard, const struct ln_server_event *event)
{
    bool is_read = event->kind == LN_SERVER_RESULT &&
                   event->operation.kind == LN_OPERATION_READ &&
                   event->outcome == LN_OUTCOME_ANSWERED &&
                   ln_coap_code_class(event->code) == 2 && event->payload.len > 0;

    if (is_read || event->kind == LN_SERVER_NOTIFIED) {
        history_put(shard->daemon->history, is_read ? HISTORY_READ : HISTORY_NOTIFICATION,
                    event->endpoint, is_read ? event->operation.path : event->observation.path,
                    event->format, event->payload,
                    event->time + wall_offset(&shard->daemon->wall));
    }
}

static void take_event(struct shard *shard, const struct ln_server_event *event)
{
    struct events *events = &shard->daemon->events;

    keep_event(shard, event);
    note_values(shard, event);
    switch (event->kind) {
    case LN_SERVER_REGISTERED:
        events_put_registered(events, event);
        break;
    case LN_SERVER_UPDATED:
        events_put(events, EVENT_UPDATED, event->endpoint, NULL);
        break;
    case LN_SERVER_DEREGISTERED:
        events_put(events, EVENT_DEREGISTERED, event->endpoint, NULL);
        operation_left(shard, event->endpoint);
        break;
    case LN_SERVER_EXPIRED:
        events_put(events, EVENT_EXPIRED, event->endpoint, NULL);
        operation_left(shard, event->endpoint);
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
    case LN_SERVER_QUEUED:
    case LN_SERVER_SENT:
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

void shard_settle(struct shard *shard)
{
    send_all(shard);
    if (shard_take_events(shard)) {
        send_all(shard); /* what events led to */
    }
    keep_submit(shard);
}

/* ---- In ---- */

/* Which shard's engine it is for. Over a session nothing is about anybody else than its peer. */
static uint8_t owner_of(const struct shard *shard, const struct ln_peer *peer,
                        struct ln_bytes datagram)
{
    int owner = ln_server_owner(datagram, shard->daemon->shard_count);

    if (owner < 0 && peer->proof != NULL) {
        owner = daemon_shard_of(shard->daemon, peer->proof->endpoint);
    }
    return owner < 0 ? shard->index : (uint8_t)owner;
}

void shard_take(struct shard *shard, const struct ln_peer *peer, struct ln_bytes datagram)
{
    uint8_t owner = shard->index;

    if (shard->daemon->shard_count > 1) {
        owner = owner_of(shard, peer, datagram);
    }
    if (owner == shard->index) {
        ln_server_recv(shard->server, shard->now, peer, datagram);
    } else {
        inbox_put(&shard->daemon->shards[owner]->inbox, INBOX_COAP, peer, datagram);
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
            struct ln_peer peer = {.remote = packet->remote, .local = packet->local};
            shard_take(shard, &peer, ln_bytes(packet->bytes, packet->len));
        }
    }
    shard_settle(shard);
}

static void run_calls(struct shard *shard)
{
    struct call *next;

    for (struct call *call = inbox_take_calls(&shard->inbox); call != NULL; call = next) {
        next = call->next; /* once it has run, the call is gone */
        call->run(shard, call);
    }
}

static void take_handed(struct shard *shard, const struct inbox_datagram *handed)
{
    struct ln_bytes bytes = ln_bytes(handed->bytes, handed->len);

    switch (handed->kind) {
    case INBOX_COAP:
        ln_server_recv(shard->server, shard->now, &handed->peer, bytes);
        break;
    case INBOX_RECORD:
        secure_take(&shard->secure, &handed->peer, bytes);
        break;
    case INBOX_ANSWER:
        secure_write(&shard->secure, handed->peer.session, bytes);
        break;
    case INBOX_MOVED:
        ln_server_peer_moved(shard->server, shard->now, &handed->peer);
        break;
    case INBOX_LOST:
        ln_server_peer_lost(shard->server, shard->now, &handed->peer);
        break;
    }
}

static void take_inbox(struct shard *shard)
{
    struct inbox_datagram *datagrams;

    run_calls(shard);
    size_t count = inbox_datagrams(&shard->inbox, &datagrams);
    for (size_t i = 0; i < count; i++) {
        take_handed(shard, &datagrams[i]);
    }
    inbox_done(&shard->inbox, count);
    shard_settle(shard);
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
    shard_settle(shard);
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

    while (!atomic_load(&shard->stop)) {
        ln_time deadline =
            ln_time_min(ln_server_deadline(shard->server), ln_wheel_deadline(&shard->waits));
        deadline = ln_time_min(deadline, secure_deadline(&shard->secure));
        ln_loop_wait(shard->loop, deadline);
        shard->now = ln_clock_now();
        operation_turn(shard);
        shard_settle(shard);
    }
    end(shard);
    return NULL;
}

bool shard_start(struct shard *shard)
{
    /* What was brought back may have ended by that: whoever asks is to find it so. */
    shard->now = ln_clock_now();
    shard_settle(shard);
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
        .allocator = heap_allocator,
        .coap = &coap,
        .shard = shard->index,
        .shards = (uint8_t)config->shards,
        .max_registrations = part(config->max_devices, config->shards),
        .max_per_address = part(config->max_per_address, config->shards),
        .max_operations = part(OPERATIONS_MAX, config->shards),
        .max_operations_per_device = OPERATIONS_PER_DEVICE,
        .awake = (uint32_t)(config->awake * 1000),
        .journal = shard->daemon->store != NULL,
        .admit = secure_admit,
        .admit_context = shard,
        .files = firmware_files(shard->daemon->firmware),
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

static ln_err open_listeners(struct shard *shard, struct shard_listeners *listeners)
{
    ln_err err = LN_OK;

    if (listeners->coap != NULL) {
        listeners->failed = "--coap";
        err = listen_at(shard, listeners->coap);
    }
    if (err == LN_OK && listeners->coaps != NULL) {
        listeners->failed = "--coaps";
        err = secure_open_shard(shard, listeners->coaps, listeners->certificates);
    }
    return err;
}

ln_err shard_new(struct daemon *daemon, uint8_t index, struct shard_listeners *listeners,
                 struct shard **out)
{
    struct shard *shard = calloc(1, sizeof(*shard));
    ln_err err = LN_ERR_NO_MEMORY;

    listeners->failed = "--shards";
    if (shard == NULL) {
        return err;
    }
    shard->daemon = daemon;
    shard->index = index;
    shard->coap.fd = -1;
    shard->secure.udp.fd = -1;
    ln_wheel_init(&shard->waits, ln_clock_now());
    shard->operations = calloc(1, sizeof(*shard->operations));
    if (shard->operations == NULL) {
        goto fail;
    }
    operation_list_init(shard->operations);
    shard->loop = ln_loop_new();
    shard->in = batch_new();
    shard->out = batch_new();
    shard->server = engine_new(shard);
    if (shard->loop == NULL || shard->in == NULL || shard->out == NULL ||
        shard->server == NULL || !inbox_init(&shard->inbox, shard->loop)) {
        goto fail;
    }
    ln_loop_on_wake(shard->loop, on_inbox, shard);
    err = open_listeners(shard, listeners);
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
    secure_close(&shard->secure);
    inbox_fini(&shard->inbox);
    ln_server_free(shard->server);
    ln_loop_free(shard->loop);
    keep_fini(&shard->keep);
    if (shard->operations != NULL) {
        operation_list_fini(shard->operations);
    }
    free(shard->operations);
    free(shard->in);
    free(shard->out);
    free(shard);
}
