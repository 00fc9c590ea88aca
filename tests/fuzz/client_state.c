/*
 * The client's saved state: any bytes, with the right checksum put under them, are refused whole, or
 * taken and then saved as something that is taken again.
 */

#include "fuzz.h"

#include <linnet/client.h>

#include <string.h>

enum { SERVERS = 2, CONTROLS = 3, KEY = 16, SETS = 3, FRAME = 4, STATE = 4096, DATAGRAM = 128 };

static struct ln_security security[SERVERS];
static struct ln_server_account account[SERVERS];
static struct ln_access_control control[CONTROLS];
static uint16_t ids[3][CONTROLS];
static uint8_t keys[SERVERS][3][KEY];
static struct ln_instances securities, accounts, controls;
static struct ln_device device;

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &securities},
    {&ln_server_object, &accounts},
    {&ln_access_control_object, &controls},
    {&ln_device_object, &device},
};

static const struct ln_format *const formats[] = {&ln_format_tlv, NULL};

static void zeros(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 0, size);
}

static struct ln_client client;
static struct ln_client_server servers[SERVERS];
static struct ln_client_attribute_set sets[SETS];
static struct ln_client_notifier notifiers[SERVERS];
static struct ln_client_observation observations[1];
static struct ln_client_reporting_state state;
static uint8_t memory[LN_CLIENT_MEMORY(SERVERS, DATAGRAM, 0)];
static const struct ln_client_reporting reporting = {
    .calls = &ln_client_reporting_calls,
    .state = &state,
    .notifiers = notifiers,
    .observations = observations,
    .observation_count = 1,
    .attributes = sets,
    .attribute_count = SETS,
};
static const struct ln_client_config config = {
    .endpoint = "fuzz",
    .objects = objects,
    .object_count = LN_COUNT(objects),
    .operations = ln_client_guarded_operations,
    .formats = formats,
    .version = LN_VERSION_1_1,
    .random = {zeros, NULL},
    .servers = servers,
    .server_count = SERVERS,
    .memory = memory,
    .memory_size = sizeof(memory),
    .datagram_size = DATAGRAM,
    .reporting = &reporting,
};

/* A section of the app: at most 8 bytes, none of them zero. */
static uint8_t own[8];
static size_t own_len;

static void save_own(const void *context, struct ln_writer *w)
{
    (void)context;
    ln_write_bytes(w, ln_bytes(own, own_len));
}

static ln_err restore_own(void *context, struct ln_reader *in, enum ln_write_step step)
{
    struct ln_bytes bytes = ln_read_rest(in);

    (void)context;
    if (bytes.len > sizeof(own) || (bytes.len > 0 && bytes.at[0] == 0)) {
        FUZZ_CHECK(step == LN_CHECK); /* what was checked does not fail any more */
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        own_len = bytes.len;
        memcpy(own, bytes.at, bytes.len);
    }
    return LN_OK;
}

static const struct ln_client_section sections[] = {
    {LN_SECTION_OF_APP, NULL, save_own, restore_own}};

/* ---- A run ---- */

static void given_a_fresh_client(void)
{
    memset(security, 0, sizeof(security));
    memset(account, 0, sizeof(account));
    memset(control, 0, sizeof(control));
    memset(keys, 0, sizeof(keys));
    for (size_t i = 0; i < SERVERS; i++) {
        security[i].identity = (struct ln_buffer){keys[i][0], KEY, 0};
        security[i].server_key = (struct ln_buffer){keys[i][1], KEY, 0};
        security[i].secret = (struct ln_buffer){keys[i][2], KEY, 0};
    }
    security[0].short_id = account[0].short_id = 1;
    securities = (struct ln_instances){security, ids[0], sizeof(security[0]), SERVERS, 1};
    accounts = (struct ln_instances){account, ids[1], sizeof(account[0]), SERVERS, 1};
    controls = (struct ln_instances){control, ids[2], sizeof(control[0]), CONTROLS, 0};
    ids[0][0] = ids[1][0] = 0;
    own_len = 0;
    FUZZ_CHECK(ln_client_init(&client, sizeof(client), &config) == LN_OK);
}

static uint32_t digest(void)
{
    uint32_t sum = ln_checksum(ln_bytes(security, sizeof(security)));

    sum = sum * 31 + ln_checksum(ln_bytes(account, sizeof(account)));
    sum = sum * 31 + ln_checksum(ln_bytes(control, sizeof(control)));
    sum = sum * 31 + ln_checksum(ln_bytes(keys, sizeof(keys)));
    sum = sum * 31 + ln_checksum(ln_bytes(sets, sizeof(sets)));
    return sum * 31 + securities.count + accounts.count * 3U + controls.count * 5U;
}

static ln_err restore(struct ln_bytes bytes)
{
    struct ln_reader in = ln_reader(bytes);

    return ln_client_restore(&client, sections, LN_COUNT(sections), &in);
}

static struct ln_bytes save(uint8_t *out, size_t size)
{
    struct ln_writer w = ln_writer(out, size);

    ln_client_save(&client, sections, LN_COUNT(sections), &w);
    FUZZ_CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

/* What came out is a state like any other: it is taken, and comes out the same. */
static void check_round_trip(void)
{
    static uint8_t first[STATE], second[STATE];
    struct ln_bytes once = save(first, sizeof(first));

    given_a_fresh_client();
    FUZZ_CHECK(restore(once) == LN_OK);
    FUZZ_CHECK(ln_bytes_equal(save(second, sizeof(second)), once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *sealed = malloc(size + FRAME);
    struct ln_writer w = ln_writer(sealed, size + FRAME);

    FUZZ_CHECK(sealed != NULL);
    ln_write_bytes(&w, ln_bytes(data, size));
    ln_write_u32(&w, ln_checksum(ln_bytes(data, size)));
    given_a_fresh_client();
    uint32_t before = digest();
    if (restore(ln_writer_bytes(&w)) == LN_OK) {
        check_round_trip();
    } else {
        FUZZ_CHECK(digest() == before);
    }
    free(sealed);
    return 0;
}
