/* What a thread does: phase by phase, it begins procedures at the pace that was asked for. */

#include "worker.h"

#include "bootstrapped.h"
#include "links.h"
#include "sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { SILENCE_US = 10 * 1000 * 1000 };

static uint64_t clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The engines' clock runs on ln_clock_now(); latencies are taken finer. */
void worker_look_at_clock(struct worker *worker)
{
    worker->now = clock_us() - worker->start;
}

/* ---- One device ---- */

static void finish(struct worker *worker, struct simulated *device, uint64_t *count)
{
    struct tally *tally = &worker->tallies.of[device->doing];

    if (count == &tally->done) {
        histogram_add(&tally->latency, (uint32_t)worker->now - device->began);
    }
    (*count)++;
    worker->in_flight--;
    device->doing = NOTHING;
}

/* The engine tells the same of a De-register that no one answered. */
static bool took_too_long(const struct worker *worker, const struct simulated *device)
{
    const struct ln_coap_parameters *coap = &worker->options->coap;
    uint64_t all_copies = ((uint64_t)2 << coap->max_retransmit) - 1;

    return (uint32_t)worker->now - device->began >= all_copies * coap->ack_timeout * 1000;
}

/* After a bootstrap another server's link is wanted too: that is not what is measured. */
static void open_link(struct worker *worker, struct simulated *device, ln_link link)
{
    if (!simulated_wants(device, link)) {
        return;
    }
    if (session_is_open(worker, device)) {
        simulated_link_up(device, ln_clock_now());
    } else {
        session_connect(worker, device);
    }
}

static void act(struct worker *worker, struct simulated *device,
                const struct ln_client_event *event)
{
    struct tally *tally = &worker->tallies.of[device->doing % PROCEDURES];
    bool busy = device->doing != NOTHING;

    switch (event->kind) {
    case LN_CLIENT_OPEN:
        open_link(worker, device, event->link);
        break;
    case LN_CLIENT_BOOTSTRAPPED:
        if (device->doing == BOOTSTRAP) {
            finish(worker, device,
                   bootstrapped_is_whole(device) ? &tally->done : &tally->refused);
        }
        break;
    case LN_CLIENT_BOOTSTRAP_FAILED:
        if (device->doing == BOOTSTRAP) {
            finish(worker, device, event->code != 0 ? &tally->refused : &tally->lost);
        }
        break;
    case LN_CLIENT_REGISTERED: /* during an Update: the server had forgotten it */
        if (busy) {
            finish(worker, device, device->doing == REGISTER ? &tally->done : &tally->refused);
        }
        break;
    case LN_CLIENT_UPDATED:
        worker->tallies.unasked += device->doing != UPDATE;
        if (device->doing == UPDATE) {
            finish(worker, device, &tally->done);
        }
        break;
    case LN_CLIENT_DEREGISTERED:
        if (device->doing == DEREGISTER) {
            finish(worker, device, took_too_long(worker, device) ? &tally->lost : &tally->done);
        }
        break;
    case LN_CLIENT_REFUSED:
    case LN_CLIENT_LOST:
        if (busy) {
            finish(worker, device,
                   event->kind == LN_CLIENT_LOST ? &tally->lost : &tally->refused);
        }
        break;
    default:
        break; /* what was written is stored already */
    }
}

static void act_on_session(struct worker *worker, struct simulated *device,
                           const struct ln_dtls_event *event)
{
    struct tally *tally = &worker->tallies.of[HANDSHAKE];
    bool busy = device->doing == HANDSHAKE;

    if (event->kind == LN_DTLS_OPENED) {
        simulated_link_up_anew(device, ln_clock_now());
        if (busy) {
            finish(worker, device, &tally->done);
        }
    } else if (event->kind == LN_DTLS_CLOSED) {
        simulated_link_failed(device, ln_clock_now());
        if (busy) {
            bool lost = event->reason == LN_DTLS_TIMED_OUT;
            finish(worker, device, lost ? &tally->lost : &tally->refused);
        }
    }
}

void worker_turn(struct worker *worker, struct simulated *device)
{
    struct ln_client_event event;
    struct ln_dtls_event of_session;
    ln_time now = ln_clock_now();
    ln_time due;

    do {
        while (session_event(worker, device, &of_session)) {
            act_on_session(worker, device, &of_session);
        }
        links_send(worker, device, now);
        while (simulated_event(device, &event)) {
            act(worker, device, &event);
        }
        due = ln_time_min(simulated_deadline(device), session_deadline(worker, device));
    } while (due <= now); /* an event may make something due */
    ln_wheel_set(&worker->wheel, &device->timer, due);
}

void worker_receive(struct worker *worker, struct simulated *device, struct ln_bytes datagram)
{
    worker->last_heard = worker->now;
    worker->tallies.requests += datagram.len > 1 && ln_coap_is_request(datagram.at[1]);
    simulated_receive(device, ln_clock_now(), datagram);
    worker_turn(worker, device);
}

static void begin(struct worker *worker, struct simulated *device, enum procedure procedure)
{
    ln_time now = ln_clock_now();

    device->doing = (uint8_t)procedure;
    device->began = (uint32_t)worker->now;
    worker->tallies.of[procedure].begun++;
    worker->in_flight++;
    switch (procedure) {
    case HANDSHAKE:
        session_connect(worker, device);
        break;
    case BOOTSTRAP:
    case REGISTER:
        simulated_start(device, now);
        break;
    case UPDATE:
        ln_client_update(&device->client, now);
        break;
    default:
        ln_client_stop(&device->client, now);
        break;
    }
    worker_turn(worker, device);
}

/* ---- A phase: one kind of procedure, at a pace, up to a number or a time ---- */

struct phase {
    enum procedure procedure; /* NOTHING: only wait */
    uint64_t begun;
    uint64_t most; /* to begin */
    uint64_t start;
    uint64_t end;
};

static bool may_begin(const struct worker *worker, const struct phase *phase,
                      const struct simulated *device)
{
    if (device->doing != NOTHING || phase->procedure == HANDSHAKE) {
        return device->doing == NOTHING;
    }
    if (phase->procedure == REGISTER || phase->procedure == BOOTSTRAP) {
        return session_is_open(worker, device);
    }
    return phase->procedure == UPDATE ? simulated_is_at_rest(device)
                                      : simulated_is_registered(device);
}

/* The next device that can; NULL if none can now. */
static struct simulated *choose(struct worker *worker, struct phase *phase)
{
    for (uint32_t tries = 0; tries < worker->count; tries++) {
        struct simulated *device = &worker->devices[worker->next];
        worker->next = worker->next + 1 < worker->count ? worker->next + 1 : 0;
        if (may_begin(worker, phase, device)) {
            return device;
        }
        /* Each device has one turn at registering and at leaving. */
        if (phase->procedure != UPDATE && ++phase->begun >= phase->most) {
            return NULL;
        }
    }
    return NULL;
}

static uint64_t due(const struct worker *worker, const struct phase *phase)
{
    double passed = (double)(worker->now - phase->start) / 1e6;
    uint64_t by_pace = (uint64_t)(passed * worker->rate) + 1;

    if (worker->rate <= 0) {
        return worker->in_flight < worker->window ? worker->window - worker->in_flight : 0;
    }
    return by_pace > phase->begun ? by_pace - phase->begun : 0;
}

static bool begins(const struct worker *worker, const struct phase *phase)
{
    return phase->procedure != NOTHING && phase->begun < phase->most &&
           worker->now < phase->end && !worker->silent;
}

static void begin_some(struct worker *worker, struct phase *phase)
{
    for (uint64_t left = due(worker, phase); left > 0 && begins(worker, phase); left--) {
        struct simulated *device = choose(worker, phase);
        if (device == NULL) {
            return;
        }
        phase->begun++;
        begin(worker, device, phase->procedure);
    }
}

/* In the engines' clock: when to look again if nothing arrives. */
static ln_time deadline(const struct worker *worker, const struct phase *phase)
{
    ln_time now = ln_clock_now();
    uint64_t wait = SILENCE_US;

    if (phase->end > worker->now && phase->end - worker->now < wait) {
        wait = phase->end - worker->now;
    }
    if (begins(worker, phase) && worker->rate > 0) {
        double next = (double)phase->begun / worker->rate * 1e6 + (double)phase->start;
        double left = next - (double)worker->now;
        wait = left < 0 ? 0 : left < (double)wait ? (uint64_t)left : wait;
    }
    return ln_time_min(now + (ln_time)(wait / 1000) + 1, ln_wheel_deadline(&worker->wheel));
}

static void turn_timers(struct worker *worker)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&worker->wheel, ln_clock_now())) != NULL) {
        worker_turn(worker, (struct simulated *)(void *)timer);
    }
}

static bool is_over(struct worker *worker, const struct phase *phase)
{
    bool waits = phase->procedure == NOTHING && worker->now < phase->end;

    if (worker->in_flight == 0) {
        worker->last_heard = worker->now;
    }
    worker->silent = worker->silent || worker->now - worker->last_heard > SILENCE_US;
    if (atomic_load(&worker->stop) && phase->procedure != DEREGISTER) {
        return true;
    }
    return worker->silent || (!waits && !begins(worker, phase) && worker->in_flight == 0);
}

static void run_phase(struct worker *worker, enum procedure procedure, uint64_t most,
                      double seconds)
{
    struct phase phase = {.procedure = procedure, .most = most, .start = worker->now};

    phase.end = seconds < 0 ? UINT64_MAX : worker->now + (uint64_t)(seconds * 1e6);
    worker->next = 0;
    while (!is_over(worker, &phase)) {
        begin_some(worker, &phase);
        links_flush(worker);
        if (is_over(worker, &phase)) { /* none could begin: nothing will come */
            break;
        }
        ln_loop_wait(worker->loop, deadline(worker, &phase));
        worker_look_at_clock(worker);
        turn_timers(worker);
        links_flush(worker);
    }
    if (procedure != NOTHING) {
        worker->tallies.of[procedure].seconds = (double)(worker->now - phase.start) / 1e6;
    }
}

void *worker_run(void *context)
{
    struct worker *worker = context;
    const struct options *options = worker->options;

    worker->start = clock_us();
    if (options->secure) {
        run_phase(worker, HANDSHAKE, worker->count, -1);
    }
    run_phase(worker, options->mode == MODE_BOOTSTRAP ? BOOTSTRAP : REGISTER, worker->count,
              -1);
    if ((options->mode == MODE_UPDATE || options->mode == MODE_HOLD) && !worker->silent) {
        run_phase(worker, options->mode == MODE_UPDATE ? UPDATE : NOTHING, UINT64_MAX,
                  options->seconds);
    }
    if (!options->keep && !worker->silent) {
        run_phase(worker, DEREGISTER, worker->count, -1);
    }
    for (uint32_t i = 0; i < worker->count; i++) {
        worker->tallies.resent += worker->devices[i].client.stats.retransmitted;
    }
    return NULL;
}

void worker_stop(struct worker *worker)
{
    atomic_store(&worker->stop, true);
    ln_loop_wake(worker->loop);
}

/* ---- Making one ---- */

bool worker_init(struct worker *worker, const struct options *options, uint32_t index)
{
    uint32_t threads = options->threads;

    worker->options = options;
    worker->first = (uint32_t)((uint64_t)options->devices * index / threads);
    worker->count =
        (uint32_t)((uint64_t)options->devices * (index + 1) / threads) - worker->first;
    worker->window = options->window / threads > 0 ? options->window / threads : 1;
    worker->rate = options->rate / threads;
    shared_init(&worker->shared);
    ln_wheel_init(&worker->wheel, ln_clock_now());
    worker->failed = "the event loop";
    worker->loop = ln_loop_new();
    if (worker->loop == NULL) {
        return false;
    }
    worker->failed = "memory for the devices";
    worker->devices = calloc(worker->count, sizeof(*worker->devices));
    if (worker->devices == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < worker->count; i++) {
        if (!simulated_init(&worker->devices[i], options, worker->first + i, &worker->shared)) {
            worker->failed = "the client";
            errno = EINVAL;
            return false;
        }
    }
    worker->failed = "the sessions";
    if (!sessions_open(worker)) {
        return false;
    }
    worker->failed = "sockets";
    if (!links_open(worker)) {
        return false;
    }
    worker->failed = NULL;
    return true;
}

void worker_close(struct worker *worker)
{
    links_close(worker);
    sessions_close(worker);
    for (uint32_t i = 0; worker->devices != NULL && i < worker->count; i++) {
        simulated_fini(&worker->devices[i]);
    }
    ln_loop_free(worker->loop);
    worker->loop = NULL;
    free(worker->devices);
    worker->devices = NULL;
}
