/* An engine under a clock of the test, and devices made of datagrams. */

#include "support.h"

#include "request_text.h"

#include <stdio.h>
#include <stdlib.h>

struct ln_server *server;
ln_time now;
size_t memory_blocks;
size_t memory_bytes;
size_t memory_calls;
size_t memory_left = SIZE_MAX;

const char object_list[] = "</1/0>,</3/0>,</5>";

/* ---- The allocator: counts, and runs out when a test says so ---- */

struct block {
    size_t size;
    size_t padding; /* keeps what follows aligned */
};

static void give_back(struct block *block)
{
    if (block != NULL) {
        memory_blocks--;
        memory_bytes -= block->size;
        free(block);
    }
}

static void *resize(void *context, void *memory, size_t size)
{
    struct block *old = memory == NULL ? NULL : (struct block *)memory - 1;

    (void)context;
    if (size == 0) {
        give_back(old);
        return NULL;
    }
    assert_null(old); /* the engine never resizes */
    memory_calls++;
    if (memory_left != SIZE_MAX && memory_left-- == 0) {
        memory_left = 0;
        return NULL;
    }
    struct block *block = malloc(sizeof(*block) + size);
    assert_non_null(block);
    block->size = size;
    memset(block + 1, 0xA5, size); /* nothing may count on zeros */
    memory_blocks++;
    memory_bytes += size;
    return block + 1;
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

struct ln_server_config config_of_tests(void)
{
    static uint64_t state;

    return (struct ln_server_config){
        .size = sizeof(struct ln_server_config),
        .random = {fill, &state},
        .allocator = {resize, NULL},
    };
}

void given_a_server_of(const struct ln_server_config *config)
{
    now = 1000;
    memory_left = SIZE_MAX;
    memory_blocks = 0;
    memory_bytes = 0;
    memory_calls = 0;
    server = ln_server_new(config, now);
    assert_non_null(server);
}

void given_a_server(void)
{
    struct ln_server_config config = config_of_tests();

    given_a_server_of(&config);
}

void then_all_is_given_back(void)
{
    memory_left = SIZE_MAX;
    ln_server_free(server);
    server = NULL;
    CHECK_EQ(memory_blocks, 0);
    CHECK_EQ(memory_bytes, 0);
}

struct ln_peer device(unsigned number)
{
    return (struct ln_peer){
        .remote = ln_address_ipv4(10, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                                  (uint8_t)number, 5683),
        .local = ln_address_ipv4(192, 0, 2, 1, 5683),
    };
}

/* ---- Datagrams ---- */

struct datagram request(enum ln_coap_type type, uint16_t id, const char *what, uint16_t format,
                        const char *payload)
{
    struct datagram d;
    struct ln_coap_token token = {{0xC0, (uint8_t)(id >> 8), (uint8_t)id}, 3};
    struct ln_coap_builder b =
        request_of_text(d.bytes, sizeof(d.bytes), type, id, &token, what, format);

    ln_coap_add_payload(&b, ln_bytes_of_text(payload));
    d.length = ln_coap_finish(&b);
    assert_true(d.length > 0);
    return d;
}

struct datagram response(enum ln_coap_type type, uint16_t id, uint8_t code,
                         const struct ln_coap_token *token, const char *payload)
{
    struct datagram d;
    struct ln_coap_builder b = ln_coap_start(d.bytes, sizeof(d.bytes), type, code, id, token);

    if (payload != NULL) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_TEXT);
        ln_coap_add_payload(&b, ln_bytes_of_text(payload));
    }
    d.length = ln_coap_finish(&b);
    return d;
}

struct datagram empty(enum ln_coap_type type, uint16_t id)
{
    struct datagram d;

    d.length = ln_coap_empty(d.bytes, sizeof(d.bytes), type, id);
    return d;
}

void bytes_arrive(const struct ln_peer *from, struct ln_bytes bytes)
{
    uint8_t *exact = malloc(bytes.len == 0 ? 1 : bytes.len);

    assert_non_null(exact);
    if (bytes.len > 0) {
        memcpy(exact, bytes.at, bytes.len);
    }
    ln_server_recv(server, now, from, ln_bytes(exact, bytes.len));
    free(exact);
}

void arrives(const struct ln_peer *from, const struct datagram *datagram)
{
    bytes_arrive(from, ln_bytes(datagram->bytes, datagram->length));
}

bool next_sent(struct sent *out)
{
    static struct datagram last[64]; /* what the messages of a test point into */
    static size_t next;
    struct datagram *d = &last[next++ % LN_COUNT(last)];
    struct ln_server_out to;

    d->length = ln_server_send(server, now, d->bytes, sizeof(d->bytes), &to);
    if (d->length == 0) {
        return false;
    }
    out->datagram = *d;
    out->to = to.to;
    CHECK_OK(ln_coap_parse(ln_bytes(d->bytes, d->length), &out->message));
    return true;
}

struct sent then_it_sends(void)
{
    struct sent sent;

    assert_true(next_sent(&sent));
    return sent;
}

void then_it_is_silent(void)
{
    struct sent sent;

    assert_false(next_sent(&sent));
}

struct sent then_it_answers(uint8_t code)
{
    struct sent sent = then_it_sends();

    CHECK_EQ(sent.message.code, code);
    then_it_is_silent();
    return sent;
}

struct place place_of(const struct sent *created)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(&created->message);
    struct place place;

    assert_true(ln_coap_option_find(&option, LN_COAP_LOCATION_PATH));
    CHECK_TEXT(option.value, "rd");
    assert_true(ln_coap_option_find(&option, LN_COAP_LOCATION_PATH));
    snprintf(place.text, sizeof(place.text), "rd/%.*s", (int)option.value.len,
             (const char *)option.value.at);
    assert_false(ln_coap_option_find(&option, LN_COAP_LOCATION_PATH));
    return place;
}

struct place given_a_registered_device(unsigned number, const char *endpoint)
{
    char what[600];
    struct ln_peer peer = device(number);

    snprintf(what, sizeof(what), "POST /rd?ep=%s&lt=300&lwm2m=1.1&b=U", endpoint);
    struct datagram d =
        request(LN_COAP_CON, (uint16_t)(100 + number), what, LN_FORMAT_LINK, object_list);
    arrives(&peer, &d);
    struct sent created = then_it_answers(LN_COAP_2_01);
    then_event(LN_SERVER_REGISTERED);
    return place_of(&created);
}

struct datagram update(uint16_t id, const struct place *place, const char *query)
{
    char what[600];

    snprintf(what, sizeof(what), "POST /%s%s%s", place->text, query[0] == '\0' ? "" : "?",
             query);
    return request(LN_COAP_CON, id, what, LN_FORMAT_NONE, "");
}

/* ---- Events ---- */

struct ln_server_event then_event(enum ln_server_event_kind kind)
{
    struct ln_server_event event;

    assert_true(ln_server_event(server, &event));
    CHECK_EQ(event.kind, kind);
    return event;
}

void then_no_event(void)
{
    struct ln_server_event event;

    assert_false(ln_server_event(server, &event));
}

void events_are_read(void)
{
    struct ln_server_event event;

    while (ln_server_event(server, &event)) {
    }
}

uint64_t given_a_read(const char *endpoint, uint64_t tag)
{
    struct ln_operation read = {
        .kind = LN_OPERATION_READ,
        .path = ln_path_resource(3, 0, 0),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_NONE,
    };
    uint64_t id = 0;

    CHECK_OK(ln_server_operate(server, now, ln_bytes_of_text(endpoint), &read, NULL, tag, &id));
    assert_true(id != 0);
    return id;
}

struct ln_server_event then_result(uint64_t tag, enum ln_outcome outcome)
{
    struct ln_server_event event = then_event(LN_SERVER_RESULT);

    CHECK_EQ(event.tag, tag);
    assert_string_equal(ln_outcome_name(event.outcome), ln_outcome_name(outcome));
    return event;
}
