/* The device of the images: its objects and their values. */

#include "device.h"

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

const struct ln_object switch_object = {
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
static struct switch_state switches[2];
struct ln_device device;

static uint16_t only_id[1] = {0};
static uint16_t switch_ids[LN_COUNT(switches)];
struct ln_instances device_securities = {&security, only_id, sizeof(security), 1, 1};
struct ln_instances device_accounts = {&account, only_id, sizeof(account), 1, 1};
struct ln_instances device_switches = {switches, switch_ids, sizeof(switches[0]),
                                       LN_COUNT(switches), 0};

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
/* end objects */
