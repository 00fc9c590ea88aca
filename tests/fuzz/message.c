/* CoAP messages from any bytes: one that is taken has one form only, so it comes back the same. */

#include "fuzz.h"

#include <linnet/coap.h>

static uint8_t room[1 << 20];

static void refused_as_it_should_be(struct ln_bytes datagram)
{
    uint16_t id = 0;
    bool answered = ln_coap_reject(datagram, &id);

    FUZZ_CHECK(!answered || (datagram.len >= 4 && datagram.at[0] >> 4 == 4));
}

static void comes_back_the_same(struct ln_bytes datagram, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    struct ln_coap_builder b =
        ln_coap_start(room, sizeof(room), m->type, m->code, m->id, &m->token);

    while (ln_coap_option_next(&option)) {
        ln_coap_add(&b, option.number, option.value);
    }
    FUZZ_CHECK(!option.in.failed && ln_reader_left(&option.in) == 0);
    ln_coap_add_payload(&b, m->payload);
    FUZZ_CHECK(ln_bytes_equal(ln_bytes(room, ln_coap_finish(&b)), datagram));
}

static unsigned occurrences(const struct ln_coap_message *m, uint16_t number)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    unsigned count = 0;

    while (ln_coap_option_find(&option, number)) {
        count++;
    }
    return count < UINT8_MAX ? count : UINT8_MAX;
}

static void options_hold_together(const struct ln_coap_message *m)
{
    struct ln_coap_options o;
    ln_err err = ln_coap_options(m, &o);

    if (err != LN_OK) {
        FUZZ_CHECK(ln_coap_code_class(ln_coap_code_of(err)) >= 4);
        return;
    }
    FUZZ_CHECK(o.path_count == occurrences(m, LN_COAP_URI_PATH));
    FUZZ_CHECK(o.query_count == occurrences(m, LN_COAP_URI_QUERY));
    FUZZ_CHECK(o.block1.present == (occurrences(m, LN_COAP_BLOCK1) == 1));
    FUZZ_CHECK(o.block2.present == (occurrences(m, LN_COAP_BLOCK2) == 1));
    FUZZ_CHECK(o.block1.size_exponent < 7 && o.block1.number < 1U << 20);
    FUZZ_CHECK(o.block2.size_exponent < 7 && o.block2.number < 1U << 20);
    FUZZ_CHECK(o.etag.len <= 8 && (!o.has_observe || o.observe < 1U << 24));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_bytes datagram = ln_bytes(data, size);
    struct ln_coap_message m;

    if (size >= sizeof(room)) {
        return 0;
    }
    refused_as_it_should_be(datagram);
    if (ln_coap_parse(datagram, &m) == LN_OK) {
        comes_back_the_same(datagram, &m);
        options_hold_together(&m);
    }
    return 0;
}
