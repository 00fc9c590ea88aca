/* Datagrams in and out in batches, and which device they are of. */

#include "links.h"

#include "sessions.h"

#include <errno.h>
#include <stdlib.h>

struct socket {
    struct ln_udp udp;
    struct worker *worker;
    uint32_t device; /* where it is of one alone */
};

struct batch {
    struct ln_packet packets[LN_UDP_BATCH];
    size_t count;
    struct socket *socket; /* that all of them leave by */
    uint8_t bytes[LN_UDP_BATCH][LN_UDP_PACKET_MAX];
};

/* ---- Addresses: the number of a device is added to the first one ---- */

static uint32_t number_of(const struct ln_address *address)
{
    return (uint32_t)address->ip[13] << 16 | (uint32_t)address->ip[14] << 8 | address->ip[15];
}

static struct ln_address address_of(const struct worker *worker, uint32_t device)
{
    struct ln_address address = worker->options->first;
    uint32_t number = number_of(&address) + worker->first + device;

    address.ip[13] = (uint8_t)(number >> 16);
    address.ip[14] = (uint8_t)(number >> 8);
    address.ip[15] = (uint8_t)number;
    return address;
}

/* Where it is none of this worker's, a number beyond all. */
static uint32_t device_at(const struct worker *worker, const struct ln_address *address)
{
    return number_of(address) - number_of(&worker->options->first) - worker->first;
}

/* ---- In ---- */

static void receive(void *context)
{
    struct socket *socket = context;
    struct worker *worker = socket->worker;
    bool own = worker->options->own_addresses;
    size_t count = ln_udp_recv(&socket->udp, worker->in->packets, LN_UDP_BATCH);

    worker_look_at_clock(worker);
    for (size_t i = 0; i < count; i++) {
        struct ln_packet *packet = &worker->in->packets[i];
        uint32_t device = own ? device_at(worker, &packet->local) : socket->device;
        worker->tallies.received++;
        if (packet->len <= packet->size && device < worker->count &&
            ln_address_equal(&packet->remote, &worker->options->server)) {
            session_receive(worker, &worker->devices[device],
                            ln_bytes(packet->bytes, packet->len));
        }
    }
}

/* ---- Out ---- */

void links_flush(struct worker *worker)
{
    struct batch *out = worker->out;

    if (out->count > 0) {
        worker->tallies.sent += ln_udp_send(&out->socket->udp, out->packets, out->count);
        out->count = 0;
    }
}

void links_send(struct worker *worker, struct simulated *device, ln_time now)
{
    struct batch *out = worker->out;
    uint32_t number = (uint32_t)(device - worker->devices);
    struct socket *socket = &worker->sockets[number % worker->socket_count];

    for (;;) {
        if (out->count == LN_UDP_BATCH || out->socket != socket) {
            links_flush(worker);
        }
        struct ln_packet *packet = &out->packets[out->count];
        packet->len = session_send(worker, device, now, packet->bytes, packet->size);
        if (packet->len == 0) {
            return;
        }
        out->socket = socket;
        packet->remote = worker->options->server;
        packet->local = worker->options->own_addresses ? address_of(worker, number)
                                                       : (struct ln_address){.port = 0};
        out->count++;
    }
}

/* ---- Opening ---- */

static struct batch *batch_new(void)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    for (size_t i = 0; batch != NULL && i < LN_UDP_BATCH; i++) {
        batch->packets[i].bytes = batch->bytes[i];
        batch->packets[i].size = LN_UDP_PACKET_MAX;
    }
    return batch;
}

static bool open_socket(struct worker *worker, uint32_t i)
{
    struct socket *socket = &worker->sockets[i];
    struct ln_address any = {.port = 0};

    if (worker->options->own_addresses) {
        any = ln_address_ipv4(0, 0, 0, 0, 0);
    }
    *socket = (struct socket){.worker = worker, .device = i};
    return ln_udp_open(&socket->udp, &any, 0) == LN_OK &&
           ln_loop_add(worker->loop, socket->udp.fd, receive, socket) == LN_OK;
}

bool links_open(struct worker *worker)
{
    size_t count = worker->options->own_addresses ? 1 : worker->count;

    worker->in = batch_new();
    worker->out = batch_new();
    worker->sockets = calloc(count, sizeof(*worker->sockets));
    if (worker->in == NULL || worker->out == NULL || worker->sockets == NULL) {
        errno = ENOMEM;
        return false;
    }
    worker->out->socket = worker->sockets;
    while (worker->socket_count < count) {
        if (!open_socket(worker, (uint32_t)worker->socket_count)) {
            return false;
        }
        worker->socket_count++;
    }
    return true;
}

void links_close(struct worker *worker)
{
    for (size_t i = 0; i < worker->socket_count; i++) {
        ln_udp_close(&worker->sockets[i].udp);
    }
    worker->socket_count = 0;
    free(worker->sockets);
    free(worker->in);
    free(worker->out);
    worker->sockets = NULL;
    worker->in = worker->out = NULL;
}
