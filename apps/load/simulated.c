/* The objects of simulated devices. What a server seldom writes they share. */

#include "simulated.h"

#include <stdio.h>

static const struct ln_format *const formats[] = {&ln_format_text, &ln_format_opaque,
                                                  &ln_format_tlv, NULL};

/* The app's link goes to the server of the command line, whatever the URI says. */
static struct ln_security security = {
    .uri = "coap://127.0.0.1",
    .mode = LN_SECURITY_NONE,
    .short_id = 1,
};
static uint16_t first_id = 0;
static struct ln_instances securities = {
    .items = &security, .ids = &first_id, .item_size = sizeof(security), .capacity = 1, .count = 1};

static struct ln_device values = {
    .manufacturer = "Linnet",
    .model = "linnet-load",
    .serial = "0",
    .firmware = LN_VERSION,
    .binding = "U",
    .battery_percent = 100,
    .memory_free = 64,
    .memory_total = 256,
};

bool simulated_init(struct simulated *device, const struct options *options, uint32_t number,
                    const struct ln_random *random)
{
    *device = (struct simulated){
        .doing = NOTHING,
        .account = {.short_id = 1, .lifetime = options->lifetime, .binding = "U"},
    };
    snprintf(device->endpoint, sizeof(device->endpoint), "%s%07u", options->prefix, number);
    device->account_store = (struct ln_instances){
        .items = &device->account,
        .ids = &first_id,
        .item_size = sizeof(device->account),
        .capacity = 1,
        .count = 1,
    };
    device->objects[0] = (struct ln_object_entry){&ln_security_object, &securities};
    device->objects[1] = (struct ln_object_entry){&ln_server_object, &device->account_store};
    device->objects[2] = (struct ln_object_entry){&ln_device_object, &values};
    device->config = (struct ln_client_config){
        .endpoint = device->endpoint,
        .objects = device->objects,
        .object_count = LN_COUNT(device->objects),
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = options->version,
        .random = *random,
        .coap = &options->coap,
        .servers = &device->server,
        .server_count = 1,
        .memory = device->memory,
        .memory_size = sizeof(device->memory),
        .datagram_size = DATAGRAM_SIZE,
        .scratch_size = SCRATCH_SIZE,
    };
    return ln_client_init(&device->client, sizeof(device->client), &device->config) == LN_OK;
}

bool simulated_is_registered(const struct simulated *device)
{
    return device->server.state == LN_REGISTRATION_REGISTERED;
}
