/* The bytes of the requests: header, a token of 8 bytes, and a body that few bytes of change. */

#include "messages.h"

#include <linnet/coap.h>

#include <string.h>

enum { TOKEN_AT = 4, BODY_AT = 12, TEMPLATE_MAX = 512, DIGITS = 7 };

static struct {
    uint8_t bytes[TEMPLATE_MAX];
    size_t length;
    size_t name_at; /* where the device's number stands in its endpoint name */
    size_t list_at; /* and in the object list */
    bool own;
} registering;

static struct {
    uint8_t bytes[TEMPLATE_MAX];
    size_t length;
} putting;

/* Twelve links; the instances of the last two are the device's number where lists are its own. */
static const char links[] = "</>;rt=\"oma.lwm2m\",</1/0>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,"
                            "</3303/0>,</3304/0>,</3311/0>,</3313/0>,</3323/1000>,</3324/1000>";
enum { FIRST_INSTANCE = sizeof("1000>,</3324/1000>") - 1, LAST_INSTANCE = sizeof("1000>") - 1 };

static struct ln_coap_builder start(uint8_t *bytes, uint8_t code)
{
    static const struct ln_coap_token token = {.len = LN_COAP_TOKEN_MAX};

    return ln_coap_start(bytes, TEMPLATE_MAX, LN_COAP_CON, code, 0, &token);
}

void messages_init(bool own)
{
    static const char name[] = "ep=urn:dev:ops:32473-0000000";
    struct ln_coap_builder b = start(registering.bytes, LN_COAP_POST);

    ln_coap_add_text(&b, LN_COAP_URI_PATH, "rd");
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, name);
    registering.name_at = b.out.written - DIGITS;
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, "lt=86400");
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, "lwm2m=1.1");
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, "b=U");
    ln_coap_add_payload(&b, ln_bytes_of_text(links));
    registering.length = ln_coap_finish(&b);
    registering.list_at = registering.length;
    registering.own = own;

    b = start(putting.bytes, LN_COAP_PUT);
    ln_coap_add_text(&b, LN_COAP_URI_PATH, "example_data");
    ln_coap_add_payload(&b, ln_bytes_of_text("x"));
    putting.length = ln_coap_finish(&b);
}

static void put_u16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put_ids(uint8_t *out, const struct message_ids *ids)
{
    put_u16(out + 2, ids->id);
    put_u16(out + TOKEN_AT, ids->slot);
    put_u16(out + TOKEN_AT + 2, (uint16_t)(ids->device >> 16));
    put_u16(out + TOKEN_AT + 4, (uint16_t)ids->device);
    put_u16(out + TOKEN_AT + 6, 0);
}

/* In decimal digits, as many as there is room for. */
static void put_number(uint8_t *at, size_t digits, uint32_t number)
{
    while (digits-- > 0) {
        at[digits] = (uint8_t)('0' + number % 10);
        number /= 10;
    }
}

static size_t write_register(uint8_t *out, uint32_t device)
{
    memcpy(out, registering.bytes, registering.length);
    put_number(out + registering.name_at, DIGITS, device);
    if (registering.own) { /* both from 1000 on: no leading zero, and all pairs differ */
        put_number(out + registering.list_at - FIRST_INSTANCE, 4, 1000 + device % 9000);
        put_number(out + registering.list_at - LAST_INSTANCE, 4, 1000 + device / 9000);
    }
    return registering.length;
}

static size_t write_located(uint8_t *out, uint8_t code, const struct device *device)
{
    uint8_t *at = out + BODY_AT;

    out[0] = 0x48; /* version 1, CON, a token of 8 bytes */
    out[1] = code;
    *at++ = 0xB2; /* Uri-Path of 2 bytes */
    *at++ = 'r';
    *at++ = 'd';
    if (device->location_length < 13) {
        *at++ = device->location_length; /* one more */
    } else {
        *at++ = 13;
        *at++ = (uint8_t)(device->location_length - 13);
    }
    memcpy(at, device->location, device->location_length);
    return (size_t)(at - out) + device->location_length;
}

/* Behind the token: Observe, in plain text, one number. */
static size_t write_value(uint8_t *out, uint32_t observe)
{
    uint8_t *at = out + BODY_AT;

    *at++ = 0x63; /* Observe, of 3 bytes */
    *at++ = (uint8_t)(observe >> 16);
    put_u16(at, (uint16_t)observe);
    at += 2;
    *at++ = 0x60; /* Content-Format 0 */
    *at++ = 0xFF;
    memcpy(at, "21.5", 4);
    return (size_t)(at - out) + 4;
}

size_t message_observed(uint8_t *out, const uint8_t *bytes, size_t length,
                        struct device *device)
{
    if (length < BODY_AT || bytes[0] != 0x48 || bytes[1] != LN_COAP_GET) {
        return 0;
    }
    memcpy(device->token, bytes + TOKEN_AT, TOKEN_SIZE);
    memcpy(out, bytes, BODY_AT);
    out[0] = 0x68; /* ACK, with the token */
    out[1] = LN_COAP_2_05;
    device->notified = 1;
    return write_value(out, device->notified);
}

static size_t write_notification(uint8_t *out, uint16_t id, const struct device *device)
{
    out[0] = 0x48;
    out[1] = LN_COAP_2_05;
    put_u16(out + 2, id);
    memcpy(out + TOKEN_AT, device->token, TOKEN_SIZE);
    return write_value(out, device->notified);
}

size_t message_write(uint8_t *out, enum message what, size_t echo_size,
                     const struct message_ids *ids, const struct device *device)
{
    size_t length = echo_size;

    switch (what) {
    case MESSAGE_NOTIFY:
        return write_notification(out, ids->id, device);
    case MESSAGE_REGISTER:
        length = write_register(out, ids->device);
        break;
    case MESSAGE_UPDATE:
        length = write_located(out, LN_COAP_POST, device);
        break;
    case MESSAGE_DEREGISTER:
        length = write_located(out, LN_COAP_DELETE, device);
        break;
    case MESSAGE_PUT:
        memcpy(out, putting.bytes, putting.length);
        length = putting.length;
        break;
    default:
        memset(out, 0, length);
        out[0] = 0x48;
        break;
    }
    put_ids(out, ids);
    return length;
}

bool message_read_ids(const uint8_t *bytes, size_t length, struct message_ids *ids)
{
    const uint8_t *token = bytes + TOKEN_AT;

    if (length < BODY_AT || (bytes[0] & 15) != LN_COAP_TOKEN_MAX) {
        return false;
    }
    ids->id = (uint16_t)(bytes[2] << 8 | bytes[3]);
    ids->slot = (uint16_t)(token[0] << 8 | token[1]);
    ids->device = (uint32_t)token[2] << 24 | (uint32_t)token[3] << 16 |
                  (uint32_t)token[4] << 8 | token[5];
    return true;
}

/* The last segment of the Location-Path. */
static bool take_location(const uint8_t *bytes, size_t length, struct device *device)
{
    struct ln_coap_message m;

    if (ln_coap_parse(ln_bytes(bytes, length), &m) != LN_OK || m.code != LN_COAP_2_01) {
        return false;
    }
    struct ln_coap_option_cursor at = ln_coap_option_first(&m);
    while (ln_coap_option_find(&at, LN_COAP_LOCATION_PATH)) {
        if (at.value.len > LOCATION_MAX) {
            return false;
        }
        memcpy(device->location, at.value.at, at.value.len);
        device->location_length = (uint8_t)at.value.len;
    }
    return device->location_length > 0;
}

bool message_take(const uint8_t *bytes, size_t length, enum message what, struct device *device)
{
    switch (what) {
    case MESSAGE_REGISTER:
        return take_location(bytes, length, device);
    case MESSAGE_DEREGISTER:
        device->location_length = 0;
        return bytes[1] == LN_COAP_2_02;
    case MESSAGE_UPDATE:
        return bytes[1] == LN_COAP_2_04;
    case MESSAGE_PUT:
        return bytes[1] >> 5 == 2;
    default:
        return true;
    }
}
