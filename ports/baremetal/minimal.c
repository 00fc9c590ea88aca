/* Image "minimal": a client of LwM2M 1.0 with every operation, in the one format that it must have. */

#include "device.h"
#include "port.h"

static const struct ln_client_operation *const operations[] = {
    &ln_client_read,
    &ln_client_discover,
    &ln_client_write,
    &ln_client_execute,
    &ln_client_create,
    &ln_client_delete,
    NULL,
};
static const struct ln_format *const formats[] = {&ln_format_tlv, NULL};

const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = device_objects,
    .object_count = DEVICE_OBJECTS,
    .operations = operations,
    .formats = formats,
    .version = LN_VERSION_1_0,
    .random = {port_random, NULL},
    .servers = device_servers,
    .server_count = LN_COUNT(device_servers),
    .memory = device_memory,
    .memory_size = sizeof(device_memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
};
