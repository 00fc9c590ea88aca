/* A datagram taken apart (RFC 7252 §3): header, token, options, payload; what is refused. */

#include <linnet/coap.h>

enum { VERSION = 1, MARKER = 0xFF };

/* RFC 7252 §4.2 and §4.3: which codes a type may carry; classes 1, 6 and 7 are reserved. */
static bool code_may_stand(enum ln_coap_type type, uint8_t code)
{
    unsigned class = ln_coap_code_class(code);

    if (class == 1 || class > 5) {
        return false;
    }
    switch (type) {
    case LN_COAP_RST:
        return code == LN_COAP_EMPTY;
    case LN_COAP_ACK:
        return !ln_coap_is_request(code);
    case LN_COAP_NON:
        return code != LN_COAP_EMPTY;
    default:
        return true;
    }
}

static bool read_token(struct ln_reader *in, size_t len, struct ln_coap_token *token)
{
    /* A length of 9 to 15 is reserved: the writer refuses it, having no room. */
    struct ln_writer out = ln_writer(token->bytes, LN_COAP_TOKEN_MAX);

    ln_write_bytes(&out, ln_read_bytes(in, len));
    token->len = (uint8_t)out.written;
    return !in->failed && !out.failed;
}

static bool read_options_and_payload(struct ln_reader *in, struct ln_coap_message *m)
{
    struct ln_coap_option_cursor cursor = {.in = *in};

    while (ln_peek_u8(&cursor.in) != MARKER && ln_coap_option_next(&cursor)) {
    }
    if (cursor.in.failed) {
        return false;
    }
    m->options = ln_read_bytes(in, ln_reader_left(in) - ln_reader_left(&cursor.in));
    m->has_payload = ln_read_if(in, MARKER);
    m->payload = ln_read_rest(in);
    return !m->has_payload || m->payload.len > 0;
}

ln_err ln_coap_parse(struct ln_bytes datagram, struct ln_coap_message *m)
{
    struct ln_reader in = ln_reader(datagram);
    uint8_t first = ln_read_u8(&in);
    uint8_t code = ln_read_u8(&in);
    uint16_t id = ln_read_u16(&in);

    *m = (struct ln_coap_message){0};
    if (in.failed) {
        return LN_ERR_BAD_MESSAGE;
    }
    m->type = (enum ln_coap_type)(first >> 4 & 3);
    m->code = code;
    m->id = id;
    if (first >> 6 != VERSION || !code_may_stand(m->type, code) ||
        (code == LN_COAP_EMPTY && datagram.len != LN_COAP_EMPTY_SIZE)) {
        return LN_ERR_BAD_MESSAGE;
    }
    if (!read_token(&in, first & 15, &m->token) || !read_options_and_payload(&in, m)) {
        return LN_ERR_BAD_MESSAGE;
    }
    return LN_OK;
}

bool ln_coap_reject(struct ln_bytes datagram, uint16_t *id)
{
    struct ln_reader in = ln_reader(datagram);
    uint8_t first = ln_read_u8(&in);

    ln_read_u8(&in);
    *id = ln_read_u16(&in);
    return !in.failed && first >> 6 == VERSION && (first >> 4 & 3) == LN_COAP_CON;
}

bool ln_coap_token_equal(const struct ln_coap_token *a, const struct ln_coap_token *b)
{
    return ln_bytes_equal(ln_bytes(a->bytes, a->len), ln_bytes(b->bytes, b->len));
}

/* ---- Options: RFC 7252 §3.1 ---- */

/* What a delta or length nibble stands for, with the bytes that extend it. */
static uint32_t read_extended(struct ln_reader *in, unsigned nibble)
{
    switch (nibble) {
    case 13:
        return 13U + ln_read_u8(in);
    case 14:
        return 269U + ln_read_u16(in);
    case 15:
        ln_reader_fail(in); /* reserved for the payload marker */
        return 0;
    default:
        return nibble;
    }
}

struct ln_coap_option_cursor ln_coap_option_first(const struct ln_coap_message *m)
{
    return (struct ln_coap_option_cursor){.in = ln_reader(m->options)};
}

bool ln_coap_option_next(struct ln_coap_option_cursor *cursor)
{
    if (ln_reader_left(&cursor->in) == 0) {
        return false;
    }
    uint8_t first = ln_read_u8(&cursor->in);
    uint32_t number = cursor->number + read_extended(&cursor->in, first >> 4);
    uint32_t len = read_extended(&cursor->in, first & 15);
    if (number > UINT16_MAX) {
        ln_reader_fail(&cursor->in);
    }
    cursor->value = ln_read_bytes(&cursor->in, len);
    cursor->number = (uint16_t)number;
    return !cursor->in.failed;
}

bool ln_coap_option_find(struct ln_coap_option_cursor *cursor, uint16_t number)
{
    struct ln_coap_option_cursor ahead = *cursor;

    /* Stops before the first of a higher number: the search for that one can go on from here. */
    while (ln_coap_option_next(&ahead) && ahead.number <= number) {
        *cursor = ahead;
        if (ahead.number == number) {
            return true;
        }
    }
    return false;
}
