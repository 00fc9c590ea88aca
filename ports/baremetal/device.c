/* The device of the images: its objects, and the memory that the client works in. */

#include "device.h"

enum { SWITCHES = 2 };

/* begin switch */
struct switch_state {
    bool on;
    uint32_t turns;
};

static ln_err turn(void *instance, struct ln_bytes arguments)
{
    struct switch_state *state = instance;

    (void)arguments;
    state->on = !state->on;
    state->turns++;
    return LN_OK;
}

static const struct ln_resource switch_resources[] = {
    {5850, LN_BOOLEAN, LN_READ | LN_WRITE | LN_MANDATORY, LN_FIELD(struct switch_state, on)},
    {5851, LN_INTEGER, LN_READ, LN_FIELD(struct switch_state, turns)},
    {5852, LN_NONE, LN_EXECUTE, LN_EXECUTE_BY(turn)},
};

static const struct ln_object switch_object = {
    .id = 26241,
    .version_major = 1,
    .resource_count = LN_COUNT(switch_resources),
    .resources = switch_resources,
    .calls = &ln_instances_calls,
};
/* end switch */

/* begin objects */
static struct ln_security security;
static struct ln_server_account account;
static struct ln_device device;
static struct switch_state switches[SWITCHES];

static uint16_t only_id[1] = {0};
static uint16_t switch_ids[SWITCHES];
static struct ln_instances securities = {&security, only_id, sizeof(security), 1, 1};
static struct ln_instances accounts = {&account, only_id, sizeof(account), 1, 1};
static struct ln_instances switch_store = {switches, switch_ids, sizeof(switches[0]), SWITCHES,
                                           0};

const struct ln_object_entry device_objects[DEVICE_OBJECTS] = {
    {&ln_security_object, &securities},
    {&ln_server_object, &accounts},
    {&ln_device_object, &device},
    {&switch_object, &switch_store},
};
/* end objects */

/* begin values */
/* Set here and not where they are defined: initial values lie in flash whole, unused bytes too. */
void device_init(void)
{
    (void)ln_bytes_to_text(ln_bytes_of_text("coap://192.0.2.1"), security.uri,
                           sizeof(security.uri));
    security.mode = LN_SECURITY_NONE;
    security.short_id = 1;
    account.short_id = 1;
    account.lifetime = 300;
    account.binding[0] = 'U';
    device.manufacturer = "Linnet";
    device.model = "board";
    device.serial = "1";
    device.binding = "U";
}
/* end values */

struct ln_client_server device_servers[1];
uint8_t device_memory[LN_CLIENT_MEMORY(1, DEVICE_DATAGRAM, DEVICE_SCRATCH)];
