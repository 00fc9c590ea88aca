/* Image "whole": all that the client can do so far. */

#include "device.h"
#include "port.h"

static const struct ln_format *const formats[] = {
    &ln_format_tlv,        &ln_format_text,       &ln_format_opaque, &ln_format_cbor,
    &ln_format_senml_json, &ln_format_senml_cbor, &ln_format_json,   NULL,
};

static struct ln_client_transfer transfers[LN_COUNT(device_servers)];
static uint8_t bodies[LN_COUNT(device_servers) * DEVICE_DATAGRAM];
static const struct ln_client_blocks blocks = {
    .calls = &ln_client_blocks_calls,
    .transfers = transfers,
    .memory = bodies,
    .body_size = DEVICE_DATAGRAM,
};

const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = device_objects,
    .object_count = DEVICE_OBJECTS,
    .operations = ln_client_all_operations,
    .formats = formats,
    .blocks = &blocks,
    .version = LN_VERSION_1_1,
    .random = {port_random, NULL},
    .servers = device_servers,
    .server_count = LN_COUNT(device_servers),
    .memory = device_memory,
    .memory_size = sizeof(device_memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
};
