/* Image "registration": registers and keeps registered, and serves nothing. */

#include "device.h"
#include "port.h"

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &device_securities},
    {&ln_server_object, &device_accounts},
    {&ln_basic_device_object, &device},
    {&switch_object, &device_switches},
};
static struct ln_client_server servers[1];
static uint8_t memory[LN_CLIENT_MEMORY(1, DEVICE_DATAGRAM, DEVICE_SCRATCH)];
const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = objects,
    .object_count = LN_COUNT(objects),
    .version = LN_VERSION_1_0,
    .random = {port_random, NULL},
    .servers = servers,
    .server_count = LN_COUNT(servers),
    .memory = memory,
    .memory_size = sizeof(memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
};
