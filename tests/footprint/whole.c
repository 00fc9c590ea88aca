/* Image "whole": all that the client can do, but for observing. */

#include "device.h"
#include "port.h"

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &device_securities},
    {&ln_server_object, &device_accounts},
    {&ln_device_object, &device},
    {&switch_object, &device_switches},
};
static struct ln_client_server servers[1];
static uint8_t memory[LN_CLIENT_MEMORY(1, DEVICE_DATAGRAM, DEVICE_SCRATCH)];
static const struct ln_format *const formats[] = {
    &ln_format_tlv,        &ln_format_text,       &ln_format_opaque, &ln_format_cbor,
    &ln_format_senml_json, &ln_format_senml_cbor, &ln_format_json,   NULL,
};

static struct ln_client_transfer transfers[LN_COUNT(servers)];
static uint8_t bodies[LN_COUNT(servers) * DEVICE_DATAGRAM];
static const struct ln_client_blocks blocks = {
    .calls = &ln_client_blocks_calls,
    .transfers = transfers,
    .memory = bodies,
    .body_size = DEVICE_DATAGRAM,
};

const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = objects,
    .object_count = LN_COUNT(objects),
    .operations = ln_client_all_operations,
    .formats = formats,
    .blocks = &blocks,
    .version = LN_VERSION_1_1,
    .random = {port_random, NULL},
    .servers = servers,
    .server_count = LN_COUNT(servers),
    .memory = memory,
    .memory_size = sizeof(memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
};
