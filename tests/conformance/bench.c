/* Joins the two engines, moves their datagrams, and writes down what happens. */

#include "conformance/bench.h"

#include <stdlib.h>

struct bench bench;

static ln_formats formats = {
    &ln_format_text,       &ln_format_opaque,     &ln_format_tlv,  &ln_format_json,
    &ln_format_senml_json, &ln_format_senml_cbor, &ln_format_cbor, NULL,
};

static struct ln_address server_address(void)
{
    return ln_address_ipv4(192, 0, 2, 1, 5683);
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

/* ---- Writing down ---- */

/* Goes on writing behind what stands in `text` already. */
static struct ln_writer text_writer(char *text)
{
    size_t used = strlen(text);

    return ln_writer(text + used, BENCH_TEXT - 1 - used);
}

static void text_end(struct ln_writer *w)
{
    ln_write_u8(w, '\n');
    CHECK(!w->failed);
    ln_write_u8(w, '\0');
}

static void write_hex(struct ln_writer *w, struct ln_bytes bytes)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.len; i++) {
        ln_write_u8(w, (uint8_t)digits[bytes.at[i] >> 4]);
        ln_write_u8(w, (uint8_t)digits[bytes.at[i] & 15]);
    }
}

static bool is_text(uint16_t format)
{
    return format == LN_FORMAT_TEXT || format == LN_FORMAT_LINK || format == LN_FORMAT_JSON ||
           format == LN_FORMAT_SENML_JSON || format == LN_FORMAT_NONE;
}

static void write_code(struct ln_writer *w, uint8_t code)
{
    static const char *const methods[] = {"", "GET", "POST", "PUT", "DELETE"};

    if (code > 0 && code < LN_COUNT(methods)) {
        ln_write_text(w, methods[code]);
    } else {
        ln_coap_write_code(w, code);
    }
}

/* What follows "rd" in a path is the server's choice. */
static void write_segments(struct ln_writer *w, const struct ln_coap_message *m,
                           uint16_t number, const char *label)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);
    bool in_rd = false;

    for (bool first = true; ln_coap_option_find(&at, number); first = false) {
        ln_write_text(w, first ? label : "/");
        if (in_rd) {
            ln_write_u8(w, '*');
        } else {
            ln_write_bytes(w, at.value);
        }
        in_rd = first && ln_bytes_equal(at.value, ln_bytes_of_text("rd"));
    }
}

static void write_query(struct ln_writer *w, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);

    for (bool first = true; ln_coap_option_find(&at, LN_COAP_URI_QUERY); first = false) {
        ln_write_u8(w, first ? '?' : '&');
        ln_write_bytes(w, at.value);
    }
}

static void write_format(struct ln_writer *w, const char *label, uint16_t format)
{
    if (format != LN_FORMAT_NONE) {
        ln_write_text(w, label);
        ln_write_unsigned_text(w, format);
    }
}

static void note_datagram(const char *sender, struct ln_bytes datagram)
{
    static const char *const types[] = {" CON ", " NON ", " ACK ", " RST "};
    struct ln_writer w = text_writer(bench.wire);
    struct ln_coap_message m;
    struct ln_coap_options o;

    CHECK_OK(ln_coap_parse(datagram, &m));
    CHECK_OK(ln_coap_options(&m, &o));
    ln_write_text(&w, sender);
    ln_write_text(&w, types[m.type]);
    write_code(&w, m.code);
    write_segments(&w, &m, LN_COAP_URI_PATH, " /");
    write_query(&w, &m);
    write_segments(&w, &m, LN_COAP_LOCATION_PATH, " location=/");
    write_format(&w, " accept=", o.accept);
    write_format(&w, " format=", o.content_format);
    if (m.payload.len > 0) {
        ln_write_u8(&w, ' ');
        if (is_text(o.content_format)) {
            ln_write_bytes(&w, m.payload);
        } else {
            write_hex(&w, m.payload);
        }
    }
    text_end(&w);
}

/* ---- What the engines tell their apps ---- */

static void note_client_event(const struct ln_client_event *event)
{
    static const char *const names[] = {
        [LN_CLIENT_REGISTERED] = "registered", [LN_CLIENT_UPDATED] = "updated",
        [LN_CLIENT_REFUSED] = "refused",       [LN_CLIENT_LOST] = "lost",
        [LN_CLIENT_DEREGISTERED] = "left",     [LN_CLIENT_WRITTEN] = "written",
        [LN_CLIENT_EXECUTED] = "executed",     [LN_CLIENT_CREATED] = "created",
        [LN_CLIENT_DELETED] = "deleted",
    };
    struct ln_writer w = text_writer(bench.client_says);

    ln_write_text(&w, names[event->kind]);
    if (event->kind >= LN_CLIENT_WRITTEN) {
        ln_write_u8(&w, ' ');
        ln_write_path(&w, event->path);
    }
    text_end(&w);
}

static enum ln_type type_of(const void *context, struct ln_path path)
{
    const struct ln_client_config *config = context;

    for (size_t i = 0; i < config->object_count; i++) {
        if (config->objects[i].object->id == path.id[0]) {
            const struct ln_resource *row =
                ln_object_resource(config->objects[i].object, path.id[2]);
            return row == NULL ? LN_NONE : (enum ln_type)row->type;
        }
    }
    return LN_NONE;
}

static void write_value(struct ln_writer *w, const struct ln_record *record)
{
    const struct ln_array one = {record, 1};

    if (record->value.type == LN_NONE) {
        ln_write_u8(w, '-');
    } else if (record->value.type == LN_OPAQUE) {
        write_hex(w, record->value.as.bytes);
    } else {
        CHECK_OK(ln_encode(&ln_format_text, w, record->path, ln_records_of(&one)));
    }
}

/* As the server's app does with an answer: whatever known format it comes in. */
static void decode_values(struct ln_path base, uint16_t id, struct ln_bytes payload)
{
    static uint8_t scratch_memory[BENCH_TEXT];
    struct ln_arena scratch = ln_arena(scratch_memory, sizeof(scratch_memory));
    const struct ln_types types = {type_of, &bench.config};
    const struct ln_format *format = ln_format_find(formats, id);
    struct ln_decoder in;
    struct ln_record record;

    assert_non_null(format);
    ln_decoder_init(&in, format, base, payload, &types, &scratch);
    while (ln_decode(&in, &record)) {
        struct ln_writer w = text_writer(bench.values);
        ln_write_path(&w, record.path);
        ln_write_u8(&w, ' ');
        write_value(&w, &record);
        text_end(&w);
    }
    CHECK_OK(in.err);
}

static void take_result(const struct ln_server_event *event)
{
    struct ln_writer w = ln_writer(bench.payload, sizeof(bench.payload));

    bench.code = event->code;
    bench.format = event->format;
    ln_write_bytes(&w, event->payload);
    CHECK(!w.failed);
    bench.payload_len = w.written;
    bench.values[0] = '\0';
    if (event->code == LN_COAP_2_05 && event->format != LN_FORMAT_LINK) {
        decode_values(event->operation.path, event->format, event->payload);
    }
}

static void write_changes(struct ln_writer *w, const struct ln_server_event *event)
{
    ln_write_text(w, event->lifetime_changed ? " lifetime" : "");
    ln_write_text(w, event->binding_changed ? " binding" : "");
    ln_write_text(w, event->objects_changed ? " objects" : "");
    ln_write_text(w, event->address_changed ? " address" : "");
}

static void note_server_event(const struct ln_server_event *event)
{
    static const char *const names[] = {
        [LN_SERVER_REGISTERED] = "registered", [LN_SERVER_UPDATED] = "updated",
        [LN_SERVER_DEREGISTERED] = "left",     [LN_SERVER_EXPIRED] = "expired",
        [LN_SERVER_REPLACED] = "replaced",     [LN_SERVER_RESULT] = "result ",
    };
    struct ln_writer w = text_writer(bench.server_says);

    CHECK(event->kind <= LN_SERVER_RESULT);
    ln_write_text(&w, names[event->kind]);
    write_changes(&w, event);
    if (event->kind == LN_SERVER_RESULT) {
        ln_write_text(&w, ln_outcome_name(event->outcome));
        ln_write_u8(&w, ' ');
        ln_coap_write_code(&w, event->code);
        if (event->location.len > 0) {
            ln_write_text(&w, " location=");
            ln_write_bytes(&w, event->location);
        }
        take_result(event);
    }
    text_end(&w);
}

/* ---- The wire ---- */

static bool server_goes_on(void)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_event event;
    struct ln_server_out out;
    size_t len = ln_server_send(bench.server, bench.now, buffer, sizeof(buffer), &out);
    bool any = len > 0;

    if (len > 0 && !bench.wire_is_cut) {
        const struct ln_address client = client_address();
        CHECK(ln_address_equal(&out.to.remote, &client));
        note_datagram("server", ln_bytes(buffer, len));
        ln_client_recv(&bench.client, bench.now, 0, ln_bytes(buffer, len));
    }
    while (ln_server_event(bench.server, &event)) {
        note_server_event(&event);
        any = true;
    }
    return any;
}

static bool client_goes_on(void)
{
    const struct ln_peer peer = {.remote = client_address(), .local = server_address()};
    uint8_t buffer[BENCH_DATAGRAM];
    struct ln_client_event event;
    ln_link link;
    size_t len = ln_client_send(&bench.client, bench.now, buffer, sizeof(buffer), &link);
    bool any = len > 0;

    if (len > 0 && !bench.wire_is_cut) {
        note_datagram("client", ln_bytes(buffer, len));
        ln_server_recv(bench.server, bench.now, &peer, ln_bytes(buffer, len));
    }
    while (ln_client_event(&bench.client, &event)) {
        any = true;
        if (event.kind == LN_CLIENT_OPEN) {
            ln_client_link_up(&bench.client, bench.now, event.link);
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
        any = server_goes_on() || any;
    }
}

void time_passes(ln_time ms)
{
    ln_time until = bench.now + ms;

    settle();
    for (;;) {
        ln_time client = ln_client_deadline(&bench.client);
        ln_time server = ln_server_deadline(bench.server);
        ln_time due = client < server ? client : server;
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
    ln_server_free(bench.server);
    bench.server = NULL;
    return 0;
}

static void given_a_server(void)
{
    const struct ln_server_config config = {
        .size = sizeof(config), .random = {noise, NULL}, .allocator = {resize, NULL}};

    bench.server = ln_server_new(&config, bench.now);
    assert_non_null(bench.server);
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
    static uint16_t only_id; /* 0, of the single instances of objects 0 and 1 */

    (void)bench_clear(NULL);
    memset(&bench, 0, sizeof(bench));
    given_a_server();
    bench.security = (struct ln_security){
        .uri = "coap://192.0.2.1", .mode = LN_SECURITY_NONE, .short_id = 1};
    bench.account = (struct ln_server_account){.short_id = 1,
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
        (struct ln_instances){&bench.security, &only_id, sizeof(bench.security), 1, 1};
    bench.accounts =
        (struct ln_instances){&bench.account, &only_id, sizeof(bench.account), 1, 1};
    bench.config = (struct ln_client_config){
        .endpoint = "urn:dev:1",
        .objects = bench.objects,
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = version,
        .random = {noise, NULL},
        .servers = &bench.account_state,
        .server_count = 1,
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
    bench.account.absent = 0;
    bench.account.min_period = 1;
    bench.account.max_period = 10;
    bench.account.disable_timeout = 86400;
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
    ln_client_start(&bench.client, bench.now);
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
                               operation, 0, &id));
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

struct ln_bytes encoded(uint16_t format, const char *base, const struct ln_record *records,
                        size_t count)
{
    static uint8_t memory[BENCH_TEXT];
    struct ln_writer w = ln_writer(memory, sizeof(memory));
    const struct ln_array array = {records, count};

    CHECK_OK(
        ln_encode(ln_format_find(formats, format), &w, path_of(base), ln_records_of(&array)));
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
