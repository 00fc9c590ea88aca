/* Image "registration": registers and keeps registered, and serves nothing. */

#include "device.h"
#include "port.h"

const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = device_objects,
    .object_count = DEVICE_OBJECTS,
    .version = LN_VERSION_1_0,
    .random = {port_random, NULL},
    .servers = device_servers,
    .server_count = LN_COUNT(device_servers),
    .memory = device_memory,
    .memory_size = sizeof(device_memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
};
