/* An engine under a clock of the test, and a device made of datagrams. */

#include "support.h"

#include "request_text.h"

#include <stdio.h>
#include <stdlib.h>

struct ln_bootstrap *bootstrap;
ln_time now;
size_t memory_blocks;
size_t memory_left = SIZE_MAX;

const struct ln_bootstrap_step delete_all = {.kind = LN_BOOTSTRAP_DELETE};
const struct ln_bootstrap_step finish = {.kind = LN_BOOTSTRAP_FINISH};
const struct ln_bootstrap_step discover_all = {.kind = LN_BOOTSTRAP_DISCOVER};

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        memory_blocks--;
        free(memory);
        return NULL;
    }
    assert_null(memory); /* the engine never resizes */
    if (memory_left != SIZE_MAX && memory_left-- == 0) {
        memory_left = 0;
        return NULL;
    }
    memory_blocks++;
    void *block = malloc(size);
    assert_non_null(block);
    return memset(block, 0xA5, size); /* nothing may count on zeros */
}

/* The same in each run. */
static void fill(void *context, void *out, size_t size)
{
    uint64_t *state = context;
    uint8_t *at = out;

    for (size_t i = 0; i < size; i++) {
        *state = *state * 6364136223846793005U + 1442695040888963407U;
        at[i] = (uint8_t)(*state >> 56);
    }
}

struct ln_bootstrap_config config_of_tests(void)
{
    static uint64_t state;
    static const struct ln_format *const formats[] = {
        &ln_format_tlv, &ln_format_text, &ln_format_senml_cbor, &ln_format_senml_json, NULL};

    return (struct ln_bootstrap_config){
        .size = sizeof(struct ln_bootstrap_config),
        .random = {fill, &state},
        .allocator = {resize, NULL},
        .formats = formats,
    };
}

void given_a_bootstrap_server_of(const struct ln_bootstrap_config *config)
{
    now = 1000;
    memory_left = SIZE_MAX;
    memory_blocks = 0;
    bootstrap = ln_bootstrap_new(config, now);
    assert_non_null(bootstrap);
}

void given_a_bootstrap_server(void)
{
    struct ln_bootstrap_config config = config_of_tests();

    given_a_bootstrap_server_of(&config);
}

void then_all_is_given_back(void)
{
    ln_bootstrap_free(bootstrap);
    bootstrap = NULL;
    CHECK_EQ(memory_blocks, 0);
}

struct ln_peer device(unsigned number)
{
    return (struct ln_peer){
        .remote = ln_address_ipv4(10, 0, (uint8_t)(number >> 8), (uint8_t)number, 5683),
        .local = ln_address_ipv4(192, 0, 2, 1, 5783),
    };
}

/* ---- Datagrams of the device ---- */

size_t write_request_text(uint8_t *buffer, size_t size, enum ln_coap_type type, uint16_t id,
                          const char *request)
{
    struct ln_coap_token token = {.bytes = {(uint8_t)(id >> 8), (uint8_t)id}, .len = 2};
    struct ln_coap_builder b =
        request_of_text(buffer, size, type, id, &token, request, LN_FORMAT_NONE);

    return ln_coap_finish(&b);
}

void when_asked(const struct ln_peer *from, uint16_t id, const char *request)
{
    uint8_t buffer[1024];
    size_t length = write_request_text(buffer, sizeof(buffer), LN_COAP_CON, id, request);

    ln_bootstrap_recv(bootstrap, now, from, ln_bytes(buffer, length));
}

void when_answered(const struct sent *request, uint8_t code, uint16_t format,
                   struct ln_bytes payload)
{
    uint8_t buffer[1500];
    struct ln_coap_builder b = ln_coap_answer(buffer, sizeof(buffer), &request->m, code, 0);

    if (format != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, format);
    }
    ln_coap_add_payload(&b, payload);
    ln_bootstrap_recv(bootstrap, now, &request->to, ln_bytes(buffer, ln_coap_finish(&b)));
}

void when_done(const struct sent *request, uint8_t code)
{
    when_answered(request, code, LN_FORMAT_NONE, ln_bytes(NULL, 0));
}

/* ---- Datagrams of the engine ---- */

bool next_sent(struct sent *out)
{
    struct ln_writer w = ln_writer(out->path, sizeof(out->path) - 1);

    out->len = ln_bootstrap_send(bootstrap, now, out->bytes, sizeof(out->bytes), &out->to);
    if (out->len == 0) {
        return false;
    }
    CHECK_OK(ln_coap_parse(ln_bytes(out->bytes, out->len), &out->m));
    CHECK_OK(ln_coap_options(&out->m, &out->o));
    struct ln_coap_option_cursor option = ln_coap_option_first(&out->m);
    while (ln_coap_option_find(&option, LN_COAP_URI_PATH)) {
        ln_write_u8(&w, '/');
        ln_write_bytes(&w, option.value);
    }
    out->path[w.written] = '\0';
    return true;
}

void then_answered(uint8_t code)
{
    struct sent sent;

    CHECK(next_sent(&sent));
    CHECK_EQ(sent.m.type, LN_COAP_ACK);
    CHECK_EQ(sent.m.code, code);
}

void then_asks(struct sent *out, const char *request)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(request));

    CHECK(next_sent(out));
    CHECK_EQ(out->m.type, LN_COAP_CON);
    CHECK_EQ(out->m.code, method_of_text(ln_read_until(&in, ' ')));
    CHECK_TEXT(ln_read_rest(&in), out->path[0] == '\0' ? "/" : out->path);
}

/* ---- Events ---- */

struct ln_bootstrap_event then_told(enum ln_bootstrap_event_kind kind)
{
    struct ln_bootstrap_event event;

    CHECK(ln_bootstrap_event(bootstrap, &event));
    CHECK_EQ(event.kind, kind);
    return event;
}

void then_nothing_is_told(void)
{
    struct ln_bootstrap_event event;

    CHECK(!ln_bootstrap_event(bootstrap, &event));
}

void then_ended(enum ln_bootstrap_end end, enum ln_bootstrap_reason reason)
{
    struct ln_bootstrap_event event = then_told(LN_BOOTSTRAP_ENDED);

    assert_string_equal(ln_bootstrap_end_name(event.end), ln_bootstrap_end_name(end));
    assert_string_equal(ln_bootstrap_reason_text(event.reason),
                        ln_bootstrap_reason_text(reason));
}

/* ---- Stories that many tests begin with ---- */

uint64_t given_a_session(void)
{
    struct ln_peer from = device(1);

    given_a_bootstrap_server();
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    return then_told(LN_BOOTSTRAP_REQUESTED).session;
}

void when_begun(uint64_t session, const struct ln_bootstrap_step *steps, size_t count)
{
    struct ln_bootstrap_script script = {LN_FORMAT_NONE, steps, count};

    CHECK_OK(ln_bootstrap_begin(bootstrap, now, session, &script));
}

struct ln_bootstrap_server a_server(void)
{
    return (struct ln_bootstrap_server){
        .short_id = 101,
        .uri = ln_bytes_of_text("coap://example.org:5683"),
        .lifetime = 300,
        .binding = LN_BINDING_U,
        .mode = LN_BOOTSTRAP_NO_SEC,
    };
}
