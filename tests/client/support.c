/* A client with two accounts and a server played by hand, under a clock that only the test
 * moves. */

#include "support.h"

#include <string.h>

struct fixture f;

static void noise(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, f.noise, size);
}

static int64_t wall(void *context)
{
    (void)context;
    return f.wall;
}

static const struct ln_format *const formats[] = {
    &ln_format_text,
    &ln_format_opaque,
    &ln_format_tlv,
    NULL,
};

static struct ln_instances instances(void *items, uint16_t *ids, size_t size, uint16_t capacity,
                                     uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        ids[i] = i;
    }
    return (struct ln_instances){items, ids, (uint32_t)size, capacity, count};
}

static void given_objects(void)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        f.security[i] = (struct ln_security){.uri = "coap://192.0.2.1",
                                             .mode = LN_SECURITY_NONE,
                                             .short_id = (uint16_t)(101 + i)};
        f.account[i] = (struct ln_server_account){
            .short_id = (uint16_t)(101 + i), .lifetime = LIFETIME, .binding = "U"};
    }
    f.device = (struct ln_device){
        .manufacturer = "Open Mobile Alliance",
        .model = "Lightweight M2M Client",
        .serial = "345000123",
        .firmware = "1.0",
        .binding = "U",
        .clock = wall,
        .absent = 1U << 9 | 1U << 10 | 1U << 14 | 1U << 15 | 1U << 20 | 1U << 21,
    };
    ln_test_reset(&f.test[0]);
    f.securities = instances(f.security, f.security_ids, sizeof(f.security[0]), ACCOUNTS, 1);
    f.accounts = instances(f.account, f.account_ids, sizeof(f.account[0]), ACCOUNTS, 1);
    f.tests = instances(f.test, f.test_ids, sizeof(f.test[0]), TESTS, 1);
    f.objects[0] = (struct ln_object_entry){&ln_security_object, &f.securities};
    f.objects[1] = (struct ln_object_entry){&ln_server_object, &f.accounts};
    f.objects[2] = (struct ln_object_entry){&ln_device_object, &f.device};
    f.objects[3] = (struct ln_object_entry){&ln_test_object, &f.tests};
}

void given_a_client(enum ln_version version)
{
    memset(&f, 0, sizeof(f));
    f.now = 1000;
    f.wall = 1367491215;
    f.next_id = 0x7000;
    given_objects();
    f.config = (struct ln_client_config){
        .endpoint = "urn:dev:1",
        .objects = f.objects,
        .object_count = 4,
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = version,
        .random = {noise, NULL},
        .servers = f.servers,
        .server_count = ACCOUNTS,
        .memory = f.memory,
        .memory_size = sizeof(f.memory),
        .datagram_size = DATAGRAM,
        .scratch_size = SCRATCH,
    };
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
}

void given_a_registered_client(enum ln_version version)
{
    struct ln_coap_message m;

    given_a_client(version);
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_2_01, "rd/5a");
    CHECK(client_tells(LN_CLIENT_REGISTERED));
    no_more_events();
    CHECK(!client_sends(&m));
}

bool client_sends(struct ln_coap_message *m)
{
    f.datagram_len = ln_client_send(&f.client, f.now, f.datagram, sizeof(f.datagram), &f.link);
    if (f.datagram_len == 0) {
        /* Nothing now: then nothing is due before the deadline either. */
        CHECK(ln_client_deadline(&f.client) > f.now);
        return false;
    }
    CHECK_OK(ln_coap_parse(ln_bytes(f.datagram, f.datagram_len), m));
    return true;
}

bool client_tells(enum ln_client_event_kind kind)
{
    return ln_client_event(&f.client, &f.event) && f.event.kind == kind;
}

void no_more_events(void)
{
    CHECK(!ln_client_event(&f.client, &f.event));
}

/* In a block of just its size, so that ASan sees a read beyond its end. */
void client_receives(struct ln_bytes datagram)
{
    uint8_t *exact = test_malloc(datagram.len + 1);

    memcpy(exact, datagram.at, datagram.len);
    ln_client_recv(&f.client, f.now, f.link, ln_bytes(exact, datagram.len));
    test_free(exact);
}

void after(ln_time wait)
{
    f.now += wait;
}

void link_goes_up(void)
{
    CHECK(client_tells(LN_CLIENT_OPEN));
    CHECK(f.event.security != NULL);
    ln_client_link_up(&f.client, f.now, f.event.link);
}

unsigned options_of(const struct ln_coap_message *m, uint16_t number)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);
    unsigned count = 0;

    while (ln_coap_option_find(&at, number)) {
        count++;
    }
    return count;
}

const char *option_of(const struct ln_coap_message *m, uint16_t number, unsigned n)
{
    static char text[256];
    struct ln_coap_option_cursor at = ln_coap_option_first(m);

    text[0] = '\0';
    for (unsigned i = 0; ln_coap_option_find(&at, number); i++) {
        if (i == n) {
            CHECK(ln_bytes_to_text(at.value, text, sizeof(text)));
            break;
        }
    }
    return text;
}

static void add_segments(struct ln_coap_builder *b, uint16_t number, const char *path)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(path));

    (void)ln_read_if(&in, '/');
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(b, number, ln_read_until(&in, '/'));
    }
}

void server_answers(const struct ln_coap_message *request, uint8_t code, const char *location)
{
    uint8_t answer[128];
    struct ln_coap_builder b = ln_coap_answer(answer, sizeof(answer), request, code, 0);

    if (location != NULL) {
        add_segments(&b, LN_COAP_LOCATION_PATH, location);
    }
    client_receives(ln_bytes(answer, ln_coap_finish(&b)));
}

size_t write_question(const struct question *q, uint8_t *out, size_t size, uint16_t id)
{
    static const struct ln_coap_token token = {{0xca, 0xfe}, 2};
    struct ln_coap_builder b = ln_coap_start(out, size, LN_COAP_CON, q->code, id, &token);

    add_segments(&b, LN_COAP_URI_PATH, q->path);
    if (q->format != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, q->format);
    }
    if (q->query != NULL) {
        ln_coap_add_text(&b, LN_COAP_URI_QUERY, q->query);
    }
    if (q->accept != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_ACCEPT, q->accept);
    }
    if (q->block2.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, q->block2);
    }
    if (q->block1.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK1, q->block1);
    }
    if (q->size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, q->size1);
    }
    ln_coap_add_payload(&b, q->payload);
    return ln_coap_finish(&b);
}

struct ln_coap_message ask(const struct question *q)
{
    uint8_t datagram[DATAGRAM];
    struct ln_coap_message m = {0};
    uint16_t id = f.next_id++;
    size_t len = write_question(q, datagram, sizeof(datagram), id);

    client_receives(ln_bytes(datagram, len));
    if (client_sends(&m)) {
        CHECK_EQ(m.type, LN_COAP_ACK);
        CHECK_EQ(m.id, id);
        CHECK_BYTES(ln_bytes(m.token.bytes, m.token.len), "\xca\xfe");
    }
    return m;
}

struct ln_coap_message read_path(const char *path, uint16_t accept)
{
    return ask(&(struct question){
        .code = LN_COAP_GET, .path = path, .accept = accept, .format = LN_FORMAT_NONE});
}

struct ln_coap_message write_path(const char *path, uint16_t format, struct ln_bytes payload)
{
    return ask(&(struct question){.code = LN_COAP_PUT,
                                  .path = path,
                                  .accept = LN_FORMAT_NONE,
                                  .format = format,
                                  .payload = payload});
}

struct ln_coap_message write_text(const char *path, const char *text)
{
    return write_path(path, LN_FORMAT_TEXT, ln_bytes_of_text(text));
}

struct ln_coap_message post(const char *path, uint16_t format, struct ln_bytes payload)
{
    return ask(&(struct question){.code = LN_COAP_POST,
                                  .path = path,
                                  .accept = LN_FORMAT_NONE,
                                  .format = format,
                                  .payload = payload});
}

struct ln_coap_message execute(const char *path, const char *arguments)
{
    return post(path, arguments == NULL ? LN_FORMAT_NONE : LN_FORMAT_TEXT,
                ln_bytes_of_text(arguments));
}
