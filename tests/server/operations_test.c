/* Operations: begun in order, sent until answered, ended once. spec: RFC 7252 §4.2, §4.7 */

#include "support.h"

static struct ln_peer one;

static void given_a_device(void)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
}

static void device_answers(const struct sent *asked, uint8_t code, const char *payload)
{
    struct datagram d =
        response(LN_COAP_ACK, asked->message.id, code, &asked->message.token, payload);

    arrives(&one, &d);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Read */
TEST(a_read_is_a_confirmable_get_of_the_path)
{
    given_a_device();
    given_a_read("one", 1);

    CHECK_EQ(ln_server_deadline(server), now);
    struct sent asked = then_it_sends();

    CHECK_EQ(asked.message.type, LN_COAP_CON);
    CHECK_EQ(asked.message.code, LN_COAP_GET);
    CHECK_EQ(asked.message.token.len, 8);
    assert_true(ln_address_equal(&asked.to.remote, &one.remote));
    struct ln_coap_options options;
    struct ln_operation operation;
    CHECK_OK(ln_coap_options(&asked.message, &options));
    CHECK_OK(ln_operation_read(&asked.message, &options, &operation));
    CHECK_EQ(operation.kind, LN_OPERATION_READ);
    assert_true(ln_path_equal(operation.path, ln_path_resource(3, 0, 0)));
    then_all_is_given_back();
}

TEST(an_answer_ends_the_operation_with_its_code_and_payload)
{
    given_a_device();
    uint64_t id = given_a_read("one", 42);
    struct sent asked = then_it_sends();
    now += 30;

    device_answers(&asked, LN_COAP_2_05, "Open Mobile Alliance");

    struct ln_server_event result = then_result(42, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.id, id);
    CHECK_EQ(result.time, now);
    CHECK_TEXT(result.endpoint, "one");
    CHECK_EQ(result.code, LN_COAP_2_05);
    CHECK_EQ(result.format, LN_FORMAT_TEXT);
    CHECK_TEXT(result.payload, "Open Mobile Alliance");
    CHECK_EQ(result.location.len, 0);
    CHECK_EQ(result.operation.kind, LN_OPERATION_READ);
    assert_true(ln_path_equal(result.operation.path, ln_path_resource(3, 0, 0)));
    then_no_event();
    then_it_is_silent();
    CHECK_EQ(ln_server_counters(server)->operations_answered, 1);
    then_all_is_given_back();
}

TEST(an_error_of_the_device_is_an_answer)
{
    given_a_device();
    given_a_read("one", 42);
    struct sent asked = then_it_sends();

    device_answers(&asked, LN_COAP_4_05, NULL);

    struct ln_server_event result = then_result(42, LN_OUTCOME_ANSWERED);
    CHECK_EQ(result.code, LN_COAP_4_05);
    CHECK_EQ(result.format, LN_FORMAT_NONE);
    CHECK_EQ(result.payload.len, 0);
    then_all_is_given_back();
}

TEST(a_long_answer_is_kept_whole)
{
    char text[1200];
    given_a_device();
    given_a_read("one", 42);
    struct sent asked = then_it_sends();
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    device_answers(&asked, LN_COAP_2_05, text);

    CHECK_TEXT(then_result(42, LN_OUTCOME_ANSWERED).payload, text);
    then_all_is_given_back();
}

TEST(the_location_of_a_create_comes_with_the_result)
{
    given_a_device();
    struct ln_operation create = {
        .kind = LN_OPERATION_CREATE,
        .path = ln_path_object(16),
        .accept = LN_FORMAT_TEXT,
        .format = LN_FORMAT_TLV,
        .payload = BYTES("\xC1\x00\x05"),
    };
    uint64_t id;
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &create, NULL, 9, &id));
    struct sent asked = then_it_sends();
    CHECK_EQ(asked.message.code, LN_COAP_POST);
    CHECK_BYTES(asked.message.payload, "\xC1\x00\x05");

    struct datagram d;
    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), LN_COAP_ACK, LN_COAP_2_01, asked.message.id,
                      &asked.message.token);
    ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "16");
    ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "5");
    d.length = ln_coap_finish(&b);
    arrives(&one, &d);

    struct ln_server_event result = then_result(9, LN_OUTCOME_ANSWERED);
    CHECK_TEXT(result.location, "16/5");
    CHECK_EQ(result.payload.len, 0);
    CHECK_EQ(result.operation.payload.len, 0);
    CHECK_EQ(result.operation.format, LN_FORMAT_TLV);
    CHECK_EQ(result.operation.accept, LN_FORMAT_TEXT);
    then_all_is_given_back();
}

/*
 * RFC 7252 §4.2: ACK_TIMEOUT 2 to 3 s, doubled each time, five copies, the last one waited
 * for too.
 */
TEST(a_request_without_an_answer_is_sent_five_times_with_the_same_bytes)
{
    given_a_device();
    given_a_read("one", 42);
    struct sent first = then_it_sends();
    ln_time sent_at = now;
    ln_time wait = 0;

    for (int copy = 2; copy <= 5; copy++) {
        now = ln_server_deadline(server);
        wait = copy == 2 ? now - sent_at : 2 * wait;
        CHECK_EQ(now - sent_at, wait);
        assert_true(copy != 2 || (wait >= 2000 && wait <= 3000));
        sent_at = now;
        now--;
        then_it_is_silent();
        now++;
        struct sent again = then_it_sends();
        CHECK_EQ(again.datagram.length, first.datagram.length);
        assert_memory_equal(again.datagram.bytes, first.datagram.bytes, first.datagram.length);
        then_it_is_silent();
    }
    then_no_event();
    now = sent_at + 2 * wait;
    then_it_is_silent();
    then_result(42, LN_OUTCOME_NO_ANSWER);
    then_event(LN_SERVER_UNREACHABLE);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->retransmissions, 4);
    CHECK_EQ(ln_server_counters(server)->operations_failed, 1);
    assert_true(ln_server_deadline(server) > now + 1000); /* only the lifetime is left */
    then_all_is_given_back();
}

/* spec: RFC 7252 §4.7: NSTART is 1 */
TEST(one_operation_is_under_way_to_a_device_and_the_others_follow_in_order)
{
    given_a_device();
    for (uint64_t tag = 1; tag <= 4; tag++) {
        given_a_read("one", tag);
    }
    struct ln_registration_view view;
    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    CHECK_EQ(view.operations, 4);

    for (uint64_t tag = 1; tag <= 4; tag++) {
        struct sent asked = then_it_sends();
        then_it_is_silent();
        device_answers(&asked, LN_COAP_2_05, "x");
        then_result(tag, LN_OUTCOME_ANSWERED);
    }
    then_it_is_silent();
    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    CHECK_EQ(view.operations, 0);
    then_all_is_given_back();
}

TEST(operations_of_several_devices_are_under_way_at_once)
{
    given_a_device();
    given_a_registered_device(2, "two");
    given_a_read("one", 1);
    given_a_read("two", 2);

    struct sent a = then_it_sends();
    struct sent b = then_it_sends();

    assert_false(ln_address_equal(&a.to.remote, &b.to.remote));
    assert_false(ln_coap_token_equal(&a.message.token, &b.message.token));
    then_it_is_silent();
    then_all_is_given_back();
}

TEST(the_answer_to_a_register_leaves_before_a_request_to_the_device)
{
    given_a_device();
    struct datagram d =
        request(LN_COAP_CON, 800, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    given_a_read("one", 1);

    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_01);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_GET);
    then_all_is_given_back();
}

TEST(an_operation_that_waits_can_be_cancelled_wherever_it_stands)
{
    given_a_device();
    uint64_t id[4];
    for (uint64_t tag = 0; tag < 4; tag++) {
        id[tag] = given_a_read("one", tag);
    }

    assert_true(ln_server_cancel(server, now, id[3]));
    assert_true(ln_server_cancel(server, now, id[1]));
    assert_false(ln_server_cancel(server, now, id[1]));
    then_result(3, LN_OUTCOME_CANCELLED);
    then_result(1, LN_OUTCOME_CANCELLED);

    struct sent asked = then_it_sends();
    device_answers(&asked, LN_COAP_2_05, "x");
    then_result(0, LN_OUTCOME_ANSWERED);
    asked = then_it_sends();
    device_answers(&asked, LN_COAP_2_05, "x");
    then_result(2, LN_OUTCOME_ANSWERED);
    then_it_is_silent();
    then_no_event();
    then_all_is_given_back();
}

TEST(the_id_of_an_operation_that_is_over_names_no_other)
{
    given_a_device();
    uint64_t old = given_a_read("one", 1);
    struct sent asked = then_it_sends();
    device_answers(&asked, LN_COAP_2_05, "x");
    then_result(1, LN_OUTCOME_ANSWERED);

    uint64_t id = given_a_read("one", 2);

    assert_int_not_equal(id, old);
    assert_false(ln_server_cancel(server, now, old));
    assert_false(ln_server_cancel(server, now, 0));
    assert_false(ln_server_cancel(server, now, UINT64_MAX));
    then_no_event();
    assert_true(ln_server_cancel(server, now, id));
    then_all_is_given_back();
}

TEST(operations_that_are_over_make_room_for_others)
{
    struct ln_server_config config = config_of_tests();
    config.max_operations = 1;
    given_a_server_of(&config);
    one = device(1);
    given_a_registered_device(1, "one");

    for (uint64_t tag = 1; tag < 200; tag++) {
        given_a_read("one", tag);
        struct sent asked = then_it_sends();
        device_answers(&asked, LN_COAP_2_05, "x");
        then_result(tag, LN_OUTCOME_ANSWERED);
    }
    then_all_is_given_back();
}

TEST(an_answer_to_a_cancelled_operation_is_dropped_and_the_next_begins)
{
    given_a_device();
    uint64_t id = given_a_read("one", 1);
    given_a_read("one", 2);
    struct sent asked = then_it_sends();

    assert_true(ln_server_cancel(server, now, id));
    device_answers(&asked, LN_COAP_2_05, "late");

    assert_true(then_result(1, LN_OUTCOME_CANCELLED).sent);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->unexpected, 1);
    struct sent next = then_it_sends();
    assert_int_not_equal(next.message.id, asked.message.id);
    then_all_is_given_back();
}

TEST(operations_end_when_their_device_registers_anew)
{
    given_a_device();
    given_a_read("one", 1);
    given_a_read("one", 2);
    struct sent asked = then_it_sends();

    struct datagram d =
        request(LN_COAP_CON, 800, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    device_answers(&asked, LN_COAP_2_05, "late");

    struct ln_server_event result = then_result(1, LN_OUTCOME_GONE);
    CHECK_TEXT(result.endpoint, "one");
    assert_true(result.sent);
    result = then_result(2, LN_OUTCOME_GONE);
    CHECK_TEXT(result.endpoint, "one");
    assert_false(result.sent);
    then_event(LN_SERVER_REPLACED);
    then_event(LN_SERVER_REGISTERED);
    then_no_event();
    then_it_answers(LN_COAP_2_01);
    then_all_is_given_back();
}

/* The device still remembers the ids of before: one of them would be taken for a repeat. */
TEST(message_ids_go_on_when_a_device_registers_anew)
{
    given_a_device();
    given_a_read("one", 1);
    struct sent before = then_it_sends();
    struct datagram d =
        request(LN_COAP_CON, 800, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_01);

    given_a_read("one", 2);

    CHECK_EQ(then_it_sends().message.id, (uint16_t)(before.message.id + 1));
    then_all_is_given_back();
}

TEST(operations_end_when_their_device_leaves_or_expires)
{
    given_a_device();
    given_a_registered_device(2, "two");
    given_a_read("one", 1);
    given_a_read("two", 2);

    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));
    CHECK_TEXT(then_result(1, LN_OUTCOME_GONE).endpoint, "one");
    then_event(LN_SERVER_DEREGISTERED);
    now += 300 * 1000;
    then_it_is_silent();
    CHECK_TEXT(then_result(2, LN_OUTCOME_GONE).endpoint, "two");
    then_event(LN_SERVER_EXPIRED);
    then_no_event();
    then_all_is_given_back();
}

TEST(close_ends_each_operation_once_and_the_engine_is_silent_from_then_on)
{
    given_a_device();
    given_a_registered_device(2, "two");
    for (uint64_t tag = 1; tag <= 3; tag++) {
        given_a_read("one", tag);
    }
    given_a_read("two", 4);
    struct sent asked = then_it_sends();
    uint64_t seen = 0;

    ln_server_close(server, now);
    ln_server_close(server, now);
    device_answers(&asked, LN_COAP_2_05, "late");

    for (int i = 0; i < 4; i++) {
        struct ln_server_event event = then_event(LN_SERVER_RESULT);
        CHECK_EQ(event.outcome, LN_OUTCOME_CLOSED);
        seen |= (uint64_t)1 << event.tag;
    }
    CHECK_EQ(seen, 0x1E);
    then_no_event();
    now += 1000 * 1000;
    then_it_is_silent();
    then_no_event();
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    then_all_is_given_back();
}

TEST(what_cannot_be_done_is_said_at_once_and_no_result_follows)
{
    static uint8_t large[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_config config = config_of_tests();
    config.max_operations = 3;
    config.max_operations_per_device = 2;
    config.max_body = sizeof(large) - 1;
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");
    struct ln_operation read = {.kind = LN_OPERATION_READ,
                                .path = ln_path_object(3),
                                .accept = LN_FORMAT_NONE,
                                .format = LN_FORMAT_NONE};
    struct ln_operation write = {.kind = LN_OPERATION_WRITE,
                                 .path = ln_path_resource(5, 0, 0),
                                 .accept = LN_FORMAT_NONE,
                                 .format = LN_FORMAT_OPAQUE,
                                 .payload = {large, sizeof(large)}};
    struct ln_operation execute = read;
    uint64_t id;

    execute.kind = LN_OPERATION_EXECUTE;
    CHECK_ERR(ln_server_operate(server, now, BYTES("none"), &read, NULL, 1, &id),
              LN_ERR_NOT_FOUND);
    CHECK_ERR(ln_server_operate(server, now, BYTES("one"), &execute, NULL, 1, &id),
              LN_ERR_BAD_REQUEST);
    CHECK_ERR(ln_server_operate(server, now, BYTES("one"), &write, NULL, 1, &id),
              LN_ERR_TOO_LARGE);
    memory_left = 0;
    CHECK_ERR(ln_server_operate(server, now, BYTES("one"), &read, NULL, 1, &id),
              LN_ERR_NO_MEMORY);
    memory_left = SIZE_MAX;
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &read, NULL, 1, &id));
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &read, NULL, 1, &id));
    CHECK_ERR(ln_server_operate(server, now, BYTES("one"), &read, NULL, 1, &id), LN_ERR_BUSY);
    CHECK_OK(ln_server_operate(server, now, BYTES("two"), &read, NULL, 1, &id));
    CHECK_ERR(ln_server_operate(server, now, BYTES("two"), &read, NULL, 1, &id), LN_ERR_BUSY);
    then_no_event();
    then_all_is_given_back();
}

TEST(an_operation_knows_its_device_by_the_newest_address)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    given_a_read("one", 1);
    struct sent asked = then_it_sends();
    struct ln_peer elsewhere = device(77);

    struct datagram d = update(55, &place, "");
    arrives(&elsewhere, &d);
    then_it_answers(LN_COAP_2_04);
    now = ln_server_deadline(server);
    struct sent again = then_it_sends();

    assert_true(ln_address_equal(&again.to.remote, &elsewhere.remote));
    assert_memory_equal(again.datagram.bytes, asked.datagram.bytes, asked.datagram.length);
    then_all_is_given_back();
}

TEST(the_root_path_of_a_device_stands_before_the_paths_of_its_operations)
{
    given_a_server();
    struct ln_peer peer = device(1);
    struct datagram d = request(LN_COAP_CON, 1, "POST /rd?ep=one", LN_FORMAT_LINK,
                                "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_01);
    given_a_read("one", 1);
    struct sent asked = then_it_sends();

    struct ln_coap_option_cursor option = ln_coap_option_first(&asked.message);
    assert_true(ln_coap_option_find(&option, LN_COAP_URI_PATH));
    CHECK_TEXT(option.value, "lwm2m");
    then_all_is_given_back();
}

TEST(message_ids_and_tokens_carry_the_shard)
{
    struct ln_server_config config = config_of_tests();
    config.shard = 2;
    config.shards = 3;
    given_a_server_of(&config);
    one = device(1);
    struct place place = given_a_registered_device(1, "one");

    for (uint64_t tag = 1; tag <= 40000; tag++) {
        given_a_read("one", tag);
        struct sent asked = then_it_sends();
        CHECK_EQ(asked.message.id % 3, 2);
        CHECK_EQ(asked.message.token.bytes[0], 2);
        device_answers(&asked, LN_COAP_2_05, "x");
        then_result(tag, LN_OUTCOME_ANSWERED);
    }
    struct datagram d = update(5, &place, "");
    CHECK_EQ(ln_server_owner(ln_bytes(d.bytes, d.length), 3), 2);
    then_all_is_given_back();
}

int operations_tests(void)
{
    const struct CMUnitTest operations_group[] = {
        cmocka_unit_test(a_read_is_a_confirmable_get_of_the_path),
        cmocka_unit_test(an_answer_ends_the_operation_with_its_code_and_payload),
        cmocka_unit_test(an_error_of_the_device_is_an_answer),
        cmocka_unit_test(a_long_answer_is_kept_whole),
        cmocka_unit_test(the_location_of_a_create_comes_with_the_result),
        cmocka_unit_test(a_request_without_an_answer_is_sent_five_times_with_the_same_bytes),
        cmocka_unit_test(one_operation_is_under_way_to_a_device_and_the_others_follow_in_order),
        cmocka_unit_test(operations_of_several_devices_are_under_way_at_once),
        cmocka_unit_test(the_answer_to_a_register_leaves_before_a_request_to_the_device),
        cmocka_unit_test(an_operation_that_waits_can_be_cancelled_wherever_it_stands),
        cmocka_unit_test(the_id_of_an_operation_that_is_over_names_no_other),
        cmocka_unit_test(operations_that_are_over_make_room_for_others),
        cmocka_unit_test(an_answer_to_a_cancelled_operation_is_dropped_and_the_next_begins),
        cmocka_unit_test(operations_end_when_their_device_registers_anew),
        cmocka_unit_test(message_ids_go_on_when_a_device_registers_anew),
        cmocka_unit_test(operations_end_when_their_device_leaves_or_expires),
        cmocka_unit_test(close_ends_each_operation_once_and_the_engine_is_silent_from_then_on),
        cmocka_unit_test(what_cannot_be_done_is_said_at_once_and_no_result_follows),
        cmocka_unit_test(an_operation_knows_its_device_by_the_newest_address),
        cmocka_unit_test(the_root_path_of_a_device_stands_before_the_paths_of_its_operations),
        cmocka_unit_test(message_ids_and_tokens_carry_the_shard),
    };

    return RUN_TESTS(operations_group);
}
