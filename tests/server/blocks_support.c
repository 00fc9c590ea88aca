/* Blocks as devices send and answer them. */

#include "blocks_support.h"

struct datagram block_answer(const struct sent *asked, const struct block_answer *what)
{
    struct datagram d;
    struct ln_coap_builder b = ln_coap_start(d.bytes, sizeof(d.bytes), LN_COAP_ACK, what->code,
                                             asked->message.id, &asked->message.token);

    if (what->etag != NULL) {
        ln_coap_add_text(&b, LN_COAP_ETAG, what->etag);
    }
    if (what->payload.len > 0) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_OPAQUE);
    }
    if (what->block2.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, what->block2);
    }
    if (what->block1.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK1, what->block1);
    }
    if (what->size2 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE2, what->size2);
    }
    if (what->size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, what->size1);
    }
    ln_coap_add_payload(&b, what->payload);
    d.length = ln_coap_finish(&b);
    assert_true(d.length > 0);
    return d;
}

struct ln_coap_block block_of(uint32_t number, bool more, uint8_t exponent)
{
    return (struct ln_coap_block){
        .number = number, .size_exponent = exponent, .more = more, .present = true};
}

struct datagram list_block(const struct list_block *what)
{
    struct datagram whole = request(what->type, what->id, what->request, LN_FORMAT_LINK, "");
    struct ln_coap_message m;
    struct datagram d;

    CHECK_OK(ln_coap_parse(ln_bytes(whole.bytes, whole.length), &m));
    struct ln_coap_option_cursor option = ln_coap_option_first(&m);
    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), m.type, m.code, m.id, &m.token);
    while (ln_coap_option_next(&option)) {
        ln_coap_add(&b, option.number, option.value);
    }
    ln_coap_add_block(&b, LN_COAP_BLOCK1, what->block);
    if (what->size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, what->size1);
    }
    ln_coap_add_payload(&b, what->payload);
    d.length = ln_coap_finish(&b);
    assert_true(d.length > 0);
    return d;
}

struct ln_coap_options options_of(const struct sent *sent)
{
    struct ln_coap_options options;

    CHECK_OK(ln_coap_options(&sent->message, &options));
    return options;
}

void then_block(struct ln_coap_block is, uint32_t number, bool more, uint8_t exponent)
{
    assert_true(is.present);
    CHECK_EQ(is.number, number);
    CHECK_EQ(is.more, more);
    CHECK_EQ(is.size_exponent, exponent);
}

void when_no_copy_is_answered(uint16_t id)
{
    struct sent sent;

    for (int copies = 0; copies < 4;) {
        now = ln_server_deadline(server); /* it may be early */
        if (next_sent(&sent)) {
            CHECK_EQ(sent.message.id, id);
            copies++;
        }
    }
    now += 48 * 1000; /* the last wait is up to 16 times 3 s */
}
