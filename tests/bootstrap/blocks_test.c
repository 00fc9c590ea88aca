/* Long Writes go out by Block1, long answers come in by Block2. */

#include "support.h"

static void when_answered_with_block(const struct sent *request, uint8_t code, uint16_t option,
                                     struct ln_coap_block block, struct ln_bytes payload)
{
    uint8_t buffer[1500];
    struct ln_coap_builder b = ln_coap_answer(buffer, sizeof(buffer), &request->m, code, 0);

    if (option == LN_COAP_BLOCK2) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    }
    ln_coap_add_block(&b, option, block);
    ln_coap_add_payload(&b, payload);
    ln_bootstrap_recv(bootstrap, now, &request->to, ln_bytes(buffer, ln_coap_finish(&b)));
}

TEST(a_long_write_goes_out_in_blocks)
{
    static const uint8_t certificate[2500];
    uint64_t session = given_a_session();
    struct ln_record record = {.path = ln_path_resource(0, 1, 3),
                               .value = ln_value_opaque(ln_bytes(certificate, 2500))};
    struct ln_bootstrap_step steps[] = {
        {LN_BOOTSTRAP_WRITE, ln_path_instance(0, 1), &record, 1, false}, finish};
    struct sent sent;
    size_t bytes = 0;

    when_begun(session, steps, LN_COUNT(steps));
    then_answered(LN_COAP_2_04);
    for (uint32_t i = 0; i < 3; i++) {
        then_asks(&sent, "PUT /0/1");
        CHECK_EQ(sent.o.block1.number, i);
        CHECK_EQ(sent.o.block1.more, i < 2);
        CHECK_EQ(sent.o.content_format, LN_FORMAT_TLV);
        bytes += sent.m.payload.len;
        when_answered_with_block(&sent, i < 2 ? LN_COAP_2_31 : LN_COAP_2_04, LN_COAP_BLOCK1,
                                 sent.o.block1, ln_bytes(NULL, 0));
    }
    CHECK_EQ(bytes, 2500 + 4); /* type, id and a length of two bytes */
    then_asks(&sent, "POST /bs");
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->blocks_sent, 3);
    then_all_is_given_back();
}

static void given_a_discover_under_way(struct sent *sent, uint32_t max_body)
{
    struct ln_bootstrap_config config = config_of_tests();
    struct ln_peer from = device(1);

    config.max_body = max_body;
    given_a_bootstrap_server_of(&config);
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    when_begun(then_told(LN_BOOTSTRAP_REQUESTED).session, &discover_all, 1);
    then_answered(LN_COAP_2_04);
    then_asks(sent, "GET /");
}

TEST(a_long_answer_is_fetched_block_by_block)
{
    struct ln_coap_block block = {.size_exponent = 0, .more = true, .present = true};
    struct sent sent;

    given_a_discover_under_way(&sent, 0);
    when_answered_with_block(&sent, LN_COAP_2_05, LN_COAP_BLOCK2, block,
                             BYTES("</0/0>,</0/1>;ss"));
    then_asks(&sent, "GET /");
    CHECK_EQ(sent.o.block2.number, 1);
    block = (struct ln_coap_block){.number = 1, .present = true};
    when_answered_with_block(&sent, LN_COAP_2_05, LN_COAP_BLOCK2, block, BYTES("id=101"));
    CHECK_TEXT(then_told(LN_BOOTSTRAP_STEPPED).payload, "</0/0>,</0/1>;ssid=101");
    CHECK_EQ(then_told(LN_BOOTSTRAP_WANTS).code, LN_COAP_2_05);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->blocks_fetched, 2);
    then_all_is_given_back();
}

TEST(an_answer_beyond_the_bound_ends_the_session)
{
    struct sent sent;

    given_a_discover_under_way(&sent, 8);
    when_answered(&sent, LN_COAP_2_05, LN_FORMAT_LINK, BYTES("</0/0>,</0/1>"));
    then_ended(LN_BOOTSTRAP_FAILED, LN_BOOTSTRAP_TOO_LARGE);
    then_all_is_given_back();
}

int blocks_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_write_goes_out_in_blocks),
        cmocka_unit_test(a_long_answer_is_fetched_block_by_block),
        cmocka_unit_test(an_answer_beyond_the_bound_ends_the_session),
    };

    return RUN_TESTS(tests);
}
