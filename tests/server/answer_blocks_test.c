/* Answers that come in blocks are fetched and put together. spec: RFC 7959 §2.4, §2.6 */

#include "blocks_support.h"

static struct ln_peer one;
static const char text[] = "0123456789ABCDEFfedcba9876543210the end";

static void given_a_read_of(const struct ln_server_config *config)
{
    given_a_server_of(config);
    one = device(1);
    given_a_registered_device(1, "one");
    given_a_read("one", 1);
}

static struct sent given_a_read_under_way(void)
{
    struct ln_server_config config = config_of_tests();

    given_a_read_of(&config);
    return then_it_sends();
}

static void device_answers(const struct sent *asked, struct block_answer what)
{
    struct datagram d = block_answer(asked, &what);

    arrives(&one, &d);
}

/* Block `number` of the text, 16 bytes each. */
static void device_gives(const struct sent *asked, uint32_t number, const char *etag)
{
    size_t offset = 16 * (size_t)number;
    size_t left = sizeof(text) - 1 - offset;
    struct block_answer what = {
        .code = LN_COAP_2_05,
        .block2 = block_of(number, left > 16, 0),
        .etag = etag,
        .payload = ln_bytes(&text[offset], left < 16 ? left : 16),
    };

    device_answers(asked, what);
}

static struct sent then_it_asks_for(uint32_t number, uint8_t exponent)
{
    struct sent asked = then_it_sends();

    then_block(options_of(&asked).block2, number, false, exponent);
    CHECK_EQ(asked.message.code, LN_COAP_GET);
    CHECK_EQ(asked.message.payload.len, 0);
    return asked;
}

TEST(the_blocks_of_an_answer_are_asked_for_and_put_together)
{
    struct sent asked = given_a_read_under_way();
    assert_false(options_of(&asked).block2.present);

    device_gives(&asked, 0, "v1");
    struct sent second = then_it_asks_for(1, 0);
    device_gives(&second, 1, "v1");
    struct sent third = then_it_asks_for(2, 0);
    then_no_event();
    device_gives(&third, 2, "v1");

    struct ln_server_event result = then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.code, LN_COAP_2_05);
    CHECK_EQ(result.format, LN_FORMAT_OPAQUE);
    CHECK_TEXT(result.payload, text);
    CHECK_EQ(result.location.len, 0);
    then_it_is_silent();
    CHECK_EQ(ln_server_counters(server)->blocks_fetched, 3);
    then_all_is_given_back();
}

TEST(each_request_for_a_block_is_the_same_but_for_the_block)
{
    struct sent asked = given_a_read_under_way();

    device_gives(&asked, 0, NULL);
    struct sent second = then_it_asks_for(1, 0);

    CHECK_EQ(ln_coap_block_key(&asked.message), ln_coap_block_key(&second.message));
    assert_int_not_equal(asked.message.id, second.message.id);
    assert_false(ln_coap_token_equal(&asked.message.token, &second.message.token));
    then_all_is_given_back();
}

/* spec: RFC 7959 §2.4 early negotiation */
TEST(with_a_block_size_in_the_config_a_read_asks_for_it_at_once)
{
    struct ln_server_config config = config_of_tests();
    config.block_size = 64;
    given_a_read_of(&config);

    struct sent asked = then_it_asks_for(0, 2);
    device_gives(&asked, 0, NULL); /* the device likes even smaller ones */

    then_it_asks_for(1, 0);
    then_all_is_given_back();
}

TEST(an_answer_that_says_it_is_the_only_block_is_the_whole)
{
    struct sent asked = given_a_read_under_way();

    device_answers(&asked, (struct block_answer){.code = LN_COAP_2_05,
                                                 .block2 = block_of(0, false, 6),
                                                 .payload = BYTES("all")});

    CHECK_TEXT(then_result(1, LN_OUTCOME_ANSWERED).payload, "all");
    then_all_is_given_back();
}

TEST(another_etag_makes_it_begin_again)
{
    struct sent asked = given_a_read_under_way();
    device_gives(&asked, 0, "v1");
    asked = then_it_asks_for(1, 0);

    device_gives(&asked, 1, "v2");
    asked = then_it_asks_for(0, 0);
    for (uint32_t i = 0; i < 3; i++) {
        device_gives(&asked, i, "v2");
        asked = i < 2 ? then_it_asks_for(i + 1, 0) : asked;
    }

    CHECK_TEXT(then_result(1, LN_OUTCOME_ANSWERED).payload, text);
    CHECK_EQ(ln_server_counters(server)->transfers_restarted, 1);
    then_all_is_given_back();
}

TEST(a_value_that_changes_again_and_again_is_given_up)
{
    static const char *const etags[] = {"v1", "v2", "v3", "v4", "v5"};
    struct sent asked = given_a_read_under_way();

    for (size_t i = 0; i < 4; i++) {
        device_gives(&asked, 0, etags[i]);
        asked = then_it_asks_for(1, 0);
        device_gives(&asked, 1, etags[i + 1]);
        asked = i < 3 ? then_it_asks_for(0, 0) : asked;
    }

    then_result(1, LN_OUTCOME_INCOMPLETE);
    then_it_is_silent();
    then_all_is_given_back();
}

TEST(more_than_max_body_is_not_fetched)
{
    struct ln_server_config config = config_of_tests();
    config.max_body = 31;
    given_a_read_of(&config);
    struct sent asked = then_it_sends();

    device_gives(&asked, 0, NULL);
    asked = then_it_asks_for(1, 0);
    device_gives(&asked, 1, NULL);

    then_result(1, LN_OUTCOME_TOO_LARGE);
    then_all_is_given_back();
}

TEST(a_size2_above_max_body_ends_it_at_once)
{
    struct ln_server_config config = config_of_tests();
    config.max_body = 31;
    given_a_read_of(&config);
    struct sent asked = then_it_sends();

    device_answers(&asked, (struct block_answer){.code = LN_COAP_2_05,
                                                 .block2 = block_of(0, true, 0),
                                                 .size2 = 32,
                                                 .payload = ln_bytes(text, 16)});

    then_result(1, LN_OUTCOME_TOO_LARGE);
    then_all_is_given_back();
}

TEST(what_the_device_says_of_the_size_takes_no_memory)
{
    struct sent asked = given_a_read_under_way();
    size_t before = memory_bytes;

    device_answers(&asked, (struct block_answer){.code = LN_COAP_2_05,
                                                 .block2 = block_of(0, true, 0),
                                                 .size2 = 1000000,
                                                 .payload = ln_bytes(text, 16)});

    assert_true(memory_bytes - before < 4096);
    then_it_asks_for(1, 0);
    then_all_is_given_back();
}

TEST(a_block_that_was_not_asked_for_breaks_the_rules)
{
    const struct ln_coap_block wrong[] = {
        block_of(2, true, 0), /* one was left out */
        block_of(0, true, 0), /* the one before */
        block_of(1, true, 1), /* larger */
    };

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        struct sent asked = given_a_read_under_way();
        device_gives(&asked, 0, NULL);
        asked = then_it_asks_for(1, 0);
        device_answers(&asked, (struct block_answer){.code = LN_COAP_2_05,
                                                     .block2 = wrong[i],
                                                     .payload = ln_bytes(text, 16)});
        then_result(1, LN_OUTCOME_UNDECODABLE);
        then_all_is_given_back();
    }
}

TEST(a_first_answer_from_the_middle_breaks_the_rules)
{
    struct sent asked = given_a_read_under_way();

    device_gives(&asked, 2, NULL); /* the last one */

    then_result(1, LN_OUTCOME_UNDECODABLE);
    then_all_is_given_back();
}

TEST(larger_blocks_than_asked_for_break_the_rules)
{
    struct ln_server_config config = config_of_tests();
    config.block_size = 16;
    given_a_read_of(&config);
    struct sent asked = then_it_asks_for(0, 0);

    device_answers(&asked, (struct block_answer){.code = LN_COAP_2_05,
                                                 .block2 = block_of(0, true, 1),
                                                 .payload = ln_bytes(text, 32)});

    then_result(1, LN_OUTCOME_UNDECODABLE);
    then_all_is_given_back();
}

/* The device keeps what it sends, and has forgotten it. */
TEST(a_4_08_for_a_later_block_makes_it_begin_again)
{
    struct sent asked = given_a_read_under_way();
    device_gives(&asked, 0, "v1");
    asked = then_it_asks_for(1, 0);

    device_answers(&asked, (struct block_answer){.code = LN_COAP_4_08});

    then_it_asks_for(0, 0);
    then_no_event();
    then_all_is_given_back();
}

TEST(an_error_for_a_later_block_is_the_answer)
{
    struct sent asked = given_a_read_under_way();
    device_gives(&asked, 0, NULL);
    asked = then_it_asks_for(1, 0);

    device_answers(&asked, (struct block_answer){.code = LN_COAP_4_04});

    struct ln_server_event result = then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.code, LN_COAP_4_04);
    CHECK_EQ(result.payload.len, 0);
    then_all_is_given_back();
}

TEST(a_block_that_does_not_come_is_asked_for_again_in_a_new_message)
{
    struct sent asked = given_a_read_under_way();
    device_gives(&asked, 0, NULL);
    asked = then_it_asks_for(1, 0);
    when_no_copy_is_answered(asked.message.id);

    struct sent again = then_it_asks_for(1, 0);
    assert_int_not_equal(again.message.id, asked.message.id);
    then_no_event();
    then_all_is_given_back();
}

TEST(a_block_for_which_there_is_no_memory_counts_as_lost)
{
    for (size_t left = 0; left < 2; left++) {
        struct sent asked = given_a_read_under_way();
        memory_left = left;
        device_gives(&asked, 0, NULL);
        memory_left = SIZE_MAX;
        then_it_is_silent();
        then_no_event();

        now = ln_server_deadline(server);
        struct sent copy = then_it_sends();
        CHECK_EQ(copy.message.id, asked.message.id);
        assert_false(options_of(&copy).block2.present);
        device_gives(&copy, 0, NULL);
        then_it_asks_for(1, 0);
        then_all_is_given_back();
    }
}

TEST(the_answer_to_a_body_in_blocks_may_itself_come_in_blocks)
{
    static uint8_t body[1100];
    struct ln_operation write = {
        .kind = LN_OPERATION_WRITE,
        .path = ln_path_resource(5, 0, 0),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_OPAQUE,
        .payload = {body, sizeof(body)},
    };
    uint64_t id;
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &write, NULL, 1, &id));
    struct sent sent = then_it_sends();
    device_answers(&sent,
                   (struct block_answer){.code = LN_COAP_2_31, .block1 = block_of(0, true, 6)});
    sent = then_it_sends();

    device_answers(&sent, (struct block_answer){.code = LN_COAP_2_04,
                                                .block1 = block_of(1, false, 6),
                                                .block2 = block_of(0, true, 0),
                                                .payload = ln_bytes(text, 16)});
    struct sent asked = then_it_sends();
    CHECK_EQ(asked.message.code, LN_COAP_PUT);
    then_block(options_of(&asked).block2, 1, false, 0);
    assert_false(options_of(&asked).block1.present);
    CHECK_EQ(asked.message.payload.len, 0);
    device_answers(&asked, (struct block_answer){.code = LN_COAP_2_04,
                                                 .block2 = block_of(1, false, 0),
                                                 .payload = ln_bytes(&text[16], 16)});

    struct ln_server_event result = then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.payload.len, 32);
    assert_memory_equal(result.payload.at, text, 32);
    then_all_is_given_back();
}

/* An Execute, whose answer begins with this block; the next one is asked for. */
static struct sent given_an_execute_under_way(const char *etag)
{
    struct ln_operation execute = {
        .kind = LN_OPERATION_EXECUTE,
        .path = ln_path_resource(3, 0, 4),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_NONE,
    };
    uint64_t id;

    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &execute, NULL, 1, &id));
    struct sent asked = then_it_sends();
    device_gives(&asked, 0, etag);
    asked = then_it_sends();
    then_block(options_of(&asked).block2, 1, false, 0);
    CHECK_EQ(asked.message.code, LN_COAP_POST);
    return asked;
}

/* Its first block could be had only by sending the request again. */
TEST(what_is_no_read_does_not_run_again_for_its_answer)
{
    struct sent asked = given_an_execute_under_way(NULL);
    device_answers(&asked, (struct block_answer){.code = LN_COAP_4_08});
    then_it_is_silent();
    assert_true(then_result(1, LN_OUTCOME_INCOMPLETE).sent);
    CHECK_EQ(ln_server_counters(server)->transfers_restarted, 0);
    then_all_is_given_back();

    asked = given_an_execute_under_way("v1");
    device_gives(&asked, 1, "v2");
    then_it_is_silent();
    then_result(1, LN_OUTCOME_INCOMPLETE);
    then_all_is_given_back();
}

int answer_blocks_tests(void)
{
    static const struct CMUnitTest answer_blocks_group[] = {
        cmocka_unit_test(the_blocks_of_an_answer_are_asked_for_and_put_together),
        cmocka_unit_test(each_request_for_a_block_is_the_same_but_for_the_block),
        cmocka_unit_test(with_a_block_size_in_the_config_a_read_asks_for_it_at_once),
        cmocka_unit_test(an_answer_that_says_it_is_the_only_block_is_the_whole),
        cmocka_unit_test(another_etag_makes_it_begin_again),
        cmocka_unit_test(a_value_that_changes_again_and_again_is_given_up),
        cmocka_unit_test(more_than_max_body_is_not_fetched),
        cmocka_unit_test(a_size2_above_max_body_ends_it_at_once),
        cmocka_unit_test(what_the_device_says_of_the_size_takes_no_memory),
        cmocka_unit_test(a_block_that_was_not_asked_for_breaks_the_rules),
        cmocka_unit_test(a_first_answer_from_the_middle_breaks_the_rules),
        cmocka_unit_test(larger_blocks_than_asked_for_break_the_rules),
        cmocka_unit_test(a_4_08_for_a_later_block_makes_it_begin_again),
        cmocka_unit_test(an_error_for_a_later_block_is_the_answer),
        cmocka_unit_test(a_block_that_does_not_come_is_asked_for_again_in_a_new_message),
        cmocka_unit_test(a_block_for_which_there_is_no_memory_counts_as_lost),
        cmocka_unit_test(the_answer_to_a_body_in_blocks_may_itself_come_in_blocks),
        cmocka_unit_test(what_is_no_read_does_not_run_again_for_its_answer),
    };

    return RUN_TESTS(answer_blocks_group);
}
