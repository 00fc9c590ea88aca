/* Requests whose bodies come in blocks: put together, or flowing into a stream. */

#include "blocks_support.h"

static uint8_t body[3000];

static struct ln_bytes part_of_body(size_t offset, size_t len)
{
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (uint8_t)(i * 7 + i / 256);
    }
    return ln_bytes(body + offset, len);
}

static struct ln_coap_message put_block(const char *path, uint32_t number, bool more,
                                        struct ln_bytes payload)
{
    return ask_block(&(struct block_question){.code = LN_COAP_PUT,
                                              .path = path,
                                              .format = LN_FORMAT_OPAQUE,
                                              .block1 = {number, 4, more, true},
                                              .payload = payload});
}

/* Block `number` of 256 bytes of the body. */
static uint8_t put_full(const char *path, uint32_t number)
{
    return put_block(path, number, true, part_of_body(number * 256, 256)).code;
}

static uint8_t put_last(const char *path, uint32_t number, size_t len)
{
    return put_block(path, number, false, part_of_body(number * 256, len)).code;
}

static struct ln_coap_block block1_of(const struct ln_coap_message *m)
{
    struct ln_coap_options o;

    CHECK_OK(ln_coap_options(m, &o));
    return o.block1;
}

/* ---- Put together ---- */

TEST(a_body_in_blocks_is_written_when_it_is_whole)
{
    given_a_client_with_blocks();

    struct ln_coap_message m = put_block("/33000/0/1", 0, true, part_of_body(0, 256));
    CHECK_EQ(m.code, LN_COAP_2_31);
    CHECK(block1_of(&m).more);
    CHECK_EQ(block1_of(&m).size_exponent, 4);
    CHECK_EQ(put_full("/33000/0/1", 1), LN_COAP_2_31);
    CHECK_EQ(thing.value.len, 0);
    no_more_events();
    m = put_block("/33000/0/1", 2, false, part_of_body(512, 188));
    CHECK_EQ(m.code, LN_COAP_2_04);
    CHECK(block1_of(&m).present && !block1_of(&m).more);
    CHECK_EQ(block1_of(&m).number, 2);
    CHECK_EQ(thing.value.len, 700);
    assert_memory_equal(thing.value.at, body, 700);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    no_more_events();
}

TEST(a_body_of_one_block_is_written_each_time_it_comes)
{
    given_a_client_with_blocks();

    for (int i = 0; i < 2; i++) {
        CHECK_EQ(put_last("/33000/0/1", 0, 9), LN_COAP_2_04);
        CHECK(client_tells(LN_CLIENT_WRITTEN));
        CHECK_EQ(thing.value.len, 9);
    }
}

TEST(a_block_that_comes_again_under_a_new_id_is_answered_as_before)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/1", 0), LN_COAP_2_31);
    CHECK_EQ(put_full("/33000/0/1", 1), LN_COAP_2_31);
    CHECK_EQ(put_full("/33000/0/1", 1), LN_COAP_2_31);
    CHECK_EQ(put_last("/33000/0/1", 2, 10), LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, LN_COAP_2_05);
    CHECK_EQ(put_last("/33000/0/1", 2, 10), LN_COAP_2_04);
    no_more_events(); /* it was not written twice */
    CHECK_EQ(thing.value.len, 522);
}

TEST(a_create_in_blocks_says_where_each_time_its_last_block_comes)
{
    static const char tlv[] = "\xC8\x6E\x10" /* 110: 16 bytes of text */
                              "0123456789abcdef";
    struct block_question q = {.code = LN_COAP_POST,
                               .path = "/3442",
                               .format = LN_FORMAT_TLV,
                               .block1 = {0, 0, true, true},
                               .payload = ln_bytes(tlv, 16)};

    given_a_client_with_blocks();
    CHECK_EQ(ask_block(&q).code, LN_COAP_2_31);
    q.block1 = (struct ln_coap_block){1, 0, false, true};
    q.payload = ln_bytes(tlv + 16, sizeof(tlv) - 1 - 16);
    for (int i = 0; i < 2; i++) {
        struct ln_coap_message m = ask_block(&q);
        CHECK_EQ(m.code, LN_COAP_2_01);
        CHECK_EQ(options_of(&m, LN_COAP_LOCATION_PATH), 2);
        assert_string_equal(option_of(&m, LN_COAP_LOCATION_PATH, 1), "1");
    }
    CHECK_EQ(f.tests.count, 2);
    assert_string_equal(f.test[1].text, "0123456789abcdef");
}

TEST(a_fault_in_the_whole_body_is_answered_when_it_is_whole)
{
    struct block_question q = {.code = LN_COAP_PUT,
                               .path = "/33000/0/1",
                               .format = LN_FORMAT_TLV,
                               .block1 = {0, 0, true, true},
                               .payload = part_of_body(0, 16)};

    given_a_client_with_blocks();
    CHECK_EQ(ask_block(&q).code, LN_COAP_2_31);
    q.block1 = (struct ln_coap_block){1, 0, false, true};
    CHECK_EQ(ask_block(&q).code, LN_COAP_4_00);
    no_more_events();
}

TEST(a_body_that_has_no_place_is_refused_with_the_room_there_is)
{
    given_a_client_with_blocks();

    for (uint32_t i = 0; i < BODY / 256; i++) {
        CHECK_EQ(put_full("/33000/0/1", i), LN_COAP_2_31);
    }
    struct ln_coap_message m = put_block("/33000/0/1", BODY / 256, true, part_of_body(0, 256));
    struct ln_coap_options o;
    CHECK_EQ(m.code, LN_COAP_4_13);
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK_EQ(o.size1, BODY);
    CHECK_EQ(put_last("/33000/0/1", BODY / 256, 1), LN_COAP_4_08); /* it is forgotten */
}

TEST(blocks_out_of_order_are_refused_and_two_bodies_are_not_mixed)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/1", 1), LN_COAP_4_08);
    CHECK_EQ(put_full("/33000/0/1", 0), LN_COAP_2_31);
    CHECK_EQ(put_full("/33000/0/1", 2), LN_COAP_4_08);
    CHECK_EQ(put_full("/33000/0/0", 1), LN_COAP_4_08);
    CHECK_EQ(put_last("/33000/0/1", 1, 3), LN_COAP_2_04);
}

TEST(a_block_for_what_is_not_there_or_cannot_be_written_is_refused_at_once)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/7", 0), LN_COAP_4_04);
    CHECK_EQ(put_full("/3/0/0", 0), LN_COAP_4_05);
    CHECK_EQ(put_full("/0/0/0", 0), LN_COAP_4_01);
}

TEST(blocks_larger_than_a_datagram_are_negotiated_down)
{
    given_a_client_with_blocks();
    f.config.datagram_size = 200;
    given_it_is_registered();

    struct ln_coap_message m = put_block("/33000/0/1", 0, true, part_of_body(0, 256));
    CHECK_EQ(m.code, LN_COAP_2_31);
    CHECK_EQ(block1_of(&m).size_exponent, 3); /* 128 bytes */
    struct block_question q = {.code = LN_COAP_PUT,
                               .path = "/33000/0/1",
                               .format = LN_FORMAT_OPAQUE,
                               .block1 = {2, 3, false, true},
                               .payload = part_of_body(256, 100)};
    CHECK_EQ(ask_block(&q).code, LN_COAP_2_04);
    CHECK_EQ(thing.value.len, 356);
    assert_memory_equal(thing.value.at, body, 356);
}

TEST(blocks_larger_than_it_was_told_are_negotiated_down_in_both_directions)
{
    struct question q = {.code = LN_COAP_GET, .path = "/33000/0/1", NO_FORMAT};
    struct ln_coap_options o;

    given_a_client_with_blocks();
    f.config.block_size = 64;
    given_it_is_registered();
    struct ln_coap_message m = put_block("/33000/0/1", 0, true, part_of_body(0, 256));
    CHECK_EQ(block1_of(&m).size_exponent, 2);
    CHECK_EQ(put_last("/33000/0/1", 1, 1), LN_COAP_2_04);
    m = ask(&q);
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK_EQ(m.payload.len, 64);
    CHECK_EQ(o.block2.size_exponent, 2);
    CHECK_EQ(o.size2, 257);
}

TEST(without_the_part_for_blocks_a_body_in_blocks_is_too_large)
{
    given_a_client_with_blocks();
    f.config.blocks = NULL;
    given_it_is_registered();

    CHECK_EQ(put_full("/33000/0/1", 0), LN_COAP_4_13);
    CHECK_EQ(put_last("/33000/0/1", 1, 9), LN_COAP_4_13);
    CHECK_EQ(put_last("/33000/0/1", 0, 9), LN_COAP_2_04); /* one block is no more than a body */
}

TEST(with_blocks_for_requests_only_bodies_come_in_blocks_as_ever)
{
    given_a_client_with_blocks();
    blocks.calls = &ln_client_request_blocks_calls;
    given_it_is_registered();

    CHECK_EQ(put_full("/33000/0/1", 0), LN_COAP_2_31);
    CHECK_EQ(put_last("/33000/0/1", 1, 9), LN_COAP_2_04);
}

TEST(too_small_a_place_for_bodies_is_a_bad_configuration)
{
    given_a_client_with_blocks();
    blocks.body_size = DATAGRAM - 1;
    CHECK_ERR(ln_client_init(&f.client, sizeof(f.client), &f.config), LN_ERR_BAD_CONFIG);
    blocks.body_size = DATAGRAM;
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
}

/* ---- Streams ---- */

TEST(a_stream_takes_its_blocks_as_they_come)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    CHECK_EQ(thing.begun, 1);
    CHECK_EQ(thing.got, 256);
    for (uint32_t i = 1; i < 10; i++) {
        CHECK_EQ(put_full("/33000/0/0", i), LN_COAP_2_31);
        CHECK_EQ(thing.got, (i + 1) * 256);
    }
    CHECK_EQ(put_full("/33000/0/0", 9), LN_COAP_2_31); /* again */
    CHECK_EQ(thing.got, 2560);                         /* more than there is room for a body */
    no_more_events();
    CHECK_EQ(put_last("/33000/0/0", 10, 100), LN_COAP_2_04);
    CHECK_EQ(put_last("/33000/0/0", 10, 100), LN_COAP_2_04); /* again */
    CHECK_EQ(thing.got, 2660);
    assert_memory_equal(thing.stream, body, 2660);
    CHECK_EQ(thing.begun, 1);
    CHECK_EQ(thing.completed, 1);
    CHECK_EQ(thing.broken_off, 0);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    no_more_events();
    CHECK_EQ(ln_client_deadline(&f.client), f.servers[0].due);
}

TEST(a_body_that_begins_again_breaks_off_the_one_before)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    CHECK_EQ(put_full("/33000/0/0", 1), LN_COAP_2_31);
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    CHECK_EQ(thing.broken_off, 1);
    CHECK_EQ(thing.begun, 2);
    CHECK_EQ(put_last("/33000/0/0", 1, 0), LN_COAP_2_04);
    CHECK_EQ(thing.got, 256);
    CHECK_EQ(thing.completed, 1);
}

TEST(a_write_in_one_piece_breaks_off_what_flows)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    CHECK_EQ(write_path("/33000/0/0", LN_FORMAT_OPAQUE, BYTES("all")).code, LN_COAP_2_04);
    CHECK_EQ(thing.broken_off, 1);
    CHECK_EQ(thing.completed, 1);
    CHECK_EQ(thing.got, 3);
    CHECK_EQ(put_full("/33000/0/0", 1), LN_COAP_4_08);
}

TEST(a_stream_that_refuses_a_block_ends_the_body)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    thing.refusal = LN_ERR_TOO_LARGE;
    CHECK_EQ(put_full("/33000/0/0", 1), LN_COAP_4_13);
    CHECK_EQ(thing.broken_off, 1);
    thing.refusal = LN_OK;
    CHECK_EQ(put_full("/33000/0/0", 2), LN_COAP_4_08);
}

TEST(a_stream_that_refuses_the_whole_says_so_each_time_the_last_block_comes)
{
    given_a_client_with_blocks();

    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    thing.end_refusal = LN_ERR_BAD_VALUE;
    CHECK_EQ(put_last("/33000/0/0", 1, 5), LN_COAP_4_00);
    CHECK_EQ(put_last("/33000/0/0", 1, 5), LN_COAP_4_00);
    CHECK_EQ(thing.completed, 1);
    no_more_events();
}

TEST(a_busy_stream_delays_the_answer_until_it_has_taken_the_block)
{
    struct ln_coap_message m;

    given_a_client_with_blocks();
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    thing.refusal = LN_ERR_BUSY;
    CHECK_EQ(put_full("/33000/0/0", 1), 0); /* no answer */
    uint16_t id = (uint16_t)(f.next_id - 1);
    CHECK_EQ(put_full("/33000/0/0", 2), LN_COAP_4_08);                /* nothing overtakes it */
    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, LN_COAP_2_05); /* others are */
    ln_client_resume(&f.client);
    CHECK_EQ(ln_client_deadline(&f.client), 0);
    CHECK(!client_sends(&m)); /* still busy */

    thing.refusal = LN_OK;
    CHECK_EQ(thing.got, 256);
    ln_client_resume(&f.client);
    CHECK(client_sends(&m));
    CHECK_EQ(m.type, LN_COAP_ACK);
    CHECK_EQ(m.id, id);
    CHECK_BYTES(ln_bytes(m.token.bytes, m.token.len), "\xca\xfe");
    CHECK_EQ(m.code, LN_COAP_2_31);
    CHECK_EQ(block1_of(&m).number, 1);
    CHECK_EQ(thing.got, 512);
    ln_client_resume(&f.client);
    CHECK(!client_sends(&m));
    CHECK_EQ(put_last("/33000/0/0", 2, 7), LN_COAP_2_04);
    CHECK_EQ(thing.got, 519);
    assert_memory_equal(thing.stream, body, 519);
}

TEST(a_held_block_that_comes_again_is_answered_under_its_new_id)
{
    struct ln_coap_message m;

    given_a_client_with_blocks();
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    thing.refusal = LN_ERR_BUSY;
    CHECK_EQ(put_last("/33000/0/0", 1, 20), 0);
    CHECK_EQ(put_last("/33000/0/0", 1, 20), 0);
    thing.refusal = LN_OK;
    ln_client_resume(&f.client);
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_2_04);
    CHECK_EQ(m.id, f.next_id - 1);
    CHECK_EQ(thing.got, 276);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK_EQ(put_last("/33000/0/0", 1, 20), LN_COAP_2_04);
    no_more_events();
}

static void given_no_room_for_events(void)
{
    for (int i = 0; i < LN_CLIENT_EVENTS; i++) {
        CHECK_EQ(write_text("/1/0/2", "5").code, LN_COAP_2_04);
    }
}

/* spec: what a server did is never left out. */
TEST(the_last_block_alone_waits_for_room_to_tell_of_it)
{
    given_a_client_with_blocks();
    given_no_room_for_events();
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    CHECK_EQ(put_last("/33000/0/0", 1, 5), LN_COAP_5_03);
    CHECK_EQ(write_path("/33000/0/0", LN_FORMAT_OPAQUE, BYTES("all")).code, LN_COAP_5_03);
    CHECK_EQ(thing.broken_off, 0);
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK_EQ(put_last("/33000/0/0", 1, 5), LN_COAP_2_04);
    CHECK_EQ(thing.got, 261);
}

TEST(a_held_last_block_waits_for_room_to_tell_of_it)
{
    struct ln_coap_message m;

    given_a_client_with_blocks();
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    thing.refusal = LN_ERR_BUSY;
    CHECK_EQ(put_last("/33000/0/0", 1, 5), 0);
    given_no_room_for_events();
    thing.refusal = LN_OK;
    ln_client_resume(&f.client);
    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_WRITTEN));
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_2_04);
}

TEST(a_format_that_is_not_known_is_refused_with_the_first_block)
{
    struct block_question q = {.code = LN_COAP_PUT,
                               .path = "/33000/0/1",
                               .format = 110,
                               .block1 = {0, 0, true, true},
                               .payload = part_of_body(0, 16)};

    given_a_client_with_blocks();
    CHECK_EQ(ask_block(&q).code, LN_COAP_4_15);
}

TEST(a_body_that_stops_coming_is_broken_off_after_the_lifetime_of_an_exchange)
{
    struct ln_coap_message m;

    given_a_client_with_blocks();
    f.servers[0].due = LN_NEVER; /* no Update in between */
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 247 * 1000);
    after(247 * 1000 - 1);
    CHECK(!client_sends(&m));
    CHECK_EQ(thing.broken_off, 0);
    after(1);
    CHECK(!client_sends(&m));
    CHECK_EQ(thing.broken_off, 1);
    CHECK_EQ(put_full("/33000/0/0", 1), LN_COAP_4_08);
}

TEST(a_link_that_goes_down_breaks_off_its_body)
{
    given_a_client_with_blocks();
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    CHECK_EQ(thing.broken_off, 1);
}

TEST(a_body_of_one_server_keeps_another_server_off_the_stream)
{
    given_a_client_with_blocks();
    f.security_ids[1] = 1;
    f.securities.count = 2;
    f.account_ids[1] = 1;
    f.accounts.count = 2;
    given_it_is_registered();

    f.link = 0;
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_2_31);
    f.link = 1;
    CHECK_EQ(put_full("/33000/0/0", 0), LN_COAP_5_03);
    CHECK_EQ(write_path("/33000/0/0", LN_FORMAT_OPAQUE, BYTES("mine")).code, LN_COAP_5_03);
    CHECK_EQ(put_full("/33000/0/1", 0), LN_COAP_2_31); /* but off nothing else */
    CHECK_EQ(put_last("/33000/0/1", 1, 1), LN_COAP_2_04);
    CHECK_EQ(thing.value.len, 257);
    f.link = 0;
    CHECK_EQ(put_last("/33000/0/0", 1, 1), LN_COAP_2_04);
    CHECK_EQ(thing.got, 257);
    f.link = 1;
    CHECK_EQ(put_last("/33000/0/0", 0, 1), LN_COAP_2_04);
}

int blocks_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_in_blocks_is_written_when_it_is_whole),
        cmocka_unit_test(a_body_of_one_block_is_written_each_time_it_comes),
        cmocka_unit_test(a_block_that_comes_again_under_a_new_id_is_answered_as_before),
        cmocka_unit_test(a_create_in_blocks_says_where_each_time_its_last_block_comes),
        cmocka_unit_test(a_fault_in_the_whole_body_is_answered_when_it_is_whole),
        cmocka_unit_test(a_body_that_has_no_place_is_refused_with_the_room_there_is),
        cmocka_unit_test(blocks_out_of_order_are_refused_and_two_bodies_are_not_mixed),
        cmocka_unit_test(a_block_for_what_is_not_there_or_cannot_be_written_is_refused_at_once),
        cmocka_unit_test(blocks_larger_than_a_datagram_are_negotiated_down),
        cmocka_unit_test(blocks_larger_than_it_was_told_are_negotiated_down_in_both_directions),
        cmocka_unit_test(without_the_part_for_blocks_a_body_in_blocks_is_too_large),
        cmocka_unit_test(with_blocks_for_requests_only_bodies_come_in_blocks_as_ever),
        cmocka_unit_test(too_small_a_place_for_bodies_is_a_bad_configuration),
        cmocka_unit_test(a_stream_takes_its_blocks_as_they_come),
        cmocka_unit_test(a_body_that_begins_again_breaks_off_the_one_before),
        cmocka_unit_test(a_write_in_one_piece_breaks_off_what_flows),
        cmocka_unit_test(a_stream_that_refuses_a_block_ends_the_body),
        cmocka_unit_test(
            a_stream_that_refuses_the_whole_says_so_each_time_the_last_block_comes),
        cmocka_unit_test(a_busy_stream_delays_the_answer_until_it_has_taken_the_block),
        cmocka_unit_test(a_held_block_that_comes_again_is_answered_under_its_new_id),
        cmocka_unit_test(the_last_block_alone_waits_for_room_to_tell_of_it),
        cmocka_unit_test(a_held_last_block_waits_for_room_to_tell_of_it),
        cmocka_unit_test(a_format_that_is_not_known_is_refused_with_the_first_block),
        cmocka_unit_test(
            a_body_that_stops_coming_is_broken_off_after_the_lifetime_of_an_exchange),
        cmocka_unit_test(a_link_that_goes_down_breaks_off_its_body),
        cmocka_unit_test(a_body_of_one_server_keeps_another_server_off_the_stream),
    };

    return RUN_TESTS(tests);
}
