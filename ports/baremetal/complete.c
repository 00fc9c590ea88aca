/* Image "complete": all of LwM2M 1.0 but objects 4, 6 and 7: several servers with access control,
 * every operation and format, observing, storing and queue mode, bodies in blocks, firmware. */

#include "complete.h"
#include "port.h"

#include <linnet/firmware.h>

enum { SERVERS = 2, CONTROLS = 8, OBSERVATIONS = 4, ATTRIBUTES = 4, STORED = 4 };

/* ---- Objects ---- */

static struct ln_security securities[SERVERS];
static struct ln_server_account accounts[SERVERS];
static struct ln_access_control controls[CONTROLS];
static struct ln_firmware firmware;
static uint16_t security_ids[SERVERS];
static uint16_t account_ids[SERVERS];
static uint16_t control_ids[CONTROLS];
static struct ln_instances all_securities = {securities, security_ids, sizeof(securities[0]),
                                             SERVERS, 0};
static struct ln_instances all_accounts = {accounts, account_ids, sizeof(accounts[0]), SERVERS,
                                           0};
static struct ln_instances all_controls = {controls, control_ids, sizeof(controls[0]), CONTROLS,
                                           0};

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &all_securities},     {&ln_server_object, &all_accounts},
    {&ln_access_control_object, &all_controls}, {&ln_device_object, &device},
    {&ln_firmware_object, &firmware},           {&switch_object, &device_switches},
};

/* ---- An image goes to the second half of flash, which a bootloader knows: here it is counted. ---- */

static uint32_t received;

static uint8_t begin_image(void *context, size_t size)
{
    (void)context, (void)size;
    received = 0;
    return LN_FIRMWARE_OK;
}

static uint8_t take_image(void *context, size_t offset, struct ln_bytes bytes)
{
    (void)context, (void)offset;
    received += (uint32_t)bytes.len;
    return LN_FIRMWARE_OK;
}

static uint8_t end_image(void *context)
{
    (void)context;
    return received >= 16 ? LN_FIRMWARE_OK : LN_FIRMWARE_DAMAGED;
}

static void abandon_image(void *context)
{
    (void)context;
}

static const struct ln_firmware_calls firmware_calls = {
    .begin = begin_image, .chunk = take_image, .end = end_image, .abandon = abandon_image};

void complete_updated(bool worked)
{
    ln_firmware_applied(&firmware, worked);
}

/* ---- The first values ---- */

static void add_account(uint16_t id, const char *uri, const char *binding)
{
    struct ln_security *security = ln_security_object.calls->create(&all_securities, id);
    struct ln_server_account *account = ln_server_object.calls->create(&all_accounts, id);

    (void)ln_bytes_to_text(ln_bytes_of_text(uri), security->uri, sizeof(security->uri));
    security->mode = LN_SECURITY_NONE;
    security->short_id = (uint16_t)(id + 1);
    account->short_id = (uint16_t)(id + 1);
    account->lifetime = 300;
    account->store_notifications = true;
    (void)ln_bytes_to_text(ln_bytes_of_text(binding), account->binding,
                           sizeof(account->binding));
}

void complete_init(void)
{
    enum { ALL = LN_ACCESS_READ | LN_ACCESS_WRITE | LN_ACCESS_EXECUTE };
    static const uint8_t guarded[] = {1, 3, 5};

    device_init();
    add_account(0, "coap://192.0.2.1", "UQ");
    add_account(1, "coap://192.0.2.2", "UQ");
    firmware.calls = &firmware_calls;
    firmware.delivery = LN_FIRMWARE_PUSH;
    for (size_t i = 0; i < LN_COUNT(guarded); i++) {
        struct ln_access_control *control =
            ln_access_control_add(&all_controls, guarded[i], 0, 1);
        (void)!ln_access_control_grant(control, 2, ALL);
    }
    struct ln_access_control *control =
        ln_access_control_add(&all_controls, switch_object.id, LN_ID_NONE, LN_ID_NONE);
    (void)!ln_access_control_grant(control, 1, LN_ACCESS_CREATE);
}

/* ---- What is linked ---- */

static struct ln_client_server servers[SERVERS];
static uint8_t memory[LN_CLIENT_MEMORY(SERVERS, DEVICE_DATAGRAM, DEVICE_SCRATCH)];
static const struct ln_format *const formats[] = {
    &ln_format_tlv, &ln_format_text, &ln_format_opaque, &ln_format_json, NULL,
};

static struct ln_client_transfer transfers[SERVERS];
static uint8_t bodies[SERVERS * DEVICE_DATAGRAM];
static const struct ln_client_blocks blocks = {
    .calls = &ln_client_request_blocks_calls,
    .transfers = transfers,
    .memory = bodies,
    .body_size = DEVICE_DATAGRAM,
};

static struct ln_client_observation observations[OBSERVATIONS];
static struct ln_client_attribute_set attributes[ATTRIBUTES];
static struct ln_client_notifier notifiers[SERVERS];
static struct ln_client_reporting_state state;
static struct ln_client_stored stored[STORED];
static uint8_t stored_memory[STORED * 128];
static const struct ln_client_reporting reporting = {
    .calls = &ln_client_reporting_calls,
    .state = &state,
    .notifiers = notifiers,
    .observations = observations,
    .observation_count = OBSERVATIONS,
    .attributes = attributes,
    .attribute_count = ATTRIBUTES,
    .storing = &ln_client_storing_calls,
    .stored = stored,
    .stored_memory = stored_memory,
    .stored_count = STORED,
    .stored_size = sizeof(stored_memory) / STORED,
};

const struct ln_client_config device_config = {
    .endpoint = "board",
    .objects = objects,
    .object_count = LN_COUNT(objects),
    .operations = ln_client_guarded_operations,
    .formats = formats,
    .version = LN_VERSION_1_0,
    .queue_mode = &ln_client_queue_mode,
    .random = {port_random, NULL},
    .servers = servers,
    .server_count = SERVERS,
    .memory = memory,
    .memory_size = sizeof(memory),
    .datagram_size = DEVICE_DATAGRAM,
    .scratch_size = DEVICE_SCRATCH,
    .blocks = &blocks,
    .reporting = &reporting,
};
