/* A device with a bootstrap account, and a bootstrap server played by hand. */

#include "bootstrap_support.h"

#include <string.h>

struct bootstrap_fixture bs;

static void noise(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, bs.noise, size);
}

static const struct ln_format *const formats[] = {&ln_format_text, &ln_format_opaque,
                                                  &ln_format_tlv, &ln_format_senml_json, NULL};

/* ---- The device ---- */

static void place_store(size_t i, void *items, void *copies, size_t size, uint16_t capacity)
{
    bs.stores[i] = (struct ln_instances){
        .items = items, .ids = bs.ids[i], .item_size = (uint32_t)size, .capacity = capacity};
    bs.copies[i] = (struct ln_instances){.items = copies,
                                         .ids = bs.copy_ids[i],
                                         .item_size = (uint32_t)size,
                                         .capacity = (uint16_t)(capacity + 1)};
    bs.changeable[i] =
        (struct ln_client_bootstrap_object){.object = (uint16_t)i, .copy = &bs.copies[i]};
}

static ln_err begin_location(void *store)
{
    CHECK(store == &bs.location);
    bs.begun++;
    return LN_OK;
}

static void commit_location(void *store)
{
    (void)store;
    bs.committed++;
}

static void roll_location_back(void *store)
{
    (void)store;
    bs.rolled_back++;
}

static const struct ln_client_bootstrap_calls location_calls = {begin_location, commit_location,
                                                                roll_location_back};

static ln_err keep(void *context)
{
    CHECK(context == &bs);
    bs.kept++;
    return bs.keeps;
}

static void place_objects(void)
{
    place_store(0, bs.security, bs.security_copy, sizeof(bs.security[0]), BS_ACCOUNTS);
    place_store(1, bs.account, bs.account_copy, sizeof(bs.account[0]), BS_ACCOUNTS);
    place_store(2, bs.control, bs.control_copy, sizeof(bs.control[0]), BS_CONTROLS);
    bs.changeable[3] = (struct ln_client_bootstrap_object){
        .object = 3, .copy = &bs.device_copy, .size = sizeof(bs.device)};
    bs.changeable[4] =
        (struct ln_client_bootstrap_object){.object = 6, .calls = &location_calls};
    bs.device = (struct ln_device){.manufacturer = "Linnet", .binding = "U"};
    bs.objects[0] = (struct ln_object_entry){&ln_security_object, &bs.stores[0]};
    bs.objects[1] = (struct ln_object_entry){&ln_bootstrapped_server_object, &bs.stores[1]};
    bs.objects[2] = (struct ln_object_entry){&ln_access_control_object, &bs.stores[2]};
    bs.objects[3] = (struct ln_object_entry){&ln_device_object, &bs.device};
    bs.objects[4] = (struct ln_object_entry){&ln_location_object, &bs.location};
}

static struct ln_security *add_security(uint16_t id, const char *uri)
{
    struct ln_security *security = ln_instances_calls.create(&bs.stores[0], id);

    assert_non_null(security);
    (void)ln_bytes_to_text(ln_bytes_of_text(uri), security->uri, sizeof(security->uri));
    security->mode = LN_SECURITY_NONE;
    return security;
}

static void configure(enum ln_version version)
{
    bs.client_config = (struct ln_client_config){
        .endpoint = "meter-7",
        .objects = bs.objects,
        .object_count = 5,
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = version,
        .random = {noise, NULL},
        .servers = bs.servers,
        .server_count = BS_ACCOUNTS,
        .memory = bs.memory,
        .memory_size = sizeof(bs.memory),
        .datagram_size = BS_DATAGRAM,
        .scratch_size = BS_SCRATCH,
    };
    bs.blocks = (struct ln_client_blocks){&ln_client_blocks_calls, &bs.transfer, bs.body,
                                          sizeof(bs.body)};
    bs.config = (struct ln_client_bootstrap_config){
        .client = &bs.client,
        .objects = bs.changeable,
        .object_count = 5,
        .views = bs.views,
        .keys = bs.keys,
        .key_size = BS_KEY,
        .key_count = LN_COUNT(bs.keys),
        .memory = bs.peer_memory,
        .memory_size = sizeof(bs.peer_memory),
        .blocks = &bs.blocks,
        .keep = keep,
        .context = &bs,
    };
}

void given_a_device_to_bootstrap(enum ln_version version)
{
    memset(&bs, 0, sizeof(bs));
    bs.now = 1000;
    bs.next_id = 0x4000;
    place_objects();
    add_security(BS_BOOTSTRAP_INSTANCE, "coap://192.0.2.9:5783")->is_bootstrap = true;
    configure(version);
    CHECK_OK(ln_client_init(&bs.client, sizeof(bs.client), &bs.client_config));
    CHECK_OK(ln_client_bootstrap_init(&bs.machine, sizeof(bs.machine), &bs.config));
}

void given_a_configured_device(enum ln_version version)
{
    given_a_device_to_bootstrap(version);
    struct ln_server_account *account = ln_instances_calls.create(&bs.stores[1], 0);

    add_security(0, "coap://192.0.2.1")->short_id = 101;
    *account = (struct ln_server_account){.short_id = 101, .lifetime = 300, .binding = "U"};
}

void bootstrap_begins(void)
{
    struct ln_coap_message m;

    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();
    CHECK(device_sends(&m));
    CHECK_EQ(bs.link, LN_LINK_BOOTSTRAP);
    bs.before = ln_client_bootstrap_digest(&bs.machine);
    bootstrap_server_answers(&m, LN_COAP_2_04);
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPING));
}

void given_a_bootstrap(enum ln_version version)
{
    given_a_device_to_bootstrap(version);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    bootstrap_begins();
}

void given_a_registered_device(enum ln_version version)
{
    struct ln_coap_message m;

    given_a_configured_device(version);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(device_tells(LN_CLIENT_OPEN));
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    server_on_link_answers(0, &m, LN_COAP_2_01, "rd/5a");
    CHECK(device_tells(LN_CLIENT_REGISTERED));
}

void given_a_bootstrap_of_a_registered_device(void)
{
    given_a_registered_device(LN_VERSION_1_1);
    CHECK_EQ(
        asks_by(0, LN_COAP_POST, "/1/0/9", LN_FORMAT_NONE, LN_FORMAT_NONE, ln_bytes(NULL, 0))
            .code,
        LN_COAP_2_04);
    CHECK(!ln_client_bootstrap_event(&bs.machine, &bs.event));
    bootstrap_begins();
}

void time_passes(ln_time wait)
{
    ln_time end = bs.now + wait;
    struct ln_coap_message m;

    for (int i = 0; ln_client_bootstrap_deadline(&bs.machine) <= end; i++) {
        ln_time due = ln_client_bootstrap_deadline(&bs.machine);
        CHECK(i < 10000);
        bs.now = due > bs.now ? due : bs.now;
        while (device_sends(&m)) {
        }
    }
    bs.now = end;
}

static bool tells_of_failure(void)
{
    while (ln_client_bootstrap_event(&bs.machine, &bs.event)) {
        if (bs.event.kind == LN_CLIENT_BOOTSTRAP_FAILED) {
            return true;
        }
    }
    return false;
}

void then_it_failed(enum ln_client_bootstrap_reason reason, const char *path)
{
    struct ln_path at;

    if (bs.machine.is_open) {
        time_passes(247 * 1000);
    }
    CHECK(tells_of_failure());
    assert_string_equal(
        ln_client_bootstrap_reason_text((enum ln_client_bootstrap_reason)bs.machine.reason),
        ln_client_bootstrap_reason_text(reason));
    CHECK(ln_path_of_text(ln_bytes_of_text(path), &at));
    CHECK(ln_path_equal(bs.event.path, at));
    CHECK_EQ(ln_client_bootstrap_digest(&bs.machine), bs.before);
    CHECK_EQ(bs.machine.stats.rolled_back, 1);
}

/* ---- What goes out and in ---- */

bool device_sends(struct ln_coap_message *m)
{
    size_t len = ln_client_bootstrap_send(&bs.machine, bs.now, bs.datagram, sizeof(bs.datagram),
                                          &bs.link);

    if (len == 0) {
        CHECK(ln_client_bootstrap_deadline(&bs.machine) > bs.now);
        return false;
    }
    CHECK_OK(ln_coap_parse(ln_bytes(bs.datagram, len), m));
    return true;
}

bool device_tells(enum ln_client_event_kind kind)
{
    return ln_client_bootstrap_event(&bs.machine, &bs.event) && bs.event.kind == kind;
}

void device_receives(ln_link link, struct ln_bytes datagram)
{
    uint8_t *exact = test_malloc(datagram.len + 1);

    memcpy(exact, datagram.at, datagram.len);
    ln_client_bootstrap_recv(&bs.machine, bs.now, link, ln_bytes(exact, datagram.len));
    test_free(exact);
}

void bootstrap_link_goes_up(void)
{
    CHECK(device_tells(LN_CLIENT_OPEN));
    CHECK_EQ(bs.event.link, LN_LINK_BOOTSTRAP);
    CHECK(bs.event.security != NULL && bs.event.security->is_bootstrap);
    ln_client_bootstrap_link_up(&bs.machine, bs.now, LN_LINK_BOOTSTRAP);
}

void bootstrap_server_answers(const struct ln_coap_message *request, uint8_t code)
{
    uint8_t answer[64];
    struct ln_coap_builder b = ln_coap_answer(answer, sizeof(answer), request, code, 0);

    device_receives(LN_LINK_BOOTSTRAP, ln_bytes(answer, ln_coap_finish(&b)));
}

void server_on_link_answers(ln_link link, const struct ln_coap_message *request, uint8_t code,
                            const char *location)
{
    uint8_t answer[64];
    struct ln_coap_builder b = ln_coap_answer(answer, sizeof(answer), request, code, 0);
    struct ln_reader in = ln_reader(ln_bytes_of_text(location));

    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_LOCATION_PATH, ln_read_until(&in, '/'));
    }
    device_receives(link, ln_bytes(answer, ln_coap_finish(&b)));
}

static void add_segments(struct ln_coap_builder *b, const char *path)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(path));

    (void)ln_read_if(&in, '/');
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(b, LN_COAP_URI_PATH, ln_read_until(&in, '/'));
    }
}

struct ln_coap_message asks_by(ln_link link, uint8_t code, const char *path, uint16_t accept,
                               uint16_t format, struct ln_bytes payload)
{
    static const struct ln_coap_token token = {{0xb5}, 1};
    uint8_t datagram[2048];
    struct ln_coap_message m = {0};
    struct ln_coap_builder b =
        ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON, code, bs.next_id++, &token);

    add_segments(&b, path);
    if (format != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, format);
    }
    if (accept != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_ACCEPT, accept);
    }
    ln_coap_add_payload(&b, payload);
    device_receives(link, ln_bytes(datagram, ln_coap_finish(&b)));
    (void)device_sends(&m);
    return m;
}

struct ln_coap_message bootstrap_asks(uint8_t code, const char *path, uint16_t accept,
                                      uint16_t format, struct ln_bytes payload)
{
    return asks_by(LN_LINK_BOOTSTRAP, code, path, accept, format, payload);
}

uint8_t bootstrap_deletes(const char *path)
{
    return bootstrap_asks(LN_COAP_DELETE, path, LN_FORMAT_NONE, LN_FORMAT_NONE,
                          ln_bytes(NULL, 0))
        .code;
}

uint8_t bootstrap_finishes(void)
{
    return bootstrap_asks(LN_COAP_POST, "/bs", LN_FORMAT_NONE, LN_FORMAT_NONE,
                          ln_bytes(NULL, 0))
        .code;
}

const char *bootstrap_discovers(const char *path)
{
    static char text[BS_DATAGRAM];
    struct ln_coap_message m =
        bootstrap_asks(LN_COAP_GET, path, LN_FORMAT_LINK, LN_FORMAT_NONE, ln_bytes(NULL, 0));

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(ln_bytes_to_text(m.payload, text, sizeof(text)));
    return text;
}

struct ln_record record_of(uint16_t object, uint16_t instance, uint16_t resource,
                           struct ln_value value)
{
    return (struct ln_record){.path = ln_path_resource(object, instance, resource),
                              .value = value};
}

uint8_t bootstrap_writes(const char *path, const struct ln_record *records, size_t count)
{
    uint8_t payload[BS_DATAGRAM];
    struct ln_writer w = ln_writer(payload, sizeof(payload));
    const struct ln_array array = {records, count};
    struct ln_path base;

    CHECK(ln_path_of_text(ln_bytes_of_text(path), &base));
    CHECK_OK(ln_encode(&ln_format_tlv, &w, base, ln_records_of(&array)));
    CHECK(!w.failed);
    return bootstrap_asks(LN_COAP_PUT, path, LN_FORMAT_NONE, LN_FORMAT_TLV, ln_writer_bytes(&w))
        .code;
}

void bootstrap_writes_server(uint16_t id, uint16_t short_id)
{
    const struct ln_record security[] = {
        record_of(0, id, 0, ln_value_string("coap://192.0.2.77")),
        record_of(0, id, 1, ln_value_boolean(false)),
        record_of(0, id, 2, ln_value_integer(LN_SECURITY_NONE)),
        record_of(0, id, 10, ln_value_integer(short_id)),
    };
    const struct ln_record account[] = {
        record_of(1, id, 0, ln_value_integer(short_id)),
        record_of(1, id, 1, ln_value_integer(60)),
        record_of(1, id, 6, ln_value_boolean(true)),
        record_of(1, id, 7, ln_value_string("U")),
    };

    CHECK_EQ(bootstrap_writes("/0", security, LN_COUNT(security)), LN_COAP_2_04);
    CHECK_EQ(bootstrap_writes("/1", account, LN_COUNT(account)), LN_COAP_2_04);
}
