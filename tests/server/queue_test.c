/* Operations that wait: in order, over registrations and restarts, and what may not run twice. */

#include "waiting_support.h"

static struct ln_server_config journalled(void)
{
    struct ln_server_config config = config_of_tests();

    config.journal = true;
    config.last_change = 50;
    return config;
}

TEST(what_waits_is_sent_in_order_once_the_device_registers)
{
    given_a_server();
    given_an_operation("one", LN_OPERATION_READ, &waits, 1);
    given_an_operation("one", LN_OPERATION_EXECUTE, &waits, 2);
    then_it_is_silent();

    given_a_device_in_queue_mode(1, "one");

    for (uint64_t tag = 1; tag <= 2; tag++) {
        struct sent sent = then_it_sends();
        CHECK_EQ(sent.message.code, tag == 1 ? LN_COAP_GET : LN_COAP_POST);
        then_it_is_silent();
        it_answers(1, &sent, tag == 1 ? LN_COAP_2_05 : LN_COAP_2_04, NULL);
        CHECK_EQ(then_result(tag, LN_OUTCOME_ANSWERED).state, LN_OPERATION_DONE);
    }
    then_all_is_given_back();
}

TEST(what_may_be_repeated_goes_back_to_the_head_and_is_sent_when_the_device_is_heard)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    struct ln_peer peer = device(1);
    given_an_operation("one", LN_OPERATION_WRITE, &waits, 1);
    given_an_operation("one", LN_OPERATION_READ, &waits, 2);

    nothing_comes();
    then_event(LN_SERVER_UNREACHABLE);
    then_no_event();
    struct datagram d = update(7, &place, "");
    arrives(&peer, &d);
    then_event(LN_SERVER_UPDATED);
    then_event(LN_SERVER_AWAKE);

    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_04);
    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_PUT);
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_GET);
    CHECK_EQ(ln_server_counters(server)->operations_requeued, 1);
    then_all_is_given_back();
}

TEST(what_could_run_twice_ends_unknown_unless_it_may_be_repeated)
{
    struct ln_server_terms again = waits;
    again.retry = true;
    given_a_server();
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");
    given_an_operation("one", LN_OPERATION_EXECUTE, &waits, 1);
    given_an_operation("two", LN_OPERATION_EXECUTE, &again, 2);

    nothing_comes();

    struct ln_server_event event;
    unsigned results = 0;
    while (ln_server_event(server, &event)) {
        if (event.kind == LN_SERVER_RESULT) {
            results++;
            CHECK_EQ(event.tag, 1);
            CHECK_EQ(event.state, LN_OPERATION_UNKNOWN);
            assert_true(event.sent);
        }
    }
    CHECK_EQ(results, 1);
    CHECK_EQ(ln_server_counters(server)->operations_unknown, 1);
    CHECK_EQ(ln_server_counters(server)->became_unreachable, 2);
    then_all_is_given_back();
}

TEST(what_has_not_left_outlives_the_registration_and_what_has_ends_unknown)
{
    given_a_server();
    given_a_registered_device(1, "one");
    struct ln_registration *registration = ln_server_find(server, BYTES("one"));
    given_an_operation("one", LN_OPERATION_EXECUTE, &waits, 1);
    given_an_operation("one", LN_OPERATION_EXECUTE, &waits, 2);
    given_an_operation("one", LN_OPERATION_EXECUTE, NULL, 3);
    then_it_sends();

    ln_server_forget(server, now, registration);
    then_result(3, LN_OUTCOME_GONE);
    then_result(1, LN_OUTCOME_UNKNOWN);
    then_event(LN_SERVER_DEREGISTERED);
    then_no_event();
    given_a_device_in_queue_mode(1, "one");

    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_POST);
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    then_result(2, LN_OUTCOME_ANSWERED);
    then_all_is_given_back();
}

TEST(one_that_waits_expires_and_can_be_cancelled)
{
    struct ln_server_terms terms = waits;
    given_a_server();
    terms.expires_at = now + 5000;
    given_an_operation("one", LN_OPERATION_READ, &terms, 1);
    uint64_t id = given_an_operation("one", LN_OPERATION_READ, &waits, 2);

    CHECK_EQ(ln_server_deadline(server) <= now + 5000, true);
    now += 4999;
    then_it_is_silent();
    then_no_event();
    now++;
    then_it_is_silent();
    CHECK_EQ(then_result(1, LN_OUTCOME_EXPIRED).state, LN_OPERATION_EXPIRED);
    assert_true(ln_server_cancel(server, now, id));
    CHECK_EQ(then_result(2, LN_OUTCOME_CANCELLED).state, LN_OPERATION_CANCELLED);
    CHECK_EQ(ln_server_counters(server)->operations_expired, 1);
    then_no_event();
    CHECK_EQ(ln_server_next_operation(server, BYTES("one"), 0), 0);
    then_all_is_given_back();
}

TEST(a_late_answer_to_one_that_waits_again_is_taken)
{
    given_a_server();
    given_a_registered_device(1, "one");
    given_an_operation("one", LN_OPERATION_READ, &waits, 1);
    struct sent sent = then_it_sends();

    nothing_comes();
    then_event(LN_SERVER_UNREACHABLE);
    it_answers(1, &sent, LN_COAP_2_05, "late");

    then_event(LN_SERVER_AWAKE);
    CHECK_TEXT(then_result(1, LN_OUTCOME_ANSWERED).payload, "late");
    then_no_event();
    then_all_is_given_back();
}

TEST(those_of_an_endpoint_can_be_walked_and_are_told_whole)
{
    struct ln_server_operation_view view;
    given_a_server();
    uint64_t first = given_an_operation("one", LN_OPERATION_WRITE, &waits, 11);
    uint64_t second = given_an_operation("one", LN_OPERATION_READ, &waits, 12);
    given_an_operation("two", LN_OPERATION_READ, &waits, 13);

    CHECK_EQ(ln_server_next_operation(server, BYTES("one"), 0), first);
    CHECK_EQ(ln_server_next_operation(server, BYTES("one"), first), second);
    CHECK_EQ(ln_server_next_operation(server, BYTES("one"), second), 0);
    assert_true(ln_server_operation(server, first, &view));
    CHECK_TEXT(view.operation.payload, "11");
    CHECK_TEXT(view.endpoint, "one");
    CHECK_EQ(view.state, LN_OPERATION_QUEUED);
    CHECK_EQ(view.tag, 11);
    then_all_is_given_back();
}

/* ---- Durable ---- */

TEST(a_durable_one_has_a_number_for_each_change_that_must_be_kept)
{
    struct ln_server_config config = journalled();
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    ln_server_committed(server, 51);
    given_an_operation("one", LN_OPERATION_EXECUTE, &durable, 1);

    CHECK_EQ(then_event(LN_SERVER_QUEUED).change, 52);
    CHECK_EQ(then_event(LN_SERVER_SENT).change, 53);
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_out out;
    assert_true(ln_server_send(server, now, buffer, sizeof(buffer), &out) > 0);
    CHECK_EQ(out.depends_on, 53);
    struct sent sent;
    CHECK_OK(ln_coap_parse(ln_bytes(buffer, 200), &sent.message));
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).change, 54);
    then_all_is_given_back();
}

TEST(one_that_may_be_repeated_has_no_change_for_being_sent)
{
    struct ln_server_config config = journalled();
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    given_an_operation("one", LN_OPERATION_READ, &durable, 1);

    CHECK_EQ(then_event(LN_SERVER_QUEUED).change, 52);
    struct sent sent = then_it_sends();
    it_answers(1, &sent, LN_COAP_2_05, "x");
    CHECK_EQ(then_result(1, LN_OUTCOME_ANSWERED).change, 53);
    then_all_is_given_back();
}

TEST(after_a_restart_one_that_was_sent_is_unknown_and_one_that_waited_waits)
{
    struct ln_server_config config = journalled();
    struct ln_server_operation_view view = {
        .endpoint = BYTES("one"),
        .tag = 7,
        .operation = {LN_OPERATION_EXECUTE,
                      ln_path_resource(3, 0, 4),
                      LN_FORMAT_NONE,
                      LN_FORMAT_NONE,
                      {0},
                      {0}},
        .terms = durable,
        .state = LN_OPERATION_SENT,
        .created_at = 5,
    };
    uint64_t id;
    given_a_server_of(&config);

    CHECK_OK(ln_server_restore_operation(server, now, &view, &id));
    CHECK_EQ(then_result(7, LN_OUTCOME_UNKNOWN).change, 51);
    view.state = LN_OPERATION_QUEUED;
    view.tag = 8;
    CHECK_OK(ln_server_restore_operation(server, now, &view, &id));
    then_no_event();
    given_a_device_in_queue_mode(1, "one");
    then_event(LN_SERVER_SENT);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_POST);
    then_all_is_given_back();
}

TEST(closing_does_not_end_for_good_what_is_kept)
{
    struct ln_server_config config = journalled();
    given_a_server_of(&config);
    given_an_operation("one", LN_OPERATION_READ, &durable, 1);
    then_event(LN_SERVER_QUEUED);

    ln_server_close(server, now);

    CHECK_EQ(then_result(1, LN_OUTCOME_CLOSED).change, 0);
    then_all_is_given_back();
}

TEST(one_that_a_caller_waited_for_can_be_kept_from_then_on)
{
    struct ln_server_config config = journalled();
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    uint64_t id = given_an_operation("one", LN_OPERATION_READ, NULL, 1);
    then_it_sends();

    CHECK_OK(ln_server_set_terms(server, now, id, &durable));
    CHECK_EQ(then_event(LN_SERVER_QUEUED).change, 52);
    nothing_comes();
    then_event(LN_SERVER_UNREACHABLE);
    then_no_event();
    assert_true(ln_server_cancel(server, now, id));
    CHECK_EQ(then_result(1, LN_OUTCOME_CANCELLED).change, 53);
    CHECK_ERR(ln_server_set_terms(server, now, id, &durable), LN_ERR_NOT_FOUND);
    then_all_is_given_back();
}

TEST(what_cannot_wait_or_be_kept_is_refused_and_counted)
{
    struct ln_server_config config = journalled();
    struct ln_server_terms now_or_never = {.expires_at = LN_NEVER};
    struct ln_server_terms contradiction = {.expires_at = LN_NEVER, .durable = true};
    uint64_t id;
    config.max_operations_per_device = 1;
    given_a_server_of(&config);

    CHECK_ERR(operate("one", LN_OPERATION_READ, &now_or_never, 1, &id), LN_ERR_NOT_FOUND);
    CHECK_ERR(operate("one", LN_OPERATION_READ, &contradiction, 1, &id), LN_ERR_NOT_FOUND);
    ln_server_set_read_only(server, true);
    CHECK_ERR(operate("one", LN_OPERATION_READ, &durable, 1, &id), LN_ERR_READ_ONLY);
    ln_server_set_read_only(server, false);
    CHECK_OK(operate("one", LN_OPERATION_READ, &durable, 1, &id));
    CHECK_ERR(operate("one", LN_OPERATION_READ, &durable, 1, &id), LN_ERR_BUSY);
    CHECK_EQ(ln_server_counters(server)->operations_refused, 1);
    then_all_is_given_back();
}

/* ---- Memory ---- */

/* A Write of a few bytes to a device that is not registered, with what the allocator adds. */
TEST(an_operation_that_waits_takes_less_than_640_bytes)
{
    enum { EACH = 900 };
    given_a_server();
    given_an_operation("one", LN_OPERATION_WRITE, &waits, 1);
    size_t bytes = memory_bytes;
    size_t blocks = memory_blocks;
    for (unsigned i = 2; i <= EACH; i++) {
        given_an_operation("one", LN_OPERATION_WRITE, &waits, i);
    }
    events_are_read();

    size_t each = (memory_bytes - bytes + 16 * (memory_blocks - blocks)) / (EACH - 1);
    print_message("bytes for each operation that waits: %zu\n", each);
    assert_in_range(each, 400, 640);
    then_all_is_given_back();
}

int queue_tests(void)
{
    const struct CMUnitTest queue_group[] = {
        cmocka_unit_test(what_waits_is_sent_in_order_once_the_device_registers),
        cmocka_unit_test(
            what_may_be_repeated_goes_back_to_the_head_and_is_sent_when_the_device_is_heard),
        cmocka_unit_test(what_could_run_twice_ends_unknown_unless_it_may_be_repeated),
        cmocka_unit_test(what_has_not_left_outlives_the_registration_and_what_has_ends_unknown),
        cmocka_unit_test(one_that_waits_expires_and_can_be_cancelled),
        cmocka_unit_test(a_late_answer_to_one_that_waits_again_is_taken),
        cmocka_unit_test(those_of_an_endpoint_can_be_walked_and_are_told_whole),
        cmocka_unit_test(a_durable_one_has_a_number_for_each_change_that_must_be_kept),
        cmocka_unit_test(one_that_may_be_repeated_has_no_change_for_being_sent),
        cmocka_unit_test(
            after_a_restart_one_that_was_sent_is_unknown_and_one_that_waited_waits),
        cmocka_unit_test(closing_does_not_end_for_good_what_is_kept),
        cmocka_unit_test(one_that_a_caller_waited_for_can_be_kept_from_then_on),
        cmocka_unit_test(what_cannot_wait_or_be_kept_is_refused_and_counted),
        cmocka_unit_test(an_operation_that_waits_takes_less_than_640_bytes),
    };

    return RUN_TESTS(queue_group);
}
