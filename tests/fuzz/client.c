/* The client against any server: datagrams of any bytes, in any order, with time going by. */

#include "fuzz.h"

#include <linnet/client.h>

enum { DATAGRAM = 256, SCRATCH = 64, ROUNDS_MAX = 64 };

static struct ln_security security;
static struct ln_server_account account;
static struct ln_device device;
static struct ln_test_values test[2];
static uint16_t security_ids[1];
static uint16_t account_ids[1];
static uint16_t test_ids[2];
static struct ln_instances securities;
static struct ln_instances accounts;
static struct ln_instances tests;

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &securities},
    {&ln_server_object, &accounts},
    {&ln_device_object, &device},
    {&ln_test_object, &tests},
};

static const struct ln_format *const formats[] = {
    &ln_format_text,
    &ln_format_opaque,
    &ln_format_tlv,
    NULL,
};

static struct ln_client client;
static struct ln_client_server server;
static uint8_t memory[LN_CLIENT_MEMORY(1, DATAGRAM, SCRATCH)];

/* Always the same, so that an input always does the same. */
static void zeros(void *context, void *out, size_t size)
{
    struct ln_writer w = ln_writer(out, size);

    (void)context;
    while (w.written < size) {
        ln_write_u8(&w, 0);
    }
}

static int64_t wall(void *context)
{
    (void)context;
    return 1367491215;
}

static struct ln_client_reporting_state reporting_state;
static struct ln_client_notifier notifier;
static struct ln_client_observation observations[3];
static struct ln_client_attribute_set attributes[3];
static struct ln_client_stored stored[2];
static uint8_t stored_memory[2 * 48];
static const struct ln_client_reporting reporting = {
    .calls = &ln_client_reporting_calls,
    .state = &reporting_state,
    .notifiers = &notifier,
    .observations = observations,
    .observation_count = LN_COUNT(observations),
    .attributes = attributes,
    .attribute_count = LN_COUNT(attributes),
    .floats = ln_number_of_double,
    .sampling = &ln_client_sampling_calls,
    .storing = &ln_client_storing_calls,
    .stored = stored,
    .stored_count = LN_COUNT(stored),
    .stored_size = 48,
    .stored_memory = stored_memory,
};

static const struct ln_client_config configs[] = {
#define CONFIG(version_)                                                                       \
    {                                                                                          \
        .endpoint = "fuzz", .objects = objects, .object_count = LN_COUNT(objects),             \
        .operations = ln_client_all_operations, .formats = formats, .version = (version_),     \
        .random = {zeros, NULL}, .servers = &server, .server_count = 1, .memory = memory,      \
        .memory_size = sizeof(memory), .datagram_size = DATAGRAM, .scratch_size = SCRATCH,     \
        .reporting = &reporting, .queue_mode = &ln_client_queue_mode,                          \
    }
    CONFIG(LN_VERSION_1_0),
    CONFIG(LN_VERSION_1_1),
    CONFIG(LN_VERSION_1_2),
};

static void given_objects(void)
{
    security = (struct ln_security){.mode = LN_SECURITY_NONE, .short_id = 1};
    account = (struct ln_server_account){.short_id = 1, .lifetime = 300, .binding = "U"};
    device = (struct ln_device){.manufacturer = "Linnet", .binding = "U", .clock = wall};
    ln_test_reset(&test[0]);
    test_ids[0] = 0;
    securities = (struct ln_instances){&security, security_ids, sizeof(security), 1, 1};
    accounts = (struct ln_instances){&account, account_ids, sizeof(account), 1, 1};
    tests = (struct ln_instances){test, test_ids, sizeof(test[0]), 2, 1};
}

/* Reads all events and sends all datagrams: each must be one, and after the last nothing is
 * due. */
static void settle(ln_time now)
{
    struct ln_client_event event;
    struct ln_coap_message m;
    uint8_t out[DATAGRAM];
    ln_link link;
    size_t len;

    for (int round = 0; round < ROUNDS_MAX; round++) {
        bool busy = false;
        while (ln_client_event(&client, &event)) {
            busy = true;
            if (event.kind == LN_CLIENT_OPEN) {
                ln_client_link_up(&client, now, event.link);
            }
        }
        while ((len = ln_client_send(&client, now, out, sizeof(out), &link)) > 0) {
            busy = true;
            FUZZ_CHECK(link == 0);
            FUZZ_CHECK(ln_coap_parse(ln_bytes(out, len), &m) == LN_OK);
        }
        if (!busy) {
            FUZZ_CHECK(ln_client_deadline(&client) > now);
            return;
        }
    }
    FUZZ_CHECK(false); /* it never comes to rest */
}

/* One datagram: seconds that go by before it, its length, its bytes. */
static ln_time receive(struct ln_reader *in, ln_time now)
{
    ln_time then = now + ln_read_u8(in) * 1000;
    size_t len = ln_read_u8(in);
    struct ln_bytes bytes =
        len < ln_reader_left(in) ? ln_read_bytes(in, len) : ln_read_rest(in);
    uint8_t *exact = malloc(bytes.len + 1);

    if (exact == NULL) {
        return then;
    }
    struct ln_writer w = ln_writer(exact, bytes.len);
    ln_write_bytes(&w, bytes);
    ln_client_recv(&client, then, 0, ln_writer_bytes(&w));
    free(exact);
    settle(then);
    return then;
}

/* The first byte chooses the version, and whether the client is registered to begin with. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char created[] = "\x64\x41\x00\x00\0\0\0\0\x82rd\x01"
                                  "1";
    struct ln_reader in = ln_reader(ln_bytes(data, size));
    uint8_t choice = ln_read_u8(&in);
    ln_time now = 1000;

    given_objects();
    FUZZ_CHECK(ln_client_init(&client, sizeof(client), &configs[choice % 3]) == LN_OK);
    ln_client_start(&client, now);
    settle(now);
    if (choice < 128) {
        ln_client_recv(&client, now, 0, ln_bytes(created, sizeof(created) - 1));
        settle(now);
        FUZZ_CHECK(server.state == LN_REGISTRATION_REGISTERED);
    }
    while (ln_reader_left(&in) > 0) {
        now = receive(&in, now);
    }
    ln_client_stop(&client, now);
    settle(now);
    return 0;
}
