/* The objects of simulated devices. What a server seldom writes they share. */

#include "simulated.h"

#include "bootstrapped.h"

#include <stdio.h>
#include <stdlib.h>

static const struct ln_format *const formats[] = {&ln_format_text, &ln_format_opaque,
                                                  &ln_format_tlv, NULL};

/* xorshift64*: a system call for each token would cost more than the message. */
static void roll(void *context, void *out, size_t size)
{
    uint64_t *dice = context;

    for (uint8_t *at = out; size > 0; at++, size--) {
        *dice ^= *dice >> 12;
        *dice ^= *dice << 25;
        *dice ^= *dice >> 27;
        *at = (uint8_t)(*dice * 0x2545F4914F6CDD1D >> 56);
    }
}

void shared_init(struct shared *shared)
{
    uint64_t seed = (uint64_t)ln_random_u32(&ln_random_system) << 32;

    *shared = (struct shared){
        .random = {roll, &shared->dice},
        /* The link goes to the server of the command line, whatever the URI says. */
        .security = {.uri = "coap://127.0.0.1", .mode = LN_SECURITY_NONE, .short_id = 1},
        .device =
            {
                .manufacturer = "Linnet",
                .model = "linnet-load",
                .serial = "0",
                .firmware = LN_VERSION,
                .binding = "U",
                .battery_percent = 100,
                .memory_free = 64,
                .memory_total = 256,
            },
        .dice = seed | 1,
    };
    shared->securities = (struct ln_instances){
        .items = &shared->security,
        .ids = &shared->first_id,
        .item_size = sizeof(shared->security),
        .capacity = 1,
        .count = 1,
    };
}

void simulated_name(const struct options *options, uint32_t number, char out[ENDPOINT_MAX])
{
    snprintf(out, ENDPOINT_MAX, "%s%07u", options->prefix, number);
}

bool simulated_init(struct simulated *device, const struct options *options, uint32_t number,
                    struct shared *shared)
{
    *device = (struct simulated){
        .doing = NOTHING,
        .bootstrapped =
            options->mode == MODE_BOOTSTRAP ? calloc(1, sizeof(*device->bootstrapped)) : NULL,
        .account = {.short_id = 1, .lifetime = options->lifetime, .binding = "U"},
    };
    simulated_name(options, number, device->endpoint);
    device->account_store = (struct ln_instances){
        .items = &device->account,
        .ids = &shared->first_id,
        .item_size = sizeof(device->account),
        .capacity = 1,
        .count = 1,
    };
    device->objects[0] = (struct ln_object_entry){&ln_security_object, &shared->securities};
    device->objects[1] = (struct ln_object_entry){&ln_server_object, &device->account_store};
    device->objects[2] = (struct ln_object_entry){&ln_device_object, &shared->device};
    if (device->bootstrapped != NULL) {
        bootstrapped_place(device);
    }
    device->config = (struct ln_client_config){
        .endpoint = device->endpoint,
        .objects = device->objects,
        .object_count = LN_COUNT(device->objects),
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = options->version,
        .random = shared->random,
        .coap = &options->coap,
        .servers = &device->server,
        .server_count = 1,
        .memory = device->memory,
        .memory_size = sizeof(device->memory),
        .datagram_size = DATAGRAM_SIZE,
        .scratch_size = SCRATCH_SIZE,
    };
    if ((device->bootstrapped == NULL) == (options->mode == MODE_BOOTSTRAP)) {
        return false; /* no memory */
    }
    return ln_client_init(&device->client, sizeof(device->client), &device->config) == LN_OK &&
           (device->bootstrapped == NULL || bootstrapped_init(device));
}

void simulated_fini(struct simulated *device)
{
    free(device->bootstrapped);
    device->bootstrapped = NULL;
}

/* ---- The client, or the machine around it ---- */

void simulated_start(struct simulated *device, ln_time now)
{
    if (device->bootstrapped != NULL) {
        ln_client_bootstrap_start(&device->bootstrapped->machine, now);
    } else {
        ln_client_start(&device->client, now);
    }
}

size_t simulated_send(struct simulated *device, ln_time now, void *out, size_t size)
{
    ln_link link;

    return device->bootstrapped != NULL
               ? ln_client_bootstrap_send(&device->bootstrapped->machine, now, out, size, &link)
               : ln_client_send(&device->client, now, out, size, &link);
}

void simulated_receive(struct simulated *device, ln_time now, struct ln_bytes datagram)
{
    if (device->bootstrapped != NULL) {
        ln_client_bootstrap_recv(&device->bootstrapped->machine, now, LN_LINK_BOOTSTRAP,
                                 datagram);
    } else {
        ln_client_recv(&device->client, now, 0, datagram);
    }
}

bool simulated_event(struct simulated *device, struct ln_client_event *event)
{
    return device->bootstrapped != NULL
               ? ln_client_bootstrap_event(&device->bootstrapped->machine, event)
               : ln_client_event(&device->client, event);
}

ln_time simulated_deadline(const struct simulated *device)
{
    return device->bootstrapped != NULL
               ? ln_client_bootstrap_deadline(&device->bootstrapped->machine)
               : ln_client_deadline(&device->client);
}

bool simulated_wants(const struct simulated *device, ln_link link)
{
    return link == (device->bootstrapped != NULL ? LN_LINK_BOOTSTRAP : 0);
}

void simulated_link_up(struct simulated *device, ln_time now)
{
    if (device->bootstrapped != NULL) {
        ln_client_bootstrap_link_up(&device->bootstrapped->machine, now, LN_LINK_BOOTSTRAP);
    } else {
        ln_client_link_up(&device->client, now, 0);
    }
}

void simulated_link_up_anew(struct simulated *device, ln_time now)
{
    if (device->bootstrapped != NULL) {
        ln_client_bootstrap_link_up_anew(&device->bootstrapped->machine, now,
                                         LN_LINK_BOOTSTRAP);
    } else {
        ln_client_link_up_anew(&device->client, now, 0);
    }
}

void simulated_link_failed(struct simulated *device, ln_time now)
{
    if (device->bootstrapped != NULL) {
        ln_client_bootstrap_link_down(&device->bootstrapped->machine, now, LN_LINK_BOOTSTRAP,
                                      LN_LINK_FAILED, 0);
    } else {
        ln_client_link_down(&device->client, now, 0, LN_LINK_FAILED, 0);
    }
}

bool simulated_is_at_rest(const struct simulated *device)
{
    return device->server.state == LN_REGISTRATION_REGISTERED;
}

bool simulated_is_registered(const struct simulated *device)
{
    return simulated_is_at_rest(device) || device->server.state == LN_REGISTRATION_UPDATING;
}
