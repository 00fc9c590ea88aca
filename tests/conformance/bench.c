/* Joins the two engines, moves their datagrams and the clock, and asks as a server does. */

#include "conformance/bootstrap.h"
#include "conformance/notes.h"
#include "conformance/secure.h"

#include <stdlib.h>

struct bench bench;

static struct ln_address server_address(size_t i)
{
    return ln_address_ipv4(192, 0, 2, (uint8_t)(1 + i), 5683);
}

static struct ln_address client_address(void)
{
    return ln_address_ipv4(192, 0, 2, 7, 40000);
}

/* The same in each run. */
static void noise(void *context, void *out, size_t size)
{
    static uint64_t state;
    uint8_t *at = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        at[i] = (uint8_t)(state >> 56);
    }
}

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

/* ---- The client, with or without a bootstrap around it ---- */

void bench_client_recv(ln_link link, struct ln_bytes datagram)
{
    if (bootstrap_is_on()) {
        ln_client_bootstrap_recv(bootstrap_machine(), bench.now, link, datagram);
    } else {
        ln_client_recv(&bench.client, bench.now, link, datagram);
    }
}

void bench_link_up(ln_link link)
{
    if (bootstrap_is_on()) {
        ln_client_bootstrap_link_up(bootstrap_machine(), bench.now, link);
    } else {
        ln_client_link_up(&bench.client, bench.now, link);
    }
}

void bench_link_refused(ln_link link)
{
    if (bootstrap_is_on()) {
        ln_client_bootstrap_link_down(bootstrap_machine(), bench.now, link, LN_LINK_UNTRUSTED,
                                      0);
    } else {
        ln_client_link_down(&bench.client, bench.now, link, LN_LINK_UNTRUSTED, 0);
    }
}

static size_t client_send(void *buffer, size_t size, ln_link *link)
{
    return bootstrap_is_on()
               ? ln_client_bootstrap_send(bootstrap_machine(), bench.now, buffer, size, link)
               : ln_client_send(&bench.client, bench.now, buffer, size, link);
}

static bool client_event(struct ln_client_event *event)
{
    return bootstrap_is_on() ? ln_client_bootstrap_event(bootstrap_machine(), event)
                             : ln_client_event(&bench.client, event);
}

static ln_time client_deadline(void)
{
    return bootstrap_is_on() ? ln_client_bootstrap_deadline(bootstrap_machine())
                             : ln_client_deadline(&bench.client);
}

/* ---- The wire ---- */

static bool server_goes_on(size_t i)
{
    static const char *const names[BENCH_SERVERS] = {"server", "second"};
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_event event;
    struct ln_server_out out;
    struct ln_server *server = bench.servers[i];
    size_t len =
        server == NULL ? 0 : ln_server_send(server, bench.now, buffer, sizeof(buffer), &out);
    bool any = len > 0;

    if (len > 0 && !bench.wire_is_cut) {
        const struct ln_address client = client_address();
        CHECK(ln_address_equal(&out.to.remote, &client));
        note_datagram(names[i], ln_bytes(buffer, len));
        if (secure_is_on()) {
            secure_from_server(out.to.session, ln_bytes(buffer, len));
        } else {
            bench_client_recv((ln_link)i, ln_bytes(buffer, len));
        }
    }
    while (server != NULL && ln_server_event(server, &event)) {
        note_server_event(&event);
        any = true;
    }
    return any;
}

static void carry_to_server(ln_link link, struct ln_bytes datagram)
{
    const struct ln_peer peer = {.remote = client_address(), .local = server_address(link)};

    if (secure_is_on()) {
        secure_from_client(datagram);
    } else {
        ln_server_recv(bench.servers[link], bench.now, &peer, datagram);
    }
}

static void open_link(const struct ln_client_event *event)
{
    if (secure_is_on()) {
        secure_open(event->security);
    } else {
        bench_link_up(event->link);
    }
}

static bool client_goes_on(void)
{
    static const char *const names[BENCH_SERVERS] = {"client", "client to second"};
    uint8_t buffer[BENCH_DATAGRAM];
    struct ln_client_event event;
    ln_link link;
    size_t len = client_send(buffer, sizeof(buffer), &link);
    bool any = len > 0;

    if (len > 0 && link == LN_LINK_BOOTSTRAP) {
        note_datagram("client to bootstrap", ln_bytes(buffer, len));
        bootstrap_from_client(ln_bytes(buffer, len));
    } else if (len > 0 && !bench.wire_is_cut && bootstrap_hears_the_server()) {
        note_datagram(names[link], ln_bytes(buffer, len));
        carry_to_server(link, ln_bytes(buffer, len));
    }
    while (client_event(&event)) {
        any = true;
        if (bootstrap_is_on() && bootstrap_event(&event)) {
            continue;
        }
        if (event.kind == LN_CLIENT_OPEN) {
            open_link(&event);
        } else if (event.kind != LN_CLIENT_CLOSE) {
            note_client_event(&event);
        }
    }
    return any;
}

static void settle(void)
{
    bool any = true;

    while (any) {
        any = client_goes_on();
        any = bootstrap_goes_on() || any;
        for (size_t i = 0; i < BENCH_SERVERS; i++) {
            any = server_goes_on(i) || any;
        }
    }
}

void time_passes(ln_time ms)
{
    ln_time until = bench.now + ms;

    settle();
    for (;;) {
        ln_time due = ln_time_min(client_deadline(), bootstrap_deadline());
        for (size_t i = 0; i < BENCH_SERVERS && bench.servers[i] != NULL; i++) {
            due = ln_time_min(due, ln_server_deadline(bench.servers[i]));
        }
        if (due > until) {
            break;
        }
        CHECK(due > bench.now);
        bench.now = due;
        settle();
    }
    bench.now = until;
}

void forget(void)
{
    bench.wire[0] = '\0';
    bench.client_says[0] = '\0';
    bench.server_says[0] = '\0';
    bench.values[0] = '\0';
}

/* ---- Configurations ---- */

static int64_t wall(void *context)
{
    (void)context;
    return 1367491215 + bench.now / 1000;
}

int bench_clear(void **state)
{
    (void)state;
    secure_clear();
    bootstrap_clear();
    for (size_t i = 0; i < BENCH_SERVERS; i++) {
        ln_server_free(bench.servers[i]);
        bench.servers[i] = NULL;
    }
    bench.server = NULL;
    return 0;
}

static void given_a_server(size_t i)
{
    const struct ln_server_config config = {
        .size = sizeof(config), .random = {noise, NULL}, .allocator = {resize, NULL}};

    bench.servers[i] = ln_server_new(&config, bench.now);
    assert_non_null(bench.servers[i]);
}

void given_object(const struct ln_object *object, void *store)
{
    size_t count = bench.config.object_count++;

    CHECK(count < BENCH_OBJECTS);
    CHECK(count == 0 || bench.objects[count - 1].object->id < object->id);
    bench.objects[count] = (struct ln_object_entry){object, store};
}

void given_c1(enum ln_version version)
{
    static uint16_t ids[BENCH_SERVERS] = {0, 1}; /* of the instances of objects 0 and 1 */

    (void)bench_clear(NULL);
    memset(&bench, 0, sizeof(bench));
    given_a_server(0);
    asks(0);
    bench.security[0] = (struct ln_security){
        .uri = "coap://192.0.2.1", .mode = LN_SECURITY_NONE, .short_id = 1};
    bench.account[0] = (struct ln_server_account){.short_id = 1,
                                                  .lifetime = LIFETIME,
                                                  .binding = "U",
                                                  .absent = 1U << 2 | 1U << 3 | 1U << 5};
    bench.device = (struct ln_device){
        .manufacturer = "Open Mobile Alliance",
        .model = "Lightweight M2M Client",
        .serial = "345000123",
        .firmware = "1.0",
        .binding = "U",
        .error_codes = {1, {0}, {0}},
        .absent =
            1U << 5 | 1U << 9 | 1U << 10 | 1U << 12 | 1U << 14 | 1U << 15 | 1U << 20 | 1U << 21,
    };
    models_init(&bench.models);
    bench.securities =
        (struct ln_instances){bench.security, ids, sizeof(bench.security[0]), BENCH_SERVERS, 1};
    bench.accounts =
        (struct ln_instances){bench.account, ids, sizeof(bench.account[0]), BENCH_SERVERS, 1};
    bench.config = (struct ln_client_config){
        .endpoint = "urn:dev:1",
        .objects = bench.objects,
        .operations = ln_client_all_operations,
        .formats = bench_formats,
        .version = version,
        .random = {noise, NULL},
        .servers = bench.account_states,
        .server_count = BENCH_SERVERS,
        .memory = bench.memory,
        .memory_size = sizeof(bench.memory),
        .datagram_size = BENCH_DATAGRAM,
        .scratch_size = BENCH_SCRATCH,
    };
    given_object(&ln_security_object, &bench.securities);
    given_object(&ln_server_object, &bench.accounts);
    given_object(&ln_device_object, &bench.device);
}

void given_c3(enum ln_version version)
{
    given_c1(version);
    bench.account[0].absent = 0;
    bench.account[0].min_period = 1;
    bench.account[0].max_period = 10;
    bench.account[0].disable_timeout = 86400;
}

void asks(size_t server)
{
    bench.server = bench.servers[server];
}

static void given_control(uint16_t object, uint16_t instance, uint16_t owner, uint16_t server)
{
    struct ln_access_control *control =
        ln_access_control_add(&bench.control_store, object, instance, owner);

    CHECK(control != NULL && ln_access_control_grant(control, server, 15));
}

void given_a_second_server(void)
{
    given_a_server(1);
    bench.security[1] = (struct ln_security){
        .uri = "coap://192.0.2.2", .mode = LN_SECURITY_NONE, .short_id = 2};
    bench.account[1] = bench.account[0];
    bench.account[1].short_id = 2;
    bench.securities.count = BENCH_SERVERS;
    bench.accounts.count = BENCH_SERVERS;
    bench.control_store = (struct ln_instances){bench.controls, bench.control_ids,
                                                sizeof(bench.controls[0]), BENCH_CONTROLS, 0};
    given_control(1, 0, 1, 1);
    given_control(1, 1, 2, 2);
    given_control(3, 0, LN_ID_NONE, 2);
    CHECK(ln_access_control_grant(&bench.controls[2], 1, 15));
    /* Between objects 1 and 3. */
    bench.objects[3] = bench.objects[2];
    bench.objects[2] =
        (struct ln_object_entry){&ln_access_control_object, &bench.control_store};
    bench.config.object_count++;
    bench.config.operations = ln_client_guarded_operations;
}

void given_it_reports(void)
{
    static struct ln_client_reporting_state state;
    static struct ln_client_notifier notifiers[BENCH_SERVERS];
    static struct ln_client_observation observations[4];
    static struct ln_client_attribute_set attributes[8];
    static const struct ln_client_reporting reporting = {
        .calls = &ln_client_reporting_calls,
        .state = &state,
        .notifiers = notifiers,
        .observations = observations,
        .observation_count = LN_COUNT(observations),
        .attribute_count = LN_COUNT(attributes),
        .attributes = attributes,
        .sampling = &ln_client_sampling_calls,
    };

    bench.config.reporting = &reporting;
}

static const uint16_t two_ids[2] = {0, 1};

#define TWO(list, a, b)                                                                        \
    do {                                                                                       \
        (list).count = 2;                                                                      \
        memcpy((list).ids, two_ids, sizeof(two_ids));                                          \
        (list).values[0] = (a);                                                                \
        (list).values[1] = (b);                                                                \
    } while (0)

void given_c4(enum ln_version version)
{
    given_c3(version);
    TWO(bench.device.power_sources, 1, 2);
    TWO(bench.device.voltages, 3800, 5000);
    TWO(bench.device.currents, 125, 900);
    bench.device.battery_percent = 100;
    bench.device.absent &= ~(1U << 9);
}

void given_a_clock(void)
{
    bench.device.clock = wall;
    bench.device.absent &= ~(1U << 14 | 1U << 15);
    (void)ln_bytes_to_text(BYTES("+01:00"), bench.device.utc_offset, 8);
    (void)ln_bytes_to_text(BYTES("Europe/Berlin"), bench.device.timezone, 48);
}

void the_client_starts(void)
{
    CHECK_OK(ln_client_init(&bench.client, sizeof(bench.client), &bench.config));
    if (bootstrap_is_on()) {
        bootstrap_start();
    } else {
        ln_client_start(&bench.client, bench.now);
    }
    settle();
}

void given_it_is_registered(void)
{
    the_client_starts();
    CHECK_CLIENT_SAYS("registered\n");
    CHECK_SERVER_SAYS("registered\n");
    forget();
}

void the_device_reboots(void)
{
    the_client_starts();
}

/* ---- Operations ---- */

void operate(const struct ln_operation *operation)
{
    uint64_t id;

    bench.code = 0;
    CHECK_OK(ln_server_operate(bench.server, bench.now, ln_bytes_of_text("urn:dev:1"),
                               operation, NULL, 0, &id));
    settle();
}

static struct ln_path path_of(const char *text)
{
    struct ln_path path;

    CHECK(ln_path_of_text(ln_bytes_of_text(text), &path));
    return path;
}

static void send(enum ln_operation_kind kind, const char *path, uint16_t format,
                 struct ln_bytes payload)
{
    operate(&(struct ln_operation){.kind = kind,
                                   .path = path_of(path),
                                   .accept = LN_FORMAT_NONE,
                                   .format = format,
                                   .payload = payload});
}

void read_as(const char *path, uint16_t accept)
{
    operate(&(struct ln_operation){.kind = LN_OPERATION_READ,
                                   .path = path_of(path),
                                   .accept = accept,
                                   .format = LN_FORMAT_NONE});
}

void discover(const char *path)
{
    send(LN_OPERATION_DISCOVER, path, LN_FORMAT_NONE, ln_bytes("", 0));
}

void write_at(const char *path, uint16_t format, struct ln_bytes payload)
{
    send(LN_OPERATION_WRITE, path, format, payload);
}

void write_text(const char *path, const char *text)
{
    write_at(path, LN_FORMAT_TEXT, ln_bytes_of_text(text));
}

void update_at(const char *path, uint16_t format, struct ln_bytes payload)
{
    send(LN_OPERATION_WRITE_PARTIAL, path, format, payload);
}

void execute(const char *path)
{
    send(LN_OPERATION_EXECUTE, path, LN_FORMAT_NONE, ln_bytes("", 0));
}

void create_at(const char *path, uint16_t format, struct ln_bytes payload)
{
    send(LN_OPERATION_CREATE, path, format, payload);
}

void delete_at(const char *path)
{
    send(LN_OPERATION_DELETE, path, LN_FORMAT_NONE, ln_bytes("", 0));
}

void write_attributes(const char *path, const char *attributes)
{
    operate(&(struct ln_operation){.kind = LN_OPERATION_WRITE_ATTRIBUTES,
                                   .path = path_of(path),
                                   .accept = LN_FORMAT_NONE,
                                   .format = LN_FORMAT_NONE,
                                   .query = ln_bytes_of_text(attributes)});
}

void observe_as(const char *path, uint16_t format, const char *attributes)
{
    CHECK_OK(ln_server_observe(bench.server, bench.now, ln_bytes_of_text("urn:dev:1"),
                               path_of(path), format, ln_bytes_of_text(attributes), false));
    settle();
}

void observe(const char *path, const char *attributes)
{
    observe_as(path, LN_FORMAT_TEXT, attributes);
}

void observe_no_longer(const char *path)
{
    CHECK_OK(ln_server_unobserve(bench.server, bench.now, ln_bytes_of_text("urn:dev:1"),
                                 path_of(path)));
    settle();
}

struct ln_bytes encoded(uint16_t format, const char *base, const struct ln_record *records,
                        size_t count)
{
    static uint8_t memory[BENCH_TEXT];
    struct ln_writer w = ln_writer(memory, sizeof(memory));
    const struct ln_array array = {records, count};

    CHECK_OK(ln_encode(ln_format_find(bench_formats, format), &w, path_of(base),
                       ln_records_of(&array)));
    CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

/* ---- What is to be seen ---- */

struct ln_registration_view registration(void)
{
    struct ln_registration_view view;
    const struct ln_registration *found =
        ln_server_find(bench.server, ln_bytes_of_text("urn:dev:1"));

    assert_non_null(found);
    ln_registration_get(found, &view);
    return view;
}

const char *bench_code(void)
{
    static char text[16];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_coap_write_code(&w, bench.code);
    ln_write_u8(&w, '\0');
    return text;
}
