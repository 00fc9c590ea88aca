/* Image "observing": the client of minimal.c, which servers may observe. */

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

/* begin observing */
enum { OBSERVATIONS = 4, ATTRIBUTES = 4 };

static struct ln_client_observation observations[OBSERVATIONS];
static struct ln_client_attribute_set attributes[ATTRIBUTES];
static struct ln_client_notifier notifiers[LN_COUNT(servers)];
static struct ln_client_reporting_state state;

static const struct ln_client_reporting reporting = {
    .calls = &ln_client_reporting_calls,
    .state = &state,
    .notifiers = notifiers,
    .observations = observations,
    .observation_count = OBSERVATIONS,
    .attributes = attributes,
    .attribute_count = ATTRIBUTES,
};
/* end observing */

static const struct ln_client_operation *const operations[] = {
    &ln_client_read,    &ln_client_discover, &ln_client_write,  &ln_client_write_attributes,
    &ln_client_execute, &ln_client_create,   &ln_client_delete, NULL,
};
static const struct ln_format *const formats[] = {&ln_format_tlv, NULL};

const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = objects,
    .object_count = LN_COUNT(objects),
    .operations = operations,
    .formats = formats,
    .version = LN_VERSION_1_0,
    .random = {port_random, NULL},
    .servers = servers,
    .server_count = LN_COUNT(servers),
    .memory = memory,
    .memory_size = sizeof(memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
    .reporting = &reporting,
};
