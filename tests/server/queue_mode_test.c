/* Queue mode: awake for a while after each message, then asleep. spec: CORE-1.1.1 §6.5 */

#include "waiting_support.h"

#include <stdio.h>

static enum ln_presence presence_of(const char *endpoint)
{
    struct ln_registration_view view;

    ln_registration_get(ln_server_find(server, ln_bytes_of_text(endpoint)), &view);
    return view.presence;
}

TEST(a_device_sleeps_93_seconds_after_its_last_message)
{
    given_a_server();
    struct ln_peer peer = device(1);
    struct place place = given_a_device_in_queue_mode(1, "one");

    now += 92 * 1000;
    struct datagram d = update(7, &place, "");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_04);
    then_event(LN_SERVER_UPDATED);
    now += 93 * 1000 - 1;
    then_it_is_silent();
    then_no_event();
    CHECK_EQ(presence_of("one"), LN_ONLINE);
    now++;
    CHECK_EQ(ln_server_deadline(server) <= now, true);
    then_it_is_silent();
    then_event(LN_SERVER_SLEEPING);
    CHECK_EQ(presence_of("one"), LN_SLEEPING);
    CHECK_EQ(ln_server_counters(server)->fell_asleep, 1);
    then_all_is_given_back();
}

TEST(the_time_awake_is_that_of_the_config)
{
    struct ln_server_config config = config_of_tests();
    config.awake = 5000;
    given_a_server_of(&config);
    given_a_device_in_queue_mode(1, "one");

    now += 4999;
    then_it_is_silent();
    then_no_event();
    now++;
    then_it_is_silent();
    then_event(LN_SERVER_SLEEPING);
    then_all_is_given_back();
}

TEST(nothing_is_sent_while_it_sleeps_and_all_in_order_once_it_is_heard)
{
    given_a_server();
    struct ln_peer peer = device(1);
    struct place place = given_a_device_in_queue_mode(1, "one");
    given_it_sleeps();
    given_an_operation("one", LN_OPERATION_WRITE, &waits, 1);
    given_an_operation("one", LN_OPERATION_EXECUTE, &waits, 2);

    now += 3600 * 1000;
    then_it_is_silent();
    struct datagram d = update(7, &place, "");
    arrives(&peer, &d);
    then_event(LN_SERVER_UPDATED);
    then_event(LN_SERVER_AWAKE);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_04);
    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_PUT);
    then_it_is_silent();
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_POST);
    CHECK_EQ(ln_server_counters(server)->woke_up, 1);
    then_all_is_given_back();
}

TEST(retransmissions_cease_when_it_falls_asleep)
{
    struct ln_server_config config = config_of_tests();
    config.awake = 5000;
    given_a_server_of(&config);
    given_a_device_in_queue_mode(1, "one");
    now += 4000;
    given_an_operation("one", LN_OPERATION_READ, &waits, 1);
    then_it_sends();

    now += 1000;
    then_it_is_silent();
    then_event(LN_SERVER_SLEEPING);
    now += 60 * 1000;
    then_it_is_silent();
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->operations_requeued, 1);
    then_all_is_given_back();
}

TEST(what_may_not_wait_is_refused_while_it_sleeps)
{
    struct ln_server_terms now_or_never = {.expires_at = LN_NEVER};
    uint64_t id;
    given_a_server();
    given_a_device_in_queue_mode(1, "one");
    given_it_sleeps();

    CHECK_ERR(operate("one", LN_OPERATION_READ, NULL, 1, &id), LN_ERR_ASLEEP);
    CHECK_ERR(operate("one", LN_OPERATION_READ, &now_or_never, 1, &id), LN_ERR_ASLEEP);
    CHECK_EQ(ln_server_counters(server)->operations_refused, 2);
    then_no_event();
    then_all_is_given_back();
}

TEST(a_device_not_in_queue_mode_that_does_not_answer_is_tried_again_when_asked_to)
{
    struct ln_server_terms now_or_never = {.expires_at = LN_NEVER};
    uint64_t id;
    given_a_server();
    given_a_registered_device(1, "one");
    given_an_operation("one", LN_OPERATION_READ, &waits, 1);
    nothing_comes();
    then_event(LN_SERVER_UNREACHABLE);
    CHECK_EQ(presence_of("one"), LN_UNREACHABLE);
    CHECK_ERR(operate("one", LN_OPERATION_READ, &now_or_never, 2, &id), LN_ERR_ASLEEP);

    given_an_operation("one", LN_OPERATION_WRITE, &waits, 3);

    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_GET);
    it_answers(1, &sent, LN_COAP_2_05, "x");
    then_event(LN_SERVER_AWAKE);
    then_result(1, LN_OUTCOME_ANSWERED);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_PUT);
    then_all_is_given_back();
}

/* spec: CORE-1.0.2 §5.3.1.1; CORE-1.1.1 §6.2.1.2; a draft of 1.1 had a lower-case q */
TEST(queue_mode_has_several_spellings)
{
    static const struct {
        const char *query;
        bool sleeps;
    } spellings[] = {
        {"b=UQ", true},           {"b=SQ", true},
        {"b=UQS", true},          {"b=U", false},
        {"b=US", false},          {"lwm2m=1.1&b=U&Q", true},
        {"lwm2m=1.1&Q", true},    {"lwm2m=1.1&b=U&q", true},
        {"lwm2m=1.1&b=U", false},
    };
    char what[100];
    given_a_server();

    for (unsigned i = 0; i < LN_COUNT(spellings); i++) {
        struct ln_peer peer = device(i);
        snprintf(what, sizeof(what), "POST /rd?ep=e%u&%s", i, spellings[i].query);
        struct datagram d = request(LN_COAP_CON, 1, what, LN_FORMAT_LINK, object_list);
        arrives(&peer, &d);
        then_it_answers(LN_COAP_2_01);
    }
    now += 93 * 1000;
    then_it_is_silent();
    for (unsigned i = 0; i < LN_COUNT(spellings); i++) {
        snprintf(what, sizeof(what), "e%u", i);
        CHECK_EQ(presence_of(what), spellings[i].sleeps ? LN_SLEEPING : LN_ONLINE);
    }
    then_all_is_given_back();
}

TEST(without_memory_for_the_event_it_falls_asleep_later)
{
    given_a_server();
    given_a_device_in_queue_mode(1, "one");
    events_are_read();
    memory_left = 0;
    struct ln_server_event event;
    now += 93 * 1000;
    then_it_is_silent();
    /* The block that told of the Register is spare: it is used up first. */
    bool told = ln_server_event(server, &event);
    memory_left = SIZE_MAX;
    now += 1000;
    then_it_is_silent();
    assert_true(told || ln_server_event(server, &event));
    CHECK_EQ(event.kind, LN_SERVER_SLEEPING);
    then_all_is_given_back();
}

int queue_mode_tests(void)
{
    const struct CMUnitTest queue_mode_group[] = {
        cmocka_unit_test(a_device_sleeps_93_seconds_after_its_last_message),
        cmocka_unit_test(the_time_awake_is_that_of_the_config),
        cmocka_unit_test(nothing_is_sent_while_it_sleeps_and_all_in_order_once_it_is_heard),
        cmocka_unit_test(retransmissions_cease_when_it_falls_asleep),
        cmocka_unit_test(what_may_not_wait_is_refused_while_it_sleeps),
        cmocka_unit_test(
            a_device_not_in_queue_mode_that_does_not_answer_is_tried_again_when_asked_to),
        cmocka_unit_test(queue_mode_has_several_spellings),
        cmocka_unit_test(without_memory_for_the_event_it_falls_asleep_later),
    };

    return RUN_TESTS(queue_mode_group);
}
