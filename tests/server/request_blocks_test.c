/* Requests whose payload is longer than a block. spec: RFC 7959 §2.3, §2.5, §2.9 */

#include "blocks_support.h"

static struct ln_peer one;
static struct place place;
static uint8_t body[2500];

static ln_err write_body(size_t length, uint64_t *id)
{
    struct ln_operation write = {
        .kind = LN_OPERATION_WRITE,
        .path = ln_path_resource(5, 0, 0),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_OPAQUE,
        .payload = {body, length},
    };

    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (uint8_t)(i * 7 + i / 256);
    }
    return ln_server_operate(server, now, BYTES("one"), &write, NULL, 1, id);
}

static void given_a_write_of(const struct ln_server_config *config, size_t length)
{
    uint64_t id;

    given_a_server_of(config);
    one = device(1);
    place = given_a_registered_device(1, "one");
    CHECK_OK(write_body(length, &id));
}

static void given_a_write(size_t length)
{
    struct ln_server_config config = config_of_tests();

    given_a_write_of(&config, length);
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

static void then_payload(const struct sent *sent, size_t offset, size_t length)
{
    CHECK_EQ(sent->message.payload.len, length);
    assert_memory_equal(sent->message.payload.at, &body[offset], length);
}

TEST(a_payload_of_a_block_goes_out_as_it_is)
{
    given_a_write(1024);

    struct sent sent = then_it_sends();

    assert_false(options_of(&sent).block1.present);
    then_payload(&sent, 0, 1024);
    then_all_is_given_back();
}

TEST(a_longer_payload_goes_out_block_by_block_each_a_message_of_its_own)
{
    given_a_write(2500);

    struct sent first = then_it_sends();
    then_it_is_silent();
    then_block(options_of(&first).block1, 0, true, 6);
    CHECK_EQ(options_of(&first).size1, 2500);
    then_payload(&first, 0, 1024);
    device_takes(&first);
    struct sent second = then_it_sends();
    then_block(options_of(&second).block1, 1, true, 6);
    CHECK_EQ(options_of(&second).size1, 0);
    then_payload(&second, 1024, 1024);
    device_takes(&second);
    struct sent last = then_it_sends();
    then_block(options_of(&last).block1, 2, false, 6);
    then_payload(&last, 2048, 452);
    then_no_event();
    device_answers(
        &last, (struct block_answer){.code = LN_COAP_2_04, .block1 = options_of(&last).block1});

    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).code, LN_COAP_2_04);
    then_it_is_silent();
    assert_int_not_equal(first.message.id, second.message.id);
    assert_int_not_equal(second.message.id, last.message.id);
    CHECK_EQ(ln_server_counters(server)->blocks_sent, 3);
    then_all_is_given_back();
}

TEST(each_block_has_the_path_and_the_format_and_a_token_of_its_own)
{
    given_a_write(1500);

    struct sent first = then_it_sends();
    device_takes(&first);
    struct sent second = then_it_sends();

    struct ln_coap_options options = options_of(&second);
    struct ln_operation operation;
    CHECK_OK(ln_operation_read(&second.message, &options, &operation));
    CHECK_EQ(operation.kind, LN_OPERATION_WRITE);
    CHECK_EQ(operation.format, LN_FORMAT_OPAQUE);
    assert_true(ln_path_equal(operation.path, ln_path_resource(5, 0, 0)));
    CHECK_EQ(ln_coap_block_key(&first.message), ln_coap_block_key(&second.message));
    assert_false(ln_coap_token_equal(&first.message.token, &second.message.token));
    then_all_is_given_back();
}

/* spec: RFC 7252 §4.7: the transfer as a whole is the one interaction. */
TEST(another_operation_waits_until_the_whole_body_is_through)
{
    given_a_write(1500);
    given_a_read("one", 2);

    struct sent first = then_it_sends();
    device_takes(&first);
    struct sent second = then_it_sends();
    then_it_is_silent();
    CHECK_EQ(second.message.code, LN_COAP_PUT);
    device_answers(&second, (struct block_answer){.code = LN_COAP_2_04});

    then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_GET);
    then_all_is_given_back();
}

TEST(a_late_answer_to_a_block_is_none_to_the_next_one)
{
    given_a_write(2500);
    struct sent first = then_it_sends();
    device_takes(&first);
    struct sent second = then_it_sends();
    uint64_t digest = ln_server_digest(server);

    device_takes(&first);

    CHECK_EQ(ln_server_digest(server), digest);
    CHECK_EQ(ln_server_counters(server)->unexpected, 1);
    device_takes(&second);
    struct sent last = then_it_sends();
    then_block(options_of(&last).block1, 2, false, 6);
    then_all_is_given_back();
}

TEST(the_device_may_ask_for_smaller_blocks)
{
    given_a_write(1100);
    struct sent first = then_it_sends();

    device_answers(&first,
                   (struct block_answer){.code = LN_COAP_2_31, .block1 = block_of(0, true, 2)});

    struct sent next = then_it_sends();
    then_block(options_of(&next).block1, 16, true, 2); /* 64 bytes from byte 1024 on */
    then_payload(&next, 1024, 64);
    then_all_is_given_back();
}

TEST(the_config_bounds_the_blocks)
{
    struct ln_server_config config = config_of_tests();
    config.block_size = 256;
    given_a_write_of(&config, 300);

    struct sent first = then_it_sends();

    then_block(options_of(&first).block1, 0, true, 4);
    then_payload(&first, 0, 256);
    then_all_is_given_back();
}

TEST(there_are_only_so_many_sizes_of_blocks)
{
    struct ln_server_config config = config_of_tests();

    for (uint16_t size = 1; size < 2100; size++) {
        bool is_one = size >= 16 && size <= 1024 && (size & (size - 1)) == 0;
        config.block_size = size;
        struct ln_server *made = ln_server_new(&config, 0);
        CHECK_EQ(made != NULL, is_one);
        ln_server_free(made);
    }
}

/* spec: RFC 7959 §2.9.2: it does not have the blocks before. */
TEST(after_4_08_the_body_begins_again_once)
{
    given_a_write(1500);
    struct sent first = then_it_sends();
    device_takes(&first);
    struct sent second = then_it_sends();

    device_answers(&second, (struct block_answer){.code = LN_COAP_4_08});
    first = then_it_sends();
    then_block(options_of(&first).block1, 0, true, 6);
    then_payload(&first, 0, 1024);
    CHECK_EQ(ln_server_counters(server)->transfers_restarted, 1);
    device_answers(&first, (struct block_answer){.code = LN_COAP_4_08});

    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).code, LN_COAP_4_08);
    then_all_is_given_back();
}

/* spec: RFC 7959 §2.9.3 */
TEST(after_4_13_the_body_begins_again_in_smaller_blocks_if_the_device_says_so)
{
    given_a_write(1500);
    struct sent first = then_it_sends();

    device_answers(&first,
                   (struct block_answer){.code = LN_COAP_4_13, .block1 = block_of(0, true, 3)});

    first = then_it_sends();
    then_block(options_of(&first).block1, 0, true, 3);
    then_payload(&first, 0, 128);
    then_all_is_given_back();
}

TEST(a_4_13_whose_size1_is_too_small_is_the_answer)
{
    given_a_write(1500);
    struct sent first = then_it_sends();

    device_answers(&first, (struct block_answer){.code = LN_COAP_4_13, .size1 = 1000});

    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).code, LN_COAP_4_13);
    then_all_is_given_back();
}

TEST(a_block_without_answer_is_sent_again_as_a_new_message_four_times)
{
    given_a_write(1500);
    struct sent first = then_it_sends();
    uint16_t id = first.message.id;
    struct datagram lives_long = update(1, &place, "lt=86400");
    arrives(&one, &lives_long);
    then_it_answers(LN_COAP_2_04);
    events_are_read();

    for (int again = 0; again < LN_COAP_BLOCK_AGAIN; again++) {
        when_no_copy_is_answered(id);
        first = then_it_sends();
        then_block(options_of(&first).block1, 0, true, 6);
        then_payload(&first, 0, 1024);
        assert_int_not_equal(first.message.id, id);
        id = first.message.id;
        then_no_event();
    }
    when_no_copy_is_answered(id);
    then_it_is_silent();

    then_result(1, LN_OUTCOME_NO_ANSWER);
    CHECK_EQ(ln_server_counters(server)->blocks_again, LN_COAP_BLOCK_AGAIN);
    then_all_is_given_back();
}

TEST(what_is_no_block_is_not_sent_again_for_it_could_run_twice)
{
    given_a_write(1000);
    struct sent sent = then_it_sends();

    when_no_copy_is_answered(sent.message.id);
    then_it_is_silent();

    then_result(1, LN_OUTCOME_NO_ANSWER);
    then_all_is_given_back();
}

TEST(a_success_for_a_block_in_the_middle_breaks_the_rules)
{
    given_a_write(1500);
    struct sent first = then_it_sends();

    device_answers(&first, (struct block_answer){.code = LN_COAP_2_04});

    then_result(1, LN_OUTCOME_UNDECODABLE);
    then_all_is_given_back();
}

TEST(an_error_in_the_middle_is_the_answer)
{
    given_a_write(1500);
    struct sent first = then_it_sends();

    device_answers(&first,
                   (struct block_answer){.code = LN_COAP_4_04, .payload = BYTES("gone")});

    struct ln_server_event result = then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.code, LN_COAP_4_04);
    CHECK_TEXT(result.payload, "gone");
    then_all_is_given_back();
}

TEST(a_cancelled_body_is_over_and_its_memory_is_given_back)
{
    uint64_t id;
    given_a_write(1500);
    then_it_sends();
    CHECK_OK(write_body(2000, &id));

    assert_true(ln_server_cancel(server, now, id));
    then_result(1, LN_OUTCOME_CANCELLED);
    ln_server_close(server, now);
    then_result(1, LN_OUTCOME_CLOSED);

    then_all_is_given_back();
}

TEST(a_body_for_which_there_is_no_memory_is_refused_whole)
{
    uint64_t id;
    given_a_server();
    given_a_registered_device(1, "one");
    given_a_read("one", 7); /* the tables are there */
    size_t blocks = memory_blocks;

    for (size_t left = 0; left < 3; left++) {
        memory_left = left;
        CHECK_ERR(write_body(2000, &id), LN_ERR_NO_MEMORY);
        CHECK_EQ(memory_blocks, blocks);
    }
    memory_left = SIZE_MAX;
    then_all_is_given_back();
}

/* ---- What must not run twice ---- */

static struct ln_operation operation_of(enum ln_operation_kind kind)
{
    struct ln_path path = ln_path_resource(5, 0, 0);

    if (kind == LN_OPERATION_CREATE) {
        path = ln_path_object(16);
    } else if (kind == LN_OPERATION_WRITE_PARTIAL) {
        path = ln_path_instance(5, 0);
    }
    return (struct ln_operation){
        .kind = kind,
        .path = path,
        .accept = LN_FORMAT_NONE,
        .format = kind == LN_OPERATION_EXECUTE ? LN_FORMAT_TEXT : LN_FORMAT_TLV,
        .payload = {body, 1500},
    };
}

/* Its first block has been taken, its last one is sent. */
static struct sent given_the_last_block_of(enum ln_operation_kind kind)
{
    struct ln_operation operation = operation_of(kind);
    struct datagram lives_long;
    uint64_t id;

    given_a_server();
    one = device(1);
    place = given_a_registered_device(1, "one");
    lives_long = update(1, &place, "lt=86400");
    arrives(&one, &lives_long);
    then_it_answers(LN_COAP_2_04);
    events_are_read();
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &operation, NULL, 1, &id));
    struct sent sent = then_it_sends();
    then_block(options_of(&sent).block1, 0, true, 6);
    device_takes(&sent);
    sent = then_it_sends();
    then_block(options_of(&sent).block1, 1, false, 6);
    return sent;
}

static const enum ln_operation_kind once[] = {LN_OPERATION_CREATE, LN_OPERATION_EXECUTE,
                                              LN_OPERATION_WRITE_PARTIAL};

/* The device may have acted, and would answer the block in a new message 4.08. */
TEST(the_last_block_of_what_must_not_run_twice_is_sent_in_one_message_only)
{
    for (size_t i = 0; i < LN_COUNT(once); i++) {
        struct sent last = given_the_last_block_of(once[i]);

        when_no_copy_is_answered(last.message.id);
        then_it_is_silent();

        assert_true(then_result(1, LN_OUTCOME_NO_ANSWER).sent);
        device_answers(&last, (struct block_answer){.code = LN_COAP_4_08});
        then_it_is_silent();
        then_all_is_given_back();
    }
}

TEST(the_blocks_before_the_last_are_sent_again_whatever_it_is)
{
    for (size_t i = 0; i < LN_COUNT(once); i++) {
        struct ln_operation operation = operation_of(once[i]);
        uint64_t id;
        given_a_server();
        given_a_registered_device(1, "one");
        CHECK_OK(ln_server_operate(server, now, BYTES("one"), &operation, NULL, 1, &id));
        uint16_t message = then_it_sends().message.id;

        when_no_copy_is_answered(message);

        struct sent again = then_it_sends();
        then_block(options_of(&again).block1, 0, true, 6);
        assert_int_not_equal(again.message.id, message);
        then_all_is_given_back();
    }
}

TEST(the_last_block_of_a_write_is_sent_again_and_all_of_it_if_need_be)
{
    struct sent last = given_the_last_block_of(LN_OPERATION_WRITE);

    when_no_copy_is_answered(last.message.id);
    last = then_it_sends();
    then_block(options_of(&last).block1, 1, false, 6);
    device_answers(&last, (struct block_answer){.code = LN_COAP_4_08});

    struct sent first = then_it_sends();
    then_block(options_of(&first).block1, 0, true, 6);
    then_all_is_given_back();
}

/* The device has not acted: it says that it lacks what came before. */
TEST(a_4_08_for_a_last_block_that_got_this_answer_at_once_begins_again)
{
    for (size_t i = 0; i < LN_COUNT(once); i++) {
        struct sent last = given_the_last_block_of(once[i]);

        device_answers(&last, (struct block_answer){.code = LN_COAP_4_08});

        struct sent first = then_it_sends();
        then_block(options_of(&first).block1, 0, true, 6);
        then_all_is_given_back();
    }
}

int request_blocks_tests(void)
{
    static const struct CMUnitTest request_blocks_group[] = {
        cmocka_unit_test(a_payload_of_a_block_goes_out_as_it_is),
        cmocka_unit_test(a_longer_payload_goes_out_block_by_block_each_a_message_of_its_own),
        cmocka_unit_test(each_block_has_the_path_and_the_format_and_a_token_of_its_own),
        cmocka_unit_test(another_operation_waits_until_the_whole_body_is_through),
        cmocka_unit_test(a_late_answer_to_a_block_is_none_to_the_next_one),
        cmocka_unit_test(the_device_may_ask_for_smaller_blocks),
        cmocka_unit_test(the_config_bounds_the_blocks),
        cmocka_unit_test(there_are_only_so_many_sizes_of_blocks),
        cmocka_unit_test(after_4_08_the_body_begins_again_once),
        cmocka_unit_test(
            after_4_13_the_body_begins_again_in_smaller_blocks_if_the_device_says_so),
        cmocka_unit_test(a_4_13_whose_size1_is_too_small_is_the_answer),
        cmocka_unit_test(a_block_without_answer_is_sent_again_as_a_new_message_four_times),
        cmocka_unit_test(what_is_no_block_is_not_sent_again_for_it_could_run_twice),
        cmocka_unit_test(a_success_for_a_block_in_the_middle_breaks_the_rules),
        cmocka_unit_test(an_error_in_the_middle_is_the_answer),
        cmocka_unit_test(a_cancelled_body_is_over_and_its_memory_is_given_back),
        cmocka_unit_test(a_body_for_which_there_is_no_memory_is_refused_whole),
        cmocka_unit_test(the_last_block_of_what_must_not_run_twice_is_sent_in_one_message_only),
        cmocka_unit_test(the_blocks_before_the_last_are_sent_again_whatever_it_is),
        cmocka_unit_test(the_last_block_of_a_write_is_sent_again_and_all_of_it_if_need_be),
        cmocka_unit_test(a_4_08_for_a_last_block_that_got_this_answer_at_once_begins_again),
    };

    return RUN_TESTS(request_blocks_group);
}
