/* Streams: bodies that the app supplies and takes piece by piece. */

#include "blocks_support.h"

static struct ln_peer one;
static uint8_t body[3000];
static uint64_t id;

static void given_a_device(void)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (uint8_t)(i * 7 + i / 256);
    }
}

static ln_err stream(enum ln_operation_kind kind, struct ln_server_stream stream)
{
    struct ln_operation operation = {
        .kind = kind,
        .path = ln_path_resource(5, 0, 0),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_OPAQUE,
    };

    return ln_server_stream(server, now, BYTES("one"), &operation, &stream, 1, &id);
}

static void device_answers(const struct sent *asked, struct block_answer what)
{
    struct datagram d = block_answer(asked, &what);

    arrives(&one, &d);
}

static void device_takes(const struct sent *asked)
{
    device_answers(
        asked, (struct block_answer){.code = LN_COAP_2_31, .block1 = options_of(asked).block1});
}

static void device_gives(const struct sent *asked, uint32_t number, bool more, const char *etag)
{
    device_answers(asked, (struct block_answer){.code = LN_COAP_2_05,
                                                .block2 = block_of(number, more, 0),
                                                .etag = etag,
                                                .size2 = 40,
                                                .payload = ln_bytes(&body[16 * number], 16)});
}

static void then_it_wants(uint32_t offset, uint32_t size)
{
    struct ln_server_event event = then_event(LN_SERVER_WANTS);

    CHECK_EQ(event.id, id);
    CHECK_EQ(event.tag, 1);
    CHECK_EQ(event.offset, offset);
    CHECK_EQ(event.size, size);
    CHECK_TEXT(event.endpoint, "one");
    then_no_event();
    then_it_is_silent();
}

static struct sent when_supplied(size_t offset, size_t size, bool last)
{
    CHECK_OK(ln_server_supply(server, now, id, ln_bytes(&body[offset], size), last));
    struct sent sent = then_it_sends();
    then_it_is_silent();
    CHECK_EQ(sent.message.payload.len, size);
    assert_memory_equal(sent.message.payload.at, &body[offset], size);
    return sent;
}

static void then_part(uint32_t offset, size_t size, bool last)
{
    struct ln_server_event event = then_event(LN_SERVER_PART);

    CHECK_EQ(event.id, id);
    CHECK_EQ(event.offset, offset);
    CHECK_EQ(event.last, last);
    CHECK_EQ(event.code, LN_COAP_2_05);
    CHECK_EQ(event.format, LN_FORMAT_OPAQUE);
    CHECK_EQ(event.payload.len, size);
    assert_memory_equal(event.payload.at, &body[offset], size);
}

static struct sent when_continued(uint32_t number)
{
    assert_true(ln_server_continue(server, now, id));
    struct sent sent = then_it_sends();
    then_block(options_of(&sent).block2, number, false, 0);
    return sent;
}

/* ---- Supplied ---- */

TEST(a_payload_is_asked_for_block_by_block)
{
    given_a_device();
    CHECK_OK(stream(LN_OPERATION_WRITE,
                    (struct ln_server_stream){.supplies = true, .size = LN_COAP_BODY_UNKNOWN}));

    then_it_wants(0, 1024);
    struct sent sent = when_supplied(0, 1024, false);
    then_block(options_of(&sent).block1, 0, true, 6);
    CHECK_EQ(options_of(&sent).size1, 0);
    CHECK_EQ(options_of(&sent).content_format, LN_FORMAT_OPAQUE);
    device_takes(&sent);
    then_it_wants(1024, 1024);
    sent = when_supplied(1024, 100, true);
    then_block(options_of(&sent).block1, 1, false, 6);
    device_answers(&sent, (struct block_answer){.code = LN_COAP_2_04});

    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).code, LN_COAP_2_04);
    then_all_is_given_back();
}

TEST(a_size_that_is_known_is_told_and_held)
{
    given_a_device();
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 1500}));
    then_it_wants(0, 1024);

    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 1024), true),
              LN_ERR_BAD_REQUEST);
    struct sent sent = when_supplied(0, 1024, false);
    CHECK_EQ(options_of(&sent).size1, 1500);
    device_takes(&sent);
    then_it_wants(1024, 476);
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 476), false),
              LN_ERR_BAD_REQUEST);
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 475), true), LN_ERR_BAD_REQUEST);
    when_supplied(1024, 476, true);
    then_all_is_given_back();
}

TEST(a_short_payload_goes_out_without_blocks)
{
    given_a_device();
    CHECK_OK(stream(LN_OPERATION_WRITE,
                    (struct ln_server_stream){.supplies = true, .size = LN_COAP_BODY_UNKNOWN}));
    then_it_wants(0, 1024);

    struct sent sent = when_supplied(0, 10, true);

    assert_false(options_of(&sent).block1.present);
    device_answers(&sent, (struct block_answer){.code = LN_COAP_2_04});
    then_result(1, LN_OUTCOME_ANSWERED);
    then_all_is_given_back();
}

TEST(a_short_payload_is_not_sent_again_for_it_could_run_twice)
{
    given_a_device();
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 10}));
    then_it_wants(0, 10);
    struct sent sent = when_supplied(0, 10, true);

    when_no_copy_is_answered(sent.message.id);
    then_it_is_silent();

    then_result(1, LN_OUTCOME_NO_ANSWER);
    then_all_is_given_back();
}

TEST(a_payload_that_ends_with_a_full_block_may_end_with_an_empty_one)
{
    given_a_device();
    CHECK_OK(stream(LN_OPERATION_WRITE,
                    (struct ln_server_stream){.supplies = true, .size = LN_COAP_BODY_UNKNOWN}));
    then_it_wants(0, 1024);
    struct sent sent = when_supplied(0, 1024, false);
    device_takes(&sent);
    then_it_wants(1024, 1024);

    sent = when_supplied(1024, 0, true);

    then_block(options_of(&sent).block1, 1, false, 6);
    then_all_is_given_back();
}

TEST(the_app_is_asked_once_its_turn_has_come)
{
    given_a_device();
    given_a_read("one", 7);
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 20}));
    struct sent asked = then_it_sends();
    then_no_event();
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 20), true), LN_ERR_BAD_REQUEST);

    device_answers(&asked, (struct block_answer){.code = LN_COAP_4_05});

    then_result(7, LN_OUTCOME_ANSWERED);
    then_it_wants(0, 20);
    when_supplied(0, 20, true);
    then_all_is_given_back();
}

TEST(what_was_not_asked_for_is_refused)
{
    given_a_device();
    CHECK_ERR(stream(LN_OPERATION_READ, (struct ln_server_stream){.supplies = true}),
              LN_ERR_BAD_REQUEST);
    CHECK_OK(stream(LN_OPERATION_WRITE,
                    (struct ln_server_stream){.supplies = true, .size = LN_COAP_BODY_UNKNOWN}));
    uint64_t other = id + 1;

    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 1024), false),
              LN_ERR_BAD_REQUEST); /* the event has not been read */
    then_it_wants(0, 1024);
    CHECK_ERR(ln_server_supply(server, now, other, ln_bytes(body, 1024), false),
              LN_ERR_NOT_FOUND);
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 1023), false),
              LN_ERR_BAD_REQUEST);
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 1025), true),
              LN_ERR_BAD_REQUEST);
    assert_false(ln_server_continue(server, now, id));
    when_supplied(0, 1024, false);
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 1024), false),
              LN_ERR_BAD_REQUEST);
    then_all_is_given_back();
}

static struct sent given_a_second_block_under_way(bool rewinds)
{
    given_a_device();
    CHECK_OK(
        stream(LN_OPERATION_WRITE,
               (struct ln_server_stream){.supplies = true, .rewinds = rewinds, .size = 1500}));
    then_it_wants(0, 1024);
    struct sent sent = when_supplied(0, 1024, false);
    device_takes(&sent);
    then_it_wants(1024, 476);
    return when_supplied(1024, 476, true);
}

TEST(a_payload_that_can_begin_again_does_when_the_device_has_lost_it)
{
    struct sent sent = given_a_second_block_under_way(true);

    device_answers(&sent, (struct block_answer){.code = LN_COAP_4_08});

    then_it_wants(0, 1024);
    sent = when_supplied(0, 1024, false);
    then_block(options_of(&sent).block1, 0, true, 6);
    then_all_is_given_back();
}

TEST(a_payload_that_cannot_begin_again_ends_incomplete)
{
    struct sent sent = given_a_second_block_under_way(false);

    device_answers(&sent, (struct block_answer){.code = LN_COAP_4_08});

    then_result(1, LN_OUTCOME_INCOMPLETE);
    then_it_is_silent();
    then_all_is_given_back();
}

/* What is at hand need not be asked for again. */
TEST(a_first_block_is_sent_again_in_smaller_ones_without_asking)
{
    given_a_device();
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 1500}));
    then_it_wants(0, 1024);
    struct sent sent = when_supplied(0, 1024, false);

    device_answers(&sent,
                   (struct block_answer){.code = LN_COAP_4_13, .block1 = block_of(0, true, 5)});
    sent = then_it_sends();
    then_block(options_of(&sent).block1, 0, true, 5);
    device_takes(&sent);
    sent = then_it_sends();
    then_block(options_of(&sent).block1, 1, true, 5);
    assert_memory_equal(sent.message.payload.at, &body[512], 512);
    device_takes(&sent);

    then_it_wants(1024, 476);
    then_all_is_given_back();
}

TEST(an_app_that_does_not_supply_ends_it_incomplete)
{
    given_a_device();
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 20}));
    given_a_read("one", 2);
    then_it_wants(0, 20);

    CHECK_EQ(ln_server_deadline(server), now + 247 * 1000);
    now += 247 * 1000;
    struct sent asked = then_it_sends();

    then_result(1, LN_OUTCOME_INCOMPLETE);
    CHECK_EQ(asked.message.code, LN_COAP_GET); /* the next one's turn */
    CHECK_ERR(ln_server_supply(server, now, id, ln_bytes(body, 20), true), LN_ERR_NOT_FOUND);
    then_all_is_given_back();
}

TEST(a_stream_may_be_cancelled_while_the_app_is_asked)
{
    given_a_device();
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 20}));

    assert_true(ln_server_cancel(server, now, id));

    CHECK_EQ(then_event(LN_SERVER_WANTS).id, id);
    assert_false(then_result(1, LN_OUTCOME_CANCELLED).sent);
    then_no_event();
    CHECK_OK(
        stream(LN_OPERATION_WRITE, (struct ln_server_stream){.supplies = true, .size = 20}));
    then_all_is_given_back(); /* with an event that nobody has read */
}

TEST(a_stream_holds_no_more_than_a_block)
{
    given_a_device();
    size_t before = memory_bytes;
    CHECK_OK(stream(LN_OPERATION_WRITE,
                    (struct ln_server_stream){.supplies = true, .size = LN_COAP_BODY_UNKNOWN}));

    for (uint32_t at = 0; at < 1024 * 1024; at += 1024) {
        then_it_wants(at, 1024);
        struct sent sent = when_supplied(0, 1024, false);
        device_takes(&sent);
        assert_true(memory_bytes - before < 4096);
    }
    then_all_is_given_back();
}

/* ---- Taken ---- */

static struct sent given_a_stream_read(bool rewinds)
{
    given_a_device();
    CHECK_OK(stream(LN_OPERATION_READ,
                    (struct ln_server_stream){.takes = true, .rewinds = rewinds}));
    return then_it_sends();
}

TEST(an_answer_comes_block_by_block_each_when_the_app_goes_on)
{
    struct sent asked = given_a_stream_read(false);
    assert_false(options_of(&asked).block2.present);

    device_gives(&asked, 0, true, "v1");
    then_it_is_silent();
    then_part(0, 16, false);
    then_it_is_silent();
    asked = when_continued(1);
    device_gives(&asked, 1, true, "v1");
    then_part(16, 16, false);
    asked = when_continued(2);
    device_gives(&asked, 2, false, "v1");
    then_part(32, 16, true);

    struct ln_server_event result = then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.code, LN_COAP_2_05);
    CHECK_EQ(result.payload.len, 0);
    assert_false(ln_server_continue(server, now, id));
    then_all_is_given_back();
}

TEST(an_answer_in_one_piece_is_a_part_and_the_result)
{
    struct sent asked = given_a_stream_read(false);

    device_answers(
        &asked, (struct block_answer){.code = LN_COAP_2_05, .payload = ln_bytes(body, 1300)});

    then_part(0, 1300, true);
    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).payload.len, 0);
    then_all_is_given_back();
}

TEST(an_error_is_the_result_and_no_part)
{
    struct sent asked = given_a_stream_read(false);

    device_answers(&asked, (struct block_answer){.code = LN_COAP_4_04, .payload = BYTES("no")});

    struct ln_server_event result = then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.code, LN_COAP_4_04);
    CHECK_TEXT(result.payload, "no");
    then_all_is_given_back();
}

TEST(the_size_that_the_device_says_comes_with_the_part)
{
    struct sent asked = given_a_stream_read(false);

    device_gives(&asked, 0, true, NULL);

    CHECK_EQ(then_event(LN_SERVER_PART).size, 40);
    then_all_is_given_back();
}

TEST(a_value_that_changes_begins_again_where_the_app_can)
{
    struct sent asked = given_a_stream_read(true);
    device_gives(&asked, 0, true, "v1");
    then_part(0, 16, false);
    asked = when_continued(1);

    device_gives(&asked, 1, true, "v2");
    then_no_event();
    asked = then_it_sends();
    then_block(options_of(&asked).block2, 0, false, 0);
    device_gives(&asked, 0, true, "v2");

    then_part(0, 16, false);
    then_all_is_given_back();
}

TEST(a_value_that_changes_ends_it_incomplete_where_the_app_cannot)
{
    struct sent asked = given_a_stream_read(false);
    device_gives(&asked, 0, true, "v1");
    then_part(0, 16, false);
    asked = when_continued(1);

    device_gives(&asked, 1, true, "v2");

    then_result(1, LN_OUTCOME_INCOMPLETE);
    then_all_is_given_back();
}

TEST(the_app_continues_only_what_it_has_read_and_once)
{
    struct sent asked = given_a_stream_read(false);
    assert_false(ln_server_continue(server, now, id));
    device_gives(&asked, 0, true, NULL);

    assert_false(ln_server_continue(server, now, id));
    then_part(0, 16, false);
    asked = when_continued(1);
    assert_false(ln_server_continue(server, now, id));
    then_all_is_given_back();
}

TEST(the_first_request_of_a_stream_is_repeated_too)
{
    struct sent asked = given_a_stream_read(false);
    uint16_t message = asked.message.id;
    when_no_copy_is_answered(message);

    asked = then_it_sends();

    assert_int_not_equal(asked.message.id, message);
    device_gives(&asked, 0, true, NULL);
    then_part(0, 16, false);
    then_all_is_given_back();
}

TEST(a_device_that_leaves_ends_its_stream)
{
    struct sent asked = given_a_stream_read(false);
    device_gives(&asked, 0, true, NULL);

    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));

    then_part(0, 16, false);
    then_result(1, LN_OUTCOME_GONE);
    then_event(LN_SERVER_DEREGISTERED);
    then_all_is_given_back();
}

int stream_tests(void)
{
    static const struct CMUnitTest stream_group[] = {
        cmocka_unit_test(a_payload_is_asked_for_block_by_block),
        cmocka_unit_test(a_size_that_is_known_is_told_and_held),
        cmocka_unit_test(a_short_payload_goes_out_without_blocks),
        cmocka_unit_test(a_short_payload_is_not_sent_again_for_it_could_run_twice),
        cmocka_unit_test(a_payload_that_ends_with_a_full_block_may_end_with_an_empty_one),
        cmocka_unit_test(the_app_is_asked_once_its_turn_has_come),
        cmocka_unit_test(what_was_not_asked_for_is_refused),
        cmocka_unit_test(a_payload_that_can_begin_again_does_when_the_device_has_lost_it),
        cmocka_unit_test(a_payload_that_cannot_begin_again_ends_incomplete),
        cmocka_unit_test(a_first_block_is_sent_again_in_smaller_ones_without_asking),
        cmocka_unit_test(an_app_that_does_not_supply_ends_it_incomplete),
        cmocka_unit_test(a_stream_may_be_cancelled_while_the_app_is_asked),
        cmocka_unit_test(a_stream_holds_no_more_than_a_block),
        cmocka_unit_test(an_answer_comes_block_by_block_each_when_the_app_goes_on),
        cmocka_unit_test(an_answer_in_one_piece_is_a_part_and_the_result),
        cmocka_unit_test(an_error_is_the_result_and_no_part),
        cmocka_unit_test(the_size_that_the_device_says_comes_with_the_part),
        cmocka_unit_test(a_value_that_changes_begins_again_where_the_app_can),
        cmocka_unit_test(a_value_that_changes_ends_it_incomplete_where_the_app_cannot),
        cmocka_unit_test(the_app_continues_only_what_it_has_read_and_once),
        cmocka_unit_test(the_first_request_of_a_stream_is_repeated_too),
        cmocka_unit_test(a_device_that_leaves_ends_its_stream),
    };

    return RUN_TESTS(stream_group);
}
