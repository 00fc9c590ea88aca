/* A client that observes: an object of sensors to look at, and a server that asks by hand. */

#include "reporting_support.h"

#include <string.h>

#define FIELD(member) LN_FIELD(struct sensor, member)

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 1, LN_INTEGER,  LN_READ | LN_WRITE,   FIELD(integer) },
    { 2, LN_UNSIGNED, LN_READ | LN_WRITE,   FIELD(natural) },
    { 3, LN_FLOAT,    LN_READ | LN_WRITE,   FIELD(number) },
    { 4, LN_STRING,   LN_READ | LN_WRITE,   FIELD(text) },
    { 5, LN_INTEGER,  LN_READ | LN_MANY,    LN_LIST_TO_READ(struct sensor, many) },
    { 6, LN_INTEGER,  LN_READ | LN_SAMPLED, FIELD(sampled) },
    { 7, LN_TIME,     LN_READ | LN_UNTOLD,  FIELD(runs) },
    { 8, LN_NONE,     LN_EXECUTE,           LN_EXECUTE_BY(NULL) },
    /* clang-format on */
};

static const struct ln_object sensor_object = {
    .id = 33002,
    .version_major = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &ln_instances_calls,
    .absent = LN_ABSENT(struct sensor, absent),
};

struct sensor sensors[SENSORS];
static uint16_t sensor_ids[SENSORS];
struct ln_instances sensor_store;

struct ln_client_reporting reporting;
struct ln_client_observation observations[OBSERVATIONS];
static struct ln_client_attribute_set sets[SETS];
static struct ln_client_notifier notifiers[ACCOUNTS];
static struct ln_client_reporting_state state;
static struct ln_client_stored stored[STORED];
static uint8_t stored_memory[STORED * STORED_SIZE];
static uint8_t buffer[DATAGRAM];

uint8_t token;
uint16_t accept;

static void given_reporting(void)
{
    reporting = (struct ln_client_reporting){
        .calls = &ln_client_reporting_calls,
        .state = &state,
        .notifiers = notifiers,
        .observations = observations,
        .observation_count = OBSERVATIONS,
        .attributes = sets,
        .attribute_count = SETS,
        .floats = ln_number_of_double,
        .sampling = &ln_client_sampling_calls,
        .storing = &ln_client_storing_calls,
        .stored = stored,
        .stored_count = STORED,
        .stored_size = STORED_SIZE,
        .stored_memory = stored_memory,
    };
    memset(sensors, 0, sizeof(sensors));
    sensors[0].integer = 20;
    sensors[0].number = 20.5;
    strcpy(sensors[0].text, "calm");
    sensor_ids[0] = 0;
    sensor_store = (struct ln_instances){sensors, sensor_ids, sizeof(sensors[0]), SENSORS, 1};
    f.objects[4] = (struct ln_object_entry){&sensor_object, &sensor_store};
    f.config.object_count = 5;
    f.config.reporting = &reporting;
    token = 0x51;
    accept = LN_FORMAT_TEXT;
}

static void register_all(unsigned count)
{
    struct ln_coap_message m;

    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
    ln_client_start(&f.client, f.now);
    for (unsigned i = 0; i < count; i++) {
        link_goes_up();
    }
    for (unsigned i = 0; i < count; i++) {
        CHECK(client_sends(&m));
        server_answers(&m, LN_COAP_2_01, "rd/5a");
        CHECK(client_tells(LN_CLIENT_REGISTERED));
    }
    no_more_events();
    client_is_silent();
    f.link = 0;
}

void reporting_registers(void)
{
    register_all(1);
}

void given_a_client_that_observes(enum ln_version version)
{
    given_a_client(version);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        f.account[i].lifetime = 0; /* so that no Update comes between */
        f.account[i].absent = 1U << 2 | 1U << 3;
        f.account[i].store_notifications = true;
    }
    given_reporting();
    register_all(1);
}

void given_two_servers(void)
{
    given_a_client_that_observes(LN_VERSION_1_1);
    f.securities.count = 2;
    f.security_ids[1] = 1;
    f.accounts.count = 2;
    f.account_ids[1] = 1;
    register_all(2);
}

/* ---- The server ---- */

static struct ln_coap_message ask_with(uint8_t code, const char *path, int observe_value,
                                       const char *query)
{
    struct ln_coap_token t = {{token}, 1};
    struct ln_coap_message m = {0};
    struct ln_reader in = ln_reader(ln_bytes_of_text(path + 1));
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, code, f.next_id++, &t);

    if (observe_value >= 0) {
        ln_coap_add_uint(&b, LN_COAP_OBSERVE, (uint32_t)observe_value);
    }
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_URI_PATH, ln_read_until(&in, '/'));
    }
    in = ln_reader(ln_bytes_of_text(query));
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_URI_QUERY, ln_read_until(&in, '&'));
    }
    if (code == LN_COAP_GET && accept != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_ACCEPT, accept);
    }
    client_receives(ln_bytes(buffer, ln_coap_finish(&b)));
    CHECK(client_sends(&m));
    CHECK_EQ(m.type, LN_COAP_ACK);
    return m;
}

struct ln_coap_message observe(const char *path)
{
    return ask_with(LN_COAP_GET, path, 0, NULL);
}

struct ln_coap_message cancel(const char *path)
{
    return ask_with(LN_COAP_GET, path, 1, NULL);
}

struct ln_coap_message write_attributes(const char *path, const char *query)
{
    return ask_with(LN_COAP_PUT, path, -1, query);
}

/* ---- What the client does ---- */

void integer_becomes(int64_t value)
{
    sensors[0].integer = value;
    ln_client_changed(&f.client, f.now, ln_path_resource(33002, 0, 1));
}

bool client_notifies(struct notification *out)
{
    if (!client_sends(&out->message)) {
        return false;
    }
    CHECK(out->message.type == LN_COAP_CON || out->message.type == LN_COAP_NON);
    CHECK_OK(ln_coap_options(&out->message, &out->options));
    return true;
}

void client_notifies_text(const char *payload)
{
    struct notification n;

    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.code, LN_COAP_2_05);
    CHECK(n.options.has_observe);
    CHECK_EQ(n.message.token.len, 1);
    CHECK_EQ(n.message.token.bytes[0], token);
    CHECK_TEXT(n.message.payload, payload);
    client_is_silent();
}

void client_is_silent(void)
{
    struct ln_coap_message m;

    CHECK(!client_sends(&m));
}

void due_after(ln_time ms)
{
    CHECK_EQ(ln_client_deadline(&f.client) - f.now, ms);
    f.now += ms;
}

static void answer_empty(enum ln_coap_type type, uint16_t id)
{
    uint8_t empty[LN_COAP_EMPTY_SIZE];

    client_receives(ln_bytes(empty, ln_coap_empty(empty, sizeof(empty), type, id)));
}

void server_confirms(const struct ln_coap_message *m)
{
    answer_empty(LN_COAP_ACK, m->id);
}

void server_resets(const struct ln_coap_message *m)
{
    answer_empty(LN_COAP_RST, m->id);
}

/* ---- The link ---- */

void link_is_lost(void)
{
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    CHECK(client_tells(LN_CLIENT_LOST));
    client_is_silent();
}

void link_is_back(uint8_t answer)
{
    struct ln_coap_message m;

    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    server_answers(&m, answer, NULL);
}
