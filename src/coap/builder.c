/* A message written: header, token, options in ascending order, payload (RFC 7252 §3). */

#include <linnet/coap.h>

#include <assert.h>

enum { MARKER = 0xFF, EXTENDED_1 = 13, EXTENDED_2 = 269, LENGTH_MAX = EXTENDED_2 + UINT16_MAX };

struct ln_coap_builder ln_coap_start(void *buffer, size_t size, enum ln_coap_type type,
                                     uint8_t code, uint16_t id,
                                     const struct ln_coap_token *token)
{
    struct ln_coap_builder b = {.out = ln_writer(buffer, size)};
    size_t token_len = token == NULL ? 0 : token->len;

    assert(token_len <= LN_COAP_TOKEN_MAX);
    ln_write_u8(&b.out, (uint8_t)(1 << 6 | type << 4 | token_len));
    ln_write_u8(&b.out, code);
    ln_write_u16(&b.out, id);
    if (token_len > 0) {
        ln_write_bytes(&b.out, ln_bytes(token->bytes, token_len));
    }
    return b;
}

struct ln_coap_builder ln_coap_answer(void *buffer, size_t size,
                                      const struct ln_coap_message *request, uint8_t code,
                                      uint16_t non_id)
{
    bool confirmable = request->type == LN_COAP_CON;

    return ln_coap_start(buffer, size, confirmable ? LN_COAP_ACK : LN_COAP_NON, code,
                         confirmable ? request->id : non_id, &request->token);
}

static unsigned nibble(size_t v)
{
    if (v < EXTENDED_1) {
        return (unsigned)v;
    }
    return v < EXTENDED_2 ? 13 : 14;
}

static void write_extended(struct ln_writer *w, size_t v)
{
    if (v >= EXTENDED_2) {
        ln_write_u16(w, (uint16_t)(v - EXTENDED_2));
    } else if (v >= EXTENDED_1) {
        ln_write_u8(w, (uint8_t)(v - EXTENDED_1));
    }
}

void ln_coap_add(struct ln_coap_builder *b, uint16_t number, struct ln_bytes value)
{
    size_t delta = (size_t)(number - b->number);

    assert(number >= b->number);
    if (value.len > LENGTH_MAX) {
        ln_writer_fail(&b->out);
        return;
    }
    ln_write_u8(&b->out, (uint8_t)(nibble(delta) << 4 | nibble(value.len)));
    write_extended(&b->out, delta);
    write_extended(&b->out, value.len);
    ln_write_bytes(&b->out, value);
    b->number = number;
}

void ln_coap_add_text(struct ln_coap_builder *b, uint16_t number, const char *value)
{
    ln_coap_add(b, number, ln_bytes_of_text(value));
}

void ln_coap_add_uint(struct ln_coap_builder *b, uint16_t number, uint32_t value)
{
    uint8_t bytes[4];
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    ln_write_uint(&w, value);
    ln_coap_add(b, number, ln_writer_bytes(&w));
}

void ln_coap_add_block(struct ln_coap_builder *b, uint16_t number, struct ln_coap_block block)
{
    assert(block.number < 1U << 20 && block.size_exponent < 7);
    ln_coap_add_uint(b, number,
                     block.number << 4 | (block.more ? 8U : 0U) | block.size_exponent);
}

void ln_coap_add_path(struct ln_coap_builder *b, uint16_t number, struct ln_path path)
{
    for (unsigned i = 0; i < path.depth; i++) {
        uint8_t digits[5];
        struct ln_writer w = ln_writer(digits, sizeof(digits));

        ln_write_unsigned_text(&w, path.id[i]);
        ln_coap_add(b, number, ln_writer_bytes(&w));
    }
}

void ln_coap_add_payload(struct ln_coap_builder *b, struct ln_bytes payload)
{
    struct ln_writer w = ln_coap_payload_begin(b);

    ln_write_bytes(&w, payload);
    ln_coap_payload_end(b, &w);
}

struct ln_writer ln_coap_payload_begin(struct ln_coap_builder *b)
{
    struct ln_writer whole = b->out;

    ln_write_u8(&whole, MARKER);
    if (!whole.failed) {
        return ln_writer(&whole.out[whole.written], whole.size - whole.written);
    }
    /* No room for the marker. That is no fault yet: there may be no payload either. */
    struct ln_writer none = ln_writer(NULL, 0);
    none.failed = b->out.failed;
    return none;
}

void ln_coap_payload_end(struct ln_coap_builder *b, const struct ln_writer *payload)
{
    size_t len = ln_writer_bytes(payload).len;

    if (payload->failed) {
        ln_writer_fail(&b->out);
    }
    if (b->out.failed || len == 0) {
        return;
    }
    b->out.written += 1 + len;
    b->number = UINT16_MAX; /* no option may follow */
}

size_t ln_coap_finish(const struct ln_coap_builder *b)
{
    return b->out.failed ? 0 : b->out.written;
}

size_t ln_coap_empty(void *buffer, size_t size, enum ln_coap_type type, uint16_t id)
{
    struct ln_coap_builder b = ln_coap_start(buffer, size, type, LN_COAP_EMPTY, id, NULL);

    return ln_coap_finish(&b);
}
