/* The thread of bootstrapping: datagrams in, engine, datagrams out. */

#include "linnetd/bootstrap.h"

#include "linnetd/batch.h"
#include "linnetd/daemon.h"
#include "linnetd/heap.h"
#include "linnetd/operation.h"

#include <stdlib.h>
#include <string.h>

/* ---- Out ---- */

static void flush(struct bootstrap *bootstrap)
{
    if (bootstrap->out->count > 0) {
        (void)ln_udp_send(&bootstrap->udp, bootstrap->out->packets, bootstrap->out->count);
        bootstrap->out->count = 0;
    }
    secure_flush(&bootstrap->secure);
}

/* The datagram in the next place of the batch leaves. */
static void put_out(struct bootstrap *bootstrap, const struct ln_peer *to, size_t length)
{
    struct ln_packet *packet = &bootstrap->out->packets[bootstrap->out->count];

    if (to->session != 0) {
        secure_write(&bootstrap->secure, to->session, ln_bytes(packet->bytes, length));
        return;
    }
    packet->len = length;
    packet->remote = to->remote;
    packet->local = to->local;
    if (++bootstrap->out->count == LN_UDP_BATCH) {
        flush(bootstrap);
    }
}

static void send_all(struct bootstrap *bootstrap)
{
    struct ln_peer to;

    for (;;) {
        struct ln_packet *packet = &bootstrap->out->packets[bootstrap->out->count];
        size_t length = ln_bootstrap_send(bootstrap->engine, bootstrap->now, packet->bytes,
                                          packet->size, &to);
        if (length == 0) {
            break;
        }
        put_out(bootstrap, &to, length);
    }
    flush(bootstrap);
}

static void publish_tally(struct bootstrap *bootstrap)
{
    pthread_mutex_lock(&bootstrap->lock);
    bootstrap->tally.engine = *ln_bootstrap_counters(bootstrap->engine);
    bootstrap->tally.own = bootstrap->counters;
    bootstrap->tally.running = ln_bootstrap_session_count(bootstrap->engine);
    bootstrap->tally.cut = bootstrap->cut;
    secure_tally(&bootstrap->secure, &bootstrap->tally.secure);
    pthread_mutex_unlock(&bootstrap->lock);
}

/* Who has an answer finds it counted. */
void bootstrap_settle(struct bootstrap *bootstrap)
{
    do {
        publish_tally(bootstrap);
        send_all(bootstrap);
    } while (bootstrap_take_events(bootstrap));
    publish_tally(bootstrap);
}

struct bootstrap_tally bootstrap_tally(struct bootstrap *bootstrap)
{
    struct bootstrap_tally tally = {.running = 0};

    if (bootstrap != NULL) {
        pthread_mutex_lock(&bootstrap->lock);
        tally = bootstrap->tally;
        pthread_mutex_unlock(&bootstrap->lock);
    }
    return tally;
}

/* ---- In ---- */

static void on_datagrams(void *context)
{
    struct bootstrap *bootstrap = context;
    size_t count = ln_udp_recv(&bootstrap->udp, bootstrap->in->packets, LN_UDP_BATCH);

    bootstrap->now = ln_clock_now();
    for (size_t i = 0; i < count; i++) {
        const struct ln_packet *packet = &bootstrap->in->packets[i];
        if (packet->len > packet->size) {
            bootstrap->cut++;
        } else {
            struct ln_peer peer = {.remote = packet->remote, .local = packet->local};
            ln_bootstrap_recv(bootstrap->engine, bootstrap->now, &peer,
                              ln_bytes(packet->bytes, packet->len));
        }
    }
    bootstrap_settle(bootstrap);
}

static void run_calls(struct bootstrap *bootstrap)
{
    struct call *next;

    for (struct call *call = inbox_take_calls(&bootstrap->inbox); call != NULL; call = next) {
        next = call->next; /* once it has run, the call is gone */
        call->run(NULL, call);
    }
}

static void on_inbox(void *context)
{
    struct bootstrap *bootstrap = context;

    bootstrap->now = ln_clock_now();
    run_calls(bootstrap);
    bootstrap_settle(bootstrap);
}

/* ---- Of DTLS ---- */

static void record(void *context, const struct ln_packet *packet)
{
    struct bootstrap *bootstrap = context;
    struct ln_peer peer = {.remote = packet->remote, .local = packet->local};

    secure_take(&bootstrap->secure, &peer, ln_bytes(packet->bytes, packet->len));
}

static void said(void *context, const struct ln_peer *from, struct ln_bytes plaintext)
{
    struct bootstrap *bootstrap = context;

    ln_bootstrap_recv(bootstrap->engine, bootstrap->now, from, plaintext);
}

static void moved(void *context, const struct ln_peer *peer)
{
    struct bootstrap *bootstrap = context;

    ln_bootstrap_peer_moved(bootstrap->engine, bootstrap->now, peer);
}

static void lost(void *context, const struct ln_peer *peer)
{
    struct bootstrap *bootstrap = context;

    ln_bootstrap_peer_lost(bootstrap->engine, bootstrap->now, peer);
}

static void settle(void *context)
{
    bootstrap_settle(context);
}

static ln_err open_secure(struct bootstrap *bootstrap, struct bootstrap_listeners *listeners)
{
    static const struct secure_owner owner = {record, said, moved, lost, settle};
    const struct secure_place place = {
        .daemon = bootstrap->daemon,
        .owner = &owner,
        .context = bootstrap,
        .now = &bootstrap->now,
        .loop = bootstrap->loop,
        .random = ln_random_of_pool(&bootstrap->random),
        .purpose = CREDENTIAL_BOOTSTRAP,
    };

    return secure_open(&bootstrap->secure, &place, listeners->secure, listeners->certificates);
}

/* ---- The thread ---- */

static void *run(void *context)
{
    struct bootstrap *bootstrap = context;

    while (!atomic_load(&bootstrap->stop)) {
        ln_loop_wait(bootstrap->loop, ln_time_min(ln_bootstrap_deadline(bootstrap->engine),
                                                  secure_deadline(&bootstrap->secure)));
        bootstrap->now = ln_clock_now();
        bootstrap_settle(bootstrap);
    }
    inbox_close(&bootstrap->inbox);
    run_calls(bootstrap);
    return NULL;
}

bool bootstrap_start(struct bootstrap *bootstrap)
{
    bootstrap->running = pthread_create(&bootstrap->thread, NULL, run, bootstrap) == 0;
    return bootstrap->running;
}

void bootstrap_stop(struct bootstrap *bootstrap)
{
    if (bootstrap != NULL && bootstrap->running) {
        atomic_store(&bootstrap->stop, true);
        ln_loop_wake(bootstrap->loop);
        pthread_join(bootstrap->thread, NULL);
        bootstrap->running = false;
    }
}

/* ---- Making it ---- */

static struct ln_bootstrap *engine_new(struct bootstrap *bootstrap)
{
    const struct config *config = &bootstrap->daemon->config;
    struct ln_coap_parameters coap = ln_coap_parameters_default;
    const struct ln_bootstrap_config engine = {
        .size = sizeof(engine),
        .random = ln_random_of_pool(&bootstrap->random),
        .allocator = heap_allocator,
        .coap = &coap,
        .formats = formats,
        .max_sessions = BOOTSTRAP_SESSIONS_MAX,
    };

    coap.ack_timeout = (uint32_t)(config->ack_timeout * 1000);
    coap.max_retransmit = (uint8_t)config->max_retransmit;
    return ln_bootstrap_new(&engine, ln_clock_now());
}

static ln_err open_plain(struct bootstrap *bootstrap, struct ln_address *address)
{
    ln_err err = ln_udp_open(&bootstrap->udp, address, 0);

    if (err == LN_OK) {
        *address = bootstrap->udp.bound;
        err = ln_loop_add(bootstrap->loop, bootstrap->udp.fd, on_datagrams, bootstrap);
    }
    return err;
}

static ln_err open_listeners(struct bootstrap *bootstrap, struct bootstrap_listeners *listeners)
{
    ln_err err = LN_OK;

    if (listeners->plain != NULL) {
        listeners->failed = "--bootstrap";
        err = open_plain(bootstrap, listeners->plain);
    }
    if (err == LN_OK && listeners->secure != NULL) {
        listeners->failed = "--bootstrap-coaps";
        err = open_secure(bootstrap, listeners);
    }
    return err;
}

ln_err bootstrap_new(struct daemon *daemon, struct bootstrap_listeners *listeners,
                     struct bootstrap **out)
{
    struct bootstrap *bootstrap = calloc(1, sizeof(*bootstrap));
    ln_err err = LN_ERR_NO_MEMORY;

    listeners->failed = "--bootstrap";
    if (bootstrap == NULL) {
        return err;
    }
    bootstrap->daemon = daemon;
    bootstrap->udp.fd = -1;
    bootstrap->secure.udp.fd = -1;
    pthread_mutex_init(&bootstrap->lock, NULL);
    bootstrap_serve_init(bootstrap);
    bootstrap->loop = ln_loop_new();
    bootstrap->in = batch_new();
    bootstrap->out = batch_new();
    bootstrap->engine = engine_new(bootstrap);
    if (bootstrap->loop == NULL || bootstrap->in == NULL || bootstrap->out == NULL ||
        bootstrap->engine == NULL || !inbox_init(&bootstrap->inbox, bootstrap->loop)) {
        goto fail;
    }
    ln_loop_on_wake(bootstrap->loop, on_inbox, bootstrap);
    err = open_listeners(bootstrap, listeners);
    if (err != LN_OK) {
        goto fail;
    }
    *out = bootstrap;
    return LN_OK;

fail:
    bootstrap_free(bootstrap);
    return err;
}

void bootstrap_free(struct bootstrap *bootstrap)
{
    if (bootstrap == NULL) {
        return;
    }
    ln_udp_close(&bootstrap->udp);
    secure_close(&bootstrap->secure);
    inbox_fini(&bootstrap->inbox);
    bootstrap_serve_fini(bootstrap);
    ln_bootstrap_free(bootstrap->engine);
    ln_loop_free(bootstrap->loop);
    pthread_mutex_destroy(&bootstrap->lock);
    free(bootstrap->in);
    free(bootstrap->out);
    free(bootstrap);
}
