/* What the tests of queue, queue mode and observations share. */

#include "waiting_support.h"

#include <stdio.h>

const struct ln_server_terms waits = {.expires_at = LN_NEVER, .queue = true};
const struct ln_server_terms durable = {.expires_at = LN_NEVER, .queue = true, .durable = true};

struct place given_a_device_in_queue_mode(unsigned number, const char *endpoint)
{
    char what[600];
    struct ln_peer peer = device(number);

    snprintf(what, sizeof(what), "POST /rd?ep=%s&lt=86400&lwm2m=1.1&b=U&Q", endpoint);
    struct datagram d =
        request(LN_COAP_CON, (uint16_t)(100 + number), what, LN_FORMAT_LINK, object_list);
    arrives(&peer, &d);
    struct sent created = then_it_sends();
    CHECK_EQ(created.message.code, LN_COAP_2_01);
    then_event(LN_SERVER_REGISTERED);
    return place_of(&created);
}

void given_it_sleeps(void)
{
    now += 93 * 1000;
    then_it_is_silent();
    then_event(LN_SERVER_SLEEPING);
}

ln_err operate(const char *endpoint, enum ln_operation_kind kind,
               const struct ln_server_terms *terms, uint64_t tag, uint64_t *id)
{
    char payload[16];
    struct ln_operation operation = {
        .kind = kind,
        .path = ln_path_resource(3, 0, 4),
        .accept = LN_FORMAT_NONE,
        .format = kind == LN_OPERATION_WRITE ? LN_FORMAT_TEXT : LN_FORMAT_NONE,
    };

    snprintf(payload, sizeof(payload), "%u", (unsigned)tag);
    if (kind == LN_OPERATION_WRITE) {
        operation.payload = ln_bytes_of_text(payload);
    } else if (kind == LN_OPERATION_DELETE) {
        operation.path = ln_path_instance(16, 0);
    }
    return ln_server_operate(server, now, ln_bytes_of_text(endpoint), &operation, terms, tag,
                             id);
}

uint64_t given_an_operation(const char *endpoint, enum ln_operation_kind kind,
                            const struct ln_server_terms *terms, uint64_t tag)
{
    uint64_t id = 0;

    CHECK_OK(operate(endpoint, kind, terms, tag, &id));
    assert_true(id != 0);
    return id;
}

void it_answers(unsigned number, const struct sent *request_sent, uint8_t code,
                const char *payload)
{
    struct ln_peer peer = device(number);
    struct datagram d = response(LN_COAP_ACK, request_sent->message.id, code,
                                 &request_sent->message.token, payload);

    arrives(&peer, &d);
}

void nothing_comes(void)
{
    struct sent sent;

    for (int i = 0; i < 100; i++) {
        now += 1000;
        while (next_sent(&sent)) {
        }
    }
}

struct datagram notification(enum ln_coap_type type, uint16_t id, uint8_t code,
                             const struct ln_coap_token *token, int sequence,
                             const char *payload)
{
    struct datagram d;
    struct ln_coap_builder b = ln_coap_start(d.bytes, sizeof(d.bytes), type, code, id, token);

    if (sequence >= 0) {
        ln_coap_add_uint(&b, LN_COAP_OBSERVE, (uint32_t)sequence);
    }
    if (payload != NULL) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_TEXT);
        ln_coap_add_payload(&b, ln_bytes_of_text(payload));
    }
    d.length = ln_coap_finish(&b);
    return d;
}

bool has_observe(const struct sent *sent, uint32_t *value)
{
    struct ln_coap_options options;

    CHECK_OK(ln_coap_options(&sent->message, &options));
    *value = options.observe;
    return options.has_observe;
}
